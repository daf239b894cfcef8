"""Estimates in the little room of a table."""

from shadowbench.report.chapters import cells
from shadowbench.report.document.comparisons import Scale
from shadowbench.stats.estimates import Refused
from tests.unit.report.documents import again, estimate, hot, small


def test_an_estimate_has_its_interval_or_why_there_is_none_in_two_words() -> None:
    assert cells.value(estimate(1.2, 0.12), "s") == "1.20 [1.08, 1.32] s"
    assert cells.value(estimate(None, reason=Refused.CENSORED), "s") == "– (censored)"
    assert cells.value(estimate(0.5, reason=Refused.NO_VARIATION), signed=True) == "+0.5 (no variation)"
    assert cells.value(None) == ""


def test_effects_are_told_on_their_scale() -> None:
    assert cells.scaled(estimate(0.49, 0.03), Scale.PREFERENCE) == "preferred in 49 % [46 %, 52 %]"
    assert cells.scaled(estimate(0.3, 0.1), Scale.RATIO, "USD") == "0.30 × [0.20, 0.40]"
    assert cells.scaled(estimate(None), Scale.DIFFERENCE) == "– (too few)"
    assert cells.effect(small().comparisons[1].effect) == "0.000 [−0.005, +0.005]"


def test_p_stands_without_its_letter() -> None:
    assert [cells.p(p) for p in (0.0324, 0.0001, 0.4, None)] == ["0.032", "< 0.001", "0.40", "–"]


def test_lanes_come_last() -> None:
    assert [each.name for each in cells.in_order((again(), hot(), small()))] == ["hot", "small", "again"]
    assert cells.title(again()) == "again (A/A)"


def test_a_measure_s_first_comparison_is_found() -> None:
    found = cells.of_measure(small(), "latency", "p95")
    assert found is not None
    assert found.subject.unit == "s"
    assert cells.of_measure(small(), "latency", "p50") is None
    assert cells.of_measure(small(), "nothing") is None
