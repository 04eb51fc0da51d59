"""The extracts for a circle: the home base's, and those that a road could reach inside it.

1. An extract that is mostly made of others (a country of states) is passed over for them, unless
   nothing smaller holds the home base.
2. Two extracts are neighbours where their outlines meet inside the circle and the water between
   them is not a sea without a bridge (`seas`). From those that hold the home base one goes on from
   neighbour to neighbour; what is not come to that way can't be driven to inside the circle.
3. The smallest that holds the home base is taken; then, again and again, the neighbour of those
   taken that adds most, as long as it adds 2 % of the circle's land, or lies in the circle for its
   greater part: the District of Columbia, Bristol or Liechtenstein are no slivers, and a hole in
   the middle of the map turns drives around it.
4. One that lies inside another that is taken is left out.

The circle's land is its share of the outlines of all that can be reached. The index has no
coastline: where outlines reach out to sea, that water counts as land. So on a coast all shares are
too small or too large together, an extract that is there with its water only is taken (Michigan,
seen from Milwaukee), and one with a few beaches may fall under the 2 %.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import shapely
from shapely.geometry.base import BaseGeometry

from app.errors import NoSuchRegion
from app.geo.regions.circle import Circle
from app.geo.regions.index import Extract
from app.geo.regions.seas import are_parted

WORTH_A_FILE = 0.02  # of the circle's land, as asked for
_SLIVER = 1e-4  # the whole circle's: less is between two outlines of one border
_INSIDE = 0.98  # of its area: then one extract counts as a part of another
_MADE_OF_PARTS = 0.2  # of its area: the parts of the Alps are 26 %, those of Ukraine 7 %
_MEETING = 0.01  # degrees, a kilometre: outlines that were simplified need not touch


@dataclass(frozen=True, slots=True)
class Choice:
    """An extract, and which share of the circle's land it adds to those before it, 0 to 1."""

    extract: Extract
    adds: float


@dataclass(frozen=True, slots=True)
class _Piece:
    """What of an extract is in the circle."""

    extract: Extract
    ground: BaseGeometry


def choose_extracts(
    index: Sequence[Extract], circle: Circle, *, whole: bool = False
) -> list[Choice]:
    """The extracts for a circle, the home base's first, then by what they add.

    `whole`: all that it touches, across the sea and however little. Raises NoSuchRegion where no
    extract holds the home base.
    """
    around, home = circle.ground, shapely.Point(circle.home.lon, circle.home.lat)
    touching = [e for e in index if e.ground.intersects(around)]
    holding = sorted((e for e in touching if e.ground.covers(home)), key=_size)
    if not holding:
        raise NoSuchRegion(
            f"the index of maps has nothing around {circle.home.lat:.4f}, {circle.home.lon:.4f}: "
            "is the home base at sea?"
        )
    small = [e for e in touching if not _is_made_of_parts(e, index)]
    starts = [e for e in holding if e in small] or holding[:1]
    others = [e for e in small if e not in starts]
    pieces = [_Piece(e, e.ground.intersection(around)) for e in starts + others]
    if not whole:
        pieces = _reachable(pieces, len(starts))
    land = shapely.union_all([piece.ground for piece in pieces]).area
    taken = list(_worthwhile(pieces, land, whole))
    return _choices([p for p in taken if not _is_covered(p, taken)], land)


def _size(extract: Extract) -> tuple[float, str]:
    return extract.ground.area, extract.id


def _is_made_of_parts(extract: Extract, index: Sequence[Extract]) -> bool:
    """True for a country that is also offered state by state, and the like."""
    parts, area = 0, 0.0
    for other in index:
        if other is not extract and _is_inside(other, extract):
            parts, area = parts + 1, area + other.ground.area
            if parts > 1 and area > _MADE_OF_PARTS * extract.ground.area:
                return True
    return False


def _is_inside(small: Extract, large: Extract) -> bool:
    if small.ground.area >= large.ground.area or not small.ground.intersects(large.ground):
        return False
    shared = small.ground.intersection(large.ground).area
    return bool(shared >= _INSIDE * small.ground.area)


def _reachable(pieces: Sequence[_Piece], starts: int) -> list[_Piece]:
    """The first ones, and those that can be come to from them."""
    found, left = list(pieces[:starts]), list(pieces[starts:])
    for one in found:  # it grows meanwhile
        nearby = [piece for piece in left if _are_neighbours(one, piece)]
        found += nearby
        left = [piece for piece in left if piece not in nearby]
    return found


def _are_neighbours(one: _Piece, other: _Piece) -> bool:
    return not are_parted(one.extract.id, other.extract.id) and bool(
        shapely.dwithin(one.ground, other.ground, _MEETING)
    )


def _worthwhile(pieces: Sequence[_Piece], land: float, whole: bool) -> Iterator[_Piece]:
    """The first one, then whichever adds most to those before it, as long as that is enough."""
    taken, left, covered = [pieces[0]], list(pieces[1:]), pieces[0].ground
    yield pieces[0]
    while True:
        nearby = [p for p in left if whole or any(_are_neighbours(p, t) for t in taken)]
        adding = [(_added(p, covered), p.extract.id, p) for p in nearby]
        enough = [one for one in adding if one[0] >= _least(one[2], whole) * land]
        if not enough:
            return
        best = max(enough, key=lambda one: one[:2])[2]
        yield best
        taken.append(best)
        left.remove(best)
        covered = covered.union(best.ground)


def _least(piece: _Piece, whole: bool) -> float:
    """The share of the land that it has to add."""
    lies_inside = piece.ground.area > piece.extract.ground.area / 2
    return _SLIVER if whole or lies_inside else WORTH_A_FILE


def _added(piece: _Piece, covered: BaseGeometry) -> float:
    return float(piece.ground.difference(covered).area)


def _is_covered(piece: _Piece, taken: Sequence[_Piece]) -> bool:
    return any(_is_inside(piece.extract, other.extract) for other in taken if other is not piece)


def _choices(taken: Sequence[_Piece], land: float) -> list[Choice]:
    covered: BaseGeometry = shapely.Polygon()
    choices = []
    for piece in taken:
        choices.append(Choice(piece.extract, _added(piece, covered) / land))
        covered = covered.union(piece.ground)
    return choices
