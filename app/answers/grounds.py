"""Where an answer was given, as JSON: its home bases, and whom to credit for their maps."""

from collections.abc import Sequence
from typing import Any

from app.find.ground import Ground


def ground_meta(ground: Ground) -> dict[str, Any]:
    """Home bases, engine, region, attribution; the engine and region are those of the first."""
    return {
        "home_base": home_meta(ground),
        **({"home_bases": homes_meta(ground)} if ground.others else {}),
        **_map_meta(ground),
        "attribution": join_attributions(ground),
    }


def homes_meta(ground: Ground) -> Sequence[dict[str, Any]]:
    """The home bases, each with what answers from there; none where there is only one."""
    each = ground.each if ground.others else []
    return [{**home_meta(one), **_map_meta(one)} for one in each]


def home_meta(ground: Ground) -> dict[str, Any]:
    """Where one drives from, as JSON."""
    home = ground.home
    return {
        "label": home.label,
        "lat": round(home.at.lat, 6),
        "lon": round(home.at.lon, 6),
        "accuracy": home.accuracy.label,
        "radius_m": round(home.radius_m, 1),
        "source": home.source,
    }


def _map_meta(ground: Ground) -> dict[str, Any]:
    return {"engine": ground.engine.name, "region": ground.region}


def join_attributions(ground: Ground) -> str:
    """Whom to credit for the maps of all home bases, each once."""
    if not ground.others:
        return ground.attribution
    each = [credit for one in ground.each for credit in one.attribution.split("; ") if credit]
    return "; ".join(dict.fromkeys(each))
