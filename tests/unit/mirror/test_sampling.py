from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shadowbench import keyed
from shadowbench.mirror.head import parse_head
from shadowbench.mirror.sampling import THINNED, WARMING_UP, Bound, SampleKey, draw, lot

SALT = bytes(32)
POINT = st.integers(0, keyed.POINTS - 1)
RATES = st.lists(st.floats(0, 1), max_size=4)
EVERYTHING = Bound(1.0, False)


def test_a_key_names_a_header_the_conversation_or_the_request() -> None:
    assert SampleKey.of("request") == (None, False)
    assert SampleKey.of("header: X-User ") == (b"x-user", False)
    assert SampleKey.of("conversation") == (None, True)


def test_the_point_is_the_one_that_the_proxy_computed() -> None:
    head = parse_head(b"POST / HTTP/1.1\r\nX-User: jo\r\nEmpty: \r\n")
    assert SampleKey(b"x-user").point(SALT, head, b"e:1") == keyed.sample_point(SALT, b"jo")
    own = keyed.sample_point(SALT, b"e:1")
    assert SampleKey(b"none").point(SALT, head, b"e:1") == SampleKey(None).point(SALT, head, b"e:1") == own


@pytest.mark.parametrize("value", [b"", b" ", b" \t "])
def test_a_blank_header_is_a_missing_one(value: bytes) -> None:
    head = parse_head(b"POST / HTTP/1.1\r\nX-User: %b\r\n" % value)
    assert SampleKey(b"x-user").point(SALT, head, b"e:1") == keyed.sample_point(SALT, b"e:1")


def test_a_conversation_draws_another_point_than_the_proxy() -> None:
    points = [
        keyed.sample_point(SALT, b"e:1"),
        lot(SALT, b"e:1"),
        SampleKey.conversation_point(SALT, None, b"e:1"),
        SampleKey.conversation_point(SALT, b"e:1", b"e:1"),
    ]
    assert len(set(points)) == 4
    assert SampleKey.conversation_point(SALT, b"c", b"e:1") == SampleKey.conversation_point(SALT, b"c", b"e:2")


@given(point=POINT, own_lot=POINT, rates=RATES, share=st.floats(0, 1), admitted=st.floats(0.001, 1))
def test_a_candidate_is_chosen_when_the_point_is_below_both_bounds_and_the_lot_below_its_share(
    point: int, own_lot: int, rates: list[float], share: float, admitted: float
) -> None:
    drawn = draw(point, own_lot, rates, [share] * len(rates), Bound(admitted, False))
    for index, rate in enumerate(rates):
        bound = min(rate, admitted)
        passed = bound > 0 and point < keyed.threshold(bound)
        assert (index in drawn.eligible) == passed
        assert (index in drawn.probabilities) == (passed and own_lot < keyed.threshold(share))
        assert drawn.probabilities.get(index, bound * share) == bound * share
    assert (drawn.reason != "") == (bool(drawn.eligible) and not drawn.probabilities)


@given(point=POINT, rates=RATES)
def test_who_sees_less_sees_a_part_of_what_others_see(point: int, rates: list[float]) -> None:
    found = draw(point, 0, rates, [1.0] * len(rates), EVERYTHING).probabilities
    assert all(index in found for index, rate in enumerate(rates) if found and rate >= min(found.values()))


def test_independent_draws_multiply() -> None:
    point = keyed.threshold(0.4)
    assert draw(point, 0, [0.5], [1.0], Bound(0.25, True)).probabilities == {0: 0.125}
    assert draw(point, 0, [0.5], [1.0], Bound(0.25, False)).probabilities == {}


def test_a_rate_of_one_takes_everything_and_of_zero_nothing() -> None:
    last = keyed.POINTS - 1
    assert draw(last, last, [1.0, 0.0], [1.0, 1.0], EVERYTHING).probabilities == {0: 1.0}
    assert draw(0, 0, [1.0, 0.0], [1.0, 1.0], EVERYTHING).probabilities == {0: 1.0}


def test_shares_leave_out_with_a_reason() -> None:
    last = keyed.POINTS - 1
    assert draw(0, last, [1.0, 1.0], [0.5, 0.0], EVERYTHING).reason == THINNED
    assert draw(0, last, [1.0], [0.0], EVERYTHING).reason == WARMING_UP
    assert draw(last, 0, [0.5], [0.0], EVERYTHING) == ({}, (), "")
