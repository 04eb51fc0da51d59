"""The commands about the firm's own clients, as a user runs them on the sample county."""

import csv
import io
import json
from pathlib import Path

import openpyxl
import pytest

from app.geo.regions.sample import county as sample
from app.lists.write import KINDS

HOME = sample.HOME_ADDRESS
CLIENTS = str(Path(__file__).parents[2] / "examples" / "clients.csv")


@pytest.fixture
def prospects(tmp_path):
    """The sample county's prospects as a file."""
    path = tmp_path / "prospects.csv"
    path.write_text(sample.prospects_csv(), encoding="utf-8")
    return str(path)


def told(ran):
    assert ran.err == ""
    return json.loads(ran.out)


def test_portfolio_ranks_the_clients_with_their_drives(run):
    """Cedar Halt Clinic: $33,000 a year is 2,750 a month; 3 visits x 2 x 25.8 min are 2.58 h.

    With $25 a visit 2,825 in 22 + 2.58 h: about $115 an hour.
    """
    answer = told(run("clients", "portfolio", CLIENTS, "--home", HOME, "--json"))
    assert set(answer) >= {
        *("home_base", "clients", "answers", "traits", "niches", "suggested_sweet_spot"),
        *("back_test", "notes", "attribution"),
    }
    best = answer["clients"][0]
    assert best["name"] == "Cedar Halt Clinic"
    assert best["monthly_income"] == 2750
    assert best["tier"] == "A"
    assert 25 <= best["drive_minutes"] <= 27
    assert best["income_per_hour_with_driving"] == pytest.approx(2825 / 24.58, rel=0.01)
    assert sum(one["share"] or 0 for one in answer["clients"]) == pytest.approx(1, abs=0.001)


def test_portfolio_counts_each_niche_in_the_list_and_on_the_map(run, prospects):
    """The list holds a dentist and a clinic within 50 minutes; the map one dentist."""
    ran = run(
        *("clients", "portfolio", CLIENTS, "--home", HOME, "--prospects", prospects),
        *("--background", "medical", "--json"),
    )
    niche = told(ran)["niches"][0]
    assert niche["code"] == "621"
    assert niche["prospects"] == {"the list": 2, "the region's places": 1}
    assert niche["fits_background"] == ["medical"]


def test_the_suggested_sweet_spot_is_what_find_takes(run, prospects, tmp_path):
    """Saved by the one, used by the other; an option given as well wins."""
    saved = tmp_path / "spot.json"
    run("clients", "portfolio", CLIENTS, "--home", HOME, "--save", str(saved), "--quiet")
    spot = json.loads(saved.read_text("utf-8"))
    find = ("find", prospects, "--home", HOME, "--sweet-spot", str(saved), "--json")
    reasons = told(run(*find))["prospects"][0]["reasons"]
    assert any(f"limit {spot['minutes'][1]:g}" in reason for reason in reasons)
    assert any("within 12-90" in reason for reason in reasons)
    reasons = told(run(*find, "--employees", "1-50"))["prospects"][0]["reasons"]
    assert any("within 1-50" in reason for reason in reasons)


@pytest.mark.parametrize(
    ("text", "word"),
    [
        ("{", "not JSON"),
        ('{"minuts": 5}', "minuts"),
        ("[1]", "no sweet spot has"),
        ('{"minutes": [1, "x"]}', "minutes"),
        ('{"sales": {"from": 1}}', "sales"),
        ('{"industry": 5}', "industry"),
        ('{"advisers": "perhaps"}', "advisers"),
    ],
)
def test_a_bad_sweet_spot_file_is_named(run, prospects, tmp_path, text, word):
    path = tmp_path / "spot.json"
    path.write_text(text, encoding="utf-8")
    ran = run("find", prospects, "--home", HOME, "--sweet-spot", str(path))
    assert ran.code == 2
    assert "spot.json" in ran.err
    assert word in ran.err
    assert "Traceback" not in ran.err


