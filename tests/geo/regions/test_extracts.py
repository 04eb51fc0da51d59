"""`region add`, against a real HTTP server on loopback that misbehaves on demand."""

import hashlib
import json
import re
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

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
from app.geo.progress import BYTES, Progress, ignore_progress
from app.geo.regions import extracts
from app.geo.regions.build import build_region
from app.geo.regions.circle import Circle
from app.geo.regions.plan import DownloadPlan
from app.geo.regions.region import Region
from app.geo.regions.regions import Regions
from app.geo.regions.sample import county as sample
from tests.mirror import Mirror, serve_mirror

pytestmark = pytest.mark.usefixtures("impatient")


@pytest.fixture
def mirror() -> Iterator[Mirror]:
    with serve_mirror() as it:
        yield it


@pytest.fixture
def client() -> Iterator[Client]:
    with Client(timeout_s=5) as it:
        yield it


FILE = "/big.osm.pbf"
BODY = bytes(range(256)) * 4000  # a megabyte, each half unlike the other's bytes in place
MD5 = hashlib.md5(BODY, usedforsecurity=False).hexdigest()


# --- downloads ---------------------------------------------------------------------------------


def test_a_dropped_connection_is_resumed(mirror: Mirror, client: Client, tmp_path: Path):
    """Two hang-ups: half of the file, half of the rest, then what is left: 500 + 250 + 250 kB.

    Of 1,024,000 bytes the first answer brings 512,000, the second 256,000.
    """
    mirror.put(FILE, BODY)
    mirror.drops = 2
    seen: list[Progress] = []
    client.download(
        mirror.url + FILE,
        tmp_path / "x",
        md5=MD5,
        progress=seen.append,
    )
    assert (tmp_path / "x").read_bytes() == BODY
    assert mirror.ranges_of(FILE) == ["", "bytes=512000-", "bytes=768000-"]
    assert (seen[-1].step, seen[-1].unit) == ("x", BYTES)
    assert (seen[-1].done, seen[-1].total) == (1_024_000, 1_024_000)
    assert [event.done for event in seen] == sorted(event.done for event in seen)
    assert list(tmp_path.iterdir()) == [tmp_path / "x"]


def test_what_arrived_is_kept_for_the_next_call(mirror: Mirror, client: Client, tmp_path: Path):
    """When the line stays bad the call fails clearly; a later one asks for the rest only."""
    mirror.put(FILE, BODY)
    mirror.drops = 4
    with pytest.raises(BackendDown, match=r"127\.0\.0\.1"):
        client.download(mirror.url + FILE, tmp_path / "x", md5=MD5, progress=ignore_progress)
    assert (tmp_path / "x.part").stat().st_size == 960_000  # 15/16
    mirror.asked.clear()
    client.download(mirror.url + FILE, tmp_path / "x", md5=MD5, progress=ignore_progress)
    assert mirror.ranges_of(FILE) == ["bytes=960000-"]
    assert (tmp_path / "x").read_bytes() == BODY


def test_a_server_without_ranges_starts_over(mirror: Mirror, client: Client, tmp_path: Path):
    """It ignores the wish for the rest and sends all: nothing is there twice."""
    mirror.put(FILE, BODY)
    mirror.drops, mirror.ranges = 1, False
    client.download(mirror.url + FILE, tmp_path / "x", md5=MD5, progress=ignore_progress)
    assert (tmp_path / "x").read_bytes() == BODY


@pytest.mark.parametrize("left", [BODY, BODY + b"more"], ids=["whole", "too long"])
def test_a_part_with_nothing_missing(left: bytes, mirror: Mirror, client: Client, tmp_path: Path):
    """Killed between the last byte and the check; or the file at the mirror is shorter now."""
    mirror.put(FILE, BODY)
    (tmp_path / "x.part").write_bytes(left)
    client.download(mirror.url + FILE, tmp_path / "x", md5=MD5, progress=ignore_progress)
    assert (tmp_path / "x").read_bytes() == BODY


def test_a_part_of_another_file_is_thrown_away(mirror: Mirror, client: Client, tmp_path: Path):
    """The checksum does not match after resuming, so it is fetched from the start, once."""
    mirror.put(FILE, BODY)
    (tmp_path / "x.part").write_bytes(b"yesterday's bytes")
    client.download(mirror.url + FILE, tmp_path / "x", md5=MD5, progress=ignore_progress)
    assert (tmp_path / "x").read_bytes() == BODY
    assert mirror.ranges_of(FILE) == ["bytes=17-", ""]


