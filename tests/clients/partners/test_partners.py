"""Partners: found, merged, driven to and counted around."""

import json
from collections.abc import Sequence

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.businesses.kinds import PARTNERS
from app.clients.partners import ranking as partners
from app.clients.partners.ranking import Candidates, Introductions, Named
from app.errors import BadInput, BadQuestion
from app.find.ground import Ground
from app.find.locating import locate_prospects
from app.find.options import SpotOptions
from app.find.question import Question
from app.geo.driving.engine import Drives, Driving
from app.geo.driving.estimate import EstimateEngine
from app.geo.geocoding.cascade import Cascade
from app.geo.geocoding.geocoder import Accuracy
from app.geo.geocoding.home_base import HomeBase
from app.geo.places.schema import SCHEMA, load_places
from app.geo.points import Floats, Point, Points
from app.geo.regions.sample import county as sample
from app.lists.read import open_list
from app.settings import Settings
from app.wiring.ground import find_ground
from app.wiring.parts import Parts

HOME = Point(-116.6, 40.0)
PER_DEGREE = 69.0  # miles, about, of latitude


@pytest.fixture(scope="module")
def parts(data_dir):
    with Parts(Settings(data_dir=data_dir)) as parts:
        yield parts


def asked(**limits) -> Question:
    return Question(SpotOptions(**limits).spot())


def spots(*pairs: tuple[float, float]) -> Points:
    """Kilometres in the sample county."""
    return Points.of([sample.county_point(x, y) for x, y in pairs])


def candidates(
    names: Sequence[str], at: Points, kind: str = "lawyer", **texts: Sequence[str]
) -> Candidates:
    n = len(names)
    blank = {name: [""] * n for name in ("address", "phone", "website", "source")} | texts
    return Candidates(name=list(names), kind=[kind] * n, at=at, **blank)


def north(*miles: float) -> Points:
    lat = HOME.lat + np.array(miles, np.float64) / PER_DEGREE
    return Points(np.where(np.isnan(lat), np.nan, HOME.lon), lat)


# --- where they come from ----------------------------------------------------------------------


def test_the_county_s_partners(county):
    """All its offices but the bank, in the order of the places; the bank when asked for."""
    frame = load_places(county.places)
    found = partners.from_places(frame)
    assert list(zip(found.name, found.kind, strict=True)) == [
        ("Bright Ideas", "advertising agency"),
        ("Brightwater Bookkeeping", "accountant"),
        ("Hale & Byrne Accounting", "accountant"),
        ("Halt Tax Service", "tax adviser"),
        ("Okafor Law", "lawyer"),
        ("Soto & Lind", "lawyer"),
        ("Teal County Insurance", "insurer"),
    ]
    assert found.address[2] == "240 Main Street, Larkfield, NV 00101"
    assert found.website[2] == "https://hale-byrne.example"
    assert found.source[2] == "OpenStreetMap"
    assert partners.from_places(frame, ["bank"]).name == ["Farrow Savings Bank"]


def test_a_kind_that_is_none():
    with pytest.raises(BadQuestion, match="'plumber': expected one of accountant") as wrong:
        partners.from_places(pl.DataFrame(schema=SCHEMA), ["plumber"])
    assert wrong.value.field == "kind"


LIST = """\
Company,Address,City,State,ZIP,NAICS Code,Industry,Fax Phone,Phone,Web Address
Able & Co,240 Main Street,Larkfield,NV,00101,541211,,775-555-0000,775-555-0101,able.example
Bell Law Offices,325 Main Street,Larkfield,NV,00101,,,,,
Cole Group,260 Oak Street,Larkfield,NV,00101,,Insurance agencies,,,
Dow Farms,420 Elm Street,Larkfield,NV,00101,111998,Crops,,,
East Bank,9 Nowhere Street,Nowhere,ZZ,,522110,,,,
"""


