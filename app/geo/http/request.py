"""One request to a service, before it is sent."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit


@dataclass(frozen=True)
class Request:
    """One HTTP request. `body` goes as JSON, `form` as multipart, `content` as those very bytes.

    `method`: where it is neither GET, without any of these, nor POST. A part of the form is a text,
    or a file's name and its bytes. Secrets belong into headers, or into the query as `secret`
    (name -> value): neither is ever shown, `url` may be. `stamp` makes more headers at each try.
    """

    url: str
    body: Any = None
    headers: Mapping[str, str] | None = field(default=None, repr=False)
    secret: Mapping[str, str] | None = field(default=None, repr=False)
    form: Mapping[str, str | tuple[str, bytes]] | None = field(default=None, repr=False)
    content: bytes | None = field(default=None, repr=False)
    method: str = ""
    stamp: Callable[[], Mapping[str, str]] | None = field(default=None, repr=False)

    @property
    def verb(self) -> str:
        """How it is sent."""
        bodies = (self.body, self.form, self.content)
        return self.method or ("GET" if all(one is None for one in bodies) else "POST")


def host_of(url: str) -> str:
    """The host's name; "" where there is none or the address is broken."""
    try:
        return urlsplit(url).hostname or ""
    except ValueError:
        return ""
