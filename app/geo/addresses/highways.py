"""Numbered and lettered highways: one spelling of each, whoever writes it.

1. Kinds that are told apart: interstates, US highways, county roads, private ones, and the roads to
   market of Texas (FM, RM, RR, ranch roads, with which rural routes are one). All others are the
   state's, or nobody says whose: "Route 9", "SR 9", "VT-9", "Highway 9", "M-59", "Carr. 2".
2. Lettered ones (Wisconsin's county roads, Missouri's routes) are of one kind, whoever calls them
   what. A letter that no word for a road stands before is none.
3. What makes another road of a number is kept: old, business, alternate, bypass, spur, truck.
4. A frontage or service road goes by the highway that it runs along.
"""

import re

from app.geo.addresses.states import STATES

_ROADS = frozenset(("road", "roads", "rd", "rds"))
_NOUNS = _ROADS | frozenset(
    (
        *("hwy", "hwys", "highway", "highways", "rte", "rtes", "route", "routes", "rt", "rts"),
        "trunk",
    )
)
_KINDS = {
    "i": "i|ih|interstate",
    "us": "us|u s|united states|federal",
    "co": "county|co|cty|cnty|cr|cth|c r|c t h|county state aid|csah",
    "fm": "fm|rm|rr|f m|r m|r r|farm|ranch|rural|farm to market|ranch to market|farm to mkt",
    "pvt": "private|pvt",
    "": "sr|sh|sth|s r|s h|state|sta|st|saint|the state|nys|ny state|k|m|carr|carretera|ruta|srt",
}
_KIND_OF = {phrase: kind for kind, phrases in _KINDS.items() for phrase in phrases.split("|")}
_NAMED = {name: "" for state, code in STATES.items() for name in (state, code.lower())}
_KIND_OF = _NAMED | _KIND_OF
_WHICH = {"old": "old", "business": "bus", "bus": "bus", "alternate": "alt", "alt": "alt"}
_WHICH |= {"bypass": "byp", "byp": "byp", "spur": "spur", "truck": "trk", "toll": "toll"}
_ALONG = re.compile(
    r" (?:(?:frontage|frntg|service|svc|access|feeder)(?: (?:rd|road))?|svrd|[nsew]b|(?:north|south"
    r"|east|west)bound)$"
)
_STUCK = re.compile(r"\b(i|ih|us|sr|cr|fm|rm|rr|m|k|rt|rte|hwy|carr)(\d+[a-z]?)\b")
_NUMBER = re.compile(r"(?:\d+[a-z]?|[a-z]\d{1,3}[a-z]?)(?: (?:and )?\d+[a-z]?)?")
_MAY_BE = re.compile(r"\d|\b(?:[a-z]|([a-z])\1)\b")  # a number, a letter or a double one
_LETTERS = re.compile(r"([a-z])\1?")
_LONGEST = max(len(phrase.split()) for phrase in _KIND_OF)


def highway_key(name: str) -> str:
    """The one spelling of a highway, "" when the name is none. `name`: folded, no directionals."""
    if not _MAY_BE.search(name):
        return ""
    name = _STUCK.sub(r"\1 \2", name)
    while (bare := _ALONG.sub("", name)) != name:
        name = bare
    which, words = _take_which(name.split())
    kind, rest = _take_kind(words)
    nouns = [word for word in rest if word in _NOUNS]
    rest = rest[len(nouns) :] if rest[: len(nouns)] == nouns else rest[: -len(nouns)]
    if rest[:1] == ["no"]:
        del rest[0]
    number = " ".join(word for word in rest if word != "and")
    if kind is None and which[:1] != ["bus"] and (not nouns or words[0] not in _NOUNS):
        return ""
    lettered = kind == "co" or not set(nouns).isdisjoint(_NOUNS - _ROADS)
    if lettered and _LETTERS.fullmatch(number):
        return " ".join((*which, "hwy", number))
    if not _NUMBER.fullmatch(number) or (name.startswith(("st ", "saint ")) and not nouns):
        return ""
    shown = {"us": "us hwy", "co": "co hwy", None: "hwy", "": "hwy"}.get(kind, kind)
    return " ".join((*which, str(shown), number))


def _take_which(words: list[str]) -> tuple[list[str], list[str]]:
    """3. Its words at either end, and the others."""
    which = []
    while len(words) > 1 and words[0] in _WHICH:
        which.append(_WHICH[words[0]])
        words = words[1:]
    while len(words) > 1 and words[-1] in _WHICH and words[-1] != "old":
        which.append(_WHICH[words[-1]])
        words = words[:-1]
    return sorted(which), words


def _take_kind(words: list[str]) -> tuple[str | None, list[str]]:
    """1. The kind that the first words tell, None for none, and the words after them."""
    for n in range(min(_LONGEST, len(words) - 1), 0, -1):
        kind = _KIND_OF.get(" ".join(words[:n]))
        if kind is not None:
            more, rest = _take_kind(words[n:]) if kind == "" else (None, words[n:])
            return (more if more is not None else kind), rest
    return None, words