def test_clients_of_whom_nothing_is_known_have_no_rank_on_the_screen(run, prospects, tmp_path):
    """Books with a name and what was paid, and no more: nothing to compare, and it is said."""
    clients = tmp_path / "paid.csv"
    clients.write_text("client,revenue\nStone,100\nMill,90\n", encoding="utf-8")
    ran = run("find", prospects, "--home", HOME, "--like", str(clients), "--verdict", "all")
    assert ran.code == 0
    assert "Stone, hidden in the list, has no rank: nothing known to compare" in ran.out


def test_portfolio_as_a_workbook_has_a_sheet_for_each_answer(run, tmp_path):
    out = tmp_path / "portfolio.xlsx"
    assert run("clients", "portfolio", CLIENTS, "--out", str(out), "--quiet").code == 0
    book = openpyxl.load_workbook(out)
    assert book.sheetnames == ["clients", "answers", "traits", "niches", "back test", "notes"]
    head, first, *_ = book["clients"].iter_rows(values_only=True)
    row = dict(zip(head, first, strict=True))
    assert row["Client"] == "Cedar Halt Clinic"
    assert row["sweetspot_tier"] == "A"
    assert row["sweetspot_monthly_income"] == 2750


def test_portfolio_without_a_home_says_nothing_of_distance(run):
    answer = told(run("clients", "portfolio", CLIENTS, "--json"))
    assert answer["clients"][0]["drive_minutes"] is None
    assert "home_base" not in answer
    assert any("distance is not judged" in note for note in answer["notes"])
    assert answer["back_test"]["kept"]["asked"] == 6


def test_portfolio_on_the_screen_answers_the_three_questions(run):
    ran = run("clients", "portfolio", CLIENTS, "--home", HOME)
    for text in (
        "Who is really paying the bills?",
        "Who is really worth holding on to?",
        "Who should get the best service?",
        "Would the sweet spot asked have kept the 10 best? 6 yes",
        "OpenStreetMap",
    ):
        assert text in ran.out


def test_a_list_that_says_nothing_of_revenue(run, prospects):
    ran = run("clients", "portfolio", prospects)
    assert ran.code == 2
    assert "revenue=HEADER" in ran.err


def test_look_alikes_are_scored_sorted_and_compared(run, prospects):
    """A dentist in town resembles A clients of whom half are medical; a bar does not."""
    find = ("find", prospects, "--home", HOME, "--like", CLIENTS, "--verdict", "all", "--json")
    answer = told(run(*find, "--sort", "like"))
    scores = [row["like"]["score"] for row in answer["prospects"]]
    known = [score for score in scores if score is not None]
    assert known == sorted(known, reverse=True)
    assert scores[: len(known)] == known
    by_name = {row["name"]: row["like"] for row in answer["prospects"]}
    assert by_name["Larkfield Dental"]["score"] > 90 > by_name["End of the Line"]["score"]
    assert by_name["Larkfield Dental"]["known"] == 0.9  # the list names no advisers
    hidden = answer["like"]["leave_one_out"]
    assert [one["name"] for one in hidden][:2] == ["Cedar Halt Clinic", "Larkfield Dental"]
    assert all(1 <= one["rank"] <= one["of"] for one in hidden)
    assert answer["like"]["weights"]["industry"] == 40
    notes = [*answer["notes"], *answer["like"]["notes"]]
    assert len(set(notes)) == len(notes)


def test_look_alikes_in_a_file_keep_the_list_s_order_unless_asked(run, prospects, tmp_path):
    out = tmp_path / "found.csv"
    find = ("find", prospects, "--home", HOME, "--like", CLIENTS, "--out", str(out), "--quiet")
    run(*find)
    unsorted = list(csv.DictReader(io.StringIO(out.read_text("utf-8"))))
    run(*find, "--sort", "like")
    rows = list(csv.DictReader(io.StringIO(out.read_text("utf-8"))))
    assert unsorted[0]["Company Name"] == "Basin Printing"
    scores = [float(row["sweetspot_like"]) for row in rows]
    assert scores == sorted(scores, reverse=True)
    assert {row["Company Name"] for row in rows} == {row["Company Name"] for row in unsorted}
    assert "industry" in rows[0]["sweetspot_like_reasons"]


