"""The families of headers: whose address, name or size a column holds, by a word of its header.

"Location Address", "PHY_STREET", "City (Mailing)" and "billing_address_zip" are a family and a
part. The family may stand in front of the part or behind it, in several words.
"""

from collections.abc import Iterator, Mapping
from itertools import chain

# Kinds of families, best first, each with room for its words: the place of business, no word at
# all, the company's seat, where goods or papers go, where mail goes, and people.
LOCATION, PLAIN, COMPANY, SHIPPING, MAILING, PEOPLE = range(0, 600, 100)
_WORDS = {
    LOCATION: "location physical phys phy loc situs site premise premises prem civic facility "
    "store establishment estab service svc serv operating operation trading branch actual property "
    "principal main primary office work local",
    COMPANY: "company business bus biz borrower organization organisation org headquarters hq "
    "corporate corp account acct parent entity firm employer licensee vendor customer client",
    SHIPPING: "shipping ship delivery deliver registered reg registration legal",
    MAILING: "mailing mail billing bill correspondence remit remittance invoice invoicing payment",
    PEOPLE: "owner owners contact contacts people person personal agent manager officer director "
    "president applicant taxpayer executive rep representative home residence residential other "
    "emergency preparer attorney trustee partner",
}
# A word -> its family; the lower the better.
FAMILIES: Mapping[str, int] = {
    word: kind + n for kind, words in _WORDS.items() for n, word in enumerate(words.split())
}
PRINCIPAL = FAMILIES["principal"]
# Words beside a family's that say nothing of their own: "ship to", "principal place of business".
_FILLERS = frozenset(("address", "addr", "add", "place", "of", "to", "the", "s", "1", "full"))
# Of several words of one header the one that decides: whose it is says more than what it is.
_DECIDES = (PEOPLE, MAILING, SHIPPING, LOCATION, COMPANY)
_LONGEST = 8  # words of a header that are looked at


# Families that say where something is, but not what it is called there.
NAMELESS = frozenset(
    FAMILIES[word]
    for word in (
        *("service", "svc", "serv", "property", "actual", "principal", "main", "primary"),
        *("office", "work", "local"),
    )
)


def kind_of(family: int) -> int:
    """What kind of family it is."""
    return family // 100 * 100


def family_splits(words: str) -> Iterator[tuple[str, int]]:
    """Each part that a header may be, and its family: the longest parts first.

    words: the header in lower-case words, as `plain_header` gives them.
    """
    each = words.split()
    n = len(each)
    if not 0 < n <= _LONGEST or each[0].isdigit():  # "1 Main St" is no header
        return
    for left in range(n - 1, 0, -1):  # words that are left
        for start in range(n - left, -1, -1):  # in front rather than behind
            around = each[:start] + each[start + left :]
            family = _family_of(around)
            if family is not None:
                yield " ".join(each[start : start + left]), family


def _family_of(words: list[str]) -> int | None:
    """The family that the words around a part name; None where one of them is another word."""
    known = [FAMILIES[word] for word in words if word in FAMILIES]
    if len(known) + sum(word in _FILLERS for word in words) < len(words):
        return None
    ranked = (sorted(one for one in known if kind_of(one) == kind) for kind in _DECIDES)
    return next(chain.from_iterable(ranked), PLAIN)
