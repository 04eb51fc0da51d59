"""Which columns say of a person what no list of businesses needs: race, gender, religion, health.

Told by whole headers, alone or beside words for the person ("Race", "OwnersRace", "Executive
Ethnicity", "Contact Gender 2"), so that a column of "Gender reveal parties" is none. What is said
of the firm ("Minority Owned", "Veteran-Owned", "Woman Owned Business") is not of a person, and none
either: contracts are let by it.
"""

from collections.abc import Mapping, Sequence

from app.lists.families import FAMILIES, PEOPLE, kind_of
from app.lists.vocabulary import plain_header

# What it is -> the headers that say it. The special categories of the GDPR, article 9, the classes
# that US law protects (eeoc.gov, "Who is protected"), and what identifies a person.
_SAID: Mapping[str, str] = {
    "race": "race|racial group|skin color|skin colour",
    "ethnicity": "ethnicity|ethnic group|ethnic origin|hispanic|hispanic or latino",
    "gender": "gender|sex|gender identity|pronouns",
    "veteran status": "veteran|veteran status|disabled veteran|protected veteran|military status",
    "religion": "religion|religious affiliation|faith|creed",
    "disability": "disability|disability status|disabled",
    "date of birth": "date of birth|birth date|birthdate|birthday|dob|birth year|year of birth",
    "age": "age range|age group",
    "marital status": "marital status|marital|spouse|spouse name|number of children|"
    "presence of children",
    "sexual orientation": "sexual orientation|lgbtq|lgbt",
    "national origin": "national origin|nationality|citizenship|citizenship status|"
    "immigration status|country of birth|place of birth",
    "politics": "political party|party affiliation|political affiliation",
    "union membership": "union member|union membership",
    "health": "health status|medical condition|medical conditions|pregnant|pregnancy",
    "identity number": "ssn|social security number|passport number|driver s license number|"
    "drivers license number",
    "household": "household income|home value",
}
# Of a person alone: "Age" or "Income" by itself may be the firm's.
_OF_PERSONS: Mapping[str, str] = {"age": "age", "income": "household", "net worth": "household"}
_PERSON = frozenset(
    {word for word, family in FAMILIES.items() if kind_of(family) == PEOPLE}
    | {"principal", "principals", "ceo", "borrower", "borrowers", "customer", "client", "lead"}
    | {"employee", "member", "proprietor", "founder", "individual", "respondent"}
)
_FILLERS = frozenset(
    {"s", "of", "the", "code", "desc", "description", "type", "flag", "indicator", "self"}
    | {"reported", "identified", "declared", "estimated", "inferred", "predicted"}
)


def sensitive_headers(headers: Sequence[str]) -> Mapping[str, str]:
    """Of the headers that say such things of a person, what it is; the others are left out."""
    said = ((header, _sensitive(header)) for header in headers)
    return {header: what for header, what in said if what}


def _sensitive(header: str) -> str:
    """What it says of a person, "" for nothing."""
    words = _telling_words(header)
    told = " ".join(words)
    of_person = " ".join(word for word in words if word not in _PERSON)
    alone = "" if of_person == told else _OF_PERSONS.get(of_person, "")
    return _BY_WORDS.get(told) or _BY_WORDS.get(of_person) or alone


def _telling_words(header: str) -> Sequence[str]:
    """Its plain words without those that say nothing, and the number of the person."""
    words = plain_header(header).split()
    return [word for word in words if not (word in _FILLERS or word.isdigit())]


_BY_WORDS = {
    " ".join(_telling_words(header)): what
    for what, said in _SAID.items()
    for header in said.split("|")
}
