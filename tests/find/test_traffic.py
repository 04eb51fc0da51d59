"""Free-flow and peak minutes side by side, which of them the limit judges, and a time to leave."""

import csv
import io
import json
import threading
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta, timezone
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import polars as pl
import pytest

from app.errors import BadQuestion
from app.find.defining import check_options
from app.find.options import DrivingOptions
from app.find.question import parse_departure
from app.geo.driving.embedded.serving import Server
from app.geo.regions.sample import county as sample
from app.settings import Settings
from tests.served import local_client

HOME = sample.HOME_ADDRESS
NOW = datetime(2026, 11, 26, 12, 0, tzinfo=UTC)
TOMORROW = f"{datetime.now(UTC) + timedelta(days=2):%Y-%m-%d}T08:30"
SIZES = ("--employees", "off", "--computers", "off", "--sales", "off")


@pytest.fixture
def listed(tmp_path):
    path = tmp_path / "prospects.csv"
    path.write_text(sample.prospects_csv(), encoding="utf-8")
    return str(path)


def find(run, listed, *args):
    words = ("find", listed, "--home", HOME, "--verdict", "all", *SIZES, "--json", *args)
    return json.loads(run(*words).out)


def test_both_minutes_are_shown_where_they_differ(run, listed):
    """Peak is free-flow times the factor; without traffic there is one kind of minutes only."""
    plain, busy = find(run, listed), find(run, listed, "--traffic", "1.5")
    assert "minutes_free" not in plain["prospects"][0]
    for before, row in zip(plain["prospects"], busy["prospects"], strict=True):
        if row["minutes"] is None or before["minutes"] is None:
            continue
        assert row["minutes_free"] == before["minutes"]
        assert row["minutes_peak"] == row["minutes"]
        assert row["minutes_peak"] == pytest.approx(1.5 * row["minutes_free"], abs=0.16)


def test_a_limit_on_free_flow_gives_the_verdicts_without_traffic(run, listed):
    """Peak minutes are shown and judge nothing; on peak some no longer pass."""
    plain = find(run, listed)
    free = find(run, listed, "--traffic", "1.5", "--limit-on", "free")
    peak = find(run, listed, "--traffic", "1.5", "--limit-on", "peak")
    assert free["counts"] == plain["counts"]
    assert peak["counts"]["passed"] < free["counts"]["passed"]
    for before, row in zip(plain["prospects"], free["prospects"], strict=True):
        assert (row["verdict"], row["minutes"]) == (before["verdict"], before["minutes"])
        if row["minutes"] is not None:
            assert row["minutes_peak"] == pytest.approx(1.5 * row["minutes"], abs=0.16)
    assert any("limit on them, are free-flow" in note for note in free["notes"])
    row = next(row for row in free["prospects"] if row["accuracy"] == "rooftop" and row["minutes"])
    assert "min by road (free-flow), limit 50" in "; ".join(row["reasons"])


@pytest.mark.parametrize("kind", ["csv", "xlsx", "geojson", "parquet", "json"])
def test_files_have_both_columns_if_and_only_if_they_differ(kind, run, listed, tmp_path):
    def columns(*args):
        out = tmp_path / f"out.{kind}"
        words = ("find", listed, "--home", HOME, "--verdict", "all", "--out", str(out), *args)
        run(*words, "--quiet")
        if kind == "geojson":
            return json.loads(out.read_text())["features"][0]["properties"].keys()
        read = {"csv": pl.read_csv, "xlsx": pl.read_excel, "parquet": pl.read_parquet}
        return read.get(kind, pl.read_json)(out).columns

    both = {"sweetspot_minutes_free", "sweetspot_minutes_peak"}
    assert both <= set(columns("--traffic", "1.2"))
    assert both.isdisjoint(columns())


def test_the_table_shows_both(run, listed):
    ran = run("find", listed, "--home", HOME, "--traffic", "1.5", *SIZES)
    assert " free, " in ran.out
    assert " peak)" in ran.out


