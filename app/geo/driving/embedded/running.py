"""One running engine: asked over HTTP, and told from another program that took its port."""

import http.client
import json
import os
from collections.abc import Mapping
from contextlib import closing, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from app.errors import BackendDown, BackendSlow

HOST = "127.0.0.1"
STATUS_S = 5.0  # judgement: seconds in which a living engine says that it is there
# Of a line of /proc/net/tcp (proc_net_tcp(5)): where its words stand, and the state of a listener.
LOCAL_ADDRESS, STATE, INODE = 1, 3, 9
LISTENING = "0A"


@dataclass(frozen=True, slots=True)
class RunningEngine:
    """Where an engine answers, and its process id."""

    pid: int
    port: int

    def post(self, path: str, body: Mapping[str, Any], timeout_s: float) -> bytes:
        """Its answer to a JSON body. Raises BackendDown and BackendSlow."""
        try:
            with closing(http.client.HTTPConnection(HOST, self.port, timeout=timeout_s)) as to:
                to.request("POST", path, json.dumps(body), {"Content-Type": "application/json"})
                return to.getresponse().read()
        except TimeoutError as why:
            words = f"the engine did not answer {path} in time"
            raise BackendSlow(words, backend="valhalla") from why
        except (OSError, http.client.HTTPException) as why:
            words = f"the engine did not answer {path}: {why!r}"
            raise BackendDown(words, backend="valhalla") from why

    def answers(self) -> bool:
        """Whether this very process answers with the tiles loaded, not another one on its port."""
        if not _is_alive(self.pid) or not _owns_port(self.pid, self.port):
            return False
        with suppress(BackendDown, BackendSlow, ValueError):
            said = json.loads(self.post("/status", {}, STATUS_S))
            return bool(said.get("tileset_last_modified"))
        return False


def _is_alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return pid > 0


def _owns_port(pid: int, port: int) -> bool:
    """Whether the listening socket on the port is the process's own; True where none can tell."""
    table = Path("/proc/net/tcp")
    if not table.exists():
        return True
    inode = ""
    for line in table.read_text().splitlines()[1:]:
        words = line.split()
        if words[LOCAL_ADDRESS].endswith(f":{port:04X}") and words[STATE] == LISTENING:
            inode = words[INODE]
    with suppress(OSError):
        held = Path(f"/proc/{pid}/fd").iterdir()
        return any(_link(descriptor) == f"socket:[{inode}]" for descriptor in held)
    return False


def _link(path: Path) -> str:
    with suppress(OSError):
        return str(path.readlink())
    return ""
