"""Building a gazetteer's file from what its sources hold.

A street is one name on one connected stretch (gaps up to about a kilometre), so the Church Roads
of two villages are two streets. Its samples (points along its line) and its houses are packed
arrays in its row (see file.py). Every sample and house belongs to a postcode: its own, or
that of the nearest house or, in the USA, ZIP centroid that has one.
"""

import re
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
import polars as pl
from numpy.typing import NDArray
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from app.geo.addresses.house_numbers import WIDEST_RANGE, HouseNumber, house_number
from app.geo.addresses.street_lines import is_unit
from app.geo.addresses.street_names import postcode_key, street_name, town_key
from app.geo.columns import number_rows, release_memory, row_slices
from app.geo.geocoding.gazetteer import anchors
from app.geo.geocoding.gazetteer.address_files import AddressTable, read_address_file
from app.geo.geocoding.gazetteer.address_places import STRAY_M
from app.geo.geocoding.gazetteer.hyphens import drop_covered, tell_blocks
from app.geo.geocoding.gazetteer.map_addresses import read_osm
from app.geo.geocoding.gazetteer.region_zips import RegionZips, Vicinity
from app.geo.geocoding.gazetteer.second_names import add_second_names
from app.geo.geocoding.gazetteer.sources import Sources, join_sources
from app.geo.geocoding.gazetteer.writing import Streets, write_file
from app.geo.openstreetmap import DEGREE, Wholes
from app.geo.points import METRES_PER_DEGREE, Floats, Ints

_STEP_M = 100.0  # between two samples of a street
_CELL = 0.006  # degrees; stretches with an empty cell between them are two streets
_WEIGHT_CELLS = 200.0  # a degree
_CORNERS = 1 << 16  # of lines looked at in one go
_SAMPLES = {"line": pl.Int32, "lon": pl.Float64, "lat": pl.Float64, "postcode": pl.Int32}
_CALLED = re.compile(r"^\s*(?:n(?:os?|r|um)\.?|number|#)\s*(?=\d)", re.IGNORECASE)


class _Found(NamedTuple):
    """What of the sources is indexed; the corners of the lines as in `Sources`."""

    houses: pl.DataFrame
    lines: pl.DataFrame
    x: Wholes
    y: Wholes
    ranges: pl.DataFrame
    places: pl.DataFrame
    zips: RegionZips


def write_gazetteer(
    out: Path,
    pbfs: Sequence[Path],
    addresses: Sequence[Path],
    tell: Callable[[str], None],
    note: Callable[[str], None],
) -> dict[str, int]:
    """The gazetteer of these files as one new file; what it holds, counted.

    `note` is told what was mended or left out of address files. What a step no longer needs is let
    go of, and given back, before the next one.
    """
    sources = _read_all(pbfs, addresses, note)
    named_states = sources.states
    houses, lines, x, y, ranges, places, zips = _find(sources)
    del sources
    release_memory()
    postcodes = _distinct("postcode", houses, lines, zips.rows.rename({"code": "postcode"}))
    houses, lines = (_numbered(frame, postcodes) for frame in (houses, lines))
    samples = _samples(lines, x, y, postcodes, zips)
    del x, y
    release_memory()
    samples = _weighed(samples)
    tell(f"{len(houses):,} house numbers, {len(lines):,} named ways")
    houses, samples, ranges = _split_into_streets(houses, samples, ranges, lines)
    release_memory()
    codes, houses, samples = anchors.postcode_anchors(houses, samples, postcodes, zips)
    places = anchors.town_anchors(places, houses, zips, codes)
    tell(f"{len(codes):,} postcodes, {len(places):,} places")
    table = {"postcode": codes, "place": places, "block": anchors.block_anchors(houses)}
    known = houses.filter(pl.col("number") >= 0).height
    houses = add_second_names(houses, lines, samples)
    streets = Streets(houses, lines, samples.drop("postcode"), ranges)
    del samples
    count = write_file(out, streets, table, zips.facts(named_states))
    tell(f"{count:,} streets")
    return {
        "houses": known,
        "streets": count,
        "postcodes": len(codes),
        "places": len(places),
    }


