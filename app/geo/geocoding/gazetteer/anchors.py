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

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
import polars as pl
from rapidfuzz import process
from rapidfuzz.distance import OSA
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components
from scipy.spatial import cKDTree

from app.geo.addresses.street_names import town_key, wider_postcodes
from app.geo.geocoding.gazetteer.file import HELD
from app.geo.points import METRES_PER_DEGREE, Floats, on_the_globe


class _PlaceKind(NamedTuple):
    """rank: the lower one wins. radius_m: what a lone node covers."""

    rank: int
    radius_m: float


# Judgement, all of these; what they come to is measured by bench/geocode.py.
_INSIDE_M = 5_000.0  # a ZIP centroid this near to a street lies in the region
_INSIDE_DEGREES = 0.1  # around the region's box, wider than that
_WRONG_M = 50_000.0  # a ZIP code's land this far from its row: the row's code is wrong
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


def rows_within(frame: pl.DataFrame, ground: tuple[Floats, Floats], most: float) -> pl.DataFrame:
    """The rows at most so many metres from the ground (lon, lat)."""
    if frame.is_empty() or not len(ground[0]):
        return frame
    tree = cKDTree(on_the_globe(*ground))
    at = on_the_globe(frame["lon"].to_numpy(), frame["lat"].to_numpy())
    off, _ = tree.query(at, distance_upper_bound=most)
    return frame.filter(pl.Series(np.isfinite(off)))


@dataclass(frozen=True)
class RegionZips:
    """The US ZIP codes of a region: code, town, state, lon, lat, whether streets have it."""

    rows: pl.DataFrame
    elsewhere: tuple[str, ...]
    towns_elsewhere: tuple[str, ...]
    every: pl.DataFrame

    @property
    def states(self) -> list[str]:
        """The region's states, the one with most ZIP codes first."""
        counted = (
            self.rows["state"].value_counts().sort(["count", "state"], descending=[True, False])
        )
        return counted["state"].to_list()

    @classmethod
    def inside(cls, somewhere: tuple[Floats, Floats]) -> "RegionZips":
        """The ones whose centroid lies near a street of the region."""
        import zipcodes

        listed: list[dict[str, Any]] = zipcodes.list_all()  # type: ignore[no-untyped-call]
        lon, lat = (np.array([float(z[c] or 0) for z in listed]) for c in ("long", "lat"))
        kept = np.zeros(len(listed), bool)
        if len(somewhere[0]):
            tree = cKDTree(on_the_globe(*somewhere))
            west, south = (np.min(c) - _INSIDE_DEGREES for c in somewhere)
            east, north = (np.max(c) + _INSIDE_DEGREES for c in somewhere)
            near = np.flatnonzero(
                (lat != 0) & (lon > west) & (lat > south) & (lon < east) & (lat < north)
            )
            if len(near):
                metres, _ = tree.query(on_the_globe(lon[near], lat[near]))
                kept[near[metres < _INSIDE_M]] = True
        rows = [_zip_row(z) for z, keep in zip(listed, kept, strict=True) if keep]
        schema = ("code", "town", "names", "state", "lon", "lat", "streets")
        frame = pl.DataFrame(rows, schema=schema, orient="row") if rows else _no_zips()
        every = pl.DataFrame(
            {"postcode": [z["zip_code"] for z in listed], "zip_lon": lon, "zip_lat": lat}
        )
        return cls(frame, *_elsewhere(listed, kept), every.filter(pl.col("zip_lat") != 0))

    def without_wrong(self, frame: pl.DataFrame) -> pl.DataFrame:
        """1. The same rows; a ZIP code whose land is far from its row is blanked: it is wrong."""
        if self.rows.is_empty() or frame.is_empty():
            return frame
        joined = frame.join(self.every, on="postcode", how="left", maintain_order="left")
        lon, lat, to_lon, to_lat = (
            joined[column].to_numpy() for column in ("lon", "lat", "zip_lon", "zip_lat")
        )
        off = np.linalg.norm(on_the_globe(lon, lat) - on_the_globe(to_lon, to_lat), axis=-1)
        wrong = pl.Series(off > _WRONG_M)
        blanked = pl.when(wrong).then(pl.lit("")).otherwise(pl.col("postcode"))
        return frame.with_columns(blanked.alias("postcode"))

    def facts(self, named: frozenset[str]) -> dict[str, Any]:
        """What tells an address of another region from one of this; `named`: more states."""
        return {
            "states": self.states + sorted(named - set(self.states)),
            "elsewhere": list(self.elsewhere),
            "towns_elsewhere": list(self.towns_elsewhere),
        }


def _zip_row(z: dict[str, Any]) -> tuple[Any, ...]:
    names = [z["city"], *z["acceptable_cities"]]
    standard = z["zip_code_type"] == "STANDARD"
    at = float(z["long"]), float(z["lat"])
    return (z["zip_code"], z["city"], names, z["state"], *at, standard)


def _no_zips() -> pl.DataFrame:
    text: dict[str, Any] = dict.fromkeys(("code", "town"), pl.String) | {
        "names": pl.List(pl.String)
    }
    at = {"lon": pl.Float64, "lat": pl.Float64, "streets": pl.Boolean}
    return pl.DataFrame(schema=text | {"state": pl.String} | at)


