"""Lists of a server, stored through its API, for pages that look at them."""

import csv
import io
import json
import time
from collections.abc import Iterator
from itertools import cycle, islice
from urllib.parse import urlencode

from app.geo.regions.sample.county import HOME_ADDRESS
from tests.served import Request, Served
from tests.shared import DATA

WAIT_S = 300
HONOLULU = "21.3069,-157.8583"
SIZES = ("1-4", "5-9", "10 to 19", "20-49", "50-99", "100-249", "")


def store_list(server: Served, name: str, text: str) -> None:
    """Import that CSV as the list of that name and wait for it."""
    query = urlencode({"name": name})
    status, _, _, body = server.ask(Request("POST", f"/v1/lists?{query}", text.encode()))
    assert status == 202, body
    job = json.loads(body)["job"]
    end = time.monotonic() + WAIT_S
    while time.monotonic() < end:
        told = json.loads(server.ask(Request("GET", f"/v1/jobs/{job}"))[3])
        if told["finished"]:
            assert told["state"] == "done", told
            return
        time.sleep(0.1)
    raise AssertionError(f"the import of {name} did not end in {WAIT_S} s")


def make_retailers(n: int) -> str:
    """So many firms at the streets of O'ahu's retailers: other house numbers, names and sizes."""
    source = DATA / "lists" / "hawaii-retailers.csv"
    with source.open(encoding="utf-8", newline="") as file:
        rows = [row for row in csv.DictReader(file) if row["County"] == "HONOLULU"]
    out = io.StringIO()
    fields = ("Store Name", "Street Number", "Street Name", "City", "State", "Zip Code")
    writer = csv.DictWriter(out, (*fields, "Employees"), extrasaction="ignore")
    writer.writeheader()
    writer.writerows(islice(_other_firms(rows), n))
    return out.getvalue()


def _other_firms(rows: list[dict[str, str]]) -> Iterator[dict[str, str]]:
    """Without an end; those rows again and again, each time as others."""
    for i, row in enumerate(cycle(rows)):
        number = row["Street Number"]
        yield row | {
            "Store Name": f"{row['Store Name']} {i}",
            "Street Number": str(int(number) + i * 7 % 400) if number.isdigit() else number,
            "Employees": SIZES[i % len(SIZES)],
        }


def page_of(server: Served, lists: str, home: str = HOME_ADDRESS, **more: str) -> str:
    """The address of the page with that question."""
    return f"{server.url}/?{urlencode({'lists': lists, 'home': home, **more})}"
