"""Where postcodes and towns are, worked out from the houses and streets that belong to them.

An anchor is some circles: the land they cover is where the postcode or town is known to be.

1. Strays. A postcode or block far from the rest of its own is a slip and left out; so is a ZIP code
   that the `zipcodes` package has far away.
2. Seeds. Where a postcode is seen, on houses and samples of streets; of ZIP codes with streets also
   the package's centroid, for a region's own data may have few.
3. Land. A house or sample without a postcode belongs to the nearest seed's. What belongs to a
   postcode is its land; a wider postcode ("IM1" of "IM1 2AB") has that of all its own.
4. ZIP codes without land are P.O. boxes: a circle around their centroid.
5. Towns. What the map names, what addresses name, and what ZIP codes are called lie in circles;
   those of one name that are near each other are one town. A name that a few houses have and that
   looks like one on the map is a slip.
6. Circles. Points are gathered in squares, wider ones until the circles are few enough; each covers
   its square.
"""

from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple

import numpy as np
import polars as pl
from numpy.typing import NDArray
from rapidfuzz import process
from rapidfuzz.distance import OSA
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components
from scipy.spatial import cKDTree

from app.geo.addresses.street_names import town_key, wider_postcodes
from app.geo.columns import number_rows, release_memory, row_slices, sort_distinct
from app.geo.geocoding.gazetteer.file import HELD
from app.geo.geocoding.gazetteer.region_zips import RegionZips
from app.geo.points import METRES_PER_DEGREE, Floats, Ints, on_the_globe


class _PlaceKind(NamedTuple):
    """rank: the lower one wins. radius_m: what a lone node covers."""

    rank: int
    radius_m: float


# Judgement, all of these; what they come to is measured by bench/geocode.py.
_ZIP_TIMES = 1.25  # the radius that holds 95 % of what is known of a ZIP code, for what is not
_BOX_M = 3_000.0  # a ZIP code of P.O. boxes: its post office is in the town
_STRAY_DEGREES, _STRAY_TIMES = 0.02, 4  # and times the median distance from the middle
_BLOCK_HOUSES = 3  # a block with fewer has no anchor
_MOST_CIRCLES = 96
_CIRCLE_M = 250.0  # around one point alone, and beyond the farthest of several
_CIRCLE_DEGREES, _WIDER = 0.004, 1.5  # of the squares at first; times wider until they are few
_TOWN_DEGREES = 0.01  # of the squares for houses that name a town
_COVER = 0.6  # of a square's side: a circle around its middle, short of the corners
_TOWN_HOUSES = 6  # a town with fewer counts each of them; else a house alone in its square does not
_WELL_KNOWN = 8  # squares of a town that is no misspelling
_SLIP_LETTERS, _SLIP_EDITS = 5, 2  # shorter names are left alone; more edits are another name
_ONE_TOWN_M = 15_000.0  # circles of one name farther apart than this are two towns
_POSTAL_RANK = 2  # of a town known only by its houses or ZIP codes
_ALIAS_RANK = 8  # of a name that the post office accepts for another town
_PLACES = {  # OpenStreetMap's kinds: https://wiki.openstreetmap.org/wiki/Key:place
    "city": _PlaceKind(0, 5_000.0),
    "town": _PlaceKind(1, 2_500.0),
    "village": _PlaceKind(2, 1_500.0),
    "suburb": _PlaceKind(3, 1_500.0),
    "quarter": _PlaceKind(3, 1_000.0),
    "hamlet": _PlaceKind(4, 1_000.0),
    "neighbourhood": _PlaceKind(5, 800.0),
    "locality": _PlaceKind(6, 700.0),
    "isolated_dwelling": _PlaceKind(7, 300.0),
    "farm": _PlaceKind(7, 300.0),
}
_CIRCLES = {
    "key": pl.String,
    "name": pl.String,
    "rank": pl.Int64,
    "lon": pl.Float64,
    "lat": pl.Float64,
    "radius": pl.Float64,
    "mapped": pl.Boolean,
}
_ORDER = ["key", "rank", "mapped", "name", "lon", "lat"]
ANCHORS = {
    "id": pl.Int64,
    "key": pl.String,
    "name": pl.String,
    "state": pl.String,
    "rank": pl.Int64,
    "lon": pl.Float64,
    "lat": pl.Float64,
    "radius": pl.Float64,
    "circles": pl.Binary,
}


