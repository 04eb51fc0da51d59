"""A real Nominatim that tests start: its own PostgreSQL, an import and the server, on loopback.

`tests/nominatim.sh` installs its programs, the dependency group `nominatim` its Python packages.
"""

import re
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from app.geo.driving.embedded import serving
from tests.postgres import USER, postgres, run_program, started_program
from tests.servers import ready

NOMINATIM = Path(sys.executable).with_name("nominatim")
ROOMY = {"max_wal_size": "2GB", "shared_buffers": "256MB", "maintenance_work_mem": "128MB"}


@contextmanager
def nominatim(pbf: Path, folder: Path) -> Iterator[str]:
    """A real Nominatim over that extract; its address. `folder` keeps what each program said."""
    if not NOMINATIM.exists():
        raise FileNotFoundError("`make test-nominatim` installs it")
    folder.mkdir(parents=True, exist_ok=True)
    with postgres(folder / "postgres.log", _programs_with_postgis(), **ROOMY) as cluster:
        database = {
            "NOMINATIM_DATABASE_DSN": f"pgsql:dbname=nominatim;user={USER};host={cluster.socket}",
            "NOMINATIM_DATABASE_WEBUSER": USER,
        }
        words = ["--project-dir", folder, "--threads", "2", "--offline", "--no-updates"]
        run_program(
            [NOMINATIM, "import", *words, "--osm-file", pbf], folder / "import.log", database
        )
        address = f"127.0.0.1:{serving.free_port()}"
        words = ["--project-dir", folder, "--engine", "starlette", "--server", address]
        with started_program([NOMINATIM, "serve", *words], folder / "serve.log", database):
            ready(f"http://{address}/status")
            yield f"http://{address}"


def _programs_with_postgis() -> Path:
    """The programs of the newest PostgreSQL that PostGIS is installed for, as Debian lays them."""
    found = Path("/usr/share/postgresql").glob("*/extension/postgis_raster.control")
    versions = [path.parts[-3] for path in found if re.fullmatch(r"\d+", path.parts[-3])]
    assert versions, "no PostgreSQL with PostGIS: run `sh tests/nominatim.sh`"
    return Path("/usr/lib/postgresql", max(versions, key=int), "bin")
