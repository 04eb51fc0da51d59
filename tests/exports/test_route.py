"""The day's route: which rows, when one is where, and what others read in its files."""

import re
from dataclasses import replace
from datetime import datetime, timedelta
from html.parser import HTMLParser
from urllib.parse import parse_qs, urlsplit

import gpxpy
import numpy as np
import pypdf
import pytest

from app.errors import BadQuestion
from app.exports.answer import About, open_answer
from app.exports.export import ExportRequest, write_export
from app.exports.kind import ExportWork
from app.exports.options import ExportOptions
from app.exports.route.day import plan_day
from app.exports.route.kind import KIND
from app.exports.route.legs import measure_legs
from app.exports.route.links import MOST_LETTERS, day_links
from app.exports.route.stops import DOORLESS, METERED_STOPS, MOST_STOPS, choose_stops, find_street
from app.find.options import QuestionOptions
from app.geo.driving.engine import Driving
from app.geo.points import Point, Points
from app.geo.regions.sample import county as sample
from app.settings import Settings
from app.wiring.ground import find_ground
from app.wiring.parts import Parts
from tests.exports.made import make_row, make_rows
from tests.served import local_client

DAY = "2026-12-01"
AWKWARD = 'AT&T <Ltd> "quoted" <script>alert(1)</script> Kaʻaʻawa'


@pytest.fixture(scope="module")
def parts(data_dir, county):  # noqa: ARG001 -- its map
    with Parts(Settings(data_dir=data_dir)) as made:
        yield made


@pytest.fixture(scope="module")
def ground_at(parts):
    def ground_at(home, region):
        return find_ground(parts, home, QuestionOptions(home=[home]).question(None), region)

    return ground_at


@pytest.fixture
def answer(run, tmp_path, county):  # noqa: ARG001 -- its map
    """All passing and maybe rows of the sample county."""
    listed, out = tmp_path / "list.csv", tmp_path / "answer.csv"
    listed.write_text(sample.prospects_csv(), encoding="utf-8")
    home = ("--home", sample.HOME_ADDRESS, "--verdict", "pass,maybe")
    assert run("find", str(listed), *home, "--out", str(out), "--quiet").code == 0
    return open_answer(out, out.name).over(About(home=sample.HOME_ADDRESS))


def plan(rows, ground_at, tmp_path, **asked):
    options = ExportOptions(day=DAY, **asked)
    return plan_day(ExportWork(rows, options, tmp_path / "x.pdf", ground_at))


def write(rows, ground_at, path, **asked):
    """The report of that day."""
    options = ExportOptions(day=DAY, verdict="all", **asked)
    return write_export(rows, ExportRequest(KIND, options, ground_at), path)


def nearby(n, **cells):
    """That many rows on the streets around the home base, all located."""
    rows = []
    for i in range(n):
        row = make_row(Company_Name=f"Firm {i}", Address=f"{300 + i} Main Street", **cells)
        across, up = divmod(i, 10)
        point = {"lon": sample.HOME.lon + 0.0005 * across, "lat": sample.HOME.lat + 0.0004 * up}
        rows.append({**row, **point, "accuracy": "rooftop"})
    return rows


