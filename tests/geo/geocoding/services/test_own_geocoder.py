"""Choosing a geocoding service is a setting: from the command line and over HTTP.

Without a map, addresses are placed by their ZIP codes: rows at the edge depend on a service.
"""

import json
import re
from urllib.parse import parse_qs, urlsplit

import pytest

from app.settings import Settings
from tests import servers
from tests.geo.geocoding.test_geocoding import cases
from tests.served import local_client

HOME = "42.1015,-72.5898"  # Springfield, MA
KEY = "s3cret-key"
# Holyoke is near, Boston far, Worcester 44 miles off and half of it within 45.
LIST = """name,address,city,state,zip,employees
Near Dental,1 Dwight St,Holyoke,MA,01040,20
Far Law,1 Beacon St,Boston,MA,02108,20
Edge Clinic,10 Main St,Worcester,MA,01608,20
Small Edge,12 Main St,Worcester,MA,01608,2
"""
MILES = ("--miles", "42.3")
pytestmark = pytest.mark.usefixtures("impatient")


def _main_street(handler, _):
    """Google's documented reply, for Main Street in Worcester, 42 miles from home."""
    asked = parse_qs(urlsplit(handler.path).query)["address"][0]
    reply = cases("google")["rooftop"]["body"]
    reply["results"][0]["geometry"]["location"] = {"lat": 42.2626, "lng": -71.8023}
    reply["results"][0]["formatted_address"] = asked
    handler.reply(200, json.dumps(reply).encode())


@pytest.fixture
def google(monkeypatch, server):
    url = server(_main_street)
    monkeypatch.setenv("SWEETSPOT_GEOCODERS", "google")
    monkeypatch.setenv("SWEETSPOT_GEOCODER_KEYS", f"google={KEY}")
    monkeypatch.setenv("SWEETSPOT_GEOCODER_URLS", f"google={url}")
    monkeypatch.setenv("SWEETSPOT_GEOCODER_PRICES", "google=5")
    return server


@pytest.fixture
def find(run, tmp_path, monkeypatch):
    """`sweetspot find LIST --json` over an empty data folder."""
    (tmp_path / "list.csv").write_text(LIST, encoding="utf-8")

    def call(*args):
        monkeypatch.setenv("SWEETSPOT_DATA_DIR", str(tmp_path / "data"))
        words = ("--home", HOME, *MILES, "--verdict", "all", "--json")
        return run("find", str(tmp_path / "list.csv"), *words, *args)

    return call


def test_a_dry_run_tells_the_price_and_asks_nobody(find, google):
    answer = json.loads(find("--dry-run").out)
    (use,) = answer["geocoder_use"]
    assert (use["name"], use["asked"], use["calls"], use["usd"]) == ("google", 1, 1, 0.005)
    assert any("would be asked for at most 1 address" in note for note in answer["notes"])
    assert google.seen == []


def test_only_the_row_at_the_edge_leaves_the_machine(find, google):
    """Once: the second find has its answer already. Its key is in nothing that is shown."""
    first, second = find(), find()
    answer = json.loads(first.out)
    rows = {row["name"]: row for row in answer["prospects"]}
    assert {name: row["verdict"] for name, row in rows.items()} == {
        "Near Dental": "pass", "Far Law": "fail", "Edge Clinic": "pass", "Small Edge": "fail",
    }  # fmt: skip
    assert rows["Edge Clinic"]["source"] == "google"
    assert rows["Edge Clinic"]["accuracy"] == "rooftop"
    assert rows["Near Dental"]["accuracy"] == "postcode"
    assert "Powered by Google" in answer["attribution"]
    assert len(google.seen) == 1
    again = json.loads(second.out)
    assert again["prospects"] == answer["prospects"]
    assert again["geocoder_use"][0]["kept"] == 1
    for ran in (first, second):
        assert KEY not in ran.out + ran.err


def test_without_a_service_the_edge_is_maybe(find):
    rows = json.loads(find().out)["prospects"]
    assert [row["verdict"] for row in rows] == ["pass", "fail", "maybe", "fail"]


@pytest.mark.usefixtures("google")
def test_a_refused_key_leaves_maybe_and_says_so(find, monkeypatch, server):
    said = cases("google")["wrong_key"]["body"].encode()
    url = server(lambda handler, _: handler.reply(200, said))
    monkeypatch.setenv("SWEETSPOT_GEOCODER_URLS", f"google={url}")
    ran = find()
    answer = json.loads(ran.out)
    assert answer["prospects"][2]["verdict"] == "maybe"
    assert any("google refuses the key" in note for note in answer["notes"])
    assert KEY not in ran.out + ran.err