@pytest.mark.parametrize(
    ("args", "word"),
    [
        (("--sort", "like"), "list of clients"),
        (("--sort", "size"), "minutes"),
        (("--like", CLIENTS, "--weights", "colour=3"), "colour"),
        (("--weights", "size=3"), "need a list of clients"),
        (("--like", "none.csv"), "none.csv"),
    ],
)
def test_bad_options_of_look_alikes(run, prospects, args, word):
    ran = run("find", prospects, "--home", HOME, *args)
    assert ran.code == 2
    assert word in ran.err


def test_sorting_by_minutes(run, prospects):
    ran = run("find", prospects, "--home", HOME, "--sort", "minutes", "--json")
    minutes = [row["minutes"] for row in told(ran)["prospects"]]
    assert minutes == sorted(minutes)


def test_capacity_decides_every_micro_client(run):
    """7 micro clients are in the example, of which one has left; none is lost."""
    ran = run(
        *("clients", "capacity", CLIENTS, "--hours", "40", "--home", HOME, "--json"),
        *("--marketing", "direct mail=4,networking=2"),
    )
    answer = told(ran)
    assert len(answer["decisions"]) == 6
    assert any("1 no longer active" in note for note in answer["notes"])
    assert {one["decision"] for one in answer["decisions"]} <= {"keep", "slack", "hand_on"}
    hours = answer["hours"]
    assert hours["marketing"] == {"direct mail": 4, "networking": 2}
    assert hours["kept"] <= hours["left"] == pytest.approx(40 - 6 - hours["sweet_spot"])


def test_capacity_that_can_t_be_met_says_what_has_to_give(run):
    """Sweet-spot work alone takes more than 20 hours."""
    ran = run("clients", "capacity", CLIENTS, "--hours", "20", "--home", HOME, "--json")
    assert ran.code == 1
    answer = told(ran)
    assert answer["feasible"] is False
    assert not any(one["decision"] == "keep" for one in answer["decisions"])
    assert any("less sweet-spot work" in note for note in answer["notes"])


def test_capacity_writes_a_row_for_every_client_it_decides(run, tmp_path):
    out = tmp_path / "plan.csv"
    args = ("clients", "capacity", CLIENTS, "--hours", "40", "--out", str(out), "--quiet")
    assert run(*args).code == 0
    rows = {row["Client"]: row for row in csv.DictReader(io.StringIO(out.read_text("utf-8")))}
    assert len(rows) == 6
    assert rows["Sage Bakery"]["sweetspot_decision"] == "keep"


def test_a_client_without_hours_is_undecided_in_the_file_too(run, tmp_path):
    listed, out = tmp_path / "c.csv", tmp_path / "plan.csv"
    listed.write_text("Client,Computers,Hours,Rate\nA,3,,50\nB,3,2,50\n", encoding="utf-8")
    run("clients", "capacity", str(listed), "--hours", "9", "--out", str(out), "--quiet")
    rows = {row["Client"]: row for row in csv.DictReader(io.StringIO(out.read_text("utf-8")))}
    assert rows["A"]["sweetspot_decision"] == "undecided"
    assert rows["A"]["sweetspot_reasons"] == "unknown: hours"
    assert rows["B"]["sweetspot_decision"] == "keep"


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(
    "command",
    [
        ("clients", "portfolio", CLIENTS),
        ("clients", "capacity", CLIENTS, "--hours", "40"),
        ("partners",),
        ("prospects",),
    ],
    ids=lambda command: " ".join(command[:2][-1:]),
)
def test_every_answer_is_written_as_every_kind_of_file(run, tmp_path, command, kind):
    out = tmp_path / f"out.{kind}"
    ran = run(*command, "--home", HOME, "--out", str(out), "--quiet")
    assert ran.code == 0, ran.err
    assert out.stat().st_size > 500


