"""Settings of several services in one: NAME=VALUE,NAME=VALUE."""

from collections.abc import Mapping, Sequence
from math import inf
from urllib.parse import urlsplit

from app.errors import BadQuestion


def read_pairs(text: str, setting: str, names: Sequence[str]) -> Mapping[str, str]:
    """The setting as a mapping. Raises BadQuestion, never showing a value: it may be a key."""
    pairs: dict[str, str] = {}
    for part in filter(None, map(str.strip, text.split(","))):
        name, equals, value = part.partition("=")
        if not equals or name.strip().lower() not in names:
            raise BadQuestion(
                f"SWEETSPOT_{setting.upper()}: expected NAME=VALUE, several with commas; "
                f"the names are {', '.join(names)}",
                field=setting,
            )
        pairs[name.strip().lower()] = value.strip()
    return pairs


def read_number(text: str, setting: str, names: Sequence[str], name: str, default: float) -> float:
    """The number that the setting has for that name. Raises BadQuestion for what is none."""
    value = read_pairs(text, setting, names).get(name)
    if value is None:
        return default
    try:
        number = float(value)
    except ValueError:
        number = -1.0
    if not 0 <= number < inf:
        raise BadQuestion(
            f"SWEETSPOT_{setting.upper()}: {name} has no number from 0 up", field=setting
        )
    return number


def is_address(url: str) -> bool:
    """Http or https, and a host that can be asked."""
    try:
        parts = urlsplit(url)
        _ = parts.port
    except ValueError:
        return False
    return parts.scheme in ("http", "https") and bool(parts.hostname)
