"""Regions planned, built as jobs and removed over HTTP: the real tools, a mirror on loopback."""

import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from threading import Event
from typing import Any

import pytest
from starlette.testclient import TestClient

from app.geo.regions.sample import county as sample
from app.jobs.progress import ENDED
from app.settings import Settings
from app.wiring.parts import Parts
from app.wiring.working import working_inside
from tests.mirror import Mirror, serve_mirror
from tests.served import local_client

PATIENCE_S = 300
AT = f"{sample.HOME.lat},{sample.HOME.lon}"
PBF = "/us/teal-latest.osm.pbf"


@pytest.fixture
def mirror(tmp_path: Path) -> Iterator[Mirror]:
    """A mirror with the county as a state."""
    path = tmp_path / "county.osm.pbf"
    sample.write_county(path)
    with serve_mirror() as it:
        it.publish({"us/teal": (-118.0, 39.0, -115.0, 41.0)})
        it.put(PBF, path.read_bytes())
        yield it


@pytest.fixture
def settings(mirror: Mirror, tmp_path: Path) -> Settings:
    return Settings(data_dir=tmp_path / "data", download_url=mirror.url)


@pytest.fixture
def client(settings: Settings) -> Iterator[TestClient]:
    with local_client(settings) as made:
        yield made


@pytest.fixture
def worked(client: TestClient) -> Iterator[TestClient]:
    """One whose jobs are worked at."""
    with working_inside(client.app.state.parts, Event()):  # type: ignore[attr-defined]
        yield client


def wait(client: TestClient, job_id: str, until: Callable[[dict[str, Any]], Any]) -> dict[str, Any]:
    """The job as soon as it is so."""
    end = time.monotonic() + PATIENCE_S
    while time.monotonic() < end:
        seen: dict[str, Any] = client.get(f"/v1/jobs/{job_id}").json()
        if until(seen):
            return seen
        time.sleep(0.05)
    raise AssertionError(f"not so in time: {seen}")


def wait_for_end(client: TestClient, job_id: str) -> dict[str, Any]:
    return wait(client, job_id, lambda job: job["state"] in ENDED)


def names(client: TestClient) -> list[str]:
    return [one["name"] for one in client.get("/v1/regions").json()["regions"]]


def hidden(settings: Settings) -> list[str]:
    """What lies beside the regions: downloads, half-built and retired ones."""
    regions = settings.data_dir / "regions"
    found = [one for one in regions.glob(".*") if one.name != ".downloads"]
    return sorted(one.name for one in [*found, *(regions / ".downloads").glob("*")])


# --- the plan ----------------------------------------------------------------------------------


def test_a_plan_says_what_it_takes(client: TestClient, mirror: Mirror, settings: Settings):
    """Of a circle and of an extract; nothing is downloaded or made."""
    told = client.get("/v1/regions/plan", params={"near": AT, "miles": 20}).json()
    assert told["region"] == f"near_{sample.HOME.lat:.3f}_{sample.HOME.lon:.3f}_20mi"
    assert (told["circle"]["miles"], told["covered_by"], told["installed"]) == (20, None, False)
    assert told["files"][0]["bytes"] == told["download_bytes"] == len(mirror.files[PBF])
    assert told["build_disk_bytes"] < told["free_bytes"]
    assert client.get("/v1/regions/plan", params={"name": "teal"}).json()["region"] == "us/teal"
    assert mirror.ranges_of(PBF) == []
    assert not (settings.data_dir / "regions").exists()


