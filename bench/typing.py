"""How fast suggestions are on a state's map while an address is typed, and how often right.

    python -m bench.typing [--work FOLDER]

Typed are house number and street of Vermont's own address points, letter by letter, nothing else;
the home base is Burlington. Whole is an address whose every letter stands, with one slip one in
whose street one letter is missing.
"""

import argparse
import tempfile
import time
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import numpy as np

from app.geo.addresses.address import Address
from app.geo.geocoding.cascade import suggest_places
from app.geo.geocoding.gazetteer import gazetteer
from app.geo.geocoding.geocoder import Fixes, Geocoder
from app.geo.geocoding.zips.zip_codes import ZipGeocoder
from app.geo.points import METRES_PER_MILE, Point, Points, miles_between
from bench.data import Truth, find_vermont, is_odd
from bench.geocode import vermont
from bench.sizes import choose_size
from bench.tables import print_table

HOME = Point(-73.2121, 44.4759)
NEAR_MILES = 20.0
TYPED = choose_size(200, 5)  # addresses
FIRST = 3  # letters before anything is asked
SHOWN = 5  # suggestions
SAME_M = 150.0

type Ask = Callable[[str], Fixes]


def suggest(ours: list[Geocoder], near: Point | None, typed: str) -> Fixes:
    return suggest_places(ours, [], Address(typed), SHOWN, near)


def near_home(truths: list[Truth]) -> list[Truth]:
    """Some of those within a drive of the home base, each street once."""
    at = Points.of([truth.at for truth in truths])
    near = np.flatnonzero(miles_between(HOME, at) < NEAR_MILES).tolist()
    streets = {truths[i].address.line.partition(" ")[2]: truths[i] for i in near}
    longer = [truth for street, truth in sorted(streets.items()) if len(street) > len("Elm Rd")]
    return [truth for truth in longer if is_odd(truth.address.line)][:: len(longer) // 2 // TYPED][
        :TYPED
    ]


def with_slip(line: str) -> str:
    """The same with one letter of the street's first word missing."""
    number, _, street = line.partition(" ")
    return f"{number} {street[:2]}{street[3:]}"


def letters(line: str) -> Iterator[str]:
    """What stands there after each letter."""
    return (line[:n] for n in range(FIRST, len(line) + 1))


def time_letters(ask: Ask, lines: list[str]) -> list[float]:
    """Milliseconds of each answer, sorted."""
    took = []
    for line in lines:
        for typed in letters(line):
            start = time.perf_counter()
            ask(typed)
            took.append(1000 * (time.perf_counter() - start))
    return sorted(took)


def is_found(found: Fixes, at: Point) -> bool:
    """Whether one of the suggestions is the place."""
    return bool((miles_between(at, found.at) * METRES_PER_MILE <= SAME_M).any())


def row(name: str, ask: Ask, truths: list[Truth], lines: list[str]) -> list[object]:
    """One row of the table."""
    took = time_letters(ask, lines)
    right = [is_found(ask(line), t.at) for line, t in zip(lines, truths, strict=True)]
    quantiles = (f"{np.quantile(took, share):.1f}" for share in (0.5, 0.95, 0.99))
    return [name, len(lines), f"{len(took):,}", *quantiles, f"{100 * np.mean(right):.1f} %"]


def main() -> None:
    options = argparse.ArgumentParser()
    options.add_argument("--work", type=Path, help="keep the built gazetteer here")
    asked = options.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        work = asked.work or Path(temporary)
        path = find_vermont(work)
        if not (work / "vermont").exists():
            gazetteer.build_gazetteer(work / "vermont", [], [path])
        ours: list[Geocoder] = [gazetteer.Gazetteer(work / "vermont", "vermont"), ZipGeocoder()]
        truths = near_home(vermont(path))
        lines = [truth.address.line for truth in truths]
        suggest(ours, None, "Burlington")  # what is loaded once
        rows = [
            row(
                f"Vermont, {how}{', home base' if near else ''}",
                partial(suggest, ours, near),
                truths,
                typed,
            )
            for near in (None, HOME)
            for how, typed in (("whole", lines), ("one slip", list(map(with_slip, lines))))
        ]
    columns = ("typed", "addresses", "letters", "p50 ms", "p95 ms", "p99 ms", "among the five")
    print_table(columns, rows)


if __name__ == "__main__":
    main()
