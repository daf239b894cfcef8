"""Axes are anchored, or they are not there."""

from shadowbench.report.analysis.radar import axes
from shadowbench.report.policy import Anchor, Policy, Statistic
from tests.unit.report.analysis.parts import compared, estimate

POLICY = Policy(radar={"latency": Anchor(begin=6.0, target=0.5), "rubric": Anchor(begin=0.3, target=0.6)})


def test_axes_are_those_of_the_policy_in_its_order() -> None:
    found = axes([compared("rubric"), compared("bleu"), compared("latency", unit="s")], POLICY)
    assert [(axis.measure, axis.begin, axis.target, axis.unit) for axis in found] == [
        ("latency", 6.0, 0.5, "s"),
        ("rubric", 0.3, 0.6, ""),
    ]


def test_without_anchors_there_is_no_radar() -> None:
    assert axes([compared("rubric")], Policy()) == ()


def test_what_has_no_value_has_no_axis() -> None:
    assert axes([compared("rubric", candidate=estimate(None)), compared("bleu")], POLICY) == ()


def test_of_several_statistics_the_typical_one() -> None:
    slow, usual = compared("latency", statistic=Statistic.P95), compared("latency", candidate=estimate((1, 2)))
    [axis] = axes([slow, usual], POLICY)
    assert axis.candidate == usual.candidate


def test_of_a_measure_of_both_sides_production_has_no_value() -> None:
    [axis] = axes([compared("rubric", production=None)], POLICY)
    assert axis.production is None
