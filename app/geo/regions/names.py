"""An extract by what people call it: its id, its name, the end of its path."""

import re
import unicodedata
from collections.abc import Iterator, Sequence
from difflib import get_close_matches

from app.errors import BadInput, NoSuchRegion
from app.geo.regions.index import Extract

_HINTS = 5
_ALIKE = 0.75  # judgement: of difflib's ratio; one wrong letter in four


def find_extract(index: Sequence[Extract], name: str) -> Extract:
    """The one extract of that name: "hawaii", "US/Hawaii", "New York", "north-america/us/hawaii".

    Raises BadInput where several fit, naming each as it would be understood, and NoSuchRegion
    where none does, with those of nearly that name.
    """
    wanted = _words(name)
    fitting = [e for e in index if _fits(e, wanted)] if wanted else []
    if not fitting:
        raise NoSuchRegion(f"the index of maps has no {name!r}{_hint(index, name)}")
    if len(fitting) > 1:
        those = " or ".join(_unlike_name(extract, fitting) for extract in fitting)
        raise BadInput(f"{name!r} names several maps: say {those}", field="name")
    return fitting[0]


def _fits(extract: Extract, wanted: Sequence[str]) -> bool:
    return any(words[-len(wanted) :] == wanted for words in _names(extract))


def _names(extract: Extract) -> Iterator[list[str]]:
    yield _words(extract.id)
    yield _words(extract.path)
    yield _words(extract.name.replace("/", " "))


def _words(name: str) -> list[str]:
    """The parts of a path, in plain small letters with a hyphen for everything else."""
    plain = unicodedata.normalize("NFKD", name.casefold()).encode("ascii", "ignore").decode()
    return [
        part for each in plain.split("/") if (part := re.sub(r"[^a-z0-9]+", "-", each).strip("-"))
    ]


def _unlike_name(extract: Extract, others: Sequence[Extract]) -> str:
    """The shortest end of its path that none of the others has."""
    words = _words(extract.path)
    for start in range(len(words) - 1, -1, -1):
        if sum(_fits(other, words[start:]) for other in others) == 1:
            return "/".join(words[start:])
    return extract.id


def _hint(index: Sequence[Extract], name: str) -> str:
    last = (_words(name) or [""])[-1]
    ends = [(words[-1], e.id) for e in index for words in _names(e) if words]
    close = set(get_close_matches(last, {end for end, _ in ends}, _HINTS, _ALIKE))
    near = dict.fromkeys(id_ for end, id_ in ends if end in close)
    within = dict.fromkeys(id_ for end, id_ in ends if last and last in end)
    like = list(near | within)[:_HINTS]
    return f"; did you mean {', '.join(like)}?" if like else ""
