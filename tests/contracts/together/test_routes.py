"""Every route of a real server, asked by many at once."""

from collections.abc import Mapping
from pathlib import Path

import pytest

from app.main import create_app
from app.settings import Settings
from tests.contracts.together.asking import (
    THREADS,
    in_another_order,
    none_wrong,
    wrong_in_turn,
    wrong_together,
)
from tests.contracts.together.web import RESTLESS, SERVE, Answer, Request, serve

EACH = 8  # questions of one client
CLIENTS = 8  # with one long list

type Asked = Mapping[str, Request]
type Alone = Mapping[str, Answer]


def test_every_route_is_asked(asked: Asked, tmp_path: Path) -> None:
    """A new one must join the questions."""
    paths = create_app(Settings(data_dir=tmp_path)).openapi()["paths"]
    routes = {(method.upper(), path) for path, ways in paths.items() for method in ways}
    tile = "/v1/tiles/{z}/{x}/{y}.mvt"
    known = {
        (one.method, tile if "/tiles/" in one.path else one.path.partition("?")[0])
        for one in asked.values()
    }
    assert routes == known


def test_alone_all_is_answered(alone: Alone) -> None:
    """What the others are compared with is no failure."""
    bad = {"ambiguous", "no such region", "no list"}
    assert {name for name, got in alone.items() if got[0] not in (200, 204)} == bad


@pytest.mark.parametrize("which", ["county list", "oahu list"])
def test_one_list_by_all_at_once(asked: Asked, alone: Alone, data: Path, which: str) -> None:
    """The first that a new server is asked. Nothing wrong is left in its caches."""
    if which not in asked:
        pytest.skip("the real data is not here")
    one = {which: asked[which]}
    with serve(data) as served:
        found = wrong_together(served.ask, one, alone, threads=CLIENTS)
        after = wrong_in_turn(served.ask, one, alone)
    none_wrong(found, CLIENTS)
    none_wrong(after, 1)


@pytest.mark.parametrize(
    ("workers", "program"),
    [(1, SERVE), (1, ("-c", RESTLESS)), (3, SERVE)],
    ids=["one_worker", "threads_switch_all_the_time", "three_workers"],
)
def test_many_at_once(
    asked: Asked, alone: Alone, data: Path, workers: int, program: tuple[str, ...]
) -> None:
    """Then what was asked at once is asked one by one: nothing wrong is left in any cache."""
    with serve(data, workers=workers, program=program) as served:
        found = wrong_together(served.ask, asked, alone, each=EACH, stir=workers)
        after = wrong_in_turn(served.ask, in_another_order(asked, 7), alone)
    none_wrong(found, THREADS * EACH)
    none_wrong(after, len(asked))


def test_one_by_one_in_any_order(asked: Asked, alone: Alone, data: Path) -> None:
    """What was asked before changes nothing: not another limit, list, home base or spelling."""
    with serve(data) as served:
        found = wrong_in_turn(served.ask, in_another_order(asked, 20), alone)
    none_wrong(found, len(asked))
