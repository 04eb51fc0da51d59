"""Who may ask what: every route with no key, a wrong one, a revoked one, too small a one."""

import asyncio
import re
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from http.client import HTTPConnection
from pathlib import Path
from typing import Any

import pytest
from fastapi import APIRouter, FastAPI
from fastapi.routing import APIRoute
from sqlalchemy import event
from starlette.routing import BaseRoute
from starlette.testclient import TestClient

from app.cli.server import warn_keyless
from app.main import create_app
from app.routers import CallerDep, TenantDep, problems
from app.routers.access import SCOPES, KeyGuard, is_loopback
from app.routers.admission import MB
from app.routers.openapi import ADMIN, OPEN, READ, SCHEMES, WRITE, declared_scope
from app.settings import Settings
from app.store.access import MARK, KeyRequest, create_key, revoke_key
from app.store.database import Database
from app.store.key_ring import FRESH_S
from app.wiring.parts import Parts
from tests.served import HOST, local_client, serve

ELSEWHERE = ("203.0.113.5", 50_000)
DOCUMENT = "/openapi.json"
PAGES = {"/", "/docs", "/page/{file}", "/page/lib/{file}"}


def routes_of(routes: list[BaseRoute]) -> Iterator[BaseRoute]:
    """All of an application, those of its routers, too."""
    for route in routes:
        inner = getattr(route, "original_router", None)
        if inner is None:
            yield route
        else:
            yield from routes_of(inner.routes)


ROUTES = [one for one in routes_of(create_app().routes) if isinstance(one, APIRoute)]
OPERATIONS = [(method, one) for one in ROUTES for method in sorted(one.methods)]
KEYED = [(method, one) for method, one in OPERATIONS if declared_scope(one)]


def path_of(route: APIRoute) -> str:
    """One that the route answers."""
    return re.sub(r"\{.*?\}", "1", route.path)


@dataclass(frozen=True)
class Keys:
    """Keys of a database and what is to be known of them."""

    database: Database
    settings: Settings
    read: str
    write: str
    admin: str
    revoked: str
    theirs: str


def make_key(database: Database, **more: Any) -> str:
    wanted = {"name": "test", "tenant": "default", "scope": "read", "rate": 10_000, "most_mb": 10}
    return create_key(database, KeyRequest(**(wanted | more)))


@pytest.fixture
def settings(database_url: str, tmp_path: Path) -> Settings:
    return Settings(data_dir=tmp_path / "data", database_url=database_url)


@pytest.fixture
def keys(database: Database, settings: Settings) -> Keys:
    scopes = [make_key(database, scope=scope) for scope in SCOPES]
    revoked = make_key(database, scope="admin")
    revoke_key(database, revoked)
    theirs = make_key(database, tenant="acme")
    return Keys(database, settings, *scopes, revoked, theirs)


@pytest.fixture
def client(keys: Keys) -> Iterator[TestClient]:
    with local_client(keys.settings) as made:
        yield made


def shown(key: str) -> dict[str, str]:
    return {"authorization": f"Bearer {key}"}


# --- every route -------------------------------------------------------------------------------


def test_every_route_says_which_scope_it_wants() -> None:
    """As the OpenAPI document says it, which is what the guard goes by; that one says none."""
    assert len(KEYED) >= 17
    for route in ROUTES:
        declared = (route.openapi_extra or {}).get("security")
        assert declared is not None, f"{route.path}: openapi_extra=READ, WRITE, ADMIN or OPEN"
        assert {"security": declared} in (READ, WRITE, ADMIN, OPEN), route.path
    others = [one for one in routes_of(create_app().routes) if not isinstance(one, APIRoute)]
    assert [getattr(other, "path", "") for other in others] == [DOCUMENT]
    is_open = {one.path for one in ROUTES if not declared_scope(one)}
    assert is_open == {"/healthz", "/readyz", *PAGES}


def test_only_what_changes_nothing_is_for_readers() -> None:
    """A method that changes something wants more than to read, but for questions with a body."""
    asking = {"find", "prospects", "export", "preview", "portfolio", "capacity", "partners"}
    for method, route in KEYED:
        if declared_scope(route) == "read" and method != "GET":
            words = set(re.split(r"[/.]", route.path))
            assert words & asking, f"{method} {route.path}"


