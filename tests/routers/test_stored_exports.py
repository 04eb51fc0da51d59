"""Exports of stored lists over HTTP: what leaves is counted, and refused where the licence ends."""

import csv
import io
import shutil
import subprocess
import sys
import threading
import time
from contextlib import contextmanager
from datetime import timedelta
from zipfile import ZipFile

import pytest
from sqlalchemy import update

from app.geo.regions.sample import county as sample
from app.library.purging import Purge
from app.settings import Settings
from app.store.clock import utc_now
from app.store.tables import DEFAULT_TENANT, Job, StoredList, Tenant
from app.wiring.working import working_inside
from tests.served import local_client

PATIENCE_S = 60
ASKED = {"home": sample.HOME_ADDRESS, "verdict": "pass,maybe"}
CSV = {"accept": "text/csv"}


@pytest.fixture
def client(database_url, data_dir, tmp_path):
    folder = tmp_path / "data"
    folder.mkdir()
    (folder / "regions").symlink_to(data_dir / "regions")
    settings = Settings(data_dir=folder, database_url=database_url)
    with local_client(settings) as made:
        yield made


@pytest.fixture
def parts(client):
    return client.app.state.parts


def wait(client, job_id):
    """The job once it has ended."""
    queue = client.app.state.parts.jobs
    end = time.monotonic() + PATIENCE_S
    while time.monotonic() < end:
        job = queue.get(DEFAULT_TENANT, job_id)
        if job.state in {"done", "failed", "cancelled"}:
            return job
        time.sleep(0.02)
    raise AssertionError(f"not done in a minute: {job.state}")


@pytest.fixture
def stored(client, parts):
    """A function that imports the sample county's list under a name, with a licence."""

    def store(name="Spring", text=None, **licence):
        with working_inside(parts, threading.Event()):
            sent = client.post(
                "/v1/lists",
                params={"name": name, **licence},
                content=(text or sample.prospects_csv()).encode(),
            )
            assert sent.status_code == 202, sent.text
            assert wait(client, sent.json()["job"]).state == "done"
        return sent.json()["list"]

    return store


def uses(client, slug="spring"):
    return client.get(f"/v1/lists/{slug}").json()["uses"]


def ledger(client, slug="spring"):
    told = client.get(f"/v1/lists/{slug}/ledger").json()["uses"]
    return [(one["what"], one["rows"], one["counted"]) for one in told]


def expire(parts, slug="spring"):
    """The licence of the list ran out yesterday."""
    day = (parts.database.read_clock() - timedelta(hours=12)).date() - timedelta(days=1)
    with parts.database.session() as session:
        session.execute(update(StoredList).where(StoredList.slug == slug).values(expires=day))


def names(answer):
    assert answer.status_code == 200, answer.text
    return [row["Company Name"] for row in csv.DictReader(io.StringIO(answer.text))]


def test_a_job_for_which_there_is_no_room_is_refused(client, stored, monkeypatch):
    """Before it is submitted."""
    stored()
    usage = shutil.disk_usage("/")._replace(free=1_000)
    monkeypatch.setattr(shutil, "disk_usage", lambda _: usage)
    got = client.post("/v1/lists/spring/exports/labels", params=ASKED)
    assert got.status_code == 507
    assert "to write the export; free some, or set TMPDIR" in got.json()["detail"]
    assert [one["kind"] for one in client.get("/v1/jobs").json()["jobs"]] == ["import"]


def test_every_kind_is_made_of_a_stored_list(client, stored):
    """And each is a use of its own."""
    stored()
    kinds = {
        "labels": b"%PDF", "envelopes": b"%PDF", "letters": b"PK", "calls": b"%PDF",
        "route": b"%PDF", "lettershop": b"", "listmonk": b"", "mailchimp": b"", "brevo": b"",
        "hubspot": b"", "mautic": b"", "vcard": b"",
    }  # fmt: skip
    made = 0
    for kind, begins in kinds.items():
        got = client.get(f"/v1/lists/spring/exports/{kind}", params=ASKED)
        assert got.status_code in {200, 422}, got.text
        if got.status_code == 422:  # the sample's rows have neither phones nor e-mail addresses
            assert "no row is left to be written" in got.json()["detail"]
            continue
        made += 1
        assert got.content.startswith(begins)
        assert f'filename="spring-{kind}' in got.headers["content-disposition"]
    assert made >= 5
    assert uses(client) == made


