"""What is asked of a list, and how people write it."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta, timezone

from app.errors import BadQuestion
from app.geo.driving.engine import Driving
from app.sweetspot.criteria import KM_PER_MILE, SweetSpot, parse_range

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


def limit_bounds(
    limit: str | float | Sequence[float | None] | None, name: str, default: Bounds
) -> Bounds:
    """Both ends of one limit, inclusive; None where it is switched off.

    `limit`: "30-50", "50" (up to), "10+", "off"; 50; [30, 50], an open end None; None is the
    default. Raises BadQuestion naming the field when it can't be read.
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


def miles_of(km: Bounds) -> Bounds:
    """The same distances in miles."""
    return None if km is None else (km[0] / KM_PER_MILE, km[1] / KM_PER_MILE)


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