class TestDay:
    def test_times_are_those_of_the_engine_and_add_up(self, answer, ground_at, tmp_path):
        day = plan(answer, ground_at, tmp_path, hours=6, visit=15)
        now = datetime(2026, 12, 1, 9)
        for visit in day.visits:
            assert (visit.arrive - now).total_seconds() / 60 == pytest.approx(visit.drive)
            now = visit.arrive + timedelta(minutes=15)
        assert (day.back - now).total_seconds() / 60 == pytest.approx(day.drive_back)
        assert (day.back - day.begin).total_seconds() <= 6 * 3600 + len(day.visits)
        assert len(day.visits) + len(day.left_out) == len(answer)

    def test_the_first_leg_is_the_minutes_of_the_answer(self, answer, ground_at, tmp_path):
        """The same engine, home base and ends of drives as `find` has."""
        day = plan(answer, ground_at, tmp_path)
        first = day.visits[0]
        assert first.drive == pytest.approx(first.whom.minutes, abs=0.1)

    def test_what_does_not_fit_is_left_out_with_why(self, answer, ground_at, tmp_path):
        report = write(answer, ground_at, tmp_path / "route.html", hours=2.5)
        assert "does not fit into 2.5 hours" in report.left_out
        assert report.taken + sum(report.left_out.values()) == len(answer)
        assert "does not fit into 2.5 hours" in (tmp_path / "route-left-out.csv").read_text()

    def test_notes_say_how_long_and_whose_minutes(self, answer, ground_at, tmp_path):
        notes = plan(answer, ground_at, tmp_path, traffic=1.5).notes
        assert re.match(r"\d+ visits on Tue 1 Dec 2026, 09:00 to 1\d:\d\d: \d+ minutes", notes[0])
        assert notes[1].startswith("Minutes are those of valhalla 3.9.1, free-flow times 1.5")

    def test_traffic_and_a_limit_of_stops(self, answer, ground_at, tmp_path):
        free = plan(answer, ground_at, tmp_path, stops=3)
        slow = plan(answer, ground_at, tmp_path, stops=3, traffic=2.0)
        assert len(free.visits) == 3
        drives = [sum(visit.drive for visit in day.visits) for day in (free, slow)]
        assert drives[1] == pytest.approx(2 * drives[0], rel=0.01)
        nearest = sorted(one for one in answer.ours["minutes"] if one is not None)[:3]
        told = [visit.whom.minutes for visit in free.visits]
        assert sorted(told) == pytest.approx(nearest, abs=0.1)

    @pytest.mark.parametrize(
        ("asked", "said"),
        [
            ({"start": "9 am"}, "start '9 am': expected a time of day such as 09:00"),
            ({"day": "Tuesday"}, "day 'Tuesday': expected a day such as 2026-12-01"),
            ({"hours": 0.1}, "hours 0.1: not one visit fits into them"),
        ],
    )
    def test_what_can_not_be_is_one_sentence(self, ground_at, tmp_path, asked, said):
        rows = make_rows(nearby(2)).over(About(home=sample.HOME_ADDRESS))
        options = ExportOptions(**{"day": DAY, **asked})
        with pytest.raises(BadQuestion, match=said):
            plan_day(ExportWork(rows, options, tmp_path / "x.pdf", ground_at))

    def test_a_home_base_has_to_be_known(self, ground_at, tmp_path):
        with pytest.raises(BadQuestion, match="give --home") as raised:
            plan(make_rows(nearby(2)), ground_at, tmp_path)
        assert raised.value.field == "home"

    def test_the_home_that_is_asked_for_wins(self, ground_at, tmp_path):
        rows = make_rows(nearby(2)).over(About(home="nowhere at all"))
        day = plan(rows, ground_at, tmp_path, home=f"{sample.HOME.lat},{sample.HOME.lon}")
        assert day.home.at.lat == pytest.approx(sample.HOME.lat)


class Metered:
    """The county's engine, as one whose every drive is asked for by itself."""

    name, metered, live = "metered", True, False

    def __init__(self, engine):
        self.engine, self.questions = engine, 0

    def drives(self, home, to, *asked):
        self.questions += 1
        return replace(self.engine.drives(home, to, *asked), asked=len(to))


