"""What one alone is answered, by parts that were asked nothing before."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from itertools import batched
from pathlib import Path

from app.geo.driving.embedded import serving
from app.geo.geocoding.zips.zip_codes import ZipGeocoder
from app.geo.regions.regions import Regions
from app.settings import Settings
from tests.served import Answer, Request, ask_inside, local_client


def answers_alone(
    asked: Mapping[str, Request], data_of: Callable[[str], Path], of_one: int = 1
) -> dict[str, Answer]:
    """Each by parts and a data folder of its own, or so many by the same.

    All share what remembers no question and takes seconds to start: the engines and the ZIP codes'
    table.
    """
    found, zips = {}, ZipGeocoder()
    with _engines(data_of("alone")) as run:
        for some in batched(asked.items(), of_one):
            data = data_of("alone")
            (data / "run").symlink_to(run)
            with local_client(Settings(data_dir=data)) as client:
                client.app.state.parts.__dict__["zips"] = zips
                found |= {name: ask_inside(client, one) for name, one in some}
    return found


@contextmanager
def _engines(data: Path) -> Iterator[Path]:
    """The folder in which parts find the engines of all maps running."""
    run = data / "run"
    with ExitStack() as stack:
        for region in Regions(data / "regions").all():
            folder = run / f"{region.folder.name}-{region.digest[:12]}"
            stack.enter_context(serving.Server(region.tiles, folder)).send("/status", {})
        yield run
