"""The HTTP API about the firm's own clients."""

import csv
import io
from pathlib import Path

import openpyxl
import polars as pl
import pytest

from app.geo.regions.sample import county as sample
from app.routers import clients as routes
from app.settings import Settings
from tests.served import local_client

HOME = sample.HOME_ADDRESS
CLIENTS = (Path(__file__).parents[2] / "examples" / "clients.csv").read_bytes()
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
BOOKS = [
    {"client": "Pioneer Dental", "revenue": "$24,000", "industry": "dental", "computers": 14},
    {"client": "Harbor Law", "revenue": 6000, "industry": "lawyers", "computers": 8},
]


ROW = {"name": "X", "zip": "00101"}


@pytest.fixture(scope="module")
def client(data_dir):
    with local_client(Settings(data_dir=data_dir)) as client:
        yield client


def test_portfolio_of_rows(client):
    """24,000 and 6,000 a year: 80 and 20 %; 80 % before the second make it B."""
    got = client.post("/v1/clients/portfolio", json={"clients": BOOKS, "background": ["62"]})
    assert got.status_code == 200
    one, other = got.json()["clients"]
    assert (one["name"], one["share"], one["tier"]) == ("Pioneer Dental", 0.8, "A")
    assert (other["name"], other["share"], other["tier"]) == ("Harbor Law", 0.2, "B")
    assert got.json()["niches"][0]["fits_background"] == ["62"]


def test_portfolio_of_a_file_and_as_one(client):
    """CSV in; JSON, CSV, Parquet or a workbook out by Accept, or by `format`."""

    def ask(accept):
        return client.post(
            "/v1/clients/portfolio.csv",
            params={"home": HOME},
            content=CLIENTS,
            headers={"accept": accept},
        )

    assert len(ask("application/json").json()["clients"]) == 14
    rows = list(csv.DictReader(io.StringIO(ask("text/csv").text)))
    assert rows[0]["sweetspot_tier"] == "A"
    wanted = {"home": HOME, "format": "parquet"}
    got = client.post("/v1/clients/portfolio.csv", params=wanted, content=CLIENTS)
    assert pl.read_parquet(io.BytesIO(got.content)).height == 14
    assert 'filename="portfolio.parquet"' in got.headers["content-disposition"]
    book = openpyxl.load_workbook(io.BytesIO(ask(XLSX).content))
    assert "niches" in book.sheetnames


def test_a_suggested_sweet_spot_goes_straight_into_find(client):
    got = client.post("/v1/clients/portfolio.csv", params={"home": HOME}, content=CLIENTS)
    spot = got.json()["suggested_sweet_spot"]
    assert spot["industry"][0] == "naics:6212"
    row = {"name": "X", "address": "420 Main Street", "city": "Larkfield", "employees": 20}
    rows = [row | {"industry": trade} for trade in ("Dentist", "sic: 8021", "Bakery")]
    found = client.post("/v1/find", json={"home": HOME, "prospects": rows, **spot})
    assert found.status_code == 200
    assert found.json()["counts"]["passed"] == 2


def test_find_scores_look_alikes(client):
    """The dentist resembles the A client in industry and size; the lawyer less."""
    rows = [
        {"name": "Bakery", "zip": "00101", "computers": 40, "naics": "311811", "employees": 20},
        {"name": "Dentist", "zip": "00101", "computers": 14, "naics": "621210", "employees": 20},
    ]
    ask = {"home": HOME, "prospects": rows, "like": BOOKS, "sort": "like", "verdict": "all"}
    answer = client.post("/v1/find", json=ask).json()
    assert [row["name"] for row in answer["prospects"]] == ["Dentist", "Bakery"]
    assert answer["prospects"][0]["like"]["contributions"]["advisers"] is None
    assert answer["like"]["a_clients"] == ["Pioneer Dental"]


def test_capacity_of_rows(client):
    """3 h of 10 x 52/12 fit; the 60 h that don't are handed on."""
    rows = [
        {"client": "A", "computers": 4, "hours": 3, "hourly rate": 90, "visits": 0},
        {"client": "B", "computers": 2, "hours": 60, "hourly rate": 60, "visits": 0},
    ]
    ask = {"hours": 16, "marketing": {"expos": 4}, "sweet_spot_hours": 2, "clients": rows}
    answer = client.post("/v1/clients/capacity", json=ask).json()
    assert [one["decision"] for one in answer["decisions"]] == ["keep", "hand_on"]
    assert answer["decisions"][0]["income_per_hour_with_driving"] == 90
    assert answer["hours"]["left"] == 10


