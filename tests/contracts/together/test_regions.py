"""Maps come and go while many ask: each gets the answer with the map or the one without it."""

import shutil
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from app.geo.regions.region import Region
from app.geo.regions.regions import Regions
from app.geo.regions.sample import county as sample
from app.settings import Settings
from tests.contracts.together import questions
from tests.contracts.together.asking import (
    Wrong,
    in_another_order,
    none_wrong,
    wrong_in_turn,
)
from tests.served import Answer, Request, Served, ask_inside, local_client, serve

CLIENTS = 4
BUILD = (
    "import sys, pathlib; from app.geo.regions.sample import county; "
    "county.build_sample(pathlib.Path(sys.argv[1]))"
)
NAMED = "region=sample"


@pytest.fixture(scope="module")
def asked() -> dict[str, Request]:
    """Of the county alone, with the map named and without. /v1/regions tells when it was built."""
    every = questions.county()
    lasting = ("tile", "regions", "readyz", "healthz", "portfolio", "capacity")
    made = {
        name: one
        for name, one in every.items()
        if name.startswith(("county 0", "county 5", "county again 1", "find", "geocode 220"))
        or name in ("prospects", "partners", "reach", "tile", "ambiguous")
    }
    assert set(lasting) <= set(every)
    named = {
        f"{name}, named": Request(
            one.method, f"{one.path}{'&' if '?' in one.path else '?'}{NAMED}", one.body, one.headers
        )
        for name, one in made.items()
        if one.method == "GET" or "?" in one.path
    }
    return made | named


def _data(folder: Path, county: Region | None) -> Path:
    """A data folder of one's own, with the county in it or empty."""
    (folder / "regions").mkdir(parents=True)
    if county is not None:
        shutil.copytree(county.folder, folder / "regions" / county.folder.name)
    return folder


def _alone(folder: Path, asked: Mapping[str, Request]) -> dict[str, Answer]:
    with local_client(Settings(data_dir=folder)) as client:
        return {name: ask_inside(client, one) for name, one in asked.items()}


@pytest.fixture(scope="module")
def answers(
    county: Region, asked: dict[str, Request], tmp_path_factory: pytest.TempPathFactory
) -> tuple[dict[str, Answer], dict[str, Answer]]:
    """With the map and without it."""
    base = tmp_path_factory.mktemp("alone")
    return _alone(_data(base / "with", county), asked), _alone(_data(base / "none", None), asked)


@contextmanager
def _asking(
    served: Served, asked: Mapping[str, Request], allowed: Mapping[str, Any]
) -> Iterator[list[Wrong]]:
    """Clients that ask until the block ends; afterwards, what was none of the allowed answers."""
    found: list[Wrong] = []
    stop = threading.Event()

    def client(number: int) -> int:
        rounds = 0
        while not stop.is_set():
            for name, one in in_another_order(asked, 1000 * number + rounds).items():
                found.extend(wrong_in_turn(served.ask, {name: one}, allowed))
                if stop.is_set():
                    break
            rounds += 1
        return rounds

    with ThreadPoolExecutor(CLIENTS) as pool:
        running: list[Future[int]] = [pool.submit(client, i) for i in range(CLIENTS)]
        try:
            yield found
        finally:
            stop.set()
    for one in running:
        one.result()


def _built(regions: Path) -> None:
    """The same map once more, in another process."""
    subprocess.run([sys.executable, "-c", BUILD, str(regions)], check=True, capture_output=True)


def _verified(regions: Path) -> None:
    for _ in range(20):
        assert Regions(regions).verify(sample.NAME) == []


def _removed_and_added(regions: Path) -> None:
    for _ in range(2):
        Regions(regions).remove(sample.NAME)
        _built(regions)


@pytest.mark.parametrize(
    ("change", "stays"),
    [(_built, True), (_verified, True), (_removed_and_added, False)],
    ids=["rebuilt", "verified", "removed_and_added"],
)
def test_while_the_map_is(
    change: Callable[[Path], None],
    stays: bool,
    county: Region,
    asked: dict[str, Request],
    answers: tuple[dict[str, Answer], dict[str, Answer]],
    tmp_path: Path,
) -> None:
    """Never a mixture, never a failure; afterwards all is as before."""
    with_map, without = answers
    allowed = {name: frozenset((got, got if stays else without[name]))
               for name, got in with_map.items()}  # fmt: skip
    data = _data(tmp_path / "data", county)
    with serve(data) as served:
        with _asking(served, asked, allowed) as found:
            change(data / "regions")
        after = wrong_in_turn(served.ask, asked, with_map)
        log = served.log.read_text()
    none_wrong(found, 0)
    none_wrong(after, len(asked))
    assert "Traceback" not in log