def _elsewhere(listed: list[dict[str, Any]], kept: Any) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """ZIP codes that begin like the region's, and towns of its states, that are not in it."""
    states: set[str] = set()
    prefixes: set[str] = set()
    towns: set[str] = set()
    for z, keep in zip(listed, kept, strict=True):
        if keep:
            states.add(z["state"])
            prefixes.add(z["zip_code"][:3])
            towns.update(map(town_key, [z["city"], *z["acceptable_cities"]]))
    codes: list[str] = []
    others: set[str] = set()
    for z, keep in zip(listed, kept, strict=True):
        if keep or float(z["lat"]) == 0:
            continue
        if z["zip_code"][:3] in prefixes:
            codes.append(z["zip_code"])
        if z["state"] in states:
            others.update(map(town_key, [z["city"], *z["acceptable_cities"]]))
    return tuple(sorted(codes)), tuple(sorted(others - towns))


def postcode_anchors(
    houses: pl.DataFrame, samples: pl.DataFrame, zips: RegionZips
) -> tuple[pl.DataFrame, pl.DataFrame, pl.DataFrame]:
    """The postcodes' anchors, and the houses and samples with the `code` (an id, -1) of each."""
    seeds = _seeds(houses, samples, zips)
    codes = seeds["postcode"].unique().sort()
    houses, samples = (_with_code(frame, seeds, codes) for frame in (houses, samples))
    columns = ("code", "lon", "lat")
    land = pl.concat([houses.select(columns), samples.select(columns)])
    covered = {codes[int(i)]: (int(i), _cover(*at)) for i, at in _groups(land["code"], land)}
    more = [
        (z["code"], _circle(z["lon"], z["lat"], _BOX_M))  # 4.
        for z in zips.rows.iter_rows(named=True)
        if z["code"] not in covered
    ]
    wide = pl.DataFrame(
        [(i, wider) for i, code in enumerate(codes) for wider in wider_postcodes(code)],
        schema={"code": pl.Int64, "wider": pl.String},
        orient="row",
    )
    wider_land = land.join(wide.unique(), on="code").sort("wider", "lon", "lat")
    more += [(key, _cover(*at)) for key, at in _groups(wider_land["wider"], wider_land)]
    rows = [(i, key, key, "", 0, *cover) for key, (i, cover) in covered.items()]
    rows += [(i, key, key, "", 0, *cover) for i, (key, cover) in enumerate(more, len(codes))]
    return pl.DataFrame(rows, schema=ANCHORS, orient="row"), houses, samples


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


def _seeds(houses: pl.DataFrame, samples: pl.DataFrame, zips: RegionZips) -> pl.DataFrame:
    """2. Where each postcode is seen, without the few that lie far from the rest of theirs."""
    columns = ("postcode", "lon", "lat")
    seen = pl.concat([houses.select(columns), samples.select(columns)])
    seen = seen.filter(pl.col("postcode") != "")
    near = _without_strays(seen, "postcode")
    centroids = zips.rows.filter("streets").select(pl.col("code").alias("postcode"), "lon", "lat")
    return pl.concat([near, centroids])


def _with_code(frame: pl.DataFrame, seeds: pl.DataFrame, codes: pl.Series) -> pl.DataFrame:
    """3. `code`: the id of the row's own postcode or the nearest seed's; -1 where none is known."""
    ids = dict(zip(codes, range(len(codes)), strict=True))
    code = (
        frame["postcode"].replace_strict(ids, default=-1, return_dtype=pl.Int64).to_numpy().copy()
    )
    bare = np.flatnonzero(code < 0)
    if len(seeds) and len(bare):
        tree = cKDTree(on_the_globe(seeds["lon"].to_numpy(), seeds["lat"].to_numpy()))
        lon, lat = (frame[column].to_numpy()[bare] for column in ("lon", "lat"))
        _, nearest = tree.query(on_the_globe(lon, lat))
        of_seed = seeds["postcode"].replace_strict(ids, return_dtype=pl.Int64).to_numpy()
        code[bare] = of_seed[nearest]
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
    off = np.linalg.norm(on_the_globe(lon, lat) - on_the_globe(*map(np.array, middle)), axis=-1)
    radius = float(np.quantile(off, HELD)) + _CIRCLE_M
    return _Land(*middle, radius, _circles(lon, lat, np.zeros(len(lon))))


def _circle(lon: float, lat: float, radius: float) -> _Land:
    return _Land(lon, lat, radius, np.array([[lon, lat, radius]], np.float32).tobytes())


def _circles(lon: Floats, lat: Floats, radius: Floats) -> bytes:
    """6. At most `_MOST_CIRCLES` that cover the given ones: float32 lon, lat, metres."""
    cell = _CIRCLE_DEGREES
    narrow = float(np.cos(np.radians(np.median(lat))))
    while True:
        x, y = np.floor(lon * narrow / cell), np.floor(lat / cell)
        square = (x.astype(np.int64) << 32) + y.astype(np.int64)  # sorts as x, then y
        _, row = np.unique(square, return_inverse=True)
        n = np.bincount(row)
        if len(n) <= _MOST_CIRCLES:
            break
        cell *= _WIDER
    widest = np.zeros(len(n))
    np.maximum.at(widest, row, radius)
    reach = np.where(n > 1, _COVER * cell * METRES_PER_DEGREE, _CIRCLE_M)
    circles = [np.bincount(row, lon) / n, np.bincount(row, lat) / n, np.maximum(widest, reach)]
    return np.stack(circles, axis=1).astype(np.float32).tobytes()


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
