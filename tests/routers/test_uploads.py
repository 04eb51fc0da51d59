"""Lists in every format as bodies and in forms: by their content, whatever their name and type."""

import csv
import gzip
import io

import pytest

from app.geo.regions.sample import county as sample
from app.lists import archive
from app.settings import Settings
from tests.lists import made
from tests.served import local_client

ROWS = list(csv.reader(io.StringIO(sample.prospects_csv())))
CSV = sample.prospects_csv().encode()
FORMATS = {
    "gzip": gzip.compress(CSV),
    "zip": made.zipped({"list.csv": CSV}),
    "xls": made.xls({"List": ROWS}),
    "xlsb": made.xlsb({"List": ROWS}),
    "ods": made.ods({"List": ROWS}),
}
ASKED = {"home": sample.HOME_ADDRESS, "verdict": "all"}


@pytest.fixture(scope="module")
def client(data_dir):
    with local_client(Settings(data_dir=data_dir)) as client:
        yield client


def names(answer):
    assert answer.status_code == 200, answer.text
    text = answer.content.decode("utf-8-sig")
    return [row["Company Name"] for row in csv.DictReader(io.StringIO(text))]


@pytest.fixture(scope="module")
def plain(client):
    return names(client.post("/v1/find.csv", params=ASKED, content=CSV))


@pytest.mark.parametrize("content", FORMATS.values(), ids=FORMATS.keys())
def test_a_body_of_every_format_is_the_list(client, plain, content):
    headers = {"content-type": "text/csv"}
    got = client.post("/v1/find.csv", params=ASKED, content=content, headers=headers)
    assert names(got) == plain


@pytest.mark.parametrize("content", FORMATS.values(), ids=FORMATS.keys())
def test_a_form_of_every_format_holds_the_list(client, plain, content):
    got = client.post("/v1/find.csv", params=ASKED, files={"list": ("list.csv", content)})
    assert names(got) == plain


def test_our_own_geojson_is_a_list(client, plain):
    ours = client.post(
        "/v1/find.csv", params=ASKED, content=CSV, headers={"accept": "application/geo+json"}
    )
    assert names(client.post("/v1/find.csv", params=ASKED, content=ours.content)) == plain


@pytest.mark.parametrize("form", [False, True])
def test_what_unpacks_to_too_much_is_422(client, monkeypatch, form):
    monkeypatch.setattr(archive, "MOST_BYTES", 4 << 20)
    packed = gzip.compress(bytes(6 << 20))
    sent = {"files": {"list": packed}} if form else {"content": packed}
    got = client.post("/v1/find.csv", params=ASKED, **sent)
    assert got.status_code == 422
    assert "unpacks to over 4 MB" in got.json()["detail"]
