"""Each body that can be sent has an example in the OpenAPI document, and the API takes it."""

from typing import Any

import pytest

from app.settings import Settings
from tests.served import local_client
from tests.stored_lists import store_list

METHODS = {"post": "POST", "patch": "PATCH"}
NEEDED = {
    "/v1/find.csv": {"home": "Springfield, MA"},
    "/v1/export/{kind}.csv": {"verdict": "all"},
    "/v1/clients/capacity.csv": {"hours": 40},
    "/v1/lists": {"name": "examples"},
    "/v1/suppressions": {"name": "theirs"},
}
TAKEN = {200, 201, 202}
# Well asked, but no map is here, and nowhere one can be had.
WITHOUT_A_MAP = {"/v1/regions": 503, "/v1/prospects": 422, "/v1/partners": 422}


@pytest.fixture(scope="module")
def client(tmp_path_factory):
    with local_client(
        Settings(data_dir=tmp_path_factory.mktemp("examples"), download_url="http://127.0.0.1:9")
    ) as made:
        rows = "".join(f"Firm {n},Reno,NV\n" for n in range(20))
        store_list(made.app.state.parts, f"Name,City,State\n{rows}", "here")
        yield made


def bodies(document: dict[str, Any]) -> list[tuple[str, str, str, Any]]:
    """Method, path, media and example of each body that is text."""
    schemas = document["components"]["schemas"]
    found = []
    for path, operations in document["paths"].items():
        for method, operation in operations.items():
            content = operation.get("requestBody", {}).get("content", {})
            for media in ("application/json", "text/csv"):
                if media in content:
                    named = content[media]["schema"].get("$ref", "").rpartition("/")[2]
                    example = content[media].get("example") or schemas[named]["examples"][0]
                    found.append((METHODS[method], path, media, example))
    return found


def test_each_example_is_taken(client):
    """Whatever is wrong with one is no fault of its form."""
    asked = bodies(client.app.openapi())
    assert len(asked) > 15
    for method, path, media, example in asked:
        body = {"json": example} if media == "application/json" else {"content": example}
        url = path.replace("{kind}", "labels").replace("{name}", "here")
        headers = {"content-type": media}
        got = client.request(
            method,
            url,
            params=NEEDED.get(path),
            headers=headers,
            **body,  # type: ignore[arg-type]
        )
        if got.status_code not in TAKEN:
            assert got.status_code == WITHOUT_A_MAP.get(path), (path, got.text)
            assert "map" in got.text or got.status_code == 503
