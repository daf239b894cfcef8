"""A judge of any kind says whom it prefers."""

from shadowbench.scores import PairRef, Position, Score, Shape, Verdict
from shadowbench.scoring.calibration.sayings import Saying, both_orders, saying, sayings
from shadowbench.stats.judging import BothOrders
from shadowbench.store.testing import a_measure
from tests.unit.scoring.calibration.judged import TIE, C, P, verdicts

PAIR = a_measure("j", kind="judge", shape=Shape.PAIR, low=0.0, high=1.0)
SIDES = a_measure("r", kind="judge", shape=Shape.SIDES, low=1.0, high=5.0)


def test_a_share_of_the_win_is_a_preference() -> None:
    found = sayings(PAIR, [Score(n, 1, 1, value, None) for n, value in enumerate((0.0, 0.25, 0.5, 0.75, 1.0))])
    assert [each.preferred for each in found.values()] == [P, P, TIE, C, C]
    assert [each.points for each in found.values()] == [0, 0, 0.5, 1, 1]


def test_two_grades_are_a_preference_with_a_distance() -> None:
    assert saying(SIDES, Score(1, 1, 1, 5.0, None, 1.0, None)) == Saying(1.0)
    assert saying(SIDES, Score(1, 1, 1, 3.0, None, 4.0, None)) == Saying(0.375)
    assert saying(SIDES, Score(1, 1, 1, 3.0, None, 3.0, None)) == Saying(0.5)


def test_where_there_is_no_value_nothing_is_said() -> None:
    assert saying(PAIR, Score(1, 1, 1, None, "unparsable")) is None
    assert saying(SIDES, Score(1, 1, 1, 3.0, None, None, "fault_timed_out")) is None


def test_without_bounds_values_are_taken_as_they_are() -> None:
    assert saying(a_measure("j", shape=Shape.PAIR, low=None, high=None), Score(1, 1, 1, 0.7, None)) == Saying(0.7)


def test_both_orders_leave_out_repeats_and_halves() -> None:
    given = [*verdicts(1, lambda n: (P, C)), *verdicts(1, lambda n: (C, C), repetition=1)]
    given.append(Verdict(pair=PairRef(2, 1), measure=1, position=Position.PRODUCTION_FIRST, preferred=P))
    given.append(Verdict(pair=PairRef(2, 1), measure=1, position=Position.CANDIDATE_FIRST, reason="unparsable"))
    assert both_orders(given) == {PairRef(1, 1): BothOrders(P, C)}