def test_capacity_of_a_file(client):
    got = client.post(
        "/v1/clients/capacity.csv",
        params={"hours": 40, "marketing": ["expos=2", "learning=1"], "home": HOME},
        content=CLIENTS,
        headers={"accept": "text/csv"},
    )
    rows = list(csv.DictReader(io.StringIO(got.text)))
    assert len(rows) == 6
    assert {row["sweetspot_decision"] for row in rows} <= {"keep", "slack", "hand_on", "undecided"}


def test_marketing_may_be_one_parameter_with_commas(client):
    def ask(*marketing):
        params = {"hours": 40, "marketing": marketing}
        return client.post("/v1/clients/capacity.csv", params=params, content=CLIENTS)

    assert ask("expos=2,learning=1").json()["hours"]["marketing"] == {"expos": 2, "learning": 1}
    assert ask("a=b=2").json()["field"] == "marketing"


def test_partners_on_the_map_and_of_a_list(client):
    got = client.get("/v1/partners", params={"home": HOME, "kind": ["lawyer"]}).json()
    assert {one["name"] for one in got["partners"]} == {"Okafor Law", "Soto & Lind"}
    own = [{"name": "Own CPA", "address": "420 Main Street", "city": "Larkfield", "naics": "5412"}]
    got = client.post("/v1/partners", json={"home": HOME, "partners": own, "clients": BOOKS})
    (one,) = got.json()["partners"]
    assert one["name"] == "Own CPA"
    assert one["clients_nearby"] == 0  # the books give no addresses


def test_partners_as_csv(client):
    got = client.get("/v1/partners", params={"home": HOME}, headers={"accept": "text/csv"})
    rows = list(csv.DictReader(io.StringIO(got.text)))
    assert rows[0]["Name"]
    assert float(rows[0]["sweetspot_minutes"]) < 2


def test_prospects_of_the_map(client):
    ask = {"home": HOME, "industry": "dental"}
    (row,) = client.get("/v1/prospects", params=ask).json()["prospects"]
    assert (row["name"], row["verdict"]) == ("Larkfield Dental", "maybe")
    got = client.get("/v1/prospects", params={**ask, "advisers": True}).json()
    assert any("adviser" in reason for reason in got["prospects"][0]["reasons"])


@pytest.mark.parametrize(
    ("path", "body", "field"),
    [
        ("/v1/clients/portfolio", {"clients": [{"client": "A", "address": "x"}]}, "revenue"),
        ("/v1/clients/portfolio", {"clients": BOOKS, "minutes": "soon"}, "minutes"),
        ("/v1/clients/capacity", {"hours": 5, "clients": BOOKS}, "hours"),
        ("/v1/find", {"home": HOME, "prospects": [ROW], "sort": "like"}, "sort"),
        ("/v1/find", {"home": HOME, "prospects": [ROW], "weights": "x=1"}, "weights"),
        ("/v1/find", {"home": HOME, "prospects": [ROW], "weights": "size=1"}, "weights"),
        ("/v1/clients/portfolio", {"clients": []}, "clients"),
        ("/v1/clients/portfolio", {"clients": BOOKS, "region": "sample"}, "region"),
        ("/v1/clients/portfolio", {"clients": BOOKS, "traffic": "fitted"}, "traffic"),
        ("/v1/partners", {"home": HOME, "kind": ["plumber"]}, "kind"),
    ],
)
def test_problems_name_the_field(client, path, body, field):
    got = client.post(path, json=body)
    assert got.status_code == 422
    assert got.headers["content-type"] == "application/problem+json"
    assert got.json()["field"] == field


@pytest.mark.parametrize(
    ("method", "path", "ask"),
    [
        ("post", "/v1/clients/portfolio", {"clients": BOOKS, "home": HOME}),
        ("post", "/v1/clients/portfolio", {"clients": BOOKS}),
        ("post", "/v1/clients/capacity", {"hours": 9, "clients": [BOOKS[0] | {"hours": 2}]}),
        ("post", "/v1/partners", {"home": HOME}),
    ],
)
def test_answers_are_as_the_description_says(client, method, path, ask):
    """Each JSON answer fits the schema that /openapi.json publishes for it, and has no more."""
    described = client.get("/openapi.json").json()
    schema = described["paths"][path][method]["responses"]["200"]["content"]["application/json"]
    name = schema["schema"]["$ref"].rpartition("/")[2]
    model = getattr(routes, name)
    answer = client.post(path, json=ask).json()
    told = model.model_validate(answer).model_dump(exclude_unset=True)
    assert told.keys() == answer.keys()
    for key in ("clients", "decisions", "partners"):
        for one, other in zip(told.get(key, []), answer.get(key, []), strict=True):
            assert one.keys() == other.keys()


def test_too_many_clients(data_dir):
    with local_client(Settings(data_dir=data_dir, max_json_rows=1)) as client:
        got = client.post("/v1/clients/portfolio", json={"clients": BOOKS})
        assert got.status_code == 413
        assert "portfolio.csv" in got.json()["detail"]
