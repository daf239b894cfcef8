"""What is beyond chance and noise, which way it points, and the values that a note carries."""

from dataclasses import replace

import pytest

from shadowbench.report.analysis.noting import is_beyond_chance, is_within_noise, note_of, numbers, way
from shadowbench.report.document.comparisons import Role, Scale
from shadowbench.scores import Direction
from shadowbench.stats.estimates import Evidence
from shadowbench.stats.methods import Method
from tests.unit.report.analysis.parts import Interval, compared, effect, estimate


@pytest.mark.parametrize(
    ("interval", "p", "role", "found"),
    [
        ((0.01, 0.03), 0.04, Role.SECONDARY, True),
        ((0.01, 0.03), 0.06, Role.SECONDARY, False),  # one of many
        ((0.01, 0.03), None, Role.SECONDARY, False),
        ((-0.01, 0.03), 0.001, Role.SECONDARY, False),  # looked at too often
        ((0.01, 0.03), None, Role.PRIMARY, True),
        ((0.01, 0.03), 0.06, Role.PRIMARY, False),
    ],
)
def test_beyond_chance_is_the_interval_and_the_correction(
    interval: Interval, p: float | None, role: Role, found: bool
) -> None:
    assert is_beyond_chance(compared(interval=interval, p_adjusted=p, role=role), 0.05) is found


def test_a_declared_effect_without_p_goes_by_its_strict_interval() -> None:
    of = compared(interval=(0.01, 0.03), strict=(-0.001, 0.04), role=Role.GUARDRAIL)
    assert not is_beyond_chance(of, 0.05)


def test_a_level_and_what_was_not_measured_are_never_beyond_chance() -> None:
    assert not is_beyond_chance(compared(interval=(0.6, 0.7), scale=Scale.LEVEL, p_adjusted=0.0), 0.05)
    assert not is_beyond_chance(compared(interval=(0.6, 0.7), p_adjusted=0.0, reason="no_values"), 0.05)


@pytest.mark.parametrize(
    ("noise", "found"),
    [
        (None, False),
        ((-0.01, 0.01), False),  # production does not differ from itself
        ((0.02, 0.06), True),
        ((0.001, 0.009), False),  # it does, by less than the candidate certainly does
        ((0.035, 0.06), True),  # it does, by more than the candidate does: beside that one it is worse
        ((-0.06, -0.035), False),  # it does, the other way
    ],
)
def test_noise_is_what_production_shows_against_itself(noise: Interval | None, found: bool) -> None:
    of = compared(interval=(0.01, 0.03), noise=None if noise is None else effect(noise))
    assert is_within_noise(of) is found


def test_noise_below_no_difference_is_noise_as_well() -> None:
    found = [
        is_within_noise(compared(interval=interval, noise=effect((-0.06, -0.02))))
        for interval in ((-0.09, -0.07), (-0.09, -0.06), (-0.09, -0.05), (-0.02, -0.01), (-0.01, 0.01), (0.01, 0.02))
    ]
    assert found == [False, True, True, True, False, False]


def test_noise_on_another_scale_says_nothing() -> None:
    assert not is_within_noise(compared(interval=(0.01, 0.03), noise=effect((0.5, 0.9), scale=Scale.RATIO)))


@pytest.mark.parametrize(
    ("interval", "scale", "direction", "found"),
    [
        ((0.1, 0.2), Scale.DIFFERENCE, Direction.HIGHER, "better"),
        ((0.1, 0.2), Scale.DIFFERENCE, Direction.LOWER, "worse"),
        ((0.1, 0.2), Scale.DIFFERENCE, Direction.NEITHER, "higher"),
        ((-0.2, -0.1), Scale.DIFFERENCE, Direction.NEITHER, "lower"),
        ((0.1, 0.2), Scale.RATIO, Direction.LOWER, "better"),
        ((0.1, 0.2), Scale.PREFERENCE, Direction.HIGHER, "worse"),
        ((-0.1, 0.2), Scale.DIFFERENCE, Direction.HIGHER, None),
        ((0.1, 0.2), Scale.LEVEL, Direction.HIGHER, None),
        (None, Scale.DIFFERENCE, Direction.HIGHER, None),
    ],
)
def test_which_way_it_points(interval: Interval | None, scale: Scale, direction: Direction, found: str | None) -> None:
    assert way(estimate(interval), scale, direction) == found


def test_a_note_has_the_numbers_that_verdicts_go_by() -> None:
    note = note_of("better", compared("latency", (0.5, 0.7), scale=Scale.RATIO, unit="s"), candidate="small")
    assert (note.candidate, note.measure) == ("small", "latency")
    assert note.values == {
        "scale": "ratio", "unit": "s", "statistic": "mean", "against": "production", "role": "secondary", "n": 1000,
        "clusters": 400, "value": 0.6, "low": 0.5, "high": 0.7,
    }  # fmt: skip


def test_a_note_has_the_corrected_p_else_the_test_s() -> None:
    of = compared(interval=(0.1, 0.2), p_adjusted=0.03)
    tested = replace(of.effect, p_adjusted=None, evidence=Evidence(method=Method.MSPRT, n=1, clusters=1, p=0.01))
    assert note_of("better", of, candidate="small").values["p"] == 0.03
    assert note_of("better", replace(of, effect=tested), candidate="small").values["p"] == 0.01


def test_what_is_absent_leaves_no_value() -> None:
    assert numbers(estimate(None, value=0.5), "noise") == {"noise": 0.5}
    assert numbers(estimate(None)) == {}
