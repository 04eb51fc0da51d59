"""The HTTP client: timeouts, retries, downloads that resume, foreign errors translated here."""

import hashlib
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Self

import httpx
import stamina

from app.errors import BackendDown, BackendSlow, DownloadFailed
from app.folders import check_room, writing_to
from app.geo.progress import BYTES, Pace, Progress, TellProgress

USER_AGENT = "sweetspot (self-hosted)"
ADVICE = "what arrived is kept, so run the same command again"


class _RetryableAnswer(Exception):
    """An answer that may be better the next time: 429 or a server's error."""


def _is_retryable(why: Exception) -> bool:
    return isinstance(why, httpx.TransportError | _RetryableAnswer)


@contextmanager
def speaking_to(backend: str) -> Iterator[None]:
    """Turns the client's errors into BackendSlow and BackendDown; `backend` names who failed."""
    try:
        yield
    except httpx.TimeoutException as why:
        raise BackendSlow(f"{backend} did not answer in time", backend=backend) from why
    except (httpx.HTTPError, httpx.InvalidURL, _RetryableAnswer) as why:
        raise BackendDown(
            f"{backend} failed: {why or type(why).__name__}", backend=backend
        ) from why


@dataclass(frozen=True, slots=True)
class FileFacts:
    """What a server says of a file; None and "" where it does not."""

    size: int | None
    etag: str
    modified: str  # an HTTP date


class Client:
    """One pool of connections. Close it, or use it as a context manager.

    A dropped connection, a timeout, a 429 or a server's error is tried again, `attempts` times in
    all and each time after a longer pause.
    """

    def __init__(self, *, timeout_s: float = 30.0, attempts: int = 8) -> None:
        self._attempts = attempts
        self._http = httpx.Client(
            timeout=timeout_s, follow_redirects=True, headers={"user-agent": USER_AGENT}
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Close all connections."""
        self._http.close()

    def get(self, url: str) -> bytes:
        """What is there. Raises DownloadFailed for 4xx, BackendDown or BackendSlow otherwise."""
        with speaking_to(_host(url)):
            for attempt in self._tries():
                with attempt:
                    reply = self._http.get(url)
                    _refuse(reply, url)
        return reply.content

    def describe_file(self, url: str) -> FileFacts:
        """What is to be had there, nothing of it fetched; all unknown to a server without HEAD.

        Raises BackendDown or BackendSlow.
        """
        with speaking_to(_host(url)):
            for attempt in self._tries():
                with attempt:
                    reply = self._http.head(url, headers={"accept-encoding": "identity"})
                    if reply.status_code != 501 and reply.status_code not in range(400, 429):
                        _refuse(reply, url)
        known = reply.headers if reply.is_success else httpx.Headers()
        size = known.get("content-length", "")
        return FileFacts(
            int(size) if size.isdecimal() else None,
            known.get("etag", ""),
            known.get("last-modified", ""),
        )

    def download(self, url: str, to: Path, *, md5: str, progress: TellProgress) -> None:
        """The file behind `url`, whole and checked, as `to`.

        What arrived is kept in `to`.part and the next attempt, of this call or of a later one,
        asks for the rest only. A wrong checksum makes it start over once (the file may have
        changed between two attempts). `progress` is told the bytes so far. Raises DownloadFailed,
        StorageFailed, NoRoom, BackendDown, BackendSlow.
        """
        part = partial_path(to)
        for _ in range(2):
            with speaking_to(_host(url)), writing_to(part, ADVICE):
                for attempt in self._tries():
                    with attempt:
                        self._continue(url, part, progress)
                if _md5(part) == md5:
                    part.rename(to)
                    return
                part.unlink()
        raise DownloadFailed(
            f"{url}: the checksum is wrong twice over, the file is damaged at its source; "
            "try again later or use a mirror (SWEETSPOT_DOWNLOAD_URL)",
            backend=_host(url),
        )

    def _tries(self) -> stamina._core._RetryContextIterator:
        return stamina.retry_context(
            on=_is_retryable, attempts=self._attempts, timeout=None, wait_max=20.0
        )

    def _continue(self, url: str, part: Path, progress: TellProgress) -> None:
        """Fetch what is missing of `part`."""
        have = part.stat().st_size if part.is_file() else 0
        # Compressed on its way, a file could not be resumed by its own bytes.
        headers = {"accept-encoding": "identity"} | ({"range": f"bytes={have}-"} if have else {})
        with self._http.stream("GET", url, headers=headers) as reply:
            if reply.status_code == 416:
                if _full_size(reply) != have:  # not this file's beginning
                    part.unlink()
                    raise _RetryableAnswer("the rest of the file is not there")
                return
            _refuse(reply, url)
            if reply.status_code != 206 or _starts_at(reply) != have:
                have = 0  # the server sends the whole file
            total = have + int(reply.headers.get("content-length", 0))
            check_room(part.parent, total - have)
            with part.open("ab" if have else "wb") as file:
                pace, name = Pace(have), part.name.removesuffix(".part")
                for block in reply.iter_raw():
                    file.write(block)
                    have += len(block)
                    left = pace.seconds_left(have, total) if total else None
                    progress(Progress(name, have, total or None, BYTES, left))


def partial_path(to: Path) -> Path:
    """Where a file lies until it is whole."""
    return to.with_name(to.name + ".part")


def _refuse(reply: httpx.Response, url: str) -> None:
    """Errors that may pass are raised to be tried again, others end it."""
    code = reply.status_code
    if code == 429 or code >= 500:
        raise _RetryableAnswer(f"HTTP {code}")
    if code >= 400:
        raise DownloadFailed(f"{url}: not to be had (HTTP {code})", backend=_host(url))


def _starts_at(reply: httpx.Response) -> int:
    found = re.match(r"bytes (\d+)-", reply.headers.get("content-range", ""))
    return int(found[1]) if found else -1


def _full_size(reply: httpx.Response) -> int:
    found = re.match(r"bytes \*/(\d+)", reply.headers.get("content-range", ""))
    return int(found[1]) if found else -1


def _md5(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, lambda: hashlib.md5(usedforsecurity=False)).hexdigest()


def _host(url: str) -> str:
    return re.sub(r"^\w+://([^/]*).*", r"\1", url)
