"""The questions whose answers over the sample county are the examples of the documentation.

`python -m tests.answers.examples` asks them and writes the answers where the models find them.
"""

import json
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from starlette.testclient import TestClient

from app.answers.schema.model import EXAMPLES
from app.geo.regions.sample import county as sample
from app.settings import Settings
from app.store.tables import Job
from tests.mirror import serve_mirror
from tests.served import local_client
from tests.stored_lists import store_list

HOME = sample.HOME_ADDRESS
ROWS = [
    {"name": "Halt Dairy", "address": "440 Main Street", "city": "Cedar Halt", "employees": 88},
    {"name": "Mesa Diner", "address": "280 Main Street", "city": "Tolliver", "computers": "4 to 6"},
]
CLIENTS = [
    {"client": "Larkfield Dental", "revenue": "$21,600", "industry": "dental", "computers": 12,
     "address": "220 3rd Avenue", "city": "Larkfield", "hours": 14, "visits": 2},
    {"client": "Okafor Law", "revenue": 5400, "industry": "lawyers", "computers": 8,
     "address": "325 Main Street", "city": "Larkfield", "hours": 5, "visits": 1},
]  # fmt: skip
OFFICIAL = "https://download.geofabrik.de"
JOB = "9f86d081884c7d659a2feaa0c55ad015"
FIND = {"home": HOME, "prospects": ROWS, "verdict": "all"}
WEEK = {"home": HOME, "hours": 30, "marketing": {"expos": 4}, "sweet_spot_hours": 20}
# Method, path, what is asked (a query, a body or a list), and the kind that is wanted.
QUESTIONS: dict[str, tuple[str, str, dict[str, Any] | str, str]] = {
    "find": ("POST", "/v1/find", FIND, "application/json"),
    "prospects": ("POST", "/v1/find", FIND, "application/geo+json"),
    "portfolio": (
        "POST", "/v1/clients/portfolio", {"home": HOME, "clients": CLIENTS}, "application/json"
    ),
    "capacity": (
        "POST", "/v1/clients/capacity",
        WEEK | {"clients": [*CLIENTS[1:], {"client": "Mill Cafe", "hours": 60, "computers": 2}]},
        "application/json",
    ),
    "partners": ("GET", "/v1/partners", {"home": HOME, "kind": "lawyer"}, "application/json"),
    "list_preview": ("POST", "/v1/lists/preview", sample.prospects_csv(), "application/json"),
    "stored_lists": ("GET", "/v1/lists", {}, "application/json"),
    "stored_list": ("GET", "/v1/lists/county", {}, "application/json"),
    "stored_rows": ("GET", "/v1/lists/county/rows", {"limit": 2}, "application/json"),
    "stored_page": (
        "GET", "/v1/lists/county/prospects", {"home": HOME, "limit": 2}, "application/json"
    ),
    "row_points": (
        "GET", "/v1/lists/county/points", {"home": HOME, "minutes": "5"}, "application/geo+json"
    ),
    "ledger": ("GET", "/v1/lists/county/ledger", {}, "application/json"),
    "outcomes": ("GET", "/v1/lists/county/outcomes", {}, "application/json"),
    "marked": (
        "POST", "/v1/lists/county/outcomes",
        {"rows": [3, 4], "what": "called", "on": "2026-11-27"}, "application/json",
    ),
    "suppressions": ("GET", "/v1/suppressions", {}, "application/json"),
    "suppression": (
        "POST", "/v1/suppressions?name=domains", "example.com\nexample.org\n", "application/json"
    ),
    "suppression_deleted": ("DELETE", "/v1/suppressions/domains", {}, "application/json"),
    "list_job": ("POST", "/v1/lists/county/refix", {}, "application/json"),
    "export_job": (
        "POST", f"/v1/lists/county/exports/labels?home={HOME}", {}, "application/json"
    ),
    "list_deleted": ("DELETE", "/v1/lists/spare", {}, "application/json"),
    "geocode": ("GET", "/v1/geocode", {"address": "Main Street", "k": 2}, "application/json"),
    "suggestions": ("GET", "/v1/suggest", {"q": "350 Main St, Lark"}, "application/json"),
    "reach": ("GET", "/v1/reach", {"home": HOME, "minutes": [0.5, 2]}, "application/geo+json"),
    "regions": ("GET", "/v1/regions", {}, "application/json"),
    "tiles": ("GET", "/v1/tiles.json", {}, "application/json"),
    "style": ("GET", "/v1/style.json", {}, "application/json"),
    "region_plan": (
        "GET", "/v1/regions/plan", {"near": HOME, "miles": 30}, "application/json"
    ),
    "region_job": ("POST", "/v1/regions", {"name": "us/nevada"}, "application/json"),
    "sample_jobs": ("POST", "/v1/regions/sample", {}, "application/json"),
    "jobs": ("GET", "/v1/jobs", {}, "application/json"),
    "job": ("GET", f"/v1/jobs/{JOB}", {}, "application/json"),
    "health": ("GET", "/readyz", {}, "application/json"),
    "problem": (
        "POST", "/v1/find", {"home": HOME, "prospects": ROWS, "minutes": "soon"}, "application/json"
    ),
}  # fmt: skip


