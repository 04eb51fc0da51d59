"""`region add`, against a real HTTP server on loopback that misbehaves on demand."""

import hashlib
import json
import re
import socket
import threading
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from shapely.geometry import box, mapping

from app.errors import (
    BackendDown,
    BackendFailed,
    BackendSlow,
    BadInput,
    BadMap,
    BadQuestion,
    DownloadFailed,
    NoRoom,
    NoSuchRegion,
)
from app.geo.http.client import Client
from app.geo.points import Point
from app.geo.regions import extracts
from app.geo.regions.extracts import Circle, Extract, choose_extracts, read_index, rebase_url
from app.geo.regions.region import Regions
from app.geo.regions.sample import county as sample

pytestmark = pytest.mark.usefixtures("impatient")


@dataclass
class Mirror:
    """A web server's files and its moods. `drops`: how often to hang up half-way."""

    files: dict[str, bytes] = field(default_factory=dict)
    drops: int = 0
    errors: int = 0
    ranges: bool = True
    asked: list[tuple[str, str]] = field(default_factory=list)  # path, Range header
    url: str = ""

    def put(self, path: str, body: bytes, md5: str = "") -> None:
        """A file and its checksum beside it."""
        digest = md5 or hashlib.md5(body, usedforsecurity=False).hexdigest()
        self.files[path] = body
        self.files[f"{path}.md5"] = f"{digest}  {path.rsplit('/', 1)[-1]}\n".encode()

    def publish(self, extents: dict[str, Sequence[float]]) -> None:
        """An index of rectangles, its files named by the official host as in the real one."""
        features = [
            {
                "type": "Feature",
                "properties": {
                    "id": id_,
                    "name": id_.title(),
                    "urls": {"pbf": f"https://download.geofabrik.de/{id_}-latest.osm.pbf"},
                },
                "geometry": mapping(box(*extent)),
            }
            for id_, extent in extents.items()
        ]
        index = {"type": "FeatureCollection", "features": features}
        self.files["/index-v1.json"] = json.dumps(index).encode()

    def ranges_of(self, path: str) -> list[str]:
        return [range_ for asked, range_ in self.asked if asked == path]