def test_a_link_says_the_form(client, stored):
    """Of those that the kind has, or all that was written; the job's file as well."""
    stored()
    path = "/v1/lists/spring/exports/lettershop"
    for form, begins in (("csv", b"Company"), ("xlsx", b"PK"), ("zip", b"PK")):
        got = client.get(path, params=ASKED | {"format": form})
        assert got.status_code == 200, got.text
        assert f'filename="spring-lettershop.{form}"' in got.headers["content-disposition"]
        assert begins in got.content[:40]
    refused = client.get(path, params=ASKED | {"format": "pdf"})
    assert (refused.status_code, refused.json()["field"]) == (422, "format")
    job = client.post(path, params=ASKED | {"format": "xlsx"}).json()["job"]
    with working_inside(client.app.state.parts, threading.Event()):
        wait(client, job)
    fetched = client.get(f"/v1/exports/{job}").headers["content-disposition"]
    assert 'filename="spring-lettershop.xlsx"' in fetched


def test_an_export_is_that_of_the_find(client, stored):
    """As `find --for` and the export of its file make it."""
    stored()
    found = client.get("/v1/lists/spring/prospects", params=ASKED | {"sort": "list"}, headers=CSV)
    of_file = client.post(
        "/v1/export/lettershop.csv", params={"verdict": "pass,maybe"}, content=found.content
    )
    got = client.get(
        "/v1/lists/spring/exports/lettershop",
        params=ASKED | {"sort": "list", "repeats": False},
        headers=CSV,
    )
    assert got.status_code == 200, got.text
    assert got.content == of_file.content
    packed = client.get(
        "/v1/lists/spring/exports/lettershop", params=ASKED, headers={"accept": "application/zip"}
    )
    with ZipFile(io.BytesIO(packed.content)) as files:
        assert "spring-lettershop.csv" in files.namelist()


def test_options_are_those_of_the_kind(client, stored):
    stored()
    path = "/v1/lists/spring/exports/labels"
    for wrong, said in (
        ({"per_day": 3}, "per_day: labels has no such option"),
        ({"notes": True}, "notes: an export writes files of its own"),
        ({"cursor": "abc"}, "cursor"),
        ({"sheet": "9999"}, "sheet"),
        ({"home": ""}, "home"),
    ):
        got = client.get(path, params=ASKED | wrong)
        assert got.status_code == 422, got.text
        assert said in got.text
    assert client.get("/v1/lists/spring/exports/poems", params=ASKED).status_code == 422
    assert client.get("/v1/lists/none/exports/labels", params=ASKED).status_code == 404
    assert ledger(client) == []


def test_a_file_is_a_use_and_a_page_is_none(client, stored):
    stored(uses=2)
    page = client.get("/v1/lists/spring/prospects", params=ASKED)
    assert page.status_code == 200
    assert uses(client) == 0
    first = client.get("/v1/lists/spring/prospects", params=ASKED, headers=CSV)
    again = client.get("/v1/lists/spring/prospects", params=ASKED, headers=CSV)
    assert first.content == again.content
    assert uses(client) == 1
    rows = page.json()["chosen"]
    assert ledger(client) == [("file", rows, False), ("file", rows, True)]
    some = client.get("/v1/lists/spring/prospects", params=ASKED | {"limit": 2}, headers=CSV)
    assert some.status_code == 200
    assert ledger(client)[0] == ("file", 2, True)
    refused = client.get("/v1/lists/spring/prospects", params=ASKED | {"limit": 3}, headers=CSV)
    assert refused.status_code == 403
    assert "2 of 2 uses that its licence allows were made" in refused.json()["detail"]
    labels = client.get("/v1/lists/spring/exports/labels", params=ASKED)
    assert labels.status_code == 403
    preview = client.get("/v1/lists/spring/exports/labels", params=ASKED | {"preview": True})
    assert preview.status_code == 200
    assert "preview: the first 5 of" in preview.headers["sweetspot-counts"]
    assert ledger(client)[0] == ("labels", 5, False)
    assert client.patch("/v1/lists/spring", json={"uses": 3}).json()["uses_allowed"] == 3
    assert client.get("/v1/lists/spring/exports/labels", params=ASKED).status_code == 200


def test_as_many_rows_in_another_order_are_another_use(client, stored):
    """They are other rows."""
    stored(uses=1)
    asked = ASKED | {"limit": 2}
    assert client.get("/v1/lists/spring/prospects", params=asked, headers=CSV).status_code == 200
    other = asked | {"sort": "-minutes"}
    refused = client.get("/v1/lists/spring/prospects", params=other, headers=CSV)
    assert refused.status_code == 403
    again = client.get("/v1/lists/spring/prospects", params=asked, headers=CSV)
    assert (again.status_code, uses(client)) == (200, 1)