def test_each_route_wants_a_key(client: TestClient, keys: Keys) -> None:
    """None, a wrong one, one that is right but for its end, a revoked one: the same 401."""
    assert_refused(client, {})
    bearing = [MARK + "0" * 64, keys.read[:-8] + "0" * 8, keys.revoked, "nonsense", ""]
    for key in bearing:
        assert_refused(client, shown(key))
        assert_refused(client, {"x-api-key": key})
    assert_refused(client, {"authorization": f"Basic {keys.admin}"})


def assert_refused(client: TestClient, headers: Mapping[str, str]) -> None:
    for method, route in KEYED:
        got = client.request(method, path_of(route), headers=headers)
        assert got.status_code == 401, f"{method} {route.path}"
        assert got.headers["www-authenticate"] == "Bearer"
        assert got.headers["content-type"] == "application/problem+json"
        assert "Authorization: Bearer" in got.json()["detail"]


def test_each_route_lets_a_key_of_its_scope_in(client: TestClient, keys: Keys) -> None:
    """And no smaller one. What it answers then is another matter."""
    by_scope = dict(zip(SCOPES, (keys.read, keys.write, keys.admin), strict=True))
    for method, route in KEYED:
        wanted = SCOPES.index(declared_scope(route))
        for at, scope in enumerate(SCOPES):
            got = client.request(method, path_of(route), headers=shown(by_scope[scope]))
            refused = got.status_code in {401, 403}
            assert refused == (at < wanted), f"{method} {route.path} by {scope}"


def test_each_route_answers_another_tenant_as_if_there_was_nothing(
    client: TestClient, keys: Keys
) -> None:
    """The same status as for one of ours, where neither has stored anything."""
    for method, route in KEYED:
        if declared_scope(route) == "read":
            asked = (method, path_of(route))
            ours = client.request(*asked, headers=shown(keys.read))
            theirs = client.request(*asked, headers=shown(keys.theirs))
            assert theirs.status_code == ours.status_code, asked


def test_health_the_document_and_the_pages_are_for_everybody(client: TestClient) -> None:
    files = ("/page/page.mjs", "/page/lib/maplibre-gl.mjs")
    for path in ("/healthz", "/readyz", DOCUMENT, "/", "/docs", *files):
        assert client.get(path).status_code == 200


def test_what_is_not_there_is_told_to_who_has_a_key(client: TestClient, keys: Keys) -> None:
    """Another path, another method, a path that only looks like an open one."""
    odd = [
        "/v1/nothing",
        "http://localhost//healthz",
        "/healthz/",
        "/docs/x",
        "/page/",
        "/page/lib/x/y",
        "/v1/regions/",
        "/V1/regions",
    ]
    for path in odd:
        assert client.get(path, follow_redirects=False).status_code == 401, path
    assert client.delete("/v1/regions").status_code == 401
    assert client.head("/v1/regions").status_code == 401
    assert client.get("/v1/nothing", headers=shown(keys.read)).status_code == 404
    assert client.delete("/v1/regions", headers=shown(keys.read)).status_code == 405


def test_the_document_says_how(client: TestClient) -> None:
    document = client.get("/openapi.json").json()
    assert document["components"]["securitySchemes"].keys() == SCHEMES.keys()
    for item in document["paths"].values():
        for operation in item.values():
            named = {name for one in operation["security"] for name in one}
            assert named in (set(), set(SCHEMES))
            assert not named or {"401", "403", "429"} <= operation["responses"].keys()


# --- scopes and tenants ------------------------------------------------------------------------

PROBE = APIRouter()


@PROBE.get("/reads", openapi_extra=READ)
@PROBE.post("/writes", openapi_extra=WRITE)
@PROBE.post("/rules", openapi_extra=ADMIN)
@PROBE.get("/undeclared")
def who(caller: CallerDep, tenant: TenantDep) -> dict[str, Any]:
    return {"tenant": tenant, "scope": caller.scope, "name": caller.name, "key": caller.key}


@pytest.fixture
def probe(keys: Keys) -> Iterator[TestClient]:
    """An application whose routes say who asks."""
    app = FastAPI()
    app.include_router(PROBE)
    problems.register(app)
    app.add_middleware(KeyGuard, routers=[PROBE], open_paths=[])
    with Parts(keys.settings) as parts, TestClient(app) as client:
        app.state.parts = parts
        yield client