@pytest.mark.parametrize(
    ("asked", "status", "said"),
    [
        ({}, 422, "give either an extract's name or near"),
        ({"name": "teal", "near": AT}, 422, "give either an extract's name or near"),
        ({"name": "teal", "whole_circle": True}, 422, "--whole-circle goes with --near"),
        ({"name": "teel"}, 404, "did you mean us/teal?"),
        ({"near": "0,0"}, 404, "at sea"),
        ({"near": "Nowhere At All"}, 422, "Nowhere At All"),
        ({"near": AT, "miles": 1000}, 422, "miles"),
        ({"name": "/etc/passwd"}, 404, "/etc/passwd"),
    ],
)
def test_what_can_t_be_built_is_one_sentence(client: TestClient, asked, status: int, said: str):
    for got in (
        client.get("/v1/regions/plan", params=asked),
        client.post("/v1/regions", json=asked),
    ):
        assert got.status_code == status, got.text
        assert said in got.json()["detail"]
    assert client.get("/v1/jobs").json() == {"jobs": []}


def test_a_large_download_wants_agreement(client: TestClient, mirror: Mirror):
    mirror.sizes[PBF] = 600_000_000
    got = client.post("/v1/regions", json={"name": "teal"})
    assert (got.status_code, got.json()["field"]) == (422, "yes")
    assert "it is 600 MB" in got.json()["detail"]


def test_no_room_is_said_before_anything_is_written(
    client: TestClient, settings: Settings, monkeypatch: pytest.MonkeyPatch
):
    usage = shutil.disk_usage("/")._replace(free=1_000_000)
    monkeypatch.setattr(shutil, "disk_usage", lambda _: usage)
    for path in ("/v1/regions", "/v1/regions/sample"):
        got = client.post(path, json={"name": "teal"})
        assert got.status_code == 507
        assert got.headers["content-type"] == "application/problem+json"
        assert "1 MB free, about" in got.json()["detail"]
    assert client.get("/v1/jobs").json() == {"jobs": []}
    assert not (settings.data_dir / "regions").exists()


# --- the job -----------------------------------------------------------------------------------


def test_a_region_is_built_and_removed(worked: TestClient, settings: Settings):
    """With a key the same job however often it is asked for, and steps on the way."""
    asked = {"near": AT, "miles": 20}
    headers = {"idempotency-key": "one"}
    told = [worked.post("/v1/regions", json=asked, headers=headers).json() for _ in range(2)]
    job_id, name = told[0]["job"], told[0]["region"]
    assert (told[1]["job"], told[1]["region"]) == (job_id, name)
    other = worked.post("/v1/regions", json={"name": "teal"}, headers=headers)
    assert other.status_code == 409
    steps = set()
    seen = wait(
        worked,
        job_id,
        lambda job: steps.add((job["progress"] or {}).get("step")) or job["state"] in ENDED,
    )
    assert (seen["state"], seen["result"], seen["progress"]) == ("done", {"region": name}, None)
    assert len(steps) > 3
    assert names(worked) == [name]
    (region,) = worked.get("/v1/regions").json()["regions"]
    assert region["center"] == [round(sample.HOME.lon, 6), round(sample.HOME.lat, 6)]
    assert hidden(settings) == []
    plan = worked.get("/v1/regions/plan", params=asked).json()
    assert (plan["installed"], plan["covered_by"]) == (True, name)
    assert worked.delete(f"/v1/regions/{name}").status_code == 204
    assert names(worked) == []
    assert worked.delete(f"/v1/regions/{name}").status_code == 404


def test_the_sample_county_is_one_click_away(worked: TestClient):
    """With its list, for the first question of a newcomer; once more changes nothing."""
    told = worked.post("/v1/regions/sample").json()
    assert wait_for_end(worked, told["job"])["result"] == {"region": "sample"}
    assert wait_for_end(worked, told["list_job"])["state"] == "done"
    page = worked.get(
        f"/v1/lists/{told['list']}/prospects", params={"home": sample.HOME_ADDRESS, "limit": 5}
    ).json()
    assert page["region"] == "sample"
    assert page["prospects"]
    again = worked.post("/v1/regions/sample").json()
    assert again["list_job"] is None
    assert wait_for_end(worked, again["job"])["state"] == "done"


