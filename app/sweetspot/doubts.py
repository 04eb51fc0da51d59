"""What would settle the rows that may fit: where they are, the drive there, or how large they are.

1. Place: not located, or so roughly that the reach lies on both sides of a limit.
2. Reach: no drive is known there, or it is only estimated: a map that holds it tells.
3. Size: unknown, or on both sides of a limit.
4. Industry, advisers: unknown.

A row may have several, and each that is `maybe` has one at least.
"""

from collections.abc import Mapping

import numpy as np

from app.geo.driving.engine import Road
from app.geo.points import Mask
from app.sweetspot.criteria import Verdict
from app.sweetspot.judge import Judged

DOUBTS = ("place", "reach", "size", "industry", "advisers")
# Where no engine can say the drive, but for rows whose place is not known either.
UNKNOWN = (Road.UNKNOWN, Road.OUTSIDE, Road.NOT_ASKED)


def find_doubts(judged: Judged) -> Mapping[str, Mask]:
    """By each of DOUBTS the rows that it keeps at `maybe`; bool, shape (n,) each."""
    by, maybe = judged.case.by, judged.verdict == Verdict.MAYBE
    unsure = {name: maybe & (verdicts == Verdict.MAYBE) for name, verdicts in by.items()}
    nobody = np.zeros(len(judged), bool)
    located = judged.case.known.fixes.at.known
    by_road = located & unsure.get("minutes", nobody)
    reach = by_road & _drive_unknown(judged)
    found = {
        "place": maybe & (judged.reach == Verdict.MAYBE) & ~located,
        "reach": reach,
        "size": maybe & (judged.size == Verdict.MAYBE),
        "industry": unsure.get("industry", nobody),
        "advisers": unsure.get("advisers", nobody),
    }
    found["place"] |= (by_road & ~reach) | (located & unsure.get("miles", nobody))
    return found


def _drive_unknown(judged: Judged) -> Mask:
    """2."""
    known = judged.case.known
    unknown: Mask = np.isin(known.drives.road, UNKNOWN)
    if known.origins is None:
        return unknown | known.engine.startswith("estimate")
    estimated = np.array([name.startswith("estimate") for name in known.origins.engines])
    unknown |= estimated[known.origins.home] | (known.origins.nearer >= 0)
    return unknown
