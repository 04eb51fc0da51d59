"""`sweetspot region`: build, add, list, verify and remove maps."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from app.cli.base import Json, Quiet, live_parts, load_settings, print_error, region_app, save_file
from app.errors import BadInput

if TYPE_CHECKING:
    from app.geo.regions.region import Region, Regions


@region_app.command("build")
def region_build(
    name: Annotated[str, typer.Argument(help="What to call it, such as us/hawaii.")],
    maps: Annotated[list[Path], typer.Argument(metavar="FILE.osm.pbf...")],
    addresses: Annotated[
        list[Path] | None,
        typer.Option(help="OpenAddresses CSV or GeoJSON (.gz too), TIGER ADDRFEAT zip; repeat."),
    ] = None,
    places: Annotated[
        list[Path] | None,
        typer.Option(help="Overture Maps Places (Parquet), for businesses the map lacks; repeat."),
    ] = None,
    quiet: Quiet = False,
) -> None:
    """Build a region from OpenStreetMap extracts."""
    from app.cli.output import show_steps
    from app.geo.regions.build import build_region

    with show_steps(quiet) as tell:
        region = build_region(
            _regions(), name, maps, addresses=addresses or [], places=places or [], progress=tell
        )
    _tell_built(region, quiet)


@region_app.command("add")
def region_add(
    name: Annotated[str, typer.Argument(help="A Geofabrik extract, such as us/hawaii.")] = "",
    near: Annotated[str, typer.Option(help="Or: all extracts around an address.")] = "",
    miles: Annotated[float, typer.Option(min=1, max=300, help="How far around it.")] = 60,
    quiet: Quiet = False,
) -> None:
    """Download the extracts of an area and build a region from them."""
    from app.cli.output import show_download
    from app.geo.regions.extracts import Circle, add_region
    from app.wiring.ground import locate_home

    if bool(name) == bool(near):
        raise BadInput("give either an extract's name or --near ADDRESS")
    with live_parts() as live, show_download(quiet) as (tell, meter):
        what = Circle(locate_home(live, near).at, miles) if near else name
        url = live.settings.download_url
        region = add_region(_regions(), what, base_url=url, progress=tell, meter=meter)
    _tell_built(region, quiet)


@region_app.command("sample")
def region_sample(
    listed: Annotated[
        Path | None,
        typer.Option("--list", help="Where to write the list.", show_default="in the data folder"),
    ] = None,
    quiet: Quiet = False,
) -> None:
    """Build the sample county, a small made-up map, and write a list to try on it."""
    from app.cli.output import show_steps
    from app.folders import writing_to
    from app.geo.regions.region import Regions
    from app.geo.regions.sample import county as sample

    if sample.NAME not in {region.name for region in Regions(_regions()).all()}:
        with show_steps(quiet) as tell:
            _tell_built(sample.build_sample(_regions(), tell), quiet)
    if listed is None:
        listed = load_settings().data_dir / "sample.csv"
        with writing_to(listed):
            listed.write_text(sample.prospects_csv(), encoding="utf-8")
    else:
        save_file(listed, sample.prospects_csv(), "list")
    if not quiet:
        typer.echo(f"{listed}: prospects to try it on")


@region_app.command("list")
def region_list(json: Json = False) -> None:
    """The installed regions."""
    from app.cli.output import show_regions

    regions = _installed()
    found = regions.all()
    show_regions(found, regions.unreadable(), json=json)
    for note in regions.former_notes(found):
        print_error(f"- {note}")


@region_app.command("show")
def region_show(name: str) -> None:
    """What a region was made from."""
    import json

    typer.echo(json.dumps(_installed().get(name).manifest, indent=2, default=dict))


@region_app.command("verify")
def region_verify(name: str) -> None:
    """Are a region's files whole?"""
    problems = _installed().verify(name)
    for problem in problems:
        typer.echo(problem)
    if not problems:
        typer.echo(f"{name} is sound")
    raise typer.Exit(1 if problems else 0)


@region_app.command("remove")
def region_remove(name: str) -> None:
    """Delete a region."""
    _installed().remove(name)
    typer.echo(f"{name} removed")


def _regions() -> Path:
    """Where regions are built."""
    return load_settings().data_dir / "regions"


def _installed() -> "Regions":
    from app.geo.regions.region import Regions

    return Regions(*load_settings().region_folders)


def _tell_built(region: "Region", quiet: bool) -> None:
    if not quiet:
        typer.echo(
            f"{region.name}: {', '.join(f'{n:,} {what}' for what, n in region.counts.items())}"
        )
