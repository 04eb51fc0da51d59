"""What the command line shows of a long work."""

import pytest

from app.cli.output import show_progress, time_left_words
from app.geo.progress import BYTES, PERCENT, Progress

EVENTS = (
    Progress("downloading Hawaii"),
    Progress("hawaii.osm.pbf", 2_500_000, 10_000_000, BYTES, 75.0),
    Progress("hawaii.osm.pbf", 5_000_000, 10_000_000, BYTES, 50.0),
    Progress("some.osm.pbf", 1_000, None, BYTES),
    Progress("making the routing tiles", 26.0, 100.0, PERCENT, 190.0),
    Progress("making the routing tiles", 26.0, 100.0, PERCENT, 180.0),
)


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (-1, "a few seconds left"),
        (9, "a few seconds left"),
        (43, "about 40 s left"),
        (99, "about 100 s left"),
        (100, "about 2 min left"),
        (3_600, "about 60 min left"),
        (9_000, "about 2.5 h left"),
    ],
)
def test_the_time_left_in_round_words(seconds: float, words: str) -> None:
    """So that it does not jump about."""
    assert time_left_words(seconds) == words


def _shown(quiet: bool = False) -> None:
    with show_progress(quiet) as tell:
        for event in EVENTS:
            tell(event)


def test_a_log_gets_each_step_once(capsys: pytest.CaptureFixture[str]) -> None:
    """No bars and no bytes where nobody watches."""
    _shown()
    printed = capsys.readouterr()
    assert printed.err.splitlines() == ["downloading Hawaii", "making the routing tiles"]
    assert printed.out == ""


def test_quiet_shows_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    _shown(quiet=True)
    assert capsys.readouterr().err == ""


@pytest.mark.parametrize(
    ("events", "shown"),
    [
        (EVENTS[:3], "5.0 MB of 10.0 MB about 50 s left"),
        (EVENTS[:4], "1.0 kB"),
        (EVENTS, "26% about 3 min left"),
    ],
)
def test_a_terminal_gets_a_bar(
    events: tuple[Progress, ...],
    shown: str,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The last step's alone, with how much is done and how long it takes yet."""
    monkeypatch.setenv("TTY_COMPATIBLE", "1")
    monkeypatch.setenv("COLUMNS", "150")
    monkeypatch.setenv("NO_COLOR", "1")
    with show_progress(quiet=False) as tell:
        for event in events:
            tell(event)
    assert f" {shown}" in capsys.readouterr().err
