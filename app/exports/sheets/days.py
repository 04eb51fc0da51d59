"""Days and times of day as people give them and read them."""

from datetime import date, time

from app.errors import BadQuestion

FIRST_YEAR, LAST_YEAR = 2000, 2100  # judgement: what is no slip of a key


def parse_day(text: str, field: str) -> date:
    """The day of "2026-12-01", today for "". Raises BadQuestion naming the option."""
    if not text.strip():
        return date.today()
    try:
        day = date.fromisoformat(text.strip())
    except ValueError as why:
        raise BadQuestion(
            f"{field} {text!r}: expected a day such as 2026-12-01", field=field
        ) from why
    if not FIRST_YEAR <= day.year <= LAST_YEAR:
        raise BadQuestion(
            f"{field} {text!r}: expected a day of {FIRST_YEAR} to {LAST_YEAR}", field=field
        )
    return day


def parse_clock(text: str, field: str) -> time:
    """The time of "09:00". Raises BadQuestion naming the option."""
    try:
        hour, minute = (int(part) for part in text.split(":"))
        return time(hour, minute)
    except ValueError as why:
        raise BadQuestion(
            f"{field} {text!r}: expected a time of day such as 09:00", field=field
        ) from why


def day_text(day: date) -> str:
    """As people write it: "Tue 1 Dec 2026"."""
    return f"{day:%a} {day.day} {day:%b %Y}"
