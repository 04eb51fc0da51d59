"""What was computed once and is kept: in memory, bounded by weight, and on disk, by size.

What several threads get is one value: whoever keeps one makes it `read_only` first.
"""

import json
import os
import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Hashable
from contextlib import suppress
from dataclasses import fields, is_dataclass
from functools import cached_property
from hashlib import blake2b
from pathlib import Path
from types import MappingProxyType
from typing import Any, Self, overload

import numpy as np
from numpy.typing import NDArray


class once[T](cached_property[T]):  # noqa: N801  read like the `cached_property` that it is
    """A `cached_property` that the first thread to ask computes while the others wait for it.

    Where computing it raises, the next to ask tries again.
    """

    @overload
    def __get__(self, instance: None, owner: type[Any] | None = None) -> Self: ...
    @overload
    def __get__(self, instance: object, owner: type[Any] | None = None) -> T: ...
    def __get__(self, instance: object, owner: type[Any] | None = None) -> Self | T:
        """The value; the property itself where the class is asked."""
        if instance is None:
            return self
        # `setdefault` is one step for the interpreter: all threads get the same lock.
        lock = instance.__dict__.setdefault(f"making {self.attrname}", threading.Lock())
        with lock:
            return super().__get__(instance, owner)


def read_only[T](value: T) -> T:
    """The same value; its arrays (a tuple's, a dataclass's) can't be written to any more."""
    if isinstance(value, np.ndarray):
        value.flags.writeable = False
    elif isinstance(value, tuple):
        for part in value:
            read_only(part)
    elif is_dataclass(value):
        for field in fields(value):
            read_only(getattr(value, field.name))
    return value


def parse_frozen(text: str | bytes) -> Any:
    """A JSON text's value, of mappings and tuples that can't be changed. Raises ValueError."""
    return _frozen(json.loads(text))


def _frozen(value: Any) -> Any:
    match value:
        case dict():
            return MappingProxyType({key: _frozen(one) for key, one in value.items()})
        case list():
            return tuple(map(_frozen, value))
    return value


class LastCache[K, V]:
    """The value made for the key asked last, read-only. Two threads may both make it, alike."""

    def __init__(self) -> None:
        self._last: tuple[K, V] | None = None

    def get_or_make(self, key: K, make: Callable[[], V]) -> V:
        """The value kept where the key is the last one, else one made now and kept."""
        last = self._last
        if last is None or last[0] != key:
            last = self._last = key, read_only(make())
        return last[1]


class _Making:
    """A value that one thread makes and others wait for."""

    def __init__(self) -> None:
        self.done = threading.Lock()
        self.waiting = 0


class MemoryCache[T]:
    """The values used last, up to a total weight; read-only. Behind one lock: safe for threads.

    Concurrent calls for one key make its value once: the others wait for it.
    """

    def __init__(self, most: float) -> None:
        self._most = most
        self._total = 0.0
        self._guard = threading.Lock()
        self._values: OrderedDict[Hashable, tuple[T, float]] = OrderedDict()
        self._making: dict[Hashable, _Making] = {}

    def get(self, key: Hashable) -> T | None:
        """The value kept under a key; None where there is none."""
        with self._guard:
            if key not in self._values:
                return None
            self._values.move_to_end(key)
            return self._values[key][0]

    def put(self, key: Hashable, value: T, weight: float) -> None:
        """Keep it, and drop those not used for longest until the total fits."""
        read_only(value)
        with self._guard:
            self._total += weight - self._values.pop(key, (value, 0.0))[1]
            self._values[key] = (value, weight)
            while self._total > self._most and len(self._values) > 1:
                self._total -= self._values.popitem(last=False)[1][1]

    def drop(self, key: Hashable) -> None:
        """Forget what is kept under a key."""
        with self._guard:
            self._total -= self._values.pop(key, (None, 0.0))[1]

    def drop_where(self, unwanted: Callable[[Hashable, T], bool]) -> None:
        """Forget what that is true of, by key and value."""
        with self._guard:
            keys = [key for key, (value, _) in self._values.items() if unwanted(key, value)]
        for key in keys:
            self.drop(key)

    def get_or_make(self, key: Hashable, make: Callable[[], T], weight: Callable[[T], float]) -> T:
        """The value kept under a key, else one made now and kept."""
        with self._guard:
            making = self._making.setdefault(key, _Making())
            making.waiting += 1
        try:
            with making.done:
                known = self.get(key)
                if known is None:
                    known = make()
                    self.put(key, known, weight(known))
                return known
        finally:
            with self._guard:
                making.waiting -= 1
                if not making.waiting:
                    del self._making[key]


_PART_S = 600  # no file is longer in the writing


class DiskCache:
    """Arrays in files, those used last, up to a size. `stamp`: what they were computed from.

    A folder for each stamp; the others' files are dropped, and what a process that was killed left
    unfinished. Files that can't be read count as absent, and a disk that can't be written keeps
    nothing. Threads and processes may share it: each file takes its name whole, and one that
    another drops counts as absent.
    """

    def __init__(self, folder: Path, megabytes: float, stamp: str) -> None:
        self._folder = folder / blake2b(stamp.encode(), digest_size=8).hexdigest()
        self._bytes = megabytes * 1e6
        with suppress(OSError):
            for old in folder.glob("*/*.*"):
                unfinished = old.suffix == ".part" and time.time() - old.stat().st_mtime > _PART_S
                if unfinished or old.parent != self._folder:
                    old.unlink(missing_ok=True)

    def get(self, key: str) -> NDArray[Any] | None:
        """The array kept under a key; None where there is none."""
        path = self._path(key)
        try:
            found: NDArray[Any] = np.load(path, allow_pickle=False)
            os.utime(path)
        except (OSError, ValueError, EOFError):
            return None
        return found

    def put(self, key: str, array: NDArray[Any]) -> None:
        """Keep it, whole or not at all, and drop the files not used for longest."""
        path = self._path(key)
        fresh = path.with_suffix(f".{os.getpid()}.{threading.get_ident()}.part")
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            with fresh.open("wb") as out:
                np.save(out, array)
            fresh.replace(path)
            self._trim()
        except OSError:
            with suppress(OSError):
                fresh.unlink(missing_ok=True)

    def _path(self, key: str) -> Path:
        return self._folder / f"{blake2b(key.encode(), digest_size=12).hexdigest()}.npy"

    def _trim(self) -> None:
        files = sorted(
            ((f.stat().st_mtime_ns, f.stat().st_size, f) for f in self._folder.glob("*.npy")),
            reverse=True,
        )
        total = 0
        for _, size, path in files:
            total += size
            if total > self._bytes:
                path.unlink(missing_ok=True)
