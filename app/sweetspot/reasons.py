"""The reasons for a verdict, in words: value, limit, margin.

Built only for the rows that are shown, column by column, so that a page of 100 costs nothing
and 100,000 rows about a second.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from math import ceil, floor, inf, isfinite, isnan
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from app.businesses.prospects import Ranges
from app.geo.driving.engine import Road
from app.geo.geocoding.geocoder import Accuracy
from app.geo.points import Ints, Mask
from app.geo.text_column import text_series
from app.sweetspot.criteria import KM_PER_MILE, Limits, SweetSpot, Verdict
from app.sweetspot.evidence import Evidence
from app.sweetspot.wording import (
    amount_text,
    amounts_text,
    distance_text,
    limit_text,
    metres_text,
    number_text,
    short_text,
    spread_text,
)

type Verdicts = NDArray[np.uint8]

FAIL, MAYBE, PASS = Verdict.FAIL.value, Verdict.MAYBE.value, Verdict.PASS.value


@dataclass(frozen=True)
class Case:
    """What was judged, by which criteria, as of which day.

    by: the verdicts of each criterion that applied.
    """

    spot: SweetSpot
    known: Evidence
    by: Mapping[str, Verdicts]
    today: date


def reason_words(case: Case, rows: Ints) -> list[list[str]]:
    """The reasons of those rows, in that order; what closes or places a row comes first."""
    tellers: dict[str, Callable[[Case, Ints], list[str]]] = {
        "closed": _closed,
        "located": _located,
        "minutes": _minutes,
        "miles": _miles,
        "computers": lambda c, r: _size(c, r, "computers"),
        "estimated": _estimated_computers,
        "employees": lambda c, r: _size(c, r, "employees"),
        "sales": lambda c, r: _size(c, r, "sales"),
        "industry": _industry,
        "advisers": _advisers,
        "licence": _licence,
        "opt-outs": lambda c, r: [c.known.prospects.opt_outs[i] for i in r.tolist()],
    }
    applied = case.by.keys() | {"located", "estimated", "licence", "opt-outs"}
    columns = [tell(case, rows) for name, tell in tellers.items() if name in applied]
    columns.append(_notes(case, rows))
    return [[text for text in texts if text] for texts in zip(*columns, strict=True)]


def _closed(case: Case, rows: Ints) -> list[str]:
    closed, verdicts = case.known.prospects.closed, case.by["closed"][rows].tolist()
    pairs = zip(rows.tolist(), verdicts, strict=True)
    return [_closed_words(closed[i]) if verdict == FAIL else "" for i, verdict in pairs]


def _closed_words(text: str) -> str:
    """How it closed; "" where only its licence ran out."""
    if text in ("", "closed"):
        return text and "closed: the list says so"
    return f"closed {text}" if text[:1].isdigit() else f"closed: the list says {short_text(text)}"


def ran_out(licence_ends: Sequence[str], today: date) -> Mask:
    """Whether a licence's last day is past, shape (n,); no list says more of most firms."""
    ends = text_series(licence_ends)
    return ((ends != "") & (ends < today.isoformat())).to_numpy()


def _licence(case: Case, rows: Ints) -> list[str]:
    """A licence that ran out, which closes nobody unless that was asked for."""
    ends = [case.known.prospects.licence_ends[i] for i in rows.tolist()]
    asked = ", taken for closed" if case.spot.licence_terms == "closed" else ""
    pairs = zip(ends, ran_out(ends, case.today).tolist(), strict=True)
    return [f"licence ran out {end}{asked}" if over else "" for end, over in pairs]


def _located(case: Case, rows: Ints) -> list[str]:
    note, known = case.known.fixes.note, case.known.fixes.at.known[rows].tolist()
    return [
        "" if placed else f"not located: {note[i] or 'no usable address'}"
        for i, placed in zip(rows.tolist(), known, strict=True)
    ]


def _notes(case: Case, rows: Ints) -> list[str]:
    """What the geocoder has to say of a fix."""
    note, known = case.known.fixes.note, case.known.fixes.at.known[rows].tolist()
    return [note[i] if placed else "" for i, placed in zip(rows.tolist(), known, strict=True)]


class _Drive(NamedTuple):
    """One row's drive, as plain numbers; `home`: " from ..." where there are several home bases."""

    home: str
    engine: str
    row: int
    verdict: int
    road: int
    minutes: float
    low: float
    high: float


def _minutes(case: Case, rows: Ints) -> list[str]:
    drives = case.known.drives
    columns = (case.by["minutes"], drives.road, drives.minutes, drives.low, drives.high)
    lists = [column[rows].tolist() for column in columns]
    known = case.known.fixes.at.known[rows].tolist()
    whence = _from_homes(case, rows), case.known.engines(rows)
    return [
        _drive_words(case, _Drive(*drive)) if placed else ""
        for placed, *drive in zip(known, *whence, rows.tolist(), *lists, strict=True)
    ]