def _read_all(
    pbfs: Sequence[Path], addresses: Sequence[Path], note: Callable[[str], None]
) -> Sources:
    """All files in one; houses of address files where the streets of the others are."""
    found = [part for path in addresses for part in read_address_file(path)]
    roads = [*map(read_osm, pbfs), *(part for part in found if isinstance(part, Sources))]
    joined = join_sources(roads)
    ground = Vicinity(joined.x, joined.y)
    tables = [part for part in found if isinstance(part, AddressTable)]
    if not tables:
        return joined
    return join_sources([joined, *(table.houses(ground, note) for table in tables)])


def _find(sources: Sources) -> _Found:
    ground = _ground(sources)
    zips = RegionZips.inside(ground)
    houses = _houses(ground.rows_near(sources.houses, STRAY_M), blocks="HI" in zips.states)
    places = ground.rows_near(sources.places, STRAY_M)
    del ground
    release_memory()
    lines, x, y = _named_lines(sources)
    ranges = _named(_coded(sources.ranges))
    return _Found(_without_wrong(houses, zips), lines, x, y, ranges, places, zips)


def _ground(sources: Sources) -> Vicinity:
    """All over the region: every street's corners, else every house."""
    if len(sources.x):
        return Vicinity(sources.x, sources.y)
    x, y = (np.round(sources.houses[column].to_numpy() * DEGREE) for column in ("lon", "lat"))
    return Vicinity(x.astype(np.int32), y.astype(np.int32))


def _distinct(column: str, *frames: pl.DataFrame) -> pl.Series:
    """What the frames have in a column, ascending, and ""."""
    return pl.concat([pl.Series([""]), *(frame[column] for frame in frames)]).unique().sort()


def _numbered(frame: pl.DataFrame, postcodes: pl.Series) -> pl.DataFrame:
    """The postcodes as rows of that series."""
    return frame.with_columns(anchors.rows_of(frame["postcode"], postcodes))


def _without_wrong(houses: pl.DataFrame, zips: RegionZips) -> pl.DataFrame:
    lon, lat = (houses[column].to_numpy() for column in ("lon", "lat"))
    wrong = pl.Series(zips.is_wrong(houses["postcode"], lon, lat), dtype=pl.Boolean)
    return houses.with_columns(postcode=pl.when(wrong).then(pl.lit("")).otherwise("postcode"))


def _named_lines(sources: Sources) -> tuple[pl.DataFrame, Wholes, Wholes]:
    """The lines with a name, and their corners."""
    way = (~sources.lines["again"]).cum_sum().alias("way")  # lines of one road have one number
    lines = sources.lines.drop("again").with_columns(way).with_row_index("line")
    lines = _named(_coded(lines))
    kept = np.zeros(len(sources.lines), bool)
    kept[lines["line"].to_numpy()] = True
    corners = np.repeat(kept, sources.lines["corners"].to_numpy())
    return lines.drop("line"), sources.x[corners], sources.y[corners]


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
    """One row a house number: "12-16" and "3;5" become two, "4 Sherwood Terrace" moves.

    `blocks`: a number of many digits is a block's, whose hyphen was lost, as in Hawaii.
    """
    hyphened = pl.col("number").str.contains(r"\d-\d")
    raw = raw.with_columns(blocks=(pl.lit(blocks) & ~hyphened) | tell_blocks(raw))
    rows = [
        (text, parted, *number, moved)
        for text, parted in raw.select("number", "blocks").unique().sort("number", "blocks").rows()
        for numbers, moved in [_numbers(text, parted)]
        for number in numbers
    ]
    schema = {"number": pl.String, "blocks": pl.Boolean, "block": pl.Int64, "n": pl.Int64}
    schema |= {"suffix": pl.String, "ranged": pl.Boolean, "moved": pl.String}
    parts = pl.DataFrame(rows, schema=schema, orient="row")
    houses = raw.join(parts, on=["number", "blocks"], maintain_order="left").with_columns(
        pl.when(pl.col("moved") != "")
        .then(pl.col("moved"))
        .otherwise(pl.col("street"))
        .alias("street"),
        pl.col("n").alias("number"),
    )
    houses = _named(_coded(houses.drop("n", "moved", "blocks")))
    houses = houses.with_columns(_mapped(houses["town"], town_key))
    return drop_covered(houses).drop("ranged")


