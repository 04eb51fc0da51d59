"""Which headers say that a row refuses mail, calls, e-mail or all of them.

Flags ("Do Not Mail", "DNC", "Email Opt-out", "Unsubscribed") are set where it refuses; a status
("Direct Marketing Status") says in words what holds. Faxes and text messages are nothing we send.
"""

import re
from collections.abc import Mapping
from functools import lru_cache

# Meaning -> what is refused, as headers call it; asked in this order. From D&B Hoovers' files and
# the exports of Salesforce, HubSpot, Dynamics and Mailchimp.
_REFUSED: Mapping[str, str] = {
    "no mail": r"(?:(?:direct|postal|bulk|us|regular) )*(?:mails?|mailings?|postal|letters)",
    "no calls": r"(?:(?:phone|telephone|cold|sales) )*(?:calls?|calling|phones?|telephones?|"
    r"telemarket(?:ing)?)",
    "no email": r"(?:(?:bulk|mass|marketing|all|direct) )*(?:e ?mails?|e ?mailing|newsletters?)"
    r"(?: marketing)?",
    "opt out": r"(?:(?:all|any|direct) )*(?:contact|market|marketing|solicit|solicitations?|"
    r"communications?|promotions?|all)",
}
OPT_OUTS = tuple(_REFUSED)
_BARE: Mapping[str, str] = {
    "no mail": r"dnm|no mail",
    "no calls": r"dnc|no call",  # "No. Calls" are counted ones
    "no email": r"unsubscribed?|no e ?mail",
    "opt out": r"opt(?:ed|s)? ?outs?|no (?:marketing|solicitation|contact)",
}
_BEFORE = (
    r"(?:(?:has|is|on|in|the|us|federal|national|state|contact|account|lead|customer|client|person|"
    r"company|business|firm|location|executive|owner) )*"
)
_BEHIND = (
    r"(?: (?:flag|ind|indicator|status|date|dt|at|on|yn|y|n|yes|no|code|reason|list|registry|"
    r"registered|register|requests?|requested|preference|time|timestamp|\d))*"
)
_STATUSES: Mapping[str, str] = {
    "no email": r"(?:e ?mail )?(?:marketing )?(?:subscription|permission) status",
    "opt out": r"(?:direct )?marketing status",
}


def _flag(meaning: str) -> re.Pattern[str]:
    """What the headers of its flags are, in plain words."""
    what = f"(?:{_REFUSED[meaning]})"
    forms = (
        rf"do(?: ?not|n ?t) ?(?:(?:allow|send|use) ?)?(?:by )?{what}",
        rf"{what} (?:opt(?:ed|s)? ?out|unsubscribed?)",
        rf"opt(?:ed|s)? ?out (?:(?:of|from|for) )?{what}",
        rf"unsubscribed? (?:from )?{what}",
        _BARE[meaning],
    )
    return re.compile(f"{_BEFORE}(?:{'|'.join(forms)}){_BEHIND}")


_FLAGS = {meaning: _flag(meaning) for meaning in _REFUSED}


@lru_cache(maxsize=4096)
def opt_out_meaning(words: str) -> str:
    """The one of OPT_OUTS that a header in plain words ("do not mail") means, "" for none."""
    if len(words) > 60:
        return ""
    flags = (meaning for meaning, said in _FLAGS.items() if said.fullmatch(words))
    return next(flags, "") or status_meaning(words)


def status_meaning(words: str) -> str:
    """The same of a header whose cells say in words what holds."""
    statuses = (name for name, said in _STATUSES.items() if re.fullmatch(said, words))
    return next(statuses, "")
