"""How far a long work is: the time left, at a pace that jumps about and at one that changes."""

import numpy as np
import pytest

from app.geo.progress import (
    PERCENT,
    Pace,
    Progress,
    Steps,
    estimate_seconds_left,
    ignore_progress,
)


class Clock:
    """Seconds, as set."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.mark.parametrize(
    ("elapsed", "done", "left", "seconds"),
    [
        (10, 25, 75, 30),
        (10, 100, 0, 0),
        (60, 1, 59, 3540),
        (10, 100, -5, 0),  # more came than was announced
        (10, 0, 100, None),
        (0.5, 25, 75, None),  # a burst at the start
    ],
)
def test_what_is_left_takes_as_long_as_what_is_done(
    elapsed: float, done: float, left: float, seconds: float | None
) -> None:
    """A quarter in ten seconds leaves thirty; without a pace nothing is told."""
    assert estimate_seconds_left(elapsed, done, left) == seconds


def _estimates(paces: list[float], total: float) -> list[float | None]:
    """One a second, with so much done in each."""
    clock, done, found = Clock(), 0.0, []
    pace = Pace(clock=clock)
    for each in paces:
        done += each
        clock.now += 1
        found.append(pace.seconds_left(done, total))
    return found


def test_an_even_pace_counts_down() -> None:
    """Ten a second of a thousand: 100 seconds in all, and each one less."""
    estimates = _estimates([10.0] * 100, 1000)
    assert estimates == pytest.approx(list(range(99, -1, -1)))


def test_a_pace_that_jumps_about_gives_a_steady_estimate() -> None:
    """Between nothing and twice the mean, second by second.

    The mean of so many seconds is off by 58 % over their root: 7 % of a minute, 3 % of five; three
    times that is rare.
    """
    jumps = np.random.default_rng(9).uniform(0, 20, 2000)
    estimates = np.array(_estimates(jumps.tolist(), 30_000), float)
    true = (30_000 - np.cumsum(jumps)) / 10
    off = np.abs(estimates / true - 1)
    assert off[60:].max() < 0.25
    assert off[600:].max() < 0.1


def test_a_pace_that_changes_counts_once_it_has_lasted_as_long() -> None:
    """A line that drops to a tenth after two minutes; after two more only the new pace counts."""
    estimates = _estimates([100.0] * 120 + [10.0] * 120, 100_000)
    assert estimates[-1] == pytest.approx((100_000 - 12_000 - 1200) / 10)


def test_what_was_there_before_is_no_pace() -> None:
    """A download that goes on at 90 %: the rest takes as long as the rest takes."""
    clock = Clock()
    pace = Pace(900, clock=clock)
    clock.now = 10
    assert pace.seconds_left(920, 1000) == pytest.approx(40)


def test_steps_are_told_as_parts_of_the_whole() -> None:
    """Thirds of ten each; the machine takes half the time. A detail belongs to its step."""
    told: list[Progress] = []
    clock = Clock()
    steps = Steps(told.append, {"read": 10.0, "sort": 10.0, "write": 10.0}, clock)
    steps.begin("read")
    clock.now = 5
    steps.begin("sort")
    clock.now = 8
    steps.begin("12 lines")
    clock.now = 10
    steps.begin("write")
    assert [(p.step, round(p.done), p.total, p.unit) for p in told] == [
        ("read", 0, 100, PERCENT),
        ("sort", 33, 100, PERCENT),
        ("12 lines", 33, 100, PERCENT),
        ("write", 67, 100, PERCENT),
    ]
    assert [p.seconds_left for p in told] == [None, 10, 7, 5]


def test_a_detail_that_takes_longer_than_its_step_should_leaves_nothing() -> None:
    """Never less than no time."""
    told: list[Progress] = []
    clock = Clock()
    steps = Steps(told.append, {"a": 1.0, "b": 1.0}, clock)
    clock.now = 2
    steps.begin("b")
    clock.now = 100
    steps.begin("still b")
    assert [p.seconds_left for p in told] == [2, 0]


def test_nobody_has_to_listen() -> None:
    Steps(ignore_progress, {"a": 1.0}).begin("a")
