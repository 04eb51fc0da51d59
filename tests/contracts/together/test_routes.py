"""Every route of a real server, asked by many at once."""

import re
from collections.abc import Mapping
from pathlib import Path

import pytest

from app.main import create_app
from app.settings import Settings
from tests.contracts.together import questions
from tests.contracts.together.asking import (
    THREADS,
    in_another_order,
    none_wrong,
    wrong_in_turn,
    wrong_together,
)
from tests.served import RESTLESS, SERVE, Answer, Request, serve

EACH = 8  # questions of one client

LISTS = ("county list", "oahu list")

type Asked = Mapping[str, Request]
type Alone = Mapping[str, Answer]


def test_every_route_is_asked(asked: Asked, tmp_path: Path) -> None:
    """A new one must join the questions."""
    paths = create_app(Settings(data_dir=tmp_path)).openapi()["paths"]
    routes = {(method.upper(), path) for path, ways in paths.items() for method in ways}
    known = {(one.method, _path_of(one.path.partition("?")[0])) for one in asked.values()}
    assert routes == known


def _path_of(asked: str) -> str:
    """As the document has it."""
    stored = re.match(r"/v1/lists/(?:county|atlantis)(.*)", asked)
    if stored:
        return _stored_path(stored[1])
    asked = re.sub(r"^/v1/exports/.*", "/v1/exports/{job_id}", asked)
    asked = re.sub(r"^(/v1/suppressions(?:/of)?)/(?!of/).*", r"\1/{name}", asked)
    if "/tiles/" in asked:
        return "/v1/tiles/{z}/{x}/{y}.mvt"
    asked = re.sub(r"(/regions/)atlantis", r"\1{region}", asked)
    asked = re.sub(r"(/jobs/)\w+", r"\1{job_id}", asked)
    return re.sub(r"(/export/)\w+", r"\1{kind}", asked)


def _stored_path(behind: str) -> str:
    """The same of a stored list, by what follows its name."""
    if "/tiles/" in behind:
        return "/v1/lists/{names}/tiles/{z}/{x}/{y}.mvt"
    behind = re.sub(r"(/outcomes/)\d+", r"\1{outcome}", behind)
    behind = re.sub(r"(/exports/)\w+", r"\1{kind}", behind)
    several = behind.startswith(("/prospects", "/points", "/exports"))
    return f"/v1/lists/{{{'names' if several else 'name'}}}{behind}"


def test_alone_all_is_answered(alone: Alone) -> None:
    """What the others are compared with is no failure."""
    bad = {"ambiguous", "no such region", "no list"}
    bad |= {"no such job", "events of no such job", "cancel no such job"}
    bad |= questions.refused_of_regions().keys()
    bad |= questions.refused_of_lists(questions.HOMES[0]).keys()
    assert {name for name, got in alone.items() if got[0] not in (200, 204)} == bad


@pytest.mark.parametrize(
    ("workers", "program"),
    [(1, SERVE), (1, ("-c", RESTLESS)), (3, SERVE)],
    ids=["one_worker", "threads_switch_all_the_time", "three_workers"],
)
def test_many_at_once(
    asked: Asked, alone: Alone, data: Path, workers: int, program: tuple[str, ...]
) -> None:
    """All of them the same long list first, of a server that knows none of its addresses yet.

    Then each something else, and at last all one by one: nothing wrong is left in any cache.
    """
    first = [name for name in LISTS if name in asked]
    with serve(data, workers=workers, program=program) as served:
        found = wrong_together(served.ask, asked, alone, each=EACH, first=first, stir=workers)
        after = wrong_in_turn(served.ask, in_another_order(asked, 7), alone)
    none_wrong(found, THREADS * (EACH + len(first)))
    none_wrong(after, len(asked))


def test_one_by_one_in_any_order(asked: Asked, alone: Alone, data: Path) -> None:
    """What was asked before changes nothing: not another limit, list, home base or spelling."""
    with serve(data) as served:
        found = wrong_in_turn(served.ask, in_another_order(asked, 20), alone)
    none_wrong(found, len(asked))