@pytest.mark.parametrize(
    ("args", "word"),
    [
        (("--hours", "40", "--marketing", "mail"), "ACTIVITY=HOURS"),
        (("--hours", "-1"), "hours"),
        (("--hours", "40", "--growth-bonus", "-1"), "bonus"),
    ],
)
def test_bad_options_of_capacity(run, args, word):
    ran = run("clients", "capacity", CLIENTS, *args)
    assert ran.code == 2
    assert word in ran.err


def test_partners_are_listed_with_minutes_and_who_is_near(run, prospects):
    """Larkfield's accountant, insurer and lawyer are minutes away, the others in other towns."""
    args = ("partners", "--home", HOME, "--minutes", "60", "--prospects", prospects)
    answer = told(run(*args, "--clients", CLIENTS, "--json"))
    names = [one["name"] for one in answer["partners"]]
    assert set(names[:3]) == {"Hale & Byrne Accounting", "Teal County Insurance", "Okafor Law"}
    assert "Halt Tax Service" in names
    assert "Farrow Savings Bank" not in names  # banks only if asked
    first = answer["partners"][0]
    assert first["minutes"] < 2
    assert first["prospects_nearby"] >= 5
    assert first["clients_nearby"] >= 3
    hale = next(one for one in answer["partners"] if one["name"] == "Hale & Byrne Accounting")
    assert hale["clients_naming"] == 4  # of the example's clients
    assert "4 of your clients name them" in hale["reason"]
    assert "OpenStreetMap" in answer["attribution"]
    only = told(run(*args, "--kind", "bank", "--json"))["partners"]
    assert [one["name"] for one in only] == ["Farrow Savings Bank"]


def test_partners_as_a_file_are_a_list_that_find_reads(run, tmp_path):
    out = tmp_path / "partners.csv"
    assert run("partners", "--home", HOME, "--out", str(out), "--quiet").code == 0
    again = told(run("find", str(out), "--home", HOME, "--verdict", "all", "--json"))
    assert again["counts"]["located"] == again["counts"]["read"] >= 6


def test_partners_from_a_list(run, tmp_path):
    listed = tmp_path / "partners.csv"
    listed.write_text(
        "Name,Address,City,State,ZIP,NAICS\n"
        "Own CPA,420 Main Street,Larkfield,NV,00101,541211\n"
        "Old Friend,180 Oak Street,Cedar Halt,NV,00102,\n",
        encoding="utf-8",
    )
    answer = told(run("partners", "--home", HOME, "--list", str(listed), "--json"))
    kinds = {one["name"]: one["kind"] for one in answer["partners"]}
    assert kinds == {"Own CPA": "accountant", "Old Friend": "other adviser"}


def test_an_unknown_kind_of_partner_names_those_there_are(run):
    ran = run("partners", "--home", HOME, "--kind", "plumber")
    assert ran.code == 2
    assert "accountant" in ran.err


def test_without_a_map_there_are_no_partners_and_no_prospects(run):
    for command in ("partners", "prospects"):
        ran = run(command, "--home", "Springfield, MA")
        assert ran.code == 2
        assert "region add" in ran.err


def test_prospects_of_the_map_are_maybe_and_say_why(run):
    answer = told(run("prospects", "--home", HOME, "--industry", "dental", "--json"))
    (row,) = answer["prospects"]
    assert row["name"] == "Larkfield Dental"
    assert row["verdict"] == "maybe"
    assert any("none can pass" in note for note in answer["notes"])


def test_estimated_computers_are_shown_and_decide_only_when_asked(run, tmp_path):
    """A law firm of 10: 8 to 12 computers, of a restaurant of 12 at most 3.1 (12 x 0.2 x 1.3)."""
    listed = tmp_path / "list.csv"
    listed.write_text(
        "Name,Address,City,State,ZIP,Employees,NAICS\n"
        "Law,420 Main Street,Larkfield,NV,00101,10,541110\n"
        "Diner,420 Main Street,Larkfield,NV,00101,12,722511\n",
        encoding="utf-8",
    )
    find = ("find", str(listed), "--home", HOME, "--verdict", "all", "--json")
    law, diner = told(run(*find))["prospects"]
    assert (law["verdict"], diner["verdict"]) == ("pass", "pass")
    assert (law["computers_low"], law["computers_high"]) == (8, 12)
    assert law["computers_basis"] == "estimated"
    assert any("8-12 estimated" in r and "decides nothing" in r for r in law["reasons"])
    law, diner = told(run(*find, "--estimates", "--employees", "off"))["prospects"]
    assert (law["verdict"], diner["verdict"]) == ("maybe", "fail")
    assert any("outside 10-50" in reason for reason in diner["reasons"])


