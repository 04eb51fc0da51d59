"""The number of an outcome that was deleted is given to no other."""

from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    """Of SQLite, where the next one would have it; PostgreSQL counts on."""
    if op.get_context().dialect.name == "sqlite":
        counting_on = {"sqlite_autoincrement": True}
        with op.batch_alter_table("outcome", recreate="always", table_kwargs=counting_on):
            pass
