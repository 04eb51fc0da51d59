"""The database's versions: each file in `versions` brings it from the one before to its own."""

from pathlib import Path
from threading import Lock

from sqlalchemy import Connection, inspect, text

from app.errors import StorageFailed

FOLDER = Path(__file__).parent
# Each file is named after the version that it makes: version_0001.py makes 0001.
VERSIONS = tuple(sorted(path.stem[-4:] for path in (FOLDER / "versions").glob("version_*.py")))
_ONE_AT_A_TIME = Lock()  # Alembic's `op` is one for the whole process


def read_version(connection: Connection) -> str:
    """The version of the database, "" where it is empty."""
    if not inspect(connection).has_table("alembic_version"):
        return ""
    return connection.scalar(text("select version_num from alembic_version")) or ""


def is_current(version: str, where: str) -> bool:
    """Whether it is the program's own version. Raises StorageFailed for one that is newer."""
    if version and version not in VERSIONS:
        raise StorageFailed(
            f"{where} is of version {version}, which a newer Sweetspot made; this one knows up to "
            f"{VERSIONS[-1]}: run the newer one, or set SWEETSPOT_DATABASE_URL to another database"
        )
    return version == VERSIONS[-1]


def upgrade_database(connection: Connection) -> None:
    """Bring it to the last version, within the connection's transaction."""
    from alembic import command
    from alembic.config import Config

    config = Config(attributes={"connection": connection})
    config.set_main_option("script_location", str(FOLDER).replace("%", "%%"))
    with _ONE_AT_A_TIME:
        command.upgrade(config, "head")
