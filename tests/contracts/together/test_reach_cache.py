"""A cache of reaches that is full all the time, shared by processes."""

import io
import json
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from app.geo.regions.sample import county as sample
from tests.contracts.together.alone import answers_alone
from tests.contracts.together.asking import THREADS, none_wrong, wrong_in_turn, wrong_together
from tests.served import Request, serve

EACH = 10
MINUTES = (20, 45, 70, 95, 120, 200)
FULL = 900_000  # bytes: of a megabyte, with room for one more
ROWS = [{"name": row.split(",")[0], "city": "Larkfield", "state": "NV", "zip": "00101"}
        for row in io.StringIO(sample.prospects_csv()).readlines()[1:6]]  # fmt: skip


def _question(x: float, minutes: int) -> Request:
    """From a house x kilometres east of Larkfield, on the streets of one of the towns."""
    home = sample.county_point(x, 0)
    body = {
        "home": f"{home.lat},{home.lon}",
        "prospects": ROWS,
        "verdict": "all",
        "minutes": minutes,
    }
    return Request(
        "POST", "/v1/find", json.dumps(body).encode(), {"content-type": "application/json"}
    )


@pytest.fixture(scope="module")
def homes() -> dict[str, Request]:
    """More reaches than a megabyte holds; each one's file has some 10 kB."""
    places = [town + i / 20 for town in (0.0, 40.0, 70.0, 86.0) for i in range(-3, 4)]
    return {
        f"{x:.2f} km, {minutes} minutes": _question(x, minutes)
        for x in places
        for minutes in MINUTES
    }


def test_full_and_shared(homes: Mapping[str, Request], county_only: Callable[[str], Path]) -> None:
    """Each of three workers drops what another one reads."""
    alone, data = answers_alone(homes, county_only, of_one=len(MINUTES)), county_only("reaches")
    with serve(data, workers=3, reach_cache_mb=1) as served:
        found = wrong_together(served.ask, homes, alone, each=EACH)
        found += wrong_in_turn(served.ask, homes, alone)
        kept = [file for file in (data / "reaches").rglob("*") if file.is_file()]
        sizes = sum(file.stat().st_size for file in kept)
    none_wrong(found, THREADS * EACH + len(homes))
    assert {file.suffix for file in kept} == {".npy"}
    assert FULL <= sizes <= 1_000_000
