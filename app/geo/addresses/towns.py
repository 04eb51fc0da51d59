"""Reading US town names, and the last parts of an address in one line."""

import re
from collections.abc import Iterator
from functools import lru_cache

from app.geo.addresses.states import LAST_WORDS, state_of
from app.geo.addresses.town_words import fold_town, town_words

# What cities are called for short, and the states where that is what is meant. A star: so in a
# line without a state, too, for no other town is called so.
_NICKNAMES = """
New York: NY nyc*, new york city*, ny city, manhattan, big apple
Brooklyn: NY bklyn*, bkln, brklyn
Staten Island: NY staten is*, si
Los Angeles: CA la, los angelos
San Francisco: CA sf*, san fran*, frisco
South San Francisco: CA ssf*, south city
San Diego: CA sd
Sacramento: CA sac, sacto*
Oakland: CA oaktown
San Bernardino: CA san berdoo*, san bdno
Rancho Cucamonga: CA rcho cucamonga*, rch cucamonga*
Chicago: IL chgo*, chi, chitown
Philadelphia: PA phila*, philly*, phl, philadelphia city
Pittsburgh: PA pgh*, pitt, pitts, pittsburg
Washington: DC wash, washington city, dc, washdc
Baltimore: MD balto*, balt
Boston: MA bos
Salt Lake City: UT slc*, salt lake
Indianapolis: IN indy, indpls*, indianap
Minneapolis: MN mpls*, minneap
Saint Paul: MN stp
Saint Louis: MO stl*, st lou
Saint Petersburg: FL st pete*, st petersbg
Fort Lauderdale: FL ft laud, ft laudy
Jacksonville: FL jax*, jville
Las Vegas: NV vegas, lv
North Las Vegas: NV nlv, n vegas
Kansas City: MO kc, kcmo*
Kansas City: KS kc, kck*
Oklahoma City: OK okc*, okla city
Albuquerque: NM abq*, albuq
New Orleans: LA nola*, n orleans
Cincinnati: OH cinti*, cincy*, cinn
Cleveland: OH cleve
Columbus: OH cbus*
Atlanta: GA atl
Detroit: MI det
Grand Rapids: MI gr
Milwaukee: WI milw*
Nashville: TN nash
Memphis: TN mphs*
Louisville: KY lville
Colorado Springs: CO colo spgs*, colo springs*, c springs
Phoenix: AZ phx*, phnx
Dallas: TX dal
Houston: TX hou
San Antonio: TX sa, san anto, s antonio
Corpus Christi: TX corpus
Richmond: VA rva*
Virginia Beach: VA va beach*, virginia bch
Attleboro: MA attleborough
"""
_AROUND = re.compile(
    r"^(?:the |(?:city|town|village|township|borough|municipality) of |(?:greater|downtown|midtown"
    r"|uptown|metro|central|old) )|(?: (?:township|twp|village|vlg|borough|boro|town|city|cdp"
    r"|municipality|area|metro))$"
)
_COUNTY = re.compile(r"(?:.+ (?:county|parish|borough)|(?:city and )?county of .+)")
_COUNTRY = re.compile(
    r"[\s,]+(?:u\.?\s?s\.?\s?a\.?|u\.\s?s\.?|united states(?: of america)?)$|(?:, *| {2,})us$",
    re.IGNORECASE,
)
_CODE_AT_END = re.compile(
    r"(?:^|[\s,])(\d{5}(?:[- ]?\d{4})?|[A-Z]\d[A-Z] ?\d[A-Z]\d)$", re.IGNORECASE
)


def _nicknames() -> Iterator[tuple[tuple[str, str], str]]:
    """What each stands for, by its fold and state; by "" for the state where it has a star."""
    for line in _NICKNAMES.strip().splitlines():
        city, _, told = line.partition(": ")
        state, _, names = told.partition(" ")
        for name in names.split(", "):
            yield (fold_town(name.rstrip("*")), state), city
            if name.endswith("*"):
                yield (fold_town(name.rstrip("*")), ""), f"{city}, {state}"


_CITY_OF = dict(_nicknames())


def usual_town(name: str, state: str) -> tuple[str, str]:
    """The city that a nickname stands for and its state; other names as they are.

    `state`: a postal abbreviation, "" where none is known.
    """
    city = _CITY_OF.get((fold_town(name), state))
    if city is None:
        return name, state
    named, comma, its_state = city.partition(", ")
    return (named, its_state) if comma else (city, state)


@lru_cache(1 << 14)
def plainer_towns(name: str) -> tuple[str, ...]:
    """The name without the words around it: "The Bronx", "Woodbridge Township", "City of Ely"."""
    words = " ".join(town_words(name))
    plainer = []
    while (bare := _AROUND.sub("", words, count=1).strip()) != words and bare:
        plainer.append(words := bare)
    return tuple(plainer)


def is_short_for(short: str, name: str) -> bool:
    """Whether a town's key is made of letters of a longer one, in order: "chgo" of "chicago"."""
    left = iter(name)
    return len(short) < len(name) and short[:1] == name[:1] and all(c in left for c in short)


def is_county(name: str) -> bool:
    """Whether it says itself that it is a county, parish or borough ("Honolulu County")."""
    return _COUNTY.fullmatch(" ".join(town_words(name))) is not None


def split_state(line: str) -> tuple[str, str, str]:
    """An address in one line as (what comes before, state, postcode); "" where there is none.

    A line that is a state's name and nothing else is taken for a town ("New York").
    """
    text = line.strip(" ,.\t\n")
    if text[-1:] in "aAsS":
        text = _COUNTRY.sub("", text)
    code = ""
    if text[-1:].isdigit() and (found := _CODE_AT_END.search(text)):
        code, text = found[1], text[: found.start()].rstrip(" ,.")
    before, state = _state_at_end(text)
    return (before, state, code) if before or code else (text, "", code)


def _state_at_end(text: str) -> tuple[str, str]:
    head, comma, tail = text.rpartition(",")
    pieces = tail.split()
    if pieces and _bare(pieces[-1]) in LAST_WORDS:
        for n in range(min(4, len(pieces)), 0, -1):
            if state := state_of(" ".join(pieces[-n:])):
                return f"{head}{comma} {' '.join(pieces[:-n])}".strip(" ,"), state
    return text, ""


def _bare(word: str) -> str:
    """A word's last part, so that "W.Va." and "US-CA" end as states do."""
    return word.casefold().replace(".", "").strip("()").rpartition("-")[2]