class TestStops:
    def test_rows_without_a_door_are_left_out(self, ground_at):
        rough = {"accuracy": "postcode"}
        rows = make_rows([
            *nearby(1),
            {**nearby(1)[0], **rough},
            {**nearby(1, Suite="")[0], **rough, "cells": {"Address": "P.O. Box 12", "City": "X"}},
            {**nearby(1)[0], "lat": None, "lon": None},
            {**nearby(1)[0], "lat": 45.0, "lon": -100.0},
        ])  # fmt: skip
        ground = ground_at(sample.HOME_ADDRESS, "")
        stops = choose_stops(rows, ExportOptions(), ground)
        assert sorted(stops.rows.tolist()) == [0, 1]
        assert stops.rough.tolist() == [row == 1 for row in stops.rows.tolist()]
        assert stops.left_out == {
            2: DOORLESS,
            3: "not located",
            4: "no drive there within half the day",
        }

    def test_the_nearest_sixty_are_weighed(self, ground_at):
        rows = make_rows(nearby(MOST_STOPS + 5))
        stops = choose_stops(rows, ExportOptions(), ground_at(sample.HOME_ADDRESS, ""))
        assert len(stops.rows) == MOST_STOPS
        assert set(stops.left_out.values()) == {"not among the nearest 60"}

    def test_an_engine_that_costs_is_asked_for_the_nearest_alone(self, ground_at, tmp_path):
        """In a straight line, so that no drive is asked for in vain; a note counts them."""
        ground = ground_at(sample.HOME_ADDRESS, "")
        metered = Metered(ground.engine)
        rows = make_rows(nearby(METERED_STOPS + 5)).over(About(home=sample.HOME_ADDRESS))
        day = plan(rows, lambda *_: replace(ground, engine=metered), tmp_path)
        assert metered.questions == METERED_STOPS + 1
        assert f"{(METERED_STOPS + 1) ** 2} drives asked" in day.notes[1]
        assert set(day.left_out.values()) >= {"not among the nearest 25"}

    @pytest.mark.parametrize(
        ("line", "street"),
        [("12 Main Street Suite 4", "Main Street"), ("PO Box 12", ""), ("", "")],
    )
    def test_a_box_is_no_street(self, line, street):
        assert find_street(line) == street

    def test_each_leg_is_asked_for_in_its_direction(self, answer, ground_at):
        """Beside the engine's own matrix, from one stop after the other."""
        ground = ground_at(sample.HOME_ADDRESS, "")
        stops = choose_stops(answer, ExportOptions(stops=8), ground)
        lon, lat = (
            np.r_[getattr(ground.start, name), getattr(stops.at, name)] for name in ("lon", "lat")
        )
        at = Points(lon, lat)
        legs = measure_legs(ground.engine, at, Driving(), 480).minutes
        for row, pair in enumerate(at.pairs()):
            own = ground.engine.minutes(Point(*pair), at, Driving())
            others = np.arange(len(at)) != row
            assert np.allclose(legs[row, others], own[others], atol=0.1)
        assert np.all(np.diag(legs) == 0)

    def test_without_a_map_the_legs_are_estimates(self, ground_at, tmp_path):
        rows = [{**row, "lat": 21.30 + i / 100, "lon": -157.8} for i, row in enumerate(nearby(3))]
        day = plan(make_rows(rows), ground_at, tmp_path, home="21.3,-157.81")
        assert len(day.visits) == 3
        assert day.notes[1].startswith("No map of this area is installed: minutes between stops")


class Tags(HTMLParser):
    """The tags, links and texts of a page."""

    def __init__(self, page):
        super().__init__()
        self.tags, self.links, self.texts = [], [], []
        self.feed(page)

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        self.links += [value for name, value in attrs if name in ("href", "src")]

    def handle_data(self, data):
        self.texts.append(data)


@pytest.fixture
def awkward():
    rows = nearby(14)
    rows[0]["cells"] |= {"Company Name": AWKWARD, "Phone": "8089550123", "Contact Name": "<b>"}
    rows[1] |= {"accuracy": "place"}
    rows[2]["cells"] |= {"Company Name": "Bell \x07 and \ufffe"}
    return make_rows(rows).over(About(home=sample.HOME_ADDRESS, attribution="© <OSM>"))


