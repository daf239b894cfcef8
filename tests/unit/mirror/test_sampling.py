from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from shadowbench import keyed
from shadowbench.mirror.head import parse_head
from shadowbench.mirror.sampling import cluster_key, header_of_key, inclusion_probabilities, sampling_key

POINT = st.integers(0, keyed.POINTS - 1)
RATES = st.lists(st.floats(0, 1), max_size=4)


def test_a_key_names_a_header_or_the_request() -> None:
    assert header_of_key("request") is None
    assert header_of_key("header: X-User ") == b"x-user"
    head = parse_head(b"POST / HTTP/1.1\r\nX-User: jo\r\nEmpty: \r\n")
    assert sampling_key(b"x-user", head, "e", 1) == b"jo"
    assert sampling_key(b"empty", head, "e", 1) == b""
    assert sampling_key(b"none", head, "e", 1) == sampling_key(None, head, "e", 1) == b"e:1"


@given(point=POINT, rates=RATES, admitted=st.floats(0.001, 1))
def test_a_candidate_is_chosen_when_the_point_is_below_both_bounds(
    point: int, rates: list[float], admitted: float
) -> None:
    found = inclusion_probabilities(point, rates, admitted)
    for index, rate in enumerate(rates):
        bound = min(rate, admitted)
        assert (index in found) == (point < keyed.threshold(bound) and bound > 0)
        assert found.get(index, bound) == bound


@given(point=POINT, rates=RATES)
def test_who_sees_less_sees_a_part_of_what_others_see(point: int, rates: list[float]) -> None:
    found = inclusion_probabilities(point, rates, 1.0)
    assert {i for i, rate in enumerate(rates) if found and rate >= min(found.values())} >= set(found)
    assert all(i in found for i, rate in enumerate(rates) if found and rate >= min(found.values()))


def test_a_rate_of_one_takes_everything_and_of_zero_nothing() -> None:
    assert inclusion_probabilities(keyed.POINTS - 1, [1.0, 0.0], 1.0) == {0: 1.0}
    assert inclusion_probabilities(0, [1.0, 0.0], 1.0) == {0: 1.0}


def test_a_cluster_key_tells_nothing_but_equality() -> None:
    salt = bytes(32)
    assert cluster_key(salt, b"jo") == cluster_key(salt, b"jo") != cluster_key(salt, b"jill")
    assert cluster_key(salt, b"jo") != cluster_key(b"x" * 32, b"jo")
    assert keyed.placeholder(salt, b"jo").decode().removeprefix("hash:") != cluster_key(salt, b"jo")
