"""A region built in a process of its own, which a server can end at any moment.

A build takes minutes, gigabytes and both hands of the interpreter; in the process that answers it
would hold up who asks. The other process says line by line, as JSON, how far it is, and last what
went wrong. Together with it end the programs that it runs.
"""

import ctypes
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Generator, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from tempfile import TemporaryFile
from typing import IO, Any, Self

from app.errors import BackendDown, BadInput, NoRoom, StorageFailed, SweetspotError
from app.folders import writing_to
from app.geo.progress import Progress
from app.geo.regions import extracts, tools
from app.geo.regions.circle import Circle
from app.geo.regions.regions import Regions
from app.geo.regions.sample import county as sample

PAUSE_S = 0.3  # judgement: how often it is looked at; as soon it can be ended
_GONE_S = 5  # judgement, under a job's lease: what is killed in mid-write takes a moment to end
_BLOCK = 1 << 16  # bytes, as a pipe holds
# Which errors are told from each other; the others are a SweetspotError here.
_TOLD: Mapping[str, type[SweetspotError]] = {
    kind.__name__: kind for kind in (NoRoom, StorageFailed, BadInput, SweetspotError)
}


@dataclass(frozen=True)
class RegionRequest:
    """Which region is to be built, of what, and where.

    extract: its name, or circle: as `Circle.document` has it; neither is the sample county, which
    is built where it is not there yet. downloads: a folder of this build's own.
    """

    regions: str
    downloads: str
    base_url: str
    name: str
    extract: str = ""
    circle: Mapping[str, Any] | None = None
    whole: bool = False

    @classmethod
    def parse(cls, text: str) -> Self:
        """The request that was written as JSON."""
        return cls(**json.loads(text))

    def build(self, tell: "Teller") -> None:
        """Build it here. Raises what `add_region` and `build_sample` do."""
        regions = Path(self.regions)
        if self.circle or self.extract:
            extracts.add_region(
                regions,
                Circle.of(self.circle) if self.circle else self.extract,
                base_url=self.base_url,
                name=self.name,
                whole=self.whole,
                downloads=Path(self.downloads),
                progress=tell.progress,
            )
        elif sample.NAME not in {one.name for one in Regions(regions).all()}:
            sample.build_sample(regions, tell.progress)


def build_alone(request: RegionRequest) -> Generator[Progress | None]:
    """Build it in another process: how far it is, a few times a second, until it is there.

    Who closes the generator ends the process. Raises NoRoom, StorageFailed, BadInput, BackendDown
    where the process was ended by others, and SweetspotError for all else that was foreseen.
    """
    with writing_to(), TemporaryFile() as said, _running(request, said) as process:
        for lines in _read_lines(process):
            told = [json.loads(line) for line in lines]
            for error in (one for one in told if "error" in one):
                raise _error_of(error)
            yield Progress(**told[-1]) if told else None
        if code := process.wait():
            said.seek(0)
            raise _fault_of(code, said.read().decode(errors="replace"))


@contextmanager
def _running(request: RegionRequest, said: IO[bytes]) -> Iterator[subprocess.Popen[bytes]]:
    """The process, gone when the block ends, as are those that it started."""
    libc = ctypes.CDLL(None)  # found before the fork, where little is allowed
    with subprocess.Popen(  # noqa: S603  ourselves
        [sys.executable, "-P", "-m", __name__, json.dumps(asdict(request))],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=said,
        bufsize=0,
        start_new_session=True,
        preexec_fn=lambda: tools.end_with_parent(libc),  # noqa: PLW1509  one system call
    ) as process:
        try:
            yield process
        finally:
            _end_group(process)


def _end_group(process: subprocess.Popen[bytes]) -> None:
    """Kill it and all that it started; afterwards none of them writes a file any more."""
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    end = time.monotonic() + _GONE_S
    while _lives(process.pid) and time.monotonic() < end:
        time.sleep(0.01)


def _lives(group: int) -> bool:
    """Whether any process of that group does anything; one that waits to be reaped does not."""
    for file in Path("/proc").glob("[0-9]*/stat"):
        with suppress(OSError):  # it has just ended
            state, _, its_group, *_ = file.read_text().rpartition(")")[2].split()
            if int(its_group) == group and state not in "ZX":
                return True
    return False


def _read_lines(process: subprocess.Popen[bytes]) -> Iterator[list[bytes]]:
    """What it has said since it was looked at last, until it says no more."""
    assert process.stdout  # noqa: S101  a pipe
    os.set_blocking(process.stdout.fileno(), False)
    rest = b""
    while (block := process.stdout.read(_BLOCK)) != b"":
        *lines, rest = (rest + (block or b"")).split(b"\n")
        yield lines
        time.sleep(PAUSE_S)


def _error_of(told: Mapping[str, str]) -> SweetspotError:
    kind = _TOLD[told["error"]]
    if issubclass(kind, BadInput):
        return kind(told["detail"], field=told["field"])
    return kind(told["detail"])


def _fault_of(code: int, said: str) -> Exception:
    """It was ended, or there is a fault of ours: the log has its trace."""
    if code > 0:
        return RuntimeError(f"the build ended with code {code}: {said}")
    name = signal.Signals(-code).name
    return BackendDown(
        f"the build of the region was ended by {name}: this machine may have too little memory",
        backend="region build",
    )


class Teller:
    """Says what becomes of a build to who started it."""

    def __init__(self) -> None:
        """What libraries print from now on goes to standard error."""
        self._out = os.fdopen(os.dup(sys.stdout.fileno()), "w", encoding="utf-8")
        os.dup2(sys.stderr.fileno(), sys.stdout.fileno())

    def progress(self, progress: Progress) -> None:
        """How far it is."""
        self._say(asdict(progress))

    def error(self, why: SweetspotError) -> None:
        """Why there is no region."""
        kind = next(one.__name__ for one in type(why).__mro__ if one.__name__ in _TOLD)
        field = why.field if isinstance(why, BadInput) else ""
        self._say({"error": kind, "detail": str(why), "field": field})

    def _say(self, told: Mapping[str, Any]) -> None:
        self._out.write(json.dumps(told) + "\n")
        self._out.flush()


def main() -> None:
    """Build what the argument asks for."""
    tell = Teller()
    try:
        RegionRequest.parse(sys.argv[1]).build(tell)
    except SweetspotError as why:
        tell.error(why)


if __name__ == "__main__":
    main()
