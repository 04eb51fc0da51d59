"""A webhook of the user's own: rows in JSON, signed as Standard Webhooks says.

https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md The
signature is over id, time and body; the id is the same when the same rows are sent again, so that
a receiver who keeps it takes them once. docs/exports.md shows how it is verified.
"""

import base64
import binascii
import hashlib
import hmac
import json
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from app.errors import BadQuestion
from app.exports.push.tool import Contact, Exchange, Outcomes, PushBatch, PushTerms, refusal_error
from app.geo.http.request import Request

TERMS = PushTerms(batch=100, needs_email=False)  # judgement: some 50 kB
PREFIX = "whsec_"
_LEAST_BYTES, _MOST_BYTES = 24, 64  # of a secret, by the specification


def read_secret(text: str) -> bytes:
    """The secret of a setting. Raises BadQuestion, showing none of it."""
    try:
        secret = base64.b64decode(text.removeprefix(PREFIX), validate=True)
    except binascii.Error:
        secret = b""
    if not _LEAST_BYTES <= len(secret) <= _MOST_BYTES:
        raise BadQuestion(
            f"SWEETSPOT_PUSH_KEYS: expected webhook={PREFIX} and {_LEAST_BYTES} to {_MOST_BYTES} "
            "random bytes in base64, such as `openssl rand -base64 32` prints",
            field="push_keys",
        )
    return secret


def sign_webhook(secret: bytes, name: str, at: int, body: bytes) -> Mapping[str, str]:
    """The headers of a webhook of that id, sent at that Unix time."""
    signed = f"{name}.{at}.".encode() + body
    digest = base64.b64encode(hmac.digest(secret, signed, hashlib.sha256)).decode()
    return {"webhook-id": name, "webhook-timestamp": str(at), "webhook-signature": f"v1,{digest}"}


@dataclass(frozen=True)
class Webhook:
    """A receiver at `url`."""

    url: str = field(repr=False)
    secret: bytes = field(repr=False)
    name: str = "webhook"
    terms: PushTerms = TERMS

    def record(self, contact: Contact) -> Mapping[str, Any]:
        """All columns, the blank ones, too."""
        return dict(contact)

    def check(self) -> Exchange[None]:
        """Nothing can be asked of it."""
        yield from ()

    def push(self, batch: PushBatch) -> Exchange[Outcomes]:
        """See `PushTool.push`: all or none."""
        rows = [one.body for one in batch.records]
        body = json.dumps({"type": "contacts.pushed", "data": {"contacts": rows}}).encode()
        name = f"msg_{batch.name}"
        reply = yield Request(
            self.url,
            headers={"content-type": "application/json"},
            content=body,
            stamp=lambda: sign_webhook(self.secret, name, int(time.time()), body),
        )
        if reply[0] >= 300:
            raise refusal_error(self.name, reply)
        return {one.external_id: "" for one in batch.records}
