"""The kinds of exports there are, by name. Each is imported when it is asked for."""

from importlib import import_module
from typing import TYPE_CHECKING, cast

from app.errors import BadQuestion

if TYPE_CHECKING:
    from app.exports.kind import ExportKind

# Its name -> the module that makes it, as KIND.
_MODULES = {
    "labels": "printing.labels",
    "envelopes": "printing.envelopes",
    "letters": "letters.merging",
    "calls": "calls.kind",
    "route": "route.kind",
    "lettershop": "lettershop",
    "listmonk": "mailing.listmonk",
    "mailchimp": "mailing.mailchimp",
    "brevo": "mailing.brevo",
    "hubspot": "mailing.hubspot",
    "mautic": "mailing.mautic",
    "vcard": "mailing.vcard",
}
NAMES = tuple(_MODULES)


def find_kind(name: str) -> "ExportKind":
    """The kind of that name. Raises BadQuestion, naming those there are."""
    if name not in _MODULES:
        raise BadQuestion(f"for {name!r}: expected one of {', '.join(NAMES)}", field="for")
    return cast("ExportKind", import_module(f"app.exports.{_MODULES[name]}").KIND)
