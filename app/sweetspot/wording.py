"""Values in words: minutes, distances, limits, sizes and sums."""

from collections.abc import Iterator
from functools import lru_cache
from math import inf, isfinite

from app.businesses.sizes import SIZES
from app.sweetspot.criteria import KM_PER_MILE, Limits, SweetSpot


def number_text(value: float, margin: float) -> str:
    """One decimal, or three where the margin would not show.

    Rounded as the column of the answer is, numpy's way: a half to the even tenth.
    """
    if 0 < abs(margin) < 0.05:
        return f"{value:.3f}"
    return f"{round(value * 10) / 10 if isfinite(value) else value:.1f}"


def spread_text(low: float, high: float) -> str:
    """Both ends: "32.0-54.7", "18.8 or more"."""
    shown = number_text(low, inf)
    return f"{shown} or more" if high == inf else f"{shown}-{number_text(high, inf)}"


def metres_text(metres: float) -> str:
    """In metres, or in kilometres from one up: "850 m", "2.1 km"."""
    return f"{metres:.0f} m" if metres < 1000 else f"{metres / 1000:.1f} km"


def distance_text(miles: float, unit: str) -> str:
    """Miles, or the same in km: "7.1 miles"."""
    return f"{miles * KM_PER_MILE:.1f} km" if unit == "km" else f"{miles:.1f} miles"


@lru_cache(maxsize=256)
def limit_text(limits: Limits) -> str:
    """What was asked for: "limit 50", "limit 30-50", "limit 30 or more"."""
    low, high = limits
    if high == inf:
        return f"limit {low:.4g} or more"
    return f"limit {high:.4g}" if low == 0 else f"limit {low:.4g}-{high:.4g}"


@lru_cache(maxsize=256)
def amounts_text(value: Limits, money: bool) -> str:
    """A size from low to high, counted or in USD: "10-50", "$1M-$10M"."""
    low, high = value
    if low == high:
        return amount_text(low, money)
    if high == inf:
        return f"{amount_text(low, money)} or more"
    return f"{amount_text(low, money)}-{amount_text(high, money)}"


def amount_text(value: float, money: bool) -> str:
    """One size: "1,200", "$2.4M"."""
    if not money:
        return f"{round(value, 2):,.10g}"
    if value >= 999_999.995:
        scale, unit = (1e9, "B") if value >= 999_999_999.995 else (1e6, "M")
        return f"${round(value / scale, 3):,.10g}{unit}"
    return f"${round(value, 2):,.10g}"


def short_text(text: str, most: int = 80) -> str:
    """A cell in quotes, at most so many letters of it."""
    return f"'{text}'" if len(text) <= most else f"'{text[: most - 1]}…'"


def spot_words(spot: SweetSpot) -> dict[str, str]:
    """What is asked for, criterion by criterion: "minutes" -> "up to 50"; none that is off."""
    said = dict(_reach_words(spot))
    for name in SIZES:
        limits = getattr(spot, name)
        if limits is not None:
            said[name] = amounts_text(limits, name == "sales")
    if spot.industry:
        said["industry"] = ", ".join(spot.industry)
    return said


def _reach_words(spot: SweetSpot) -> Iterator[tuple[str, str]]:
    unit, scale = ("km", KM_PER_MILE) if spot.unit == "km" else ("miles", 1.0)
    for name, limits, per in (("minutes", spot.minutes, 1.0), (unit, spot.miles, scale)):
        if limits is not None:
            words = limit_text((limits[0] * per, limits[1] * per)).removeprefix("limit ")
            yield name, words if limits[0] else f"up to {words}"