def _from_homes(case: Case, rows: Ints) -> list[str]:
    return [f" from {home}" if home else "" for home in case.known.homes(rows)]


def _drive_words(case: Case, drive: _Drive) -> str:
    nearer = "" if case.known.origins is None else case.known.origins.nearer_label(drive.row)
    if nearer and drive.verdict == MAYBE:
        minutes, limit = (
            number_text(drive.minutes, inf),
            limit_text(case.spot.minutes or (0.0, inf)),
        )
        return (
            f"{minutes} min{drive.home}, {limit}: may be less from {nearer}, the drive is unknown"
        )
    return (_estimated if drive.engine.startswith("estimate") else _driven)(case, drive)


def _driven(case: Case, drive: _Drive) -> str:
    limits = case.spot.minutes or (0.0, inf)
    if drive.road != Road.REACHED.value:
        return _off_the_road(case, drive, limits)
    by_road = f"by road{drive.home}{_way(case)}"
    if drive.verdict == MAYBE:
        minutes, spread = number_text(drive.minutes, inf), spread_text(drive.low, drive.high)
        unsure = f"{_may_be(drive, limits)}, {_fix(case, drive.row)}"
        return f"about {minutes} min {by_road} ({spread}), {limit_text(limits)}: {unsure}"
    about = "about " if drive.low < drive.high else ""
    return f"{about}{_against(drive.minutes, limits, drive.verdict, f' min {by_road}')}"


def _way(case: Case) -> str:
    """Which minutes they are, if that needs saying: " (traffic x 1.3)"."""
    if case.known.traffic != 1:
        return f" (traffic x {case.known.traffic:g})"
    return f" ({case.known.which})" if case.known.which else ""


def _estimated(case: Case, drive: _Drive) -> str:
    limits = case.spot.minutes or (0.0, inf)
    if isnan(drive.minutes):
        return _off_the_road(case, drive, limits)
    away = distance_text(float(case.known.miles[drive.row]), case.spot.unit)
    traffic = _way(case).replace(" (", ", ").removesuffix(")")
    spread = f"{drive.low:.0f}-{drive.high:.0f}" if drive.high < inf else f"{drive.low:.0f} or more"
    shown = f"about {drive.minutes:.0f} min{drive.home} ({spread}, estimated from {away}{traffic})"
    if drive.verdict == MAYBE:
        return f"{shown}, {limit_text(limits)}: {_may_be(drive, limits)}"
    return f"{shown}, {limit_text(limits)}: {_side(drive, limits)}"


def _side(drive: _Drive, limits: Limits) -> str:
    if drive.verdict == PASS:
        return "within"
    return "over" if drive.low > limits[1] else "nearer"


def _off_the_road(case: Case, drive: _Drive, limits: Limits) -> str:
    """Why there are no minutes."""
    match drive.road:
        case Road.BEYOND:
            by_road = f"by road{drive.home and ' from any home base'}"
            return f"over {case.known.drives.most:.0f} min {by_road}, {limit_text(limits)}"
        case Road.NO_ROAD if drive.verdict == MAYBE:
            return f"no road leads there, but it may lie elsewhere: {_fix(case, drive.row)}"
        case Road.NO_ROAD:
            return "no road leads there"
        case Road.OFF_ROAD:
            metres = float(case.known.drives.off_road_m[drive.row])
            far = isfinite(metres)
            return f"nearest road {metres_text(metres)} away" if far else "no road near"
        case Road.OUTSIDE:
            return f"outside the map{drive.home.replace(' from ', ' of ', 1)}"
        case Road.TOO_FAR:
            away = distance_text(float(case.known.miles[drive.row]), case.spot.unit)
            return f"too far for any road ({away}{drive.home}), {limit_text(limits)}"
        case Road.NOT_ASKED:
            return "the drive was not asked for: the row fails anyway"
    return "drive time unknown"


def _miles(case: Case, rows: Ints) -> list[str]:
    scale, unit = (KM_PER_MILE, "km") if case.spot.unit == "km" else (1.0, "miles")
    low, high = case.spot.miles or (0.0, inf)
    limits = (low * scale, high * scale)
    texts = []
    verdicts, miles = case.by["miles"][rows].tolist(), (case.known.miles[rows] * scale).tolist()
    columns = rows.tolist(), verdicts, miles, _from_homes(case, rows)
    for row, verdict, value, home in zip(*columns, strict=True):
        if isnan(value):
            texts.append("")
        elif verdict == MAYBE:
            texts.append(f"about {value:.1f} {unit}{home}, {limit_text(limits)}: {_fix(case, row)}")
        else:
            texts.append(_against(value, limits, verdict, f" {unit}{home}"))
    return texts


