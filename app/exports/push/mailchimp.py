"""Mailchimp: members of an audience, 500 in a request.

https://mailchimp.com/developer/marketing/api/lists/batch-subscribe-or-unsubscribe/ HTTP 200 holds
the members that were refused, as `errors`. Whoever unsubscribed is refused by Mailchimp itself ("in
a compliance state"). At most 10 connections at once and no documented rate:
https://mailchimp.com/developer/marketing/docs/fundamentals/#api-limits
"""

from base64 import b64encode
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote

from app.errors import BackendDown, Spoilt
from app.exports.push.tool import (
    Contact,
    Exchange,
    Outcomes,
    PushBatch,
    PushTerms,
    cut_words,
    parse_reply,
    refusal_error,
    refusal_words,
    refuse_list,
    without_blanks,
)
from app.geo.http.request import Request

TERMS = PushTerms(batch=500, at_once=2)  # well below 10: others of the account have theirs
_ADDRESS = {"addr1": "line_1", "addr2": "line_2", "city": "city", "state": "state", "zip": "zip"}
_WHOLE = ("addr1", "city", "state", "zip")  # an address that lacks one is refused with its member
_MERGE = {
    "FNAME": "first_name",
    "LNAME": "last_name",
    "PHONE": "phone",
    "COMPANY": "company",
    "EXTERNALID": "external_id",
}


def hosted_at(key: str) -> str:
    """Where the data centre of that key answers ("...-us21"); "" where the key names none."""
    _, dash, centre = key.rpartition("-")
    return f"https://{centre}.api.mailchimp.com" if dash and centre.isalnum() else ""


def key_header(key: str) -> Mapping[str, str]:
    """Any name, and the key as the password."""
    return {"authorization": f"Basic {b64encode(f'sweetspot:{key}'.encode()).decode()}"}


@dataclass(frozen=True)
class Mailchimp:
    """An audience of the account whose key `headers` hold."""

    url: str
    list_id: str
    headers: Mapping[str, str] = field(repr=False)
    name: str = "mailchimp"
    terms: PushTerms = TERMS

    def record(self, contact: Contact) -> Mapping[str, Any]:
        """A merge field that the audience does not have is ignored."""
        merge: dict[str, Any] = {tag: contact[column] for tag, column in _MERGE.items()}
        address = {part: contact[column] for part, column in _ADDRESS.items()}
        if all(address[part] for part in _WHOLE):
            merge["ADDRESS"] = {**address, "country": contact["country_code"]}
        body = {"email_address": contact["email"], "status": "subscribed"}
        tags = {"tags": [contact["tag"]]} if contact["tag"] else {}
        return {**body, "merge_fields": without_blanks(merge), **tags}

    def check(self) -> Exchange[None]:
        """See `PushTool.check`."""
        reply = yield Request(f"{self._list}?fields=id", headers=self.headers)
        refuse_list(self.name, self.list_id, reply)

    def push(self, batch: PushBatch) -> Exchange[Outcomes]:
        """See `PushTool.push`."""
        members = [one.body for one in batch.records]
        body = {"members": members, "update_existing": True}
        reply = yield Request(f"{self._list}?skip_merge_validation=true", body, self.headers)
        if reply[0] in (400, 422):
            raise Spoilt(refusal_words(reply), backend=self.name, code=reply[0])
        if reply[0] != 200:
            raise refusal_error(self.name, reply)
        said = parse_reply(self.name, reply)
        if not isinstance(said, dict):
            raise BackendDown("mailchimp answers with nothing", backend=self.name)
        return _read_outcomes(said, batch)

    @property
    def _list(self) -> str:
        return f"{self.url}/3.0/lists/{quote(self.list_id, safe='')}"


def _read_outcomes(said: Mapping[str, Any], batch: PushBatch) -> Outcomes:
    """Only a member that the reply names is one that Mailchimp has."""
    taken = [*(said.get("new_members") or ()), *(said.get("updated_members") or ())]
    words = {_address(one): "" for one in taken}
    for one in said.get("errors") or ():
        words[_address(one)] = cut_words(f"{one.get('error', '')} {one.get('field_message', '')}")
    nothing = "Mailchimp's reply does not name it"
    return {one.external_id: words.get(one.email.casefold(), nothing) for one in batch.records}


def _address(member: Mapping[str, Any]) -> str:
    return str(member.get("email_address", "")).casefold()