class _Land(NamedTuple):
    """Where an anchor is: its middle, metres around it, its circles packed."""

    lon: float
    lat: float
    radius: float
    circles: bytes


class _TownRow(NamedTuple):
    """A town before it has its id and its state."""

    key: str
    name: str
    rank: int
    land: _Land


def rows_of(column: pl.Series, among: pl.Series) -> pl.Series:
    """Of each value its row among distinct ones."""
    numbers = pl.Series(np.arange(len(among), dtype=np.int32))
    return column.replace_strict(among, numbers, return_dtype=pl.Int32)


def postcode_anchors(
    houses: pl.DataFrame, samples: pl.DataFrame, postcodes: pl.Series, zips: RegionZips
) -> tuple[pl.DataFrame, pl.DataFrame, pl.DataFrame]:
    """The postcodes' anchors, and the houses and samples with the `code` (an id, -1) of each.

    Their `postcode` is a row of `postcodes`, which ascend; the first is "".
    """
    seeds = _seeds(houses, samples, postcodes, zips)
    seen = seeds["postcode"].unique().sort()
    ids, codes = np.full(len(postcodes), -1, np.int32), postcodes[seen]
    ids[seen.to_numpy()] = np.arange(len(seen))
    houses, samples = (_with_code(frame, seeds, ids) for frame in (houses, samples))
    owned = _Owned((houses, samples), len(codes))
    release_memory()
    covered = {codes[i]: (i, _code_land(codes[i], *owned.land(i))) for i in owned.codes}
    more = [
        (z["code"], _circle(z["lon"], z["lat"], _BOX_M))  # 4.
        for z in zips.rows.iter_rows(named=True)
        if z["code"] not in covered
    ]
    more += [(key, _cover(*at)) for key, at in _wider_land(owned, codes)]
    rows = [(i, key, key, "", 0, *cover) for key, (i, cover) in covered.items()]
    rows += [(i, key, key, "", 0, *cover) for i, (key, cover) in enumerate(more, len(codes))]
    return pl.DataFrame(rows, schema=ANCHORS, orient="row"), houses, samples


class _Owned:
    """Where the rows of some frames are, by the code that they belong to."""

    def __init__(self, frames: Iterable[pl.DataFrame], count: int) -> None:
        self._parts = [_sorted_by_code(frame, count) for frame in frames]
        sizes = sum(np.diff(edges) for *_, edges in self._parts)
        self.codes: list[int] = np.flatnonzero(sizes).tolist()

    def land(self, *codes: int) -> tuple[Floats, Floats]:
        """Longitudes and latitudes of all rows of these codes."""
        rows = [
            (lon[own], lat[own])
            for code in codes
            for lon, lat, order, edges in self._parts
            for own in [order[edges[code] : edges[code + 1]]]
        ]
        lon, lat = (np.concatenate(axis) for axis in zip(*rows, strict=True))
        return lon, lat


def _sorted_by_code(frame: pl.DataFrame, count: int) -> tuple[Floats, Floats, Ints, Ints]:
    """Longitude, latitude, the rows by their code, and where each code begins and the last ends."""
    lon, lat, code = (frame[column].to_numpy() for column in ("lon", "lat", "code"))
    order = np.argsort(code, kind="stable")
    return lon, lat, order, np.searchsorted(code, np.arange(count + 1), sorter=order)


