"""Where postcodes and towns are, worked out from the houses and streets that belong to them.

An anchor is some dots with a radius each: the land they cover is where the postcode or town is
known to be. Where a region's own data has few postcodes, the `zipcodes` package's centroids of
ZIP codes inside the region are the seeds of theirs.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import polars as pl
from rapidfuzz import process
from rapidfuzz.distance import OSA
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components
from scipy.spatial import cKDTree

from app.geo.addresses.street_names import town_key, wider_postcodes
from app.geo.points import METRES_PER_DEGREE, Floats, on_the_globe

_INSIDE_M = 5_000.0  # a ZIP centroid this near to a street lies in the region
_MOST_DOTS = 96
_WRONG_M = 50_000.0
_FEW = 8
_BOX_M = 3_000.0  # a ZIP code of P.O. boxes: its post office is in the town
_DOT_M = 250.0
_DOT_DEGREES = 0.004
_PLACES = {  # OpenStreetMap's kinds: rank (lower wins) and the metres a lone node covers
    "city": (0, 5_000.0),
    "town": (1, 2_500.0),
    "village": (2, 1_500.0),
    "suburb": (3, 1_500.0),
    "quarter": (3, 1_000.0),
    "hamlet": (4, 1_000.0),
    "neighbourhood": (5, 800.0),
    "locality": (6, 700.0),
    "isolated_dwelling": (7, 300.0),
    "farm": (7, 300.0),
}
_POSTAL_RANK = 2  # of a town known only by its houses or ZIP codes
_ALIAS_RANK = 8  # of a name that the post office accepts for another town
_ONE_TOWN_M = 15_000.0  # dots of one name farther apart than this are two towns
_DOTS = {
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
    "dots": pl.Binary,
}


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
            box = [f(c) + d for f, d in ((np.min, -0.1), (np.max, 0.1)) for c in somewhere]
            near = np.flatnonzero(
                (lat != 0) & (lon > box[0]) & (lat > box[1]) & (lon < box[2]) & (lat < box[3])
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
        """The same rows; a ZIP code whose land is far from its row is blanked, for it is wrong."""
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
    houses: pl.DataFrame, spots: pl.DataFrame, zips: RegionZips
) -> tuple[pl.DataFrame, pl.DataFrame, pl.DataFrame]:
    """The postcodes' anchors, and the houses and spots with the `code` (an id, -1) of each."""
    seeds = _seeds(houses, spots, zips)
    codes = seeds["postcode"].unique().sort()
    houses, spots = (_with_code(frame, seeds, codes) for frame in (houses, spots))
    columns = ("code", "lon", "lat")
    land = pl.concat([houses.select(columns), spots.select(columns)])
    rows = [
        (int(i), codes[int(i)], codes[int(i)], "", 0, *_cover(*at))
        for i, at in _groups(land["code"], land)
    ]
    held = {row[1] for row in rows}
    more = [
        (z["code"], *_lone(z["lon"], z["lat"], _BOX_M))
        for z in zips.rows.iter_rows(named=True)
        if z["code"] not in held
    ]
    wide = pl.DataFrame(
        [(i, wider) for i, code in enumerate(codes) for wider in wider_postcodes(code)],
        schema={"code": pl.Int64, "wider": pl.String},
        orient="row",
    )
    wider_land = land.join(wide.unique(), on="code").sort("wider", "lon", "lat")
    more += [(key, *_cover(*at)) for key, at in _groups(wider_land["wider"], wider_land)]
    rows += [(i, key, key, "", 0, *cover) for i, (key, *cover) in enumerate(more, len(codes))]
    return pl.DataFrame(rows, schema=ANCHORS, orient="row"), houses, spots


def block_anchors(houses: pl.DataFrame) -> pl.DataFrame:
    """Where the houses of each numbered block ("91" of 91-1234) are, of blocks with a few."""
    numbered = houses.filter(pl.col("block") > 0).select("lon", "lat", pl.col("block"))
    near = _together(numbered, "block").filter(pl.len().over("block") >= 3)
    rows = [
        (i, str(block), str(block), "", 0, *_cover(*at))
        for i, (block, at) in enumerate(_groups(near["block"], near))
    ]
    return pl.DataFrame(rows, schema=ANCHORS, orient="row")


