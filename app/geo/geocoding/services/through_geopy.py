"""Geocoding services that geopy knows how to ask, with our requests, limits and errors.

geopy builds the address of a request and reads the answer; it is sent by `Sender`, which retries,
paces and keeps keys out of messages. What an answer is worth is read from it in `providers`.
"""

import json
import logging
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from geopy import exc
from geopy.adapters import AdapterHTTPError, BaseSyncAdapter

from app.errors import BackendDown, BackendFailed, BackendSlow, Refused
from app.geo.addresses.address import Address
from app.geo.addresses.one_line import one_line
from app.geo.geocoding.fix import RADIUS_M, Fix, GeocodeReply, on_earth
from app.geo.geocoding.geocoder import Accuracy
from app.geo.geocoding.services.service import Terms
from app.geo.http.request import Request

type Ask = Callable[[Request], tuple[int, bytes]]
type Raw = Mapping[str, Any]


@dataclass(frozen=True)
class Provider:
    """A service as geopy asks it.

    make: its geopy geocoder, from a key and an adapter factory. accuracy: what one of its answers
    is worth, from what it said. doubts: whether it says itself that it matched a part of what was
    asked only: no house number is believed then. label: where geopy's is not the whole address,
    the address found. hosted: where it answers by itself, "" where everybody has a
    server of their own. options: of every question. besides: what geopy can't be told to send,
    from the key. refuses: whether an answer of HTTP 200 says no to the key. in_path: the address
    is a part of the path. credit: what must stand beside its answers.
    """

    name: str
    make: Callable[[str, Callable[..., BaseSyncAdapter]], Any]
    accuracy: Callable[[Raw], Accuracy]
    terms: Terms
    doubts: Callable[[Raw], bool] = lambda _: False
    label: Callable[[Raw], str] = lambda _: ""
    hosted: str = ""
    needs_key: bool = True
    options: Mapping[str, Any] = field(default_factory=dict)
    besides: Callable[[str], Mapping[str, str]] = lambda _: {}
    refuses: Callable[[Any], bool] = lambda _: False
    in_path: bool = False
    credit: str = ""


class GeopyService:
    """One provider, asked through `ask`, which gives the HTTP status and body of an answer.

    `url`: a server of one's own, in place of the provider's.
    """

    def __init__(self, provider: Provider, ask: Ask, key: str = "", url: str = "") -> None:
        self.name = provider.name
        self.terms = provider.terms
        self.credit = provider.credit
        self._provider = provider
        logging.getLogger("geopy").addFilter(_no_requests)  # once, however many services
        self._geocoder = provider.make(key, lambda **_: _Adapter(provider, ask, url, key))

    def ask(self, addresses: Sequence[Address]) -> Sequence[GeocodeReply]:
        """What it says of each address; see `GeocodingService.ask`."""
        return [self._ask_one(one_line(address)) for address in addresses]

    def _ask_one(self, text: str) -> GeocodeReply:
        if self._provider.in_path:
            text = re.sub("[/;]", " ", text)  # what parts a path, or one question from the next
        with _speaking_to(self.name):
            found = self._geocoder.geocode(text, exactly_one=False, **self._provider.options)
            fixes = [self._fix(place) for place in found or []]
        known = tuple(fix for fix in fixes if fix.accuracy)
        if fixes and not known:
            return GeocodeReply(
                note=f"{self.name} found only {fixes[0].label!r}, of a kind we don't know"
            )
        return GeocodeReply(known)

    def _fix(self, place: Any) -> Fix:
        provider = self._provider
        accuracy = provider.accuracy(place.raw)
        if provider.doubts(place.raw):
            accuracy = min(accuracy, Accuracy.STREET)
        lon, lat = on_earth(place.longitude, place.latitude)
        label = provider.label(place.raw) or place.address or ""
        return Fix(lon, lat, accuracy, RADIUS_M.get(accuracy, 0.0), label)


class _Adapter(BaseSyncAdapter):  # type: ignore[misc]  # geopy ships no types
    """Sends geopy's requests; their whole query, in which keys are, counts as secret."""

    def __init__(self, provider: Provider, ask: Ask, url: str, key: str) -> None:
        super().__init__(proxies=None, ssl_context=None)
        self._name, self._ask = provider.name, ask
        self._besides, self._refuses = provider.besides(key), provider.refuses
        self._own = url.rstrip("/")

    def get_json(self, url: str, *, timeout: float, headers: Mapping[str, str]) -> Any:
        text = self.get_text(url, timeout=timeout, headers=headers)
        try:
            said = json.loads(text)
        except ValueError:
            said = None
        if not isinstance(said, dict | list):
            raise BackendDown(f"{self._name} answers nonsense", backend=self._name)
        if isinstance(said, dict) and self._refuses(said):
            raise Refused(f"{self._name} refuses the key", backend=self._name, code=401)
        return said

    def get_text(self, url: str, *, timeout: float, headers: Mapping[str, str]) -> str:
        del timeout  # Sender's
        parts = urlsplit(url)
        base = self._own or f"{parts.scheme}://{parts.netloc}"
        theirs = {name: text for name, text in headers.items() if name.lower() != "user-agent"}
        secret = {**dict(parse_qsl(parts.query, keep_blank_values=True)), **self._besides}
        status, body = self._ask(Request(base + parts.path, headers=theirs, secret=secret))
        text = body.decode("utf-8", "replace")
        if status != 200:
            raise AdapterHTTPError(f"HTTP {status}", status_code=status, headers={}, text=text)
        return text


def _no_requests(record: logging.LogRecord) -> bool:
    """Whether geopy may log it: below a warning it logs whole requests and answers, with keys."""
    return record.levelno >= logging.WARNING


@contextmanager
def _speaking_to(name: str) -> Iterator[None]:
    """Turns geopy's errors into ours, in words of ours: theirs may hold a request."""
    trouble: BackendFailed
    try:
        yield
        return
    except exc.GeocoderQueryError:  # of one address, or of all where the setting is wrong
        trouble = BackendDown(f"{name} can't read the question", backend=name)
    except (exc.GeocoderAuthenticationFailure, exc.GeocoderInsufficientPrivileges):
        trouble = Refused(f"{name} refuses the key, or us", backend=name, code=401)
    except exc.GeocoderQuotaExceeded:
        trouble = Refused(f"{name}: its quota or rate limit is reached", backend=name, code=429)
    except exc.GeocoderTimedOut:
        trouble = BackendSlow(f"{name} did not answer in time", backend=name)
    except exc.GeocoderServiceError as why:
        status = getattr(why.__cause__, "status_code", 0)
        what = f"answers with HTTP {status}" if status else "answers nonsense"
        trouble = BackendDown(f"{name} {what}", backend=name)
    except (exc.GeopyError, KeyError, TypeError, ValueError, AttributeError, IndexError):
        trouble = BackendDown(f"{name} answers nonsense", backend=name)
    raise trouble