def _wider_land(owned: _Owned, codes: pl.Series) -> Iterator[tuple[str, tuple[Floats, Floats]]]:
    """The land of each wider postcode, that of all its own in one."""
    parts: dict[str, list[int]] = {}
    for i in owned.codes:
        for wider in set(wider_postcodes(codes[i])):
            parts.setdefault(wider, []).append(i)
    for wider, own in sorted(parts.items()):
        lon, lat = owned.land(*own)
        order = np.lexsort((lat, lon))
        yield wider, (lon[order], lat[order])


def block_anchors(houses: pl.DataFrame) -> pl.DataFrame:
    """Where the houses of each numbered block ("91" of 91-1234) are, of blocks with a few."""
    numbered = houses.filter(pl.col("block") > 0).select("lon", "lat", pl.col("block"))
    near = _without_strays(numbered, "block").filter(pl.len().over("block") >= _BLOCK_HOUSES)
    rows = [
        (i, str(block), str(block), "", 0, *_cover(*at))
        for i, (block, at) in enumerate(_groups(near["block"], near))
    ]
    return pl.DataFrame(rows, schema=ANCHORS, orient="row")


def _without_strays(frame: pl.DataFrame, by: str) -> pl.DataFrame:
    """1. Without the few rows of each group that lie far from the rest of it."""
    apart = (pl.col("lon", "lat") - pl.col("lon", "lat").median().over(by)).abs()
    away = frame.with_columns(apart.name.suffix("_off"))
    off = pl.col("lon_off") + pl.col("lat_off")
    near = away.filter(off <= _STRAY_DEGREES + _STRAY_TIMES * off.median().over(by))
    return near.select(frame.columns)


def _seeds(
    houses: pl.DataFrame, samples: pl.DataFrame, postcodes: pl.Series, zips: RegionZips
) -> pl.DataFrame:
    """2. Where each postcode is seen, without the few that lie far from the rest of theirs."""
    named = pl.col("postcode") != 0
    seen = pl.concat(f.filter(named).select("postcode", "lon", "lat") for f in (houses, samples))
    near = _without_strays(seen, "postcode")
    standard = zips.rows.filter("streets")
    centroids = standard.select(rows_of(standard["code"], postcodes), "lon", "lat")
    return pl.concat([near, centroids.rename({"code": "postcode"})])


def _with_code(frame: pl.DataFrame, seeds: pl.DataFrame, ids: NDArray[np.int32]) -> pl.DataFrame:
    """3. `code`: the id of the row's own postcode or the nearest seed's; -1 where none is known."""
    code = ids[frame["postcode"].to_numpy()]
    bare = np.flatnonzero(code < 0)
    if len(seeds) and len(bare):
        tree = cKDTree(on_the_globe(seeds["lon"].to_numpy(), seeds["lat"].to_numpy()))
        lon, lat = (frame[column].to_numpy() for column in ("lon", "lat"))
        of_seed = ids[seeds["postcode"].to_numpy()]
        for rows in row_slices(len(bare)):
            some = bare[rows]
            _, nearest = tree.query(on_the_globe(lon[some], lat[some]))
            code[some] = of_seed[nearest]
    return frame.with_columns(pl.Series("code", code))


def _groups(by: pl.Series, frame: pl.DataFrame) -> Iterator[tuple[Any, tuple[Floats, Floats]]]:
    """Each value of `by` but -1 and "", ascending, with the lon and lat of its rows."""
    order = by.arg_sort()
    values = by[order]
    lon, lat = (frame[column][order].to_numpy() for column in ("lon", "lat"))
    starts = np.flatnonzero(np.append(True, (values[1:] != values[:-1]).to_numpy()))
    for a, b in zip(starts, [*starts[1:], len(values)], strict=True):
        if len(values) and values[int(a)] not in (-1, ""):
            yield values[int(a)], (lon[a:b], lat[a:b])


