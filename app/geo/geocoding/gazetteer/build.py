"""Building a gazetteer's file from what its sources hold.

A street is one name on one connected stretch (gaps up to about a kilometre), so the Church Roads
of two villages are two streets. Its samples (points along its line) and its houses are packed
arrays in its row (see file.py). Every sample and house belongs to a postcode: its own, or
that of the nearest house or, in the USA, ZIP centroid that has one.
"""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import polars as pl
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from app.geo.addresses.reading import HouseNumber, house_number
from app.geo.addresses.street_names import postcode_key, street_name, town_key
from app.geo.geocoding.gazetteer import anchors
from app.geo.geocoding.gazetteer import file as layout
from app.geo.geocoding.gazetteer.sources import Sources
from app.geo.points import METRES_PER_DEGREE, Floats, Ints

_STEP_M = 100.0  # between two samples of a street
_CELL = 0.006  # degrees; stretches with an empty cell between them are two streets
_WEIGHT_CELL = 0.005  # degrees
_STRAY_M = 10_000.0  # extracts hold a few houses and places far from all of their streets
_MOST_IN_RANGE = 40  # houses that one "1-99" on a building may stand for


def write_gazetteer(out: Path, sources: Sources, tell: Callable[[str], None]) -> dict[str, int]:
    """The gazetteer of these sources as one new file; what it holds, counted."""
    ground = _ground(sources)
    zips = anchors.RegionZips.inside(ground)
    houses = _houses(
        anchors.rows_within(sources.houses, ground, _STRAY_M), blocks="HI" in zips.states
    )
    houses = zips.without_wrong(houses)
    lines = zips.without_wrong(_named(_coded(sources.lines)))
    ranges = _named(_coded(sources.ranges))
    samples = _weighed(_samples(lines))
    tell(f"{len(houses):,} house numbers, {lines['line'].n_unique():,} named ways")
    houses, samples, ranges = _split_into_streets(houses, samples, ranges)
    codes, houses, samples = anchors.postcode_anchors(houses, samples, zips)
    named = anchors.rows_within(sources.places, ground, _STRAY_M)
    places = anchors.town_anchors(named, houses, zips, codes)
    tell(f"{len(codes):,} postcodes, {len(places):,} places")
    table = {"postcode": codes, "place": places, "block": anchors.block_anchors(houses)}
    streets = layout.write_file(out, houses, samples, ranges, table, zips.facts(sources.states))
    tell(f"{streets:,} streets")
    known = houses.filter(pl.col("number") >= 0)
    return {
        "houses": len(known),
        "streets": streets,
        "postcodes": len(codes),
        "places": len(places),
    }


def _ground(sources: Sources) -> tuple[Floats, Floats]:
    """Longitudes and latitudes all over the region: every street's vertices, else every house."""
    frame = sources.houses if sources.lines.is_empty() else sources.lines
    return frame["lon"].to_numpy(), frame["lat"].to_numpy()


def _coded(frame: pl.DataFrame) -> pl.DataFrame:
    """Postcodes in their own spelling, each distinct one read once."""
    return frame.with_columns(_mapped(frame["postcode"], postcode_key))


def _mapped(column: pl.Series, read: Callable[[str], str]) -> pl.Series:
    distinct = column.unique().sort()
    return column.replace_strict(
        distinct, [read(text) for text in distinct], return_dtype=pl.String
    )


def _named(frame: pl.DataFrame) -> pl.DataFrame:
    """`key` and `base` of every street name; rows without a name are left out."""
    distinct = frame["street"].unique().sort()
    names = [street_name(text) for text in distinct]
    keys = pl.DataFrame(
        {"street": distinct, "key": [n.key for n in names], "base": [n.base for n in names]},
        schema=dict.fromkeys(("street", "key", "base"), pl.String),
    )
    return frame.join(keys, on="street", maintain_order="left").filter(pl.col("key") != "")


def _houses(raw: pl.DataFrame, *, blocks: bool) -> pl.DataFrame:
    """One row a house number: "12-16" and "3;5" become several, "4 Sherwood Terrace" moves."""
    distinct = raw["number"].unique().sort()
    rows = [
        (text, *number, moved)
        for text in distinct
        for numbers, moved in [_numbers(text, blocks)]
        for number in numbers
    ]
    schema = {"number": pl.String, "block": pl.Int64, "n": pl.Int64, "suffix": pl.String}
    parts = pl.DataFrame(rows, schema=schema | {"moved": pl.String}, orient="row")
    houses = raw.join(parts, on="number", maintain_order="left").with_columns(
        pl.when(pl.col("moved") != "")
        .then(pl.col("moved"))
        .otherwise(pl.col("street"))
        .alias("street"),
        pl.col("n").alias("number"),
    )
    houses = _named(_coded(houses.drop("n", "moved")))
    return houses.with_columns(_mapped(houses["town"], town_key))