def test_a_list_of_partners(parts, tmp_path):
    """By code, by name, by words; who is no partner's trade stays, as the list's owner chose."""
    path = tmp_path / "partners.csv"
    path.write_text(LIST)
    (prospects,) = open_list(path).batches()
    fixes = locate_prospects(
        prospects, find_ground(parts, sample.HOME_ADDRESS, asked()), geocode=True
    )
    found = partners.from_prospects(prospects, fixes)
    assert found.kind == ["accountant", "lawyer", "insurer", "other adviser", "bank"]
    assert found.at.known.tolist() == [True, True, True, True, False]
    assert found.address[0] == "240 Main Street, Larkfield, NV 00101"
    assert (found.phone[0], found.website[0]) == ("775-555-0101", "able.example")
    assert set(found.source) == {"list"}
    some = partners.from_prospects(prospects, fixes, ["lawyer"])
    assert some.name == ["Bell Law Offices", "Dow Farms"]


# --- each once ---------------------------------------------------------------------------------


def test_the_same_partner_once():
    """Near each other, or by one phone however it is written; the fullest row is kept."""
    at = spots((0, 0), (0, 0.19), (0, 9), (0, 0.21), (5, 5))
    given_ = candidates(
        ["Hale Law", "Hale Law, LLC", "HALE LAW", "Hale Law", "Soto"],
        at,
        phone=["", "+1 (775) 555-0101", "775.555.0101", "", "775 555 0101"],
        website=["hale.example", "", "", "", ""],
        address=["", "1 Main", "", "", ""],
    )
    kept, merged = partners.deduplicate(given_)
    # The second row knows most. The first is 190 m from it, the fourth 20 m, the third has its
    # phone; another name with that phone is another partner.
    assert merged == 3
    assert kept.name == ["Hale Law, LLC", "Soto"]
    assert (kept.website[0], kept.phone[0], kept.address[0]) == (
        "hale.example",
        "+1 (775) 555-0101",
        "1 Main",
    )


def test_partners_of_one_name_in_two_towns_stay_two():
    twice = candidates(
        ["Hale", "Hale", "Hale"], Points.of([HOME, sample.county_point(40, 0), HOME])
    )
    far = Points(twice.at.lon, np.array([twice.at.lat[0], twice.at.lat[1], np.nan]))
    kept, merged = partners.deduplicate(Candidates(**{**vars_of(twice), "at": far}))
    assert (len(kept), merged) == (3, 0)


def vars_of(c: Candidates) -> dict:
    return {name: getattr(c, name) for name in Candidates.__dataclass_fields__}


# --- who is near them --------------------------------------------------------------------------


class Ruler:
    """An engine to which a mile is a minute; off the road south of home. Remembers its homes."""

    name = "ruler"
    metered = False

    def __init__(self) -> None:
        self.homes: list[Point] = []

    def drives(
        self, home: Point, to: Points, radius_m: Floats, limits: Sequence[float], how: Driving
    ) -> Drives:
        del radius_m
        self.homes.append(home)
        if home.lat < HOME.lat - 0.01:
            raise BadInput("the home base is 2 km from the nearest road", field="home")
        minutes = np.abs(to.lat - home.lat) * PER_DEGREE * how.traffic
        road = np.where(to.known, 1, 0).astype(np.uint8)
        return Drives(minutes, minutes, minutes, road, minutes * 0, max(limits) * 1.2)


def near(partner_at: Points, other_at: Points, **names: list[str]) -> list[int]:
    mine = Named(names.get("mine", ["P"] * len(partner_at)), partner_at)
    others = Named(names.get("others", ["X"] * len(other_at)), other_at)
    return partners.count_nearby(Ruler(), mine, others, 5.0, Driving()).tolist()


def test_those_within_the_minutes():
    """From mile 0: miles 1, 4.99; from mile 9: miles 4.99 (4.01 away), 5.5; unknown points: no."""
    assert near(north(0, 9), north(1, 4.99, 5.5, np.nan)) == [2, 2]


