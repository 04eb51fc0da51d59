"""`region add`: choose map extracts from Geofabrik's index, download them, build the region.

The index is `<base>/index-v1.json`, a GeoJSON FeatureCollection with one feature an extract: its
polygon, and in the properties its `id` ("us/hawaii"), its `name` and its `urls`, of which `pbf`
is the file's. Beside each file lies `<file>.md5`. https://download.geofabrik.de/technical.html
"""

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urljoin, urlsplit

import shapely
from shapely.errors import ShapelyError
from shapely.geometry import mapping, shape
from shapely.geometry.base import BaseGeometry

from app.errors import BackendDown, BadQuestion, DownloadFailed, NoSuchRegion
from app.folders import writing_to
from app.geo.http.client import Client, Meter
from app.geo.points import Point
from app.geo.regions import build as building
from app.geo.regions.build import BuildProgress
from app.geo.regions.region import Region, circle_around, folder_name

OFFICIAL_HOST = "download.geofabrik.de"
DOWNLOADS = ".downloads"

# A part of the circle smaller than this share does not call for an extract: it is a sliver
# between two outlines of one border.
_SLIVER = 1e-4
# An extract made of smaller ones is taken only for what they leave open, and only if that is more
# than coastal water, which the smaller ones cut off closer.
_WORTH_A_LARGE_ONE = 0.1
_INSIDE = 0.98  # of its area: then one extract counts as a part of another


@dataclass(frozen=True, slots=True)
class Circle:
    """Everything within so many miles of a home base."""

    home: Point
    miles: float

    def __post_init__(self) -> None:
        if not 0 < self.miles <= 500:
            raise BadQuestion(f"miles: {self.miles:g} is not from 0 to 500", field="miles")


@dataclass(frozen=True, slots=True)
class Extract:
    """One file of the index. `ground` is the polygon that it was cut by, in degrees."""

    id: str
    name: str
    url: str
    ground: BaseGeometry


def add_region(
    regions: Path,
    what: str | Circle,
    *,
    base_url: str,
    name: str = "",
    progress: BuildProgress | None = None,
    meter: Meter | None = None,
) -> Region:
    """Download what is asked for and build the region.

    `what` is an extract's id ("us/hawaii") or a circle, for which every extract that it touches
    is taken. `name` is the region's, by default the extract's id. Files arrive in a folder beside
    the regions, are resumed by the next call after an interruption, and go once the region is
    built. `meter` is told the file's name, the bytes so far and the bytes in all.

    Raises NoSuchRegion for an id that the index does not have or a circle that it does not cover,
    DownloadFailed, BackendDown, BackendSlow, StorageFailed, NoRoom, and what building.build raises.
    """
    say = progress or _silent
    with Client() as client:
        say("reading the index of maps")
        index = read_index(client.get(index_url(base_url)), base_url)
        extracts = choose_extracts(index, what)
        region = name or _default_name(extracts, what)
        folder_name(region)  # refuse a bad name before hours of download
        say(f"downloading {', '.join(extract.name for extract in extracts)}")
        files = [_fetch(client, e, regions / DOWNLOADS, meter or _unmetered) for e in extracts]
    polygon = mapping(shapely.union_all([extract.ground for extract in extracts]))
    built = building.build_region(regions, region, files, progress=progress, polygon=polygon)
    with writing_to(regions / DOWNLOADS):
        for file in files:
            file.unlink()
    return built


def _silent(_: str) -> None:
    pass


def _unmetered(_: str, _done: int, _total: int) -> None:
    pass


def index_url(base_url: str) -> str:
    """Where the index lies."""
    return f"{base_url.rstrip('/')}/index-v1.json"


def read_index(body: bytes, base_url: str) -> list[Extract]:
    """The extracts that have a file and an outline. Raises BackendDown for what is no index."""
    try:
        features = json.loads(body)["features"]
        read = [_extract(f, base_url) for f in features if f["geometry"] is not None]
    except (ValueError, KeyError, TypeError, AttributeError, ShapelyError) as why:
        raise BackendDown(
            f"{index_url(base_url)} is not an index of maps as Geofabrik publishes it",
            backend=base_url,
        ) from why
    return [extract for extract in read if extract.url]


