"""Brevo: contacts of one list, each by a request of its own.

https://developers.brevo.com/reference/create-contact with `updateEnabled`: 201 for a new contact,
204 for a known one, 400 in words for one that is refused. The import of many is not used: it runs
behind and its reply names a process, no contact. Whoever unsubscribed stays so, which this does not
touch. 10 requests a second and 36,000 an hour: https://developers.brevo.com/docs/api-limits
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from app.exports.push.tool import (
    Contact,
    Exchange,
    Outcomes,
    PushBatch,
    PushTerms,
    refusal_error,
    refusal_words,
    refuse_list,
    without_blanks,
)
from app.geo.http.request import Request

HOSTED = "https://api.brevo.com"
TERMS = PushTerms(batch=1, per_second=10, at_once=4)
_ATTRIBUTES = {
    "FIRSTNAME": "first_name",
    "LASTNAME": "last_name",
    "COMPANY": "company",
    "PHONE": "phone",
    "WEBSITE": "website",
    "ADDRESS": "line_1",
    "ADDRESS_2": "line_2",
    "CITY": "city",
    "STATE": "state",
    "ZIP": "zip",
    "COUNTRY": "country",
    "VERDICT": "verdict",
    "MINUTES": "minutes",
    "TAG": "tag",
}


@dataclass(frozen=True)
class Brevo:
    """The account whose key `headers` hold."""

    url: str
    list_id: int
    headers: Mapping[str, str] = field(repr=False)
    name: str = "brevo"
    terms: PushTerms = TERMS

    def record(self, contact: Contact) -> Mapping[str, Any]:
        """An attribute that the account does not have is ignored.

        The phone is no SMS number: that one is unique, and many businesses' is no mobile.
        """
        attributes = {name: contact[column] for name, column in _ATTRIBUTES.items()}
        return {
            "email": contact["email"],
            "ext_id": contact["external_id"],
            "attributes": without_blanks(attributes),
        }

    def check(self) -> Exchange[None]:
        """See `PushTool.check`."""
        reply = yield Request(f"{self.url}/v3/contacts/lists/{self.list_id}", headers=self.headers)
        refuse_list(self.name, str(self.list_id), reply)

    def push(self, batch: PushBatch) -> Exchange[Outcomes]:
        """See `PushTool.push`."""
        (record,) = batch.records
        body = {**record.body, "listIds": [self.list_id], "updateEnabled": True}
        reply = yield Request(f"{self.url}/v3/contacts", body, self.headers)
        if reply[0] in (201, 204):
            return {record.external_id: ""}
        if reply[0] in (400, 409, 422):
            return {record.external_id: refusal_words(reply)}
        raise refusal_error(self.name, reply)
