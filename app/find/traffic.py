"""The traffic factor of an engine, fitted to drives that the firm has made itself."""

import json
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from app.errors import BadInput, BadList, BadQuestion
from app.folders import writing_to
from app.geo.driving.engine import Driving, Engine
from app.geo.geocoding.home_base import HomeBase
from app.geo.points import Floats, Point, Points
from app.lists.amounts import parse_money, parse_quantity
from app.lists.read import ListFile

FILE = "calibration.json"
FEWEST, MOST = 3, 2_000
LONGEST_MIN = 180.0  # drives are looked for this far
PEAK = ((7.0, 9.5), (16.0, 18.5))  # hours of the day on which commuters drive
FACTORS = (0.5, 5.0)  # what `Driving.traffic` takes


@dataclass(frozen=True)
class Trips:
    """Drives that were made, n of them: from and to as written, minutes, hour of day (NaN)."""

    start: Sequence[str]
    end: Sequence[str]
    minutes: Floats
    hour: Floats


@dataclass(frozen=True)
class Fit:
    """What was found out. Errors are mean absolute minutes over the trips used.

    before: at free flow. after: with the factor. held_out: with the factor that the other trips
    give, each trip in turn, which is what a new trip may expect. peak, rest: factor and number of
    trips by time of day; None where too few say when they were.
    """

    factor: float
    trips: int
    before: float
    after: float
    held_out: float
    peak: tuple[float, int] | None
    rest: tuple[float, int] | None
    engine: str
    unused: Sequence[str]

    def document(self) -> dict[str, Any]:
        """As JSON."""

        def band(found: tuple[float, int] | None) -> dict[str, float] | None:
            return found and {"factor": round(found[0], 3), "trips": found[1]}

        return {
            "traffic": round(self.factor, 3),
            "trips": self.trips,
            "engine": self.engine,
            "mean_error_min": {
                "before": round(self.before, 2),
                "after": round(self.after, 2),
                "held_out": round(self.held_out, 2),
            },
            "peak": band(self.peak),
            "rest": band(self.rest),
            "unused": list(self.unused),
        }


def read_trips(listed: ListFile) -> Trips:
    """The trips of a list opened with the vocabulary TRIPS. Raises BadList naming what it lacks."""
    cells = listed.whole().cells
    for meaning, wanted in (("from", "From"), ("to", "To"), ("took", "Minutes")):
        if not listed.headers(meaning):
            raise BadList(
                f"no column {wanted!r}: a list of trips has From, To, Minutes and, if known, Time",
                field=meaning,
            )
    if cells.height > MOST:
        raise BadList(f"{cells.height:,} trips: at most {MOST:,} are needed", field="list")
    took = [parse_quantity(text, 1 / 60) for text in cells[listed.headers("took")[0]]]
    amounts = parse_money(took)
    left = listed.headers("left")
    hours = [_hour(text) for text in cells[left[0]]] if left else [np.nan] * cells.height
    return Trips(
        cells[listed.headers("from")[0]].to_list(),
        cells[listed.headers("to")[0]].to_list(),
        np.array([amounts[text] for text in took], np.float64),
        np.array(hours, np.float64),
    )


def _hour(text: str) -> float:
    """The hour of "17:30", "5:30 pm" or "2026-11-26 17:30", NaN where there is none."""
    found = re.search(r"(?:^|[ T])(\d{1,2}):(\d{2})(?::\d{2})?\s*([ap])?", text.strip().casefold())
    if not found or int(found[1]) > 24:
        return np.nan
    hour = int(found[1]) % 12 + 12 * (found[3] == "p") if found[3] else int(found[1])
    return hour + int(found[2]) / 60