def _nowhere_else(handler, _):
    """A street that ours do not know, in a state without such a town."""
    reply = cases("google")["rooftop"]["body"]
    reply["results"][0]["formatted_address"] = "7 Quarry Ln, Brandnewtown, MA 01199, USA"
    reply["results"][0]["geometry"]["location"] = {"lat": 42.1, "lng": -72.6}
    handler.reply(200, json.dumps(reply).encode())


@pytest.mark.usefixtures("google")
def test_a_home_base_that_only_a_service_knows(run, tmp_path, monkeypatch, server):
    """Found by it; in a dry run and without budget it is said why not, and what to give."""
    url = server(_nowhere_else)
    monkeypatch.setenv("SWEETSPOT_GEOCODER_URLS", f"google={url}")
    monkeypatch.setenv("SWEETSPOT_DATA_DIR", str(tmp_path / "data"))
    (tmp_path / "list.csv").write_text(LIST, encoding="utf-8")
    home = ("--home", "7 Quarry Ln, Brandnewtown", "--json")
    words = ("find", str(tmp_path / "list.csv"), *home, *MILES)
    dry = run(*words, "--dry-run")
    assert dry.code == 2
    assert "google would be asked: give LAT,LON" in dry.err
    monkeypatch.setenv("SWEETSPOT_GEOCODER_MONTH_BUDGETS", "google=0")
    assert "google: its budget is used up: give LAT,LON" in run(*words).err
    monkeypatch.delenv("SWEETSPOT_GEOCODER_MONTH_BUDGETS")
    found = json.loads(run(*words).out)["home_base"]
    assert (found["source"], found["lat"]) == ("google", 42.1)
    with local_client(Settings(data_dir=tmp_path / "data")) as client:
        shape = client.get("/v1/reach", params={"home": home[1], "minutes": 20})
    assert shape.status_code == 200


def test_a_town_that_ours_know_is_asked_of_nobody(find, run, google):
    """As a home base, or for itself: no service knows better where Springfield is."""
    assert run("geocode", "--online", "Springfield, MA").code == 0
    use = json.loads(find("--home", "Springfield, MA", "--dry-run").out)["geocoder_use"]
    assert use[0]["asked"] == 1  # the row at the edge
    assert google.seen == []


@pytest.mark.usefixtures("google")
def test_several_addresses_on_the_command_line_have_one_budget(run, tmp_path, monkeypatch, server):
    monkeypatch.setenv("SWEETSPOT_GEOCODER_URLS", f"google={server(_nowhere_else)}")
    monkeypatch.setenv("SWEETSPOT_DATA_DIR", str(tmp_path / "data"))
    monkeypatch.setenv("SWEETSPOT_GEOCODER_RUN_BUDGETS", "google=1")
    ran = run("geocode", "--online", "7 Quarry Ln, Brandnewtown", "9 Quarry Ln, Brandnewtown")
    assert len(server.seen) == 1
    assert "its budget is used up" in ran.err


def test_a_login_in_an_address_is_in_no_file(find, tmp_path, monkeypatch, server):
    host = server(_main_street).removeprefix("http://")
    monkeypatch.setenv("SWEETSPOT_GEOCODERS", "google")
    monkeypatch.setenv("SWEETSPOT_GEOCODER_URLS", f"google=http://me:{KEY}@{host}")
    find()
    assert len(server.seen) == 1
    for file in (tmp_path / "data").glob("geocoders.sqlite*"):
        assert KEY.encode() not in file.read_bytes()


