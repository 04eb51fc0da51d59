"""What was read as what is said: in one line, in JSON, in a mapping by which it is read again."""

import io
import json

import pytest

from app.errors import BadList, BadQuestion
from app.lists.mapping import ChosenColumns, parse_mapping, read_mapping
from app.lists.options import SavedMapping
from app.lists.read import open_list
from app.lists.vocabulary import CLIENTS, PROSPECTS


def opened(*lines, vocabulary=PROSPECTS, **how):
    text = "\n".join(lines) + "\n"
    return open_list(io.BytesIO(text.encode()), vocabulary=vocabulary, **how)


class TestLine:
    def test_what_matters_comes_first_and_what_is_missed_is_named(self):
        """The size that nobody read is there with its numbers, the mailing address as a place."""
        found = opened(
            "Notes,Mailing Street,Room,Industry,Employees,Zip,City,Address,Company,PCs in use",
            "likes tea,PO Box 1,x,Dentists,12,01103,Springfield,12 Main St,Pine,22",
            "knows Jo,PO Box 2,y z,Lawyers,30,01040,Holyoke,14 Elm St,Elm,3",
            "left early,PO Box 3,w,Cafes,,01001,Agawam,16 Oak Ave,Oak,140",
        )
        assert found.seen.line == (
            "read: name = Company, place = Address, City, Zip, other address = Mailing Street, "
            "employees = Employees, industry = Industry; not read: PCs in use (numbers 3-140)"
        )

    def test_how_many_fit_is_said_where_most_don_t(self):
        found = opened("Company,City,Employees", "A,Agawam,many of 9", "B,Holyoke,few of 9")
        assert "employees = Employees (0 of 2 fit)" in found.seen.line

    def test_a_long_line_counts_the_rest(self):
        header = ",".join(["Company", "City", *(f"Score {name}" for name in "ABCDEFGHI")])
        rows = [",".join(["A", "Agawam", *(str(n * i) for i in range(9))]) for n in (2, 5, 9)]
        assert found_words(opened(header, *rows)).endswith("Score F (numbers 10-45), 3 more")

    def test_books_say_the_money_first(self):
        found = opened("Client,City,Hours,Billed", "A,Agawam,3,$90", vocabulary=CLIENTS)
        assert (
            found.seen.line == "read: name = Client, revenue = Billed, hours = Hours, place = City"
        )


def found_words(found):
    return found.seen.line


@pytest.mark.parametrize(
    ("header", "cells", "looks", "told"),
    [
        ("Kisten", ["22", "3", "140"], "number", "numbers 3-140"),
        ("Rooms", ["1,200", "3", "NA"], "number", "numbers 3-1,200"),
        ("Kisten", ["10-49", "50+", "10-49"], "number", "numbers 10-50"),
        ("Kisten", ["7", "7", ""], "number", "numbers 7"),
        ("Paid", ["$1,200.50", "$3", "-"], "money", "money 3-1,200.50"),
        ("Paid", ["24,000.00", "420.00", "9.50"], "money", "money 9.50-24,000"),
        ("Band", ["$500,000-1 Million", "Less Than $500,000"], "money", "money 0-1,000,000"),
        ("When", ["2019-12-31", "2020-01-01 00:00:00"], "date", "dates"),
        ("When", ["3/5/19 0:00", "12/31/2019", "Dec 31, 2019"], "date", "dates"),
        ("Since", ["1999", "2004", "2019"], "date", "dates"),
        ("Where", ["12 Main St", "14 N Elm Avenue, Apt 3"], "place", "a place, used for nothing"),
        ("Where", ["PO Box 9", "P.O. Box 12"], "place", "a place, used for nothing"),
        ("Where", ["MA", "Ct", "New York"], "place", "a place, used for nothing"),
        ("Where", ["K1A 0B1", "EC1A 1BB"], "place", "a place, used for nothing"),
        ("Spot", ["(42.1015, -72.5898)", "POINT (-72.5898 42.1015)"], "place", None),
        ("Old Zip", ["01103", "60601"], "place", "a place, used for nothing"),
        ("Class", ["541110", "238220", "722511"], "code", "codes"),
        ("Class", ["A", "C", "AB"], "code", "codes"),
        ("Ref", ["BL-2019-12", "BL-2020-7"], "code", "codes"),
        ("Row", ["1", "2", "3", "4"], "code", "codes"),
        ("Record ID", ["501", "77"], "code", "codes"),
        ("Call", ["413-555-0199", "(413) 555-0198"], "phone", ""),
        ("Vip", ["yes", "No", "N"], "yes or no", ""),
        ("Said", ["likes tea", "knows Jo"], "text", ""),
        ("Said", ["", "NA", " "], "empty", ""),
    ],
)
def test_what_an_unread_column_looks_like(header, cells, looks, told):
    """By its cells; a header tells a code of digits, or a postcode, from a number."""
    rows = [f'Firm,Agawam,"{cell}"' for cell in cells]
    look = opened(f"Company,City,{header}", *rows).seen.unread[header]
    assert look.kind == looks
    assert told is None or look.words == told