def test_one_s_own_rates_replace_ours(run, tmp_path, monkeypatch):
    """The table that `sweetspot rates` prints, with two computers for each lawyer."""
    own = tmp_path / "rates.csv"
    table = run("rates").out
    assert table.startswith("naics,name,floor,rate,source")
    own.write_text(table + '541110,Lawyers,2,2,"ours"\n', encoding="utf-8")
    monkeypatch.setenv("SWEETSPOT_COMPUTER_RATES", str(own))
    listed = tmp_path / "list.csv"
    listed.write_text("Name,ZIP,Employees,NAICS\nLaw,00101,10,541110\n", encoding="utf-8")
    (law,) = told(run("find", str(listed), "--home", HOME, "--verdict", "all", "--json"))[
        "prospects"
    ]
    assert law["computers_low"] == 20


def test_industry_words_find_rows_that_have_only_codes(run, tmp_path):
    listed = tmp_path / "list.csv"
    listed.write_text("Name,ZIP,NAICS,Employees\nA,00101,621210,20\nB,00101,722511,20\n", "utf-8")
    ran = run("find", str(listed), "--home", HOME, "--industry", "dental", "--json")
    assert [row["name"] for row in told(ran)["prospects"]] == ["A"]


class TestColumns:
    """What was read as what: a line on standard error, and in JSON."""

    @pytest.mark.parametrize(
        "args", [("portfolio", CLIENTS), ("capacity", CLIENTS, "--hours", "32")]
    )
    def test_a_verb_of_clients_says_it(self, run, args):
        ran = run("clients", *args)
        assert ran.err.startswith("read: name = Client, revenue = Revenue last 12 months")
        assert run("clients", *args, "--quiet").err == ""
        answer = told(run("clients", *args, "--json"))
        assert answer["columns"]["read"]["revenue"]["headers"] == ["Revenue last 12 months"]
        assert answer["notes"][0] == ran.err.strip()

    def test_of_every_list_that_was_given(self, run, prospects):
        args = ("clients", "portfolio", CLIENTS, "--prospects", prospects)
        assert run(*args).err.splitlines()[1].startswith("prospects read: name = ")
        assert "name" in told(run(*args, "--json"))["prospects_columns"]["read"]

    def test_partners_say_it_of_theirs(self, run, prospects):
        lists = ("--list", prospects, "--clients", CLIENTS)
        answer = json.loads(run("partners", "--home", HOME, *lists, "--json", "-q").out)
        assert answer.keys() & {"columns", "prospects_columns", "clients_columns"} == {
            "columns",
            "clients_columns",
        }

    def test_find_says_it_of_the_list_and_of_the_clients_to_resemble(self, run, prospects):
        ran = run("find", prospects, "--home", HOME, "--like", CLIENTS)
        assert "read: name = Company Name, place = Address, City" in ran.err
        assert "- clients read: name = Client" in ran.out
        answer = told(run("find", prospects, "--home", HOME, "--like", CLIENTS, "--json"))
        assert answer["like"]["columns"]["read"]["name"]["headers"] == ["Client"]

    def test_the_map_s_places_were_no_list(self, run):
        assert "columns" not in told(run("prospects", "--home", HOME, "--json"))

    def test_without_a_list_there_is_no_mapping_to_save(self, run, tmp_path):
        ran = run("partners", "--home", HOME, "--save-mapping", str(tmp_path / "m.json"))
        assert ran.code == 2
        assert "--list" in ran.err
