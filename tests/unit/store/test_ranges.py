"""Ranges do as sets of numbers do."""

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from shadowbench.store.ranges import Range, Ranges, common, done_with_mark, gaps, mark_of, union

MOST = 30
some_ranges = st.lists(
    st.tuples(st.integers(1, MOST), st.integers(0, 6)).map(lambda each: (each[0], min(MOST, each[0] + each[1]))),
    max_size=6,
)


def numbers(ranges: list[Range] | Ranges) -> set[int]:
    return {number for first, last in ranges for number in range(first, last + 1)}


def is_tidy(ranges: Ranges) -> bool:
    """In order, and neither overlapping nor touching."""
    apart = all(earlier[1] + 1 < later[0] for earlier, later in pairwise(ranges))
    return apart and all(first <= last for first, last in ranges)


@given(some_ranges)
def test_a_union_holds_what_any_holds(ranges: list[Range]) -> None:
    assert numbers(union(ranges)) == numbers(ranges)
    assert is_tidy(union(ranges))


@given(st.lists(some_ranges.map(union), min_size=1, max_size=4))
def test_what_is_common_is_in_all(several: list[Ranges]) -> None:
    assert numbers(common(several)) == set.intersection(*map(numbers, several))
    assert is_tidy(common(several))


def test_nothing_is_common_to_none() -> None:
    assert common([]) == ()


@given(some_ranges.map(union))
def test_gaps_are_the_rest(taken: Ranges) -> None:
    *inner, (first, end) = gaps(taken)
    assert end is None
    assert first > max(numbers(taken), default=0)
    closed = [(start, last) for start, last in inner if last is not None]
    assert len(closed) == len(inner)
    assert numbers(closed) | set(range(first, MOST + 2)) == set(range(1, MOST + 2)) - numbers(taken)


@given(some_ranges.map(union))
def test_a_mark_is_how_far_all_is_done(done: Ranges) -> None:
    mark, ahead = mark_of(done)
    assert set(range(1, mark + 1)) <= numbers(done)
    assert mark + 1 not in numbers(done)
    assert done_with_mark(mark, ahead) == done
    assert done_with_mark(0, done) == done