class TestDocument:
    def test_each_meaning_has_its_headers_and_what_does_not_fit(self):
        found = opened(
            "Company,City,State,Zip,Employees,Employee Range,PCs in use",
            "A,Agawam,MA,01001,12,,5",
            "B,Holyoke,MA,1040,NA,10 to 19,9",
            "C,Bonn,Nowhere,x,9 or so,,NA",
            "D,,MA,y9,9 or so,,",
        )
        document = found.seen.document()
        assert document["read"]["employees"] == {
            "headers": ["Employees"], "cells": 3, "fit": 1, "others": ["9 or so"]
        }  # fmt: skip
        assert document["read"]["employees range"]["cells"] == 1
        assert document["read"]["state"]["others"] == ["Nowhere"]
        assert document["read"]["postcode"] == {
            "headers": ["Zip"], "cells": 4, "fit": 2, "others": ["x", "y9"]
        }  # fmt: skip
        assert document["unread"] == {"PCs in use": {"looks": "number", "range": [5, 9]}}

    def test_the_most_frequent_of_what_does_not_fit_are_shown(self):
        cells = ["a b1", "c d1", "c d1", "e f1", "e f1", "g h1", "g h1", "1"]
        found = opened("City,Employees", *(f"Agawam,{cell}" for cell in cells))
        assert found.seen.read["employees"].others == ["c d1", "e f1", "g h1"]

    def test_money_hours_and_flags_of_books(self):
        found = opened(
            "Client,Revenue,Hours,Active,Jan 2025,Feb 2025",
            "A,$90,3 hours,yes,1,2",
            'B,"1,200.50",1:30,dunno,x,',
            vocabulary=CLIENTS,
        )
        fits = {name: (one.cells, one.fit) for name, one in found.seen.read.items()}
        assert fits == {
            "name": (2, 2), "revenue": (2, 2), "hours": (2, 2), "active": (2, 1), "months": (3, 2)
        }  # fmt: skip

    def test_a_list_of_many_batches_is_counted_whole(self):
        """The range and the counts are those of all rows, not of the first ones."""
        rows = [f"Agawam,{i % 90},{i % 7}" for i in range(60_000)] + ["Agawam,plenty,5000"]
        found = opened("City,Employees,PCs in use", *rows)
        assert found.seen.read["employees"][1:4] == (60_001, 60_000, ["plenty"])
        assert found.seen.unread["PCs in use"].range == (0, 5000)


LIST = (
    "Company,Mailing Address,Mailing City,Location Address,City,Staff Size,Employee Range,SIC,Job",
    "Pine,PO Box 9,Chicago,12 Main St,Agawam,12,10 to 19,541110,Lawyers",
    "Elm,PO Box 8,Chicago,14 Main St,Holyoke,,20 to 49,621210,Dentists",
)


def saved(**fields):
    return ChosenColumns(saved=SavedMapping(**fields), source="kept.json")


