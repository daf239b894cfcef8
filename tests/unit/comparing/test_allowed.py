"""Where a chart has its line is where a verdict changes."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shadowbench.comparing.allowed import allowed
from shadowbench.report.analysis.conditions import _allowed, gain
from shadowbench.report.document.comparisons import Scale
from shadowbench.report.policy import Against, Claim, Needs
from shadowbench.scores import Direction
from shadowbench.stats.estimates import Estimate
from shadowbench.stats.methods import Method

METHOD = next(iter(Method))
DIFFERING = [Scale.DIFFERENCE, Scale.RATIO, Scale.PREFERENCE]
SIDED = [Direction.HIGHER, Direction.LOWER]


@pytest.mark.parametrize(
    ("scale", "direction", "line"),
    [
        (Scale.DIFFERENCE, Direction.HIGHER, -0.1),
        (Scale.DIFFERENCE, Direction.LOWER, 0.1),
        (Scale.RATIO, Direction.LOWER, 1.1),
        (Scale.RATIO, Direction.HIGHER, 1 / 1.1),
        (Scale.PREFERENCE, Direction.LOWER, 0.4),
        (Scale.LEVEL, Direction.LOWER, None),
        (Scale.DIFFERENCE, Direction.NEITHER, None),
    ],
)
def test_a_margin_of_a_tenth_is_on_the_worse_side(scale: Scale, direction: Direction, line: float | None) -> None:
    found = allowed(Claim(measure="m", margin=0.1), scale, direction)
    assert found == (None if line is None else pytest.approx(line))


@given(
    margin=st.floats(0, 2),
    scale=st.sampled_from(DIFFERING),
    direction=st.sampled_from(SIDED),
    needs=st.sampled_from(Needs),
)
def test_an_effect_on_the_line_gains_just_what_the_verdict_allows(
    margin: float, scale: Scale, direction: Direction, needs: Needs
) -> None:
    claim = Claim(measure="m", margin=margin, needs=needs)
    line = allowed(claim, scale, direction)
    assert line is not None
    found = gain(
        Estimate(method=METHOD, level=0.95, n=1, clusters=1, value=line, low=line, high=line), scale, direction
    )
    assert found is not None
    assert found.low == pytest.approx(-_allowed(claim, scale), abs=1e-9)


def test_a_bound_is_the_line_itself() -> None:
    claim = Claim(measure="m", margin=0.1, against=Against.BOUND, bound=0.05)
    assert allowed(claim, Scale.LEVEL, Direction.LOWER) == 0.05
