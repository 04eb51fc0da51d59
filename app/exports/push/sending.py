"""Sends records to a tool: in batches, each acknowledged one into the journal, until one says no.

1. A batch that one record spoils is halved until that one stands alone, which is then refused.
2. What stops a push (a key that is refused, a tool that is down, a budget used up) stops all of it;
   what was acknowledged is in the journal, so that the next push sends the rest.
3. Many records in a row that are refused in the same words are no fault of theirs: it stops, too.
"""

from collections.abc import Callable, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, field
from itertools import batched
from math import ceil
from threading import Lock

from app.errors import BackendDown, Refused, Spoilt, SweetspotError
from app.exports.push.journal import PushJournal
from app.exports.push.tool import (
    Exchange,
    HttpReply,
    Outcomes,
    PushBatch,
    PushRecord,
    PushTool,
    cut_words,
)
from app.geo.http.request import Request

ALIKE = 20  # judgement: so many in a row, refused in the same words, are refused for another reason

type Send = Callable[[Request], HttpReply]
type TellSent = Callable[[int, int], None]  # records done, of how many


@dataclass
class PushResult:
    """What became of the records. refused: the row's number -> why, in the tool's words."""

    sent: int = 0
    requests: int = 0
    refused: dict[int, str] = field(default_factory=dict)
    stopped: SweetspotError | None = None

    @property
    def done(self) -> int:
        """Records of which the tool said something."""
        return self.sent + len(self.refused)


def count_requests(tool: PushTool, records: int) -> int:
    """The batches that so many records make."""
    return ceil(records / tool.terms.batch)


def push_records(
    tool: PushTool,
    send: Send,
    records: Sequence[PushRecord],
    journal: PushJournal,
    progress: TellSent = lambda *_: None,
) -> PushResult:
    """Send them all, or until something stops it, which the result has then.

    Raises what the tool's own check raises: then nothing was sent.
    """
    run = _PushRun(tool, send, journal, len(records), progress)
    run.exchange(tool.check())
    waiting: set[Future[None]] = set()
    with ThreadPoolExecutor(tool.terms.at_once) as pool:
        for some in batched(records, tool.terms.batch):
            if len(waiting) >= tool.terms.at_once:
                done, waiting = wait(waiting, return_when=FIRST_COMPLETED)
                _raise_faults(done)
            if run.result.stopped:
                break
            waiting.add(pool.submit(run.push, PushBatch(some, journal.push)))
    _raise_faults(waiting)
    return run.result


def _raise_faults(done: set[Future[None]]) -> None:
    """What is a fault of ours."""
    for one in done:
        one.result()


class _PushRun:
    """One push under way. Safe for threads: each has a batch, and they settle one at a time."""

    def __init__(
        self, tool: PushTool, send: Send, journal: PushJournal, total: int, progress: TellSent
    ) -> None:
        self.result = PushResult()
        self._tool, self._send, self._journal = tool, send, journal
        self._total, self._progress = total, progress
        self._lock = Lock()
        self._alike: tuple[str, int] = ("", 0)

    def exchange[T](self, exchange: Exchange[T]) -> T:
        """What a tool made of the replies to its requests."""
        try:
            request = next(exchange)
            while True:
                with self._lock:
                    self.result.requests += 1
                request = exchange.send(self._send(request))
        except StopIteration as ended:
            return ended.value  # type: ignore[no-any-return]
        except (KeyError, TypeError, ValueError, AttributeError) as why:
            name = self._tool.name
            raise BackendDown(f"{name}'s reply can't be read", backend=name) from why

    def push(self, batch: PushBatch) -> None:
        """Send a batch; what stops the push is kept in the result."""
        try:
            self._push(batch)
        except SweetspotError as why:
            with self._lock:
                self.result.stopped = self.result.stopped or why

    def _push(self, batch: PushBatch) -> None:
        """1."""
        try:
            outcomes = self.exchange(self._tool.push(batch))
        except Spoilt as why:
            if len(batch.records) > 1:
                for half in batch.split():
                    self._push(half)
                return
            outcomes = {batch.records[0].external_id: cut_words(str(why))}
        self._settle(batch, outcomes)

    def _settle(self, batch: PushBatch, outcomes: Outcomes) -> None:
        taken = [one for one in batch.records if not outcomes[one.external_id]]
        with self._lock:
            if taken:
                self._journal.keep(taken)
            self.result.sent += len(taken)
            for record in batch.records:
                self._count_alike(outcomes[record.external_id])
                if words := outcomes[record.external_id]:
                    self.result.refused[record.row] = words
            self._progress(self.result.done, self._total)
        self._stop_if_alike()

    def _count_alike(self, words: str) -> None:
        last, count = self._alike
        self._alike = (words, count + 1 if words == last else 1) if words else ("", 0)

    def _stop_if_alike(self) -> None:
        """3."""
        words, count = self._alike
        if count >= ALIKE:
            name = self._tool.name
            raise Refused(
                f"{name} refused {count} rows in a row in the same words: {words}",
                backend=name,
                code=0,
            )
