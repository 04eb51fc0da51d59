"""Stored lists on the command line: exports of them, what these use up, and the ledger."""

import csv
import json

import pytest

from app.geo.regions.sample import county as sample

HOME = ("--home", sample.HOME_ADDRESS, "--minutes", "50", "--verdict", "pass,maybe")


@pytest.fixture
def lists(run, data_dir, tmp_path, monkeypatch):
    """`sweetspot ARGS` over a data folder of its own, in which the sample's list is "spring"."""
    folder = tmp_path / "data"
    folder.mkdir()
    (folder / "regions").symlink_to(data_dir / "regions")
    monkeypatch.setenv("SWEETSPOT_DATA_DIR", str(folder))
    source = tmp_path / "county.csv"
    source.write_text(sample.prospects_csv(), encoding="utf-8")
    made = run("list", "import", str(source), "--name", "Spring", "--uses", "2", "-q")
    assert made.code == 0, made.err
    return run


def ledger(run, *name):
    told = json.loads(run("list", "ledger", *name, "--json").out)["uses"]
    return [(one["what"], one["rows"], one["counted"]) for one in told]


def rows_of(path):
    with path.open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))


def test_an_export_asks_the_question_first(lists, tmp_path):
    """As `find --for` makes it of the same list, which is the same use."""
    one, two, three = (tmp_path / name for name in ("one.csv", "two.csv", "three.csv"))
    ran = lists(
        "export", "spring", "--for", "lettershop", *HOME, "--sort", "list", "--out", str(one)
    )
    assert ran.code == 0, ran.err
    assert f"wrote {one}" in ran.err
    ran = lists("find", "spring", "--for", "lettershop", *HOME, "--out", str(two))
    assert ran.code == 0, ran.err
    assert one.read_bytes() == two.read_bytes()
    rows = len(rows_of(one))
    assert ledger(lists, "spring") == [("lettershop", rows, False), ("lettershop", rows, True)]
    assert lists("find", "spring", *HOME, "--out", str(three)).code == 0
    ran = lists("export", "spring", "--for", "labels", *HOME, "--out", str(tmp_path / "x.pdf"))
    assert ran.code == 2
    assert "list 'spring': 2 of 2 uses that its licence allows were made" in ran.err
    assert not (tmp_path / "x.pdf").exists()
    ran = lists("find", "spring", *HOME, "--out", str(three), "--minutes", "40")
    assert ran.code == 2
    ran = lists("find", "spring", "--for", "labels", *HOME, "--out", str(tmp_path / "x.pdf"))
    assert ran.code == 2
    assert not (tmp_path / "x.pdf").exists()
    assert "lettershop" in lists("list", "ledger").out
    assert "2 of 2" in lists("list", "ls").out


def test_what_was_written_over_stays_where_an_export_is_refused(lists, tmp_path):
    target = tmp_path / "found.csv"
    assert lists("find", "spring", *HOME, "--out", str(target)).code == 0
    assert lists("list", "edit", "spring", "--expires", "2020-01-01").code == 0
    before = target.read_bytes()
    for again in (
        ("find", "spring", *HOME, "--out", str(target)),
        ("find", "spring", *HOME, "--for", "lettershop", "--out", str(target)),
        ("export", "spring", "--for", "lettershop", *HOME, "--out", str(target)),
        ("export", "spring", "--for", "lettershop", *HOME, "--out", str(target), "--preview"),
        ("find", "spring", *HOME),
        ("find", "spring", *HOME, "--json"),
        ("list", "rows", "spring"),
    ):
        ran = lists(*again)
        assert ran.code == 2, again
        assert "its licence ran out on 2020-01-01" in ran.err
        assert ran.out == ""
    assert target.read_bytes() == before
    assert lists("list", "edit", "spring", "--expires", "none").code == 0
    assert lists("find", "spring", *HOME).code == 0