def test_traffic_slows_the_drives_around_partners():
    """At half the speed 3 miles take 6 minutes; at double the speed 9 miles take 4.5."""
    for traffic, expected in ((1.0, 1), (2.0, 0), (0.5, 2)):
        mine, others = Named(["P"], north(0)), Named(["X", "Y"], north(3, 9))
        assert partners.count_nearby(Ruler(), mine, others, 5.0, Driving(traffic=traffic)) == [
            expected
        ]


def test_a_partner_is_not_near_itself():
    """Its own entry does not count, a namesake over 200 m (0.124 mi) off and others do."""
    others = ["Hale & Byrne, LLC", "Hale & Byrne", "Someone"]
    assert near(north(0), north(0.1, 0.2, 0), mine=["Hale & Byrne"], others=others) == [2]
    assert near(north(0), north(0), mine=["Inc."], others=["LLC"]) == [1]


def test_what_can_t_be_counted_is_not_zero():
    """A partner in a field, and one without a point."""
    assert near(north(-5, np.nan, 0), north(0.5)) == [partners.UNKNOWN, partners.UNKNOWN, 1]


def test_no_partners_and_no_others():
    assert near(north(), north(1)) == []
    assert near(north(0, 1), north()) == [0, 0]


def test_partners_at_one_point_are_asked_once():
    """Three in one building; progress hears of two points."""
    engine, heard = Ruler(), []
    mine = Named(["A", "B", "C", "D"], north(1, 1.0000001, 3, 1))
    told = partners.count_nearby(
        engine, mine, Named(["X"], north(2)), 5.0, Driving(), lambda *x: heard.append(x)
    )
    assert told.tolist() == [1, 1, 1, 1]
    assert len(engine.homes) == 2
    assert heard == [(1, 2), (2, 2)]


# --- introductions -----------------------------------------------------------------------------


def ground(engine=None) -> Ground:
    home = HomeBase(HOME, "home", Accuracy.GIVEN, 0.0, "given")
    return Ground(home, Cascade([]), engine or Ruler())


def test_the_county_s_introductions(parts, county):
    """Minutes by hand, and who is near.

    To Halt Tax Service, Cedar Halt: 0.5 km of streets at 40 km/h to Depot Road (0.75 min), 1.7 km
    of it (1.7), the ramp (0.41), 39.2 km of freeway at 120 (19.6), the ramp (0.41), 1.7 km of
    Depot Road (1.7), 0.4 km and 0.15 km of streets (0.83): 25.4 min, and up to 1.5 in turns.
    Brightwater is another 30 km of freeway, 15 min, away: over 30 min. Of the prospects three are
    in Larkfield, one of them Okafor Law itself; one is in Cedar Halt.
    """
    found = partners.from_places(load_places(county.places))
    firm = Point(found.at.lon[4], found.at.lat[4])
    at = Points.of(
        [
            sample.county_point(0.2, 0.012),
            sample.county_point(-0.2, 0.012),
            firm,
            sample.county_point(40.2, 0.012),
        ]
    )
    prospects = Named(["One", "Two", "Okafor Law", "Three"], at)
    clients = Named(["Paying"], spots((0.3, 0.012)))
    ask = asked(minutes=30)
    place = find_ground(parts, sample.HOME_ADDRESS, ask)
    others = {"prospects": prospects, "clients": clients}
    got = partners.rank_partners(found, place, ask, others)
    # Near home all have 3 prospects around but Okafor, which is one of them itself.
    assert got.candidates.name[2:] == ["Okafor Law", "Halt Tax Service"]
    assert set(got.candidates.name[:2]) == {"Hale & Byrne Accounting", "Teal County Insurance"}
    assert got.nearby["prospects"].tolist() == [3, 3, 2, 1]
    assert got.nearby["clients"].tolist() == [1, 1, 1, 0]
    assert 25.4 <= got.minutes[3] <= 26.9
    assert got.left_out == {"beyond": 3}
    assert got.counts == {"accountant": 1, "tax adviser": 1, "lawyer": 1, "insurer": 1}
    row = got.rows()[2]
    assert row["reason"] == (
        f"Lawyer {row['minutes']:.1f} min away; 2 prospects and 1 client within 5 min of them."
    )
    assert row["address"] == "325 Main Street, Larkfield, NV 00101"
    assert got.frame().columns == list(row)


