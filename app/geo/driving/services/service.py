"""What a routing service that answers one-to-many has to say of itself."""

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from enum import Enum, auto
from math import inf, nan
from typing import Any, NamedTuple, Protocol, runtime_checkable

import numpy as np

from app.errors import BackendDown, BadQuestion, Refused
from app.geo.driving.engine import Driving, Side, departure_refusal
from app.geo.http.request import Request
from app.geo.points import Floats, Point, Points

type SendRequest = Callable[[Request], bytes]


@dataclass(frozen=True)
class Reply:
    """What a service said of n drives; columns float64, shape (n,).

    minutes: without our traffic factor; inf where it finds no road, NaN where it could not say.
    off_road_m: metres from each point to the road it was placed on, NaN where it doesn't tell;
    home_off_road_m: the same of the home base. free: minutes without traffic, where `minutes` are
    with it and both are told; else NaN. found: how many it denied at first and then found a route
    for. pruned: whether it may have left small roads out, so that minutes are too many.
    """

    minutes: Floats
    off_road_m: Floats
    home_off_road_m: float = nan
    free: Floats = field(default_factory=lambda: np.zeros(0))
    found: int = 0
    pruned: bool = False

    def __post_init__(self) -> None:
        if len(self.free) != len(self.minutes):
            object.__setattr__(self, "free", np.full(len(self.minutes), np.nan))

    @classmethod
    def of(cls, minutes: Floats) -> "Reply":
        """Where the service says nothing of the road."""
        return cls(minutes, np.full(len(minutes), np.nan))


class RoutingService(Protocol):
    """A one-to-many routing service.

    name: what answers are called ("osrm"). url: where it answers. most: points in one request, the
    service's published limit. live: its minutes hold the traffic of now where no time is asked for.
    """

    @property
    def name(self) -> str: ...  # noqa: D102 -- see above
    @property
    def url(self) -> str: ...  # noqa: D102
    @property
    def most(self) -> int: ...  # noqa: D102
    @property
    def live(self) -> bool: ...  # noqa: D102

    def check(self, how: Driving) -> None:
        """Raise BadQuestion (with its field) for a way of driving that it can't be asked for."""
        ...

    def ask(self, home: Point, to: Points, how: Driving) -> Request:
        """The request for the drive between home and each point: 1 to `most` known ones.

        Or to `at_once`, see `Narrower`.
        """
        ...

    def read(self, body: bytes, n: int) -> Reply:
        """What it said of the n points, in their order.

        Raises Refused with the service's own code and words where it says no (a wrong key, a
        quota that is gone), Oversized where n is more than it allows at once, Spoilt where one of
        the points spoils the answer for all, BackendDown for what is no answer of it or of another
        number of points. The body of an HTTP error comes here too.
        """
        ...


@runtime_checkable
class Narrower(Protocol):
    """A service that takes fewer points at once for some ways of driving."""

    def at_once(self, how: Driving) -> int:
        """How many points a request of that kind may have: `most` or fewer."""
        ...


@runtime_checkable
class Drawing(Protocol):
    """A service that draws how far one gets."""

    def ask_shape(self, home: Point, at: Sequence[float], how: Driving) -> Request:
        """The request for one polygon for each of `at` minutes."""
        ...

    def read_shape(self, body: bytes, at: Sequence[float], how: Driving) -> Mapping[str, Any]:
        """As `Engine.shape` gives it. Raises as `RoutingService.read`."""
        ...


class Oddity(Enum):
    """How a service may contradict itself."""

    DENIED = auto()  # its matrix finds no way where its route finds one
    CUT_SHORT = auto()  # the same, of a matrix that leaves no roads out but ends its search early
    DETOURED = auto()  # its matrix goes a long way round where its route doesn't
    DOUBTED = auto()  # its matrix goes a long way round by its own drawing, and so do its routes
    UNTIMED = auto()  # its matrix ignores the time of day
    TIMELESS = auto()  # it has no speeds by the time of day


class RouteReply(NamedTuple):
    """Minutes of one drive: inf where no way leads, NaN where it can't say; `pruned`: see Reply."""

    minutes: float
    pruned: bool


@runtime_checkable
class Denying(RoutingService, Drawing, Protocol):
    """A service whose matrix, routes and drawing may contradict each other; see cross_checks.py."""

    def advice(self, oddity: Oddity) -> str:
        """Which setting of the server mends that: a clause for people."""
        ...

    def ask_route(self, home: Point, end: Point, how: Driving) -> Request:
        """The request for one drive."""
        ...

    def read_route(self, body: bytes) -> RouteReply:
        """Raises BackendDown."""
        ...


def parse_json(body: bytes, name: str) -> Any:
    """The JSON of an answer. Raises BackendDown for what is none, such as a page of a proxy."""
    try:
        return json.loads(body)
    except ValueError as why:
        raise BackendDown(f"{name} answers nonsense", backend=name) from why


@contextmanager
def reading_reply(name: str, what: str) -> Iterator[None]:
    """Raises BackendDown for an answer of another shape: "osrm's table can't be read"."""
    try:
        yield
    except (KeyError, IndexError, TypeError, ValueError, AttributeError) as why:
        raise BackendDown(f"{name}'s {what} can't be read", backend=name) from why


def home_refusal(name: str, code: int) -> Refused:
    """For a home base that the service finds no road near to, by its own code."""
    words = f"{name} finds no road near the home base: move it to the street"
    return Refused(words, backend=name, code=code)


def only_line(table: Sequence[Sequence[Any]]) -> Sequence[Any]:
    """The row of a matrix from one point, or the column of one to it."""
    return table[0] if len(table) == 1 else [row[0] for row in table]


def minutes_of(seconds: Sequence[float | None], n: int, name: str) -> Floats:
    """Seconds as minutes, null as inf. Raises BackendDown unless there are n numbers."""
    if len(seconds) != n:
        raise BackendDown(f"asked {name} for {n} drives, got {len(seconds)}", backend=name)
    try:
        return np.array([inf if s is None else float(s) / 60 for s in seconds], np.float64)
    except (TypeError, ValueError) as why:
        raise BackendDown(f"{name} answers nonsense", backend=name) from why


def refuse_departure(how: Driving, name: str) -> None:
    """Raise BadQuestion where a service that knows no time of day is asked for one."""
    if how.depart:
        raise departure_refusal(name)


def check_departure(how: Driving, name: str, *, offset: bool = False, both: bool = False) -> None:
    """Raise BadQuestion for what a service that knows the time of day can't be asked.

    offset: it needs the time's offset from UTC. both: it tells free-flow minutes, too.
    """
    if offset and how.depart and how.depart.utcoffset() is None:
        raise BadQuestion(
            f"depart {how.depart:%Y-%m-%dT%H:%M}: {name} needs the offset of the home base's clock "
            f"from UTC, too: {how.depart:%Y-%m-%dT%H:%M}-05:00",
            field="depart",
        )
    if how.limit_on is Side.FREE and not both:
        raise BadQuestion(
            f"limit_on free: {name} tells no free-flow minutes beside those at a time of day",
            field="limit_on",
        )


def only_as_it_likes(how: Driving, name: str) -> None:
    """Raise BadQuestion where tolls or highways are to be left out of a service that can't."""
    for wanted, what in ((how.tolls, "tolls"), (how.highways, "highways")):
        if not wanted:
            raise BadQuestion(
                f"{what}: {name} can't be asked to leave them out; use another engine",
                field=what,
            )