def test_over_http_both_are_there_and_free_can_be_judged(data_dir):
    rows = [{"name": "Halt Dairy", "address": "440 Main Street", "city": "Cedar Halt"}]
    ask = {"home": HOME, "prospects": rows, "traffic": 1.5, "minutes": 35, "verdict": "all"}
    with local_client(Settings(data_dir=data_dir)) as client:
        peak = client.post("/v1/find", json=ask).json()["prospects"][0]
        free = client.post("/v1/find", json=ask | {"limit_on": "free"}).json()["prospects"][0]
        assert (peak["verdict"], free["verdict"]) == ("fail", "pass")
        assert peak["minutes_free"] == free["minutes_free"] == free["minutes"]
        assert peak["minutes_peak"] == free["minutes_peak"] == peak["minutes"]
        body = ask | {"depart": TOMORROW, "traffic": 1}
        refused = client.post("/v1/find", json=body)
        assert refused.status_code == 422
        assert refused.json()["field"] == "depart"
        query = {"home": HOME, "traffic": "1.5", "limit_on": "free", "verdict": "all"}
        headers = {"content-type": "text/csv"}
        sent = sample.prospects_csv().encode()
        said = client.post("/v1/find.csv", params=query, content=sent, headers=headers)
        assert "sweetspot_minutes_peak" in next(csv.reader(io.StringIO(said.text)))
        schema = client.get("/openapi.json").json()["components"]["schemas"]["ProspectOut"]
        assert {"minutes_free", "minutes_peak"} <= schema["properties"].keys()


# --- a time to leave


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("", None),
        ("2026-12-01T08:30", datetime(2026, 12, 1, 8, 30)),
        ("2026-12-01 08:30:15", datetime(2026, 12, 1, 8, 30, 15)),
        ("2026-12-01T08:30Z", datetime(2026, 12, 1, 8, 30, tzinfo=UTC)),
        (
            "2026-12-01T08:30-05:00",
            datetime(2026, 12, 1, 8, 30, tzinfo=timezone(timedelta(hours=-5))),
        ),
        # half past midnight yesterday in Hawaii is still to come where the day began an hour ago
        ("2026-11-26T00:30", datetime(2026, 11, 26, 0, 30)),
    ],
)
def test_a_departure_is_a_clock_s_time(text, wanted):
    assert parse_departure(text, NOW) == wanted


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("8:30", "YYYY-MM-DDTHH:MM"),
        ("2026-12-01", "YYYY-MM-DDTHH:MM"),
        ("tomorrow", "YYYY-MM-DDTHH:MM"),
        ("2026-13-01T08:30", "month"),
        ("2026-12-01T25:30", "hour"),
        ("0001-01-01T00:00", "past"),
        ("2026-11-25T23:30", "past"),
        ("2026-11-26T12:30+01:00", "past"),
    ],
)
def test_a_bad_or_past_departure_is_said(text, why):
    with pytest.raises(BadQuestion, match=why) as caught:
        parse_departure(text, NOW)
    assert caught.value.field == "depart"


def test_limit_on_is_peak_or_free():
    with pytest.raises(BadQuestion, match="'peak' or 'free', got 'rush'") as caught:
        check_options(DrivingOptions, {"limit_on": "rush"})
    assert caught.value.field == "limit_on"


@pytest.mark.parametrize("args", [("find",), ("prospects",)])
def test_the_embedded_engine_knows_no_time_of_day(args, run, listed):
    """Exit code 2 and what to do instead, for lists and for the map's places."""
    words = (*args, *((listed,) if args == ("find",) else ()), "--home", HOME)
    ran = run(*words, "--depart", TOMORROW)
    assert ran.code == 2
    assert "the embedded engine knows no time of day" in ran.err
    assert "--traffic" in ran.err
    assert run(*words, "--depart", TOMORROW, "--traffic", "1.2").code == 2