def test_introductions_as_a_document_and_as_columns_of_a_file():
    """The JSON says all; a file's columns are those of the rows, who they are first."""
    who = candidates(["A", "B"], north(5, 99), phone=["1", "2"])
    got = partners.rank_partners(who, ground(), asked(), {"clients": Named(["X"], north(6))}, 2.5)
    document = json.loads(json.dumps(got.document()))
    assert document["counts"] == {"lawyer": 1}
    assert document["left_out"] == {"beyond": 1}
    assert document["within_minutes"] == 2.5
    (row,) = document["partners"]
    assert (row["phone"], row["clients_nearby"], row["prospects_nearby"]) == ("1", 1, None)
    cells, ours = got.tables()
    (who_it_is,), (said,) = cells.to_dicts(), ours.to_dicts()
    assert (who_it_is["Name"], who_it_is["Phone"]) == ("A", "1")
    assert (who_it_is["Latitude"], who_it_is["Longitude"]) == (row["lat"], row["lon"])
    assert (said["minutes"], said["clients_nearby"]) == (row["minutes"], 1)
    assert said["reasons"] == got.reasons[0]


def test_every_candidate_is_accounted_for(parts):
    """An island without a bridge, a lake, off the map near and far, no fix, too far, right."""
    at = spots((21, -14), (17.3, -14), (60, -12), (900, 0), (0, 0), (104, 0), (0.2, 0))
    at = Points(at.lon.copy(), at.lat.copy())
    at.lon[4] = at.lat[4] = np.nan
    ask = asked(minutes=30)
    got = partners.rank_partners(
        candidates("ABCDEFG", at), find_ground(parts, sample.HOME_ADDRESS, ask), ask, {}
    )
    assert got.candidates.name == ["G"]
    assert got.left_out == {"beyond": 2, "no road": 2, "outside the map": 1, "not placed": 1}
    assert got.rows()[0]["prospects_nearby"] is None
    assert got.rows()[0]["reason"].endswith("min away.")


def test_the_order():
    """Steps of ten minutes first; in a step who has most around; then minutes; then name."""
    names = ["far", "near few", "near many", "b twin", "a twin"]
    at = north(12, 1, 9, 3, 3)
    at.lon[4] += 1e-9
    others = {"prospects": Named(list("XYZ"), north(13, 13.5, 9.5))}
    got = partners.rank_partners(candidates(names, at), ground(), asked(), others)
    # Around mile 12 are 3, around 9 three, around 1 and 3 none; and mile 12 is a step farther.
    assert got.candidates.name == ["near many", "near few", "a twin", "b twin", "far"]
    assert got.nearby["prospects"].tolist() == [3, 0, 0, 0, 3]


def test_both_bounds_are_inclusive():
    """Asked for 10-30 minutes, or for miles (a degree of latitude is 68.99 of them there)."""
    who = candidates("ABCD", north(9.9, 10.1, 29.9, 30.1))
    got = partners.rank_partners(who, ground(), asked(minutes=[10, 30]), {})
    assert sorted(got.candidates.name) == ["B", "C"]
    assert got.left_out == {"beyond": 1, "nearer than asked for": 1}
    exactly = np.abs(who.at.lat - HOME.lat) * PER_DEGREE
    limit = partners.rank_partners(who, ground(), asked(minutes=float(exactly[1])), {})
    assert limit.candidates.name == ["A", "B"]
    by_miles = partners.rank_partners(who, ground(), asked(miles=20), {})
    assert by_miles.candidates.name == ["A", "B"]


