"""Migrations: the steps that bring a ledger's tables, with their data, from any older revision to the newest."""

from pathlib import Path

import sqlalchemy as sa
from alembic import command
from alembic.config import Config

FOLDER = Path(__file__).parent


def upgrade(connection: sa.Connection, revision: str = "head") -> None:
    """Bring the tables to the revision, inside the connection's transaction: all steps succeed, or none."""
    command.upgrade(_configuration(connection), revision)


def _configuration(connection: sa.Connection) -> Config:
    configuration = Config()
    configuration.set_main_option("script_location", str(FOLDER))
    configuration.set_main_option("path_separator", "os")
    configuration.attributes["connection"] = connection
    return configuration