def test_a_larger_scope_may_what_a_smaller_one_may(probe: TestClient, keys: Keys) -> None:
    """What declares none is the administrators'."""
    asked = [("GET", "/reads"), ("POST", "/writes"), ("POST", "/rules"), ("GET", "/undeclared")]
    found = {
        scope: [probe.request(*one, headers=shown(key)).status_code for one in asked]
        for scope, key in (("read", keys.read), ("write", keys.write), ("admin", keys.admin))
    }
    assert found == {
        "read": [200, 403, 403, 403],
        "write": [200, 200, 403, 403],
        "admin": [200, 200, 200, 200],
    }
    told = probe.post("/rules", headers=shown(keys.write)).json()
    assert "'write'" in told["detail"]
    assert "'admin'" in told["detail"]


def test_a_route_is_told_who_asks(probe: TestClient, keys: Keys) -> None:
    ours = probe.get("/reads", headers=shown(keys.read)).json()
    theirs = probe.get("/reads", headers={"X-API-Key": keys.theirs}).json()
    assert ours["tenant"] != theirs["tenant"]
    prefix = keys.read.removeprefix(MARK)[:8]
    assert (ours["scope"], ours["name"], ours["key"]) == ("read", "test", prefix)


# --- without a key -----------------------------------------------------------------------------


def test_while_there_is_no_key_only_this_machine_is_answered(
    database: Database, settings: Settings
) -> None:
    """Elsewhere is told how a key is made, whoever it says it speaks for; then it is let in."""
    app = create_app(settings)
    forwarded = {"x-forwarded-for": "127.0.0.1", "forwarded": "for=127.0.0.1"}
    with (
        TestClient(app, "http://localhost", client=ELSEWHERE) as stranger,
        TestClient(app, "http://localhost", client=("::1", 1)) as here,
    ):
        for method, route in KEYED:
            got = stranger.request(method, path_of(route), headers=forwarded)
            assert got.status_code == 403, route.path
            assert "sweetspot keys create" in got.json()["detail"]
        assert stranger.get("/healthz").status_code == 200
        assert here.get("/v1/regions").status_code == 200
        assert here.get("/v1/regions", headers=shown(MARK + "0" * 64)).status_code == 401
        key = make_key(database)
        time.sleep(FRESH_S)
        assert stranger.get("/v1/regions").status_code == 401
        assert here.get("/v1/regions").status_code == 401
        assert stranger.get("/v1/regions", headers=shown(key)).status_code == 200


@pytest.mark.parametrize(
    ("host", "here"),
    [
        *[("127.0.0.1", True), ("127.8.9.1", True), ("::1", True), ("::ffff:127.0.0.1", True)],
        *[("10.0.0.1", False), ("::ffff:10.0.0.1", False), ("0.0.0.0", False), ("", False)],  # noqa: S104
        *[("testclient", False), ("localhost", False), ("172.17.0.1", False)],
    ],
)
def test_what_this_machine_is(host: str, here: bool) -> None:
    assert is_loopback(host) is here


# --- rates and sizes ---------------------------------------------------------------------------


def test_more_often_than_the_key_allows(client: TestClient, keys: Keys) -> None:
    """429 with the seconds until the first of them is a minute old; no other key is hit by it."""
    slow = make_key(keys.database, rate=3)
    statuses = [client.get("/v1/regions", headers=shown(slow)).status_code for _ in range(4)]
    assert statuses == [200, 200, 200, 429]
    got = client.get("/v1/geocode", headers=shown(slow))
    assert got.status_code == 429
    assert 50 <= int(got.headers["retry-after"]) <= 60
    assert "3 times a minute" in got.json()["detail"]
    assert client.get("/v1/regions", headers=shown(keys.read)).status_code == 200


@pytest.mark.parametrize("path", ["/v1/find.csv?home=40,-116", "/v1/find"])
def test_a_body_larger_than_the_key_allows(client: TestClient, keys: Keys, path: str) -> None:
    """413 by what is declared, before any of it is read, and by what comes."""
    small = make_key(keys.database, most_mb=1)
    body = b" " * (MB + 1)
    for sent in (body, iter([body[:-1], b" "])):
        got = client.post(path, content=sent, headers=shown(small))
        assert got.status_code == 413
        assert "1 MB" in got.json()["detail"]
    assert client.post(path, content=body, headers=shown(keys.read)).status_code == 422