class Handler(BaseHTTPRequestHandler):
    """Serves the mirror's files, with Range where it has them."""

    mirror: Mirror

    def do_GET(self) -> None:
        mirror, path = self.mirror, self.path
        wanted = self.headers.get("Range", "")
        mirror.asked.append((path, wanted))
        body = mirror.files.get(path)
        if body is None or mirror.errors:
            mirror.errors -= body is not None
            self.send_error(404 if body is None else 503)
            return
        start = int(wanted[6:-1]) if wanted and mirror.ranges else 0
        if start and start >= len(body):
            self.send_response(416)
            self.send_header("Content-Range", f"bytes */{len(body)}")
            self.send_header("Content-Length", "0")
            self.end_headers()
            return
        self.send_response(206 if start else 200)
        if start:
            self.send_header("Content-Range", f"bytes {start}-{len(body) - 1}/{len(body)}")
        self.send_header("Content-Length", str(len(body) - start))
        self.end_headers()
        self._send(body[start:])

    def _send(self, body: bytes) -> None:
        if self.mirror.drops and self.path.endswith(".pbf"):
            self.mirror.drops -= 1
            body = body[: len(body) // 2]
        self.wfile.write(body)

    def log_message(self, *args: Any) -> None:
        """Be quiet."""


@pytest.fixture
def mirror() -> Iterator[Mirror]:
    it = Mirror()
    handler = type("Bound", (Handler,), {"mirror": it})
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        it.url = f"http://127.0.0.1:{server.server_port}"
        yield it
        server.shutdown()
        thread.join()


@pytest.fixture
def client() -> Iterator[Client]:
    with Client(timeout_s=5) as it:
        yield it


FILE = "/big.osm.pbf"
BODY = bytes(range(256)) * 4000  # a megabyte, each half unlike the other's bytes in place
MD5 = hashlib.md5(BODY, usedforsecurity=False).hexdigest()


def unmetered(_: str, _done: int, _total: int) -> None:
    pass


# --- downloads ---------------------------------------------------------------------------------


def test_a_dropped_connection_is_resumed(mirror: Mirror, client: Client, tmp_path: Path):
    """Two hang-ups: half of the file, half of the rest, then what is left: 500 + 250 + 250 kB.

    Of 1,024,000 bytes the first answer brings 512,000, the second 256,000.
    """
    mirror.put(FILE, BODY)
    mirror.drops = 2
    seen: list[tuple[int, int]] = []
    client.download(
        mirror.url + FILE,
        tmp_path / "x",
        md5=MD5,
        meter=lambda _, n, total: seen.append((n, total)),
    )
    assert (tmp_path / "x").read_bytes() == BODY
    assert mirror.ranges_of(FILE) == ["", "bytes=512000-", "bytes=768000-"]
    assert seen[-1] == (1_024_000, 1_024_000)
    assert seen == sorted(seen)
    assert list(tmp_path.iterdir()) == [tmp_path / "x"]


def test_what_arrived_is_kept_for_the_next_call(mirror: Mirror, client: Client, tmp_path: Path):
    """When the line stays bad the call fails clearly; a later one asks for the rest only."""
    mirror.put(FILE, BODY)
    mirror.drops = 4
    with pytest.raises(BackendDown, match=r"127\.0\.0\.1"):
        client.download(mirror.url + FILE, tmp_path / "x", md5=MD5, meter=unmetered)
    assert (tmp_path / "x.part").stat().st_size == 960_000  # 15/16
    mirror.asked.clear()
    client.download(mirror.url + FILE, tmp_path / "x", md5=MD5, meter=unmetered)
    assert mirror.ranges_of(FILE) == ["bytes=960000-"]
    assert (tmp_path / "x").read_bytes() == BODY


def test_a_server_without_ranges_starts_over(mirror: Mirror, client: Client, tmp_path: Path):
    """It ignores the wish for the rest and sends all: nothing is there twice."""
    mirror.put(FILE, BODY)
    mirror.drops, mirror.ranges = 1, False
    client.download(mirror.url + FILE, tmp_path / "x", md5=MD5, meter=unmetered)
    assert (tmp_path / "x").read_bytes() == BODY


@pytest.mark.parametrize("left", [BODY, BODY + b"more"], ids=["whole", "too long"])
def test_a_part_with_nothing_missing(left: bytes, mirror: Mirror, client: Client, tmp_path: Path):
    """Killed between the last byte and the check; or the file at the mirror is shorter now."""
    mirror.put(FILE, BODY)
    (tmp_path / "x.part").write_bytes(left)
    client.download(mirror.url + FILE, tmp_path / "x", md5=MD5, meter=unmetered)
    assert (tmp_path / "x").read_bytes() == BODY


def test_a_part_of_another_file_is_thrown_away(mirror: Mirror, client: Client, tmp_path: Path):
    """The checksum does not match after resuming, so it is fetched from the start, once."""
    mirror.put(FILE, BODY)
    (tmp_path / "x.part").write_bytes(b"yesterday's bytes")
    client.download(mirror.url + FILE, tmp_path / "x", md5=MD5, meter=unmetered)
    assert (tmp_path / "x").read_bytes() == BODY
    assert mirror.ranges_of(FILE) == ["bytes=17-", ""]


def test_a_wrong_checksum(mirror: Mirror, client: Client, tmp_path: Path):
    """Wrong twice over: the source is damaged, nothing is kept and nothing is built."""
    mirror.put(FILE, BODY)
    with pytest.raises(DownloadFailed, match=r"checksum is wrong.*mirror"):
        client.download(mirror.url + FILE, tmp_path / "x", md5="0" * 32, meter=unmetered)
    assert list(tmp_path.iterdir()) == []


def test_a_busy_server_is_asked_again(mirror: Mirror, client: Client):
    """503 may pass, and did at the third time."""
    mirror.files["/x"] = b"there"
    mirror.errors = 2
    assert client.get(mirror.url + "/x") == b"there"
    assert len(mirror.asked) == 3


def test_a_missing_file_is_not_asked_again(mirror: Mirror, client: Client):
    with pytest.raises(DownloadFailed, match="404"):
        client.get(mirror.url + "/nothing")
    assert len(mirror.asked) == 1


def test_nobody_there(client: Client, tmp_path: Path):
    """A closed port, and a name that can't be an address."""
    with pytest.raises(BackendDown):
        client.get("http://127.0.0.1:9/index-v1.json")
    with pytest.raises(BackendFailed):
        client.download("http://[bad/x", tmp_path / "x", md5=MD5, meter=unmetered)


def test_a_server_that_says_nothing():
    """It takes the connection and never answers."""
    with socket.create_server(("127.0.0.1", 0)) as mute, Client(timeout_s=0.1) as client:
        port = mute.getsockname()[1]
        with pytest.raises(BackendSlow, match="in time"):
            client.get(f"http://127.0.0.1:{port}/x")


def test_a_full_disk(mirror: Mirror, client: Client, tmp_path: Path):
    """/dev/full takes no byte, as a full disk does: the system's own error, told clearly."""
    mirror.put(FILE, BODY)
    (tmp_path / "x.part").symlink_to("/dev/full")
    with pytest.raises(NoRoom, match="no room left on the disk"):
        client.download(mirror.url + FILE, tmp_path / "x", md5=MD5, meter=unmetered)
    assert not (tmp_path / "x").exists()


# --- the index ---------------------------------------------------------------------------------


def squares(**extents: Sequence[float]) -> list[Extract]:
    return [Extract(id_, id_, f"http://x/{id_}", box(*extent)) for id_, extent in extents.items()]


# A country of two states, cut at longitude 2, and its neighbour to the south.
WORLD = squares(land=(0, 0, 4, 4), west=(0, 0, 2, 4), east=(2, 0, 4, 4), south=(0, -4, 4, 0))


def ids(chosen: Sequence[Extract]) -> list[str]:
    return [extract.id for extract in chosen]


def test_one_state_is_enough():
    """30 miles, half a degree, around its middle."""
    assert ids(choose_extracts(WORLD, Circle(Point(1, 2), 30))) == ["west"]


def test_all_that_the_circle_touches_and_no_country_around_its_states():
    """Near the corner where three meet."""
    assert ids(choose_extracts(WORLD, Circle(Point(1.9, 0.1), 30))) == ["east", "south", "west"]


def test_the_country_where_its_states_leave_ground_open():
    """Only the western state is offered: the east is to be had with the whole country."""
    half = [extract for extract in WORLD if extract.id != "east"]
    assert ids(choose_extracts(half, Circle(Point(1.9, 2), 30))) == ["land"]
    assert ids(choose_extracts(half, Circle(Point(1, 2), 30))) == ["west"]


def test_the_sea_off_the_coast_asks_for_nothing():
    """The country's outline reaches a little farther out to sea than its states': no reason."""
    wider = [*WORLD[1:3], *squares(land=(-0.05, 0, 4, 4))]
    assert ids(choose_extracts(wider, Circle(Point(0.2, 2), 30))) == ["west"]


def test_no_map_at_all():
    with pytest.raises(NoSuchRegion, match=r"nothing around 50\.0000, 50\.0000"):
        choose_extracts(WORLD, Circle(Point(50, 50), 30))


def test_an_id_and_a_near_miss():
    """What was meant is named."""
    assert ids(choose_extracts(WORLD, "east")) == ["east"]
    with pytest.raises(NoSuchRegion, match=r"'us/EAST'; did you mean east\?"):
        choose_extracts(WORLD, "us/EAST")


@pytest.mark.parametrize("miles", [0, -1, 501, float("nan")])
def test_circles_that_make_no_sense(miles: float):
    with pytest.raises(BadQuestion, match="miles"):
        Circle(Point(0, 0), miles)


@pytest.mark.parametrize(
    "body",
    [b"", b"<html>", b"[]", b"{}", b'{"features": [{"properties": {}, "geometry": {}}]}',
     b'{"features": [{"properties": {"id": "x", "urls": []}, "geometry": {"type": "Blob"}}]}'],
)  # fmt: skip
def test_what_is_no_index(body: bytes):
    """A portal's log-in page, say: the address is named."""
    with pytest.raises(BackendDown, match=r"http://mirror/index-v1\.json is not an index"):
        read_index(body, "http://mirror/")


def test_the_mirror_stands_in_for_the_official_host():
    official = "https://download.geofabrik.de/north-america/us/hawaii-latest.osm.pbf"
    assert (
        rebase_url(official, "http://mirror:8000/osm/")
        == "http://mirror:8000/osm/north-america/us/hawaii-latest.osm.pbf"
    )
    assert (
        rebase_url("https://other.example/x.osm.pbf", "http://m")
        == "https://other.example/x.osm.pbf"
    )


# --- from nothing to a region ------------------------------------------------------------------


@pytest.fixture(scope="module")
def county_pbf(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    path = tmp_path_factory.mktemp("county") / "county.osm.pbf"
    sample.write_county(path)
    return path.read_bytes()


TEAL = (-118.0, 39.0, -115.0, 41.0)


def test_add_by_name(mirror: Mirror, tmp_path: Path, county_pbf: bytes):
    """The whole way, with a connection dropped: the region is there, the download is gone."""
    mirror.publish({"us/teal": TEAL, "us": (-125, 25, -65, 50)})
    mirror.put("/us/teal-latest.osm.pbf", county_pbf)
    mirror.drops = 1
    said: list[str] = []
    region = extracts.add_region(tmp_path, "us/teal", base_url=mirror.url, progress=said.append)
    assert region.name == "us/teal"
    assert Regions(tmp_path).covering(sample.HOME) == region
    assert region.covers_point(Point(-115.1, 40.9))  # the extract's outline, not its roads' hull
    assert "downloading Us/Teal" in said
    assert list((tmp_path / extracts.DOWNLOADS).iterdir()) == []
    assert mirror.ranges_of("/us/teal-latest.osm.pbf") == ["", f"bytes={len(county_pbf) // 2}-"]


def test_add_around_a_home_base(mirror: Mirror, tmp_path: Path, county_pbf: bytes):
    """Two extracts touch the circle; both are fetched, and build one region under one name."""
    border = sample.HOME.lon + 0.2
    mirror.publish({"west": (-118, 39, border, 41), "east": (border, 39, -115, 41)})
    mirror.put("/west-latest.osm.pbf", county_pbf)
    mirror.put("/east-latest.osm.pbf", county_pbf)
    region = extracts.add_region(
        tmp_path, Circle(sample.HOME, 30), base_url=mirror.url, name="teal"
    )
    assert region.name == "teal"
    assert [re.sub("-.*", "", s["file"]) for s in region.manifest["sources"]] == ["east", "west"]
    assert region.covered_share(sample.HOME, 30) == pytest.approx(1)


def test_add_refuses_before_it_downloads(mirror: Mirror, tmp_path: Path):
    """An unknown id, a name that can't be, an index that is none: no file is asked for."""
    mirror.publish({"us/teal": TEAL})
    with pytest.raises(NoSuchRegion, match="us/teal"):
        extracts.add_region(tmp_path, "teal", base_url=mirror.url)
    with pytest.raises(BadInput, match="can't name a region"):
        extracts.add_region(tmp_path, "us/teal", base_url=mirror.url, name="../x")
    mirror.files["/index-v1.json"] = b"<html>please log in</html>"
    with pytest.raises(BackendDown, match="not an index"):
        extracts.add_region(tmp_path, "us/teal", base_url=mirror.url)
    assert {path for path, _ in mirror.asked} == {"/index-v1.json"}


def test_no_checksum_no_region(mirror: Mirror, tmp_path: Path, county_pbf: bytes):
    """A file that can't be checked is not built from."""
    mirror.publish({"us/teal": TEAL})
    mirror.put("/us/teal-latest.osm.pbf", county_pbf)
    mirror.files["/us/teal-latest.osm.pbf.md5"] = b"<html>"
    with pytest.raises(DownloadFailed, match="holds no checksum"):
        extracts.add_region(tmp_path, "us/teal", base_url=mirror.url)
    assert Regions(tmp_path).all() == []


def test_a_download_that_can_t_be_built_from(mirror: Mirror, tmp_path: Path):
    """Whole by its checksum, and yet no map; it is not fetched again the next time."""
    mirror.publish({"us/teal": TEAL})
    mirror.put("/us/teal-latest.osm.pbf", BODY)
    for _ in range(2):
        with pytest.raises(BadMap, match=r"teal-latest.*not an OpenStreetMap"):
            extracts.add_region(tmp_path, "us/teal", base_url=mirror.url)
    assert len(mirror.ranges_of("/us/teal-latest.osm.pbf")) == 1
    assert Regions(tmp_path).all() == []
