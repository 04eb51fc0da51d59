"""Whom questions of stored lists leave out, and what became of rows, over both databases."""

import csv
import io
from datetime import date, timedelta

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from app.answers.stored import ListsAnswer
from app.errors import (
    BadList,
    BadQuestion,
    NoSuchList,
    NoSuchOutcome,
    NoSuchSuppression,
)
from app.find.defining import check_options
from app.geo.regions.sample import county as sample
from app.library.library import find_stored
from app.library.marks import Marks
from app.library.options import LeavingOptions, OutcomesOptions, StoredOptions, SuppressionOptions
from app.library.outcomes import (
    Mark,
    parse_numbers,
    parse_without,
    read_numbers,
    show_outcomes,
    unmark_row,
)
from app.lists.write import open_writer
from app.settings import Settings
from app.store.tables import DEFAULT_TENANT
from app.wiring.library import AskedLists
from app.wiring.marking import add_suppression, mark_list, suppress_list
from app.wiring.parts import Parts
from tests.stored_lists import store_list

TODAY = date.today()
ROWS = list(csv.DictReader(io.StringIO(sample.prospects_csv())))
# The same businesses as others write them: by phone, by domain of nobody else, by name and place.
OTHER = """\
Company Name,Address,City,State,ZIP Code,Phone
Basin Printing Incorporated,PO Box 7,Larkfield,NV,00101,(775) 555-0100
Somebody Else,421 Main Street,Larkfield,NV,00101,775-555-9999
Okafor Law,325 Main St,Larkfield,NV,00101,
"""


@pytest.fixture
def parts(data_dir, tmp_path, database_url):
    """A service of its own with the county's list, over either database."""
    (tmp_path / "data").mkdir(exist_ok=True)
    (tmp_path / "data" / "regions").symlink_to(data_dir / "regions")
    with Parts(Settings(data_dir=tmp_path / "data", database_url=database_url)) as parts:
        store_list(parts, sample.prospects_csv(), "county")
        yield parts


def asking(parts, *names, **ask):
    given = {"home": sample.HOME_ADDRESS, "verdict": "all", "sort": "list", "limit": 1000, **ask}
    return AskedLists.of(
        parts, DEFAULT_TENANT, names or ("county",), check_options(StoredOptions, given)
    )


def answer(parts, *names, **ask) -> ListsAnswer:
    return asking(parts, *names, **ask).answer(parts)


def rows_of(parts, *names, **ask):
    return answer(parts, *names, **ask).page(1000, None)[0]


def names_of(parts, *names, **ask):
    return {row["name"] for row in rows_of(parts, *names, **ask)}


def suppress(parts, text, tmp_path, name="ours", source="file"):
    path = tmp_path / "file.csv"
    path.write_text(text)
    asked = SuppressionOptions(name=name, source=source)
    return add_suppression(parts, DEFAULT_TENANT, asked, path, path.name)


def mark(parts, what, *rows, on=TODAY, name="county"):
    return mark_list(parts, DEFAULT_TENANT, name, rows, Mark(what, on))


def outcomes_of(parts, **ask):
    with parts.database.reading() as session:
        stored = find_stored(session, DEFAULT_TENANT, "county")
        return show_outcomes(session, stored, OutcomesOptions(**ask))


def test_a_suppression_leaves_out_whom_it_names_and_says_by_what(parts, tmp_path):
    everybody, before = names_of(parts), asking(parts).stamp
    suppress(parts, OTHER, tmp_path, "our clients", "clients")
    assert asking(parts).stamp != before
    found = answer(parts)
    assert everybody - names_of(parts) == {"Basin Printing", "Okafor Law"}
    assert found.report.counts.read == len(ROWS)  # the funnel stays over all rows
    assert "Left out of county, named in our clients: 2 rows." in found.report.notes
    told = {row["name"]: row["suppressed"] for row in rows_of(parts, suppressed=True)}
    assert told.keys() == everybody
    assert {name: whys for name, whys in told.items() if whys} == {
        "Basin Printing": ["same phone in our clients"],
        "Okafor Law": ["same name at the same place in our clients"],
    }
    assert "suppressed" not in rows_of(parts)[0]


@pytest.mark.parametrize("line", ["775-555-0100", "+1 (775) 555-0100"])
def test_bare_phones_need_no_header(parts, tmp_path, line):
    suppress(parts, f"{line}\n775-555-0104\n", tmp_path)
    left = {row["Company Name"] for row in ROWS} - names_of(parts)
    assert left == {"Basin Printing", "Larkfield Dental"}


