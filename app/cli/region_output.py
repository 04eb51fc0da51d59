"""The installed maps, and what a download takes, as people and programs see them."""

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from rich.console import Console
from rich.filesize import decimal
from rich.table import Table

from app.cli.output import print_json
from app.geo.regions.plan import DownloadPlan
from app.geo.regions.region import Region, Unreadable
from app.wiring.region_jobs import RegionPlan


def show_regions(regions: Sequence[Region], broken: Sequence[Unreadable], *, json: bool) -> None:
    """The installed regions, a line each; then what is wrong with those that can't be used."""
    if json:
        told = [{"name": one.name, "problem": one.problem} for one in broken]
        print_json([*({**region.manifest, **_facts(region)} for region in regions), *told])
        return
    table = Table("region", "size", "data", "covers", "built", "made from", "counts", box=None)
    for region in regions:
        counts = ", ".join(f"{n:,} {what}" for what, n in region.counts.items())
        sources = ", ".join(source["file"] for source in region.manifest["sources"])
        day = (region.data_date or "")[:10]
        size = decimal(region.size_bytes)
        table.add_row(region.name, size, day, _cover(region), region.created, sources, counts)
    Console().print(table)
    for one in broken:
        Console().print(one.problem, markup=False, soft_wrap=True)


def _facts(region: Region) -> dict[str, Any]:
    """What its manifest does not say in so many words."""
    circle = asdict(region.circle) if region.circle else None
    return {
        "across_miles": region.across_miles,
        "circle": circle,
        "size_bytes": region.size_bytes,
        "data_date": region.data_date,
    }


def _cover(region: Region) -> str:
    """The circle that it was cut to, else how wide and high it is."""
    if region.circle:
        return f"{region.circle.miles:g} mi around {region.circle.lat:.4f}, {region.circle.lon:.4f}"
    wide, high = region.across_miles
    return f"{wide:,.0f} x {high:,.0f} mi"


def show_region_plan(plan: RegionPlan, *, json: bool) -> None:
    """The same, and what there is on this machine."""
    if json:
        print_json(plan.document())
        return
    show_plan(plan.download)
    console = Console(highlight=False, soft_wrap=True, markup=False)
    console.print(f"{plan.free_bytes / 1e9:,.1f} GB of disk are free")
    if plan.covering:
        console.print(f"The home base is on the map of {plan.covering} already.")


def show_plan(plan: DownloadPlan, *, on_error: bool = False) -> None:
    """The files that a region would be made of, and what building it takes."""
    columns = ("map", "file", "size", *(["adds of the land"] if plan.circle else []))
    table = Table(*columns, box=None)
    for file in plan.files:
        adds = [f"{file.adds:.1%}"] if plan.circle else []
        table.add_row(file.extract.id, file.extract.url, _size(file.facts.size), *adds)
    console = Console(stderr=on_error, highlight=False)
    console.print(table, soft_wrap=True)
    if plan.is_size_known:
        console.print(
            f"{_size(plan.download_bytes)} to download; then about {plan.minutes:,.0f} min, "
            f"{plan.memory_bytes / 1e9:,.1f} GB of memory and "
            f"{plan.disk_bytes / 1e9:,.1f} GB of disk"
        )
    else:
        console.print("The server does not say every size: what it takes is unknown.")


def _size(size: int | None) -> str:
    return "unknown" if size is None else f"{size / 1e6:,.1f} MB"
