"""Choosing a routing service is a setting: a real osrm-routed behind the command line and API."""

import json
from contextlib import closing
from dataclasses import replace
from urllib.request import urlopen

import pytest

from app.errors import Refused
from app.geo.driving.engine import Driving
from app.geo.driving.services.osrm import Osrm
from app.geo.http.sender import Sender
from app.geo.points import Points
from app.geo.regions.sample import county as sample
from app.settings import Settings
from tests import servers
from tests.served import local_client

HOME = sample.HOME_ADDRESS


@pytest.fixture(scope="module")
def osrm(tmp_path_factory):
    folder = tmp_path_factory.mktemp("osrm")
    sample.write_county(folder / "county.osm.pbf")
    with servers.osrm(folder / "county.osm.pbf", folder / "osrm") as url:
        yield url


@pytest.fixture
def listed(tmp_path):
    path = tmp_path / "prospects.csv"
    path.write_text(sample.prospects_csv(), encoding="utf-8")
    return str(path)


@pytest.fixture(autouse=True)
def forgetful(monkeypatch):
    """Nothing is kept from one test to the next."""
    monkeypatch.setenv("SWEETSPOT_ENGINE_KEEP_DAYS", "0")


def find(run, listed, *args):
    return json.loads(run("find", listed, "--home", HOME, "--verdict", "all", "--json", *args).out)


def test_minutes_and_verdicts_are_those_of_osrm_s_own_table(run, listed, osrm, monkeypatch):
    """Every row that has minutes has the table's, and passes or fails by them."""
    monkeypatch.setenv("SWEETSPOT_ENGINE", "osrm")
    monkeypatch.setenv("SWEETSPOT_ENGINE_URL", osrm)
    answer = find(run, listed, "--all-minutes", "--employees", "off", "--computers", "off")
    assert answer["engine"] == "osrm"
    assert answer["region"] == "sample"  # addresses are still placed by the region's gazetteer
    rows = [row for row in answer["prospects"] if row["minutes"] is not None]
    assert len(rows) > 30
    home = answer["home_base"]
    ends = [(home["lon"], home["lat"]), *((row["lon"], row["lat"]) for row in rows)]
    path = ";".join(f"{lon:.6f},{lat:.6f}" for lon, lat in ends)
    with urlopen(f"{osrm}/table/v1/driving/{path}?sources=0&exclude=ferry") as reply:
        seconds = json.load(reply)["durations"][0][1:]
    for row, own in zip(rows, seconds, strict=True):
        assert row["minutes"] == pytest.approx(own / 60, abs=0.06)
        if row["accuracy"] == "rooftop":
            within = any("under" in r for r in row["reasons"] if "min by road" in r)
            assert within == (own / 60 <= 50), row["name"]


def test_rows_that_fail_on_size_are_not_asked_for(run, listed, osrm, monkeypatch):
    """The same verdicts with fewer drives; the cost is told at the price set."""
    monkeypatch.setenv("SWEETSPOT_ENGINE", "osrm")
    monkeypatch.setenv("SWEETSPOT_ENGINE_URL", osrm)
    monkeypatch.setenv("SWEETSPOT_ENGINE_PRICE", "5")
    spared, whole = find(run, listed), find(run, listed, "--all-minutes")
    assert [r["verdict"] for r in spared["prospects"]] == [r["verdict"] for r in whole["prospects"]]
    assert spared["engine_use"]["asked"] < whole["engine_use"]["asked"]
    assert spared["engine_use"]["usd"] == pytest.approx(spared["engine_use"]["asked"] * 0.005)
    kettle = next(row for row in spared["prospects"] if row["name"] == "Kettle Corner")
    assert any("was not asked for" in reason for reason in kettle["reasons"])
    assert any("osrm was asked for" in note for note in spared["notes"])