def test_one_line_is_enough(parts, tmp_path):
    suppress(parts, "775-555-0100\n", tmp_path)
    assert {row["Company Name"] for row in ROWS} - names_of(parts) == {"Basin Printing"}
    with pytest.raises(BadList, match="the list has a header but no rows"):
        suppress(parts, "Company Name\n", tmp_path, name="nobody")


def test_a_file_that_names_nobody_is_refused(parts, tmp_path):
    with pytest.raises(BadList, match=r"file\.csv: no row has a name, a phone"):
        suppress(parts, "colour\nred\nblue\n", tmp_path)
    assert not [name for name in parts.rows.names("") if "suppressions" in name]


def test_a_name_is_taken_once(parts, tmp_path):
    suppress(parts, OTHER, tmp_path)
    stored = parts.rows.names("")
    with pytest.raises(BadQuestion, match="name 'ours': it is taken"):
        suppress(parts, OTHER, tmp_path)
    assert parts.rows.names("") == stored


def test_a_stored_list_can_be_the_suppression(parts):
    store_list(parts, OTHER, "Our clients", kind="clients")
    asked = SuppressionOptions(name="clients", source="clients")
    suppress_list(parts, DEFAULT_TENANT, asked, "our-clients")
    parts.library.delete(DEFAULT_TENANT, "our-clients")  # the suppression is a copy
    assert {"Basin Printing", "Okafor Law"}.isdisjoint(names_of(parts))


def test_deleted_is_deleted(parts, tmp_path):
    """Its rows, and which rows of the lists it named; everybody is there again."""
    rows_of(parts)  # where the rows are, and the like
    before, everybody = parts.rows.names(""), names_of(parts)
    made = suppress(parts, OTHER, tmp_path)
    assert len(names_of(parts)) == len(everybody) - 2
    assert len(parts.rows.names("")) == len(before) + 2
    assert parts.suppressions.delete(DEFAULT_TENANT, "ours") == {"rows": 3, "files": 2}
    assert parts.rows.names("") == before
    assert names_of(parts) == everybody
    with pytest.raises(NoSuchSuppression, match="no suppression"):
        parts.suppressions.delete(DEFAULT_TENANT, made.id)


def test_what_is_found_out_of_a_deleted_one_stays_nowhere(parts, tmp_path):
    """A question that began before it was deleted, and ends after it."""
    rows_of(parts)
    before, number = parts.rows.names(""), parts.marks.number(DEFAULT_TENANT)
    made, entry = suppress(parts, OTHER, tmp_path), parts.library.find(DEFAULT_TENANT, "county")
    exclusions = parts.suppressions.exclusions(made)
    parts.suppressions.delete(DEFAULT_TENANT, made.id)
    parts.library.rows(entry).named_by(made.id, "ours", lambda: exclusions)
    assert len(parts.rows.names("")) == len(before) + 1
    parts.marks._name(entry, made)
    assert parts.rows.names("") == before
    assert parts.marks.number(DEFAULT_TENANT) == number + 2


def test_marked_rows_are_left_out_and_shown(parts):
    assert mark(parts, "client", 1, 2) == {"list": "county", "marked": 2, "known": 0}
    assert mark(parts, "client", 2, 3) == {"list": "county", "marked": 1, "known": 1}
    mark(parts, "mailed", 4, on=TODAY - timedelta(days=91))
    gone = {row["Company Name"] for row in ROWS[:3]}
    assert names_of(parts).isdisjoint(gone)
    told = {row["row"]: row for row in rows_of(parts, without="none")}
    assert (told[1]["outcome"], told[1]["outcome_on"]) == ("client", TODAY.isoformat())
    assert told[4]["outcome"] == "mailed"
    assert told[5]["outcome"] is told[5]["outcome_on"] is None
    told = {row["row"]: row for row in rows_of(parts, suppressed=True)}
    assert told[1]["suppressed"] == [f"marked client on {TODAY}"]


def test_a_term_may_count_for_some_days(parts):
    mark(parts, "mailed", 4, on=TODAY - timedelta(days=91))
    mark(parts, "mailed", 5, on=TODAY - timedelta(days=90))
    numbers = {row["row"] for row in rows_of(parts, without="mailed:90d")}
    assert 4 in numbers
    assert 5 not in numbers
    assert not {4, 5} & {row["row"] for row in rows_of(parts, without="mailed")}


def test_the_last_outcome_is_that_of_the_last_day(parts):
    mark(parts, "answered", 6)
    mark(parts, "called", 6, on=TODAY - timedelta(days=1))
    (row,) = (row for row in rows_of(parts) if row["row"] == 6)
    assert row["outcome"] == "answered"


