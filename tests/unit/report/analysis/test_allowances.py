"""Margins and bounds that nothing could break, and those that allow much."""

from __future__ import annotations

from dataclasses import replace

import pytest

from shadowbench.report.analysis.allowances import allows_everything, allows_much
from shadowbench.report.document.comparisons import Comparison, Scale
from shadowbench.report.policy import Against, Claim, Needs
from shadowbench.scores import Direction
from tests.unit.report.analysis.parts import compared

PREFERRED = compared("pairwise", scale=Scale.PREFERENCE)
SHARE = replace(compared("rubric"), subject=replace(compared("rubric").subject, high=1.0))
RATED = replace(SHARE, subject=replace(SHARE.subject, low=1.0, high=5.0))
SECONDS = compared("latency", direction=Direction.LOWER)


@pytest.mark.parametrize(
    ("comparison", "least"), [(PREFERRED, 0.5), (SHARE, 1.0), (RATED, 4.0), (SECONDS, None)], ids=range(4)
)
def test_a_margin_as_wide_as_all_that_there_is_to_lose_allows_everything(
    comparison: Comparison, least: float | None
) -> None:
    measure = comparison.subject.name
    for margin in (0.49, 0.5, 0.99, 1.0, 3.9, 4.0, 1e9):
        found = allows_everything(Claim(measure=measure, margin=margin), comparison)
        assert found is (least is not None and margin >= least)


def test_better_allows_nothing_and_a_ratio_has_no_end() -> None:
    assert not allows_everything(Claim(measure="pairwise", needs=Needs.BETTER), PREFERRED)
    ratio = replace(SHARE, effect=replace(SHARE.effect, scale=Scale.RATIO))
    assert not allows_everything(Claim(measure="rubric", margin=10.0, relative=True), ratio)


@pytest.mark.parametrize(
    ("direction", "bound", "found"),
    [
        (Direction.LOWER, 1.0, True),
        (Direction.LOWER, 0.99, False),
        (Direction.LOWER, 0.0, False),
        (Direction.HIGHER, 0.0, True),
        (Direction.HIGHER, 1.0, False),
        (Direction.NEITHER, 1.0, False),
    ],
)
def test_a_bound_at_the_worst_end_allows_everything(direction: Direction, bound: float, found: bool) -> None:
    level = replace(SHARE, subject=replace(SHARE.subject, direction=direction), against=Against.BOUND)
    level = replace(level, effect=replace(level.effect, scale=Scale.LEVEL))
    assert allows_everything(Claim(measure="rubric", against=Against.BOUND, bound=bound), level) is found


@pytest.mark.parametrize(("margin", "found"), [(None, False), (0.16, False), (0.17, True)])
def test_more_than_a_third_is_much(margin: float | None, found: bool) -> None:
    assert allows_much(replace(PREFERRED, margin=margin)) is found
    assert allows_much(replace(SECONDS, margin=margin)) is False
