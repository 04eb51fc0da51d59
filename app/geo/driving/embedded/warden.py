"""A small program that runs an engine and ends it when its owner is gone.

    python -I -S warden.py FOLDER PROGRAM ARGUMENT...

FOLDER is the number of an open descriptor: the engine runs in that folder, whatever its name is
by then. The owner keeps the write end of the standard input open and reads the engine's process
id from the standard output. What else it hands down, such as a locked file, stays open until the
engine has ended. When the owner ends, however it ends, the input closes and the engine is
stopped. Should this program be killed instead, the kernel kills the engine (PR_SET_PDEATHSIG):
that signal fires when the thread that started the engine ends, and here it is the only one that
starts anything and the one that waits. It imports the standard library alone and starts at once.
"""

import contextlib
import ctypes
import os
import signal
import subprocess
import sys
import threading

PR_SET_PDEATHSIG = 1  # linux/prctl.h
GRACE_S = 3.0


def _die_with_parent() -> None:
    with contextlib.suppress(OSError, AttributeError):  # not Linux: the closed input has to do
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)


def main() -> None:
    """Run the engine until it ends or the owner does."""
    os.fchdir(int(sys.argv[1]))
    engine = subprocess.Popen(  # noqa: S603  the owner chose the program
        sys.argv[2:],
        stdin=subprocess.DEVNULL,
        stdout=sys.stderr,
        preexec_fn=_die_with_parent,  # noqa: PLW1509  no other thread runs yet
    )
    print(engine.pid, flush=True)  # noqa: T201  the owner reads it
    threading.Thread(target=lambda: os._exit(engine.wait() & 0xFF), daemon=True).start()
    sys.stdin.buffer.read()
    engine.terminate()
    with contextlib.suppress(subprocess.TimeoutExpired):
        engine.wait(GRACE_S)
    engine.kill()


if __name__ == "__main__":
    main()