def test_an_outcome_counts_for_the_business_in_other_lists(parts):
    store_list(parts, OTHER, "other")
    mark(parts, "do_not_contact", 1)  # Basin Printing, by its phone
    mark(parts, "client", 3, name="other")  # Okafor Law, by its name and place
    both = answer(parts, "county", "other")
    told = [(row["list"], row["name"]) for row in both.page(1000, None)[0]]
    assert ("other", "Somebody Else") in told
    assert {name for _, name in told}.isdisjoint(
        {"Basin Printing", "Basin Printing Incorporated", "Okafor Law"}
    )
    assert names_of(parts, "other") == {"Somebody Else"}  # asked alone as well
    told = {row["name"]: row["suppressed"] for row in rows_of(parts, "other", suppressed=True)}
    assert told["Basin Printing Incorporated"] == [
        "same phone in the rows of county marked do not contact"
    ]
    parts.library.delete(DEFAULT_TENANT, "county")  # what became of its rows goes with it
    assert names_of(parts, "other") == {"Somebody Else", "Basin Printing Incorporated"}


def test_a_list_on_its_way_out_teaches_nothing(parts):
    store_list(parts, OTHER, "other")
    mark(parts, "client", 3, name="other")
    assert len(parts.marks.won_until_today(DEFAULT_TENANT)) == 1
    with parts.database.session() as session:
        find_stored(session, DEFAULT_TENANT, "other").state = "deleting"
    assert parts.marks.won_until_today(DEFAULT_TENANT) == []


def test_a_slip_of_the_finger_is_undone(parts):
    everybody = names_of(parts)
    mark(parts, "client", 7)
    (one,) = outcomes_of(parts)["outcomes"]
    with parts.database.session() as session:
        unmark_row(session, find_stored(session, DEFAULT_TENANT, "county"), one["id"])
    assert names_of(parts) == everybody
    with parts.database.session() as session, pytest.raises(NoSuchOutcome):
        unmark_row(session, find_stored(session, DEFAULT_TENANT, "county"), one["id"])


def test_the_number_of_what_was_undone_is_given_to_no_other(parts):
    """Who undoes it twice undoes nothing else."""
    mark(parts, "mailed", 1)
    (one,) = outcomes_of(parts)["outcomes"]
    with parts.database.session() as session:
        unmark_row(session, find_stored(session, DEFAULT_TENANT, "county"), one["id"])
    mark(parts, "do_not_contact", 2)
    (other,) = outcomes_of(parts)["outcomes"]
    assert other["id"] > one["id"]


def test_outcomes_come_in_pages(parts):
    mark(parts, "mailed", *range(1, 8))
    mark(parts, "called", 1)
    first = outcomes_of(parts, limit=5)
    rest = outcomes_of(parts, limit=5, after=first["next"])
    assert [one["row"] for one in first["outcomes"] + rest["outcomes"]] == [*range(1, 8), 1]
    assert rest["next"] == 0
    assert [one["what"] for one in outcomes_of(parts, what="called")["outcomes"]] == ["called"]


def test_a_file_that_find_wrote_marks_its_rows(parts, tmp_path):
    path = tmp_path / "mailed.csv"
    with open_writer(path, "csv") as sink:
        answer(parts).write(sink, 5)
    assert read_numbers(path, "county") == [1, 2, 3, 4, 5]
    with pytest.raises(BadList, match="no row is of list 'other'"):
        read_numbers(path, "other")
    path.write_text(sample.prospects_csv())
    with pytest.raises(BadList, match="no columns sweetspot_list and sweetspot_row"):
        read_numbers(path, "county")


def test_a_row_that_is_not_there_is_not_marked(parts):
    with pytest.raises(BadQuestion, match=f"row {len(ROWS) + 1}: the list 'county' has rows 1 to"):
        mark(parts, "mailed", 1, len(ROWS) + 1)
    assert outcomes_of(parts)["outcomes"] == []
    with pytest.raises(BadQuestion, match="yet to come"):
        mark(parts, "mailed", 1, on=TODAY + timedelta(days=2))
    with pytest.raises(BadQuestion, match="expected a day since 1900"):
        mark(parts, "mailed", 1, on=date(1899, 12, 31))
    with pytest.raises(NoSuchList):
        mark(parts, "mailed", 1, name="nowhere")


@pytest.mark.parametrize("text", ["", "friend", "mailed:d", "mailed:90", "none,client", ","])
def test_unknown_terms_are_told(text):
    with pytest.raises(BadQuestion, match="expected mailed, called, answered"):
        parse_without(text)