def _numbers(text: str, blocks: bool) -> tuple[list[tuple[int, int, str]], str]:
    """The block, number and suffix of every house a text names, and the street if it names one.

    A text without a number is one house whose number is -1.
    """
    head, _, tail = text.partition(" ")
    moved = tail if head[:1].isdigit() and sum(c.isalpha() for c in tail) > 3 else ""
    pieces = (head if moved else text).replace(",", ";").replace("&", ";").split(";")
    found = [number for piece in pieces if (number := house_number(piece, blocks=blocks))]
    numbers = [one for number in found for one in _split_range(number)]
    return (numbers or [(0, -1, "")]), moved


def _split_range(number: HouseNumber) -> list[tuple[int, int, str]]:
    step = 2 if (number.last - number.first) % 2 == 0 else 1
    span = range(number.first, number.last + 1, step)
    if len(span) > _MOST_IN_RANGE:
        span = range(number.first, number.first + 1)
    return [(number.block, n, number.suffix) for n in span if n < 2**31 and number.block < 2**31]


def _samples(lines: pl.DataFrame) -> pl.DataFrame:
    """Points along the lines, at most `_STEP_M` apart."""
    if lines.is_empty():
        return lines.select("key", "base", "street", "postcode", "line", "lon", "lat")
    lon, lat, line = (lines[column].to_numpy() for column in ("lon", "lat", "line"))
    last = np.append(line[1:] != line[:-1], True)
    dlon, dlat = np.append(np.diff(lon), 0.0), np.append(np.diff(lat), 0.0)
    metres = np.hypot(dlon * np.cos(np.radians(lat)), dlat) * METRES_PER_DEGREE
    steps = np.where(last, 1, np.maximum(1, np.ceil(metres / _STEP_M))).astype(np.int64)
    rows = np.repeat(np.arange(len(lon)), steps)
    part = (np.arange(len(rows)) - np.repeat(np.cumsum(steps) - steps, steps)) / steps[rows]
    along = lines.select("key", "base", "street", "postcode", "line")[rows]
    return along.with_columns(
        lon=pl.Series(lon[rows] + part * dlon[rows]), lat=pl.Series(lat[rows] + part * dlat[rows])
    )


def _weighed(samples: pl.DataFrame) -> pl.DataFrame:
    """`weight`: how many samples share its small cell, for addresses stand where streets do."""
    cell = [(pl.col(column) / _WEIGHT_CELL).floor() for column in ("lon", "lat")]
    return samples.with_columns(weight=pl.len().over(cell).clip(1, 60_000))


def _split_into_streets(
    houses: pl.DataFrame, samples: pl.DataFrame, ranges: pl.DataFrame
) -> tuple[pl.DataFrame, pl.DataFrame, pl.DataFrame]:
    """The same frames with the `street_id` that each row belongs to."""
    starts = ranges.select("key", lon=pl.col("lons").list.first(), lat=pl.col("lats").list.first())
    columns = ("key", "lon", "lat")
    every = pl.concat([houses.select(columns), samples.select(columns), starts.select(columns)])
    ids = pl.Series("street_id", _connected(every))
    ends = np.cumsum([0, len(houses), len(samples), len(ranges)])
    frames = (houses, samples, ranges)
    split = [
        frame.with_columns(ids[int(a) : int(b)])
        for frame, a, b in zip(frames, ends[:-1], ends[1:], strict=True)
    ]
    return split[0], split[1], split[2]


def _connected(every: pl.DataFrame) -> Ints:
    """A number for each row: the same for rows of one key in neighbouring cells."""
    if every.is_empty():  # a map without names
        return np.zeros(0, np.int64)
    narrow = np.cos(np.radians(np.median(every["lat"].to_numpy())))
    key = every["key"].rank("dense").to_numpy().astype(np.int64)
    x = np.floor(every["lon"].to_numpy() * narrow / _CELL).astype(np.int64) + (1 << 18)
    y = np.floor(every["lat"].to_numpy() / _CELL).astype(np.int64) + (1 << 18)
    cells, row = np.unique((key << 40) + (x << 20) + y, return_inverse=True)
    links = []
    for step in ((1 << 20), 1, (1 << 20) + 1, (1 << 20) - 1):
        at = np.minimum(np.searchsorted(cells, cells + step), len(cells) - 1)
        hit = np.flatnonzero(cells[at] == cells + step)
        links.append(np.stack([hit, at[hit]]))
    a, b = np.concatenate(links, axis=1)
    graph = coo_array((np.ones(len(a), np.int8), (a, b)), shape=(len(cells), len(cells)))
    _, label = connected_components(graph, directed=False)
    _, first, dense = np.unique(label, return_index=True, return_inverse=True)
    order = np.empty(len(first), np.int64)
    order[np.argsort(first, kind="stable")] = np.arange(len(first))
    return np.asarray(order[dense][row], np.int64)
