"""A stored list answers as its file does, whatever is asked of it and from wherever."""

import csv
import io
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest

from app.answers.report import Listener, Wanted, chosen_verdicts, judge_list, rows_into
from app.answers.stored import AskedList, ListsAnswer, judge_stored
from app.find.options import FindOptions
from app.geo.regions.sample import county as sample
from app.library.library import ListEntry
from app.library.list_rows import ListRows
from app.lists.read import open_list
from app.lists.write import open_writer
from app.settings import Settings
from app.wiring.ground import find_grounds
from app.wiring.parts import Parts
from tests.library.stored import store_file

WAYS = [
    {"minutes": "50"},
    {"minutes": "20-40", "employees": "10+"},
    {"minutes": "off", "miles": "0-20"},
    {"minutes": "45", "direction": "back", "tolls": "false"},
    {"minutes": "50", "geocode": "true"},
    {"minutes": "50", "industry": "dental,5411", "estimates": "true"},
]


# Up and down, as a slider is moved; some share a reach, some do not.
LIMITS = ["50", "43", "12", "7.5", "20-40", "19-40", "60", "0-33", "43", "12", "50"]

OURS = ("list", "row", "outcome", "outcome_on")


def entry_of(rows: ListRows, slug: str = "test", notes: tuple[str, ...] = ()) -> ListEntry:
    return ListEntry(
        slug, 1, slug, slug, "prospects", True, len(rows), 0, datetime.now(UTC), notes=notes
    )


@dataclass
class Both:
    """The answer of a file, and of the same list stored."""

    parts: Parts
    source: Path
    rows: ListRows

    def ask(self, *homes: str, **more: str) -> tuple[list[dict[str, str]], list[dict[str, str]]]:
        """Our columns of both, row by row."""
        ask = FindOptions(home=[*homes], verdict="all", **more)
        question = ask.question(self.parts.settings.data_dir)
        ground = find_grounds(self.parts, homes, question)
        wanted = Wanted(chosen_verdicts("all"))
        found, listed = io.BytesIO(), open_list(self.source)
        with open_writer(found, "csv") as sink:
            report = judge_list(listed, ground, question, wanted, Listener(rows_into(sink)))
        entry = entry_of(self.rows, notes=tuple(listed.notes))
        one = judge_stored(AskedList(entry, self.rows), ground, question, wanted)
        answer, stored = ListsAnswer(ground, question, [one]), io.BytesIO()
        with open_writer(stored, "csv") as sink:
            answer.write(sink)
        assert answer.report.counts == report.counts
        return rows_of(found), rows_of(stored)


def rows_of(file: io.BytesIO) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(file.getvalue().decode())))


def assert_alike(found: list[dict[str, str]], stored: list[dict[str, str]]) -> None:
    """Every column of the file's answer is the stored one's; those have four more."""
    assert len(found) == len(stored)
    for one, other in zip(found, stored, strict=True):
        assert {key: other[key] for key in one} == one
        assert {*other} - {*one} == {f"sweetspot_{name}" for name in OURS}


@pytest.fixture(scope="module")
def county_parts(data_dir):
    with Parts(Settings(data_dir=data_dir)) as parts:
        yield parts


@pytest.fixture(scope="module")
def county_list(county_parts, tmp_path_factory):
    source = tmp_path_factory.mktemp("lists") / "county.csv"
    source.write_text(sample.prospects_csv(), encoding="utf-8")
    return Both(county_parts, source, store_file(county_parts, source, "county"))


@pytest.mark.parametrize("way", WAYS, ids=str)
@pytest.mark.parametrize("home", [sample.HOME_ADDRESS, "Cedar Halt, NV", "40.0,-116.6"])
def test_the_sample_county_is_answered_alike(county_list, home, way):
    assert_alike(*county_list.ask(home, **way))


def test_from_several_home_bases_it_is_alike(county_list):
    assert_alike(*county_list.ask(sample.HOME_ADDRESS, "Cedar Halt, NV", minutes="30"))


@pytest.fixture(scope="module")
def retailers(oahu, shared, tmp_path_factory):
    """Hawaii's retailers by their addresses alone; every fifth says no ZIP code, some no town."""
    text = (shared / "data/lists/hawaii-retailers.csv").read_text(encoding="utf-8")
    rows = list(csv.DictReader(io.StringIO(text)))
    source = tmp_path_factory.mktemp("lists") / "retailers.csv"
    with source.open("w", newline="") as file:
        out = csv.writer(file)
        out.writerow(["Name", "Address", "City", "State", "ZIP"])
        for at, row in enumerate(rows):
            line = f"{row['Street Number']} {row['Street Name']}"
            code = "" if at % 5 == 0 else row["Zip Code"]
            city, state = ("", "") if at % 7 == 0 else (row["City"], row["State"])
            whole = f"{line}, {row['City']}, {row['State']}" if at % 11 == 0 else line
            out.writerow([row["Store Name"], whole, city, state, code])
    with Parts(Settings(data_dir=oahu.folder.parents[1])) as parts:
        yield Both(parts, source, store_file(parts, source, "retailers"))


@pytest.mark.parametrize(
    "home", ["21.3069,-157.8583", "21.4022,-157.7394", "21.65,-158.05", "19.7071,-155.0816"]
)
def test_real_addresses_are_where_the_file_has_them(retailers, home):
    """Also those that only the home base can place: without a ZIP code, or a town."""
    found, stored = retailers.ask(home, minutes="40")
    assert_alike(found, stored)
    assert sum(row["sweetspot_verdict"] == "pass" for row in found) > 0 or home.startswith("19")


def test_real_addresses_from_two_home_bases(retailers):
    assert_alike(*retailers.ask("21.3069,-157.8583", "21.65,-158.05", minutes="25"))


def assert_walked_alike(both, home):
    """Whatever was asked before, each limit has the answer that a process of its own gives."""
    walked = {minutes: both.ask(home, minutes=minutes) for minutes in LIMITS}
    for found, stored in walked.values():
        assert_alike(found, stored)
    for minutes in ("7.5", "43", "20-40"):
        with Parts(both.parts.settings) as parts:
            alone = Both(parts, both.source, both.rows)
            assert alone.ask(home, minutes=minutes) == walked[minutes]


def test_one_limit_after_the_other_in_the_sample_county(county_list):
    assert_walked_alike(county_list, sample.HOME_ADDRESS)


def test_one_limit_after_the_other_for_real_addresses(retailers):
    assert_walked_alike(retailers, "21.3069,-157.8583")


def test_pages_are_the_whole_in_order(county_list):
    """Page by page, whatever their length, all rows come once and in the order of one page."""
    parts, rows = county_list.parts, county_list.rows
    ask = FindOptions(home=[sample.HOME_ADDRESS], verdict="all")
    question = ask.question(parts.settings.data_dir)
    ground = find_grounds(parts, ask.home, question)
    asked = [AskedList(entry_of(rows, slug), rows) for slug in ("one", "two")]
    wanted = Wanted(chosen_verdicts("all"))
    lists = [judge_stored(one, ground, question, wanted) for one in asked]
    answer = ListsAnswer(ground, question, lists, "minutes")
    whole, last = answer.page(10_000, None)
    assert last is None
    assert len(whole) == 2 * len(rows)
    minutes = [np.inf if row["minutes"] is None else row["minutes"] for row in whole]
    assert minutes == sorted(minutes)
    for length in (1, 3, 7):
        told, after = [], None
        while True:
            page, last = answer.page(length, after)
            told += page
            if last is None:
                break
            after = answer.cursor(last, "question")
        assert told == whole
