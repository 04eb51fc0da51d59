"""What a reader should know of an answer before its rows: in sentences, most important first."""

from collections.abc import Iterator, Sequence

from app.find.ground import Ground
from app.find.question import Question
from app.geo.driving.engine import Driving, Side
from app.geo.geocoding.geocoder import Accuracy
from app.geo.geocoding.home_base import HomeBase
from app.sweetspot.judge import SIZES, Counts
from app.text import count_words


def answer_notes(
    list_notes: Sequence[str],
    ground: Ground,
    question: Question,
    applied: frozenset[str],
    counts: Counts,
) -> Iterator[str]:
    """What a reader should know, most important first; `list_notes` come last."""
    yield from _ground_notes(ground)
    live = ground.engine.live and question.how.depart is None
    yield "Minutes are those of the traffic of now." if live else _traffic_note(question.how)
    yield from _size_notes(question, applied)
    if counts.nearer:
        nearer = count_words(counts.nearer, "nearer row")
        yield f"Left out by the lower bound of the reach: {nearer}."
    yield from list_notes


def _ground_notes(ground: Ground) -> Iterator[str]:
    """Of the home bases and their maps; of several, each names its own."""
    if not ground.others:
        yield from ground.notes
        yield from _rough_home(ground.home)
        return
    told = [[*one.notes, *_rough_home(one.home)] for one in ground.each]
    common = [note for note in told[0] if all(note in notes for notes in told)]
    yield from common
    for one, notes in zip(ground.each, told, strict=True):
        yield from (f"{one.home.label}: {note}" for note in notes if note not in common)


def _rough_home(home: HomeBase) -> Iterator[str]:
    if home.accuracy < Accuracy.INTERPOLATED:
        yield (
            f"The home base is known by its {home.accuracy.label} only ({home.label}) and may be "
            f"{home.radius_m / 1000:.1f} km off; a full address makes the minutes exact."
        )


def _traffic_note(how: Driving) -> str:
    """Which minutes are judged."""
    if not how.which:
        without = how.traffic == 1
        factor = f"free-flow times {how.traffic:g} for traffic"
        return f"Minutes are {'without traffic' if without else factor}."
    if how.depart is None:
        return (
            "Minutes, and the limit on them, are free-flow; with traffic they are "
            f"{how.traffic:g} times as long (minutes_peak)."
        )
    leaving = f"leaving on {how.depart:%Y-%m-%d} at {how.depart:%H:%M}"
    if how.limit_on is Side.FREE:
        return f"Minutes, and the limit on them, are free-flow; minutes_peak: {leaving}."
    return f"Minutes are those of {leaving}, as far as the engine knows the traffic of that time."


def _size_notes(question: Question, applied: frozenset[str]) -> Iterator[str]:
    asked = [size for size in SIZES if getattr(question.spot, size) is not None]
    missing = [size for size in asked if size not in applied]
    if asked and missing == asked:
        yield f"The list has no {', no '.join(missing)}: reach alone decides."
    elif missing:
        yield f"Not applied, the list has no values: {', '.join(missing)}."
