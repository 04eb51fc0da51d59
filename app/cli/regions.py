"""`sweetspot region`: build, add, list, verify and remove maps."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from app.cli.base import (
    Json,
    Quiet,
    confirm,
    live_parts,
    load_settings,
    print_error,
    region_app,
    save_file,
    with_options,
)
from app.errors import BadInput, BadQuestion
from app.find.defining import check_options
from app.jobs.options import LARGE, AreaOptions, RegionOptions

if TYPE_CHECKING:
    from app.cli.output import ShownProgress
    from app.geo.regions.circle import Circle
    from app.geo.regions.plan import DownloadPlan
    from app.geo.regions.region import Region
    from app.geo.regions.regions import Regions

Miles = Annotated[float, typer.Option(min=1, max=300, help="How far around it.")]
Yes = Annotated[bool, typer.Option("--yes", "-y", help=LARGE)]


@region_app.command("build")
def region_build(
    name: Annotated[str, typer.Argument(help="What to call it, such as us/hawaii.")],
    maps: Annotated[list[Path], typer.Argument(metavar="FILE.osm.pbf...")],
    addresses: Annotated[
        list[Path] | None,
        typer.Option(
            help="Address points (OpenAddresses, NAD, E911: CSV, GeoJSON, .gz, .zip), TIGER "
            "ADDRFEAT zip; repeat."
        ),
    ] = None,
    places: Annotated[
        list[Path] | None,
        typer.Option(help="Overture Maps Places (Parquet), for businesses the map lacks; repeat."),
    ] = None,
    near: Annotated[str, typer.Option(help="Cut them to a circle around an address.")] = "",
    miles: Miles = 60,
    quiet: Quiet = False,
) -> None:
    """Build a region from OpenStreetMap extracts."""
    from app.cli.output import show_progress
    from app.geo.regions.build import build_region

    around = _circle(near, miles) if near else None
    with show_progress(quiet) as tell:
        region = build_region(
            _regions(),
            name,
            maps,
            addresses=addresses or [],
            places=places or [],
            progress=tell,
            around=around,
        )
    _tell_built(region, quiet)


@region_app.command("add")
@with_options(AreaOptions)
def region_add(
    asked: AreaOptions,
    name: Annotated[str, typer.Argument(help="A Geofabrik extract, such as hawaii.")] = "",
    yes: Yes = False,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Only say what it would download and take.")
    ] = False,
    json: Annotated[bool, typer.Option("--json", help="The plan of --dry-run as JSON.")] = False,
    quiet: Quiet = False,
) -> None:
    """Download the extracts of an area and build a region from them."""
    from app.cli.output import show_progress
    from app.cli.region_output import show_region_plan
    from app.geo.regions.extracts import add_region
    from app.wiring.region_jobs import RegionPlan, locate_area

    if json and not dry_run:
        raise BadQuestion("--json goes with --dry-run", field="json")
    wanted = check_options(RegionOptions, {"name": name, **asked.model_dump(exclude_unset=True)})
    with live_parts() as live:
        if dry_run:
            show_region_plan(RegionPlan.of(live, wanted), json=json)
            return
        what, url = locate_area(live, wanted), live.settings.download_url
    with show_progress(quiet) as tell:
        region = add_region(
            _regions(),
            what,
            base_url=url,
            whole=asked.whole_circle,
            agree=lambda plan: _agree(plan, yes, tell),
            progress=tell,
        )
    _tell_built(region, quiet)


@region_app.command("update")
def region_update(name: str, yes: Yes = False, quiet: Quiet = False) -> None:
    """Fetch what is newer of a region's extracts, and build it again."""
    from app.cli.output import show_progress
    from app.geo.regions.extracts import update_region

    old, url = _installed().find(name), load_settings().download_url
    with show_progress(quiet) as tell:
        region = update_region(
            old,
            base_url=url,
            agree=lambda plan: _agree(plan, yes, tell),
            progress=tell,
        )
    if region:
        _tell_built(region, quiet)
    elif not quiet:
        typer.echo(f"{name} is up to date: nothing newer is to be had")


@region_app.command("sample")
def region_sample(
    listed: Annotated[
        Path | None,
        typer.Option("--list", help="Where to write the list.", show_default="in the data folder"),
    ] = None,
    quiet: Quiet = False,
) -> None:
    """Build the sample county, a small made-up map, and write a list to try on it."""
    from app.cli.output import show_progress
    from app.folders import writing_to
    from app.geo.regions.regions import Regions
    from app.geo.regions.sample import county as sample

    if sample.NAME not in {region.name for region in Regions(_regions()).all()}:
        with show_progress(quiet) as tell:
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
    from app.cli.region_output import show_regions

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


def _circle(near: str, miles: float) -> "Circle":
    from app.geo.regions.circle import Circle
    from app.wiring.ground import locate_home

    with live_parts() as live:
        return Circle(locate_home(live, near).at, miles)


def _agree(plan: "DownloadPlan", yes: bool, shown: "ShownProgress") -> None:
    """Raises BadInput for a large download that nobody agrees to."""
    from app.cli.region_output import show_plan

    if yes or not plan.is_large:
        return
    with shown.paused():
        show_plan(plan, on_error=True)
        agreed = confirm("Download them?")
    if not agreed:
        raise BadInput(
            f"nothing was downloaded: it is {plan.size_text}; agree with --yes, or ask for less "
            "(--miles, or a smaller extract)",
            field="yes",
        )


def _regions() -> Path:
    """Where regions are built."""
    return load_settings().data_dir / "regions"


def _installed() -> "Regions":
    from app.geo.regions.regions import Regions

    return Regions(*load_settings().region_folders)


def _tell_built(region: "Region", quiet: bool) -> None:
    if not quiet:
        typer.echo(
            f"{region.name}: {', '.join(f'{n:,} {what}' for what, n in region.counts.items())}"
        )
    for note in region.notes:
        print_error(f"- {note}")
