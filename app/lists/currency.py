"""Money that is not in USD, by the header or the cell: it is said, and not compared with USD."""

import re
from collections.abc import Mapping

_SIGNS: Mapping[str, str] = {
    "€": "EUR", "euro": "EUR", "euros": "EUR", "£": "GBP", "pounds": "GBP", "sterling": "GBP",
    "¥": "JPY", "yen": "JPY", "₹": "INR", "rupees": "INR", "₩": "KRW", "zł": "PLN", "kr": "SEK",
    "rmb": "CNY", "c$": "CAD", "ca$": "CAD", "can$": "CAD", "cdn": "CAD", "cdn$": "CAD",
    "a$": "AUD", "au$": "AUD", "nz$": "NZD", "mx$": "MXN", "hk$": "HKD", "s$": "SGD", "r$": "BRL",
}  # fmt: skip
_CODES = (
    "eur gbp cad aud nzd chf jpy inr krw pln sek nok dkk czk huf ron cny hkd sgd mxn brl zar ils "  # noqa: SIM905
    "aed thb try".split()
)
_FOREIGN = re.compile(
    r"[€£¥₹₩]|(?<![a-z])(?:"
    + "|".join(re.escape(word) for word in sorted([*_CODES, *_SIGNS], key=len, reverse=True))
    + r")(?![a-z])",
    re.IGNORECASE,
)


def foreign_currency(text: str) -> str:
    """The code of the currency that a header or cell names, "" for USD and for none: "EUR"."""
    found = _FOREIGN.search(text)
    return "" if found is None else _SIGNS.get(found[0].casefold(), found[0].upper())
