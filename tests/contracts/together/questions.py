"""What is asked over HTTP: every route, and of a find all that may differ from the one before."""

import csv
import io
import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import polars as pl

from app.geo.regions.sample import county as sample
from tests.contracts.together import towns
from tests.served import Request

CSV, XLSX = "text/csv", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
GEOJSON, JSON = "application/geo+json", "application/json"
CLIENTS = (Path(__file__).parents[3] / "examples" / "clients.csv").read_bytes()
HOMES = (
    sample.HOME_ADDRESS,
    "Cedar Halt, NV",
    "240 Main Street, Brightwater, NV 00103",
    "Northbank, NV",
    "40.0,-116.6",
    "245 Main Street, Lakeshore, NV",
)
# Of the same points: what else can be asked. The limits are those that people try one after the
# other; each must be answered as if it were the first.
WAYS: Sequence[Mapping[str, object]] = (
    {"minutes": "50"},
    {"minutes": "20"},
    {"minutes": "30"},
    {"minutes": "45-60"},
    {"minutes": "50", "direction": "back"},
    {"minutes": "30-50", "tolls": "false"},
    {"minutes": "50", "traffic": "1.3"},
    {"minutes": "50", "geocode": "true"},
    {"minutes": "120", "highways": "false"},
    {"miles": "25", "together": "any"},
)
LISTED, NOWHERE = "county", "atlantis"  # a stored list, and none
ACCEPTS = (CSV, GEOJSON, XLSX, JSON)


def _get(path: str, **query: object) -> Request:
    return Request("GET", f"{path}?{urlencode(query, doseq=True)}" if query else path)


def _file(path: str, body: bytes, accept: str, **query: object) -> Request:
    return Request("POST", f"{path}?{urlencode(query)}", body, {"accept": accept})


def _json(path: str, body: Mapping[str, object], accept: str = JSON) -> Request:
    headers = {"content-type": JSON, "accept": accept}
    return Request("POST", path, json.dumps(body).encode(), headers)


def _rows(body: bytes) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(body.decode("utf-8-sig"))))


def _as_csv(rows: Sequence[Mapping[str, str]]) -> bytes:
    return pl.DataFrame(rows).write_csv().encode()


def _workbook(body: bytes) -> bytes:
    out = io.BytesIO()
    pl.read_csv(body, infer_schema=False).write_excel(out)
    return out.getvalue()


def _finds(
    what: str, lists: Sequence[bytes], homes: Sequence[str], ways: Sequence[Mapping[str, object]]
) -> Iterator[tuple[str, Request]]:
    """Each way once from a home base; lists, home bases and kinds of answers take turns."""
    for i, way in enumerate(ways):
        home, accept = homes[i % len(homes)], ACCEPTS[i % len(ACCEPTS)]
        body = lists[i % len(lists)]
        name = f"{what} {i} {' '.join(f'{k}={v}' for k, v in way.items())} {accept[-8:]}"
        yield name, _file("/v1/find.csv", body, accept, home=home, verdict="all", **way)


def county() -> dict[str, Request]:
    """Every route over the sample county."""
    firms, spelt = sample.prospects_csv().encode(), towns.spellings()
    lists = (firms, *(towns.as_csv(spelt[i : i + 200]) for i in (0, 100, 300)))
    finds = [
        *_finds("county", lists, HOMES[:2], WAYS),
        *_finds("county again", lists[1:], HOMES[2:], WAYS[:6]),
        *_finds("county workbook", [_workbook(firms), _workbook(lists[2])], HOMES[:1], WAYS[:2]),
    ]
    return dict(finds) | _others(_rows(firms), HOMES) | _elsewhere()


def cold() -> dict[str, Request]:
    """One long list for each map, looked up by address: what nobody has asked before."""
    body = towns.as_csv(towns.spellings(900))
    return {
        "county list": _file(
            "/v1/find.csv", body, CSV, home=HOMES[0], geocode="true", verdict="all"
        )
    }


