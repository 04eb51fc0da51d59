"""What the sending knows of a tool: how many at once, what to ask it, what its replies say."""

import hashlib
import json
from collections.abc import Generator, Mapping, Sequence
from dataclasses import dataclass
from math import inf
from typing import Any, Protocol

from app.errors import BackendDown, Refused
from app.geo.http.request import Request

WORDS = 300  # judgement: characters of a tool's own words that are shown

type HttpReply = tuple[int, bytes]  # status and body, as `Sender.ask` gives them
type Contact = Mapping[str, str]  # one row by the columns of `app.exports.push.rows`
# Of each record, by its external id, why it was refused; "" where the tool has it.
type Outcomes = Mapping[str, str]
# What a tool is asked, one request after the other, each told the reply to the one before.
type Exchange[T] = Generator[Request, HttpReply, T]


@dataclass(frozen=True)
class PushTerms:
    """What a tool takes.

    batch: records in one request. per_second: requests. at_once: requests under way together.
    needs_email: whether a record without an address is none. tags: whether it has them.
    """

    batch: int
    per_second: float = inf
    at_once: int = 1
    needs_email: bool = True
    tags: bool = True


@dataclass(frozen=True)
class PushRecord:
    """One row as a tool takes it; `row` is its number in the answer."""

    row: int
    external_id: str
    email: str
    body: Mapping[str, Any]

    @property
    def digest(self) -> str:
        """Another one for another body."""
        text = json.dumps(self.body, sort_keys=True)
        return hashlib.sha256(text.encode()).hexdigest()[:32]


@dataclass(frozen=True)
class PushBatch:
    """Records that go in one request. `push` names the push, until it is done again."""

    records: Sequence[PushRecord]
    push: str = ""

    @property
    def name(self) -> str:
        """The same for the same records of the same push, whenever they are sent."""
        parts = [self.push, *(f"{one.external_id} {one.digest}" for one in self.records)]
        return hashlib.sha256("\n".join(parts).encode()).hexdigest()[:32]

    def split(self) -> Sequence["PushBatch"]:
        """Its two halves."""
        middle = len(self.records) // 2
        return [
            PushBatch(some, self.push) for some in (self.records[:middle], self.records[middle:])
        ]


class PushTool(Protocol):
    """A tool and one of its lists. Asking and reading is all it does; nothing is sent by it.

    Both exchanges raise Refused where nothing more can be sent, naming why, and BackendDown for
    what is no reply of that tool.
    """

    @property
    def name(self) -> str:
        """As people and settings call it."""

    @property
    def terms(self) -> PushTerms:
        """What it takes."""

    def record(self, contact: Contact) -> Mapping[str, Any]:
        """The row as the tool has it, in JSON."""

    def check(self) -> Exchange[None]:
        """Whether the key and the list are what they should be, before anything is sent."""

    def push(self, batch: PushBatch) -> Exchange[Outcomes]:
        """Create or update them all. Raises Spoilt where one spoils all and is not named."""


def parse_reply(tool: str, reply: HttpReply) -> Any:
    """The reply's JSON, None for an empty body. Raises BackendDown for anything else."""
    if not reply[1].strip():
        return None
    try:
        return json.loads(reply[1])
    except ValueError as why:
        raise BackendDown(f"{tool} answers nonsense (HTTP {reply[0]})", backend=tool) from why


def refusal_words(reply: HttpReply) -> str:
    """What a reply says of why: the tool's own words, in one line of a sane length."""
    try:
        said = json.loads(reply[1])
    except ValueError:
        said = None
    keys = ("message", "detail", "title", "error")
    found = [str(said[key]) for key in keys if said.get(key)] if isinstance(said, dict) else []
    return cut_words(found[0] if found else f"HTTP {reply[0]}")


def cut_words(text: str) -> str:
    """One line, not too long, and nothing in it that a terminal would obey."""
    line = " ".join("".join(sign if sign.isprintable() else " " for sign in text).split())
    return line if len(line) <= WORDS else f"{line[: WORDS - 1]}…"


def refuse_list(tool: str, named: str, reply: HttpReply) -> None:
    """Raise Refused for a reply to the question for a list that says no."""
    if reply[0] in (400, 404, 405, 422):
        words = refusal_words(reply)
        raise Refused(f"{tool}: no list {named!r} ({words})", backend=tool, code=reply[0])
    if reply[0] >= 400:
        raise refusal_error(tool, reply)


def refusal_error(tool: str, reply: HttpReply) -> Refused:
    """That the tool says no to everything, in its own words."""
    return Refused(f"{tool} says no: {refusal_words(reply)}", backend=tool, code=reply[0])


def without_blanks(values: Mapping[str, Any]) -> Mapping[str, Any]:
    """Those that say something: what is blank here does not blank what the tool knows."""
    return {key: value for key, value in values.items() if value}