class TestMapping:
    def test_it_says_what_was_read_and_which_program_wrote_it(self):
        text = opened(*LIST).seen.mapping()
        written = json.loads(text)
        assert written["written_by"].startswith("sweetspot ")
        assert written["read"] == {
            "name": "Company", "line": "Location Address", "city": "City",
            "other line": "Mailing Address", "other city": "Mailing City",
            "employees range": "Employee Range", "industry": "SIC",
        }  # fmt: skip
        assert list(written["read"])[:2] == ["name", "line"]  # what matters first
        assert written["not_read"] == ["Staff Size", "Job"]
        assert text.count("\n") > 10  # a line each, to be edited

    def test_by_it_the_same_is_read(self, shared):
        """Of every real list: the same columns for the same meanings, best first."""
        for path in (shared / "data" / "lists").iterdir():
            first = open_list(path)
            mapping = parse_mapping(first.seen.mapping().encode(), "kept.json")
            again = open_list(path, columns=ChosenColumns(saved=mapping))
            assert again.seen.document() == first.seen.document()
            assert again.columns == first.columns

    def test_by_it_books_with_months_are_read_the_same(self):
        """A guessed total stays behind the months."""
        lines = ("Client,Total,Jan 2025,Feb 2025", "A,12,5,7", "B,4,1,3")
        first = opened(*lines, vocabulary=CLIENTS)
        mapping = parse_mapping(first.seen.mapping().encode(), "kept.json")
        again = opened(*lines, vocabulary=CLIENTS, columns=ChosenColumns(saved=mapping))
        assert again.seen == first.seen
        assert again.is_guess("revenue")

    def test_edited_it_reads_otherwise(self):
        found = opened(*LIST, columns=saved(read={"employees": "Staff Size", "industry": ["Job"]}))
        assert found.whole().employees.low[0] == 12
        assert found.whole().industry == ["Lawyers", "Dentists"]

    def test_what_it_says_is_read_from_nothing_is_not(self):
        found = opened(*LIST, columns=saved(read={"employees range": None}, not_read=["SIC"]))
        assert not found.whole().employees.known.any()
        assert found.whole().industry == ["", ""]
        assert {"Employee Range", "SIC"} <= found.seen.unread.keys()

    def test_several_columns_fill_each_other_s_gaps(self):
        columns = saved(read={"employees": "Staff Size", "employees range": "Employee Range"})
        assert opened(*LIST, columns=columns).whole().employees.low.tolist() == [12, 20]

    def test_a_named_column_wins(self):
        mapping = SavedMapping(read={"employees": "Staff Size", "name": "Job"})
        columns = ChosenColumns({"employees": "Employee Range"}, mapping)
        found = opened(*LIST, columns=columns)
        assert found.whole().employees.low.tolist() == [10, 20]
        assert found.whole().name[0] == "Lawyers"

    @pytest.mark.parametrize(
        ("read", "said"),
        [
            ({"employees": "Personal"}, "kept.json: no column 'Personal' for employees"),
            ({"employees": "Personal"}, "correct it there, or say --column employees=HEADER"),
            ({"employes": "Staff Size"}, "kept.json: 'employes' is no meaning; they are name"),
            ({"other line": "Post"}, "kept.json: no column 'Post' for other line"),
        ],
    )
    def test_what_does_not_fit_the_list_is_said(self, read, said):
        with pytest.raises(BadList) as why:
            opened(*LIST, columns=saved(read=read))
        assert said in str(why.value)

    @pytest.mark.parametrize(
        ("content", "said"),
        [
            (b"nonsense", "kept.json is not JSON"),
            (b"\xff\xfe", "kept.json is not JSON"),
            (b"[1]", 'kept.json: expected {"read": {MEANING: HEADER}}'),
            (b'{"read": {"employees": 5}}', "kept.json: read.employees: expected a header"),
            (b'{"not_read": "x"}', "kept.json: not_read: expected a list of headers, got 'x'"),
            (b'{"employees": "Staff"}', "no mapping has 'employees'; it has written_by, read"),
            (b" " * 2_000_000, "kept.json is no mapping: it is too long"),
        ],
    )
    def test_what_is_no_mapping_is_said(self, content, said):
        with pytest.raises(BadQuestion) as why:
            parse_mapping(content, "kept.json")
        assert said in str(why.value)
        assert why.value.field == "mapping"

    def test_a_file_that_is_not_there(self, tmp_path):
        with pytest.raises(BadQuestion, match=r"gone\.json: No such file"):
            read_mapping(tmp_path / "gone.json")
