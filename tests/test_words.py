"""The glossary (docs/words.md) and the names in the code say the same."""

import ast
import re
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
MODULES = {
    path: ast.parse(path.read_text(encoding="utf-8")) for path in (ROOT / "app").rglob("*.py")
}
# Verbs that need no object here, and the entry points of programs and of Alembic.
PLAIN = {"confirm", "deduplicate", "find", "interpolate", "judge", "main", "serve", "upgrade"}


def _banned() -> set[str]:
    """The words of the tables' last columns."""
    text = (ROOT / "docs" / "words.md").read_text(encoding="utf-8")
    cells = re.findall(r"^\| [^|]+ \| [^|]+ \|([^|]*)\|$", text, re.MULTILINE)
    words = {word.strip() for cell in cells for word in cell.split(",")}
    return words - {"", "not", "---"}


def _types() -> Iterator[tuple[str, Path]]:
    for path, tree in MODULES.items():
        for node in tree.body:
            if isinstance(node, ast.ClassDef):
                yield node.name, path
            elif isinstance(node, ast.TypeAlias):
                yield node.name.id, path


def _functions() -> Iterator[tuple[str, Path]]:
    for path, tree in MODULES.items():
        for node in tree.body:
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                yield node.name, path


def test_a_type_name_is_defined_once() -> None:
    """A reader who meets `FixOut` knows which one it is."""
    where = defaultdict(list)
    for name, path in _types():
        where[name].append(path.relative_to(ROOT).as_posix())
    assert {name: paths for name, paths in where.items() if len(paths) > 1} == {}


def test_the_glossary_bans_something() -> None:
    assert {"kept", "shelf", "resting", "spoken"} <= _banned()


@pytest.mark.parametrize("kind", ["types", "functions"])
def test_no_banned_word_is_in_a_name(kind: str) -> None:
    """Words as people part them: DriveCache is drive and cache."""
    banned = _banned()
    names = _types() if kind == "types" else _functions()
    found = {
        f"{path.relative_to(ROOT)}: {name}"
        for name, path in names
        for word in re.findall(r"[A-Z]?[a-z]+", name)
        if word.lower() in banned
    }
    assert found == set()


def test_a_public_function_is_a_verb_and_a_noun() -> None:
    """`parse_address`, not `read`. Routes are named after what they serve."""
    bare = {
        f"{path.relative_to(ROOT)}: {name}"
        for name, path in _functions()
        if "_" not in name and name not in PLAIN and path.parent.name != "routers"
    }
    assert bare == set()


# What says no more than where a word stands in a sentence; as a name it says nothing.
FUNCTION_WORDS = set(
    """again and are as asked both by found given had has heard here how in is kept made no not now
    on only or said so such then there to told was what when where who why""".split()  # noqa: SIM905
)


def test_no_function_is_named_by_a_function_word_alone() -> None:
    """Methods and private ones, too: `_ask_one`, not `_told`."""
    found = {
        f"{path.relative_to(ROOT)}: {node.name}"
        for path, tree in MODULES.items()
        for node in ast.walk(tree)
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        and node.name.lstrip("_") in FUNCTION_WORDS
    }
    assert found == set()


def test_commands_and_routes_are_short() -> None:
    """What they do is done elsewhere: they parse, call, return."""
    long = {
        f"{path.relative_to(ROOT)}: {node.name}"
        for path, tree in MODULES.items()
        for node in ast.walk(tree)
        if path.parent.name in {"cli", "routers"}
        and isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        and node.end_lineno is not None
        and node.end_lineno - node.lineno >= 40
    }
    assert long == set()