# --- what it costs -----------------------------------------------------------------------------


def test_nothing_of_a_body_is_read_before_the_key(keys: Keys) -> None:
    """Nor is a place among the uploads taken."""
    app = create_app(keys.settings)
    sent: list[Any] = []

    async def receive() -> Any:
        raise AssertionError("the body was read")

    async def send(message: Any) -> None:
        sent.append(message)

    async def ask() -> None:
        headers = [(b"host", b"localhost"), (b"content-length", b"1000")]
        scope = {"type": "http", "method": "POST", "path": "/v1/find.csv", "headers": headers}
        await app(scope | {"query_string": b"", "client": (HOST, 1), "app": app}, receive, send)

    with Parts(keys.settings) as parts:
        app.state.parts = parts
        asyncio.run(ask())
    assert sent[0]["status"] == 401


def test_keys_are_not_read_for_each_request(client: TestClient, keys: Keys) -> None:
    """Whether they are right or wrong: once in a while."""
    client.get("/v1/regions", headers=shown(keys.read))
    sent: list[str] = []
    app: Any = client.app
    engine = app.state.parts.database._engine
    event.listen(engine, "before_cursor_execute", lambda *asked: sent.append(asked[2]))
    begun = time.monotonic()
    for n in range(100):
        key = keys.read if n % 2 else f"{keys.read}{n}"
        client.get("/v1/nothing", headers=shown(key))
    readings = 1 + (time.monotonic() - begun) / FRESH_S
    assert len([one for one in sent if "api_key" in one]) <= readings


# --- the server --------------------------------------------------------------------------------


def test_a_revoked_key_is_refused_by_every_process_in_five_seconds(
    database_url: str, database: Database, tmp_path: Path
) -> None:
    """Two workers, each with what it has read; what is forwarded changes nobody's address."""
    data = tmp_path / "data"
    data.mkdir(exist_ok=True)
    with serve(data, workers=2, database_url=database_url) as served:
        forwarded = {"X-Forwarded-For": "203.0.113.5"}
        assert statuses(served.port, forwarded) == {200}
        key, other = make_key(database, scope="admin"), make_key(database)
        time.sleep(5)
        assert statuses(served.port, {}) == {401}
        assert statuses(served.port, shown(key)) == {200}
        revoke_key(database, key)
        time.sleep(5)
        assert statuses(served.port, shown(key)) == {401}
        assert statuses(served.port, shown(other)) == {200}
    assert key not in served.log.read_text()


def statuses(port: int, headers: Mapping[str, str]) -> set[int]:
    """Those of 30 answers, each over a connection of its own, which the workers share."""
    found = set()
    for _ in range(30):
        connection = HTTPConnection(HOST, port, timeout=30)
        connection.request("GET", "/v1/regions", headers=dict(headers))
        found.add(connection.getresponse().status)
        connection.close()
    return found


def test_listening_beyond_this_machine_without_a_key_is_told(
    database: Database, settings: Settings, capsys: pytest.CaptureFixture[str]
) -> None:
    """With the command that makes one; no more once there is one, and never at home."""
    everywhere = "0.0.0.0"  # noqa: S104  nothing listens there
    warn_keyless(HOST, settings)
    assert capsys.readouterr().err == ""
    warn_keyless(everywhere, settings)
    assert "sweetspot keys create NAME" in capsys.readouterr().err
    make_key(database)
    warn_keyless(everywhere, settings)
    assert capsys.readouterr().err == ""


def test_a_database_that_is_not_up_yet_does_not_keep_it_from_starting(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """It is told; requests get 503 until it is up, and health is answered."""
    nowhere = Settings(data_dir=tmp_path, database_url=f"postgresql://u@/x?host={tmp_path}")
    warn_keyless("192.0.2.1", nowhere)
    assert "does not answer" in capsys.readouterr().err
    with local_client(nowhere) as client:
        assert client.get("/v1/regions").status_code == 503
        assert client.get("/healthz").status_code == 200
