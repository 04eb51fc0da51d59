"""10,000 prospects over O'ahu, 50 minutes: what each local engine is asked for, and is it right?

A service is asked without the savings (every row) and with them (rows that fail on size, lie
farther than any drive, or are there twice are spared). Its verdicts are held against its own full
matrix, asked in one go. Then another list, in another order, that has OTHERS other points.
"""

import tempfile
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import replace
from functools import partial
from itertools import chain
from pathlib import Path

import numpy as np
import polars as pl

from app.businesses.prospects import Prospects, Ranges
from app.find.ground import Ground
from app.find.locating import locate_prospects
from app.find.options import SpotOptions
from app.find.pipeline import Pipeline
from app.find.question import Question
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
from app.sweetspot.judge import Judged
from bench.data import HONOLULU as HOME
from bench.data import LISTS, find_extract
from bench.made_up import points_near_roads, prospects_at
from bench.servers import osrm, read_engine
from bench.sizes import TINY, choose_size
from bench.tables import print_head, print_row
from bench.timing import time_work

N = choose_size(10_000, 200)
OTHERS = choose_size(100, 20)
QUESTION = Question(SpotOptions(minutes=50).spot())
APPLIED = frozenset({"employees"})


def prospects(at: Points) -> Prospects:
    """Employees as in central Georgia's PPP list: 28 % have 10-100 (1,150 of 4,121)."""
    size = np.random.default_rng(6).choice(listed_jobs(), len(at))
    return prospects_at(at, Ranges(size, size.copy()))


def listed_jobs() -> Floats:
    """The list's sizes; tiny, one of each."""
    if TINY:
        return np.arange(1.0, 300.0)
    listed = pl.read_csv(LISTS / "ppp-central-georgia.csv", columns=["Jobs"])
    jobs = listed["Jobs"].cast(pl.Float64).to_numpy()
    return jobs[np.isfinite(jobs)]


def sender_to(service: RoutingService) -> Sender:
    return Sender(service.name, frozenset({"127.0.0.1"}), timeout_s=600, deadline_s=600)


def engine_over(service: RoutingService) -> ServiceEngine:
    return ServiceEngine(service, sender_to(service).send)


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
    question = replace(QUESTION, all_minutes=all_minutes)

    def answer() -> Judged:
        return Pipeline(ground, question, APPLIED).judge(who, locate_prospects(who, ground))

    judged, seconds = time_work(answer)
    return seconds, judged.case.known.drives.asked, judged.verdict


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
    seconds = [f"{s:.2f}" for s in (whole, took, again)]
    drives = [f"{n:,}" for n in (every, asked, others)]
    print_row(name, *chain(*zip(seconds, drives, strict=True)), agreed)


def main() -> None:
    print(
        f"{N:,} points near O'ahu's roads, from downtown Honolulu, 50 minutes, 10-100 employees.\n"
    )
    print_head(
        "engine",
        "s, all rows",
        "asked",
        "s, with savings",
        "asked",
        f"s, next list ({OTHERS} other points)",
        "asked",
        "verdicts as its own matrix",
    )
    with tempfile.TemporaryDirectory() as temporary, ExitStack() as stack:
        folder = Path(temporary)
        pbf = find_extract("honolulu", folder)
        region = building.build_region(folder / "regions", "oahu", [pbf])
        roads = Roads.load(region.roads)
        dice = np.random.default_rng(5)
        every = points_near_roads(roads, N + OTHERS, dice)
        at = every[:N]
        who = prospects(at)
        next_list = prospects(every[dice.permutation(np.arange(OTHERS, N + OTHERS))])
        server = stack.enter_context(Server(region.tiles, folder / "run"))
        server.send("/status", {})
        valhalla = read_engine(folder / "run")
        routed = stack.enter_context(osrm(pbf, folder / "osrm", "ch"))
        embedded = partial(Valhalla, server.send, roads, name="valhalla")
        compare("embedded Valhalla, by reach", embedded, who, next_list, None)
        services: tuple[tuple[str, RoutingService, int], ...] = (
            ("osrm-routed, contraction hierarchies", Osrm(routed.url), 1000),
            ("valhalla_service over HTTP", RemoteValhalla(valhalla.url), 2400),
        )
        for name, service, size in services:
            own = full_matrix(service, sender_to(service), at, size)
            compare(name, partial(engine_over, service), who, next_list, own)


if __name__ == "__main__":
    main()