JOBS = ("job", "jobs")
EXTRACT = "/us/nevada-latest.osm.pbf"


@contextmanager
def serve_maps() -> Iterator[str]:
    """A server of one map, which can be planned with; nobody can build of it."""
    with serve_mirror() as mirror:
        mirror.publish({"us/nevada": (-120.0, 35.0, -114.0, 42.0)})
        mirror.put(EXTRACT, b"a map")
        mirror.sizes[EXTRACT] = 5_000_000
        yield mirror.url


def add_job(client: TestClient) -> None:
    """One that is done, in the app's database."""
    begun = datetime(2026, 11, 28, 9, 30, tzinfo=UTC)
    counts = {"done": 5, "rows_done": 4812, "rows_total": 4812, "result": {"rows": 4812}}
    times = {"created": begun, "started": begun, "finished": begun + timedelta(seconds=3.5)}
    made = Job(id=JOB, tenant_id=1, kind="import", state="done", params={}, **counts, **times)
    with client.app.state.parts.database.session() as session:  # type: ignore[attr-defined]
        session.add(made)


def add_lists(client: TestClient) -> None:
    """Two that are stored, what became of a row of one, and whom to leave out of both."""
    parts = client.app.state.parts  # type: ignore[attr-defined]
    for name in ("county", "spare", "second"):
        store_list(parts, sample.prospects_csv(), name)
    mailed = {"rows": [1], "what": "mailed", "on": "2026-11-20"}
    for method, path, asked in (
        ("PATCH", "/v1/lists/county", {"json": {"uses": 3}}),
        ("POST", "/v1/lists/county/outcomes", {"json": mailed}),
        *(
            ("POST", f"/v1/suppressions?name={name}", {"content": "Phone\n775-555-0101\n"})
            for name in ("do%20not%20call", "by-phone")
        ),
    ):
        client.request(method, path, **asked).raise_for_status()


def ask_example(client: TestClient, name: str) -> Any:
    """The answer, as JSON."""
    method, path, asked, kind = QUESTIONS[name]
    body = {"content": asked} if isinstance(asked, str) else {"json": asked}
    how = body if method == "POST" and asked else {"params": asked or None}
    text = client.request(method, path, headers={"accept": kind}, **how).text
    maps = client.app.state.parts.settings.download_url  # type: ignore[attr-defined]
    return json.loads(text.replace(maps, OFFICIAL))


def _write() -> None:
    with TemporaryDirectory() as folder, serve_maps() as maps:
        sample.build_sample(Path(folder) / "regions")
        settings = Settings(data_dir=Path(folder), download_url=maps)
        _write_examples(settings, [name for name in QUESTIONS if name not in JOBS], add_lists)
    with TemporaryDirectory() as folder:
        _write_examples(Settings(data_dir=Path(folder)), JOBS, add_job)


def _write_examples(
    settings: Settings, names: Iterable[str], prepare: Callable[[TestClient], None]
) -> None:
    with local_client(settings) as client:
        prepare(client)
        for name in names:
            text = json.dumps(ask_example(client, name), ensure_ascii=False, indent=1)
            (EXAMPLES / f"{name}.json").write_text(f"{text}\n", encoding="utf-8")


if __name__ == "__main__":
    _write()
