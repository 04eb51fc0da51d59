"""How a map looks: a MapLibre style, sober, so that what is drawn on it stands out.

Roads are Valhalla's edges, see `app.wiring.maps.LAYERS`. https://maplibre.org/maplibre-style-spec/
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

type Theme = Literal["light", "dark"]
type StyleLayer = dict[str, Any]

MAP = "map"  # the source
FERRY, PATH = 41, 12  # of `use`, from there on (Use::kFerry, kCycleway; graphconstants.h)


@dataclass(frozen=True, slots=True)
class _Colours:
    """Of one theme. Judgement, all of them; texts pass WCAG AA on ground and water."""

    ground: str
    road: str
    edge: str  # of roads
    main_road: str
    main_edge: str
    ferry: str


_COLOURS: Mapping[Theme, _Colours] = {
    "light": _Colours(
        ground="#eef1f4",
        road="#ffffff",
        edge="#d9dfe6",
        main_road="#fbe3bd",
        main_edge="#e9c48c",
        ferry="#9fb3cc",
    ),
    "dark": _Colours(
        ground="#171c22",
        road="#2c343d",
        edge="#12161b",
        main_road="#5a4a30",
        main_edge="#2b2418",
        ferry="#4f6480",
    ),
}


@dataclass(frozen=True, slots=True)
class _Road:
    """Roads that look alike: classes from, to; first zoom; pixels wide at zooms 7, 11 and 16."""

    name: str
    classes: tuple[int, int]
    minzoom: float
    width: tuple[float, float, float]
    main: bool = False


# The least first: greater ones are drawn above them. Judgement.
_ROADS = (
    _Road("service", (7, 7), 14, (0, 0, 4)),
    _Road("street", (5, 6), 12, (0, 0.4, 8)),
    _Road("tertiary", (3, 4), 10, (0.2, 0.9, 10)),
    _Road("primary", (1, 2), 7, (0.5, 1.4, 13), main=True),
    _Road("motorway", (0, 0), 7, (0.9, 2.0, 16), main=True),
)


def style_map(source: Mapping[str, Any], theme: Theme) -> dict[str, Any]:
    """The style of a map of those tiles: raster ones as they are, or vector ones of ours."""
    colours = _COLOURS[theme]
    layers = [{"id": "ground", "type": "background", "paint": {"background-color": colours.ground}}]
    if source["type"] == "raster":
        layers += [{"id": "foreign", "type": "raster", "source": MAP}]
    else:
        layers += [*_roads(colours), _ferries(colours)]
    name = f"Sweetspot {theme}"
    return {"version": 8, "name": name, "sources": {MAP: source}, "layers": layers}


def _roads(colours: _Colours) -> Sequence[StyleLayer]:
    """First the edges of all, so that no road is cut off by another one's."""
    edges = [_road(f"{road.name}-edge", road, colours, 1.5) for road in _ROADS]
    return [*edges, *(_road(road.name, road, colours, 0) for road in _ROADS)]


def _road(name: str, road: _Road, colours: _Colours, around: float) -> StyleLayer:
    """One class of roads, or with pixels around it its edge."""
    least, most = road.classes
    plain, main = (colours.edge, colours.main_edge) if around else (colours.road, colours.main_road)
    stops = zip((7, 11, 16), road.width, strict=True)
    width = [number for zoom, pixels in stops for number in (zoom, pixels + around)]
    return _line(
        name,
        ["all", ["<", ["get", "use"], PATH], *_between("road_class", least, most)],
        {
            "line-color": main if road.main else plain,
            "line-width": ["interpolate", ["exponential", 1.4], ["zoom"], *width],
        },
    ) | {"minzoom": road.minzoom}


def _between(key: str, least: int, most: int) -> Sequence[Any]:
    return [[">=", ["get", key], least], ["<=", ["get", key], most]]


def _ferries(colours: _Colours) -> StyleLayer:
    paint = {"line-color": colours.ferry, "line-width": 1, "line-dasharray": [4, 3]}
    return _line("ferry", [">=", ["get", "use"], FERRY], paint)


def _line(name: str, where: Sequence[Any], paint: Mapping[str, Any]) -> StyleLayer:
    return {
        "id": name,
        "type": "line",
        "source": MAP,
        "source-layer": "edges",
        "filter": where,
        "layout": {"line-cap": "round", "line-join": "round"},
        "paint": paint,
    }
