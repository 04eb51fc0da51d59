"""HubSpot: companies, 100 in a request, each by a unique property of ours; and a static list.

https://developers.hubspot.com/docs/api-reference/crm-companies-v3/batch/post-crm-v3-objects-companies-batch-upsert
Each input has an `objectWriteTraceId`, which its errors name in a reply of HTTP 207:
https://developers.hubspot.com/docs/api-reference/error-handling#multi-status-errors Every app of
an account may ask 100 times in 10 s:
https://developers.hubspot.com/docs/developer-tooling/platform/usage-guidelines
"""

from collections.abc import Iterator, Mapping, Sequence
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

HOSTED = "https://api.hubapi.com"
TERMS = PushTerms(batch=100, per_second=10, at_once=2, needs_email=False, tags=False)
PROPERTY = "sweetspot_id"  # of companies, text, unique values: to be made once in the account
_PROPERTIES = {
    "name": "company",
    "domain": "domain",
    "website": "website",
    "phone": "phone",
    "address": "line_1",
    "address2": "line_2",
    "city": "city",
    "state": "state",
    "zip": "zip",
    "country": "country",
}


@dataclass(frozen=True)
class HubSpot:
    """The account whose token `headers` hold; `list_id`: a static list of companies, or ""."""

    url: str
    list_id: str
    headers: Mapping[str, str] = field(repr=False)
    name: str = "hubspot"
    terms: PushTerms = TERMS

    def record(self, contact: Contact) -> Mapping[str, Any]:
        """A company's properties."""
        properties = {name: contact[column] for name, column in _PROPERTIES.items()}
        return {PROPERTY: contact["external_id"], **without_blanks(properties)}

    def check(self) -> Exchange[None]:
        """See `PushTool.check`. Of a property that is missing the first batch is told."""
        if self.list_id:
            reply = yield Request(self._list, headers=self.headers)
            refuse_list(self.name, self.list_id, reply)

    def push(self, batch: PushBatch) -> Exchange[Outcomes]:
        """See `PushTool.push`. A list takes what it has already in silence."""
        reply = yield self._upsert(batch)
        if reply[0] in (400, 409, 422):
            raise Spoilt(refusal_words(reply), backend=self.name, code=reply[0])
        if reply[0] not in (200, 201, 207):
            raise refusal_error(self.name, reply)
        said = parse_reply(self.name, reply)
        if not isinstance(said, dict):
            raise BackendDown("hubspot answers with nothing", backend=self.name)
        ids = [str(one["id"]) for one in said.get("results") or () if "id" in one]
        if ids and self.list_id:
            added = yield Request(f"{self._list}/memberships/add", ids, self.headers, method="PUT")
            if added[0] >= 300:
                raise refusal_error(self.name, added)
        return _read_outcomes(said, batch)

    def _upsert(self, batch: PushBatch) -> Request:
        inputs = [
            {
                "id": one.external_id,
                "idProperty": PROPERTY,
                "objectWriteTraceId": one.external_id,
                "properties": one.body,
            }
            for one in batch.records
        ]
        url = f"{self.url}/crm/v3/objects/companies/batch/upsert"
        return Request(url, {"inputs": inputs}, self.headers)

    @property
    def _list(self) -> str:
        return f"{self.url}/crm/v3/lists/{quote(self.list_id, safe='')}"


def _read_outcomes(said: Mapping[str, Any], batch: PushBatch) -> Outcomes:
    """A 207 without errors and results is known, too: what is not named is not there."""
    words = {_id_of(one): "" for one in said.get("results") or ()}
    for error in said.get("errors") or ():
        text = cut_words(str(error.get("message") or error.get("category") or "refused"))
        words |= dict.fromkeys(_traced(error), text)
    nothing = "HubSpot's reply does not name it"
    return {one.external_id: words.get(one.external_id, nothing) for one in batch.records}


def _id_of(result: Mapping[str, Any]) -> str:
    ours = (result.get("properties") or {}).get(PROPERTY)
    return str(ours or result.get("objectWriteTraceId") or "")


def _traced(error: Mapping[str, Any]) -> Iterator[str]:
    """The ids that an error is about; it may name them under either key."""
    context: Mapping[str, Sequence[str] | str] = error.get("context") or {}
    for key in ("objectWriteTraceId", "id", "ids"):
        named = context.get(key) or ()
        yield from [named] if isinstance(named, str) else map(str, named)