def _cover(lon: Floats, lat: Floats) -> _Land:
    """The median of the points, a radius that holds 95 % of them, and circles that cover them."""
    middle = float(np.median(lon)), float(np.median(lat))
    off = np.empty(len(lon))
    for rows in row_slices(len(lon)):
        apart = on_the_globe(lon[rows], lat[rows]) - on_the_globe(*map(np.array, middle))
        off[rows] = np.linalg.norm(apart, axis=-1)
    radius = float(np.quantile(off, HELD, overwrite_input=True)) + _CIRCLE_M
    del off
    return _Land(*middle, radius, _circles(lon, lat))


def _code_land(code: str, lon: Floats, lat: Floats) -> _Land:
    """A postcode's land. A ZIP code whose land is a guess has more than what is known of it."""
    land = _cover(lon, lat)
    return land._replace(radius=_ZIP_TIMES * land.radius) if code.isdigit() else land


def _circle(lon: float, lat: float, radius: float) -> _Land:
    return _Land(lon, lat, radius, np.array([[lon, lat, radius]], np.float32).tobytes())


def _circles(lon: Floats, lat: Floats, radius: Floats | None = None) -> bytes:
    """6. At most `_MOST_CIRCLES` that cover the given ones: float32 lon, lat, metres."""
    cell = _CIRCLE_DEGREES
    narrow = float(np.cos(np.radians(np.median(lat))))
    while True:
        squares = _squares(lon, lat, narrow, cell)
        if len(sort_distinct(squares)) <= _MOST_CIRCLES:
            break
        cell *= _WIDER
    _, row = number_rows(squares)
    n = np.bincount(row)
    widest = np.zeros(len(n))
    if radius is not None:
        np.maximum.at(widest, row, radius)
    reach = np.where(n > 1, _COVER * cell * METRES_PER_DEGREE, _CIRCLE_M)
    circles = [np.bincount(row, lon) / n, np.bincount(row, lat) / n, np.maximum(widest, reach)]
    return np.stack(circles, axis=1).astype(np.float32).tobytes()


def _squares(lon: Floats, lat: Floats, narrow: float, cell: float) -> Ints:
    """The square of a grid that each point is in, numbered so that they sort as x, then y."""
    squares = np.empty(len(lon), np.int64)
    for rows in row_slices(len(lon)):
        x, y = np.floor(lon[rows] * narrow / cell), np.floor(lat[rows] / cell)
        squares[rows] = (x.astype(np.int64) << 32) + y.astype(np.int64)
    return squares


def town_anchors(
    named: pl.DataFrame, houses: pl.DataFrame, zips: RegionZips, codes: pl.DataFrame
) -> pl.DataFrame:
    """5. The towns' anchors: of places on the map, of towns in addresses, of ZIP codes' towns."""
    sure = pl.concat([_of_map(named), _of_zips(zips, codes)])
    seen = pl.concat([sure, _well_spelt(_of_houses(houses), sure)])
    towns: list[_TownRow] = []
    for (key,), group in (
        seen.filter(pl.col("key") != "").sort(_ORDER).group_by(["key"], maintain_order=True)
    ):
        at = on_the_globe(group["lon"].to_numpy(), group["lat"].to_numpy())
        pairs = cKDTree(at).query_pairs(_ONE_TOWN_M, output_type="ndarray")
        links = coo_array((np.ones(len(pairs)), pairs.T), shape=(len(at), len(at)))
        count, label = connected_components(links, directed=False)
        towns.extend(_town(key, group.filter(label == i)) for i in range(count))
    states = _states([town.land for town in towns], zips)
    rows = [
        (i, town.key, town.name, state, town.rank, *town.land)
        for i, (town, state) in enumerate(zip(towns, states, strict=True))
    ]
    return pl.DataFrame(rows, schema=ANCHORS, orient="row")