def test_of_an_expired_list_only_the_counts_are_told(client, stored, parts):
    stored()
    expire(parts)
    counts = client.get("/v1/lists/spring/prospects", params=ASKED | {"limit": 0})
    assert counts.status_code == 200
    assert counts.json()["prospects"] == []
    assert counts.json()["counts"]["read"] > 0
    for path, params, headers in (
        ("prospects", ASKED, {}),
        ("prospects", ASKED, CSV),
        ("rows", {}, {}),
        ("tiles/0/0/0.mvt", ASKED, {}),
        ("points", ASKED, {}),
        ("exports/labels", ASKED, {}),
        ("exports/labels", ASKED | {"preview": True}, {}),
    ):
        got = client.get(f"/v1/lists/spring/{path}", params=params, headers=headers)
        assert got.status_code == 403, path
        assert "its licence ran out on" in got.json()["detail"]
    assert client.post("/v1/lists/spring/exports/labels", params=ASKED).status_code == 403
    assert client.patch("/v1/lists/spring", json={"expires": None}).status_code == 200
    assert client.get("/v1/lists/spring/exports/labels", params=ASKED).status_code == 200
    assert ledger(client)[1] == ("edited", counts.json()["counts"]["read"], False)


def test_the_last_use_is_taken_by_one(client, stored):
    """Of eight that ask for other rows at once."""
    stored(uses=1)
    statuses = []

    def ask(minutes):
        params = ASKED | {"minutes": minutes}
        statuses.append(client.get("/v1/lists/spring/exports/labels", params=params).status_code)

    threads = [threading.Thread(target=ask, args=(40 + at,)) for at in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(statuses) == [200] + [403] * 7
    assert uses(client) == 1


def test_very_many_rows_are_made_as_a_job(client, stored, parts, monkeypatch):
    stored(uses=1)
    monkeypatch.setattr("app.routers.stored_exports.MOST_AT_ONCE", 3)
    path = "/v1/lists/spring/exports/lettershop"
    refused = client.get(path, params=ASKED)
    assert refused.status_code == 413
    assert "POST to the same address" in refused.json()["detail"]
    assert uses(client) == 0
    sent = [client.post(path, params=ASKED, headers=CSV | {"idempotency-key": "one"}) for _ in "ab"]
    assert sent[0].status_code == 202
    assert sent[0].json() == sent[1].json()
    job_id = sent[0].json()["job"]
    early = client.get(f"/v1/exports/{job_id}")
    assert early.status_code == 409
    with working_inside(parts, threading.Event()):
        job = wait(client, job_id)
    assert (job.state, job.error) == ("done", None)
    assert uses(client) == 1
    fetched = [client.get(f"/v1/exports/{job_id}") for _ in "ab"]
    assert len(names(fetched[0])) == job.result["taken"]
    assert fetched[0].content == fetched[1].content
    assert 'filename="spring-lettershop.csv"' in fetched[0].headers["content-disposition"]
    assert uses(client) == 1
    assert fetched[0].headers["sweetspot-counts"].startswith('{"read": ')
    _check_other_tenants(client, parts, job_id)
    with parts.database.session() as session:
        session.execute(update(Job).values(finished=utc_now(-8 * 86_400)))
    Purge(parts.library, 30, 30)()
    gone = client.get(f"/v1/exports/{job_id}")
    assert gone.status_code == 404
    assert "lay here for a week" in gone.json()["detail"]


def _check_other_tenants(client, parts, job_id):
    with parts.database.session() as session:
        session.add(Tenant(id=2, name="other"))
        session.flush()
        session.execute(update(Job).where(Job.id == job_id).values(tenant_id=2))
    assert client.get(f"/v1/exports/{job_id}").status_code == 404
    with parts.database.session() as session:
        session.execute(update(Job).where(Job.id == job_id).values(tenant_id=DEFAULT_TENANT))


def test_a_job_whose_licence_ends_meanwhile_leaves_nothing(client, stored, parts):
    stored()
    path = "/v1/lists/spring/exports/labels"
    job_id = client.post(path, params=ASKED).json()["job"]
    expire(parts)
    with working_inside(parts, threading.Event()):
        job = wait(client, job_id)
    assert job.state == "failed"
    assert "its licence ran out on" in job.error["detail"]
    assert parts.rows.names("1/exports") == []
    assert ledger(client) == []


WORKER = """
import sys, threading, time
from app.settings import Settings
from app.wiring.parts import Parts
from app.wiring.working import working_inside
with Parts(Settings(data_dir=sys.argv[1], database_url=sys.argv[2])) as parts:
    with working_inside(parts, threading.Event()):
        print("working", flush=True)
        time.sleep(600)
"""


@contextmanager
def worker(settings):
    """A process of its own that works at jobs, killed at the end of the block."""
    arguments = [str(settings.data_dir), settings.database_url.get_secret_value()]
    process = subprocess.Popen(
        [sys.executable, "-c", WORKER, *arguments], stdout=subprocess.PIPE, text=True
    )
    try:
        assert process.stdout
        assert process.stdout.readline() == "working\n"
        yield
    finally:
        process.kill()
        process.communicate()


def test_a_killed_worker_is_followed_by_another_and_one_use_is_counted(client, stored, parts):
    """Killed as soon as it has begun, and a little later; what is there then is whole."""
    stored()
    path = "/v1/lists/spring/exports/lettershop"
    params = ASKED | {"verdict": "all", "repeats": True}
    alone = client.get(path, params=params, headers=CSV)
    again = params | {"minutes": "off"}
    job_id = client.post(path, params=again, headers=CSV).json()["job"]
    queue = parts.jobs
    for delay in (0.0, 0.3):
        with worker(parts.settings):
            while queue.get(DEFAULT_TENANT, job_id).state == "queued":
                time.sleep(0.005)
            time.sleep(delay)
    with working_inside(parts, threading.Event()):
        job = wait(client, job_id)
    assert (job.state, job.error) == ("done", None)
    assert [one for one in ledger(client) if one[2]] == [
        ("lettershop", len(names(alone)), True)
    ] * 2
    assert uses(client) == 2
    assert len(names(client.get(f"/v1/exports/{job_id}"))) == len(names(alone))


def test_a_file_of_a_deleted_list_is_gone(client, stored, parts):
    stored()
    stored("Autumn")
    path = "/v1/lists/spring,autumn/exports/labels"
    job_id = client.post(path, params=ASKED | {"repeats": True}).json()["job"]
    with working_inside(parts, threading.Event()):
        assert wait(client, job_id).state == "done"
    assert (uses(client), uses(client, "autumn")) == (1, 1)
    assert client.get(f"/v1/exports/{job_id}").status_code == 200
    client.delete("/v1/lists/autumn")
    assert client.get(f"/v1/exports/{job_id}").status_code == 404
    assert parts.rows.names("1/exports") == []


DECOYS = """\
Company Name,Address,City,State,Zip,Phone,Employees
Acme Supply,350 Main Street,Larkfield,NV,00101,,20
Zzq Monitor 0417,350 Main Street,Larkfield,NV,00101,,20
Seed R. Vendorsen,350 Main Street,Larkfield,NV,00101,,20
Do Not Remove LLC,350 Main Street,Larkfield,NV,00101,,20
Acme Supply,350 Main Street,Larkfield,NV,00101,,20
"""


def test_rows_that_look_like_a_vendors_own_stay(client, stored):
    """Odd names at one address are never cleaned away; only what repeats a row is left out."""
    stored(text=DECOYS)
    odd = ["Acme Supply", "Zzq Monitor 0417", "Seed R. Vendorsen", "Do Not Remove LLC"]
    asked = ASKED | {"verdict": "all", "sort": "list"}
    raw = client.get("/v1/lists/spring/rows").json()["rows"]
    assert [row["Company Name"] for row in raw] == [*odd, "Acme Supply"]
    page = client.get("/v1/lists/spring/prospects", params=asked).json()
    assert [row["name"] for row in page["prospects"]] == [*odd, "Acme Supply"]
    packed = client.get(
        "/v1/lists/spring/exports/lettershop",
        params=asked,
        headers={"accept": "application/zip"},
    )
    with ZipFile(io.BytesIO(packed.content)) as files:
        kept = files.read("spring-lettershop.csv").decode()
        left = files.read("spring-lettershop-left-out.csv").decode()
    assert [one["Company Name"] for one in csv.DictReader(io.StringIO(kept))] == odd
    assert [one["Company Name"] for one in csv.DictReader(io.StringIO(left))] == ["Acme Supply"]
    whole = client.get("/v1/lists/spring/exports/lettershop", params=asked | {"repeats": True})
    assert len(names(whole)) == 5