def _others(rows: Sequence[Mapping[str, Any]], homes: Sequence[str]) -> dict[str, Request]:
    """The routes that are no find of a file."""
    home, there = homes[0], homes[1]
    clients = _rows(CLIENTS)
    ask = {"home": home, "prospects": rows, "verdict": "all"}
    liked = ask | {"like": clients, "sort": "like", "home": there}
    books = {"clients": clients, "home": home}
    placed = [
        {**row, "sweetspot_verdict": "pass", "sweetspot_lat": "40", "sweetspot_lon": "-116.6"}
        for row in rows
    ]
    return {
        "export of rows": _json("/v1/export/lettershop", {"answer": {"prospects": placed}}),
        "export for a shop": _file(
            "/v1/export/lettershop.csv", _as_csv(placed), CSV, repeats="true"
        ),
        "find rows": _json("/v1/find", ask),
        "find rows as csv": _json("/v1/find", ask | {"minutes": [30, 50]}, CSV),
        "find from several": _json("/v1/find", ask | {"home": [there, home, homes[3]]}),
        "prospects from several": _get("/v1/prospects", home=[home, homes[3]], minutes=30),
        "find like": _json("/v1/find", liked),
        "prospects": _get("/v1/prospects", home=home, minutes=50),
        "prospects of a trade": _get("/v1/prospects", home=there, industry="dental,541211"),
        "prospects like": _json(
            "/v1/prospects", {"home": there, "like": clients, "sort": "like", "verdict": "all"}
        ),
        "portfolio": _json("/v1/clients/portfolio", books | {"prospects": rows}),
        "portfolio file": _file("/v1/clients/portfolio.csv", CLIENTS, XLSX, home=there),
        "capacity": _json("/v1/clients/capacity", books | {"hours": 30}),
        "capacity file": _file("/v1/clients/capacity.csv", CLIENTS, CSV, hours=40, home=home),
        "partners": _get("/v1/partners", home=home, minutes=60),
        "partners of lists": _json(
            "/v1/partners", {"home": there, "prospects": rows, "clients": clients, "minutes": "60"}
        ),
        "list preview": _json("/v1/lists/preview", {"rows": rows}),
        **{f"geocode {text}": _get("/v1/geocode", address=text) for text in _TYPED},
        **{f"suggest {text}": _get("/v1/suggest", q=text) for text in _TYPED},
        "reach": _get("/v1/reach", home=home, minutes=[10, 30]),
        "reach back": _get("/v1/reach", home=there, minutes=20, direction="back"),
        "tile": _get("/v1/tiles/10/180/387.mvt"),
        "tile of nothing": _get("/v1/tiles/10/0/0.mvt"),
        "tiles": _get("/v1/tiles.json", base="https://example.com"),
        "style": _get("/v1/style.json", base="https://example.com", theme="dark"),
        "regions": _get("/v1/regions"),
        **refused_of_regions(),
        "jobs": _get("/v1/jobs", limit=5),
        "no such job": _get(f"/v1/jobs/{'0' * 32}"),
        "events of no such job": _get(f"/v1/jobs/{'0' * 32}/events"),
        "cancel no such job": Request("POST", f"/v1/jobs/{'0' * 32}/cancel"),
        **_stored(home, there),
        "healthz": _get("/healthz"),
        "readyz": _get("/readyz"),
    }


def _stored(home: str, there: str) -> dict[str, Request]:
    """Of lists that are stored, which a server has none of but for `LISTED`; see conftest."""
    return refused_of_lists(home) | {
        "stored lists": _get("/v1/lists"),
        "stored list": _get(f"/v1/lists/{LISTED}"),
        "stored rows": _get(f"/v1/lists/{LISTED}/rows", first=7, limit=3),
        "stored page": _get(f"/v1/lists/{LISTED}/prospects", home=home, limit=9),
        "stored page of others": _get(f"/v1/lists/{LISTED}/prospects", home=there, minutes="30"),
        "stored tile": _get(f"/v1/lists/{LISTED}/tiles/8/45/96.mvt", home=home, verdict="all"),
        "stored points": _get(f"/v1/lists/{LISTED}/points", home=home, verdict="all"),
        "ledger": _get(f"/v1/lists/{LISTED}/ledger"),
        "outcomes": _get(f"/v1/lists/{LISTED}/outcomes"),
        "suppressions": _get("/v1/suppressions"),
    }


def refused_of_regions() -> dict[str, Request]:
    """What can't be built or removed: nothing is named, or none that there is."""
    key = {"idempotency-key": "x" * 201}
    return {
        "plan of nothing": _get("/v1/regions/plan"),
        "build of nothing": _json("/v1/regions", {}),
        "sample by too long a key": Request("POST", "/v1/regions/sample", headers=key),
        "remove no region": Request("DELETE", f"/v1/regions/{NOWHERE}"),
    }


