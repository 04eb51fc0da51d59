"""Which kinds of jobs there are, and a thread of this process that works at them."""

import time
import traceback
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from functools import partial
from threading import Event, Thread

import structlog

from app.errors import SweetspotError
from app.jobs.exporting import ListExportKind
from app.jobs.kind import JobKind
from app.jobs.worker import Worker
from app.library.export_files import EXPORT
from app.library.purging import Purge
from app.wiring.list_jobs import IMPORT, REFIX, import_kind, refix_kind
from app.wiring.parts import Parts
from app.wiring.region_jobs import REGION, region_kind
from app.wiring.stored_exports import make_export

log = structlog.get_logger()

# By the name that jobs have in the database.
KINDS: Mapping[str, Callable[[Parts], JobKind]] = {
    IMPORT: import_kind,
    REFIX: refix_kind,
    REGION: region_kind,
    EXPORT: lambda parts: ListExportKind(parts.library, partial(make_export, parts)),
}
AGAIN_S = 5.0  # until a database that is away is tried again
GRACE_S = 8.0  # for the chunk in hand when this is stopped; its job is handed on before


@contextmanager
def working_inside(parts: Parts, stopping: Event) -> Iterator[None]:
    """Jobs are worked at until the block ends, or `stopping` is set."""
    thread = Thread(target=_work, args=(parts, stopping), name="jobs", daemon=True)
    thread.start()
    try:
        yield
    finally:
        stopping.set()
        thread.join(GRACE_S)


def work_until(stopping: Event, parts: Parts) -> None:
    """Jobs are worked at until it is set, be it by a signal."""
    with working_inside(parts, stopping):
        while not stopping.is_set():  # not waited for: a signal may come within the wait
            time.sleep(0.1)


def _work(parts: Parts, stopping: Event) -> None:
    """Whatever goes wrong is logged, once, and tried again."""
    told = ""
    while not stopping.is_set():
        try:
            kinds = {name: make(parts) for name, make in KINDS.items()}
            settings = parts.settings
            purge = Purge(parts.library, settings.list_grace_days, settings.job_days)
            Worker(parts.jobs, kinds, purge).run(stopping)
        except Exception as why:  # noqa: BLE001 -- a thread that ends leaves all jobs alone
            if str(why) != told:
                told = str(why)
                _log_fault(why)
            stopping.wait(AGAIN_S)


def _log_fault(why: Exception) -> None:
    if isinstance(why, SweetspotError):
        log.warning("jobs are not worked at", why=str(why))
    else:
        trace = "".join(traceback.format_exception(why))
        log.error("jobs are not worked at", why=str(why), trace=trace)