def test_a_second_run_asks_for_nothing(run, listed, osrm, monkeypatch, data_dir):
    """Each command is a process of its own; the answers of an own server are in the data folder."""
    monkeypatch.setenv("SWEETSPOT_ENGINE", "osrm")
    monkeypatch.setenv("SWEETSPOT_ENGINE_URL", osrm)
    monkeypatch.setenv("SWEETSPOT_ENGINE_KEEP_DAYS", "7")
    first, second = find(run, listed), find(run, listed)
    assert first["engine_use"]["asked"] > 10
    assert second["engine_use"]["asked"] == 0
    assert second["prospects"] == first["prospects"]
    assert list(data_dir.glob("drives/osrm-*/*/*.npy"))


@pytest.mark.usefixtures("impatient")
def test_a_service_that_is_down_is_exit_3(run, listed, monkeypatch):
    monkeypatch.setenv("SWEETSPOT_ENGINE", "osrm")
    monkeypatch.setenv("SWEETSPOT_ENGINE_URL", "http://127.0.0.1:9")
    ran = run("find", listed, "--home", HOME)
    assert ran.code == 3
    assert "osrm" in ran.err
    assert "Traceback" not in ran.err


def test_tolls_can_t_be_left_out_by_osrm(run, listed, osrm, monkeypatch):
    monkeypatch.setenv("SWEETSPOT_ENGINE", "osrm")
    monkeypatch.setenv("SWEETSPOT_ENGINE_URL", osrm)
    ran = run("find", listed, "--home", HOME, "--no-tolls")
    assert ran.code == 2
    assert "tolls" in ran.err


def test_a_profile_that_can_t_leave_out_ferries_is_said_with_a_way_out(osrm):
    """The real server, asked for a class of roads that its profile does not know."""
    service, home = Osrm(osrm), sample.HOME
    request = service.ask(home, Points.of([home]), Driving())
    assert request.url.endswith("exclude=ferry")
    with closing(Sender("osrm", frozenset({"127.0.0.1"}))) as sender:
        said = sender.send(replace(request, url=request.url.replace("=ferry", "=boat")))
    with pytest.raises(Refused, match=r"InvalidValue.*--ferries"):
        service.read(said, 1)


def test_over_http(osrm, data_dir):
    settings = Settings(data_dir=data_dir, engine="osrm", engine_url=osrm)
    rows = [{"name": "Halt Dairy", "address": "440 Main Street", "city": "Cedar Halt"}]
    with local_client(settings) as client:
        answer = client.post("/v1/find", json={"home": HOME, "prospects": rows}).json()
    (row,) = answer["prospects"]
    assert row["engine"] == "osrm"
    assert 20 < row["minutes"] < 33
    assert answer["engine_use"]["asked"] == 1


def test_a_missing_setting_is_said(run, listed, monkeypatch):
    monkeypatch.setenv("SWEETSPOT_ENGINE", "google")
    ran = run("find", listed, "--home", HOME)
    assert ran.code == 2
    assert "SWEETSPOT_ENGINE_KEY" in ran.err


def test_partners_ask_a_service_for_the_drive_to_them_alone(run, listed, osrm, monkeypatch):
    """Who is near each is estimated, and said to be."""
    monkeypatch.setenv("SWEETSPOT_ENGINE", "osrm")
    monkeypatch.setenv("SWEETSPOT_ENGINE_URL", osrm)
    answer = json.loads(run("partners", "--home", HOME, "--prospects", listed, "--json").out)
    assert answer["engine"] == "osrm"
    assert len(answer["partners"]) >= 6
    assert answer["partners"][0]["prospects_nearby"] > 0
    assert any("estimated from the distance" in note for note in answer["notes"])


@pytest.mark.usefixtures("impatient")
def test_what_is_tried_again_is_said_in_a_sentence(run, listed, server, monkeypatch):
    monkeypatch.setenv("SWEETSPOT_ENGINE", "osrm")
    monkeypatch.setenv("SWEETSPOT_ENGINE_URL", server(lambda handler, _: handler.reply(503)))
    ran = run("find", listed, "--home", HOME)
    assert ran.code == 3
    assert "no answer (HTTP 503); asking again in" in ran.err
    assert "retry_scheduled" not in ran.err