def own_route(server, answer, row, way):
    """Minutes of Valhalla's own route."""
    ends = [{key: end[key] for key in ("lat", "lon")} for end in (answer["home_base"], row)]
    avoid = {"use_ferry": 0, "exclude_ferries": True}
    body = {
        "locations": ends if way == "out" else ends[::-1],
        "costing": "auto",
        "costing_options": {"auto": avoid},
        "directions_type": "none",
    }
    return json.loads(server.send("/route", body))["trip"]["summary"]["time"] / 60


def test_a_real_valhalla_takes_a_time_to_leave(run, listed, county, tmp_path, monkeypatch):
    """Out and back; its tiles know no traffic, so the minutes are those without a time."""
    with Server(county.tiles, tmp_path / "run") as server:
        server.send("/status", {})
        port = json.loads((tmp_path / "run" / "engine.json").read_text())["port"]
        monkeypatch.setenv("SWEETSPOT_ENGINE", "valhalla")
        monkeypatch.setenv("SWEETSPOT_ENGINE_URL", f"http://127.0.0.1:{port}")
        monkeypatch.setenv("SWEETSPOT_ENGINE_KEEP_DAYS", "0")
        for way in ("out", "back"):
            plain = find(run, listed, "--direction", way)
            timed = find(run, listed, "--direction", way, "--depart", TOMORROW)
            rows = zip(plain["prospects"], timed["prospects"], strict=True)
            pairs = [(a["minutes"], b["minutes"]) for a, b in rows if a["minutes"] is not None]
            assert len(pairs) > 30
            assert [b for _, b in pairs] == pytest.approx([a for a, _ in pairs], abs=0.3)
            row = max(timed["prospects"], key=lambda r: r["minutes"] or 0)
            assert row["minutes"] == pytest.approx(own_route(server, timed, row, way), abs=0.06)
            assert (row["minutes_free"], row["minutes_peak"]) == (None, row["minutes"])
            assert any("leaving on" in note for note in timed["notes"])
        ran = run("find", listed, "--home", HOME, "--depart", TOMORROW, "--limit-on", "free")
        assert ran.code == 2
        assert "free-flow" in ran.err


@contextmanager
def google():
    """Answers computeRouteMatrix in its documented shape: 40 minutes in the traffic, 20 without."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self):
            asked = json.loads(self.rfile.read(int(self.headers["content-length"])))
            element = {"status": {}, "duration": "2400s", "staticDuration": "1200s"}
            n = len(asked["origins"]) * len(asked["destinations"])
            side = "originIndex" if len(asked["origins"]) > 1 else "destinationIndex"
            body = json.dumps([element | {side: i} for i in range(n)]).encode()
            self.send_response(200)
            self.send_header("content-length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_):
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}"
        finally:
            server.shutdown()
            thread.join()


def test_google_s_two_minutes_reach_the_answer(run, listed, monkeypatch):
    """A limit of 30: all that are asked fail in the traffic, and pass without."""
    with google() as url:
        monkeypatch.setenv("SWEETSPOT_ENGINE", "google")
        monkeypatch.setenv("SWEETSPOT_ENGINE_URL", url)
        monkeypatch.setenv("SWEETSPOT_ENGINE_KEY", "k")
        when = ("--depart", f"{TOMORROW}-07:00", "--minutes", "30")
        for way in ("out", "back"):
            peak = find(run, listed, *when, "--direction", way)
            free = find(run, listed, *when, "--direction", way, "--limit-on", "free")
            for answer, minutes in ((peak, 40), (free, 20)):
                rows = [row for row in answer["prospects"] if row["minutes"] is not None]
                assert len(rows) > 20
                assert {row["minutes"] for row in rows} == {minutes}
                assert {(row["minutes_free"], row["minutes_peak"]) for row in rows} == {(20, 40)}
            exact = [r for r in peak["prospects"] if r["accuracy"] == "rooftop" and r["minutes"]]
            assert {row["verdict"] for row in exact} == {"fail"}
            assert "by road (leaving " in "; ".join(exact[0]["reasons"])
            assert free["counts"]["passed"] > 20
