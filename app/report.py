"""Answers as people and programs read them: our columns, the funnel, what to know."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import polars as pl

from app.errors import BadQuestion
from app.find import Answer, Ground, find_all
from app.geo.geocoders import Accuracy, Fixes
from app.geo.points import Floats, Ints
from app.lists.read import ListFile
from app.lists.write import COLUMNS, Writer
from app.question import Question
from app.sweetspot import CATEGORIES, SIZES, ZONES, Counts, Verdict


@dataclass(frozen=True)
class Report:
    """One question answered: the funnel and what to know of the answer."""

    ground: Ground
    counts: Counts
    notes: Sequence[str]

    @property
    def meta(self) -> dict[str, Any]:
        """Everything but the rows, as JSON: home base, counts, engine, region, notes."""
        home = self.ground.home
        return {
            "home_base": {
                "label": home.label,
                "lat": round(home.at.lat, 6),
                "lon": round(home.at.lon, 6),
                "accuracy": home.accuracy.label,
                "radius_m": round(home.radius_m, 1),
                "source": home.source,
            },
            "counts": asdict(self.counts),
            "engine": self.ground.engine.name,
            "region": self.ground.region or None,
            "attribution": self.ground.attribution,
            "notes": list(self.notes),
        }


def chosen_verdicts(text: str) -> frozenset[Verdict]:
    """The verdicts of "pass,maybe,fail" or "all". Raises BadQuestion."""
    words = [word.strip().upper() for word in text.split(",") if word.strip()]
    if words == ["ALL"]:
        return frozenset(Verdict)
    unknown = [word for word in words if word not in Verdict.__members__]
    if unknown or not words:
        raise BadQuestion(
            f"verdict {text!r}: expected pass, maybe, fail, several with commas, or all",
            field="verdict",
        )
    return frozenset(Verdict[word] for word in words)


def run(
    rows: ListFile,
    ground: Ground,
    question: Question,
    verdicts: frozenset[Verdict],
    take: Callable[[Answer, Ints], None],
    progress: Callable[[int], None] = lambda _: None,
) -> Report:
    """Judge a whole list, batch by batch.

    `take` gets each batch with its rows of the wanted verdicts; `progress` hears how many
    rows are done.
    """
    applied = frozenset(rows.known)
    counts = Counts()
    for answer in find_all(rows.batches(), ground, question, applied):
        take(answer, choose(answer, verdicts))
        counts += answer.judged.counts
        progress(counts.read)
    return Report(ground, counts, [*_notes(rows, ground, question, applied, counts)])


def choose(answer: Answer, verdicts: frozenset[Verdict]) -> Ints:
    """The rows with one of the verdicts, in order."""
    wanted = np.array([int(v) for v in verdicts], np.uint8)
    return np.flatnonzero(np.isin(answer.judged.verdict, wanted))


def table(answer: Answer, rows: Ints, engine: str) -> pl.DataFrame:
    """Our columns for those rows: minutes to 0.1, miles to 0.01, degrees to 6 places."""
    fixes, drives, judged = answer.fixes, answer.drives, answer.judged
    columns = {
        "verdict": [Verdict(v).label for v in judged.verdict[rows]],
        "minutes": _rounded(drives.minutes[rows], 1),
        "minutes_low": _rounded(drives.low[rows], 1),
        "minutes_high": _rounded(drives.high[rows], 1),
        "miles": _rounded(answer.miles[rows], 2),
        "zone": [ZONES[code] for code in judged.zone[rows]],
        "category": [CATEGORIES[code] for code in judged.category[rows]],
        "lat": _rounded(fixes.at.lat[rows], 6),
        "lon": _rounded(fixes.at.lon[rows], 6),
        "accuracy": [Accuracy(a).label for a in fixes.accuracy[rows]],
        "radius_m": _rounded(fixes.radius_m[rows], 0),
        "source": [fixes.source[i] for i in rows],
        "engine": [engine if known else "" for known in np.isfinite(drives.minutes[rows])],
        "reasons": judged.reasons_all(rows),
    }
    return pl.DataFrame({name: columns[name] for name in COLUMNS})


def json_rows(answer: Answer, rows: Ints, engine: str) -> list[dict[str, Any]]:
    """Those rows as JSON objects: our columns, reasons as a list, the original `cells`."""
    ours = table(answer, rows, engine).drop("reasons").to_dicts()
    cells = answer.prospects.cells[rows].to_dicts()
    return [
        {
            "name": answer.prospects.name[i],
            **mine,
            "reasons": answer.judged.reasons(int(i)),
            "cells": original,
        }
        for i, mine, original in zip(rows, ours, cells, strict=True)
    ]


def into(sink: Writer, engine: str) -> Callable[[Answer, Ints], None]:
    """Takes chosen rows into a file: the original cells and our columns."""

    def take(answer: Answer, rows: Ints) -> None:
        sink.write(answer.prospects.cells[rows], table(answer, rows, engine))

    return take


def fix_rows(fixes: Fixes) -> list[dict[str, Any]]:
    """The fixes that have a point, as JSON objects."""
    return [
        {
            "label": fixes.label[i],
            "lat": round(float(fixes.at.lat[i]), 6),
            "lon": round(float(fixes.at.lon[i]), 6),
            "accuracy": Accuracy(fixes.accuracy[i]).label,
            "radius_m": round(float(fixes.radius_m[i]), 1),
            "source": fixes.source[i],
            "note": fixes.note[i],
        }
        for i in np.flatnonzero(fixes.at.known).tolist()
    ]


def _rounded(values: Floats, digits: int) -> pl.Series:
    """Numbers to show; empty where there is none (no road, no fix)."""
    finite = np.where(np.isfinite(values), np.round(values, digits), np.nan)
    return pl.Series(finite).fill_nan(None)


def _notes(
    rows: ListFile, ground: Ground, question: Question, applied: frozenset[str], counts: Counts
) -> Iterator[str]:
    """What a reader should know, most important first."""
    yield from ground.notes
    home = ground.home
    if home.accuracy < Accuracy.INTERPOLATED:
        yield (
            f"The home base is known by its {home.accuracy.label} only ({home.label}) and may be "
            f"{home.radius_m / 1000:.1f} km off; a full address makes the minutes exact."
        )
    traffic = question.how.traffic
    yield (
        "Minutes are without traffic."
        if traffic == 1
        else (f"Minutes are free-flow times {traffic:g} for traffic.")
    )
    yield from _size_notes(question, applied)
    if counts.nearer:
        yield f"{counts.nearer} nearer rows were left out by the lower bound of the reach."
    yield from rows.notes


def _size_notes(question: Question, applied: frozenset[str]) -> Iterator[str]:
    asked = [size for size in SIZES if getattr(question.spot, size) is not None]
    missing = [size for size in asked if size not in applied]
    if asked and missing == asked:
        yield f"The list has no {', no '.join(missing)}: reach alone decides."
    elif missing:
        yield f"Not applied, the list has no values: {', '.join(missing)}."