def fit_traffic(
    trips: Trips, place: Callable[[str], HomeBase], engine_at: Callable[[Point], Engine]
) -> Fit:
    """The factor with the least absolute error on the trips.

    `place` finds an address, `engine_at` the engine of a start. A trip whose ends can't be placed
    or that no road joins is not used, and it is said why. Raises BadQuestion where fewer than
    FEWEST are left.
    """
    unused: list[str] = []
    starts, ends = (_placed(texts, place, unused) for texts in (trips.start, trips.end))
    free = np.full(len(trips.minutes), np.nan)
    name = ""
    for start in dict.fromkeys(point for point in starts if point):
        engine = engine_at(start)
        name = engine.name
        rows = [i for i, point in enumerate(starts) if point == start and ends[i] is not None]
        to = Points.of([end for i in rows if (end := ends[i]) is not None])
        drives = engine.drives(start, to, np.zeros(len(rows)), (LONGEST_MIN,), Driving())
        free[rows] = drives.minutes
    used = np.isfinite(free) & (free > 0.5) & (trips.minutes > 0)
    unused += [
        f"row {i + 1}: no drive or no minutes"
        for i in np.flatnonzero(~used).tolist()
        if starts[i] and ends[i]
    ]
    if used.sum() < FEWEST:
        why = f" ({'; '.join(unused[:3])})" if unused else ""
        raise BadQuestion(
            f"{int(used.sum())} trips can be used, at least {FEWEST} are needed{why}", field="trips"
        )
    return _fitted(free[used], trips.minutes[used], trips.hour[used], name, unused)


def _placed(
    texts: Sequence[str], place: Callable[[str], HomeBase], unused: list[str]
) -> list[Point | None]:
    """Where each is, each different text looked up once."""
    found: dict[str, Point | None] = {}
    for i, text in enumerate(texts):
        if text not in found:
            try:
                found[text] = place(text).at
            except BadInput as why:
                found[text] = None
                unused.append(f"row {i + 1}: {why}")
    return [found[text] for text in texts]


def _fitted(free: Floats, took: Floats, hour: Floats, engine: str, unused: Sequence[str]) -> Fit:
    factor = least_error(free, took)
    others = [np.arange(len(free)) != i for i in range(len(free))]
    apart = [abs(took[~o][0] - free[~o][0] * least_error(free[o], took[o])) for o in others]
    peak = np.logical_or.reduce([(hour >= low) & (hour < high) for low, high in PEAK])
    return Fit(
        factor=factor,
        trips=len(free),
        before=float(np.abs(took - free).mean()),
        after=float(np.abs(took - factor * free).mean()),
        held_out=float(np.mean(apart)),
        peak=_band(free, took, peak),
        rest=_band(free, took, ~peak & ~np.isnan(hour)),
        engine=engine,
        unused=unused,
    )


def _band(free: Floats, took: Floats, rows: np.ndarray[Any, Any]) -> tuple[float, int] | None:
    n = int(rows.sum())
    return (least_error(free[rows], took[rows]), n) if n >= FEWEST else None


def least_error(free: Floats, took: Floats) -> float:
    """The factor f with the least sum of |took - f x free|: the median of the ratios, by free.

    Held within what a traffic factor may be.
    """
    ratio = took / free
    order = np.argsort(ratio, kind="stable")
    weight = np.cumsum(free[order])
    at = int(np.searchsorted(weight, weight[-1] / 2))
    return float(np.clip(ratio[order][at], *FACTORS))


def save_fit(fit: Fit, folder: Path) -> Path:
    """Keep the factor in the data folder, for `fitted_factor`. Raises StorageFailed, NoRoom."""
    path = folder / FILE
    with writing_to(path):
        folder.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(fit.document(), indent=2) + "\n", encoding="utf-8")
    return path


def fitted_factor(folder: Path) -> float:
    """The factor kept there. Raises BadQuestion where none is."""
    try:
        return float(json.loads((folder / FILE).read_text(encoding="utf-8"))["traffic"])
    except (OSError, ValueError, KeyError, TypeError) as why:
        raise BadQuestion(
            "traffic fitted: none has been fitted yet; `sweetspot calibrate TRIPS.csv` does it",
            field="traffic",
        ) from why
