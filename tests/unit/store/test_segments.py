"""Columns in one piece: what is unpacked is what was packed."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from shadowbench.store.columns_segments import Segment
from shadowbench.store.segments import SPAN, Cell, packed, page_of

WORDS = st.none() | st.text(st.characters(exclude_categories=["Cs"]), max_size=5)
SMALL = st.sampled_from([None, 0, 1, 0.5, -2.25])
WHOLES = st.integers(-(2**53), 2**53)
REALS = st.floats(allow_nan=False)
NUMBERS = st.one_of(st.none(), WHOLES, REALS)


def spelled(segment: Segment, name: str, *, is_word: bool) -> list[Cell]:
    if is_word:
        codes, words = segment.words(name)
        return [words[code] for code in codes.tolist()]
    return [None if value != value else value for value in segment.numbers(name).tolist()]


@st.composite
def tables(draw: st.DrawFn) -> tuple[dict[str, Sequence[Cell]], dict[str, bool]]:
    rows = draw(st.sampled_from([0, 1, 5, 300]))
    kinds = draw(st.lists(st.sampled_from([WORDS, SMALL, WHOLES, REALS, NUMBERS]), min_size=1, max_size=4))
    names = [f"column_{place}" for place in range(len(kinds))]
    # Long columns are drawn from few cells, and some from many: what is drawn is repeated, in another order each time.
    drawn = [draw(st.lists(kind, min_size=1, max_size=30)) for kind in kinds]
    columns = [[cells[(row * 7919) % len(cells)] for row in range(rows)] for cells in drawn]
    return dict(zip(names, columns, strict=True)), {
        name: kind is WORDS for name, kind in zip(names, kinds, strict=True)
    }


@given(tables())
def test_what_is_unpacked_is_what_was_packed(made: tuple[dict[str, Sequence[Cell]], dict[str, bool]]) -> None:
    columns, are_words = made
    segment = Segment(packed(columns))
    assert set(segment.names) == set(columns)
    assert segment.rows == len(columns["column_0"])
    for name, column in columns.items():
        assert spelled(segment, name, is_word=are_words[name]) == list(column)


@pytest.mark.parametrize(
    ("column", "size"),
    [
        ([7] * SPAN, 8),
        ([None] * SPAN, 8),
        (["ok"] * SPAN, 0),
        ([number % 3 for number in range(SPAN)], 3 * 8 + SPAN),
        ([("ok", "no", None)[number % 3] for number in range(SPAN)], SPAN),
        ([number % 300 for number in range(SPAN)], 2 * SPAN),
        ([number * 70 for number in range(SPAN)], 4 * SPAN),
        ([-number for number in range(SPAN)], 4 * SPAN),
        ([number / 7 for number in range(SPAN)], 8 * SPAN),
        ([None, *(number for number in range(SPAN - 1))], 8 * SPAN),
        ([2**40 + number for number in range(SPAN)], 8 * SPAN),
        ([f"user-{number}" for number in range(SPAN)], 2 * SPAN),
    ],
)
def test_a_column_takes_no_more_than_its_values_need(column: Sequence[Cell], size: int) -> None:
    segment = Segment(packed({"x": column}))
    assert len(segment._data) - segment._begin == size
    assert spelled(segment, "x", is_word=any(isinstance(cell, str) for cell in column)) == list(column)


def test_very_many_words_have_codes_of_their_own() -> None:
    column = [f"{number}" for number in range(70_000)]
    assert spelled(Segment(packed({"x": column})), "x", is_word=True) == column


def test_numbers_are_exact() -> None:
    values = [0.1, 1e-320, 1.7976931348623157e308, -5e-324, float("inf"), 2.0**53]
    found = Segment(packed({"x": values * 60, "y": [v + number for number in range(60) for v in values]})).numbers("x")
    assert found.tolist() == values * 60


def test_a_column_of_no_words_is_read_as_words_too() -> None:
    codes, words = Segment(packed({"x": [None, None]})).words("x")
    assert [words[code] for code in codes.tolist()] == [None, None]


def test_columns_are_of_one_length() -> None:
    with pytest.raises(ValueError, match="one length"):
        packed({"x": [1], "y": [1, 2]})


@pytest.mark.parametrize("data", [b"", b"\x01", b"\x05\x00\x00\x00abcde"])
def test_what_is_no_segment_is_refused(data: bytes) -> None:
    with pytest.raises(ValueError, match=r"segment|unexpected"):
        Segment(data)


def test_pages_begin_with_number_one() -> None:
    assert [page_of(number) for number in (1, SPAN, SPAN + 1, 2 * SPAN)] == [0, 0, 1, 1]


def test_of_no_rows_every_column_is_empty() -> None:
    segment = Segment(packed({"x": [], "y": []}))
    assert segment.numbers("x").shape == (0,)
    assert segment.words("y")[0].shape == (0,)
    assert np.asarray(segment.rows) == 0
