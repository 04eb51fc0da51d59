"""Partners: accountants, lawyers, agencies and the like who could introduce us to clients.

Found among a region's places or read from a list, then ordered by the drive to them and by how
many prospects and clients are near them.
"""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
import polars as pl
from numpy.typing import NDArray

from app.businesses.kinds import PARTNERS
from app.clients.partners.candidates import (
    OTHER,
    SAME_PARTNER_M,
    Candidates,
    deduplicate,
    from_places,
    from_prospects,
)
from app.errors import BadInput, BadQuestion
from app.find.ground import Ground
from app.find.pipeline import SHOWN_MINUTES, minute_limits
from app.find.question import Question
from app.geo.driving.engine import Drives, Driving, Engine, Road, within_limit
from app.geo.driving.estimate import EstimateEngine
from app.geo.places.same_business import plain_name
from app.geo.points import (
    METRES_PER_MILE,
    Floats,
    Ints,
    Mask,
    Point,
    Points,
    miles_between,
    on_the_globe,
)

__all__ = [
    "OTHER",
    "Candidates",
    "Introductions",
    "Named",
    "count_nearby",
    "deduplicate",
    "from_places",
    "from_prospects",
    "rank_partners",
]

STEP_MINUTES = 10.0  # partners within one such step of drive are ordered by who is near them
# Straight-line miles that no minute of driving exceeds: engines assume no car over 140 km/h.
FASTEST_MILES = 1.5
UNKNOWN = -1  # how many are near a partner, where it can't be told
# Why a candidate is left out, in the order shown.
BEYOND, NEARER, NO_ROAD = "beyond", "nearer than asked for", "no road"
OUTSIDE, NOT_PLACED = "outside the map", "not placed"
_WHY = (BEYOND, NEARER, NO_ROAD, OUTSIDE, NOT_PLACED)
_WHY_OF = {
    Road.UNKNOWN: NOT_PLACED,
    Road.BEYOND: BEYOND,
    Road.TOO_FAR: BEYOND,
    Road.NO_ROAD: NO_ROAD,
    Road.OFF_ROAD: NO_ROAD,
    Road.OUTSIDE: OUTSIDE,
}
_COUNTED = ("prospects", "clients")
_COLUMNS = {
    **dict.fromkeys(("name", "kind"), pl.String),
    **dict.fromkeys(("minutes", "miles"), pl.Float64),
    **dict.fromkeys((*(f"{name}_nearby" for name in _COUNTED), "clients_naming"), pl.Int64),
    **dict.fromkeys(("address", "phone", "website"), pl.String),
    **dict.fromkeys(("lat", "lon"), pl.Float64),
    **dict.fromkeys(("source", "reason"), pl.String),
}

type PartnerProgress = Callable[[int, int], None]


class Named(NamedTuple):
    """Businesses by name and point, in columns of equal length."""

    name: Sequence[str]
    at: Points

    @classmethod
    def joined(cls, several: Sequence["Named"]) -> "Named":
        """All of them in that order."""
        columns = ([getattr(one.at, name) for one in several] for name in ("lon", "lat"))
        lon, lat = (np.concatenate([[], *column]) for column in columns)
        return cls([name for one in several for name in one.name], Points(lon, lat))


def count_nearby(
    engine: Engine,
    partners: Named,
    others: Named,
    minutes: float,
    how: Driving,
    progress: PartnerProgress | None = None,
) -> Ints:
    """How many of the others are at most so many minutes' drive from each partner, shape (n,).

    A partner's own entry among the others (its plain name within `SAME_PARTNER_M`) does not
    count. `UNKNOWN` where a partner has no point or is over 500 m from any road. Partners at one
    point (to 0.00001 degrees) are asked once; `progress` hears how many points are done, and of
    how many. Raises BackendFailed when the engine can't be used.
    """
    return _nearby(engine, partners, {"": others}, (minutes, how), progress)[""]


def _nearby(
    engine: Engine,
    partners: Named,
    others: Mapping[str, Named],
    within: tuple[float, Driving],
    progress: PartnerProgress | None,
) -> dict[str, Ints]:
    """`count_nearby` for several sets of others, with one question for each point."""
    sets = np.repeat(np.arange(len(others)), [len(other.name) for other in others.values()])
    counts = np.full((len(others), len(partners.name)), UNKNOWN, dtype=np.int64)
    spots, spot_of = _spots(partners.at)
    joined = Named.joined(list(others.values()))
    near = _near_any(spots, joined.at, within)
    at, own = joined.at[near], _own(partners, joined)
    for spot in range(len(spots)):
        home = Point(float(spots.lon[spot]), float(spots.lat[spot]))
        reached = _reached(engine, home, at, within)
        for row in np.flatnonzero(spot_of == spot) if reached is not None else ():
            counted = sets[np.setdiff1d(near[reached], own[row])]
            counts[:, row] = np.bincount(counted, minlength=len(others))
        if progress:
            progress(spot + 1, len(spots))
    return dict(zip(others, counts, strict=True))


