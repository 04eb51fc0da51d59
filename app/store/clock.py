"""Times as both databases have them: UTC, of the database's own clock, to the millisecond or finer.

Several machines share a PostgreSQL, and their clocks differ; its own is one.
"""

from datetime import UTC, datetime
from typing import Any

from sqlalchemy import DateTime, Dialect, TypeDecorator, literal
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.expression import FunctionElement


class UtcTime(TypeDecorator[datetime]):
    """An aware datetime in UTC; SQLite keeps it as text that sorts as the times do."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """What the driver gets: SQLite's text has no zone, so it must be UTC's."""
        if value is None or dialect.name != "sqlite":
            return value
        return value.astimezone(UTC).replace(tzinfo=None)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """What the program gets, in UTC whatever zone the connection is in."""
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if dialect.name == "sqlite" else value.astimezone(UTC)


class utc_now(FunctionElement[datetime]):  # noqa: N801  written as the SQL function that it is
    """The database's clock at this statement, `after_s` seconds later (or earlier, below 0).

    Not PostgreSQL's now(), which stands still in a transaction.
    """

    type = UtcTime()
    inherit_cache = True

    def __init__(self, after_s: float = 0.0) -> None:
        super().__init__(literal(float(after_s)))


@compiles(utc_now, "postgresql")
def _on_postgresql(element: utc_now, compiler: SQLCompiler, **more: Any) -> str:
    seconds = compiler.process(element.clauses, **more)
    return f"(clock_timestamp() + make_interval(secs => {seconds}))"


@compiles(utc_now, "sqlite")
def _on_sqlite(element: utc_now, compiler: SQLCompiler, **more: Any) -> str:
    """Six digits behind the point, as SQLAlchemy writes a time: text is compared with text."""
    seconds = compiler.process(element.clauses, **more)
    return f"(strftime('%Y-%m-%d %H:%M:%f', 'now', {seconds} || ' seconds') || '000')"
