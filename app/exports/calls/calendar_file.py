"""The calls in a calendar (RFC 5545): an all-day entry for each day, which lists that day's calls.

One entry a day, as a row of twenty would hide what else a day has. An entry does not make the day
busy. Its UID goes by whom it lists, so that the same answer, imported again with another day of the
mail, moves its entries.
"""

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from hashlib import blake2b
from pathlib import Path
from typing import TYPE_CHECKING

from app.exports.calls.call_list import Call, CallList
from app.exports.sheets.callees import join_words
from app.text import count_words

if TYPE_CHECKING:
    from icalendar import Event

_DOMAIN = "sweetspot"  # behind the @ of a UID: who made it


def write_calendar(calls: CallList, path: Path) -> None:
    """All of them, each call in one entry."""
    from icalendar import Calendar

    calendar = Calendar()
    calendar.add("prodid", "-//Sweetspot//Follow-up calls//EN")
    calendar.add("version", "2.0")
    for day, some in calls.days:
        calendar.add_component(_make_event(day, some))
    path.write_bytes(calendar.to_ical())


def _make_event(day: date, calls: Sequence[Call]) -> "Event":
    from icalendar import Event

    areas = dict.fromkeys(call.area for call in calls)
    event = Event()
    event.add("uid", _make_uid(calls))
    event.add("dtstamp", datetime.now(UTC))
    event.add("dtstart", day)
    event.add("dtend", day + timedelta(days=1))
    event.add("transp", "TRANSPARENT")
    event.add("summary", f"{count_words(len(calls), 'follow-up call')}: {'; '.join(areas)}")
    event.add("description", "\n".join(_describe(n, call) for n, call in enumerate(calls, 1)))
    return event


def _make_uid(calls: Sequence[Call]) -> str:
    whom = [f"{call.whom.name}\n{call.whom.phone}\n{call.whom.address}" for call in calls]
    return f"{blake2b('\n\n'.join(whom).encode(), digest_size=16).hexdigest()}@{_DOMAIN}"


def _describe(number: int, call: Call) -> str:
    """One line of a day's list."""
    one = call.whom
    who = join_words([one.name, one.person, one.phone, one.distance, one.address])
    return " ".join(f"{number}. {join_words([who, *call.asks])}".split())
