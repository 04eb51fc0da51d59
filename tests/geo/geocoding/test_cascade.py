"""Geocoders one after the other, each for what the ones before did not find."""

from dataclasses import dataclass, field

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as some

from app.errors import BackendDown
from app.geo.addresses.address import Address, Addresses
from app.geo.geocoding.cascade import Cascade, best_candidates
from app.geo.geocoding.geocoder import Accuracy, Fixes, no_fixes
from app.geo.points import Point, Points


@dataclass
class Book:
    """A geocoder that knows the lines given to it, and remembers what it was asked."""

    name: str
    knows: dict[str, float]
    note: str = ""
    asked: list[list[str]] = field(default_factory=list)
    near: list[Point | None] = field(default_factory=list)

    def locate(self, addresses: Addresses, near: Point | None = None) -> Fixes:
        self.asked.append(list(addresses.line))
        self.near.append(near)
        at = np.array([self.knows.get(line, np.nan) for line in addresses.line], dtype=np.float64)
        has = np.isfinite(at)
        return Fixes(
            Points(at, at.copy()),
            np.where(has, Accuracy.STREET, Accuracy.NONE).astype(np.uint8),
            np.where(has, 50.0, np.nan),
            [self.name if ok else "" for ok in has],
            [line if ok else "" for line, ok in zip(addresses.line, has, strict=True)],
            ["" if ok else self.note for ok in has],
            [""] * len(has),
        )

    def candidates(self, address: Address, k: int, near: Point | None = None) -> Fixes:
        lines = [line for line in self.knows if line.startswith(address.line)][:k]
        return self.locate(Addresses.of([Address(line) for line in lines]), near)


class Broken(Book):
    """A service that is down."""

    def locate(self, *_: object) -> Fixes:
        raise BackendDown("no answer", backend=self.name)

    candidates = locate


def rows(*lines: str) -> Addresses:
    return Addresses.of([Address(line) for line in lines])


def test_the_next_is_asked_only_for_what_is_left() -> None:
    """The first book has a, the second a and b, none has c; the order is the rows'."""
    first, second = Book("first", {"a": 1}), Book("second", {"a": 9, "b": 2})
    fixes = Cascade([first, second]).locate(rows("c", "b", "a"))
    assert first.asked == [["c", "b", "a"]]
    assert second.asked == [["c", "b"]]
    assert fixes.source == ["", "second", "first"]
    assert np.array_equal(fixes.at.lon, [np.nan, 2, 1], equal_nan=True)
    assert fixes.accuracy.tolist() == [Accuracy.NONE, Accuracy.STREET, Accuracy.STREET]


def test_a_geocoder_with_nothing_left_is_not_asked() -> None:
    """A rate-limited service is not bothered with an empty batch."""
    second = Book("second", {})
    Cascade([Book("first", {"a": 1}), second]).locate(rows("a", "a"))
    assert second.asked == []


def test_identical_addresses_are_looked_up_once() -> None:
    book = Book("book", {"a": 1, "b": 2})
    fixes = Cascade([book]).locate(rows("a", "b", "a", "a"))
    assert book.asked == [["a", "b"]]
    assert fixes.at.lon.tolist() == [1, 2, 1, 1]
    assert fixes.label == ["a", "b", "a", "a"]


def test_the_most_telling_note_is_kept() -> None:
    """Where none finds it, the longest; a fix has its own geocoder's note only."""
    short, long = Book("short", {}, "unknown"), Book("long", {"b": 2}, "no such street in Hilo")
    assert Cascade([short, long]).locate(rows("a", "b")).note == ["no such street in Hilo", ""]
    assert Cascade([long, short]).locate(rows("a")).note == ["no such street in Hilo"]


def test_a_failed_geocoder_is_passed_over_and_named() -> None:
    """One service down must not lose the rows that the next one can place."""
    fixes = Cascade([Broken("census", {}), Book("zips", {"a": 1})]).locate(rows("a", "b"))
    assert fixes.source == ["zips", ""]
    assert fixes.note == ["", "census failed: no answer"]


def test_candidates_come_from_the_first_that_has_any() -> None:
    """Two sources naming one place would look like two places."""
    first, second = Book("first", {"ab": 1}), Book("second", {"ab": 1, "ac": 2, "b": 3})
    cascade = Cascade([Broken("broken", {}), first, second])
    assert list(cascade.candidates(Address("a"), 5).source) == ["first"]
    assert list(cascade.candidates(Address("b"), 5).source) == ["second"]
    assert len(cascade.candidates(Address("x"), 5)) == 0


def test_the_best_candidates_are_asked_for_until_they_are_good_enough() -> None:
    """Those that are asked in any case count even when one before them is good enough."""
    books = [Broken("broken", {}), Book("first", {"a": 1}), Book("second", {"a": 2})]
    enough = Accuracy.STREET
    assert list(best_candidates(books, Address("a"), 5, enough=enough).source) == ["first"]
    assert books[2].asked == []
    found = best_candidates(books, Address("a"), 5, enough=enough, always=3)
    assert list(found.source) == ["first"]
    assert books[2].asked == [["a"]]


def test_a_failure_is_raised_where_nobody_else_finds_anything() -> None:
    books = [Broken("broken", {}), Book("book", {})]
    with pytest.raises(BackendDown):
        best_candidates(books, Address("a"), 5, enough=Accuracy.PLACE)


def test_home_is_passed_on_and_the_name_names_all() -> None:
    book = Book("book", {})
    cascade = Cascade([book, Book("other", {})])
    cascade.locate(rows("a"), Point(1, 2))
    assert book.near == [Point(1, 2)]
    assert cascade.name == "book, other"


def test_no_geocoders_and_no_rows() -> None:
    assert len(Cascade([]).locate(rows())) == 0
    assert Cascade([]).locate(rows("a")).accuracy.tolist() == [Accuracy.NONE]
    assert len(no_fixes(["why", "why not"])) == 2


@settings(deadline=None)
@given(some.lists(some.sampled_from("abcdef"), max_size=12), some.randoms(use_true_random=False))
def test_permuting_rows_permutes_fixes(lines: list[str], random: object) -> None:
    """Each address's fix depends on nothing but the address."""
    order = list(range(len(lines)))
    random.shuffle(order)  # type: ignore[attr-defined]
    cascade = Cascade([Book("one", {"a": 1, "b": 2}), Book("two", {"c": 3, "d": 4}, "no")])
    straight, shuffled = (
        cascade.locate(rows(*lines)),
        cascade.locate(rows(*(lines[i] for i in order))),
    )
    assert shuffled.source == [straight.source[i] for i in order]
    assert shuffled.note == [straight.note[i] for i in order]
    assert np.array_equal(
        shuffled.at.lon, straight.at.lon[np.array(order, dtype=np.int64)], equal_nan=True
    )
