"""What a list elsewhere has got of us: a file that a killed push leaves whole, up to its last line.

Each line is a record that the tool acknowledged, its external id and digest; the last one of an id
counts. A batch's lines are on the disk before the next one is counted as sent. A line without its
end is of a write that was cut off: it is dropped, its record sent again.
"""

import fcntl
import hashlib
import json
import os
import secrets
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from app.errors import Busy, StorageFailed
from app.exports.push.tool import PushRecord
from app.folders import writing_to


@dataclass(frozen=True)
class PushJournal:
    """Of one list. `push` names the push, until it is forgotten; used by one process at a time."""

    push: str
    known: Mapping[str, str]
    _path: Path
    _descriptor: int

    def holds(self, record: PushRecord) -> bool:
        """Whether the tool has it as it is."""
        return self.known.get(record.external_id) == record.digest

    def keep(self, records: Iterable[PushRecord]) -> None:
        """They were acknowledged. Raises StorageFailed, NoRoom."""
        lines = [json.dumps([one.external_id, one.digest]) + "\n" for one in records]
        with writing_to(self._path):
            _write(self._descriptor, "".join(lines).encode())


def journal_path(folder: Path, tool: str, where: str) -> Path:
    """The file of a tool's list; `where` is its address and name, which the file's name hides."""
    return folder / f"{tool}-{hashlib.sha256(where.encode()).hexdigest()[:16]}.jsonl"


@contextmanager
def open_journal(path: Path, *, forget: bool = False) -> Iterator[PushJournal]:
    """The journal, kept from other processes. Raises Busy where one has it, StorageFailed, NoRoom.

    `forget`: as if nothing had been sent so far.
    """
    with writing_to(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o600)
    try:
        _lock(descriptor, path)
        with writing_to(path):
            journal = _open_journal(path, descriptor, forget=forget)
        yield journal
    finally:
        os.close(descriptor)


def _lock(descriptor: int, path: Path) -> None:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as why:
        raise Busy(f"another push to that list is running (its journal is {path})") from why


def read_journal(path: Path) -> Mapping[str, str]:
    """The digest of each record that the list has, by its external id. Nothing is written."""
    try:
        text = path.read_bytes()
    except OSError:
        return {}
    return dict(_parse_lines(path, _whole_lines(text))[1:])


def _open_journal(path: Path, descriptor: int, *, forget: bool) -> PushJournal:
    whole = b"" if forget else _whole_lines(path.read_bytes())
    os.ftruncate(descriptor, len(whole))
    if not whole:
        whole = (json.dumps(["push", secrets.token_hex(8)]) + "\n").encode()
        _write(descriptor, whole)
    (_, push), *lines = _parse_lines(path, whole)
    return PushJournal(push, dict(lines), path, descriptor)


def _parse_lines(path: Path, whole: bytes) -> list[tuple[str, str]]:
    try:
        return [(str(one), str(other)) for one, other in map(json.loads, whole.splitlines())]
    except (ValueError, TypeError) as why:
        raise StorageFailed(
            f"{path} is damaged: --again forgets it, and all rows are sent again"
        ) from why


def _whole_lines(text: bytes) -> bytes:
    return text[: text.rfind(b"\n") + 1]


def _write(descriptor: int, text: bytes) -> None:
    while text:
        text = text[os.write(descriptor, text) :]
    os.fsync(descriptor)
