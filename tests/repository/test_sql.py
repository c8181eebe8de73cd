"""SQL stands in `grader/ledger` alone; the import contracts hold the imports, and this the text and the calls."""

import ast
import re
from collections.abc import Iterator

import pytest

from tests.support.servers import ROOT

LEDGER = ROOT / "grader" / "ledger"
OUTSIDE = [
    file for part in ("grader", "workers") for file in (ROOT / part).rglob("*.py") if not file.is_relative_to(LEDGER)
]
SQL = re.compile(
    r"\bSELECT\b.*\bFROM\b|\bINSERT\s+INTO\b|\bUPDATE\b.*\bSET\b|\bDELETE\s+FROM\b|\b(CREATE|ALTER|DROP)\s+TABLE\b",
    re.DOTALL,
)
LIBRARIES = {"alembic", "sqlalchemy", "sqlite3"}


def faults(source: str) -> Iterator[str]:
    """Yield everything in this source that belongs into the ledger."""
    for node in ast.walk(ast.parse(source)):
        match node:
            case ast.Constant(value=str(text)) if SQL.search(text):
                yield f"line {node.lineno}: SQL"
            case ast.Attribute(attr="database"):
                yield f"line {node.lineno}: opens the ledger's database"
            case ast.Import(names=names) if LIBRARIES & {name.name.partition(".")[0] for name in names}:
                yield f"line {node.lineno}: imports a database library"
            case ast.ImportFrom(module=str(module)) if module.partition(".")[0] in LIBRARIES:
                yield f"line {node.lineno}: imports a database library"


def test_nobody_outside_the_ledger_speaks_sql() -> None:
    sources = {file.relative_to(ROOT): file.read_text(encoding="utf-8") for file in OUTSIDE}

    assert [f"{file}, {fault}" for file, source in sources.items() for fault in faults(source)] == []


@pytest.mark.parametrize(
    "source",
    [
        "import sqlalchemy as sa",
        "from sqlalchemy.exc import IntegrityError",
        "def late():\n    import sqlite3",
        "with ledger.database.statements() as execute: pass",
        'QUERY = """\nSELECT report\nFROM submissions"""',
        'f"INSERT INTO {table} VALUES (1)"',
        '"UPDATE submissions SET state = :state"',
        '"DELETE FROM reports"',
    ],
)
def test_sql_is_found(source: str) -> None:
    assert len(list(faults(source))) == 1
