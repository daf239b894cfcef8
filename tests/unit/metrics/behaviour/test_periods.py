import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shadowbench.metrics.behaviour.periods import LONGEST, loops_in
from tests.unit.metrics.behaviour.test_loops import PROSE


@pytest.mark.parametrize(
    ("block", "period"),
    [("a", 1), ("哈", 1), ("ha ", 3), ("the cat sat on the mat. ", 24), (PROSE + " ", len(PROSE) + 1), ("x = 1\n", 6)],
)
def test_a_block_said_over_and_over_is_a_loop(block: str, period: int) -> None:
    (loop, *_) = loops_in(block * 30)
    assert (loop.start, loop.end, loop.period) == (0, len(block) * 30, period)


@settings(deadline=None)
@given(st.text(alphabet="abc ", min_size=9, max_size=25), st.integers(3, 12), st.integers(0, 10**6))
def test_a_loop_is_found_whatever_its_block_and_whatever_stands_before(block: str, times: int, seed: int) -> None:
    chance = random.Random(seed)
    before = "".join(chance.choice("0123456789") for _ in range(50))
    loops = loops_in(before + block * times)
    assert max(loop.end - loop.start for loop in loops) >= len(block) * times


def test_every_loop_is_one() -> None:
    text = PROSE + "tick tock " * 7 + PROSE[::-1]
    for start, end, period in loops_in(text):
        assert end - start >= 3 * period
        assert text[start : end - period] == text[start + period : end]


def test_loops_are_found_in_texts_of_any_script_and_any_length_of_words() -> None:
    """With and without words of more than 24 characters, in ASCII and beyond: four ways of looking."""
    for before in (PROSE, PROSE + " " + "x" * 30, "Zoë. " + PROSE, "Zoë. " + PROSE + " " + "x" * 30):
        text = before + " and so it goes" * 9
        assert any(loop.period == 15 and loop.end - loop.start >= 9 * 15 for loop in loops_in(text)), before


def test_two_times_are_not_enough() -> None:
    assert loops_in(PROSE + " " + PROSE) == []
    assert loops_in("tick tock " * 2) == []


def test_the_longest_text_has_room_for_all_its_places() -> None:
    text = (PROSE * (LONGEST // len(PROSE) + 1))[:LONGEST]
    (loop, *_) = loops_in(text)
    assert (loop.start, loop.end, loop.period) == (0, LONGEST, len(PROSE))
