"""What an import makes of a file."""

import csv
import gc
import io
import weakref
from threading import Event

import pytest

from app.clients.books import read_clients
from app.errors import BadList, BadQuestion, NoSuchList
from app.find.defining import check_options
from app.geo.regions.sample import county as sample
from app.library.library import find_stored
from app.library.list_rows import ListRows, known_name
from app.library.options import ImportOptions, StoredOptions
from app.lists.identity import Identities
from app.settings import Settings
from app.store.tables import DEFAULT_TENANT
from app.wiring.library import AskedLists
from app.wiring.list_jobs import import_kind, start_import
from app.wiring.parts import Parts
from app.wiring.working import working_inside
from tests.stored_lists import finish_job, store_list

RENTED = """\
Company Name,Location Address,Location City,Location State,Location ZIP Code,Race,Owner Gender,\
Phone,Date List Produced,Record Expiration Date,Location Employee Size Range
Halt Dairy,440 Main Street,Cedar Halt,NV,00102,X,F,775-555-0101,2026-11-02,2027-05-02,10 to 19
Halt Dairy Inc,440 Main St,Cedar Halt,NV,00102,Y,M,775-555-0101,2026-11-02,2027-05-02,20 to 49
Mesa Diner,280 Main Street,Tolliver,NV,00104,,,775-555-0102,2026-11-02,2027-05-02,1 to 4
"""


@pytest.fixture
def parts(data_dir, tmp_path, database_url):
    """A service of its own, over either database, on the sample county's map."""
    (tmp_path / "data").mkdir(exist_ok=True)
    (tmp_path / "data" / "regions").symlink_to(data_dir / "regions")
    with Parts(Settings(data_dir=tmp_path / "data", database_url=database_url)) as parts:
        yield parts


def test_a_rented_list_with_its_licence_its_repeats_and_nothing_of_persons(parts):
    store_list(parts, RENTED, "Valley spring")
    entry = parts.library.find(DEFAULT_TENANT, "valley-spring")
    rows = parts.library.rows(entry)
    assert (entry.rows, entry.ready, entry.name) == (3, True, "Valley spring")
    assert entry.licence.expires is not None
    assert entry.licence.expires.isoformat() == "2027-05-02"
    told = rows.show(1, 10)["rows"]
    assert "Race" not in told[0]
    assert "Owner Gender" not in told[0]
    assert any("Race" in note for note in entry.notes)
    assert rows.groups.behind.tolist() == [1]
    assert told[1]["Company Name"] == "Halt Dairy Inc"  # behind another, and still there


def test_what_rows_are_known_by_is_stored_and_read_anew_where_it_is_not(parts):
    store_list(parts, RENTED, "spring")
    rows = parts.library.rows(parts.library.find(DEFAULT_TENANT, "spring"))
    fresh = Identities.of(rows.known_by.recipients).texts
    assert rows.files.read(known_name(0)).equals(fresh)
    assert rows.known_by.texts.equals(fresh)
    rows.files.delete("known")  # as of a list that was imported before there was such a file
    assert ListRows(rows.files, rows.known).known_by.texts.equals(fresh)
    assert rows.files.read(known_name(0)).equals(fresh)


def test_what_was_said_by_hand_wins_over_the_file(parts):
    store_list(parts, RENTED, "spring", expires="2026-12-24", uses=3)
    licence = parts.library.find(DEFAULT_TENANT, "spring").licence
    assert str(licence.expires) == "2026-12-24"
    assert licence.uses_allowed == 3


def test_the_name_is_taken_until_the_list_is_deleted(parts):
    store_list(parts, sample.prospects_csv(), "county")
    with pytest.raises(BadQuestion, match=r"^name 'County!': the list 'county' is there already"):
        store_list(parts, sample.prospects_csv(), "County!")
    gone = parts.library.delete(DEFAULT_TENANT, "county")
    assert gone["rows"] == len(list(csv.DictReader(io.StringIO(sample.prospects_csv()))))
    assert parts.rows.names("") == []
    with pytest.raises(NoSuchList, match="no list 'county' is here"):
        parts.library.find(DEFAULT_TENANT, "county")
    store_list(parts, sample.prospects_csv(), "county")


def test_a_file_that_is_no_list_leaves_nothing(parts):
    with pytest.raises(AssertionError, match="header but no rows"):
        store_list(parts, "name,address,city\n", "empty")
    assert parts.library.list_all(DEFAULT_TENANT) == []
    assert parts.rows.names("") == []


def test_a_file_that_is_not_there(parts, tmp_path):
    options = check_options(ImportOptions, {"name": "lost"})
    lost = tmp_path / "lost.csv"
    with pytest.raises(BadList, match=r"can't read the list .*lost\.csv: No such file"):
        start_import(parts, DEFAULT_TENANT, options, options.columns(), lost)
    assert parts.library.list_all(DEFAULT_TENANT) == []


