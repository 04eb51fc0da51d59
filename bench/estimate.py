"""Calibrates the estimate: straight-line miles against a real engine's minutes.

    python -m bench.estimate [--homes 60] [--points 2000] [--seed 1] [--check]

Builds routing tiles in a temporary folder from every region in the shared data, asks Valhalla
(timedistancematrix, cars, no ferries) for the minutes from random places on roads to random
places on roads, and prints the table for `app.geo.driving.estimate.ESTIMATE` with the share of
points within low and high. Every region has as many homes and points. Homes are split in two:
the table is drawn from one half, its error reported on the other. `--check` judges the table in
the code instead of drawing one.
"""

import argparse
import json
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import osmium
import valhalla

from app.geo.driving.estimate import ESTIMATE, interpolate
from app.geo.points import Floats, Point, Points, miles_between
from bench.data import find_extract, is_odd
from bench.sizes import choose_size

HOMES, POINTS = choose_size((60, 2_000), (6, 600))
REGIONS = (
    "honolulu",
    "isle-of-man",
    "new-york-roads",
    "us-virgin-islands",
    "vermont-nw-roads",
)
ROADS = frozenset(
    f"{kind}{link}"
    for kind in ("motorway", "trunk", "primary", "secondary", "tertiary")
    for link in ("", "_link")
) | {"unclassified", "residential"}
CLIPPED = frozenset({"new-york-roads", "vermont-nw-roads"})  # boxes; the others are whole islands
ELLIPSE = 1.2  # its longer axis, in straight-line distances
SHARE = 0.96
KNOTS = (0.25, 0.5, 1, 2, 3, 5, 7.5, 10, 15, 20, 30, 40, 60, 80, 100)
WITHIN = (2, 10, 1000)  # miles; a third of a home's points each
BANDS = (0, 1, 2, 5, 10, 20, 30, 40, 60, 80, 150)


@dataclass(frozen=True)
class Sample:
    """Pairs of places: which region, which half, miles apart, minutes by road."""

    region: np.ndarray
    odd: np.ndarray
    miles: Floats
    minutes: Floats

    def __getitem__(self, rows: np.ndarray) -> "Sample":
        return Sample(self.region[rows], self.odd[rows], self.miles[rows], self.minutes[rows])


def build(pbf: Path, folder: Path) -> valhalla.Actor:
    """An engine over tiles built from one file."""
    config = valhalla.get_config(tile_extract="", tile_dir=folder)
    config["mjolnir"] |= {"concurrency": 1, "traffic_extract": ""}
    config["logging"]["type"] = ""
    config["thor"]["source_to_target_algorithm"] = "timedistancematrix"
    config["service_limits"]["allow_hard_exclusions"] = True
    config["service_limits"]["auto"] |= {
        "max_matrix_distance": 1_000_000,
        "max_matrix_location_pairs": 100_000,
    }
    path = folder / "valhalla.json"
    path.write_text(json.dumps(config))
    program = valhalla.PYVALHALLA_DIR / "bin" / "valhalla_build_tiles"
    subprocess.run([program, "-c", path, pbf], check=True, capture_output=True)
    return valhalla.Actor(config)


def places(pbf: Path) -> Points:
    """Every node of every drivable road, once."""
    at: dict[int, tuple[float, float]] = {}
    ways = (
        osmium.FileProcessor(pbf).with_locations().with_filter(osmium.filter.KeyFilter("highway"))
    )
    for way in ways:
        if isinstance(way, osmium.osm.Way) and way.tags["highway"] in ROADS:
            at.update((n.ref, (n.lon, n.lat)) for n in way.nodes if n.location.valid())
    pairs = np.array([at[ref] for ref in sorted(at)])
    return Points(pairs[:, 0].copy(), pairs[:, 1].copy())


def minutes_by_road(engine: valhalla.Actor, home: Point, to: Points) -> Floats:
    """Minutes from home; NaN where no road leads there or the engine refused the whole matrix."""
    question = {
        "sources": [{"lon": home.lon, "lat": home.lat}],
        "targets": [
            {"lon": lon, "lat": lat}
            for lon, lat in zip(to.lon.tolist(), to.lat.tolist(), strict=True)
        ],
        "costing": "auto",
        "costing_options": {"auto": {"exclude_ferries": True}},
    }
    try:
        answer = engine.matrix(question)
    except valhalla.ValhallaError as why:
        print(f"  {home}: {why}", file=sys.stderr)
        return np.full(len(to), np.nan)
    cells = answer["sources_to_targets"][0]
    return np.array([np.nan if c["time"] is None else c["time"] / 60 for c in cells])


def surrounded(home: Point, to: Points, miles: Floats, roads: Points) -> np.ndarray:
    """Where the ellipse around home and a point, in which a drive would run, is on the map.

    Without it the map's edge would pass for a lake.
    """
    north = 69.0  # miles a degree of latitude, near enough for a margin
    east = north * np.cos(np.radians(home.lat))
    dx, dy = (to.lon - home.lon) * east, (to.lat - home.lat) * north
    a, b = miles * ELLIPSE / 2, miles * np.sqrt(ELLIPSE**2 - 1) / 2
    wide = np.hypot(a * dx, b * dy) / miles
    high = np.hypot(a * dy, b * dx) / miles
    x, y = home.lon + (dx / 2) / east, home.lat + (dy / 2) / north
    return np.asarray(
        (x - wide / east >= roads.lon.min())
        & (x + wide / east <= roads.lon.max())
        & (y - high / north >= roads.lat.min())
        & (y + high / north <= roads.lat.max())
    )


