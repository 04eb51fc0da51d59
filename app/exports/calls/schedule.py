"""On which day each call is made.

1. The first day is so many days after the mail. Saturdays and Sundays are left out; holidays are
   not known here.
2. A day has `per_day` calls, in the order of the areas. An area that fits into one day is not
   begun on a day that has no room for all of it: one evening is one area. Larger ones go on the
   next day.
"""

from collections.abc import Iterator, Sequence
from datetime import date, timedelta

SATURDAY = 5  # of `date.weekday`


def plan_dates(sizes: Sequence[int], per_day: int, first: date) -> list[date]:
    """The day of each call, of areas of those sizes, in order."""
    numbers = list(_number_days(sizes, per_day))
    days = _weekdays(first, numbers[-1] + 1 if numbers else 0)
    return [days[number] for number in numbers]


def _number_days(sizes: Sequence[int], per_day: int) -> Iterator[int]:
    """2. Days counted from 0."""
    day, room = 0, per_day
    for size in sizes:
        if room < size <= per_day:
            day, room = day + 1, per_day
        for _ in range(size):
            if not room:
                day, room = day + 1, per_day
            room -= 1
            yield day


def _weekdays(first: date, count: int) -> list[date]:
    """1."""
    days: list[date] = []
    day = first
    while len(days) < count:
        if day.weekday() < SATURDAY:
            days.append(day)
        day += timedelta(days=1)
    return days