def test_a_preview_is_of_five_rows_and_no_use(lists, tmp_path):
    target = tmp_path / "some.csv"
    ran = lists("export", "spring", "--for", "lettershop", *HOME, "--preview", "--out", str(target))
    assert ran.code == 0, ran.err
    assert "preview: the first 5 of" in ran.err
    assert len(rows_of(target)) == 5
    assert ledger(lists, "spring") == [("lettershop", 5, False)]


def test_options_are_those_of_what_is_exported(lists, tmp_path):
    found, out = tmp_path / "found.csv", str(tmp_path / "labels.pdf")
    assert lists("find", "spring", *HOME, "--out", str(found), "-q").code == 0
    for arguments, said in (
        (("spring",), "home: it has to be given"),
        (("spring", *HOME, "--per-day", "3"), "per_day: labels has no such option"),
        (("spring", *HOME, "--dry-run"), "dry_run: an export needs the answer"),
        (("winter", *HOME), "no list 'winter' is here"),
        ((str(found), "--minutes", "30"), "minutes: "),
        ((str(found), "--preview"), "preview: "),
        ((str(found), "--traffic", "1.3"), "traffic: labels has no such option"),
        ((str(tmp_path / "none.csv"),), "none.csv"),
    ):
        ran = lists("export", *arguments, "--for", "labels", "--out", out)
        assert ran.code == 2, arguments
        assert said in ran.err
    ran = lists("export", str(found), "--for", "labels", "--out", out, "--verdict", "pass,maybe")
    assert ran.code == 0, ran.err


def test_a_licence_is_corrected_and_lists_are_purged(lists):
    assert lists("list", "edit", "spring").code == 2
    assert "uses: input should be" in lists("list", "edit", "spring", "--uses", "0").err
    ran = lists("list", "edit", "spring", "--expires", "2099-05-02", "--uses", "none", "--json")
    told = json.loads(ran.out)
    assert (told["expires"], told["uses_allowed"]) == ("2099-05-02", None)
    assert "no list's time is over" in lists("list", "purge").err
    assert lists("list", "edit", "spring", "--expires", "2020-05-02").code == 0
    said = "its licence ran out on 2020-05-02"
    assert f"spring would be deleted: {said}" in lists("list", "purge", "--dry-run").err
    listed = json.loads(lists("list", "ls", "--json").out)["lists"]
    assert f"spring deleted: {said}" in lists("list", "purge").err
    assert "No list is stored" in lists("list", "ls").out
    assert lists("list", "ledger", "spring").code == 2
    rows = listed[0]["rows"]
    expected = [("purged", rows, False), ("edited", rows, False), ("edited", rows, False)]
    assert ledger(lists, listed[0]["id"]) == ledger(lists) == expected


def test_a_find_resembles_a_stored_list_and_rows_that_became_clients(lists, tmp_path):
    """As over HTTP; of a file there is nothing to learn from."""
    books = tmp_path / "books.csv"
    books.write_text(
        "client,revenue,industry,computers,address,city\n"
        "Larkfield Dental,21600,dental,12,220 3rd Avenue,Larkfield\n"
        "Okafor Law,5400,lawyers,8,325 Main Street,Larkfield\n",
        encoding="utf-8",
    )
    made = lists("list", "import", str(books), "--name", "ours", "--kind", "clients", "-q")
    assert made.code == 0, made.err
    assert lists("list", "mark", "spring", "--rows", "1,5", "--what", "client").code == 0
    ask = ("find", "spring", *HOME, "--json")
    of_file = json.loads(lists(*ask, "--like", str(books)).out)["like"]
    of_list = json.loads(lists(*ask, "--like", "ours").out)["like"]
    assert of_list["a_clients"] == of_file["a_clients"]
    learnt = json.loads(lists(*ask, "--like", "ours", "--learn").out)["like"]
    assert learnt["learnt"] == ["Basin Printing"]
    assert "learn: it needs --like" in lists(*ask, "--learn").err
    refused = lists("find", str(books), *HOME, "--like", "ours", "--learn")
    assert (refused.code, "learn: it is of stored lists" in refused.err) == (2, True)
