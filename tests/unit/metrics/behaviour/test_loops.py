import pytest
from hypothesis import given
from hypothesis import strategies as st

from shadowbench.metrics.base import Detailed
from shadowbench.metrics.behaviour.loops import repetition
from shadowbench.metrics.behaviour.periods import LONGEST
from tests.compared import value
from tests.paired import side

PROSE = (
    "Riga lies where the Daugava meets the sea. Its old town has wooden houses, and more Art Nouveau than any other city. "
    "Ships once carried amber and timber from here to Lübeck; today people come for the market halls, built of hangars."
)


def test_an_answer_that_is_nothing_but_a_loop_says_so() -> None:
    assert repetition.function(side("ha, " * 20 + "ha,")) == Detailed(1.0, {"period": 4, "times": 20.8})


@pytest.mark.parametrize(
    "text",
    [
        PROSE,
        "- apples: 3\n- pears: 4\n- plums: 5\n- apples, pears and plums: 12\n",
        "for i in range(3):\n    print(i)\nfor j in range(4):\n    print(j)\n",
        "| name | price |\n|------|-------|\n| pen | 2 |\n" + "-" * 80,
        f"{PROSE} {PROSE}",
        "no no",
        "x",
    ],
)
def test_what_is_said_often_or_twice_is_no_loop(text: str) -> None:
    assert value(repetition, side(text)) == 0


def test_signs_alone_are_a_loop_when_they_go_on_and_on() -> None:
    assert value(repetition, side("!" * 150)) == 0
    assert value(repetition, side("!" * 1500)) == 1


def test_the_value_is_the_share_of_the_text() -> None:
    looping = "and then again, " * 20
    said = value(repetition, side(PROSE + " " + looping))
    assert said == pytest.approx(len(looping) / (len(PROSE) + 1 + len(looping)), abs=0.03)


def test_two_loops_count_each_and_no_place_twice() -> None:
    text = "ab " * 20 + PROSE + " " + "xyz " * 20
    assert value(repetition, side(text)) == pytest.approx((60 + 80) / len(text), abs=0.03)
    assert value(repetition, side("abab" * 100)) == 1


def test_a_loop_with_a_loop_in_its_block_is_found() -> None:
    block = "no no no no no no. " + PROSE[:90] + " "
    assert value(repetition, side(block * 5)) == pytest.approx(1, abs=0.02)


def test_what_differs_by_a_counter_each_time_is_no_loop() -> None:
    assert value(repetition, side(" ".join(f"Step {n}: go on." for n in range(1000, 1200)))) < 0.05


def test_only_the_end_of_a_very_long_answer_is_looked_at() -> None:
    assert value(repetition, side("abc " * LONGEST)) == 1


@given(st.text(max_size=120))
def test_any_text_has_a_share_between_0_and_1(text: str) -> None:
    if text.strip():
        said = value(repetition, side(text))
        assert isinstance(said, float)
        assert 0 <= said <= 1
