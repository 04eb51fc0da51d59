"""Which columns say who reads the mail and how a business is called, by their headers.

What lists, CRM systems and mailing tools call such columns; unlike an address, none of it decides a
verdict, so that a header needs no family and the first column that says anything counts.
"""

import re
from collections.abc import Mapping, Sequence

from app.lists.opt_out_words import opt_out_meaning
from app.lists.vocabulary import plain_header

# Meaning -> what its header has in it, and what it must not have; asked in this order.
_WORDS: Mapping[str, tuple[str, str]] = {
    "email": (r"\b(?:e mail|email|mail address)\b", r"\b(?:opt|status|type|date|confidence|valid)"),
    "website": (
        r"\b(?:web ?site|web ?page|homepage|home page|url|web address|domain|web|site)\b",
        r"\b(?:linked ?in|face ?book|instagram|twitter|yelp|logo|image|id|type|number|visits?)\b",
    ),
    "phone": (
        r"\b(?:phones?|telephone|tel|phone number|mobile|cell)\b",
        r"\b(?:fax|type|status|ext|extension|date|area code|country code)\b",
    ),
    "first": (r"\b(?:first|given) ?name\b|^(?:first|fname)$", r"\b(?:company|business)\b"),
    "last": (r"\b(?:last|sur|family) ?name\b|^(?:last|lname)$", r"\b(?:company|business)\b"),
    "prefix": (r"^(?:salutation|name prefix|honorific|prefix title|contact prefix)$", r"^$"),
    "contact": (
        r"\b(?:attn|attention|contact|contact person|(?:contact|owner|executive|full) name)$",
        r"\b(?:company|business|date|id|type|method|first|last)\b",
    ),
    "title": (r"\b(?:job|executive|contact|person) ?title\b|^position$", r"^$"),
    "zip4": (r"^(?:.* )?(?:zip ?4|zip ?code 4|zip four|plus ?4|zip plus 4|zip 4)$", r"^$"),
    "unit": (r"^(?:.* )?(?:unit|suite|ste|apt|apartment)(?: (?:number|no|num))?$", r"\bprice\b"),
}


def contact_columns(headers: Sequence[str]) -> Mapping[str, Sequence[int]]:
    """Meaning -> positions, in order: email, website, phone, first, last, prefix, contact, title.

    Also zip4, the last four digits of a ZIP code, and unit, that of an address.
    """
    found: dict[str, list[int]] = {}
    for at, header in enumerate(headers):
        words = plain_header(header)
        if opt_out_meaning(words):
            continue
        for meaning, (has, lacks) in _WORDS.items():
            if re.search(has, words) and not re.search(lacks, words):
                found.setdefault(meaning, []).append(at)
                break
    return found
