import inspect
from typing import Literal

import pytest

from shadowbench.errors import ConfigurationError
from shadowbench.metrics.base import Absent, Need, Value, comparison, metric
from shadowbench.metrics.view import Side
from shadowbench.scores import Direction, Shape
from tests.compared import pair, value

Which = Literal["first", "last"]


def _not_three(*, least: int, word: str) -> None:
    if least == 3:
        raise ConfigurationError("least: not 3")


@metric(version="2", shape=Shape.SIDES, direction=Direction.LOWER, low=0, high=None, unit="words", check=_not_three)
def often(side: Side, *, word: str, least: int = 1) -> Value:
    """How often a word is said.

    And more.
    """
    times = side.words.count(word)
    return times if times >= least else Absent("too_seldom")


@comparison(version="1", high=9.0, direction=Direction.LOWER, check=lambda *, which: None)
def apart(text: str, target: str, *, which: Which = "first") -> Value:
    """How far two texts are apart."""
    return abs(len(text) - len(target)) if which == "first" else 9


def test_a_function_is_declared_with_its_name_and_first_line() -> None:
    assert (often.name, often.about, often.unit, often.needs) == ("often", "How often a word is said.", "words", ())
    assert value(often, pair("", "a b a").candidate, word="a") == 2
    assert value(often, pair("", "a b a").candidate, word="a", least=4) == "too_seldom"


def test_options_in_force_are_those_given_and_the_defaults_of_the_others() -> None:
    assert often.options({"word": "x"}) == {"word": "x", "least": 1}
    assert often.options({"word": "x", "least": 2}) == {"word": "x", "least": 2}


@pytest.mark.parametrize(
    ("given", "why"),
    [
        ({}, "often needs the option 'word'"),
        ({"word": "x", "most": 1}, "often has no option 'most'; there are: word, least"),
        ({"word": "x", "least": 3}, "least: not 3"),
    ],
)
def test_options_that_cannot_be_used_are_refused(given: dict[str, object], why: str) -> None:
    with pytest.raises(ConfigurationError, match=why):
        often.options(given)


def test_a_comparison_is_two_metrics() -> None:
    to_production, to_reference = apart
    assert (to_production.name, to_production.shape, to_production.needs) == ("apart", Shape.PAIR, (Need.TEXT,))
    assert (to_reference.name, to_reference.shape) == ("apart_reference", Shape.SIDES)
    assert to_reference.needs == (Need.TEXT, Need.REFERENCE)
    assert {(m.version, m.low, m.high, m.direction, m.about) for m in apart} == {
        ("1", 0.0, 9.0, Direction.LOWER, "How far two texts are apart.")
    }
    texts = pair("abc", "a", reference="abcdef")
    assert value(to_production, texts) == 2
    assert value(to_reference, texts.candidate) == 5
    assert value(to_reference, texts.production) == 3
    assert value(to_production, texts, which="last") == 9


def test_options_of_a_comparison_keep_their_types() -> None:
    for each in apart:
        assert inspect.signature(each.function).parameters["which"].annotation == Which
        assert each.options({}) == {"which": "first"}


@pytest.mark.parametrize(
    ("declared", "told"),
    [
        ({"name": "Bad Name!"}, "its name"),
        ({"version": 1}, "its version"),
        ({"version": ""}, "its version"),
        ({"direction": "down"}, "its direction"),
        ({"shape": "round"}, "its shape"),
        ({"needs": "TEXT"}, "its needs"),
        ({"needs": ("TEXT",)}, "its needs"),
        ({"low": "a"}, "low and high"),
        ({"low": 1, "high": 0}, "low and high"),
        ({"low": float("nan")}, "low and high"),
    ],
)
def test_what_no_metric_can_promise_is_refused_when_it_is_declared(declared: dict[str, object], told: str) -> None:
    given = {"version": "1", "shape": Shape.SIDES, "direction": Direction.HIGHER, "low": 0, "high": 1} | declared
    with pytest.raises(ConfigurationError, match=told):

        @metric(**given)  # type: ignore[arg-type]
        def wrong(side: Side) -> Value:
            return 1.0


def test_a_metric_takes_one_subject_and_options_by_keyword_only() -> None:
    given = {"version": "1", "shape": Shape.SIDES, "direction": Direction.HIGHER, "low": 0, "high": 1}
    with pytest.raises(ConfigurationError, match="by keyword only"):

        @metric(**given)  # type: ignore[arg-type]
        def nothing() -> Value:
            return 1.0

    with pytest.raises(ConfigurationError, match="by keyword only"):

        @metric(**given)  # type: ignore[arg-type]
        def silent(side: Side, least: int = 3) -> Value:
            return 1.0