def test_where_counting_fails_it_is_said():
    """The partner's own spot is in a field for the engine that reached it."""
    got = partners.rank_partners(
        candidates(["A"], north(-5)), ground(), asked(), {"clients": Named(["X"], north(0))}
    )
    (row,) = got.rows()
    assert row["clients_nearby"] is None
    assert row["reason"] == "Lawyer 5.0 min away; how many are near them is not known."


def test_without_a_map_minutes_are_called_estimates():
    got = partners.rank_partners(candidates(["A"], north(5)), ground(EstimateEngine()), asked(), {})
    assert got.reasons == [f"Lawyer {got.minutes[0]:.1f} min away (estimated)."]


def test_no_candidates_at_all():
    got = partners.rank_partners(
        candidates([], north()), ground(), asked(), {"clients": Named([], north())}
    )
    assert got.rows() == []
    assert got.frame().schema["clients_nearby"] == pl.Int64


def test_bad_questions():
    who = candidates(["A"], north(1))
    for within in (0, -1, float("nan"), 51):
        with pytest.raises(BadQuestion, match="within"):
            partners.rank_partners(who, ground(), asked(), {}, within)
    with pytest.raises(BadQuestion, match="expected prospects or clients"):
        partners.rank_partners(who, ground(), asked(), {"friends": Named(["X"], north(0))})


SOME = st.lists(
    st.tuples(
        st.sampled_from(["Hale", "HALE Inc", "Soto", "Lind"]),
        st.sampled_from(["lawyer", "accountant"]),
        st.sampled_from([0.0, 0.05, 0.1, 3.0, 20.0, 80.0, float("nan")]),
        st.sampled_from(["", "1", "2"]),
    ),
    max_size=10,
)


@settings(max_examples=60, deadline=None)
@given(SOME, st.randoms(use_true_random=False))
def test_the_order_of_rows_changes_nothing(rows: list[tuple[str, str, float, str]], shuffle):
    """Merged, driven to and counted: the same introductions; and all rows are accounted for."""

    def answer(rows: list[tuple[str, str, float, str]]) -> tuple[Introductions, int]:
        names, kinds, miles, phones = ([row[i] for row in rows] for i in range(4))
        blank = [""] * len(rows)
        who = Candidates(names, kinds, north(*miles), blank, phones, blank, blank)
        once, merged = partners.deduplicate(who)
        others = {"prospects": Named(names, north(*miles))}
        got = partners.rank_partners(once, ground(), asked(), others)
        assert len(got) + sum(got.left_out.values()) + merged == len(rows)
        return got, merged

    first, merged = answer(rows)
    mixed = list(rows)
    shuffle.shuffle(mixed)
    again, merged_again = answer(mixed)
    assert merged == merged_again
    assert first.frame().equals(again.frame())
    assert first.left_out == again.left_out


def test_the_isle_of_man(isle_of_man):
    """Lawyers and accountants of Douglas, on the real map, are a drive of under half an hour away.

    The island is 21 km across there: nearly every adviser is within 30 minutes of its capital.
    """
    found, _ = partners.deduplicate(partners.from_places(load_places(isle_of_man.places), PARTNERS))
    with Parts(Settings(data_dir=isle_of_man.folder.parents[1])) as parts:
        ask = asked(minutes=30)
        place = find_ground(parts, "54.1500,-4.4800", ask)
        lawyers = [i for i, kind in enumerate(found.kind) if kind == "lawyer"]
        some = found.take(np.array(lawyers[:3]))
        others = {"clients": Named(some.name, some.at)}
        got = partners.rank_partners(found, place, ask, others, within=2.0)
    assert got.counts["lawyer"] >= 5
    assert got.counts["accountant"] >= 3
    assert np.isfinite(got.minutes).all()
    assert ((got.minutes > 0) & (got.minutes <= 30)).all()
    assert len(got) + sum(got.left_out.values()) == len(found)
    assert got.nearby["clients"].max() <= 3