def refused_of_lists(home: str) -> dict[str, Request]:
    """What can't be done, for there is no such list, job or suppression."""
    none = f"/v1/lists/{NOWHERE}"
    export = f"{none}/exports/labels?{urlencode({'home': home})}"
    return {
        "import without a name": _file("/v1/lists", b"a,b\n1,2\n", JSON),
        "delete no list": Request("DELETE", none),
        "edit no list": Request("PATCH", none, b'{"uses": 2}', {"content-type": JSON}),
        "refix no list": Request("POST", f"{none}/refix"),
        "mark no list": _json(f"{none}/outcomes", {"rows": [1], "what": "mailed"}),
        "unmark no list": Request("DELETE", f"{none}/outcomes/1"),
        "export of no list": _get(f"{none}/exports/labels", home=home),
        "export job of no list": Request("POST", export),
        "file of no job": _get(f"/v1/exports/{'0' * 32}"),
        "suppress nobody": _file("/v1/suppressions", b"a,b\n1,2\n", JSON, name="nobody"),
        "suppress no list": Request("POST", f"/v1/suppressions/of/{NOWHERE}?name=nobody"),
        "unsuppress nobody": Request("DELETE", "/v1/suppressions/nobody"),
    }


_TYPED = (
    sample.HOME_ADDRESS,
    "220 Main Street, Brightwater",
    "Oak Str",
    "Larkf",
    "Springfield",
    "01103",
    "1001 Bishop St, Honolulu, HI",
    "Douglas",
)


def _elsewhere() -> dict[str, Request]:
    """Where no map is, and what can't be answered."""
    rows = [
        {"name": "Near", "city": "Holyoke", "state": "MA", "zip": "01040", "employees": 20},
        {"name": "Far", "city": "Boston", "state": "MA", "zip": "02110", "employees": "10 to 19"},
    ]
    ask = {"home": "Springfield, MA", "prospects": rows, "verdict": "all"}
    return {
        "no map": _json("/v1/find", ask),
        "no map, traffic": _json("/v1/find", ask | {"traffic": 1.3, "minutes": 30}),
        "ambiguous": _json("/v1/find", ask | {"home": "Springfield"}),
        "no such region": _json("/v1/find", ask | {"region": "atlantis"}),
        "no list": _file("/v1/find.csv", b"\x00\x01\x02", CSV, home=sample.HOME_ADDRESS),
    }


OAHU = (
    "21.3069,-157.8583",
    "Kailua, HI",
    "1001 Bishop St, Honolulu, HI 96813",
    "Kaneohe, HI",
    "Waipahu, HI",
)
MAN = ("Douglas, Isle of Man", "54.0750,-4.6500")


def cold_oahu(retailers: Path) -> dict[str, Request]:
    """The whole list of Hawaii's retailers."""
    way = {"home": OAHU[0], "minutes": 50, "geocode": "true", "verdict": "all"}
    return {"oahu list": _file("/v1/find.csv", retailers.read_bytes(), CSV, **way)}


def oahu(retailers: Path) -> dict[str, Request]:
    """Hawaii's 1,270 retailers in parts, two of which overlap, their addresses looked up."""
    header, *rows = retailers.read_bytes().splitlines(keepends=True)
    spans = ((0, 250), (400, 700), (600, 900), (900, 1270))
    lists = [b"".join((header, *rows[first:last])) for first, last in spans]
    ways = [way | {"geocode": "true"} for way in WAYS[:8]]
    more = [
        ("oahu reach", _get("/v1/reach", home=OAHU[0], minutes=[15, 40])),
        ("oahu partners", _get("/v1/partners", home=OAHU[2], minutes=30)),
        ("oahu prospects", _get("/v1/prospects", home=OAHU[1], minutes=20, industry="restaurant")),
    ]
    given = _finds("oahu given", lists[:2], OAHU[:1], WAYS[:4])
    return dict([*_finds("oahu", lists, OAHU, ways), *given, *more])


def man(addresses: Path) -> dict[str, Request]:
    """British addresses."""
    listed = towns.manx(addresses)
    lists = [towns.as_csv(listed[i : i + 200]) for i in (0, 150)]
    return dict(_finds("man", lists, MAN, [WAYS[0], WAYS[2], WAYS[7]]))
