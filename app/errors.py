"""Every exception raised here. No HTTP and no vendor in it.

SweetspotError
├── BadInput            what the user gave can't be used (CLI exit 2, HTTP 422)
│   ├── BadAddress      the home base: not found
│   │   └── Ambiguous   several places fit; `candidates` names them
│   ├── BadList         a file or body that can't be read as a list
│   │   └── UnclearColumns  it can, once somebody says which columns are meant
│   ├── BadQuestion     limits, units, options that contradict each other
│   │   ├── BulkUse     more than a public service wants to be asked for unannounced
│   │   └── Conflict    a key that was used for something else (HTTP 409)
│   └── BadMap          a map or address file that can't be built from
├── NoSuchRegion        no installed region of that name (HTTP 404)
├── NoSuchList          no stored list of that name (HTTP 404)
├── LicenceEnded        rows of a stored list may not be used any more (HTTP 403)
├── NoSuchJob           no job of that id, or another tenant's (HTTP 404)
├── NoSuchSuppression   no suppression of that name (HTTP 404)
├── NoSuchOutcome       no outcome of that number (HTTP 404)
├── TooLarge            more bytes or rows than allowed (HTTP 413)
├── NotAllowed          who asks may not (HTTP 403)
│   └── NoKey           without an API key that counts (HTTP 401)
├── RateExceeded        more often than the key allows (HTTP 429, with Retry-After)
├── Busy                more at once than this service takes (HTTP 503, with Retry-After)
│   └── QueueFull       as many jobs wait as may (HTTP 429, with Retry-After)
├── StorageFailed       a folder or database of ours can't be used (CLI exit 3, HTTP 503)
│   ├── NoRoom          the disk is full, that of a file to be written too (HTTP 507)
│   └── NoSuchRows      a file of rows is not where it was stored: somebody deleted it
└── BackendFailed       something we depend on failed (CLI exit 3, HTTP 503)
    ├── BackendDown     does not answer, or answers nonsense
    │   └── Resting     failed too often in a row, so that nothing is sent for a while
    ├── NotAsked        nothing was sent: the budget is used up, or it is a dry run
    ├── BackendSlow     no answer in time
    ├── UnreadableRegion  an installed region is of another version, or damaged
    ├── Refused         says no, with a code of its own
    │   └── Oversized   more was asked at once than it allows
    │       └── Spoilt  one point of several spoils the answer, and it is not said which
    │           └── TooFarApart  it is farther off than it answers for, and it says how far that is
    └── DownloadFailed  a file could not be fetched whole
"""

from collections.abc import Mapping, Sequence


class SweetspotError(Exception):
    """The message is for people: what, where, and what to do."""


class BadInput(SweetspotError):
    """What the user gave can't be used; `field` names the option, column or field."""

    def __init__(self, message: str, *, field: str = "", row: int | None = None) -> None:
        super().__init__(message)
        self.field = field
        self.row = row


class BadAddress(BadInput):
    """The home base can't be placed."""


class Ambiguous(BadAddress):
    """Several places fit; `candidates` are their labels, best first."""

    def __init__(self, message: str, *, candidates: Sequence[str], field: str = "") -> None:
        super().__init__(message, field=field)
        self.candidates = tuple(candidates)


class BadList(BadInput):
    """A file or body that can't be read as a list."""


class NoRows(BadList):
    """A list whose header is all that it has; `headers`: its cells."""

    def __init__(self, headers: Sequence[str]) -> None:
        super().__init__("the list has a header but no rows", field="list")
        self.headers = tuple(headers)


class UnclearColumns(BadList):
    """Somebody has to say what columns mean before the list can be read.

    choices: their headers, or the vendors whose list it may be. supposed: meaning -> the header
    that a preview goes on with, "" for none. headers: those that are asked about.
    """

    def __init__(
        self,
        message: str,
        *,
        field: str,
        choices: Sequence[str],
        supposed: Mapping[str, str],
        headers: Sequence[str] | None = None,
    ) -> None:
        super().__init__(message, field=field)
        self.choices = tuple(choices)
        self.supposed = dict(supposed)
        self.headers = tuple(choices if headers is None else headers)


class BadQuestion(BadInput):
    """Limits, units or options that contradict each other."""


class BulkUse(BadQuestion):
    """So many addresses that a public service wants nobody to ask them without a thought."""


class Conflict(BadQuestion):
    """A key that was used before, for something else."""


class BadMap(BadInput):
    """A map or address file that no region can be built from."""


class NoSuchRegion(SweetspotError):
    """No installed region has that name."""


class NoSuchList(SweetspotError):
    """No stored list has that name or id."""


class LicenceEnded(SweetspotError):
    """Rows of a stored list may not be used: its last day is over, or its uses were made."""


class NoSuchJob(SweetspotError):
    """No job of that tenant has that id."""


class NoSuchSuppression(SweetspotError):
    """No suppression of that tenant has that name or id."""


class NoSuchOutcome(SweetspotError):
    """No outcome of that list has that number."""


class TooLarge(SweetspotError):
    """More bytes or rows than allowed."""


class NotAllowed(SweetspotError):
    """Who asks may not: from elsewhere, or with a key of too small a scope."""


class NoKey(NotAllowed):
    """An API key is wanted: there was none, or one that is unknown or revoked."""


class RateExceeded(SweetspotError):
    """More often than the key allows; `retry_s` seconds later there is room again."""

    def __init__(self, message: str, *, retry_s: int) -> None:
        super().__init__(message)
        self.retry_s = retry_s


class Busy(SweetspotError):
    """More at once than this service takes; a little later there is room again."""


class QueueFull(Busy):
    """As many jobs wait as may."""


class StorageFailed(SweetspotError):
    """The data folder, that of temporary files or the database can't be used.

    See `app.folders` and `app.store.faults`.
    """


class NoRoom(StorageFailed):
    """No space left on the disk, be it for a file of ours or for one that was asked for."""


class NoSuchRows(StorageFailed):
    """The row store has no file of that name (any more)."""


class BackendFailed(SweetspotError):
    """Something we depend on failed; `backend` names it."""

    def __init__(self, message: str, *, backend: str = "") -> None:
        super().__init__(message)
        self.backend = backend


class BackendDown(BackendFailed):
    """It does not answer, or answers nonsense."""


class CircuitOpen(BackendDown):
    """It failed too often in a row: nothing was sent, and nothing is for a while."""


class NotAsked(BackendFailed):
    """It may know, but was not asked: its budget is used up, or the run is a dry one."""


class BackendSlow(BackendFailed):
    """No answer in time."""


class UnreadableRegion(BackendFailed):
    """An installed region is of another version, or damaged; the message says what to do."""


class Refused(BackendFailed):
    """It says no; `code` is its own error code."""

    def __init__(self, message: str, *, backend: str, code: int) -> None:
        super().__init__(message, backend=backend)
        self.code = code


class Oversized(Refused):
    """More was asked at once than it allows; less may do."""


class Spoilt(Oversized):
    """One of several points spoils the whole answer, and it does not say which."""


class TooFarApart(Spoilt):
    """A point is more than `most_m` metres from the home base, the farthest that it answers for."""

    def __init__(self, message: str, *, backend: str, code: int, most_m: float) -> None:
        super().__init__(message, backend=backend, code=code)
        self.most_m = most_m


class DownloadFailed(BackendFailed):
    """A file could not be fetched whole."""
