"""Programs run to their end: pyvalhalla's own and ours. Their last words become our errors."""

import ctypes
import re
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryFile

from app.errors import BackendDown, NoRoom

_PDEATHSIG = 1  # PR_SET_PDEATHSIG, linux/prctl.h


def run_tool(tool: str, command: Sequence[str | Path], folder: Path) -> None:
    """Run a program that writes into `folder` to its end; see `running_tool`."""
    with running_tool(tool, command, folder):
        pass


@contextmanager
def running_tool(tool: str, command: Sequence[str | Path], folder: Path) -> Iterator[None]:
    """While the block runs, so does a program that writes into `folder`; then it is waited for.

    `tool` names it in errors. It ends with the block that fails, and with this process, however
    that ends. Raises NoRoom when the disk is full, else BackendDown with the last thing that it
    said.
    """
    libc = ctypes.CDLL(None)  # found before the fork, where little is allowed
    with (
        TemporaryFile() as said,  # a pipe that nobody reads would stop it
        subprocess.Popen(  # noqa: S603  the caller chose the program
            [str(part) for part in command],
            stdout=said,
            stderr=subprocess.STDOUT,
            preexec_fn=lambda: end_with_parent(libc),  # noqa: PLW1509  one system call
        ) as process,
    ):
        try:
            yield
            process.wait()
        except BaseException:
            process.kill()
            raise
        said.seek(0)
        output = said.read().decode(errors="replace")
    if process.returncode:
        _failed(tool, output, process.returncode, folder)


def end_with_parent(libc: ctypes.CDLL) -> None:
    """In a new process: end as soon as the thread that started it does, however that ends."""
    if sys.platform == "linux":
        libc.prctl(_PDEATHSIG, signal.SIGKILL)


def _failed(tool: str, output: str, code: int, folder: Path) -> None:
    if code == -signal.SIGXFSZ:
        raise NoRoom(f"{tool} was stopped: it may not write so large a file here (ulimit -f)")
    last = last_line(output) or f"it ended with code {code} and said nothing"
    # What Valhalla says when its streams can't write, and what the system says.
    full = any(sign in output for sign in ("No space left", "basic_ios::clear", "File too large"))
    if full or shutil.disk_usage(folder).free < 5_000_000:
        raise NoRoom(f"no room left on the disk in {folder.parent}: {tool} stopped ({last})")
    raise BackendDown(f"{tool} failed: {last}", backend=tool)


def last_line(output: str) -> str:
    """The last line that says anything, without its time, level and C++ dressing."""
    for line in reversed(output.splitlines()):
        text = re.sub(r"^\d{4}-\d\d-\d\d [\d:.]+|\[(\w+)\]|\x1b\[[\d;]*m|what\(\):", "", line)
        if text.strip():
            return text.strip()
    return ""
