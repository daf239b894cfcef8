"""Columns of several logs: the same words have the same code, what is absent stays absent."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from shadowbench.reading.joining import joined, joined_scores, unscored
from shadowbench.store.columns import NOT_SCORED, Coded

WORDS = st.lists(st.sampled_from(["a", "b", "c", None]), max_size=8)


def coded(words: list[str | None]) -> Coded:
    texts = list(dict.fromkeys(word for word in words if word is not None))
    return Coded(codes=np.array([-1 if word is None else texts.index(word) for word in words], np.int32), texts=texts)


def spelled(column: object) -> list[str | None]:
    assert isinstance(column, Coded)
    return [None if code < 0 else column.texts[code] for code in column.codes.tolist()]


@given(logs=st.lists(WORDS, min_size=1, max_size=4))
def test_words_are_spelled_as_before_and_each_has_one_code(logs: list[list[str | None]]) -> None:
    column = joined([coded(words) for words in logs])
    assert spelled(column) == [word for words in logs for word in words]
    assert isinstance(column, Coded)
    assert len(set(column.texts)) == len(column.texts)


def test_numbers_stand_one_behind_the_other() -> None:
    np.testing.assert_array_equal(joined([np.array([1.0, np.nan]), np.array([2.0])]), [1.0, np.nan, 2.0])  # type: ignore[arg-type]


def test_a_measure_that_one_log_does_not_know_is_not_scored_there() -> None:
    scores = joined_scores([unscored(2), unscored(1)])
    assert spelled(scores.reason) == [NOT_SCORED] * 3
    assert np.isnan(scores.value).all()
    assert np.isnan(scores.probability).all()
