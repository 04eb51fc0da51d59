"""The running API against its own OpenAPI description: whatever comes in, no 5xx goes out."""

import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import get_args

import pytest
import schemathesis
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from schemathesis.schemas import BaseSchema
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)
from starlette.testclient import TestClient

from app.geo.regions.region import Region
from app.geo.regions.sample import county as sample
from app.main import create_app
from app.settings import Settings
from app.store.access import KeyRequest, create_key
from app.store.tables import Scope
from app.wiring.parts import Parts
from tests.answers.examples import serve_maps
from tests.served import HOST
from tests.stored_lists import store_once

OPERATIONS = [
    (method, path) for path, item in create_app().openapi()["paths"].items() for method in item
]
AS_DESCRIBED = [content_type_conformance, response_schema_conformance, status_code_conformance]


def on_this_machine(app):
    """The same app for schemathesis, whose client has no address of this machine."""

    async def asked(scope, receive, send):
        await app(scope | {"client": (HOST, 50_000)}, receive, send)

    return asked


@pytest.fixture(scope="module")
def maps():
    """Where extracts are to be had: on this machine."""
    with serve_maps() as url:
        yield url


@dataclass(frozen=True)
class OwnMaps:
    """A data folder with a copy of the sample county, which what is asked may delete."""

    folder: Path
    county: Region

    def install(self):
        """It is there, again where it was deleted."""
        to = self.folder / "regions" / self.county.folder.name
        if not to.exists():
            shutil.copytree(self.county.folder, to)


@pytest.fixture(scope="module")
def own(county, tmp_path_factory):
    return OwnMaps(tmp_path_factory.mktemp("own"), county)


@pytest.fixture(scope="module")
def api(own, maps):
    """The description of an app that is up, over the sample county."""
    own.install()
    app = create_app(Settings(data_dir=own.folder, download_url=maps, allowed_hosts="*"))
    with TestClient(app):
        yield schemathesis.openapi.from_asgi("/openapi.json", on_this_machine(app))


@dataclass(frozen=True)
class Keyed:
    """The same of an app that wants keys: of each scope of two tenants, and one that is none.

    owner: the one that may do all with what is there.
    """

    api: BaseSchema
    owner: str
    keys: Sequence[str]
    parts: Parts
    own: OwnMaps


@pytest.fixture(scope="module")
def keyed(county, maps, tmp_path_factory):
    """Over the sample county, with a list that the first tenant has."""
    own = OwnMaps(tmp_path_factory.mktemp("keyed"), county)
    own.install()
    app = create_app(Settings(data_dir=own.folder, download_url=maps, allowed_hosts="*"))
    with TestClient(app):
        parts = app.state.parts
        made = schemathesis.openapi.from_asgi("/openapi.json", on_this_machine(app))
        keys = [
            create_key(parts.database, KeyRequest(scope, tenant, scope, 1_000_000, 10))
            for tenant in ("default", "acme")
            for scope in get_args(Scope.__value__)
        ]
        yield Keyed(made, keys[2], [*keys, "sk_sweetspot_none"], parts, own)


@pytest.mark.parametrize(("method", "path"), OPERATIONS)
def test_no_server_error(api, own, method, path):
    """Every operation, with values that fit its description and values that don't."""
    own.install()

    @given(case=api[path][method.upper()].as_strategy())
    @settings(max_examples=30, deadline=None, suppress_health_check=list(HealthCheck))
    def ask(case):
        check(case)

    ask()


@pytest.mark.parametrize(("method", "path"), OPERATIONS)
def test_no_server_error_whoever_asks(keyed, method, path):
    """The same with keys, of what is there as well as of what is not."""
    keyed.own.install()
    store_once(keyed.parts, sample.prospects_csv(), "county")

    @given(
        case=keyed.api[path][method.upper()].as_strategy(),
        key=st.just(keyed.owner) | st.sampled_from(keyed.keys),
        real=st.booleans(),
    )
    @settings(max_examples=8, deadline=None, suppress_health_check=list(HealthCheck))
    def ask(case, key, real):
        if real:
            name_what_is_there(case)
        check(case, headers={"authorization": f"Bearer {key}"})

    ask()


def name_what_is_there(case):
    """Ask for the list that is stored, from the sample's home base."""
    for name in {"name", "names"} & {*case.path_parameters}:
        case.path_parameters[name] = "county"
    if "home" in case.query:
        case.query["home"] = sample.HOME_ADDRESS


def check(case, **asked):
    """What comes out is described, and no 5xx."""
    response = case.call(**asked)
    assert response.status_code < 500, response.text
    case.validate_response(response, checks=AS_DESCRIBED)


def test_every_operation_is_fuzzed():
    """The list above comes from the app; it must not run empty."""
    assert ("post", "/v1/find") in OPERATIONS
    assert len(OPERATIONS) >= 8
