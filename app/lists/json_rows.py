"""JSON -> rows: an array of objects or of rows, one object a line, or GeoJSON.

GeoJSON is RFC 7946, one feature a line RFC 8142; of a feature the properties are the cells, and its
point fills Latitude and Longitude where they name none. An object in an object is read as columns
of its own, "address" of "street" as "address street".
"""

import json
from collections.abc import Iterator, Mapping, Sequence

from app.errors import BadList
from app.lists.about import About
from app.lists.table import Table
from app.lists.vocabulary import PROSPECTS
from app.text import count_words

DEEPEST = 3  # objects within objects that become columns
_ARRAYS = ("features", "prospects", "clients", "rows", "data", "results", "records", "items")


def looks_like_json(text: str) -> bool:
    """Whether it begins like an object, or like an array of them."""
    start = "".join(text[:2000].lstrip("\ufeff\x1e \t\r\n").split())
    return start.startswith(('{"', "[{", "[["))


def read_json(text: str) -> Table:
    """The rows, the header first. Raises BadList, naming the line or row, where it is no list."""
    objects, about = _objects(text.lstrip("\ufeff"))
    if objects and all(isinstance(one, list) for one in objects):
        return Table([[*map(cell_text, one)] for one in objects])
    for at, one in enumerate(objects, start=1):
        if not isinstance(one, Mapping):
            raise BadList(f"row {at} is not an object", field="list", row=at)
    features = [one for one in objects if one.get("type") == "Feature"]
    points = [_properties(one) for one in features]
    rows = [dict(_flat(_own_cells(one))) for one in (points or objects)]
    headers = list(dict.fromkeys(key for row in rows for key in row))
    if not headers:
        raise BadList("the list is empty", field="list")
    no_point = sum(_position(one) is None for one in features)
    notes = [f"no point in {count_words(no_point, 'feature')}"] if no_point else []
    return Table(
        [headers, *([cell_text(row.get(key)) for key in headers] for row in rows)], notes, 0, about
    )


def _objects(text: str) -> tuple[list[Mapping[str, object]], About]:
    """The rows, and what is said of them beside them."""
    try:
        whole = json.loads(text.replace("\x1e", ""))
    except ValueError as why:
        return _lines(text, why), About()
    except RecursionError as why:
        raise BadList("this JSON is nested too deeply for a list", field="list") from why
    about = About()
    if isinstance(whole, dict) and whole.get("type") != "Feature":
        about = About.of_members(whole)
        held = [whole[key] for key in _ARRAYS if isinstance(whole.get(key), list)]
        header = whole.get("columns")
        whole = held[0] if held else [whole]
        if isinstance(header, list) and whole and isinstance(whole[0], list):
            whole = [header, *whole]
    return (whole if isinstance(whole, list) else [whole]), about


def _lines(text: str, whole: ValueError) -> list[Mapping[str, object]]:
    """One value a line, as NDJSON and sequences have it."""
    lines = [line.strip("\x1e \t\r") for line in text.split("\n")]
    filled = [(at, line) for at, line in enumerate(lines, start=1) if line]
    found = []
    for at, line in filled:
        try:
            found.append(json.loads(line))
        except (ValueError, RecursionError) as why:
            said = whole if at == filled[0][0] else f"line {at}: {why}"
            raise BadList(f"this JSON can't be read ({said})", field="list", row=at) from why
    return found


def _own_cells(row: Mapping[str, object]) -> Mapping[str, object]:
    """The cells that were read, of a row of an answer of ours."""
    cells = row.get("cells")
    return cells if isinstance(cells, Mapping) and "verdict" in row else row


def _properties(feature: Mapping[str, object]) -> dict[str, object]:
    found = feature.get("properties")
    properties = dict(found) if isinstance(found, Mapping) else {}
    meanings = {meaning.name for key in properties if (meaning := PROSPECTS.meaning_of(str(key)))}
    position = _position(feature)
    if position is not None and not {"lat", "lon"} <= meanings:
        properties |= {"Latitude": position[1], "Longitude": position[0]}
    return properties


def _position(feature: Mapping[str, object]) -> Sequence[float] | None:
    """Longitude and latitude of a point, or of several points' first."""
    geometry = feature.get("geometry")
    if not isinstance(geometry, Mapping):
        return None
    at = geometry.get("coordinates")
    if geometry.get("type") == "MultiPoint" and isinstance(at, list) and at:
        at = at[0]
    if geometry.get("type") not in ("Point", "MultiPoint") or not isinstance(at, list):
        return None
    numbers = [one for one in at[:2] if isinstance(one, int | float)]
    return numbers if len(numbers) == 2 else None


def _flat(row: Mapping[str, object], deep: int = 1) -> Iterator[tuple[str, object]]:
    for key, value in row.items():
        one = value[0] if isinstance(value, list) and len(value) == 1 else value
        if isinstance(one, Mapping) and one and deep < DEEPEST:
            yield from ((f"{key} {inner}", it) for inner, it in _flat(one, deep + 1))
        else:
            yield str(key), value


def cell_text(value: object) -> str:
    """A JSON value as the text a list would hold; [low, high] is a range, null an open end."""
    match value:
        case None:
            return ""
        case bool():
            return str(value).lower()
        case float() if value.is_integer() and abs(value) < 1e15:
            return str(int(value))
        case [low, high] if not any(isinstance(end, str | list | dict) for end in value):
            if low is None or high is None:
                return f"{cell_text(low)}+" if high is None else f"up to {cell_text(high)}"
            return f"{cell_text(low)} to {cell_text(high)}"
        case list() | dict():
            value = json.dumps(value, ensure_ascii=False)
    return str(value).encode("utf-8", "replace").decode().replace("\0", "")