def test_a_wrong_checksum(mirror: Mirror, client: Client, tmp_path: Path):
    """Wrong twice over: the source is damaged, nothing is kept and nothing is built."""
    mirror.put(FILE, BODY)
    with pytest.raises(DownloadFailed, match=r"checksum is wrong.*mirror"):
        client.download(mirror.url + FILE, tmp_path / "x", md5="0" * 32, progress=ignore_progress)
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
        client.download("http://[bad/x", tmp_path / "x", md5=MD5, progress=ignore_progress)


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
        client.download(mirror.url + FILE, tmp_path / "x", md5=MD5, progress=ignore_progress)
    assert not (tmp_path / "x").exists()


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
    said: list[Progress] = []
    region = extracts.add_region(tmp_path, "us/teal", base_url=mirror.url, progress=said.append)
    assert region.name == "us/teal"
    assert Regions(tmp_path).covering(sample.HOME) == region
    assert region.covers_point(Point(-115.1, 40.9))  # the extract's outline, not its roads' hull
    steps = [event.step for event in said]
    assert "downloading Us/Teal" in steps
    assert steps.index("downloading Us/Teal") < steps.index("making the routing tiles")
    size = len(county_pbf)
    assert [(p.done, p.total) for p in said if p.unit == BYTES][-1] == (size, size)
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
    assert [re.sub("-.*", "", s["file"]) for s in region.manifest["sources"]] == ["west", "east"]
    assert region.covered_share(sample.HOME, 30) == pytest.approx(1)
    assert region.covered_share(sample.HOME, 60) == pytest.approx(1 / 4, abs=0.01)


def test_add_refuses_before_it_downloads(mirror: Mirror, tmp_path: Path):
    """An unknown id, a name that can't be, an index that is none: no file is asked for."""
    mirror.publish({"us/teal": TEAL})
    with pytest.raises(NoSuchRegion, match=r"'us/teel'; did you mean us/teal\?"):
        extracts.add_region(tmp_path, "us/teel", base_url=mirror.url)
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


def test_several_extracts_without_a_name(mirror: Mirror, tmp_path: Path, county_pbf: bytes):
    """A circle is called after its middle: its extract's name would promise all of that."""
    mirror.publish({"us/teal": TEAL})
    mirror.put("/us/teal-latest.osm.pbf", county_pbf)
    region = extracts.add_region(tmp_path, Circle(sample.HOME, 20), base_url=mirror.url)
    assert region.name == f"near_{sample.HOME.lat:.3f}_{sample.HOME.lon:.3f}_20mi"


# --- the plan ----------------------------------------------------------------------------------

PBF = "/us/teal-latest.osm.pbf"


@pytest.fixture
def teal(mirror: Mirror, county_pbf: bytes) -> Mirror:
    """A mirror with the county as a state of its own."""
    mirror.publish({"us/teal": TEAL, "us/navy": (-115, 39, -112, 41)})
    mirror.put(PBF, county_pbf)
    mirror.put("/us/navy-latest.osm.pbf", county_pbf)
    return mirror


def test_a_plan_says_what_it_takes_and_fetches_nothing(teal: Mirror, county_pbf: bytes):
    plan = extracts.plan_region("teal", base_url=teal.url)
    document = plan.document()
    assert document["circle"] is None
    (file,) = document["files"]
    assert (file["extract"], file["bytes"], file["adds"]) == ("us/teal", len(county_pbf), None)
    assert document["download_bytes"] == len(county_pbf)
    assert document["build_minutes"] >= 0
    assert document["build_memory_bytes"] >= 560e6
    assert document["build_disk_bytes"] > 10 * len(county_pbf)
    assert {path for path, _ in teal.asked} == {"/index-v1.json", f"{PBF}.md5"}
    assert not plan.is_large


def test_a_circle_s_plan_says_what_each_adds(teal: Mirror):
    """Forty miles around a home base three miles from the border: about half in each state."""
    circle = Circle(Point(-115.05, 40), 40)
    plan = extracts.plan_region(circle, base_url=teal.url)
    assert [file.extract.id for file in plan.files] == ["us/teal", "us/navy"]
    assert [round(file.adds, 2) for file in plan.files] == [0.54, 0.46]
    assert all(0 < file.built < 0.5 for file in plan.files)
    assert plan.document()["circle"] == circle.document()
    assert plan.built_bytes < plan.download_bytes


@pytest.mark.parametrize(("size", "large"), [(500_000_000, False), (500_000_001, True)])
def test_over_500_mb_is_large(teal: Mirror, size: int, large: bool):
    teal.sizes[PBF] = size
    assert extracts.plan_region("teal", base_url=teal.url).is_large is large


def test_a_size_that_the_server_does_not_say(teal: Mirror):
    """Without HEAD it is unknown, and to be asked about; the region can be had all the same."""
    teal.heads = False
    plan = extracts.plan_region("teal", base_url=teal.url)
    assert plan.files[0].facts.size is None
    assert plan.is_large
    assert plan.document()["download_bytes"] is None
    assert plan.document()["build_minutes"] is None