def _town(key: str, circles: pl.DataFrame) -> _TownRow:
    """One town; its circles are ordered by rank."""
    lon, lat, radius = (circles[column].to_numpy() for column in ("lon", "lat", "radius"))
    rank = int(circles["rank"][0])
    if circles["mapped"][0]:
        middle = float(lon[0]), float(lat[0])
    else:
        middle = float(np.median(lon)), float(np.median(lat))
    off = np.linalg.norm(on_the_globe(lon, lat) - on_the_globe(*map(np.array, middle)), axis=-1)
    reach = float(np.quantile(off + radius, HELD))
    land = _Land(*middle, reach, _circles(lon, lat, radius))
    return _TownRow(key, circles["name"][0], rank, land)


def _states(lands: list[_Land], zips: RegionZips) -> list[str]:
    """The state of the nearest ZIP code, "" outside the USA."""
    if not len(zips.rows) or not lands:
        return [""] * len(lands)
    tree = cKDTree(on_the_globe(zips.rows["lon"].to_numpy(), zips.rows["lat"].to_numpy()))
    lon, lat = (
        np.array(column) for column in zip(*((at.lon, at.lat) for at in lands), strict=True)
    )
    _, nearest = tree.query(on_the_globe(lon, lat))
    states = zips.rows["state"].to_list()
    return [states[i] for i in np.asarray(nearest).tolist()]


def _of_map(named: pl.DataFrame) -> pl.DataFrame:
    rows = [
        (town_key(name), name, _PLACES[kind].rank, lon, lat, _PLACES[kind].radius_m, True)
        for name, kind, lon, lat in named.iter_rows()
    ]
    return pl.DataFrame(rows, schema=_CIRCLES, orient="row")


def _of_houses(houses: pl.DataFrame) -> pl.DataFrame:
    """A circle for each square with several houses of the town, or any when it has few."""
    cell = _TOWN_DEGREES
    cells = houses.filter(pl.col("town") != "").group_by(
        "town", (pl.col("lon") / cell).floor().alias("x"), (pl.col("lat") / cell).floor().alias("y")
    )
    circles = cells.agg(pl.col("lon", "lat").mean(), n=pl.len())
    circles = circles.filter((pl.col("n") > 1) | (pl.col("n").sum().over("town") < _TOWN_HOUSES))
    return circles.select(
        pl.col("town").alias("key"),
        pl.col("town").str.to_titlecase().alias("name"),
        pl.lit(_POSTAL_RANK, pl.Int64).alias("rank"),
        "lon",
        "lat",
        pl.lit(_COVER * cell * METRES_PER_DEGREE).alias("radius"),
        pl.lit(value=False).alias("mapped"),
    )


def _of_zips(zips: RegionZips, codes: pl.DataFrame) -> pl.DataFrame:
    """The circles of every ZIP code of a town."""
    land = codes.select(pl.col("key").alias("code"), "circles")
    rows: list[tuple[Any, ...]] = []
    for z in zips.rows.join(land, on="code").sort("code").iter_rows(named=True):
        circles = np.frombuffer(z["circles"], np.float32).reshape(-1, 3).astype(float).tolist()
        for i, name in enumerate(z["names"]):
            rank = _ALIAS_RANK if i else _POSTAL_RANK
            rows.extend((town_key(name), name, rank, *circle, False) for circle in circles)
    return pl.DataFrame(rows, schema=_CIRCLES, orient="row")


def _well_spelt(circles: pl.DataFrame, sure: pl.DataFrame) -> pl.DataFrame:
    """Without the towns that only a few houses name and that look like one on the map."""
    towns = sure["key"].unique().sort().to_list()
    known = frozenset(towns)
    counted = circles["key"].value_counts().sort("key")
    wrong = [
        key
        for key, n in counted.iter_rows()
        if n < _WELL_KNOWN and key not in known and len(key) >= _SLIP_LETTERS
        if process.extractOne(key, towns, scorer=OSA.distance, score_cutoff=_SLIP_EDITS)
    ]
    return circles.filter(~pl.col("key").is_in(wrong))
