"""What is asked of a list, and how people and programs write it."""

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass, field, fields
from datetime import UTC, date, datetime, timedelta, timezone
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter, ValidationError

from app.errors import BadQuestion
from app.geo.driving.engine import Direction, Driving, Side
from app.sweetspot.criteria import KM_PER_MILE, SweetSpot, parse_range

# One limit as asked: "30-50", "50" (up to), "10+", "off"; 50; [30, 50], an open end null.
# None is the default.
type Limit = str | float | Sequence[float | None] | None
WESTMOST = timezone(timedelta(hours=-12))  # where a clock shows the least
type Bounds = tuple[float, float] | None


@dataclass(frozen=True)
class Question:
    """What is asked of a list.

    `geocode`: place every row by its address, even where the list has coordinates of its own.
    `today` decides what has closed; None is no date at all. `all_minutes`: a metered engine is
    asked for the drives of rows that fail anyway, too. `dry_run`: no service is asked for anything,
    the answer tells what would have been asked. `allow_bulk`: public services that discourage it
    may be asked for many addresses.
    """

    spot: SweetSpot = field(default_factory=SweetSpot)
    how: Driving = field(default_factory=Driving)
    geocode: bool = False
    today: date | None = None
    all_minutes: bool = False
    dry_run: bool = False
    allow_bulk: bool = False


@dataclass(frozen=True, kw_only=True)
class Asked:
    """The sweet spot as asked: every limit in one of the ways of `Limit`.

    A distance without minutes replaces the default minutes; with them, both hold.
    """

    minutes: Limit = None
    miles: Limit = None
    km: Limit = None
    computers: Limit = None
    employees: Limit = None
    sales: Limit = None
    together: str = "all_known"
    industry: Sequence[str] = ()
    advisers: bool = False
    estimates: bool = False

    def sweet_spot(self) -> SweetSpot:
        """The checked criteria. Raises BadQuestion naming the field."""
        if self.miles is not None and self.km is not None:
            raise BadQuestion("give the distance in miles or in km, not both", field="km")
        default = SweetSpot()
        distance = limit_bounds(self.miles, "miles", None) or _in_miles(
            limit_bounds(self.km, "km", None)
        )
        return SweetSpot(
            minutes=limit_bounds(self.minutes, "minutes", None if distance else default.minutes),
            miles=distance,
            unit="mi" if self.km is None else "km",
            computers=limit_bounds(self.computers, "computers", default.computers),
            employees=limit_bounds(self.employees, "employees", default.employees),
            sales=limit_bounds(self.sales, "sales", default.sales),
            together=self.together,
            industry=tuple(word.strip() for word in self.industry if word.strip()),
            advisers=self.advisers,
            estimates=self.estimates,
        )


def read_spot(path: Path) -> dict[str, Any]:
    """The limits of a sweet spot saved as JSON, as arguments of `Asked`.

    Raises BadQuestion naming the file and the field that no sweet spot has, or what is wrong in it.
    """
    try:
        saved = json.loads(path.read_text(encoding="utf-8-sig"))
    except OSError as why:
        raise BadQuestion(f"{path}: {why.strerror}", field="sweet_spot") from why
    except ValueError as why:
        raise BadQuestion(f"{path} is not JSON: {why}", field="sweet_spot") from why
    known = {one.name for one in fields(Asked)}
    wrong = set(saved) - known if isinstance(saved, dict) else {"a list or value"}
    if wrong:
        raise BadQuestion(
            f"{path}: no sweet spot has {', '.join(sorted(map(repr, wrong)))}; "
            f"it has {', '.join(sorted(known))}",
            field="sweet_spot",
        )
    try:
        TypeAdapter(Asked).validate_python(saved)
    except ValidationError as why:
        first = why.errors()[0]
        name = str(first["loc"][0])
        raise BadQuestion(
            f"{path}: {name} can't be read ({first['msg']})", field="sweet_spot"
        ) from why
    return dict(saved)


def limit_bounds(limit: Limit, name: str, default: Bounds) -> Bounds:
    """Both ends of one limit, inclusive; None where it is switched off.

    Raises BadQuestion naming the field when it can't be read.
    """
    if limit is None:
        return default
    if isinstance(limit, str):
        return None if limit.strip().lower() in {"off", "none", "any"} else parse_range(limit, name)
    if isinstance(limit, int | float):
        return 0.0, float(limit)
    if len(limit) != 2:
        raise BadQuestion(f"{name}: expected [low, high], got {len(limit)} numbers", field=name)
    low, high = limit
    return (0.0 if low is None else float(low), float("inf") if high is None else float(high))


def _in_miles(km: Bounds) -> Bounds:
    return None if km is None else (km[0] / KM_PER_MILE, km[1] / KM_PER_MILE)


def driving_from(  # noqa: PLR0913 -- every way in which one can drive
    direction: str = "out",
    *,
    tolls: bool = True,
    highways: bool = True,
    ferries: bool = False,
    traffic: float = 1.0,
    depart: str = "",
    limit_on: str = "peak",
) -> Driving:
    """How one drives, as asked. Raises BadQuestion naming the field."""
    for name, word, known in (("direction", direction, Direction), ("limit_on", limit_on, Side)):
        if word not in set(known):
            raise BadQuestion(f"{name} {word!r}: expected one of {', '.join(known)}", field=name)
    when = parse_departure(depart, datetime.now(UTC))
    return Driving(Direction(direction), tolls, highways, ferries, traffic, when, Side(limit_on))


def parse_departure(text: str, now: datetime) -> datetime | None:
    """The time of "2026-12-01T08:30", with an offset such as -05:00 or without; None for "".

    Raises BadQuestion for another text, and for a time in the past: without an offset, one that is
    past wherever the clock stands.
    """
    if not text.strip():
        return None
    wanted = f"depart {text!r}: expected YYYY-MM-DDTHH:MM such as 2026-12-01T08:30"
    if not re.fullmatch(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d(:\d\d)?(Z|[+-]\d\d:\d\d)?", text.strip()):
        raise BadQuestion(wanted, field="depart")
    try:
        when = datetime.fromisoformat(text.strip())
        latest = when if when.tzinfo else when.replace(tzinfo=WESTMOST)
        past = latest < now
    except (ValueError, OverflowError) as why:
        raise BadQuestion(f"{wanted} ({why})", field="depart") from why
    if past:
        raise BadQuestion(f"depart {text}: it is past; give a time to come", field="depart")
    return when


def column_overrides(texts: Sequence[str]) -> dict[str, str]:
    """Columns named by the user: ["employees=Staff"] -> {"employees": "Staff"}.

    Raises BadQuestion naming the text that is no pair.
    """
    pairs = {}
    for text in texts:
        meaning, equals, header = text.partition("=")
        if not equals or not meaning.strip() or not header.strip():
            raise BadQuestion(
                f"column {text!r}: expected MEANING=HEADER, such as employees=Staff",
                field="column",
            )
        pairs[meaning.strip()] = header.strip()
    return pairs
