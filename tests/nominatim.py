"""A real Nominatim that tests start: its own PostgreSQL, an import and the server, on loopback.

`tests/nominatim.sh` installs its programs, the dependency group `nominatim` its Python packages.
"""

import os
import pwd
import re
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from app.geo.driving.embedded import serving
from tests.servers import ready

type Words = list[str | Path]

NOMINATIM = Path(sys.executable).with_name("nominatim")
# Nothing here outlives the test: speed before safety, and little memory.
HASTY = {
    "fsync": "off",
    "full_page_writes": "off",
    "synchronous_commit": "off",
    "wal_level": "minimal",
    "max_wal_senders": "0",
    "max_wal_size": "2GB",
    "shared_buffers": "256MB",
    "maintenance_work_mem": "128MB",
    "max_parallel_workers_per_gather": "0",
    "max_parallel_maintenance_workers": "0",
    "jit": "off",
}


@contextmanager
def nominatim(pbf: Path, folder: Path) -> Iterator[str]:
    """A real Nominatim over that extract; its address. `folder` keeps what each program said."""
    if not NOMINATIM.exists():
        raise FileNotFoundError("`make test-nominatim` installs it")
    folder.mkdir(parents=True, exist_ok=True)
    with _postgres(folder / "postgres.log") as socket:
        database = {
            "NOMINATIM_DATABASE_DSN": f"pgsql:dbname=nominatim;user=nominatim;host={socket}",
            "NOMINATIM_DATABASE_WEBUSER": "nominatim",
        }
        words = ["--project-dir", folder, "--threads", "2", "--offline", "--no-updates"]
        _run([NOMINATIM, "import", *words, "--osm-file", pbf], folder / "import.log", database)
        address = f"127.0.0.1:{serving.free_port()}"
        words = ["--project-dir", folder, "--engine", "starlette", "--server", address]
        with _started([NOMINATIM, "serve", *words], folder / "serve.log", database):
            ready(f"http://{address}/status")
            yield f"http://{address}"


@contextmanager
def _postgres(log: Path) -> Iterator[Path]:
    """A new PostgreSQL with a superuser `nominatim`; the folder of its only socket.

    It refuses root, and who it runs as instead can't enter a test's folder: it has its own.
    """
    programs = _newest_with_postgis()
    with tempfile.TemporaryDirectory(prefix="nominatim-") as name:
        home = Path(name)
        become = _nobody_special(home) if os.geteuid() == 0 else []
        words = ["--username=nominatim", "--auth=trust", "--encoding=UTF8", "--locale=C.UTF-8"]
        _run([*become, programs / "initdb", "--no-sync", *words, home / "data"], log, cwd=home)
        settings = HASTY | {"listen_addresses": "", "unix_socket_directories": name}
        words = [f"--{key}={value}" for key, value in settings.items()]
        postgres = [*become, programs / "postgres", "-D", home / "data", *words]
        with _started(postgres, log, cwd=home) as server:
            while subprocess.run(
                [programs / "pg_isready", "-q", "-h", home, "-U", "nominatim", "-d", "postgres"],
                check=False,
            ).returncode:
                assert server.poll() is None, _end_of(log)
                time.sleep(0.05)
            yield home


def _newest_with_postgis() -> Path:
    """The programs of the newest PostgreSQL that PostGIS is installed for, as Debian lays them."""
    found = Path("/usr/share/postgresql").glob("*/extension/postgis_raster.control")
    versions = [path.parts[-3] for path in found if re.fullmatch(r"\d+", path.parts[-3])]
    assert versions, "no PostgreSQL with PostGIS: run `sh tests/nominatim.sh`"
    return Path("/usr/lib/postgresql", max(versions, key=int), "bin")


def _nobody_special(home: Path) -> Words:
    """What has setpriv run a program as the owner of `home`, a user without rights."""
    users = {user.pw_name: user for user in pwd.getpwall()}
    user = users.get("postgres") or users["nobody"]
    os.chown(home, user.pw_uid, user.pw_gid)
    return [f"--reuid={user.pw_uid}", f"--regid={user.pw_gid}", "--clear-groups"]


def _run(
    words: Words, log: Path, more: Mapping[str, str] | None = None, cwd: Path | None = None
) -> None:
    with _started(words, log, more, cwd) as program:
        assert program.wait() == 0, _end_of(log)


@contextmanager
def _started(
    words: Words, log: Path, more: Mapping[str, str] | None = None, cwd: Path | None = None
) -> Iterator[subprocess.Popen[bytes]]:
    """That program while it is needed, interrupted afterwards or when these tests are killed.

    `words` may begin with setpriv's own.
    """
    ours = {
        key: value for key, value in os.environ.items() if not key.startswith(("PG", "NOMINATIM"))
    }
    with (
        log.open("ab") as said,
        subprocess.Popen(
            ["setpriv", "--pdeathsig=INT", *words],
            stdin=subprocess.DEVNULL,
            stdout=said,
            stderr=said,
            env=ours | dict(more or {}),
            cwd=cwd,
        ) as program,
    ):
        try:
            yield program
        finally:
            program.send_signal(signal.SIGINT)
            try:
                program.wait(20)
            except subprocess.TimeoutExpired:
                program.kill()


def _end_of(log: Path) -> str:
    return f"{log}:\n" + log.read_text(errors="replace")[-2000:]
