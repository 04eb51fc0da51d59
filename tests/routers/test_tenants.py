"""No tenant can see, change or infer what another one has: every route is tried with its key."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

import pytest
from fastapi.routing import APIRoute
from starlette.testclient import TestClient

from app.geo.regions.sample import county as sample
from app.main import create_app
from app.settings import Settings
from app.store.access import KeyRequest, create_key
from app.store.tables import DEFAULT_TENANT
from tests.routers.test_access import routes_of
from tests.served import local_client
from tests.stored_lists import store_list

ROUTES = [one for one in routes_of(create_app().routes) if isinstance(one, APIRoute)]
# Those whose path names something that a tenant has.
NAMING = [
    (method, one.path)
    for one in ROUTES
    for method in sorted(one.methods)
    if re.search(r"\{(?:name|names|job_id)\}", one.path)
]
ASKED = ("/prospects", ".mvt", "/points", "/exports/lettershop")  # they want a home base
BODIES = {"outcomes": {"rows": [1], "what": "mailed"}, "PATCH": {"uses": 1}}


@dataclass(frozen=True)
class Two:
    """A service with what `ours` has, and the keys of both."""

    client: TestClient
    ours: str
    theirs: str
    job: str

    def ask(self, key: str, method: str, path: str, named: str) -> tuple[int, str]:
        """What a route says of that name."""
        path = re.sub(r"\{names?\}", named, path).replace("{kind}", "lettershop")
        path = path.replace("{job_id}", self.job if named == "county" else "0" * 32)
        path = re.sub(r"\{(?:z|x|y|outcome)\}", "1", path)
        body = BODIES["PATCH"] if method == "PATCH" else BODIES["outcomes"]
        takes = method == "PATCH" or (method == "POST" and path.endswith("/outcomes"))
        got = self.client.request(
            method,
            path,
            params=_query(path),
            headers={"authorization": f"Bearer {key}"},
            json=body if takes else None,
        )
        return got.status_code, got.text.replace(named, "NAME").replace(self.job, "0" * 32)


def _query(path: str) -> dict[str, str]:
    if "suppressions/of" in path:
        return {"name": "mine"}
    return {"home": sample.HOME_ADDRESS} if path.endswith(ASKED) else {}


@pytest.fixture(scope="module")
def two(data_dir, tmp_path_factory) -> Iterator[Two]:
    folder = tmp_path_factory.mktemp("two")
    (folder / "regions").symlink_to(data_dir / "regions")
    with local_client(Settings(data_dir=folder)) as client:
        parts = client.app.state.parts
        job = store_list(parts, sample.prospects_csv(), "county")
        ours, theirs = (
            create_key(parts.database, KeyRequest("test", tenant, "admin", 100_000, 10))
            for tenant in ("default", "acme")
        )
        made = Two(client, ours, theirs, job.id)
        suppressed = made.client.post(
            "/v1/suppressions",
            params={"name": "county"},
            content="Phone\n775-555-0199\n",
            headers={"authorization": f"Bearer {ours}"},
        )
        assert suppressed.status_code == 201, suppressed.text
        yield made


def test_all_that_name_something_are_tried():
    assert len(NAMING) >= 19


@pytest.mark.parametrize(("method", "path"), NAMING)
def test_what_another_tenant_has_is_as_if_it_was_not_there(two, method, path):
    """The answer to a name that another one has is, to the letter, that to one that nobody has."""
    there, nowhere = (two.ask(two.theirs, method, path, one) for one in ("county", "atlantis"))
    assert there == nowhere
    assert there[0] == 404


@pytest.mark.parametrize("path", ["/v1/lists", "/v1/jobs", "/v1/suppressions"])
def test_nothing_of_it_is_listed(two, path):
    headers = {"authorization": f"Bearer {two.theirs}"}
    (told,) = two.client.get(path, headers=headers).json().values()
    assert told == []
    (ours,) = two.client.get(path, headers={"authorization": f"Bearer {two.ours}"}).json().values()
    assert len(ours) == 1


def test_a_name_that_another_tenant_has_is_free(two):
    """That it is taken would tell that there is such a list."""
    parts = two.client.app.state.parts
    acme = next(one for one in range(1, 10) if one != DEFAULT_TENANT)
    job = store_list(parts, sample.prospects_csv(), "county", tenant=acme)
    assert job.state == "done"
    assert parts.library.find(acme, "county").id != parts.library.find(DEFAULT_TENANT, "county").id
    parts.library.delete(acme, "county")
    assert parts.library.find(DEFAULT_TENANT, "county").ready


def test_ours_is_still_there_whatever_was_tried(two):
    code, _ = two.ask(two.ours, "GET", "/v1/lists/{name}", "county")
    assert code == 200
    code, text = two.ask(two.ours, "GET", "/v1/lists/{name}/ledger", "county")
    assert (code, text) == (200, '{"uses":[]}')
