"""The debug log of what is asked elsewhere: of whom, how much, how long; nothing else."""

import csv
import io
import json
import logging

import pytest
from structlog.testing import capture_logs

from app.geo.regions.sample import county as sample

KEY = "s3cret-key"


@pytest.fixture
def prospects(tmp_path):
    path = tmp_path / "prospects.csv"
    path.write_text(sample.prospects_csv(), encoding="utf-8")
    return str(path)


@pytest.fixture
def service(server, monkeypatch):
    """An openrouteservice on loopback, with a key, where every drive takes ten minutes."""

    def answer(handler, number):
        ends = len(json.loads(server.bodies[number - 1])["destinations"])
        handler.reply(200, json.dumps({"durations": [[600.0] * ends]}).encode())

    monkeypatch.setenv("SWEETSPOT_ENGINE", "openrouteservice")
    for name, value in {"URL": server(answer), "KEY": KEY, "KEEP_DAYS": "0"}.items():
        monkeypatch.setenv(f"SWEETSPOT_ENGINE_{name}", value)


def find(run, prospects):
    """The answer, and what was logged of questions meanwhile."""
    with capture_logs() as lines:
        ran = run("find", prospects, "--home", sample.HOME_ADDRESS, "--ferries", "--json")
    assert ran.code == 0, ran.err
    return json.loads(ran.out), [line for line in lines if line["event"] == "asked"]


def assert_nothing_leaks(lines, answer):
    """No key, no cell of the list with letters in it, no coordinate to three decimals."""
    said = json.dumps(lines)
    cells = (cell for row in csv.reader(io.StringIO(sample.prospects_csv())) for cell in row[:3])
    words = {cell for cell in cells if len(cell) > 3 and any(map(str.isalpha, cell))}
    assert len(words) > 30
    for at in (answer["home_base"], *answer["prospects"]):
        words |= {f"{at[name]:.3f}" for name in ("lon", "lat") if at[name] is not None}
    words |= {KEY, sample.HOME_ADDRESS, "127.0.0.1"}
    assert {word for word in words if word in said} == set()


@pytest.fixture
def debug(monkeypatch, caplog):
    """The log as one sets it; it is as before afterwards."""
    caplog.set_level(logging.getLogger("app").level, logger="app")
    monkeypatch.setenv("SWEETSPOT_LOG_LEVEL", "debug")


@pytest.mark.usefixtures("service", "debug")
def test_a_service_is_logged_with_counts_and_times(run, prospects):
    """A find against it: of whom, its status, the bytes it sent, the time it took."""
    answer, lines = find(run, prospects)
    assert {line["whom"] for line in lines} == {"openrouteservice"}
    assert all(line["status"] == 200 and line["bytes"] > 0 and line["ms"] >= 0 for line in lines)
    assert_nothing_leaks(lines, answer)


@pytest.mark.usefixtures("debug")
def test_the_embedded_engine_is_logged_with_counts_and_times(run, prospects):
    """The reach it is asked for, and the points."""
    answer, lines = find(run, prospects)
    assert {line["whom"] for line in lines} == {"embedded valhalla", answer["engine"]}
    assert all(line["ms"] >= 0 for line in lines)
    assert all(line["points"] > 0 for line in lines if line["kind"] != "/status")
    assert_nothing_leaks(lines, answer)


@pytest.mark.usefixtures("service")
def test_nothing_is_logged_unless_it_is_asked_for(run, prospects):
    """Off by default, whatever structlog would print."""
    _, lines = find(run, prospects)
    assert lines == []
