"""A debug line for each question that leaves the process: of whom, of what kind, how long it took.

Never a key, an address, a coordinate or what a row says. Off unless the level of the logger `app`
is DEBUG (`SWEETSPOT_LOG_LEVEL`); then structlog writes the lines.
"""

import logging
import time
from collections.abc import Iterator
from contextlib import contextmanager

import structlog

_SWITCH = logging.getLogger("app")
_LOG = structlog.get_logger()

type QuestionFacts = dict[str, int | str]


@contextmanager
def log_question(whom: str, kind: str, **facts: int) -> Iterator[QuestionFacts]:
    """Log what is asked in the block once it has ended; more facts can be added until then.

    `whom`: the engine's or service's name. `kind`: of question, such as a path of ours. A question
    that fails says by which error, without its words.
    """
    told: QuestionFacts = dict(facts)
    if not _SWITCH.isEnabledFor(logging.DEBUG):
        yield told
        return
    begun = time.perf_counter()
    try:
        yield told
    except Exception as why:
        told["failed"] = type(why).__name__
        raise
    finally:
        ms = round(1000 * (time.perf_counter() - begun))
        _LOG.debug("asked", whom=whom, kind=kind, **told, ms=ms)
