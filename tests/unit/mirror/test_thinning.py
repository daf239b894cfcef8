from __future__ import annotations

import random
from statistics import fmean, stdev

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shadowbench.mirror.thinning import Thinning


def test_strain_halves_the_next_second_and_quiet_seconds_give_it_back() -> None:
    thinning = Thinning([None, None])
    shares = []
    for second in range(1, 6):
        thinning.advance(second)
        shares.append(thinning.shares)
        if second < 4:
            thinning.strain(1)
            assert thinning.shares == shares[-1], "not within the second"
    assert shares == [(1.0, 1.0), (1.0, 0.5), (1.0, 0.25), (1.0, 0.125), (1.0, pytest.approx(0.1375))]
    thinning.advance(100.0)
    assert thinning.shares == (1.0, 1.0)


def test_what_strains_everything_lowers_every_share() -> None:
    thinning = Thinning([None, None])
    thinning.advance(1.0)
    thinning.strain()
    thinning.strain(0)
    thinning.strain(0)
    thinning.advance(2.0)
    assert thinning.overall == 0.5 and thinning.shares == (0.5, 0.5)


def test_the_lowest_share_counts() -> None:
    thinning = Thinning([10.0, None])
    thinning.advance(0.5)
    thinning.advance(1.0)
    for _ in range(40):
        thinning.came(0, 1.0)
    thinning.strain()
    thinning.advance(2.0)
    assert thinning.shares == (0.25, 0.5)


def test_a_share_never_reaches_zero_by_strain() -> None:
    thinning = Thinning([None])
    for second in range(40):
        thinning.advance(second)
        thinning.strain()
    assert thinning.shares == (1 / 1024,)


def test_a_cap_can_be_set_and_lifted() -> None:
    thinning = Thinning([None])
    thinning.advance(0.0)
    thinning.advance(1.0)
    for _ in range(40):
        thinning.came(0, 1.0)
    thinning.advance(2.0)
    thinning.set_caps([10.0])
    assert thinning.shares == (0.25,)
    thinning.set_caps([None])
    assert thinning.shares == (1.0,)


def test_under_a_cap_the_expected_number_is_the_cap() -> None:
    chance = random.Random(3)
    thinning = Thinning([10.0])
    taken: list[int] = []
    for second in range(600):
        thinning.advance(second)
        taken.append(0)
        for _ in range(50):
            thinning.came(0, 1.0)
            taken[-1] += chance.random() < thinning.shares[0]
    settled = taken[2:]
    assert taken[:2] == [0, 0]
    assert abs(fmean(settled) - 10.0) < 3 * stdev(settled) / len(settled) ** 0.5


@given(
    times=st.lists(st.floats(-1e6, 4e9), max_size=30),
    events=st.lists(st.sampled_from(["strain", "strain 0", "came", "nothing"]), min_size=30, max_size=30),
)
def test_whatever_the_clock_does_shares_are_shares(times: list[float], events: list[str]) -> None:
    thinning = Thinning([3.0, None])
    for at, event in zip(times, events, strict=False):
        thinning.advance(at)
        if event.startswith("strain"):
            thinning.strain(0 if event.endswith("0") else None)
        elif event == "came":
            thinning.came(0, 7.0)
        assert all(0 <= share <= 1 for share in thinning.shares) and 0 < thinning.shares[1] <= thinning.overall <= 1
