"""10,000 prospects over O'ahu, 50 minutes: what each local engine is asked for, and is it right?

A service is asked without the savings (every row) and with them (rows that fail on size, lie
farther than any drive, or are there twice are spared). Its verdicts are held against its own full
matrix, asked in one go. Then another list, in another order, that has OTHERS other points.
"""

import json
import tempfile
import time
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path

import numpy as np
import polars as pl

from app.businesses.prospects import Prospects, Ranges
from app.find.ground import Ground
from app.find.options import SpotOptions
from app.find.pipeline import Pipeline, locate_prospects
from app.find.question import Question
from app.geo.addresses.address import Addresses
from app.geo.driving.embedded.roads import Roads
from app.geo.driving.embedded.serving import Server
from app.geo.driving.embedded.valhalla import Valhalla
from app.geo.driving.engine import Driving, Engine
from app.geo.driving.services.osrm import Osrm
from app.geo.driving.services.service import RoutingService
from app.geo.driving.services.service_engine import ServiceEngine
from app.geo.driving.services.valhalla import RemoteValhalla
from app.geo.geocoding.geocoder import Accuracy
from app.geo.geocoding.home_base import HomeBase
from app.geo.geocoding.zips.zip_codes import ZipGeocoder
from app.geo.http.sender import Sender
from app.geo.points import Floats, Points
from app.geo.regions import build as building
from bench.engine import HOMES, OSM, near_roads, osrm

N = 10_000
OTHERS = 100
HOME = HOMES["honolulu"]
QUESTION = Question(SpotOptions(minutes=50).spot())
APPLIED = frozenset({"employees"})


def prospects(at: Points) -> Prospects:
    """Employees as in central Georgia's PPP list: 28 % have 10-100 (1,150 of 4,121)."""
    listed = pl.read_csv(OSM.parent / "lists" / "ppp-central-georgia.csv", columns=["Jobs"])
    jobs = listed["Jobs"].cast(pl.Float64).to_numpy()
    size = np.random.default_rng(6).choice(jobs[np.isfinite(jobs)], len(at))
    blank = [""] * len(at)
    known, none = Ranges(size, size.copy()), Ranges.unknown(len(at))
    return Prospects(
        pl.DataFrame({"name": blank}),
        blank,
        Addresses(blank, blank, blank, blank),
        at,
        none,
        known,
        none,
        blank,
        blank,
        blank,
    )


def over(service: RoutingService) -> tuple[ServiceEngine, Sender]:
    sender = Sender(service.name, frozenset({"127.0.0.1"}), timeout_s=600, deadline_s=600)
    return ServiceEngine(service, sender.send), sender


def full_matrix(service: RoutingService, sender: Sender, to: Points, size: int) -> Floats:
    """The service's own minutes of every point, so many at once."""
    parts = [to[slice(i, i + size)] for i in range(0, len(to), size)]
    replies = [
        service.read(sender.send(service.ask(HOME, part, Driving())), len(part)) for part in parts
    ]
    return np.concatenate([reply.minutes for reply in replies])


def ask(engine: Engine, who: Prospects, *, all_minutes: bool) -> tuple[float, int, np.ndarray]:
    """Seconds, drives asked, and the verdicts."""
    home = HomeBase(HOME, "downtown Honolulu", Accuracy.GIVEN, 0.0, "given")
    ground = Ground(home, ZipGeocoder(), engine)
    start = time.perf_counter()
    question = replace(QUESTION, all_minutes=all_minutes)
    judged = Pipeline(ground, question, APPLIED).judge(who, locate_prospects(who, ground))
    return time.perf_counter() - start, judged.case.known.drives.asked, judged.verdict


def compare(
    name: str,
    make: Callable[[], Engine],
    who: Prospects,
    next_list: Prospects,
    own: Floats | None,
) -> None:
    engine = make()
    whole, every, judged = ask(engine, who, all_minutes=True)
    again, others, _ = ask(engine, next_list, all_minutes=True)
    took, asked, spared = ask(make(), who, all_minutes=False)
    assert (judged == spared).all(), "sparing rows changed a verdict"
    agreed = "its own exactness is in Drive times"
    if own is not None:
        size = who.employees.low
        right = (size >= 10) & (size <= 100) & (own <= 50)
        decided = judged != 1
        agreed = f"{((judged == 2) == right)[decided].mean():.2%}, {(~decided).sum()} off the road"
    print(
        f"| {name} | {whole:.2f} | {every:,} | {took:.2f} | {asked:,} | {again:.2f} | {others:,} "
        f"| {agreed} |"
    )


def main() -> None:
    print(
        f"{N:,} points near O'ahu's roads, from downtown Honolulu, 50 minutes, 10-100 employees.\n"
    )
    print(
        "| engine | s, all rows | asked | s, with savings | asked "
        f"| s, next list ({OTHERS} other points) | asked | verdicts as its own matrix |"
    )
    print("| --- " * 8 + "|")
    with tempfile.TemporaryDirectory() as temporary, ExitStack() as stack:
        folder, pbf = Path(temporary), OSM / "honolulu.osm.pbf"
        region = building.build_region(folder / "regions", "oahu", [pbf])
        roads = Roads.load(region.roads)
        dice = np.random.default_rng(5)
        every = near_roads(roads, N + OTHERS, dice)
        at = every[:N]
        who = prospects(at)
        next_list = prospects(every[dice.permutation(np.arange(OTHERS, N + OTHERS))])
        server = stack.enter_context(Server(region.tiles, folder / "run"))
        server.send("/status", {})
        port = json.loads((folder / "run" / "engine.json").read_text())["port"]
        url, _ = stack.enter_context(osrm(pbf, folder / "osrm", "ch"))
        embedded = lambda: Valhalla(server.send, roads, name="valhalla")  # noqa: E731
        compare("embedded Valhalla, by reach", embedded, who, next_list, None)
        for name, service, size in (
            ("osrm-routed, contraction hierarchies", Osrm(url), 1000),
            ("valhalla_service over HTTP", RemoteValhalla(f"http://127.0.0.1:{port}"), 2400),
        ):
            _, sender = over(service)
            own = full_matrix(service, sender, at, size)
            compare(name, lambda s=service: over(s)[0], who, next_list, own)


if __name__ == "__main__":
    main()