def _numbers(text: str, blocks: bool) -> tuple[list[tuple[int, int, str, bool]], str]:
    """Block, number, suffix of all that a text names, if a range does, and the street it may name.

    A text without a number is one house whose number is -1.
    """
    text = _CALLED.sub("", text)
    head, _, tail = text.partition(" ")
    named = sum(c.isalpha() for c in tail) > 3 and not is_unit(tail)
    moved = tail if head[:1].isdigit() and named else ""
    pieces = (head if moved else text).replace(",", ";").replace("&", ";").split(";")
    found = [number for piece in pieces if (number := house_number(piece, blocks=blocks))]
    numbers = [one for number in found for one in _ends(number)]
    return (numbers or [(0, -1, "", False)]), moved


def _ends(number: HouseNumber) -> list[tuple[int, int, str, bool]]:
    """The number, or the two that a range is written with; the first of one too wide to be one."""
    ranged = number.first < number.last
    is_wide = number.last > number.first + WIDEST_RANGE
    return [
        (number.block, n, number.suffix, ranged)
        for n in sorted({number.first, number.first if is_wide else number.last})
        if n < 2**31 and number.block < 2**31
    ]


def _samples(
    lines: pl.DataFrame, x: Wholes, y: Wholes, postcodes: pl.Series, zips: RegionZips
) -> pl.DataFrame:
    """Points along the lines, at most `_STEP_M` apart; `line` is a row of `lines`."""
    ends = np.concatenate([[0], np.cumsum(lines["corners"].to_numpy())])
    some = [dict(pl.DataFrame(schema=_SAMPLES).to_dict())]
    first = 0
    while first < len(lines):
        last = max(first + 1, int(np.searchsorted(ends, ends[first] + _CORNERS)) - 1)
        here, at = lines[first:last], slice(ends[first], ends[last])
        along = _along(here, x[at] / DEGREE, y[at] / DEGREE, postcodes, zips)
        some.append(along.with_columns(pl.col("line") + first).to_dict())
        first = last
    columns = ([part.pop(name) for part in some] for name in _SAMPLES)  # one after the other
    return pl.DataFrame([pl.concat(column, rechunk=True) for column in columns])


def _along(
    lines: pl.DataFrame, lon: Floats, lat: Floats, postcodes: pl.Series, zips: RegionZips
) -> pl.DataFrame:
    line = np.repeat(np.arange(len(lines), dtype=np.int32), lines["corners"].to_numpy())
    postcode = lines["postcode"].to_numpy()[line]
    own = np.flatnonzero(postcode)
    wrong = zips.is_wrong(postcodes[postcode[own]], lon[own], lat[own])
    postcode[own[wrong]] = 0
    last = np.append(line[1:] != line[:-1], True)
    dlon, dlat = np.append(np.diff(lon), 0.0), np.append(np.diff(lat), 0.0)
    metres = np.hypot(dlon * np.cos(np.radians(lat)), dlat) * METRES_PER_DEGREE
    steps = np.where(last, 1, np.maximum(1, np.ceil(metres / _STEP_M))).astype(np.int64)
    rows = np.repeat(np.arange(len(lon)), steps)
    part = (np.arange(len(rows)) - np.repeat(np.cumsum(steps) - steps, steps)) / steps[rows]
    at = lon[rows] + part * dlon[rows], lat[rows] + part * dlat[rows]
    columns = (line[rows], *at, postcode[rows])
    return pl.DataFrame(dict(zip(_SAMPLES, columns, strict=True)), schema=_SAMPLES)


