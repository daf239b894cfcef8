"""Scores by columns: many measures at once, and those that are far apart."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from shadowbench.scores import Score
from shadowbench.store.columns_scores import ScoreReader, rounds
from shadowbench.store.columns_sqlite import open_columns
from shadowbench.store.testing import a_measure, an_exchange
from tests.contract.scorers import logs_in, url_in


@given(measures=st.lists(st.integers(1, 2000), max_size=60))
def test_a_lot_fits_into_eight_bits_and_no_measure_is_lost(measures: list[int]) -> None:
    lots = rounds(measures)
    assert [measure for lot in lots for measure in lot] == sorted(set(measures))
    assert all(lot[-1] - lot[0] < 256 for lot in lots)


def test_measures_that_are_far_apart_are_kept_apart(tmp_path: Path) -> None:
    with logs_in(tmp_path) as (log, scores):
        log.append([an_exchange(number) for number in range(1, 6)])
        every = list(scores.register([a_measure(f"m{each}") for each in range(600)]))
        some = [every[0], every[1], every[255], every[256], every[299], every[599]]
        scores.put_scores(
            [Score(number, 1, measure, measure + number / 10, None) for number in range(1, 6) for measure in every]
        )
    with closing(open_columns(url_in(tmp_path))) as columns:
        found = columns.scores(some, columns.pairs([], upto=columns.newest()))
    assert list(found) == some
    for measure in some:
        np.testing.assert_allclose(found[measure].value, measure + np.arange(1, 6) / 10, rtol=0, atol=1e-12)


def test_more_reasons_than_there_is_room_for_are_others(tmp_path: Path) -> None:
    count = 5000
    with logs_in(tmp_path) as (log, scores):
        log.append([an_exchange(number) for number in range(1, count + 1)])
        (measure,) = scores.register([a_measure()])
        scores.put_scores([Score(number, 1, measure, None, f"because_{number}") for number in range(1, count + 1)])
    with closing(open_columns(url_in(tmp_path))) as columns:
        reason = columns.scores([measure], columns.pairs([], upto=columns.newest()))[measure].reason
    told = [reason.texts[code] for code in reason.codes]
    assert told[:4000] == [f"because_{number}" for number in range(1, 4001)]
    assert set(told[4200:]) == {"(others)"}


def test_pairs_that_were_pruned_meanwhile_have_no_scores_and_all_others_keep_theirs(tmp_path: Path) -> None:
    """A page that is gone leaves a gap, and what comes behind it stays in its place."""
    with logs_in(tmp_path) as (log, scores):
        log.append([an_exchange(number) for number in range(1, 21)])
        (measure,) = scores.register([a_measure()])
        scores.put_scores([Score(number, 1, measure, number / 10, None) for number in range(1, 21)])
    with closing(open_columns(url_in(tmp_path))) as columns:
        pairs = columns.pairs([], upto=columns.newest())
        reader = ScoreReader(columns._connection, columns._images, columns._segments, [measure], pairs)
        for after, last in ((0, 5), (9, 12), (12, 15)):
            reader.read(after=after, last=last)
    found = reader.all()[measure]
    wanted = [number / 10 if number <= 5 or 9 < number <= 15 else np.nan for number in range(1, 21)]
    np.testing.assert_array_equal(found.value, wanted)
    told = [found.reason.texts[code] if code >= 0 else None for code in found.reason.codes]
    assert told == ["not_scored" if np.isnan(value) else None for value in wanted]
    np.testing.assert_array_equal(np.isnan(found.probability), np.isnan(wanted))