def test_a_list_that_is_deleted_on_its_way_in(parts, tmp_path):
    """The job ends with a sentence, and nothing is left."""
    path = tmp_path / "list.csv"
    path.write_text(sample.prospects_csv(), encoding="utf-8")
    options = check_options(ImportOptions, {"name": "gone"})
    job = start_import(parts, DEFAULT_TENANT, options, options.columns(), path)
    with parts.database.session() as session:  # as `list rm` leaves it while its files go
        find_stored(session, DEFAULT_TENANT, "gone").state = "deleting"
    with (
        pytest.raises(AssertionError, match="deleted while it was imported"),
        working_inside(parts, Event()),
    ):
        finish_job(parts, job)
    assert parts.rows.names("") == []
    assert parts.library.list_all(DEFAULT_TENANT) == []


def test_a_question_in_flight_leaves_nothing_of_a_deleted_list(parts):
    """It would store where the rows are by their addresses alone, which was not yet asked for."""
    store_list(parts, sample.prospects_csv(), "county")
    ask = check_options(StoredOptions, {"home": sample.HOME_ADDRESS, "geocode": True})
    asked = AskedLists.of(parts, DEFAULT_TENANT, ["county"], ask)
    assert len(asked.lists[0].rows.prospects) == 49  # read already
    parts.library.delete(DEFAULT_TENANT, "county")
    with pytest.raises(NoSuchList, match="no list"):
        asked.page(parts, ask)
    assert parts.rows.names("") == []


def test_another_process_forgets_a_deleted_list_at_the_next_question(parts):
    """Its rows, and the answers that were made of them."""
    for name in ("county", "other"):
        store_list(parts, sample.prospects_csv(), name)
    ask = check_options(StoredOptions, {"home": sample.HOME_ADDRESS})
    with Parts(parts.settings) as elsewhere:
        for name in ("county", "other"):
            AskedLists.of(elsewhere, DEFAULT_TENANT, [name], ask).page(elsewhere, ask)
        asked = AskedLists.of(elsewhere, DEFAULT_TENANT, ["county"], ask)
        rows = [weakref.ref(one.rows) for one in asked.lists]
        del asked
        parts.library.delete(DEFAULT_TENANT, "county")
        AskedLists.of(elsewhere, DEFAULT_TENANT, ["other"], ask).page(elsewhere, ask)
        gc.collect()
        assert [one() for one in rows] == [None]


def test_clients_can_be_resembled_and_prospects_cannot(parts):
    store_list(parts, "client,revenue,city\nOkafor Law,5400,Larkfield\n", "ours", kind="clients")
    store_list(parts, sample.prospects_csv(), "county")
    library = parts.library
    assert library.open_clients(library.find(DEFAULT_TENANT, "ours")).rows == 1
    with pytest.raises(BadQuestion, match="it is of prospects"):
        library.open_clients(library.find(DEFAULT_TENANT, "county"))


def test_the_file_of_clients_says_nothing_of_persons(parts):
    """It is stored, for look-alikes are read from it: as it was, but for such columns."""
    lines = ("Clients of 2025", "", "client,Race,revenue,Owner Gender,city")
    text = "\n".join(
        (*lines, "Okafor Law,Black,5400,F,Larkfield", '"Elm, Inc",,100,M,Tolliver', "")
    )
    store_list(parts, text, "ours", kind="clients")
    entry = parts.library.find(DEFAULT_TENANT, "ours")
    assert any("Race" in note for note in entry.notes)
    stored = parts.library.files(entry).source.read_text(encoding="utf-8")
    assert not {"Race", "Black", "Gender"} & {*stored.replace(",", " ").split()}
    clients = read_clients(parts.library.open_clients(entry), needs="revenue")
    assert {*clients.who.name} == {"Okafor Law", "Elm, Inc"}
    plain = "client,revenue,city\nOkafor Law,5400,Larkfield\n"
    store_list(parts, plain, "plain", kind="clients")
    same = parts.library.files(parts.library.find(DEFAULT_TENANT, "plain")).source
    assert same.read_text(encoding="utf-8") == plain


def test_clients_whose_import_stopped_after_its_last_chunk(parts):
    """The file is stored anew then, and not a second time."""
    job = store_list(parts, "client,Race,revenue\nOkafor Law,Black,5400\n", "ours", kind="clients")
    entry = parts.library.find(DEFAULT_TENANT, "ours")
    before = parts.library.files(entry).source.read_bytes()
    assert list(import_kind(parts).run(job, 9)) == []
    assert parts.library.files(entry).source.read_bytes() == before


@pytest.mark.parametrize("name", ["", " !! ", "x" * 101])
def test_a_name_without_a_letter_is_none(parts, name):
    with pytest.raises((BadQuestion, BadList), match="name"):
        store_list(parts, sample.prospects_csv(), name)