def _weighed(samples: pl.DataFrame) -> pl.DataFrame:
    """`weight`: how many samples share its small cell, for addresses stand where streets do."""
    lon, lat = (samples[column].to_numpy() for column in ("lon", "lat"))
    cell = np.empty(len(samples), np.int64)
    for rows in row_slices(len(cell)):
        x, y = (np.floor(at[rows] * _WEIGHT_CELLS).astype(np.int64) for at in (lon, lat))
        cell[rows] = (x << 32) + y
    _, row = number_rows(cell)
    weight = np.minimum(np.bincount(row), 60_000).astype(np.uint16)
    return samples.with_columns(weight=pl.Series(weight[row], dtype=pl.UInt16))


def _split_into_streets(
    houses: pl.DataFrame, samples: pl.DataFrame, ranges: pl.DataFrame, lines: pl.DataFrame
) -> tuple[pl.DataFrame, pl.DataFrame, pl.DataFrame]:
    """The same frames with the `street_id` that each row belongs to."""
    keys = _distinct("key", houses, lines, ranges)
    of_house, of_line, of_range = (
        anchors.rows_of(frame["key"], keys) for frame in (houses, lines, ranges)
    )
    starts = ranges.select(lon=pl.col("lons").list.first(), lat=pl.col("lats").list.first())
    every = [
        _Keyed(of_house, houses["lon"], houses["lat"]),
        _Keyed(of_line[samples["line"]], samples["lon"], samples["lat"]),
        _Keyed(of_range, starts["lon"], starts["lat"]),
    ]
    ids = pl.Series("street_id", _connected(every))
    ends = np.cumsum([0, len(houses), len(samples), len(ranges)])
    frames = (houses, samples, ranges)
    split = [
        frame.with_columns(ids[int(a) : int(b)])
        for frame, a, b in zip(frames, ends[:-1], ends[1:], strict=True)
    ]
    return split[0], split[1], split[2]


class _Keyed(NamedTuple):
    """Places of streets, whose names' keys are numbers here that ascend as they do."""

    key: pl.Series
    lon: pl.Series
    lat: pl.Series

    def cells(self, narrow: float) -> Ints:
        """Key, column and row of the grid in one number each."""
        key, lon, lat = (column.to_numpy() for column in self)
        cells = np.empty(len(key), np.int64)
        for rows in row_slices(len(cells)):
            x = np.floor(lon[rows] * narrow / _CELL).astype(np.int64) + (1 << 18)
            y = np.floor(lat[rows] / _CELL).astype(np.int64) + (1 << 18)
            cells[rows] = (key[rows].astype(np.int64) << 40) + (x << 20) + y
        return cells


def _connected(every: Sequence[_Keyed]) -> NDArray[np.int32]:
    """A number for each row: the same for rows of one key in neighbouring cells."""
    lat = np.concatenate([part.lat for part in every])
    if not len(lat):  # a map without names
        return np.zeros(0, np.int32)
    narrow = float(np.cos(np.radians(np.median(lat, overwrite_input=True))))
    del lat
    cells, row = number_rows(np.concatenate([part.cells(narrow) for part in every]))
    links = []
    for step in ((1 << 20), 1, (1 << 20) + 1, (1 << 20) - 1):
        at = np.minimum(np.searchsorted(cells, cells + step), len(cells) - 1)
        hit = np.flatnonzero(cells[at] == cells + step)
        links.append(np.stack([hit, at[hit]]))
    a, b = np.concatenate(links, axis=1)
    graph = coo_array((np.ones(len(a), np.int8), (a, b)), shape=(len(cells), len(cells)))
    _, label = connected_components(graph, directed=False)
    _, first, dense = np.unique(label, return_index=True, return_inverse=True)
    order = np.empty(len(first), np.int32)
    order[np.argsort(first, kind="stable")] = np.arange(len(first))
    return np.asarray(order[dense][row], np.int32)