def test_nothing_is_fetched_without_agreement(teal: Mirror, tmp_path: Path):
    def refuse(_: DownloadPlan) -> None:
        raise BadQuestion("no")

    with pytest.raises(BadQuestion):
        extracts.add_region(tmp_path, "teal", base_url=teal.url, agree=refuse)
    assert teal.ranges_of(PBF) == []


def test_a_file_that_changes_after_the_plan(teal: Mirror, tmp_path: Path):
    """Its checksum is another one when the download should begin."""

    def change(_: DownloadPlan) -> None:
        teal.put(PBF, BODY)

    with pytest.raises(DownloadFailed, match=r"teal-latest.*another file by now.*run the command"):
        extracts.add_region(tmp_path, "teal", base_url=teal.url, agree=change)
    assert teal.ranges_of(PBF) == []


def test_a_circle_in_the_ocean(teal: Mirror, tmp_path: Path):
    with pytest.raises(NoSuchRegion, match=r"nothing around 30\.0000, -40\.0000.*at sea"):
        extracts.add_region(tmp_path, Circle(Point(-40, 30), 60), base_url=teal.url)


# --- update ------------------------------------------------------------------------------------


def test_update(teal: Mirror, tmp_path: Path, county_pbf: bytes):
    """Nothing newer; then a newer map, of which the region is made in place of the old one."""
    circle = Circle(sample.HOME, 20)
    old = extracts.add_region(tmp_path, circle, base_url=teal.url, name="home")
    (source,) = old.manifest["sources"]
    assert source["url"] == teal.url + PBF
    assert source["md5"] == hashlib.md5(county_pbf, usedforsecurity=False).hexdigest()
    assert source["etag"] == f'"{source["md5"][:8]}"'
    assert source["last_modified"] == "Fri, 27 Nov 2026 21:00:00 GMT"
    teal.asked.clear()
    assert extracts.update_region(old, base_url=teal.url) is None
    assert teal.ranges_of(PBF) == []
    sample.write_county(tmp_path / "newer.osm.pbf", bridge=False)
    teal.put(PBF, (tmp_path / "newer.osm.pbf").read_bytes())
    new = extracts.update_region(old, base_url=teal.url)
    assert new is not None
    assert (new.name, new.folder) == ("home", old.folder)
    assert new.digest != old.digest
    assert Circle.of(new.manifest["circle"]) == circle
    assert Regions(tmp_path).get("home") == new
    assert extracts.update_region(new, base_url=teal.url) is None


def test_a_map_of_another_version_is_updated(teal: Mirror, tmp_path: Path):
    """It is named with the command that makes it again of what there is, newer or not."""
    old = extracts.add_region(tmp_path, Circle(sample.HOME, 20), base_url=teal.url, name="home")
    manifest = old.folder / "manifest.json"
    manifest.write_text(json.dumps(json.loads(manifest.read_text()) | {"format": 1}))
    (broken,) = Regions(tmp_path).unreadable()
    assert broken.problem.endswith("build it again: `sweetspot region update home`")
    new = extracts.update_region(Regions(tmp_path).find("home"), base_url=teal.url)
    assert new is not None
    assert new.manifest["circle"] == old.manifest["circle"]
    assert Regions(tmp_path).unreadable() == []


def test_a_cut_map_of_another_version_is_built_again_as_it_was(tmp_path: Path):
    """Of files of one's own: the command has the circle that they were cut to."""
    pbf = tmp_path / "county.osm.pbf"
    sample.write_county(pbf)
    region = build_region(tmp_path / "regions", "own", [pbf], around=Circle(sample.HOME, 20))
    manifest = region.folder / "manifest.json"
    manifest.write_text(json.dumps(json.loads(manifest.read_text()) | {"format": 1}))
    (broken,) = Regions(tmp_path / "regions").unreadable()
    assert (
        f"build own county.osm.pbf --near {sample.HOME.lat:.5f},{sample.HOME.lon:.5f} --miles 20`"
        in (broken.problem)
    )


def test_update_of_what_can_t_be(teal: Mirror, tmp_path: Path, county: Region):
    """Built from own files; or from an extract that the index has no more."""
    with pytest.raises(BadInput, match=r"'sample' was built from files of your own.*region build"):
        extracts.update_region(county, base_url=teal.url)
    old = extracts.add_region(tmp_path, "us/teal", base_url=teal.url)
    teal.publish({"us/navy": TEAL})
    with pytest.raises(NoSuchRegion, match="no longer has 'us/teal'"):
        extracts.update_region(old, base_url=teal.url)