def _together(frame: pl.DataFrame, by: str) -> pl.DataFrame:
    """Without the few rows of each group that lie far from the rest of it."""
    apart = (pl.col("lon", "lat") - pl.col("lon", "lat").median().over(by)).abs()
    away = frame.with_columns(apart.name.suffix("_off"))
    off = pl.col("lon_off") + pl.col("lat_off")
    near = away.filter(off <= 0.02 + 4 * off.median().over(by))
    return near.select(frame.columns)


def _seeds(houses: pl.DataFrame, spots: pl.DataFrame, zips: RegionZips) -> pl.DataFrame:
    """Where each postcode is seen, without the few that lie far from the rest of theirs."""
    columns = ("postcode", "lon", "lat")
    seen = pl.concat([houses.select(columns), spots.select(columns)])
    seen = seen.filter(pl.col("postcode") != "")
    near = _together(seen, "postcode")
    centroids = zips.rows.filter("streets").select(pl.col("code").alias("postcode"), "lon", "lat")
    return pl.concat([near, centroids])


def _with_code(frame: pl.DataFrame, seeds: pl.DataFrame, codes: pl.Series) -> pl.DataFrame:
    """`code`: the id of the row's own postcode or of the nearest seed's; -1 where none is known."""
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


def _cover(lon: Floats, lat: Floats) -> tuple[float, float, float, bytes]:
    """Middle, radius that holds 95 % of the points, and dots that cover them."""
    middle = float(np.median(lon)), float(np.median(lat))
    off = np.linalg.norm(on_the_globe(lon, lat) - on_the_globe(*map(np.array, middle)), axis=-1)
    radius = float(np.quantile(off, 0.95)) + _DOT_M
    return (*middle, radius, _dots(lon, lat, np.zeros(len(lon))))


def _lone(lon: float, lat: float, radius: float) -> tuple[float, float, float, bytes]:
    return lon, lat, radius, np.array([[lon, lat, radius]], np.float32).tobytes()


def _dots(lon: Floats, lat: Floats, radius: Floats) -> bytes:
    """At most `_MOST_DOTS` dots that cover the given ones: float32 lon, lat, metres."""
    cell = _DOT_DEGREES
    narrow = float(np.cos(np.radians(np.median(lat))))
    while True:
        at = np.stack([np.floor(lon * narrow / cell), np.floor(lat / cell)], axis=1)
        _, row = np.unique(at, axis=0, return_inverse=True)
        n = np.bincount(row)
        if len(n) <= _MOST_DOTS:
            break
        cell *= 1.5
    widest = np.zeros(len(n))
    np.maximum.at(widest, row, radius)
    reach = np.where(n > 1, 0.6 * cell * METRES_PER_DEGREE, _DOT_M)
    dots = [np.bincount(row, lon) / n, np.bincount(row, lat) / n, np.maximum(widest, reach)]
    return np.stack(dots, axis=1).astype(np.float32).tobytes()


def town_anchors(
    named: pl.DataFrame, houses: pl.DataFrame, zips: RegionZips, codes: pl.DataFrame
) -> pl.DataFrame:
    """The towns' anchors: of places on the map, of towns in addresses, of ZIP codes' towns."""
    sure = pl.concat([_of_map(named), _of_zips(zips, codes)])
    seen = pl.concat([sure, _well_spelt(_of_houses(houses), sure)])
    rows: list[tuple[Any, ...]] = []
    for (key,), group in (
        seen.filter(pl.col("key") != "").sort(_ORDER).group_by(["key"], maintain_order=True)
    ):
        at = on_the_globe(group["lon"].to_numpy(), group["lat"].to_numpy())
        pairs = cKDTree(at).query_pairs(_ONE_TOWN_M, output_type="ndarray")
        links = coo_array((np.ones(len(pairs)), pairs.T), shape=(len(at), len(at)))
        count, label = connected_components(links, directed=False)
        rows.extend((key, *_town(group.filter(label == i))) for i in range(count))
    return pl.DataFrame(
        [(i, *row) for i, row in enumerate(rows)], schema=ANCHORS, orient="row"
    ).with_columns(state=_states(rows, zips))


