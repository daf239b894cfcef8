import pytest

from shadowbench.errors import ConfigurationError
from shadowbench.metrics.agreement import agreement
from shadowbench.metrics.base import Absent, Detailed, Need, Value, metric
from shadowbench.metrics.view import Side
from shadowbench.scores import Direction, Shape
from tests.compared import pair, value


def _positive(*, least: int) -> None:
    if least < 1:
        raise ConfigurationError("least: at least 1")


@metric(
    version="7",
    shape=Shape.SIDES,
    direction=Direction.LOWER,
    low=0,
    high=1,
    needs=(Need.TEXT,),
    check=_positive,
)
def long(side: Side, *, least: int = 3) -> Value:
    """Whether a text is long."""
    text = side.text or ""
    return Absent("odd") if text == "odd" else Detailed(len(text) >= least, {"length": len(text)})


def test_both_long_or_both_short_agree() -> None:
    agrees = agreement(long)
    assert value(agrees, pair("abc", "abcd")) == 1
    assert value(agrees, pair("a", "b")) == 1
    assert value(agrees, pair("a", "abc")) == 0
    assert value(agrees, pair("abc", "abcd"), least=4) == 0


def test_what_is_absent_for_one_side_is_absent() -> None:
    assert value(agreement(long), pair("odd", "abc")) == "odd"
    assert value(agreement(long), pair("abc", "odd")) == "odd"


def test_it_is_a_metric_of_pairs_with_the_same_options_and_version() -> None:
    agrees = agreement(long)
    assert (agrees.name, agrees.shape, agrees.direction) == ("long_agreement", Shape.PAIR, Direction.HIGHER)
    assert (agrees.version, agrees.needs) == ("7", (Need.TEXT,))
    assert agrees.options({}) == {"least": 3}
    with pytest.raises(ConfigurationError, match="at least 1"):
        agrees.options({"least": 0})
    with pytest.raises(ConfigurationError, match="no option 'most'"):
        agrees.options({"most": 1})