def _extract(feature: Mapping[str, Any], base_url: str) -> Extract:
    about = feature["properties"]
    url = about["urls"].get("pbf", "")
    ground = shapely.make_valid(shape(feature["geometry"]))
    return Extract(about["id"], about.get("name", about["id"]), rebase_url(url, base_url), ground)


def rebase_url(url: str, base_url: str) -> str:
    """The same file at the mirror: the official host gives way to the base address."""
    if not url:
        return ""
    parts = urlsplit(url)
    if parts.netloc and parts.netloc != OFFICIAL_HOST:
        return url
    return urljoin(base_url.rstrip("/") + "/", parts.path.lstrip("/"))


def choose_extracts(index: Sequence[Extract], what: str | Circle) -> list[Extract]:
    """The extract of that id, or the smallest ones that together cover the circle, by id."""
    if isinstance(what, Circle):
        return _around(index, what)
    found = [extract for extract in index if extract.id == what]
    if found:
        return found[:1]
    last = what.rsplit("/", 1)[-1].casefold()
    like = [e.id for e in index if last in e.id.casefold() or last in e.name.casefold()][:5]
    hint = f"; did you mean {', '.join(like)}?" if like else ""
    raise NoSuchRegion(f"the index of maps has no {what!r}{hint}")


def _around(index: Sequence[Extract], what: Circle) -> list[Extract]:
    wanted = circle_around(what.home, what.miles)
    touching = [e for e in index if e.ground.intersects(wanted)]
    touching.sort(key=lambda e: (e.ground.area, e.id))
    small = [e for e in touching if not _is_made_of(e, index)]
    large = [e for e in touching if e not in small]
    chosen, open_ground = _cover(wanted, small, wanted.area * _SLIVER)
    more, _ = _cover(open_ground, large, wanted.area * _WORTH_A_LARGE_ONE)
    chosen = [e for e in chosen if not any(_inside(e, big) for big in more)] + more
    if not chosen:
        raise NoSuchRegion(
            f"the index of maps has nothing around {what.home.lat:.4f}, {what.home.lon:.4f}"
        )
    return sorted(chosen, key=lambda e: e.id)


def _cover(
    ground: BaseGeometry, extracts: Sequence[Extract], least: float
) -> tuple[list[Extract], BaseGeometry]:
    """Those that add more than `least` to what the ones before have covered, and what is open."""
    chosen = []
    for extract in extracts:
        rest = ground.difference(extract.ground)
        if ground.area - rest.area > least:
            chosen.append(extract)
            ground = rest
    return chosen, ground


def _is_made_of(extract: Extract, index: Sequence[Extract]) -> bool:
    """True for a country that is also offered state by state, and the like."""
    return any(_inside(other, extract) for other in index if other is not extract)


def _inside(small: Extract, large: Extract) -> bool:
    if small.ground.area >= large.ground.area or not small.ground.intersects(large.ground):
        return False
    shared = small.ground.intersection(large.ground).area
    return bool(shared >= _INSIDE * small.ground.area)


def _default_name(extracts: Sequence[Extract], what: str | Circle) -> str:
    if len(extracts) == 1 or not isinstance(what, Circle):
        return extracts[0].id
    home = what.home
    return f"near_{home.lat:.3f}_{home.lon:.3f}_{what.miles:g}mi"


def _fetch(client: Client, extract: Extract, folder: Path, meter: Meter) -> Path:
    """The extract's file, checked; one that lies there already is taken if it still is current."""
    with writing_to(folder):
        folder.mkdir(parents=True, exist_ok=True)
    checksum = _checksum(client, extract.url)
    # Named by its checksum too: the rest of a newer file must not follow the start of an older.
    stem = Path(urlsplit(extract.url).path).name.removesuffix(".osm.pbf")
    file = folder / f"{stem}-{checksum[:8]}.osm.pbf"
    if not file.is_file():
        client.download(extract.url, file, md5=checksum, meter=meter)
    return file


def _checksum(client: Client, url: str) -> str:
    text = client.get(f"{url}.md5").decode("ascii", errors="replace")
    found = re.match(r"\s*([0-9a-fA-F]{32})\b", text)
    if not found:
        raise DownloadFailed(f"{url}.md5 holds no checksum", backend=urlsplit(url).netloc)
    return found[1].lower()
