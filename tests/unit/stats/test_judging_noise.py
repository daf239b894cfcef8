"""Flips and the intraclass correlation against the published example."""

import numpy as np
import pytest

from shadowbench.stats.judging_noise import flip_rate, icc

SHROUT_FLEISS = [[9, 2, 5, 8], [6, 1, 3, 2], [8, 4, 6, 8], [7, 1, 2, 6], [10, 5, 6, 9], [6, 2, 4, 7]]


def test_the_published_example_gives_its_value_and_interval() -> None:
    """Shrout & Fleiss (1979), table 2: ICC(1,1) = .17, 95 % −.13 to .72."""
    found = icc(SHROUT_FLEISS)
    assert (found.value, found.low, found.high) == (
        pytest.approx(0.166, abs=5e-4),
        pytest.approx(-0.133, abs=5e-4),
        pytest.approx(0.723, abs=5e-4),
    )


def test_a_judge_that_repeats_itself_has_one_and_a_dice_none() -> None:
    assert icc([[1, 1], [2, 2], [5, 5]]).value == 1.0
    random = np.random.default_rng(1)
    found = icc(random.normal(size=(300, 2)).tolist())
    assert found.holds(0.0) and abs(found.value or 1) < 0.12


def test_groups_of_unequal_size_find_the_share_that_was_put_in() -> None:
    random = np.random.default_rng(2)
    truth = random.normal(size=800)
    groups = [list(t + random.normal(scale=0.5, size=2 + n % 3)) for n, t in enumerate(truth)]
    found = icc([*groups, [3.0]])
    assert found.n == 800 and found.holds(0.8)


def test_what_cannot_be_told_says_why() -> None:
    assert icc([[1, 2]]).reason == "too_few"
    assert icc([[2, 2], [2, 2]]).reason == "no_variation"


def test_flips_are_counted_among_what_was_asked_again() -> None:
    found = flip_rate([["tie", "tie"], ["candidate", "tie"], ["candidate"], ["tie", "tie", "production"]])
    assert (found.value, found.n) == (pytest.approx(2 / 3), 3)
    assert flip_rate([["tie"]]).reason == "no_units"
