"""The verdict on the drive alone, by minutes and by miles, and how verdicts are joined."""

from dataclasses import replace
from math import inf

import numpy as np

from app.businesses.prospects import Ranges
from app.geo.driving.engine import Drives, Road, within_limit
from app.geo.geocoding.geocoder import Accuracy, Fixes
from app.geo.points import METRES_PER_MILE, Floats, Mask
from app.sweetspot.criteria import Limits, SweetSpot, Verdict
from app.sweetspot.reasons import Verdicts

FAIL, MAYBE, PASS = Verdict.FAIL.value, Verdict.MAYBE.value, Verdict.PASS.value


def rank_reach(spot: SweetSpot, fixes: Fixes, miles: Floats, drives: Drives) -> Verdicts:
    """Whether each lies within the upper bounds of the reach, whatever the lower ones are."""
    minutes, away = (bounds and (0.0, bounds[1]) for bounds in (spot.minutes, spot.miles))
    by = judge_reach(replace(spot, minutes=minutes, miles=away), fixes, miles, drives)
    return least_verdicts([all_pass(fixes.at.known), *by.values()])


def judge_reach(
    spot: SweetSpot, fixes: Fixes, miles: Floats, drives: Drives
) -> dict[str, Verdicts]:
    """The verdicts by minutes and by miles, those of the two that are limited."""
    by: dict[str, Verdicts] = {}
    if spot.minutes is not None:
        by["minutes"] = _by_minutes(drives, spot.minutes)
    if spot.miles is not None:
        by["miles"] = _by_miles(miles, fixes, spot.miles)
    return by


def all_pass(like: Mask) -> Verdicts:
    """As many."""
    return np.full(len(like), PASS, np.uint8)


def least_verdicts(verdicts: list[Verdicts]) -> Verdicts:
    """Row by row, the least of several."""
    least: Verdicts = np.minimum.reduce(verdicts)
    return least


def make_verdicts(passed: Mask, failed: Mask) -> Verdicts:
    """PASS, FAIL, and MAYBE where neither."""
    return (1 + passed.astype(np.int8) - failed.astype(np.int8)).astype(np.uint8)


def judge_range(values: Ranges, limits: Limits) -> Verdicts:
    """A range inside passes, one outside fails; unknown or on both sides is maybe."""
    low, high = limits
    passed = (values.low >= low) & within_limit(values.high, high)
    return make_verdicts(passed, (values.high < low) | (values.low > high))


def _by_minutes(drives: Drives, limits: Limits) -> Verdicts:
    """By road, all of the fix's radius considered."""
    road = drives.road
    low = np.where(np.isnan(drives.low), drives.minutes, drives.low)
    high = np.where(np.isnan(drives.high), drives.minutes, drives.high)
    beyond = (road == Road.BEYOND) & ~np.isfinite(low)
    low = np.where(beyond, np.nextafter(drives.most, inf), low)  # longer than that, no more known
    verdict = judge_range(Ranges(low, np.where(road == Road.BEYOND, inf, high)), limits)
    no_road = (road == Road.NO_ROAD) & ~within_limit(low, limits[1])
    too_far = (road == Road.TOO_FAR) & (limits[1] < inf)
    undecided = (road == Road.OFF_ROAD) & (verdict == PASS)
    undecided |= np.isin(
        road, (Road.UNKNOWN, Road.OUTSIDE, Road.NO_ROAD, Road.TOO_FAR, Road.NOT_ASKED)
    )
    verdict[undecided] = MAYBE
    verdict[no_road | too_far] = FAIL
    return verdict


def _by_miles(miles: Floats, fixes: Fixes, limits: Limits) -> Verdicts:
    """By distance, give or take the fix's radius."""
    inexact = (fixes.accuracy < Accuracy.ROOFTOP) & np.isfinite(fixes.radius_m)
    off = np.where(inexact, fixes.radius_m, 0.0) / METRES_PER_MILE
    return judge_range(Ranges(np.maximum(miles - off, 0.0), miles + off), limits)
