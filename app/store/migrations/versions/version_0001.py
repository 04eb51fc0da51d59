"""The first tables, and the first tenant."""

import sqlalchemy as sa
from alembic import op

from app.store.clock import UtcTime, utc_now

revision = "0001"
down_revision = None


def upgrade() -> None:
    """Make them."""
    _make_tenants()
    _make_lists()
    _make_jobs()


def _tenant_id() -> sa.Column[int]:
    return sa.Column("tenant_id", sa.Integer, nullable=False)


def _of_tenant(table: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(["tenant_id"], ["tenant.id"], name=f"fk_{table}_tenant_id")


def _make_tenants() -> None:
    tenant = op.create_table(
        "tenant",
        sa.Column("id", sa.Integer, nullable=False),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("marks", sa.Integer, nullable=False),
        sa.Column("created", UtcTime, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_tenant"),
        sa.UniqueConstraint("name", name="uq_tenant_name"),
    )
    op.execute(tenant.insert().values(name="default", marks=0, created=utc_now()))
    op.create_table(
        "api_key",
        sa.Column("id", sa.Integer, nullable=False),
        _tenant_id(),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("prefix", sa.Text, nullable=False),
        sa.Column("hash", sa.Text, nullable=False),
        sa.Column("scope", sa.Text, nullable=False),
        sa.Column("rate", sa.Integer, nullable=False),
        sa.Column("most_mb", sa.Integer, nullable=False),
        sa.Column("created", UtcTime, nullable=False),
        sa.Column("revoked", UtcTime),
        _of_tenant("api_key"),
        sa.PrimaryKeyConstraint("id", name="pk_api_key"),
        sa.UniqueConstraint("hash", name="uq_api_key_hash"),
    )
    op.create_index("ix_api_key_tenant_id", "api_key", ["tenant_id"])


def _make_lists() -> None:
    op.create_table(
        "stored_list",
        sa.Column("id", sa.Text, nullable=False),
        _tenant_id(),
        sa.Column("slug", sa.Text, nullable=False),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("vendor", sa.Text, nullable=False),
        sa.Column("rows", sa.Integer, nullable=False),
        sa.Column("skipped", sa.Integer, nullable=False),
        sa.Column("place", sa.Text, nullable=False),
        sa.Column("ordered", sa.Date),
        sa.Column("expires", sa.Date),
        sa.Column("uses_allowed", sa.Integer),
        sa.Column("uses", sa.Integer, nullable=False),
        sa.Column("retention_days", sa.Integer),
        sa.Column("description", sa.JSON, nullable=False),
        sa.Column("created", UtcTime, nullable=False),
        _of_tenant("stored_list"),
        sa.PrimaryKeyConstraint("id", name="pk_stored_list"),
        sa.UniqueConstraint("tenant_id", "slug", name="uq_stored_list_tenant_id_slug"),
    )
    _make_what_is_known_of_lists()


def _make_what_is_known_of_lists() -> None:
    op.create_table(
        "list_use",
        sa.Column("id", sa.Integer, nullable=False),
        _tenant_id(),
        sa.Column("list_id", sa.Text, nullable=False),
        sa.Column("list_name", sa.Text, nullable=False),
        sa.Column("at", UtcTime, nullable=False),
        sa.Column("who", sa.Text, nullable=False),
        sa.Column("what", sa.Text, nullable=False),
        sa.Column("rows", sa.Integer, nullable=False),
        sa.Column("counted", sa.Boolean, nullable=False),
        sa.Column("question", sa.JSON, nullable=False),
        _of_tenant("list_use"),
        sa.PrimaryKeyConstraint("id", name="pk_list_use"),
    )
    op.create_index("ix_list_use_tenant_id_list_id", "list_use", ["tenant_id", "list_id"])
    _make_outcomes()
    op.create_table(
        "suppression",
        sa.Column("id", sa.Text, nullable=False),
        _tenant_id(),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("source", sa.Text, nullable=False),
        sa.Column("rows", sa.Integer, nullable=False),
        sa.Column("created", UtcTime, nullable=False),
        _of_tenant("suppression"),
        sa.PrimaryKeyConstraint("id", name="pk_suppression"),
    )
    op.create_index("ix_suppression_tenant_id", "suppression", ["tenant_id"])


def _make_outcomes() -> None:
    op.create_table(
        "outcome",
        sa.Column("id", sa.Integer, nullable=False),
        _tenant_id(),
        sa.Column("list_id", sa.Text, nullable=False),
        sa.Column("row", sa.Integer, nullable=False),
        sa.Column("what", sa.Text, nullable=False),
        sa.Column("at", UtcTime, nullable=False),
        sa.Column("who", sa.Text, nullable=False),
        sa.Column("note", sa.Text, nullable=False),
        _of_tenant("outcome"),
        sa.ForeignKeyConstraint(
            ["list_id"], ["stored_list.id"], name="fk_outcome_list_id", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_outcome"),
    )
    op.create_index("ix_outcome_list_id", "outcome", ["list_id"])
    op.create_index("ix_outcome_tenant_id_list_id_row", "outcome", ["tenant_id", "list_id", "row"])


def _make_jobs() -> None:
    op.create_table(
        "job",
        sa.Column("id", sa.Text, nullable=False),
        _tenant_id(),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("params", sa.JSON, nullable=False),
        sa.Column("done", sa.Integer, nullable=False),
        sa.Column("rows_done", sa.Integer, nullable=False),
        sa.Column("rows_total", sa.Integer),
        sa.Column("result", sa.JSON),
        sa.Column("error", sa.JSON),
        sa.Column("owner", sa.Text),
        sa.Column("lease", UtcTime),
        sa.Column("cancel", sa.Boolean, nullable=False),
        sa.Column("attempts", sa.Integer, nullable=False),
        sa.Column("idempotency_key", sa.Text),
        sa.Column("created", UtcTime, nullable=False),
        sa.Column("started", UtcTime),
        sa.Column("finished", UtcTime),
        _of_tenant("job"),
        sa.PrimaryKeyConstraint("id", name="pk_job"),
        sa.UniqueConstraint(
            "tenant_id", "idempotency_key", name="uq_job_tenant_id_idempotency_key"
        ),
    )
    op.create_index("ix_job_state_created", "job", ["state", "created"])