def test_what_is_wrong_with_a_download_is_said(
    worked: TestClient, mirror: Mirror, settings: Settings
):
    """And nothing of it is left."""
    mirror.put(PBF, bytes(range(256)) * 400)
    told = worked.post("/v1/regions", json={"name": "us/teal"}).json()
    seen = wait_for_end(worked, told["job"])
    assert seen["state"] == "failed"
    assert "teal-latest" in seen["error"]["detail"]
    assert "not an OpenStreetMap" in seen["error"]["detail"]
    assert (names(worked), hidden(settings)) == ([], [])


def test_a_build_that_is_cancelled_ends_at_once(worked: TestClient, settings: Settings):
    """In the middle of a step, with the programs that it runs; an older region stays."""
    first = worked.post("/v1/regions", json={"name": "teal"}).json()
    wait_for_end(worked, first["job"])
    (before,) = worked.get("/v1/regions").json()["regions"]
    told = worked.post("/v1/regions", json={"name": "teal"}).json()
    wait(worked, told["job"], lambda job: (job["progress"] or {}).get("unit") == "%")
    assert builders(settings)
    assert worked.post(f"/v1/jobs/{told['job']}/cancel").json()["state"] == "cancelled"
    end = time.monotonic() + 10
    while builders(settings) or hidden(settings):
        assert time.monotonic() < end, (builders(settings), hidden(settings))
        time.sleep(0.05)
    assert worked.get("/v1/regions").json()["regions"] == [before]


def builders(settings: Settings) -> list[str]:
    """The processes that build in that data folder: ours, and the tools'."""
    found = []
    for process in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            said = process.read_bytes().replace(b"\0", b" ").decode()
        except OSError:
            continue
        if str(settings.data_dir) in said:
            found.append(said)
    return found


# --- whatever is killed ------------------------------------------------------------------------


@pytest.mark.parametrize("what", ["sample", "honolulu"])
def test_a_build_that_is_killed_is_taken_up_again(
    what: str, settings: Settings, mirror: Mirror, request: pytest.FixtureRequest
):
    """SIGKILL while it starts, downloads and builds: the next worker ends with the region."""
    if what == "honolulu":
        shared = request.getfixturevalue("shared")
        pbf = (shared / "data" / "osm" / "honolulu.osm.pbf").read_bytes()
        mirror.publish({"us/honolulu": (-158.4, 21.1, -157.5, 21.8)})
        mirror.put("/us/honolulu-latest.osm.pbf", pbf)
    env = os.environ | {
        "SWEETSPOT_DATA_DIR": str(settings.data_dir),
        "SWEETSPOT_DOWNLOAD_URL": mirror.url,
    }
    path, asked = ("/sample", None) if what == "sample" else ("", {"name": what})
    with local_client(settings) as client:
        told = client.post(f"/v1/regions{path}", json=asked).json()
    with Parts(settings) as parts:

        def job() -> Any:
            return parts.jobs.get(1, told["job"])

        before = None
        for reached in (lambda _: True, lambda at: at, lambda at: at and at["unit"] == "%"):
            with subprocess.Popen([sys.executable, "-m", "app", "worker"], env=env) as worker:
                end = time.monotonic() + PATIENCE_S
                while (seen := job()).owner in {None, before} or not reached(seen.progress):
                    assert time.monotonic() < end, (seen.state, seen.progress)
                    time.sleep(0.02)
                worker.kill()
            before = seen.owner
            assert parts.regions.all() == []
        with subprocess.Popen([sys.executable, "-m", "app", "worker"], env=env) as worker:
            end = time.monotonic() + PATIENCE_S
            while job().state not in ENDED and time.monotonic() < end:
                time.sleep(0.05)
            worker.terminate()
        assert (job().state, job().result) == ("done", {"region": told["region"]}), job().error
        assert parts.regions.verify(told["region"]) == []
        assert hidden(settings) == []
