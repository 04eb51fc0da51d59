"""listmonk: subscribers of one list, each by a request of its own.

Its import of files is not used: it runs behind, says in a log alone what it left out, one import
at a time, and `overwrite` subscribes those again who unsubscribed (queries/subscribers.sql,
upsert-subscriber); so does `POST /api/subscribers/subscription`. Here a new subscriber is created;
one that is known (409) is read and written back with its lists and their states as they were, this
list added and its attributes joined, so that nobody is subscribed against their will.
https://listmonk.app/docs/apis/subscribers/
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode

from app.errors import BackendDown, Refused
from app.exports.push.tool import (
    Contact,
    Exchange,
    HttpReply,
    Outcomes,
    PushBatch,
    PushRecord,
    PushTerms,
    parse_reply,
    refusal_words,
    refuse_list,
    without_blanks,
)
from app.geo.http.request import Request

# One's own server, which documents no limit. Judgement: as many at once as overlap the way there.
TERMS = PushTerms(batch=1, at_once=4)
_KNOWN = 409
_ATTRIBS = (
    "external_id", "company", "phone", "website",
    "line_1", "line_2", "city", "state", "zip", "country", "verdict", "minutes", "tag",
)  # fmt: skip


@dataclass(frozen=True)
class Listmonk:
    """A server at `url`; `headers` hold the key."""

    url: str
    list_id: int
    headers: Mapping[str, str] = field(repr=False)
    name: str = "listmonk"
    terms: PushTerms = TERMS

    def record(self, contact: Contact) -> Mapping[str, Any]:
        """Our columns are attributes, for its templates, as in the file of `mailing.listmonk`."""
        told: dict[str, Any] = {**without_blanks({key: contact[key] for key in _ATTRIBS})}
        if "minutes" in told:
            told["minutes"] = float(told["minutes"])
        person = f"{contact['first_name']} {contact['last_name']}".strip()
        return {
            "email": contact["email"],
            "name": person or contact["company"] or contact["email"],
            "attribs": told,
        }

    def check(self) -> Exchange[None]:
        """See `PushTool.check`."""
        reply = yield self._ask("GET", f"lists/{self.list_id}")
        refuse_list(self.name, str(self.list_id), reply)

    def push(self, batch: PushBatch) -> Exchange[Outcomes]:
        """See `PushTool.push`."""
        (record,) = batch.records
        new = {**record.body, "status": "enabled", "lists": [self.list_id]}
        reply = yield self._ask("POST", "subscribers", new)
        if reply[0] == _KNOWN:
            reply = yield self._ask("GET", f"subscribers?{_query(record.email)}")
            known = self._read_known(reply, record)
            reply = yield self._ask(
                "PUT", f"subscribers/{known['id']}", self._joined(known, record)
            )
        if reply[0] != 200:
            return {record.external_id: refusal_words(reply)}
        self._check_listed(reply)
        return {record.external_id: ""}

    def _ask(self, method: str, path: str, body: Any = None) -> Request:
        return Request(f"{self.url}/api/{path}", body, self.headers, method=method)

    def _read_known(self, reply: HttpReply, record: PushRecord) -> Mapping[str, Any]:
        """The subscriber of that address."""
        found = (parse_reply(self.name, reply) or {}).get("data") or {}
        for one in found.get("results") or ():
            if one.get("email", "").casefold() == record.email.casefold():
                return one  # type: ignore[no-any-return]
        raise Refused(
            f"listmonk knows a subscriber and does not show it ({refusal_words(reply)}); its API "
            "user needs the permission subscribers:sql_query",
            backend=self.name,
            code=reply[0],
        )

    def _joined(self, known: Mapping[str, Any], record: PushRecord) -> Mapping[str, Any]:
        """All that a PUT has to name, since what it leaves out is dropped."""
        lists = [one["id"] for one in known.get("lists") or ()]
        return {
            **record.body,
            "status": known.get("status", "enabled"),
            "lists": [*lists, *({self.list_id} - set(lists))],
            "attribs": {**(known.get("attribs") or {}), **record.body["attribs"]},
        }

    def _check_listed(self, reply: HttpReply) -> None:
        """It says 200, too, to a list that its API user may not manage, and leaves it out."""
        data = (parse_reply(self.name, reply) or {}).get("data")
        if not isinstance(data, dict):
            raise BackendDown("listmonk answers without a subscriber", backend=self.name)
        lists = [one["id"] if isinstance(one, dict) else one for one in data.get("lists") or ()]
        if self.list_id not in lists:
            raise Refused(
                f"listmonk took a subscriber and left out list {self.list_id}: its API user needs "
                "the permission to manage it",
                backend=self.name,
                code=200,
            )


def _query(email: str) -> str:
    """An SQL expression, as documented: text in single quotes, those in it doubled."""
    text = email.casefold().replace("'", "''")
    return urlencode({"query": f"subscribers.email = '{text}'", "per_page": 1})
