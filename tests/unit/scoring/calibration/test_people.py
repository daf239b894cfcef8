"""Labels become one word per pair, and tell how far people agree."""

import numpy as np
import pytest

from shadowbench.scores import PairRef
from shadowbench.scoring.calibration.people import ceiling, words
from tests.unit.scoring.calibration.judged import TIE, C, P, label


def chance() -> np.random.Generator:
    return np.random.default_rng(1)


def test_the_majority_of_labellers_is_the_word_and_without_one_it_is_a_tie() -> None:
    labels = [label(1, C, "ann"), label(1, C, "bob"), label(1, P, "cy"), label(2, C, "ann"), label(2, P, "bob")]
    found = words([*labels, label(3, TIE)])
    assert {pair.number: word.preferred for pair, word in found.items()} == {1: C, 2: TIE, 3: TIE}
    assert found[PairRef(1, 1)].labels == 3


def test_second_rounds_and_other_questions_do_not_enter() -> None:
    found = words([label(1, C), label(1, P, round=2), label(2, question="tone", value=4.0), label(3, None)])
    assert {pair.number for pair in found} == {1}


def test_ratings_become_their_mean_and_weights_the_inverse_probability() -> None:
    labels = [label(1, question="tone", value=v, labeller=who, probability=0.25) for v, who in ((4.0, "a"), (5.0, "b"))]
    word = words(labels, "tone")[PairRef(1, 1)]
    assert (word.value, word.weight, word.labels) == (4.5, 4.0, 2)


def test_people_who_agree_have_an_alpha_of_one_and_those_alone_have_none() -> None:
    both = [label(n, C if n % 2 else P, who) for n in range(1, 21) for who in ("ann", "bob")]
    found = ceiling(both, chance())
    assert (found.labellers, found.twice, found.alpha.value, found.with_themselves) == (2, 20, 1.0, None)
    alone = ceiling([each for each in both if each.labeller == "ann"], chance())
    assert (alone.twice, alone.alpha.reason) == (0, "no_unit_rated_twice")
    assert ceiling([], chance()).labellers == 0


def test_a_second_round_measures_the_labeller() -> None:
    first = [label(n, C if n % 2 else P) for n in range(1, 21)]
    second = [label(n, C if n % 2 or n == 2 else P, round=2) for n in range(1, 11)]
    found = ceiling([*first, *second], chance()).with_themselves
    assert found is not None and (found.n, found.observed.value) == (10, pytest.approx(0.9))
    assert ceiling([*first, *second], chance()).twice == 10


def test_the_ceiling_of_ratings_is_ordinal() -> None:
    labels = [
        label(n, question="tone", value=float(n % 5 + d), labeller=w)
        for n in range(20)
        for w, d in (("a", 0), ("b", 1))
    ]
    assert (ceiling(labels, chance(), "tone").alpha.value or 0) > 0.5
    assert ceiling(labels, chance(), "tone").with_themselves is None