def test_numbers_are_read():
    assert [*parse_numbers("12, 15-17")] == [12, 15, 16, 17]
    for text in ("5-3", "x", "1-", "0-99999999"):
        with pytest.raises(BadQuestion, match="expected numbers such as"):
            parse_numbers(text)


ALIKE = """\
Company Name,Address,City,State,ZIP Code,Phone
Mesa Diner,280 Main Street,Tolliver,NV,00104,775-555-0201
Mesa Diner,280 Main Street,Tolliver,NV,00104,775-555-0202
Tolliver Bakery,12 Oak Street,Tolliver,NV,00104,775-555-0201
Mesa Diner,280 Main Street,Tolliver,NV,00104,
Somebody Else,9 Elm Street,Tolliver,NV,00104,775-555-0202
Nobody,1 Elm Street,Tolliver,NV,00104,
"""


@pytest.mark.parametrize("order", [(1, 2, 3, 5), (5, 3, 2, 1), (4, 1, 5), (3, 6, 4)], ids=str)
def test_marked_one_by_one_as_marked_all_at_once(parts, order):
    """What is found out of one row more is what is found out of all of them."""
    store_list(parts, ALIKE, "alike")
    store_list(parts, ALIKE, "copy")
    entries = [parts.library.find(DEFAULT_TENANT, name) for name in ("alike", "copy")]
    ask, numbers = LeavingOptions(), [*range(6)]

    def told(marks):
        number = marks.number(DEFAULT_TENANT)
        found = marks.of(DEFAULT_TENANT, number, entries, ask, TODAY)
        return [one.reasons(np.array(numbers)) for one in found]

    for row in order:
        mark(parts, "client", row, name="alike")
        assert told(parts.marks) == told(Marks(parts.library, parts.suppressions))


CHANGES = st.lists(
    st.tuples(
        st.sampled_from(["client", "do_not_contact", "suppress", "unsuppress", "nothing"]),
        st.integers(1, len(ROWS)),
    ),
    max_size=8,
)


@settings(
    max_examples=8, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None
)
@given(changes=CHANGES, limit=st.integers(3, 20), deleted_at=st.integers(0, 12))
def test_pages_stay_right_while_rows_come_and_go(parts, tmp_path, changes, limit, deleted_at):
    """No row twice; none lost that was never left out; or one clear error."""
    _begin_anew(parts)
    whole, seen, left_out = rows_of(parts, sort="minutes"), [], set()
    cursor, page = "", 0
    while True:
        if page == deleted_at:
            parts.library.delete(DEFAULT_TENANT, "county")
            with pytest.raises(NoSuchList):
                asking(parts, sort="minutes", limit=limit, cursor=cursor)
            return
        asked = asking(parts, sort="minutes", limit=limit)
        told = asked.page(parts, StoredOptions(home="x", limit=limit, cursor=cursor))
        seen += [row["row"] for row in told["prospects"]]
        cursor, page = told["next"], page + 1
        if not cursor:
            break
        if page <= len(changes):
            _change(parts, tmp_path, *changes[page - 1])
        left_out |= {row["row"] for row in whole} - {
            row["row"] for row in rows_of(parts, sort="minutes")
        }
    assert len(seen) == len({*seen})
    assert seen == [row["row"] for row in whole if row["row"] in {*seen}]  # in order
    assert {row["row"] for row in whole} - {*seen} <= left_out


def _begin_anew(parts):
    with parts.database.reading() as session:
        there = parts.suppressions.list_all(session, DEFAULT_TENANT)
    for one in there:
        parts.suppressions.delete(DEFAULT_TENANT, one.id)
    for one in parts.library.list_all(DEFAULT_TENANT):
        parts.library.delete(DEFAULT_TENANT, one.id)
    store_list(parts, sample.prospects_csv(), "county")


def _change(parts, tmp_path, what, row):
    if what == "suppress":
        path = tmp_path / "one.csv"
        path.write_text(f"phone\n{ROWS[row - 1]['Phone'] or '775-555-0100'}\n")
        name = f"of {parts.marks.number(DEFAULT_TENANT)}"
        add_suppression(parts, DEFAULT_TENANT, SuppressionOptions(name=name), path, "one")
    elif what == "unsuppress":
        with parts.database.reading() as session:
            there = parts.suppressions.list_all(session, DEFAULT_TENANT)
        for one in there[:1]:
            parts.suppressions.delete(DEFAULT_TENANT, one.id)
    elif what != "nothing":
        mark(parts, what, row)
