"""An arrow stands where the last step is more than chance, and nowhere else."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from shadowbench.report.analysis.trending import change, trends
from shadowbench.report.document.comparisons import Comparison, Role, Scale
from shadowbench.report.document.root import Document, Source
from shadowbench.report.document.times import Trend
from shadowbench.scores import Direction
from shadowbench.stats.clusters import mean
from tests.unit.report.analysis.parts import Interval, candidate, compared, document, estimate

WEEK = 100.0


def report(number: int, *comparisons: Comparison, name: str = "small", again: bool = False) -> Document:
    """The report of week `number`."""
    source = Source(logs=("pairs.db",), first_at=number * WEEK, last_at=number * WEEK + 99)
    return document([candidate(name, comparisons, again=again)], made_at=number * WEEK + 99.5, source=source)


def rubric(interval: Interval | None, **others: Any) -> Comparison:
    return compared("rubric", interval, **({"role": Role.PRIMARY} | others))


def trend(now: Comparison, *before: Comparison) -> Trend:
    [found] = trends(report(len(before), now), [report(place, each) for place, each in enumerate(before)])
    return found


@pytest.mark.parametrize(
    ("now", "then", "arrow", "better"),
    [
        ((0.1, 0.2), (0.0, 0.09), "up", True),
        ((0.0, 0.09), (0.1, 0.2), "down", False),
        ((0.1, 0.2), (0.05, 0.15), "none", None),
    ],
)
def test_arrows(now: Interval, then: Interval, arrow: str, better: bool | None) -> None:
    found = trend(rubric(now), rubric(then))
    assert (found.arrow, found.better, found.reason) == (arrow, better, None)


@pytest.mark.parametrize(
    ("others", "better"),
    [
        ({"direction": Direction.LOWER}, False),
        ({"direction": Direction.NEITHER}, None),
        ({"direction": Direction.LOWER, "scale": Scale.PREFERENCE}, True),
    ],
)
def test_which_way_is_better_depends_on_the_measure(others: dict[str, Any], better: bool | None) -> None:
    assert trend(rubric((0.5, 0.6), **others), rubric((0.0, 0.1), **others)).better is better


def test_points_are_earlier_reports_and_the_step_is_the_last_one() -> None:
    found = trend(rubric((0.3, 0.4)), rubric((0.0, 0.1)), rubric((0.3, 0.4)))
    assert [(point.made_at, point.last_at, point.effect.low) for point in found.points] == [
        (99.5, 99.0, 0.0),
        (199.5, 199.0, 0.3),
    ]
    assert found.change is not None
    assert (found.change.value, found.arrow) == (0.0, "none")
    assert found.now == rubric((0.3, 0.4)).effect.deciding


def only(documents: Sequence[Document], *comparisons: Comparison) -> tuple[Trend, ...]:
    return trends(report(9, *comparisons), documents)


def test_only_what_was_declared_and_was_there_before() -> None:
    assert only([report(0, rubric((0, 1)))], rubric((0, 1), role=Role.SECONDARY)) == ()
    assert only([report(0, compared("bleu"))], rubric((0, 1))) == ()
    assert only([report(0, rubric((0, 1)), name="another")], rubric((0, 1))) == ()
    assert only([report(0, rubric((0, 1)), again=True)], rubric((0, 1))) == ()
    assert only([], rubric((0, 1))) == ()


def test_another_version_of_a_measure_begins_anew() -> None:
    now = rubric((0.3, 0.4))
    older = replace(now, subject=replace(now.subject, version="0"))
    found = trend(now, older)
    assert (found.reason, found.points, found.change, found.arrow) == ("changed_measure", (), None, "none")


def test_without_an_interval_there_is_no_step() -> None:
    found = trend(rubric((0.3, 0.4)), rubric(None))
    assert (found.reason, found.change, len(found.points)) == ("no_interval", None, 1)


@pytest.mark.parametrize(
    "source", [Source(logs=(), first_at=950.0, last_at=990.0), Source(logs=(), first_at=None, last_at=None)]
)
def test_reports_that_share_pairs_or_may_say_so(source: Source) -> None:
    earlier = replace(report(0, rubric((0.0, 0.1))), source=source)
    [found] = only([earlier], rubric((0.3, 0.4)))
    assert (found.reason, found.arrow) == ("overlapping_periods", "up")


_INTERVALS = st.tuples(st.floats(-10, 10), st.floats(0.001, 5)).map(lambda told: (told[0], told[0] + told[1]))


@given(_INTERVALS, _INTERVALS)
def test_a_step_back_is_the_step_turned_round(one: Interval, other: Interval) -> None:
    forth, back = change(estimate(one), estimate(other)), change(estimate(other), estimate(one))
    assert forth is not None
    assert back is not None
    assert (forth.low, forth.value, forth.high) == pytest.approx((-back.high, -back.value, -back.low))  # type: ignore[operator]


@given(_INTERVALS, _INTERVALS)
def test_of_even_intervals_the_half_widths_add_as_standard_errors_do(one: Interval, other: Interval) -> None:
    found = change(estimate(one), estimate(other))
    assert found is not None
    assert found.half_width == pytest.approx(np.hypot((one[1] - one[0]) / 2, (other[1] - other[0]) / 2))


def test_a_step_rests_on_the_pairs_of_both_reports() -> None:
    found = change(estimate((0.0, 0.1), n=70, clusters=20), estimate((0.0, 0.1), n=30, clusters=10))
    assert found is not None
    assert (found.n, found.clusters, found.se) == (100, 30, None)


@pytest.mark.parametrize(
    ("first_at", "last_at", "reason"),
    [
        (800.0, 900.0, "overlapping_periods"),
        (999.0, 1099.0, "overlapping_periods"),
        (800.0, 899.0, None),
        (1000.0, 1100.0, None),
    ],
)
def test_periods_that_touch_may_share_a_pair(first_at: float, last_at: float, reason: str | None) -> None:
    earlier = replace(report(0, rubric((0.0, 0.1))), source=Source(logs=(), first_at=first_at, last_at=last_at))
    [found] = only([earlier], rubric((0.0, 0.1)))  # of 900 to 999
    assert found.reason == reason


def test_where_nothing_changed_arrows_are_as_rare_as_the_level_says() -> None:
    rng = np.random.default_rng(7)
    samples = rng.normal(size=(800, 2, 60))
    wrong = sum(change(mean(now), mean(then)).excludes(0.0) for now, then in samples)  # type: ignore[union-attr]
    assert wrong / 800 <= 0.05 + 2 * np.sqrt(0.05 * 0.95 / 800)