def _spots(at: Points) -> tuple[Points, Ints]:
    """The distinct points, and which of them each row is at; -1 where it has none."""
    known = np.flatnonzero(at.known)
    pairs = np.round(np.stack([at.lon[known], at.lat[known]], axis=1), 5)
    each, which = np.unique(pairs, axis=0, return_inverse=True)
    spot_of = np.full(len(at), -1)
    spot_of[known] = which.ravel()
    return Points(each[:, 0].copy(), each[:, 1].copy()), spot_of


def _near_any(spots: Points, others: Points, within: tuple[float, Driving]) -> Ints:
    """The others that so many minutes might reach from any of the spots.

    One set for all of them, so that the engine finds their roads once: that halved the time of
    46 partners and 22,000 others on O'ahu.
    """
    from scipy.spatial import cKDTree

    minutes, how = within
    metres = minutes / how.traffic * FASTEST_MILES * METRES_PER_MILE
    known = np.flatnonzero(others.known)
    tree = cKDTree(on_the_globe(spots.lon, spots.lat))
    away, _ = tree.query(on_the_globe(others.lon[known], others.lat[known]))
    near: Ints = known[away <= metres]
    return near


def _reached(engine: Engine, home: Point, to: Points, within: tuple[float, Driving]) -> Mask | None:
    """Which of them the drive reaches in time; None where the home is off the road."""
    minutes, how = within
    try:
        drives = engine.drives(home, to, np.full(len(to), np.nan), (minutes,), how)
    except BadInput:
        return None
    return within_limit(drives.minutes, minutes)


def _own(partners: Named, others: Named) -> list[Ints]:
    """For each partner the rows of the others that are the partner itself."""
    plain = [plain_name(name) for name in partners.name]
    rows: dict[str, list[int]] = {name: [] for name in plain}
    for i, name in enumerate(others.name):
        if (same_name := plain_name(name)) in rows and same_name:
            rows[same_name].append(i)
    theirs = on_the_globe(others.at.lon, others.at.lat)
    mine = on_the_globe(partners.at.lon, partners.at.lat)
    same = [np.array(rows[name], dtype=np.int64) for name in plain]
    away = [np.linalg.norm(theirs[r] - here, axis=1) for r, here in zip(same, mine, strict=True)]
    return [r[metres <= SAME_PARTNER_M] for r, metres in zip(same, away, strict=True)]


@dataclass(frozen=True)
class Introductions:
    """Partners within the drive, in the order to call on them; columns as `candidates`.

    minutes, miles: the drive and the straight line from the home base. nearby: how many
    "prospects" and "clients" are within `within` minutes' drive of each, `UNKNOWN` where it can't
    be told; a set that was not given is not in it. left_out: how many candidates are not here,
    by why; with these they add up to all. estimated: there is no map, minutes are estimates.
    naming: how many clients name each as their adviser; None where no clients were given.
    """

    candidates: Candidates
    minutes: Floats
    miles: Floats
    nearby: Mapping[str, Ints]
    within: float
    left_out: Mapping[str, int]
    estimated: bool = False
    naming: Ints | None = None

    def __len__(self) -> int:
        return len(self.candidates)

    @property
    def counts(self) -> dict[str, int]:
        """How many of each kind, in the order of `kinds.PARTNERS`; kinds without any left out."""
        found = Counter(self.candidates.kind)
        return {kind: found[kind] for kind in (*PARTNERS, OTHER) if found[kind]}

    @property
    def reasons(self) -> list[str]:
        """One sentence each: "Lawyer 12.4 min away; 31 prospects and 2 clients within 5 min"."""
        return [self._reason(row) for row in range(len(self))]

    def _reason(self, row: int) -> str:
        naming = 0 if self.naming is None else int(self.naming[row])
        if not naming:
            return f"{self._near(row)}."
        clients = "one of your clients names" if naming == 1 else f"{naming} of your clients name"
        return f"{self._near(row)}; {clients} them as an adviser."

    def _near(self, row: int) -> str:
        about = " (estimated)" if self.estimated else ""
        kind = self.candidates.kind[row]
        away = f"{kind[:1].upper()}{kind[1:]} {self.minutes[row]:.1f} min away{about}"
        near = {name: int(counts[row]) for name, counts in self.nearby.items()}
        if not near:
            return away
        if UNKNOWN in near.values():
            return f"{away}; how many are near them is not known"
        told = " and ".join(f"{n} {name if n != 1 else name[:-1]}" for name, n in near.items())
        return f"{away}; {told} within {self.within:g} min of them"

    def frame(self) -> pl.DataFrame:
        """A row each, for people and files: minutes to 0.1, miles to 0.01, degrees to 6 places.

        prospects_nearby, clients_nearby and clients_naming are null where not known or not asked
        for.
        """
        c = self.candidates
        numbers = np.round(self.minutes, 1), np.round(self.miles, 2)
        near = [self._counted(name) for name in _COUNTED]
        near.append([None] * len(self) if self.naming is None else self.naming.tolist())
        point = np.round(c.at.lat, 6), np.round(c.at.lon, 6)
        contact = list(c.address), list(c.phone), list(c.website)
        columns = [list(c.name), list(c.kind), *numbers, *near, *contact, *point, list(c.source)]
        return pl.DataFrame([*columns, self.reasons], schema=_COLUMNS)

    def tables(self) -> tuple[pl.DataFrame, pl.DataFrame]:
        """`frame` in two: the partners as a list that `find` reads again, and our columns."""
        frame = self.frame()
        who = frame.select(
            pl.col("name").alias("Name"),
            pl.col("kind").alias("Kind"),
            pl.col("address").alias("Full Address"),
            pl.col("phone").alias("Phone"),
            pl.col("website").alias("Website"),
            pl.col("lat").alias("Latitude"),
            pl.col("lon").alias("Longitude"),
            pl.col("source").alias("Source"),
        )
        said = frame.select(
            *("minutes", "miles", "prospects_nearby", "clients_nearby", "clients_naming"),
            *("lat", "lon"),
            pl.col("reason").alias("reasons"),
        )
        return who, said

    def document(self) -> dict[str, Any]:
        """All of it as JSON."""
        return {
            "partners": self.rows(),
            "counts": self.counts,
            "left_out": dict(self.left_out),
            "within_minutes": self.within,
        }

    def _counted(self, name: str) -> list[int | None]:
        known = self.nearby.get(name)
        if known is None:
            return [None] * len(self)
        return [None if n == UNKNOWN else n for n in known.tolist()]

    def rows(self) -> list[dict[str, Any]]:
        """The rows of `frame` as objects."""
        return self.frame().to_dicts()


