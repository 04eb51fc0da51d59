"""One request to a service, before it is sent."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit


@dataclass(frozen=True)
class Request:
    """One HTTP request. `body` goes as JSON, `form` as multipart; a GET without either.

    A part of the form is a text, or a file's name and its bytes. Secrets belong into headers, or
    into the query as `secret` (name -> value): neither is ever shown, `url` may be.
    """

    url: str
    body: Any = None
    headers: Mapping[str, str] | None = field(default=None, repr=False)
    secret: Mapping[str, str] | None = field(default=None, repr=False)
    form: Mapping[str, str | tuple[str, bytes]] | None = field(default=None, repr=False)


def host_of(url: str) -> str:
    """The host's name; "" where there is none or the address is broken."""
    try:
        return urlsplit(url).hostname or ""
    except ValueError:
        return ""
