"""How a map looks: a MapLibre style, sober, so that what is drawn on it stands out.

What is in the tiles: `app.wiring.maps`. https://maplibre.org/maplibre-style-spec/
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
    green: str
    water: str
    coast: str
    road: str
    edge: str  # of roads
    main_road: str
    main_edge: str
    ferry: str
    text: str


_COLOURS: Mapping[Theme, _Colours] = {
    "light": _Colours(
        ground="#f3f4f2",
        green="#e6ece0",
        water="#d6e3ec",
        coast="#b9cddb",
        road="#ffffff",
        edge="#d9dcdc",
        main_road="#fbe9cf",
        main_edge="#e8cfa6",
        ferry="#8fa8c0",
        text="#3c4650",
    ),
    "dark": _Colours(
        ground="#1b2026",
        green="#1d2723",
        water="#11202c",
        coast="#2a4254",
        road="#39424c",
        edge="#14181d",
        main_road="#5c4d35",
        main_edge="#2a241a",
        ferry="#4f6b85",
        text="#c3ccd5",
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


@dataclass(frozen=True, slots=True)
class _Label:
    """Names of places that look alike: which, from which zoom, how large at zooms 6 and 14."""

    kinds: tuple[str, ...]
    minzoom: float
    size: tuple[float, float]


# The greatest first. Judgement.
_LABELS = (
    _Label(("city",), 4, (12, 18)),
    _Label(("town",), 8, (10, 15)),
    _Label(("village", "island"), 10, (9, 13)),
    _Label(("suburb", "hamlet"), 12, (9, 12)),
)


def style_map(source: Mapping[str, Any], theme: Theme) -> dict[str, Any]:
    """The style of a map of those tiles: raster ones as they are, or vector ones of ours."""
    colours = _COLOURS[theme]
    layers = [{"id": "ground", "type": "background", "paint": {"background-color": colours.ground}}]
    if source["type"] == "raster":
        layers += [{"id": "foreign", "type": "raster", "source": MAP}]
    else:
        layers += [*_grounds(colours), *_roads(colours), _ferries(colours), *_labels(colours)]
    name = f"Sweetspot {theme}"
    return {"version": 8, "name": name, "sources": {MAP: source}, "layers": layers}


def _grounds(colours: _Colours) -> Sequence[StyleLayer]:
    """What lies below the roads."""
    return [
        _fill("green", colours.green),
        _fill("water", colours.water),
        _line("river", "river", {"line-color": colours.water, "line-width": 1.5}),
        _line("coast", "coast", {"line-color": colours.coast, "line-width": 0.8}),
    ]


def _fill(layer: str, colour: str) -> StyleLayer:
    paint = {"fill-color": colour, "fill-antialias": layer != "water"}  # the sea is cut in cells
    return {"id": layer, "type": "fill", "source": MAP, "source-layer": layer, "paint": paint}


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
    paint = {
        "line-color": main if road.main else plain,
        "line-width": ["interpolate", ["exponential", 1.4], ["zoom"], *width],
    }
    drawn = [["<", ["get", "use"], PATH], *_between("road_class", least, most)]
    return _line(name, "edges", paint) | {"filter": ["all", *drawn], "minzoom": road.minzoom}


def _between(key: str, least: int, most: int) -> Sequence[Any]:
    return [[">=", ["get", key], least], ["<=", ["get", key], most]]


def _ferries(colours: _Colours) -> StyleLayer:
    paint = {"line-color": colours.ferry, "line-width": 1, "line-dasharray": [4, 3]}
    return _line("ferry", "edges", paint) | {"filter": [">=", ["get", "use"], FERRY]}


def _line(name: str, layer: str, paint: Mapping[str, Any]) -> StyleLayer:
    return {
        "id": name,
        "type": "line",
        "source": MAP,
        "source-layer": layer,
        "layout": {"line-cap": "round", "line-join": "round"},
        "paint": paint,
    }


def _labels(colours: _Colours) -> Sequence[StyleLayer]:
    """Names of places, the greater ones first: they take the room."""
    return [_label(label, colours) for label in reversed(_LABELS)]


def _label(label: _Label, colours: _Colours) -> StyleLayer:
    low, high = label.size
    return {
        "id": f"label-{label.kinds[0]}",
        "type": "symbol",
        "source": MAP,
        "source-layer": "places",
        "minzoom": label.minzoom,
        "filter": ["in", ["get", "kind"], ["literal", list(label.kinds)]],
        "layout": {
            "text-field": ["get", "name"],
            "text-font": ["sans-serif"],
            "text-size": ["interpolate", ["linear"], ["zoom"], 6, low, 14, high],
            "text-max-width": 7,
            "text-padding": 4,
            "symbol-sort-key": ["-", 0, ["coalesce", ["get", "population"], 0]],
        },
        "paint": {
            "text-color": colours.text,
            "text-halo-color": colours.ground,
            "text-halo-width": 1.5,
        },
    }
