"""The traffic factor, fitted to drives that were made."""

import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.find.traffic import _hour, least_error
from app.geo.regions.sample import county as sample
from app.settings import Settings
from tests.served import local_client

HOME = sample.HOME_ADDRESS
# Addresses of the sample county and the free-flow minutes that its engine gives from HOME.
ENDS = ("440 Main Street, Cedar Halt, NV 00102", "345 Main Street, Brightwater, NV 00103")
ENDS += ("280 Main Street, Tolliver, NV 00104", "240 Main Street, Farrow, NV 00105")


def test_the_factor_by_hand():
    """Ratios 1.1, 1.2, 1.5 of 10, 30 and 20 free minutes: half of 60 is passed at 1.2."""
    assert least_error(np.array([10.0, 30, 20]), np.array([11.0, 36, 30])) == 1.2


@given(st.lists(st.tuples(st.floats(1, 90), st.floats(1, 150)), min_size=1, max_size=12))
def test_no_other_ratio_has_less_error(trips):
    """The least error lies at one of the ratios; none of them beats the factor."""
    free, took = np.array(trips).T
    within = np.clip(took / free, 0.5, 5)

    def error(factor):
        return np.abs(took - factor * free).sum()

    assert error(least_error(free, took)) <= min(error(f) for f in within) + 1e-6


@pytest.mark.parametrize(
    ("text", "hour"),
    [("17:30", 17.5), ("5:30 pm", 17.5), ("2026-11-26 08:15", 8.25), ("12:00 am", 0), ("", None)],
)
def test_times_of_day(text, hour):
    assert _hour(text) == hour if hour is not None else np.isnan(_hour(text))


@pytest.fixture
def free(run, tmp_path):
    """The engine's own free-flow minutes to each of ENDS."""
    path = tmp_path / "ends.csv"
    path.write_text("Name,Address\n" + "".join(f'{i},"{e}"\n' for i, e in enumerate(ENDS)), "utf-8")
    args = ("--home", HOME, "--minutes", "100", "--verdict", "all", "--json")
    return [row["minutes"] for row in json.loads(run("find", str(path), *args).out)["prospects"]]


@pytest.fixture
def trips(free, tmp_path):
    """Drives that took 1.3 times the free flow, one of them 1.5 times, at peak hours."""
    path = tmp_path / "trips.csv"
    took = [f"{m * (1.5 if i == 3 else 1.3):.1f}" for i, m in enumerate(free)]
    rows = [
        f'"{HOME}","{end}",{m} min,8:1{i}'
        for i, (end, m) in enumerate(zip(ENDS, took, strict=True))
    ]
    rows.append(f'"{HOME}","1 Nowhere Lane, Atlantis",20,8:00')
    path.write_text("From,To,Minutes,Time\n" + "\n".join(rows) + "\n", "utf-8")
    return str(path)


@pytest.fixture
def own_data(data_dir, tmp_path, monkeypatch):
    """A data folder of this test's own, with the county's regions in it."""
    folder = tmp_path / "data"
    folder.mkdir()
    (folder / "regions").symlink_to(data_dir / "regions")
    monkeypatch.setenv("SWEETSPOT_DATA_DIR", str(folder))
    return folder


def test_calibrate_and_use_it(run, trips, own_data, tmp_path):
    """Three of four trips at 1.3: the factor is 1.3, and find multiplies by it."""
    ran = run("calibrate", trips, "--json")
    fit = json.loads(ran.out)
    assert fit["traffic"] == pytest.approx(1.3, abs=0.01)
    assert fit["trips"] == 4
    assert fit["mean_error_min"]["after"] < fit["mean_error_min"]["before"]
    assert fit["peak"]["trips"] == 4
    assert fit["rest"] is None
    assert any("Atlantis" in why for why in fit["unused"])
    listed = tmp_path / "list.csv"
    listed.write_text('Name,Address\nA,"440 Main Street, Cedar Halt, NV 00102"\n', "utf-8")
    ran = run("find", str(listed), "--home", HOME, "--traffic", "fitted", "--json")
    (row,) = json.loads(ran.out)["prospects"]
    assert any(f"traffic x {fit['traffic']:g}" in reason for reason in row["reasons"])
    with local_client(Settings(data_dir=own_data)) as client:
        ask = {"home": HOME, "prospects": [{"name": "A", "address": ENDS[0]}], "traffic": "fitted"}
        assert client.post("/v1/find", json=ask).json()["prospects"][0]["minutes"] == row["minutes"]


def test_calibrate_says_what_it_found(run, trips, own_data):
    out = run("calibrate", trips).out
    for words in ("fitted to 4 trips", "min before", "not fitted to", "7-9:30", "--traffic fitted"):
        assert words in out
    assert (own_data / "calibration.json").is_file()


@pytest.mark.usefixtures("own_data")
def test_nothing_fitted_yet(run, tmp_path):
    listed = tmp_path / "list.csv"
    listed.write_text("Name,ZIP\nA,00101\n", "utf-8")
    ran = run("find", str(listed), "--home", HOME, "--traffic", "fitted")
    assert ran.code == 2
    assert "sweetspot calibrate" in ran.err
    ran = run("find", str(listed), "--home", HOME, "--traffic", "heavy")
    assert ran.code == 2
    assert "heavy" in ran.err


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("From,To\nA,B\n", "Minutes"),
        ("Start,Minutes\nA,3\n", "To"),
        ("From,To,Minutes\nNowhere,Nowhere,3\n", "at least 3"),
    ],
)
@pytest.mark.usefixtures("own_data")
def test_lists_of_no_use(run, tmp_path, text, words):
    path = tmp_path / "trips.csv"
    path.write_text(text, "utf-8")
    ran = run("calibrate", str(path))
    assert ran.code == 2
    assert words in ran.err
