"""Pages in an order: every row once, whatever is left out between two of them."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.answers.cursor import Cursor, RowOrder
from app.errors import BadQuestion

KEYS = st.sampled_from([0.0, 1.5, 1.5, 7.25, float("nan")])
LISTS = st.lists(st.lists(KEYS, max_size=12), min_size=1, max_size=3)


def order_of(lists: list[list[float]], gone: set[tuple[int, int]] = frozenset()) -> RowOrder:  # type: ignore[assignment]
    """The order of the rows of those keys, without some of them."""
    rows = [
        np.array([row for row in range(len(keys)) if (at, row) not in gone], np.int64)
        for at, keys in enumerate(lists)
    ]
    keys = [np.array(of, np.float64)[some] for of, some in zip(lists, rows, strict=True)]
    return RowOrder.of(keys, rows)


def name(order: RowOrder, place: int) -> tuple[int, int]:
    return int(order.at[place]), int(order.row[place])


def by_hand(lists: list[list[float]]) -> list[tuple[int, int]]:
    """All rows by key, those without one last, then by list and number."""
    rows = [
        (np.inf if np.isnan(key) else key, at, row)
        for at, keys in enumerate(lists)
        for row, key in enumerate(keys)
    ]
    return [(at, row) for _, at, row in sorted(rows)]


@given(LISTS, st.integers(1, 7))
def test_pages_are_the_order_by_hand(lists, length):
    order, told, after = order_of(lists), [], None
    while True:
        page = order.behind(after, length)
        told += [name(order, place) for place in page.tolist()]
        if len(page) < length:
            break
        after = Cursor.read(order.cursor(int(page[-1]), "asked").text, "asked")
    assert told == by_hand(lists)


@given(LISTS, st.integers(1, 5), st.data())
def test_rows_left_out_between_pages_move_no_other(lists, length, data):
    """What is left out before it was shown is not; every other row comes exactly once."""
    gone: set[tuple[int, int]] = set()
    told: list[tuple[int, int]] = []
    after, everything = None, by_hand(lists)
    while True:
        order = order_of(lists, gone)
        page = order.behind(after, length)
        told += [name(order, place) for place in page.tolist()]
        if len(page) < length:
            break
        after = order.cursor(int(page[-1]), "asked")
        gone |= set(data.draw(st.lists(st.sampled_from(everything), max_size=3)))
    assert len(set(told)) == len(told)
    assert [one for one in everything if one in told] == told
    assert {*everything} - {*told} <= gone


@given(st.text(max_size=40))
def test_any_other_text_is_refused_in_a_sentence(text):
    with pytest.raises(BadQuestion, match=r"^cursor: "):
        Cursor.read(text, "asked")


def test_the_cursor_of_another_question_is_refused():
    text = Cursor("asked", 1.5, 0, 7).text
    assert Cursor.read(text, "asked") == Cursor("asked", 1.5, 0, 7)
    with pytest.raises(BadQuestion, match="another question"):
        Cursor.read(text, "something else")
