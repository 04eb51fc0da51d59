"""What a map is drawn from: vector tiles and how they look."""

from typing import Literal

from pydantic import ConfigDict, Field

from app.answers.schema.model import ExactModel, shown_by

# Of MapLibre's style language: a value, or an operator with its operands.
type StyleValue = str | int | float | bool | list[StyleValue]


class VectorLayerOut(ExactModel):
    """A layer of the tiles."""

    id: str
    fields: dict[str, str] = Field(description="What a feature may say, and its type.")


class TilesOut(ExactModel):
    """TileJSON 3.0: where the tiles of the installed maps are, and what is in them."""

    model_config = ConfigDict(json_schema_extra=shown_by("tiles"))

    tilejson: Literal["3.0.0"]
    tiles: list[str] = Field(description="The address of a tile, with {z}, {x} and {y}.")
    minzoom: int
    maxzoom: int = Field(description="Closer up these are drawn larger.")
    bounds: list[float] = Field(
        min_length=4, max_length=4, description="West, south, east, north in degrees."
    )
    center: list[float] = Field(
        min_length=3, max_length=3, description="Degrees east, degrees north, zoom."
    )
    attribution: str = Field(description="To be shown on the map; HTML.")
    vector_layers: list[VectorLayerOut]


class StyleSourceOut(ExactModel):
    """Where tiles come from."""

    type: Literal["vector", "raster"]
    url: str | None = Field(None, description="Their TileJSON.")
    tiles: list[str] | None = None
    minzoom: int | None = None
    maxzoom: int | None = None
    bounds: list[float] | None = None
    attribution: str | None = None


class StyleLayerOut(ExactModel):
    """What is drawn, above the layers before it."""

    model_config = ConfigDict(populate_by_name=True, serialize_by_alias=True)

    id: str
    type: Literal["background", "raster", "fill", "line", "symbol"]
    source: str | None = None
    source_layer: str | None = Field(None, alias="source-layer")
    minzoom: float | None = None
    filter: list[StyleValue] | None = None
    layout: dict[str, StyleValue] | None = None
    paint: dict[str, StyleValue] | None = None


class StyleOut(ExactModel):
    """A MapLibre style (version 8). It names no glyphs: labels are drawn with local fonts."""

    model_config = ConfigDict(json_schema_extra=shown_by("style"))

    version: Literal[8]
    name: str
    sources: dict[str, StyleSourceOut]
    layers: list[StyleLayerOut]
