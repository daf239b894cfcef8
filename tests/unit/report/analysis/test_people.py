"""What people said, as one number for each pair."""

from __future__ import annotations

import numpy as np

from shadowbench.report.analysis.people import LEAST_PROBABILITY, People
from shadowbench.scores import Preferred
from tests.unit.report.analysis.invented import an_arm, said

OURS, TIE, THEIRS = Preferred.CANDIDATE, Preferred.TIE, Preferred.PRODUCTION


def test_rounds_of_a_person_are_averaged_before_persons_are() -> None:
    people = People(
        [
            said(3, OURS),
            said(3, THEIRS, round=2),
            said(3, THEIRS, labeller="bob"),
            said(1, TIE),
            said(0, None),
            said(2, OURS, question="other"),
        ]
    )
    told = people.preferences()
    assert told.rows.tolist() == [1, 3]
    assert told.values.tolist() == [0.5, 0.25]


def test_the_smallest_probability_of_a_pair_counts_and_none_is_too_small() -> None:
    told = People([said(1, OURS, probability=0.5), said(1, OURS, labeller="bob", probability=0.1),
                   said(2, OURS, probability=1e-300)]).preferences()  # fmt: skip
    assert told.probability.tolist() == [0.1, LEAST_PROBABILITY]


def test_ratings_are_shares_of_their_range_by_side() -> None:
    ours, theirs = People(
        [
            said(1, value=5, question="clear"),
            said(1, value=2, question="clear@production"),
            said(2, value=3, question="clear"),
        ]
    ).ratings("clear")
    assert ours.values.tolist() == [1.0, 0.5]
    assert theirs.values.tolist() == [0.25]
    both = ours.less(theirs)
    assert (both.rows.tolist(), both.values.tolist()) == ([1], [0.75])


def test_labels_find_their_places_among_some_of_an_arms_pairs() -> None:
    arm = an_arm(4, rows=np.array([2, 5, 7, 9]))
    told = People([said(row, OURS) for row in (0, 5, 7, 8, 9, 11)]).preferences()
    at, mine = told.among(arm, np.array([1, 3]))
    assert (at.tolist(), mine.rows.tolist()) == ([0, 1], [5, 9])


def test_without_labels_there_is_nothing() -> None:
    people = People([])
    assert len(people.preferences().rows) == 0
    ours, theirs = people.ratings("clear")
    assert len(ours.less(theirs).rows) == 0
    assert ours.values.shape == (0,)