def _town(dots: pl.DataFrame) -> tuple[Any, ...]:
    """Name, state, rank, middle, radius and dots of one town; its rows are ordered by rank."""
    lon, lat, radius = (dots[column].to_numpy() for column in ("lon", "lat", "radius"))
    rank = int(dots["rank"][0])
    if dots["mapped"][0]:
        middle = float(lon[0]), float(lat[0])
    else:
        middle = float(np.median(lon)), float(np.median(lat))
    off = np.linalg.norm(on_the_globe(lon, lat) - on_the_globe(*map(np.array, middle)), axis=-1)
    reach = float(np.quantile(off + radius, 0.95))
    return dots["name"][0], "", rank, *middle, reach, _dots(lon, lat, radius)


def _states(rows: list[tuple[Any, ...]], zips: RegionZips) -> pl.Series:
    """The state of the nearest ZIP code, "" outside the USA."""
    if not len(zips.rows) or not rows:
        return pl.Series("state", [""] * len(rows), dtype=pl.String)
    tree = cKDTree(on_the_globe(zips.rows["lon"].to_numpy(), zips.rows["lat"].to_numpy()))
    lon, lat = (np.array([row[i] for row in rows]) for i in (4, 5))
    _, nearest = tree.query(on_the_globe(lon, lat))
    states = zips.rows["state"].to_list()
    near = [states[i] for i in np.asarray(nearest).tolist()]
    return pl.Series("state", near, dtype=pl.String)


def _of_map(named: pl.DataFrame) -> pl.DataFrame:
    rows = [
        (town_key(name), name, *_PLACES[kind][:1], lon, lat, _PLACES[kind][1], True)
        for name, kind, lon, lat in named.iter_rows()
    ]
    return pl.DataFrame(rows, schema=_DOTS, orient="row")


def _of_houses(houses: pl.DataFrame) -> pl.DataFrame:
    """A dot for each small cell with several houses of the town, or any when it has few."""
    cell = 0.01
    cells = houses.filter(pl.col("town") != "").group_by(
        "town", (pl.col("lon") / cell).floor().alias("x"), (pl.col("lat") / cell).floor().alias("y")
    )
    dots = cells.agg(pl.col("lon", "lat").mean(), n=pl.len())
    dots = dots.filter((pl.col("n") > 1) | (pl.col("n").sum().over("town") < 6))
    return _as_dots(dots.rename({"town": "key"}), 0.6 * cell * METRES_PER_DEGREE)


def _of_zips(zips: RegionZips, codes: pl.DataFrame) -> pl.DataFrame:
    """The dots of every ZIP code of a town."""
    land = codes.select(pl.col("key").alias("code"), "dots")
    rows: list[tuple[Any, ...]] = []
    for z in zips.rows.join(land, on="code").sort("code").iter_rows(named=True):
        dots = np.frombuffer(z["dots"], np.float32).reshape(-1, 3).astype(float).tolist()
        for i, name in enumerate(z["names"]):
            rank = _ALIAS_RANK if i else _POSTAL_RANK
            rows.extend((town_key(name), name, rank, *dot, False) for dot in dots)
    return pl.DataFrame(rows, schema=_DOTS, orient="row")


def _well_spelt(dots: pl.DataFrame, sure: pl.DataFrame) -> pl.DataFrame:
    """Without the towns that only a few houses name and that look like one on the map."""
    towns = sure["key"].unique().sort().to_list()
    known = frozenset(towns)
    counted = dots["key"].value_counts().sort("key")
    wrong = [
        key
        for key, n in counted.iter_rows()
        if n < _FEW and key not in known and len(key) > 4
        if process.extractOne(key, towns, scorer=OSA.distance, score_cutoff=2)
    ]
    return dots.filter(~pl.col("key").is_in(wrong))


def _as_dots(frame: pl.DataFrame, radius: float) -> pl.DataFrame:
    return frame.select(
        "key",
        pl.col("key").str.to_titlecase().alias("name"),
        pl.lit(_POSTAL_RANK, pl.Int64).alias("rank"),
        "lon",
        "lat",
        pl.lit(radius).alias("radius"),
        pl.lit(value=False).alias("mapped"),
    )