def _against(value: float, limits: Limits, verdict: int, unit: str) -> str:
    """Value, limit and margin: "52.4 min by road, limit 50: 2.4 over"."""
    low, high = limits
    if verdict == FAIL:
        over = value > high
        margin, word = (value - high, "over") if over else (low - value, "too near")
    elif low == 0 and high < inf:
        margin, word = high - value, "under"
    else:
        return f"{number_text(value, inf)}{unit}, {limit_text(limits)}"
    by = f"{number_text(margin, margin)} {word}"
    return f"{number_text(value, margin)}{unit}, {limit_text(limits)}: {by}"


def _may_be(drive: _Drive, limits: Limits) -> str:
    return "may be over" if drive.high > limits[1] else "may be nearer"


def _fix(case: Case, row: int) -> str:
    """How well the row is placed: "placed by its postcode, off by up to 2.1 miles"."""
    accuracy = Accuracy(int(case.known.fixes.accuracy[row]))
    radius = float(case.known.fixes.radius_m[row])
    how = {
        Accuracy.PLACE: "placed by its town",
        Accuracy.POSTCODE: "placed by its postcode",
        Accuracy.STREET: "placed by its street",
        Accuracy.INTERPOLATED: "placed between house numbers",
    }.get(accuracy, "placed as given")
    known = isfinite(radius) and radius > 0
    return f"{how}, off by up to {metres_text(radius)}" if known else how


def _size(case: Case, rows: Ints, name: str) -> list[str]:
    """One size's column; equal ranges are worded once."""
    ranges: Ranges = getattr(case.known.prospects, name)
    limits: Limits = getattr(case.spot, name)
    by_estimate = name == "computers" and case.spot.estimates
    worded: dict[tuple[float, float, int], str] = {}
    texts = []
    lists = (ranges.low[rows].tolist(), ranges.high[rows].tolist(), case.by[name][rows].tolist())
    for row, key in zip(rows.tolist(), zip(*lists, strict=True), strict=True):
        if by_estimate and isnan(key[0]) and not isnan(case.known.estimated.low[row]):
            texts.append("")  # said with the estimate
            continue
        text = worded.get(key)
        if text is None:
            text = _size_words(name, key[:2], limits, key[2], case.spot.together)
            if key[0] == key[0]:  # NaN never equals itself, so it would never be found again
                worded[key] = text
        texts.append(text)
    return texts


def _size_words(name: str, value: Limits, limits: Limits, verdict: int, together: str) -> str:
    (low, high), money = value, name == "sales"
    if isnan(low):
        return f"{name} unknown"
    shown, asked = amounts_text(value, money), amounts_text(limits, money)
    if verdict == PASS:
        return f"{name} {shown}, within {asked}"
    if verdict == MAYBE:
        at_most = "" if together == "any" else ", so at most maybe"
        return f"{name} {shown}, limit {asked}: on both sides{at_most}"
    over = low >= limits[1]
    margin = low - limits[1] if over else limits[0] - high
    by = amount_text(margin, money) if margin >= 0.005 else "only touches it,"
    return f"{name} {shown}, limit {asked}: {by} {'over' if over else 'under'}"


def _estimated_computers(case: Case, rows: Ints) -> list[str]:
    """What is estimated where the list counts no computers, and that it decides nothing alone."""
    limits = case.spot.computers
    if limits is None:
        return [""] * len(rows)
    counted = case.known.prospects.computers.known[rows].tolist()
    lists = (case.known.estimated.low[rows].tolist(), case.known.estimated.high[rows].tolist())
    return [
        "" if has or isnan(low) else _estimate_words((low, high), limits, case.spot.estimates)
        for has, low, high in zip(counted, *lists, strict=True)
    ]


def _estimate_words(value: Limits, limits: Limits, judged: bool) -> str:
    low, high = floor(value[0]), value[1] if value[1] == inf else ceil(value[1])
    text = f"computers {amounts_text((low, high), False)} estimated from employees"
    if not judged:
        return f"{text}, which decides nothing"
    if value[1] < limits[0] or value[0] > limits[1]:
        return f"{text}, outside {amounts_text(limits, False)}"
    within = limits[0] <= value[0] and value[1] <= limits[1]
    return f"{text}, {'within' if within else 'on both sides of'} {amounts_text(limits, False)}"


def _industry(case: Case, rows: Ints) -> list[str]:
    industry, verdicts = case.known.prospects.industry, case.by["industry"][rows].tolist()
    asked = ", ".join(case.spot.industry)
    fits = {
        PASS: f"fits {asked}",
        FAIL: f"is not {asked}",
    }
    return [
        "industry unknown"
        if verdict == MAYBE
        else f"industry {short_text(industry[i])} {fits[verdict]}"
        for i, verdict in zip(rows.tolist(), verdicts, strict=True)
    ]


def _advisers(case: Case, rows: Ints) -> list[str]:
    names = case.known.prospects.advisers
    return [
        f"adviser: {short_text(names[i])}" if names[i] else "adviser unknown" for i in rows.tolist()
    ]


def join_reasons(reasons: Sequence[Sequence[str]]) -> list[str]:
    """Each row's reasons in one text."""
    return ["; ".join(texts) for texts in reasons]
