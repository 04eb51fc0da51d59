"""A real PostgreSQL that tests start, reached by a Unix socket only; and other programs of tests.

`tests/postgres.sh` installs Debian's.
"""

import os
import pwd
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote

import psycopg

type Words = list[str | Path]

USER = "sweetspot"
# Nothing here outlives the test: speed before safety, and little memory.
HASTY = {
    "fsync": "off",
    "full_page_writes": "off",
    "synchronous_commit": "off",
    "wal_level": "minimal",
    "max_wal_senders": "0",
    "max_parallel_workers_per_gather": "0",
    "max_parallel_maintenance_workers": "0",
    "jit": "off",
}


@dataclass
class Cluster:
    """A PostgreSQL that runs, with a superuser `USER`. socket: the folder of its only socket."""

    words: Words
    socket: Path
    log: Path
    programs: Path
    running: ExitStack

    def url(self, database: str) -> str:
        """Where that database is, as `SWEETSPOT_DATABASE_URL` has it."""
        return f"postgresql://{USER}@/{database}?host={quote(str(self.socket), safe='')}"

    def execute(self, statement: str) -> list[tuple[Any, ...]]:
        """What the statement, run outside transactions, gives."""
        where = f"host={self.socket} user={USER} dbname=postgres"
        with psycopg.connect(where, autocommit=True) as connection:
            done = connection.execute(statement.encode())
            return done.fetchall() if done.description else []

    def restart(self) -> None:
        """Stop it as a machine's shutdown would, in the middle of what it does; start it again."""
        self.stop()
        self.start()

    def stop(self) -> None:
        """Connections break; what was committed is there again afterwards."""
        self.running.close()

    def start(self) -> None:
        """Until it answers."""
        server = self.running.enter_context(started_program(self.words, self.log, cwd=self.socket))
        ready = [self.programs / "pg_isready", "-q", "-h", self.socket, "-U", USER]
        while subprocess.run([*ready, "-d", "postgres"], check=False).returncode:
            assert server.poll() is None, _end_of(self.log)
            time.sleep(0.02)


@contextmanager
def postgres(log: Path, programs: Path | None = None, **settings: str) -> Iterator[Cluster]:
    """A new PostgreSQL. `programs`: whose; the newest that is installed if not given.

    It refuses root, and who it runs as instead can't enter a test's folder: it has its own.
    """
    programs = programs or _newest_programs()
    with tempfile.TemporaryDirectory(prefix="postgres-") as name, ExitStack() as running:
        home = Path(name)
        become = _nobody_special(home) if os.geteuid() == 0 else []
        words = [f"--username={USER}", "--auth=trust", "--encoding=UTF8", "--locale=C.UTF-8"]
        run_program(
            [*become, programs / "initdb", "--no-sync", *words, home / "data"], log, cwd=home
        )
        given = HASTY | settings | {"listen_addresses": "", "unix_socket_directories": name}
        words = [f"--{key}={value}" for key, value in given.items()]
        command = [*become, programs / "postgres", "-D", home / "data", *words]
        cluster = Cluster(command, home, log, programs, running)
        cluster.start()
        yield cluster


def _newest_programs() -> Path:
    """As Debian lays them, else those on the path."""
    found = [
        path for path in Path("/usr/lib/postgresql").glob("*/bin") if (path / "initdb").exists()
    ]
    if found:
        return max(found, key=lambda path: float(path.parent.name))
    initdb = shutil.which("initdb")
    assert initdb, "no PostgreSQL: run `sh tests/postgres.sh`"
    return Path(initdb).resolve().parent


def _nobody_special(home: Path) -> Words:
    """What has setpriv run a program as the owner of `home`, a user without rights."""
    users = {user.pw_name: user for user in pwd.getpwall()}
    user = users.get("postgres") or users["nobody"]
    os.chown(home, user.pw_uid, user.pw_gid)
    return [f"--reuid={user.pw_uid}", f"--regid={user.pw_gid}", "--clear-groups"]


def run_program(
    words: Words, log: Path, more: Mapping[str, str] | None = None, cwd: Path | None = None
) -> None:
    """Until it ends, which must be well; `log` has what it says."""
    with started_program(words, log, more, cwd) as program:
        assert program.wait() == 0, _end_of(log)


@contextmanager
def started_program(
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
