"""What Alembic runs to upgrade: over the connection that `upgrade_database` hands it."""

from alembic import context

context.configure(connection=context.config.attributes["connection"])
context.run_migrations()
