"""How far a job is that has no rows to count."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    """Add it to the jobs; those that are being done tell it anew."""
    op.add_column("job", sa.Column("progress", sa.JSON))
