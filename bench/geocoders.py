"""Which rows of a real list must a geocoding service be asked for, and are the verdicts the same?

hawaii-retailers.csv from downtown Honolulu, its own coordinates set aside. The service
is once a stand-in that speaks Nominatim's HTTP and knows every address where the list says it is,
and once, where `make test-nominatim` has installed it, a real Nominatim over the same extract.
"""

import json
import tempfile
import threading
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from dataclasses import replace
from datetime import date
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import numpy as np

from app.businesses.prospects import Prospects
from app.find.ground import Ground
from app.find.locating import locate_prospects
from app.find.options import SpotOptions
from app.find.pipeline import Pipeline
from app.find.question import Question
from app.geo.addresses.one_line import one_line, strip_rows
from app.geo.geocoding.fix import improve_fixes
from app.geo.geocoding.services.cache import GeocodeCache
from app.geo.geocoding.services.providers import PROVIDERS
from app.geo.geocoding.services.service import Terms
from app.geo.geocoding.services.service_geocoder import Budget, ServiceGeocoder
from app.geo.geocoding.services.through_geopy import GeopyService
from app.geo.http.sender import Sender
from app.geo.regions import build as building
from app.lists.read import open_list
from app.settings import Settings
from app.sweetspot.judge import Judged
from app.wiring.ground import find_ground
from app.wiring.parts import Parts
from bench.data import HONOLULU, coordinates, find_extract, find_retailers
from bench.sizes import TINY, choose_size
from bench.tables import print_head, print_row
from bench.timing import time_work

NO_SIZES: frozenset[str] = frozenset()  # the list has none
HOME = choose_size("1001 Bishop St, Honolulu, HI 96813", coordinates(HONOLULU))


def within(minutes: float) -> Question:
    return Question(SpotOptions(minutes=minutes).spot(), geocode=True, today=date(2026, 11, 26))


def stand_in(who: Prospects) -> ThreadingHTTPServer:
    """A server that knows where each address is: where the list says so."""
    asked = [one_line(address) for address in strip_rows(who.addresses)]
    places = {
        text: (lat, lon)
        for text, lat, lon in zip(
            asked, who.given.lat.tolist(), who.given.lon.tolist(), strict=True
        )
        if np.isfinite(lat)
    }

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            text = parse_qs(urlsplit(self.path).query)["q"][0]
            found = []
            if text in places:
                lat, lon = places[text]
                box = [str(lat - 5e-5), str(lat + 5e-5), str(lon - 5e-5), str(lon + 5e-5)]
                found = [
                    {
                        "lat": str(lat),
                        "lon": str(lon),
                        "class": "building",
                        "type": "yes",
                        "place_rank": 30,
                        "address": {"house_number": text.split()[0]},
                        "display_name": text,
                        "boundingbox": box,
                    }
                ]
            body = json.dumps(found).encode()
            self.send_response(200)
            self.send_header("content-length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return server


def online(url: str, memory: GeocodeCache, stack: ExitStack) -> ServiceGeocoder:
    sender = stack.enter_context(closing(Sender("nominatim", frozenset({"127.0.0.1"}))))
    provider = replace(PROVIDERS["nominatim"], terms=Terms())
    return ServiceGeocoder(GeopyService(provider, sender.ask, url=url), memory, Budget(), key=url)


def everyone(
    who: Prospects, ground: Ground, service: ServiceGeocoder, question: Question
) -> Judged:
    """Every row's address is asked for, and the answer taken where it is closer."""
    ours = locate_prospects(who, ground, geocode=True)
    rows = np.arange(len(who))
    told = service.locate(who.addresses, ground.home.at)
    return Pipeline(ground, question, NO_SIZES).judge(who, improve_fixes(ours, rows, told)[0])


def compare(name: str, url: str, who: Prospects, ground: Ground, question: Question) -> None:
    with tempfile.TemporaryDirectory() as folder, ExitStack() as stack:
        memories = [
            stack.enter_context(closing(GeocodeCache(Path(folder) / f"{n}.sqlite")))
            for n in range(2)
        ]
        some = online(url, memories[0], stack)
        sparing = replace(ground, online=[some])
        answer, took = time_work(partial(Pipeline(sparing, question, NO_SIZES).find, who))
        every = online(url, memories[1], stack)
        whole, took_all = time_work(partial(everyone, who, ground, every, question))
        before = Pipeline(ground, question, NO_SIZES).judge(
            who, locate_prospects(who, ground, geocode=True)
        )
    one, other = answer.judged.verdict, whole.verdict
    same = (one == other).mean()
    crossed = int(((one == 0) & (other == 2) | (one == 2) & (other == 0)).sum())
    maybe = [int((judged == 1).sum()) for judged in (before.verdict, one, other)]
    print_row(
        name,
        f"{every.use.asked:,} ({took_all:.1f} s)",
        f"{some.use.asked:,} ({took:.1f} s)",
        f"{some.use.asked / len(who):.1%}",
        f"{same:.2%}",
        crossed,
        ", ".join(map(str, maybe)),
    )


@contextmanager
def real_nominatim(pbf: Path, folder: Path) -> Iterator[str]:
    """Its address, once it has imported the extract."""
    from tests.nominatim import nominatim

    folder.mkdir()
    with nominatim(pbf, folder) as url:
        yield url


def main() -> None:
    with tempfile.TemporaryDirectory() as temporary, ExitStack() as stack:
        folder = Path(temporary)
        path, pbf = find_retailers(folder), find_extract("honolulu", folder)
        who = Prospects.joined(list(open_list(path).batches()))
        open_all = replace(who, closed=[""] * len(who))
        print(f"{path.name}, {len(who):,} rows, from {HOME}.\n")
        print_head(
            "service, question",
            "asked, every row",
            "asked, where it decides",
            "of the rows",
            "same verdict",
            "pass against fail",
            "maybe: ours alone, where it decides, every row",
        )
        building.build_region(folder / "regions", "oahu", [pbf])
        parts = stack.enter_context(Parts(Settings(data_dir=folder)))
        bare = stack.enter_context(Parts(Settings(data_dir=folder / "empty")))
        ground, no_map = (find_ground(one, HOME, within(50)) for one in (parts, bare))
        server = stand_in(who)
        urls = {"stand-in": f"http://127.0.0.1:{server.server_port}"}
        if not TINY:
            try:
                real = real_nominatim(pbf, folder / "nominatim")
                urls["real Nominatim"] = stack.enter_context(real)
            except (ImportError, OSError) as why:
                print(f"\n(no real Nominatim here: {why})\n")
        for name, url in urls.items():
            compare(f"{name}, 50 min, as listed", url, who, ground, within(50))
            for minutes in (50, 30, 20):
                every = f"{name}, {minutes} min, closed ones too"
                compare(every, url, open_all, ground, within(minutes))
            compare(f"{name}, 50 min, no map", url, open_all, no_map, within(50))
        server.shutdown()


if __name__ == "__main__":
    main()
