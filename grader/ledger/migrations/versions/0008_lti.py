"""LTI: platforms that register themselves, launches, and the places in gradebooks where scores go."""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"


def upgrade() -> None:
    """Create the tables; a delivery may be that of a score."""
    op.add_column("deliveries", sa.Column("line_item", sa.Integer))
    _registrations()
    _launches()
    op.create_table(
        "line_items",
        sa.Column("id", sa.Integer, primary_key=True, autoincrement=True),
        sa.Column("platform", sa.String(64), nullable=False),
        sa.Column("course", sa.Text, nullable=False),
        sa.Column("exercise", sa.Text, nullable=False),
        sa.Column("student", sa.Text, nullable=False),
        sa.Column("url", sa.Text, nullable=False),
        sa.Column("score", sa.Float),
        sa.Column("stamp", sa.String(32)),
        sa.Column("answer", sa.String(8), nullable=False),
        sa.Column("trouble", sa.Text, nullable=False),
        sa.Column("busy_until", sa.String(32)),
        sa.UniqueConstraint("platform", "student", "url", name="line_items_once"),
        sqlite_autoincrement=True,
    )
    op.create_index("line_items_student", "line_items", ["platform", "student", "exercise"])


def _registrations() -> None:
    op.create_table(
        "lti_registrations",
        sa.Column("platform", sa.String(64), primary_key=True),
        sa.Column("issuer", sa.Text, nullable=False),
        sa.Column("client_id", sa.Text, nullable=False),
        sa.Column("deployments", sa.Text, nullable=False),
        sa.Column("auth_login_url", sa.Text, nullable=False),
        sa.Column("auth_token_url", sa.Text, nullable=False),
        sa.Column("jwks_url", sa.Text, nullable=False),
        sa.Column("audience", sa.Text, nullable=False),
        sa.Column("registered_at", sa.String(32), nullable=False),
    )
    op.create_table(
        "lti_invitations",
        sa.Column("digest", sa.String(64), primary_key=True),
        sa.Column("platform", sa.String(64), nullable=False),
        sa.Column("until", sa.String(32), nullable=False),
        sa.Column("used_at", sa.String(32)),
    )


def _launches() -> None:
    op.create_table(
        "lti_nonces",
        sa.Column("digest", sa.String(64), primary_key=True),
        sa.Column("until", sa.String(32), nullable=False),
    )
    op.create_index("lti_nonces_over", "lti_nonces", ["until"])
    op.create_table(
        "lti_courses",
        sa.Column("platform", sa.String(64), primary_key=True),
        sa.Column("course", sa.String(256), primary_key=True),
        sa.Column("memberships_url", sa.Text, nullable=False),
    )
