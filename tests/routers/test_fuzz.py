"""The running API against its own OpenAPI description: whatever comes in, no 5xx goes out."""

import pytest
import schemathesis
from hypothesis import HealthCheck, given, settings
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)
from starlette.testclient import TestClient

from app.main import create_app
from app.settings import Settings
from tests.served import HOST

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
def api(data_dir):
    """The description of an app that is up, over the sample county."""
    app = create_app(Settings(data_dir=data_dir, allowed_hosts="*"))
    with TestClient(app):
        yield schemathesis.openapi.from_asgi("/openapi.json", on_this_machine(app))


@pytest.mark.parametrize(("method", "path"), OPERATIONS)
def test_no_server_error(api, method, path):
    """Every operation, with values that fit its description and values that don't."""

    @given(case=api[path][method.upper()].as_strategy())
    @settings(max_examples=30, deadline=None, suppress_health_check=list(HealthCheck))
    def ask(case):
        response = case.call()
        assert response.status_code < 500, response.text
        case.validate_response(response, checks=AS_DESCRIBED)

    ask()


def test_every_operation_is_fuzzed():
    """The list above comes from the app; it must not run empty."""
    assert ("post", "/v1/find") in OPERATIONS
    assert len(OPERATIONS) >= 8