def ask(name: str, homes: int, points: int, seed: int) -> Iterator[Sample]:
    """One region's sample, a home at a time."""
    number = REGIONS.index(name)
    random = np.random.default_rng([seed, number])
    with tempfile.TemporaryDirectory() as folder:
        pbf = find_extract(name, Path(folder))
        engine = build(pbf, Path(folder))
        roads = places(pbf)
        for i in random.choice(len(roads), homes, replace=False).tolist():
            home = Point(float(roads.lon[i]), float(roads.lat[i]))
            miles = miles_between(home, roads)
            rows = np.concatenate(
                [
                    random.choice(np.flatnonzero((miles > 0) & (miles <= most)), points // 3)
                    for most in WITHIN
                ]
            )
            took = minutes_by_road(engine, home, roads[rows])
            known = np.isfinite(took)
            if name in CLIPPED:
                known &= surrounded(home, roads[rows], miles[rows], roads)
            odd = is_odd(f"{home.lon},{home.lat}")
            n = int(known.sum())
            yield Sample(np.full(n, number), np.full(n, odd), miles[rows][known], took[known])


def shortest(values: Floats, share: float) -> tuple[float, float]:
    """The narrowest interval that holds this share: lakes and bays give slow drives a long tail."""
    ordered = np.sort(values)
    held = int(np.ceil(share * len(ordered)))
    first = int(np.argmin(ordered[held - 1 :] - ordered[: len(ordered) - held + 1]))
    return float(ordered[first]), float(ordered[first + held - 1])


def draw(sample: Sample) -> Floats:
    """The table: at each knot the quantiles of minutes per mile of the points around it."""
    rows: list[tuple[float, ...]] = [(0.0, 0.0, 0.0, 1.0)]
    for i, knot in enumerate(KNOTS):
        below = (KNOTS[i - 1] if i else knot / 2) + knot
        above = knot + (KNOTS[i + 1] if i + 1 < len(KNOTS) else knot * 1.5)
        part = sample[(sample.miles >= below / 2) & (sample.miles < above / 2)]
        if len(part.miles) < 100:
            break
        pace = part.minutes / part.miles
        low, high = shortest(pace, SHARE)
        central = float(np.median(pace))
        _, *last = rows[-1]
        drawn = (knot * low, knot * central, knot * high)
        rows.append((knot, *map(max, last, drawn)))
    return np.array(rows)


def report(table: Floats, sample: Sample) -> None:
    """The share within low and high, a band a line, and a region a line."""
    at = table[:, 0]
    low, central, high = (interpolate(sample.miles, at, table[:, j]) for j in (1, 2, 3))
    within = (low <= sample.minutes) & (sample.minutes <= high)
    off = np.abs(central - sample.minutes)
    band = np.searchsorted(BANDS, sample.miles, side="right")
    print("miles        pairs  regions  within  median off  p95 off (min)  width (min)")
    for b in range(1, len(BANDS)):
        rows = band == b
        if rows.sum() > 100:
            median, p95 = np.percentile(off[rows], (50, 95))
            regions = len(np.unique(sample.region[rows]))
            print(
                f"{BANDS[b - 1]:4}-{BANDS[b]:<4} {rows.sum():9} {regions:8}"
                f"  {within[rows].mean():6.1%}  {median:10.1f}  {p95:13.1f}"
                f"  {(high - low)[rows].mean():11.1f}"
            )
    for number, name in enumerate(REGIONS):
        rows = sample.region == number
        if rows.any():
            print(f"{name:20} {rows.sum():8} pairs, {within[rows].mean():.1%} within")
    print(f"all                  {len(within):8} pairs, {within.mean():.1%} within")


def sampled(homes: int, points: int, seed: int, keep: Path | None) -> Sample:
    if keep and keep.exists():
        with np.load(keep) as kept:
            return Sample(*(kept[name] for name in Sample.__annotations__))
    parts = [part for name in REGIONS for part in ask(name, homes, points, seed)]
    columns = (
        np.concatenate([getattr(part, name) for part in parts]) for name in Sample.__annotations__
    )
    made = Sample(*columns)
    if keep:
        np.savez_compressed(
            keep, region=made.region, odd=made.odd, miles=made.miles, minutes=made.minutes
        )
    return made


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--homes", type=int, default=HOMES)
    parser.add_argument("--points", type=int, default=POINTS)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--check", action="store_true")
    parser.add_argument("--keep", type=Path, help="write the pairs to this .npz; take them from it")
    wanted = parser.parse_args()
    sample = sampled(wanted.homes, wanted.points, wanted.seed, wanted.keep)
    if wanted.check:
        report(ESTIMATE, sample)
        return
    table = draw(sample[~sample.odd])
    print("drawn from the even half:\n miles      low  central     high   (minutes per mile)")
    for miles, *minutes in table.tolist():
        pace = "  ".join(f"{m / miles if miles else 0:6.2f}" for m in minutes)
        print(f"{miles:6g}  " + "  ".join(f"{m:7.1f}" for m in minutes) + f"   ({pace})")
    print("\nits error on the odd half:")
    report(table, sample[sample.odd])


if __name__ == "__main__":
    main()