def test_settings_that_can_not_be_used_are_named(find, monkeypatch):
    for name, value, said in (
        ("GEOCODERS", "gogle", "there are census, nominatim"),
        ("GEOCODERS", f"gogle={KEY}", "no geocoder 'gogle'"),
        ("ENGINE_URL", f"ftp://me:{KEY}@host", "SWEETSPOT_ENGINE_URL"),
        ("GEOCODERS", "google", "SWEETSPOT_GEOCODER_KEYS has no google"),
        ("GEOCODERS", "pelias", "SWEETSPOT_GEOCODER_URLS has no pelias"),
        ("GEOCODERS", "nominatim", "SWEETSPOT_CONTACT"),
        ("GRIDPIN", "nowhere.bin", "there is no such file"),
        ("ENGINE_URL", "http://[::1", "SWEETSPOT_ENGINE_URL"),
    ):
        with monkeypatch.context() as patched:
            patched.setenv(f"SWEETSPOT_{name}", value)
            patched.setenv("SWEETSPOT_ENGINE", "osrm" if name == "ENGINE_URL" else "embedded")
            ran = find()
        assert ran.code == 2
        assert said in ran.err
        assert KEY not in ran.err
    monkeypatch.setenv("SWEETSPOT_GEOCODERS", "google")
    urls = [
        ("URLS", f"google={url}") for url in ("ftp://x", "http://[::1", "http://", "http://h:x")
    ]
    for name, value in (("KEYS", KEY), ("PRICES", "google=-1"), *urls):
        with monkeypatch.context() as patched:
            patched.setenv("SWEETSPOT_GEOCODER_KEYS", f"google={KEY}")
            patched.setenv(f"SWEETSPOT_GEOCODER_{name}", value)
            ran = find()
        assert ran.code == 2
        assert f"SWEETSPOT_GEOCODER_{name}" in ran.err
        assert KEY not in ran.err


def test_geocode_asks_a_service_only_when_told_to(run, google, tmp_path, monkeypatch):
    monkeypatch.setenv("SWEETSPOT_DATA_DIR", str(tmp_path / "data"))
    address = "412 Maple St, Worcester, MA 01608"
    assert "zipcodes" in run("geocode", address).out
    assert google.seen == []
    assert re.search(r"412 Maple St.* rooftop, .*google", run("geocode", "--online", address).out)
    assert len(google.seen) == 1


def test_a_service_that_is_down_does_not_hide_what_ours_know(run, tmp_path, monkeypatch):
    monkeypatch.setenv("SWEETSPOT_DATA_DIR", str(tmp_path / "data"))
    monkeypatch.setenv("SWEETSPOT_GEOCODERS", "nominatim")
    nobody = f"http://127.0.0.1:{servers.serving.free_port()}"
    monkeypatch.setenv("SWEETSPOT_GEOCODER_URLS", f"nominatim={nobody}")
    ran = run("geocode", "--online", "412 Maple St, Worcester, MA 01608")
    assert ran.code == 0
    assert "zipcodes" in ran.out
    assert run("geocode", "--online", "12 Strand St, Nowhereville").code == 3


def test_a_contact_that_no_request_can_carry(find, monkeypatch):
    monkeypatch.setenv("SWEETSPOT_GEOCODERS", "census")
    monkeypatch.setenv("SWEETSPOT_CONTACT", "jörg@müller.example")
    ran = find()
    assert ran.code == 2
    assert "SWEETSPOT_CONTACT" in ran.err


def test_http_refuses_bulk_on_a_public_server_and_asks_nobody(tmp_path):
    """422 names the field; a dry run tells what it would be."""
    settings = Settings(data_dir=tmp_path, geocoders="nominatim", contact="it@example.org")
    rows = [
        {
            "name": f"{n}",
            "address": f"{n} Main St",
            "city": "Worcester",
            "state": "MA",
            "zip": "01608",
        }
        for n in range(1, 121)
    ]
    question = {"home": HOME, "miles": 42.3, "employees": "off", "prospects": rows}
    with local_client(settings) as client:
        refused = client.post("/v1/find", json=question)
        assert refused.status_code == 422
        assert refused.json()["field"] == "allow_bulk"
        assert "120 addresses" in refused.json()["detail"]
        dry = client.post("/v1/find", json=question | {"dry_run": True}).json()
    assert dry["geocoder_use"][0]["asked"] == 120
    assert any("policies/nominatim" in note for note in dry["notes"])


def test_a_dry_run_asks_no_routing_service_either(find, monkeypatch):
    """Nothing listens there: the real run fails, the dry one counts."""
    monkeypatch.setenv("SWEETSPOT_ENGINE", "osrm")
    monkeypatch.setenv("SWEETSPOT_ENGINE_URL", f"http://127.0.0.1:{servers.serving.free_port()}")
    monkeypatch.setenv("SWEETSPOT_ENGINE_PRICE", "5")
    assert find().code == 3
    dry = json.loads(find("--dry-run").out)
    assert dry["engine_use"] == {"asked": 3, "saved": 1, "usd": 0.015}
    assert any("osrm would be asked for 3 drives, $0.01" in note for note in dry["notes"])
