"""`region add` and `region update`: plan, download, build."""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import shapely
from shapely.geometry import mapping

from app.errors import BadInput, DownloadFailed, NoSuchRegion
from app.folders import writing_to
from app.geo.http.client import Client, partial_path
from app.geo.progress import Progress, TellProgress, ignore_progress
from app.geo.regions import build as building
from app.geo.regions.choosing import Choice
from app.geo.regions.circle import Circle
from app.geo.regions.index import Extract, index_url, read_index
from app.geo.regions.plan import DownloadPlan, PlannedFile, plan_choices, plan_files, read_checksum
from app.geo.regions.region import Region, Unreadable, build_command, folder_name

type Agreement = Callable[[DownloadPlan], None]

DOWNLOADS = ".downloads"


def plan_region(what: str | Circle, *, base_url: str, whole: bool = False) -> DownloadPlan:
    """What `add_region` would download and build; nothing is fetched but index and checksums."""
    with Client() as client:
        return plan_files(client, _fetch_index(client, base_url), what, whole=whole)


def add_region(  # noqa: PLR0913  one call names all that a region is made of
    regions: Path,
    what: str | Circle,
    *,
    base_url: str,
    name: str = "",
    whole: bool = False,
    downloads: Path | None = None,
    agree: Agreement | None = None,
    progress: TellProgress = ignore_progress,
) -> Region:
    """Download what is asked for and build the region.

    `what` is an extract's name ("us/hawaii", see `find_extract`), which is taken whole, or a
    circle, for which `choose_extracts` says which extracts, and which they are cut to. `name` is
    the region's, by default the extract's id. `agree` is shown the plan before anything is
    downloaded, and raises where nobody agrees. Files arrive in `downloads`, by default a
    folder beside the regions, are resumed by the next call after an interruption, and go once the
    region is built. `progress` is told of each file's bytes, then of the steps of the build.

    Raises NoSuchRegion for a name that the index does not have or a circle that it does not cover,
    DownloadFailed, BackendDown, BackendSlow, StorageFailed, NoRoom, and what building.build raises.
    """
    if name:
        folder_name(name)  # refuse a bad one before hours of download
    with Client() as client:
        progress(Progress("reading the index of maps"))
        plan = plan_files(client, _fetch_index(client, base_url), what, whole=whole)
        return _realise(
            client,
            plan,
            regions,
            name=name or plan.region,
            downloads=downloads or regions / DOWNLOADS,
            agree=agree,
            progress=progress,
        )


def update_region(
    region: Region | Unreadable,
    *,
    base_url: str,
    agree: Agreement | None = None,
    progress: TellProgress = ignore_progress,
) -> Region | None:
    """The region made anew of its extracts' newer files, in its own place; None: there are none.

    One that this version can't use is made anew of what there is.

    Raises BadInput for a region of the user's own files, NoSuchRegion where the index has lost one
    of its extracts, and what `add_region` does.
    """
    sources = region.manifest.get("sources", ())
    before = [source for source in sources if "url" in source]
    if not sources or len(before) < len(sources):
        raise BadInput(
            f"region {region.name!r} was built from files of your own, which nobody can fetch "
            f"anew; build it again: `{build_command(region.name, region.manifest)}`",
            field="name",
        )
    with Client() as client:
        progress(Progress("reading the index of maps"))
        choices = [_found_again(_fetch_index(client, base_url), source) for source in before]
        circle = region.manifest.get("circle")
        plan = plan_choices(client, choices, Circle.of(circle) if circle else None)
        newest = [file.md5 for file in plan.files] == [source["md5"] for source in before]
        if newest and isinstance(region, Region):
            return None
        return _realise(
            client,
            plan,
            region.folder.parent,
            name=region.name,
            downloads=region.folder.parent / DOWNLOADS,
            agree=agree,
            progress=progress,
        )


def _fetch_index(client: Client, base_url: str) -> list[Extract]:
    return read_index(client.get(index_url(base_url)), base_url)


def _found_again(index: Sequence[Extract], source: Mapping[str, Any]) -> Choice:
    for extract in index:
        if extract.id == source["extract"]:
            return Choice(extract, source["adds"])
    raise NoSuchRegion(
        f"the index of maps no longer has {source['extract']!r}; add the region under another name"
    )


def _realise(  # noqa: PLR0913  one call names all that a region is made of
    client: Client,
    plan: DownloadPlan,
    regions: Path,
    *,
    name: str,
    downloads: Path,
    agree: Agreement | None,
    progress: TellProgress,
) -> Region:
    plan.check_room(regions, sum(_arrived(file, downloads) for file in plan.files))
    if agree:
        agree(plan)
    progress(Progress(f"downloading {', '.join(file.extract.name for file in plan.files)}"))
    files = [_fetch(client, file, downloads, progress) for file in plan.files]
    built = building.build_region(
        regions,
        name,
        files,
        progress=progress,
        polygon=mapping(shapely.union_all([file.extract.ground for file in plan.files])),
        around=plan.circle,
        origins=[file.origin() for file in plan.files],
    )
    with writing_to(downloads):
        for path in files:
            path.unlink()
    return built


def _fetch(client: Client, file: PlannedFile, folder: Path, progress: TellProgress) -> Path:
    """The extract's file, checked; one that lies there already is taken if it still is current."""
    url = file.extract.url
    with writing_to(folder):
        folder.mkdir(parents=True, exist_ok=True)
    if read_checksum(client, url) != file.md5:
        raise DownloadFailed(
            f"{url} is another file by now than when it was planned; run the command again",
            backend=urlsplit(url).netloc,
        )
    path = _path_of(file, folder)
    if not path.is_file():
        client.download(url, path, md5=file.md5, progress=progress)
    return path


def _path_of(file: PlannedFile, folder: Path) -> Path:
    """Named by its checksum too: the rest of a newer file must not follow the start of an older."""
    stem = Path(urlsplit(file.extract.url).path).name.removesuffix(".osm.pbf")
    return folder / f"{stem}-{file.md5[:8]}.osm.pbf"


def _arrived(file: PlannedFile, folder: Path) -> int:
    """How many bytes of it are there."""
    path = _path_of(file, folder)
    return sum(one.stat().st_size for one in (path, partial_path(path)) if one.is_file())
