"""The US ZIP codes of a region: those of the `zipcodes` package that are near its streets."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import polars as pl
from scipy.spatial import cKDTree

from app.geo.addresses.street_names import town_key
from app.geo.columns import row_slices
from app.geo.openstreetmap import DEGREE, Wholes
from app.geo.points import Floats, Ints, Mask, on_the_globe

# Judgement, all of these; what they come to is measured by bench/geocode.py.
_INSIDE_M = 5_000.0  # a ZIP centroid this near to a street lies in the region
_INSIDE_DEGREES = 0.1  # around the region's box, wider than that
_SQUARE, _SQUARE_M = 100_000, 1_600.0  # of the ground, in tens of nanodegrees; across, and more
_WRONG_M = 50_000.0  # a ZIP code's land this far from its row: the row's code is wrong


@dataclass(frozen=True)
class Vicinity:
    """Where the streets of a region are, in tens of nanodegrees; asked which points are near.

    One corner of each square decides for all points but those at the edge of what is near.
    """

    x: Wholes
    y: Wholes

    @property
    def box(self) -> tuple[float, float, float, float]:
        """West, south, east, north."""
        edges = self.x.min(), self.y.min(), self.x.max(), self.y.max()
        west, south, east, north = (float(edge) / DEGREE for edge in edges)
        return west, south, east, north

    @cached_property
    def _thinned(self) -> cKDTree:
        square = (self.x.astype(np.int64) // _SQUARE << 32) + self.y // _SQUARE
        _, first = np.unique(square, return_index=True)
        return self._tree(first)

    def _tree(self, rows: Ints | slice) -> cKDTree:
        return cKDTree(on_the_globe(self.x[rows] / DEGREE, self.y[rows] / DEGREE))

    def near(self, lon: Floats, lat: Floats, most: float) -> Mask:
        """Which points are less than so many metres from any of it; none is where it is empty."""
        if not len(lon) or not len(self.x):
            return np.zeros(len(lon), bool)
        at = on_the_globe(lon, lat)
        off, _ = self._thinned.query(at, distance_upper_bound=most + _SQUARE_M)
        near = np.asarray(off < most)
        unsure = np.flatnonzero(~near & np.isfinite(off))
        for rows in row_slices(len(self.x) if len(unsure) else 0):
            off, _ = self._tree(rows).query(at[unsure], distance_upper_bound=most)
            near[unsure] |= np.isfinite(off)
        return near

    def rows_near(self, frame: pl.DataFrame, most: float) -> pl.DataFrame:
        """The rows near it; all where it is empty."""
        if not len(self.x):
            return frame
        lon, lat = (frame[column].to_numpy() for column in ("lon", "lat"))
        return frame.filter(pl.Series(self.near(lon, lat, most), dtype=pl.Boolean))


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
    def inside(cls, ground: Vicinity) -> "RegionZips":
        """The ones whose centroid lies near a street of the region."""
        at = ((z["zip_code"], float(z["long"] or 0), float(z["lat"] or 0)) for z in _every_zip())
        schema = {"postcode": pl.String, "zip_lon": pl.Float64, "zip_lat": pl.Float64}
        every = pl.DataFrame(list(at), schema=schema, orient="row")
        kept = _near_centroids(every["zip_lon"].to_numpy(), every["zip_lat"].to_numpy(), ground)
        rows = [_zip_row(z) for z, keep in zip(_every_zip(), kept, strict=True) if keep]
        columns = ("code", "town", "names", "state", "lon", "lat", "streets")
        frame = pl.DataFrame(rows, schema=columns, orient="row") if rows else _no_zips()
        return cls(frame, *_elsewhere(kept), every.filter(pl.col("zip_lat") != 0))

    def is_wrong(self, postcode: pl.Series, lon: Floats, lat: Floats) -> Mask:
        """1. Whether a row's postcode is a ZIP code whose land is far from it."""
        if self.rows.is_empty():
            return np.zeros(len(lon), bool)
        codes = pl.DataFrame({"postcode": postcode})
        known = codes.join(self.every, on="postcode", how="left", maintain_order="left")
        to_lon, to_lat = (known[column].to_numpy() for column in ("zip_lon", "zip_lat"))
        off = np.linalg.norm(on_the_globe(lon, lat) - on_the_globe(to_lon, to_lat), axis=-1)
        return np.asarray(off > _WRONG_M)

    def facts(self, named: frozenset[str]) -> dict[str, Any]:
        """What tells an address of another region from one of this; `named`: more states."""
        return {
            "states": self.states + sorted(named - set(self.states)),
            "elsewhere": list(self.elsewhere),
            "towns_elsewhere": list(self.towns_elsewhere),
        }


def _near_centroids(lon: Floats, lat: Floats, ground: Vicinity) -> Mask:
    """Which ZIP codes have their place near the ground."""
    kept = np.zeros(len(lon), bool)
    if len(ground.x):
        west, south, east, north = ground.box
        inside = (lon > west - _INSIDE_DEGREES) & (lon < east + _INSIDE_DEGREES)
        inside &= (lat > south - _INSIDE_DEGREES) & (lat < north + _INSIDE_DEGREES)
        near = np.flatnonzero(inside & (lat != 0))
        kept[near] = ground.near(lon[near], lat[near], _INSIDE_M)
    return kept


def _every_zip() -> Iterator[dict[str, Any]]:
    """All ZIP codes, ascending; never all of them at once, for together they take 100 MB."""
    import zipcodes

    for start in range(100):
        yield from zipcodes.similar_to(f"{start:02}")  # type: ignore[no-untyped-call]


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


def _elsewhere(kept: Mask) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """ZIP codes that begin like the region's, and towns of its states, that are not in it."""
    inside = [z for z, keep in zip(_every_zip(), kept, strict=True) if keep]
    if not inside:
        return (), ()
    states = {z["state"] for z in inside}
    prefixes = {z["zip_code"][:3] for z in inside}
    towns = {town for z in inside for town in _towns(z)}
    codes: list[str] = []
    others: set[str] = set()
    for z, keep in zip(_every_zip(), kept, strict=True):
        if keep or float(z["lat"]) == 0:
            continue
        if z["zip_code"][:3] in prefixes:
            codes.append(z["zip_code"])
        if z["state"] in states:
            others.update(_towns(z))
    return tuple(sorted(codes)), tuple(sorted(others - towns))


def _towns(z: dict[str, Any]) -> Iterator[str]:
    return map(town_key, [z["city"], *z["acceptable_cities"]])
