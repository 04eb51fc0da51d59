"""Answers from several home bases as exports: no route starts from the wrong one."""

import pytest

from app.exports.answer import open_answer
from app.exports.letters.fields import letter_fields
from app.exports.sheets.callees import read_callees
from app.geo.regions.sample import county as sample

HOME, NORTH = sample.HOME_ADDRESS, "Northbank, NV"
BOTH = ("--home", HOME, "--home", NORTH, "--verdict", "all", "--quiet")


@pytest.fixture
def listed(tmp_path, county):  # noqa: ARG001 -- its map
    path = tmp_path / "list.csv"
    path.write_text(sample.prospects_csv(), encoding="utf-8")
    return path


@pytest.fixture
def answer(run, tmp_path, listed):
    def write(name, *more):
        out = tmp_path / name
        run("find", str(listed), *BOTH, "--out", str(out), *more)
        return out

    return write


@pytest.mark.parametrize("name", ["a.csv", "a.xlsx", "a.geojson", "a.parquet", "noted.csv"])
def test_an_answer_tells_its_home_bases_wherever_it_has_room(answer, name):
    rows = open_answer(answer(name, *(["--notes"] if name == "noted.csv" else [])), name)
    assert set(rows.ours["home"].to_list()) == {HOME, NORTH, ""}
    if name != "a.csv":
        assert rows.about.labels == [HOME, NORTH]
        assert rows.about.home == HOME


@pytest.mark.parametrize("name", ["a.csv", "a.parquet"])
def test_a_route_asks_where_it_starts(run, answer, tmp_path, name):
    out = str(tmp_path / "day.html")
    words = ("export", str(answer(name)), "--for", "route", "--out", out, "--verdict", "all")
    made = run(*words)
    assert made.code == 2
    assert f"several home bases ({HOME}; {NORTH})" in made.err
    made = run(*words, "--home", NORTH)
    assert made.code == 0
    assert f"left out, nearer to {HOME}: " in made.err


def test_find_makes_the_route_from_the_home_base_that_is_chosen(run, listed, tmp_path):
    out = tmp_path / "day.html"
    words = ("find", str(listed), *BOTH, "--for", "route", "--out", str(out))
    assert "several home bases" in run(*words).err
    run(*words, "--for-option", f"home={NORTH}")
    assert f"From {NORTH}" in out.read_text(encoding="utf-8")


def test_call_sheets_say_where_each_drive_is_from(run, answer, tmp_path):
    out = tmp_path / "calls.xlsx"
    words = ("export", str(answer("a.parquet")), "--for", "calls", "--verdict", "all")
    assert run(*words, "--out", str(out)).code == 0
    rows = open_answer(answer("a.parquet"), "a.parquet")
    homes = rows.ours["home"].to_list()
    for callee, home, field in zip(
        read_callees(rows, "United States"),
        homes,
        letter_fields(rows, "", "United States")["home_base"],
        strict=True,
    ):
        assert callee.distance.endswith(f"from {home}" if home else "")
        assert field == (home or "")