def rank_partners(
    candidates: Candidates,
    ground: Ground,
    question: Question,
    others: Mapping[str, Named],
    within: float = 5.0,
    progress: PartnerProgress | None = None,
) -> Introductions:
    """The candidates within the question's minutes (and miles, if asked) of the home base.

    Both bounds are inclusive; without a limit in minutes those within `SHOWN_MINUTES` count,
    unless miles are asked for. `others` are "prospects" and "clients", either may be missing;
    `within` is the minutes around a partner in which they count, estimated where a metered engine
    would have to be asked around each partner. Ordered by steps of
    `STEP_MINUTES` of the drive, then most of them near, then minutes, then name.

    Raises BadQuestion for bad names or minutes, BadInput where the home base is off the road,
    BackendFailed when the engine can't be used.
    """
    _check(others, within)
    at, how = candidates.at, question.how
    radius = np.full(len(candidates), np.nan)
    ends = ground.arrive(at, [""] * len(at))
    drives = ground.engine.drives(ground.start, ends, radius, minute_limits(question.spot), how)
    miles = miles_between(ground.home.at, at)
    why = _left_out(drives, miles, question)
    rows = np.flatnonzero(why == "")
    kept = candidates.take(rows)
    named = {name: others[name] for name in _COUNTED if name in others}
    engine = EstimateEngine() if ground.engine.metered else ground.engine
    near = _nearby(engine, Named(kept.name, kept.at), named, (within, how), progress)
    order = _order(kept, drives.minutes[rows], near)
    return Introductions(
        kept.take(order),
        drives.minutes[rows][order],
        miles[rows][order],
        {name: counts[order] for name, counts in near.items()},
        within,
        {reason: n for reason in _WHY if (n := int((why == reason).sum()))},
        estimated=ground.engine.name.startswith("estimate"),
    )


def _check(others: Mapping[str, Named], within: float) -> None:
    for name in others:
        if name not in _COUNTED:
            raise BadQuestion(f"nearby {name!r}: expected {' or '.join(_COUNTED)}", field="nearby")
    if not 0 < within <= SHOWN_MINUTES:
        raise BadQuestion(
            f"within {within:g}: expected minutes of more than 0 and at most {SHOWN_MINUTES:g}",
            field="within",
        )


def _left_out(drives: Drives, miles: Floats, question: Question) -> NDArray[np.str_]:
    """Why each candidate is left out, "" where it is not."""
    spot = question.spot
    low, high = spot.minutes or (0.0, np.inf if spot.miles else SHOWN_MINUTES)
    near, far = spot.miles or (0.0, np.inf)
    why = np.array([_WHY_OF.get(Road(road), "") for road in drives.road], dtype="U32")
    reached = why == ""
    why[reached & (~within_limit(drives.minutes, high) | (miles > far))] = BEYOND
    why[(why == "") & ((drives.minutes < low) | (miles < near))] = NEARER
    return why


def _order(kept: Candidates, minutes: Floats, near: Mapping[str, Ints]) -> Ints:
    """By drive in steps, who has most around them, drive, name; then by place."""
    step = np.floor(np.round(minutes, 1) / STEP_MINUTES)
    around = sum((np.maximum(counts, 0) for counts in near.values()), np.zeros(len(kept), np.int64))
    place = kept.at.lon, kept.at.lat, kept.kind
    keys = zip(step, -around, minutes, kept.name, *place, strict=True)
    ranks = [(*key, row) for row, key in enumerate(keys)]
    return np.array([rank[-1] for rank in sorted(ranks)], dtype=np.int64)
