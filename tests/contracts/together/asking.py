"""Sixteen threads with the same questions in different orders, and what they got wrong.

The orders come from a seed, which is printed with every failure: SWEETSPOT_SEED=123 repeats them.
"""

import os
import secrets
import sys
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import numpy as np

SEED = int(os.environ.get("SWEETSPOT_SEED") or secrets.randbelow(1_000_000))
THREADS = 16
SHOWN = 8  # of what went wrong
NORMALLY = 0.005  # seconds until the interpreter lets another thread run: its default
RESTLESSLY = 1e-6  # after every few instructions


@dataclass(frozen=True)
class Wrong:
    """A question whose answer was another one than it has alone."""

    question: str
    why: str

    def __str__(self) -> str:
        return f"{self.question}: {self.why}"


@contextmanager
def switching(every_s: float) -> Iterator[None]:
    """Threads take turns so often meanwhile."""
    before = sys.getswitchinterval()
    sys.setswitchinterval(every_s)
    try:
        yield
    finally:
        sys.setswitchinterval(before)


def orders(n: int, of: int, stir: int = 0) -> list[list[int]]:
    """N different orders of so many questions. `stir` tells one use of the seed from another."""
    rng = np.random.default_rng([SEED, stir])
    return [rng.permutation(of).tolist() for _ in range(n)]


def wrong_together[Q](
    ask: Callable[[Q], Any],
    questions: Mapping[str, Q],
    alone: Mapping[str, Any],
    *,
    threads: int = THREADS,
    each: int | None = None,
    first: Sequence[str] = (),
    stir: int = 0,
) -> list[Wrong]:
    """What is answered otherwise than `alone`, or not at all, when all ask at once.

    Every thread asks `first`, then `each` of the questions, or all of them, in an order of its own.
    """
    names = list(questions)
    start = threading.Barrier(threads)

    def one(order: Sequence[int]) -> list[Wrong]:
        start.wait()
        turn = [*first, *(names[i] for i in order)]
        return wrong_in_turn(ask, {name: questions[name] for name in turn}, alone)

    with ThreadPoolExecutor(threads) as pool:
        asked = [order[:each] for order in orders(threads, len(names), stir)]
        found = list(pool.map(one, asked))
    return [wrong for each in found for wrong in each]


def wrong_in_turn[Q](
    ask: Callable[[Q], Any], questions: Mapping[str, Q], alone: Mapping[str, Any]
) -> list[Wrong]:
    """The same when they are asked one by one, in their order."""
    found = []
    for name, question in questions.items():
        try:
            got = ask(question)
        except Exception as why:  # noqa: BLE001 -- whatever it is, one alone got an answer
            found.append(Wrong(name, repr(why)[:300]))
        else:
            if not same(got, alone[name]):
                found.append(Wrong(name, difference(alone[name], got)))
    return found


def same(got: Any, expected: Any) -> bool:
    """One of several answers where `expected` is a set of them."""
    return got in expected if isinstance(expected, frozenset) else bool(got == expected)


def in_another_order[Q](questions: Mapping[str, Q], stir: int) -> dict[str, Q]:
    """The same questions in an order of the seed."""
    names = list(questions)
    (order,) = orders(1, len(names), stir)
    return {names[i]: questions[names[i]] for i in order}


def none_wrong(found: Sequence[Wrong], asked: int) -> None:
    """Nothing went wrong; else so many answers of how many, the first of them, and the seed."""
    shown = "\n".join(map(str, found[:SHOWN]))
    assert not found, f"{len(found)} of {asked} answers, SWEETSPOT_SEED={SEED}:\n{shown}"


def difference(expected: Any, got: Any) -> str:
    """Where two answers part, in a few words."""
    if isinstance(expected, frozenset):
        return f"none of {len(expected)} answers: {difference(min(expected, key=repr), got)}"
    if isinstance(expected, tuple) and isinstance(got, tuple) and len(expected) == len(got):
        at = next(i for i, (a, b) in enumerate(zip(expected, got, strict=True)) if a != b)
        return f"[{at}] {difference(expected[at], got[at])}"
    if isinstance(expected, list) and isinstance(got, list) and len(expected) == len(got):
        apart = [(a, b) for a, b in zip(expected, got, strict=True) if a != b]
        first = "; ".join(f"expected {a!r}, got {b!r}" for a, b in apart[:3])
        return f"{len(apart)} of {len(got)} rows: {first}"
    one, other = (
        value.decode(errors="replace") if isinstance(value, bytes) else repr(value)
        for value in (expected, got)
    )
    at = next((i for i, (a, b) in enumerate(zip(one, other, strict=False)) if a != b), 0)
    start = max(0, at - 60)
    return f"expected ...{one[start : at + 100]!r}, got ...{other[start : at + 100]!r}"
