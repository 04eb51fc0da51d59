"""Small JSON files that people keep and edit, such as a mapping of columns or a sweet spot."""

from pathlib import Path
from typing import Any

from pydantic_core import from_json

from app.errors import BadQuestion


def read_saved(path: Path, most_bytes: int, field: str) -> bytes:
    """What such a file holds, cut behind one byte too many. Raises BadQuestion naming it."""
    try:
        with path.open("rb") as file:
            return file.read(most_bytes + 1)
    except OSError as why:
        raise BadQuestion(f"{path}: {why.strerror}", field=field) from why


def parse_saved(saved: bytes, source: str, what: str, most_bytes: int, field: str) -> Any:
    """The value in it; the errors call the file `source`, and `what` it ought to be.

    Raises BadQuestion for what is too long or no JSON.
    """
    if len(saved) > most_bytes:
        raise BadQuestion(f"{source} is no {what}: it is too long", field=field)
    try:
        return from_json(saved.decode("utf-8-sig"))
    except ValueError as why:
        raise BadQuestion(f"{source} is not JSON: {why}", field=field) from why