class TestFiles:
    def test_the_page_is_whole_in_itself_and_escaped(self, awkward, ground_at, tmp_path):
        write(awkward, ground_at, tmp_path / "route.html")
        page = Tags((tmp_path / "route.html").read_text(encoding="utf-8"))
        assert not {"script", "img", "link", "b"} & set(page.tags)
        assert any(AWKWARD in text for text in page.texts)
        assert page.tags.count("h2") == 2 * 14
        kinds = {link.split(":")[0] for link in page.links}
        assert kinds == {"https", "geo"}
        assert any("maps/search/?api=1&query=301+Main+Street" in link for link in page.links)

    def test_the_gpx_has_a_waypoint_for_each_stop_and_a_route(self, awkward, ground_at, tmp_path):
        write(awkward, ground_at, tmp_path / "route.gpx")
        with (tmp_path / "route.gpx").open(encoding="utf-8") as file:
            track = gpxpy.parse(file)
        assert len(track.waypoints) == 14
        (route,) = track.routes
        names = [point.name for point in route.points]
        assert names[0] == "09:00 home"
        assert names[-1].endswith(" home")
        assert names[1:-1] == [point.name for point in track.waypoints]
        assert [int(name.split(".")[0]) for name in names[1:-1]] == list(range(1, 15))
        assert any(AWKWARD in name for name in names)

    def test_links_hold_nine_waypoints_and_follow_each_other(self, awkward, ground_at, tmp_path):
        day = plan(awkward, ground_at, tmp_path)
        links = day_links(day)
        asked = [parse_qs(urlsplit(link).query) for _, link in links]
        assert [shown for shown, _ in links] == ["Home to stop 10", "Stop 10 to home"]
        assert all(len(one["waypoints"][0].split("|")) <= 9 for one in asked)
        assert asked[0]["destination"] == asked[1]["origin"]
        assert asked[0]["origin"] == asked[1]["destination"]
        whole = [*asked[0]["waypoints"][0].split("|"), *asked[0]["destination"]]
        whole += asked[1]["waypoints"][0].split("|")
        assert len(whole) == len(day.visits)
        assert sum("Main Street" in place for place in whole) == 1

    def test_links_stay_short_where_addresses_are_long(self, ground_at, tmp_path):
        long = "ʻ" * 70
        rows = [
            {**row, "accuracy": "place", "cells": {**row["cells"], "City": f"{long}{i}"}}
            for i, row in enumerate(nearby(12))
        ]
        day = plan(make_rows(rows), ground_at, tmp_path, home=sample.HOME_ADDRESS)
        links = day_links(day)
        assert max(len(link) for _, link in links) <= MOST_LETTERS
        assert len(links) > 2

    def test_the_sheet_is_printed_in_order(self, awkward, ground_at, tmp_path):
        write(awkward, ground_at, tmp_path / "route.pdf")
        pages = pypdf.PdfReader(tmp_path / "route.pdf").pages
        text = "\n".join(page.extract_text() for page in pages)
        numbers = re.findall(r"^(\d+)\. \d\d:\d\d ", text, re.MULTILINE)
        assert numbers == [str(n) for n in range(1, 15)]
        assert "(808) 955-0123" in text
        assert "home again" in text
        assert "© <OSM>" in text
        links = [note.get_object()["/A"]["/URI"] for page in pages for note in page["/Annots"]]
        assert any(link.startswith("https://www.google.com/maps/dir/?api=1") for link in links)

    def test_a_request_gets_the_file_that_it_accepts(self, data_dir, county):  # noqa: ARG002

        body = {"answer": {"prospects": nearby(3)}, "home": sample.HOME_ADDRESS, "day": DAY}
        with local_client(Settings(data_dir=data_dir)) as client:
            for media, begins in (("application/gpx+xml", b"<?xml"), ("text/html", b"<!DOCTYPE")):
                got = client.post("/v1/export/route", json=body, headers={"accept": media})
                assert got.status_code == 200, got.text
                assert got.content.startswith(begins)
                assert got.headers["content-type"].startswith(media)
