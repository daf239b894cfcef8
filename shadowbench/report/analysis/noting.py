"""Notes about effects: the values that their sentences need, and whether an effect passes its rule. Pure."""

from __future__ import annotations

from collections.abc import Mapping

from shadowbench.report.analysis.conditions import gain
from shadowbench.report.document.comparisons import Comparison, Effect, Role, Scale
from shadowbench.report.document.verdicts import Note
from shadowbench.scores import Direction
from shadowbench.stats.estimates import Estimate

Values = Mapping[str, str | float | int]


def note_of(
    code: str, comparison: Comparison, *, candidate: str, more: Values | None = None, estimate: Estimate | None = None
) -> Note:
    """A note about an effect, by the interval that verdicts go by, or about another estimate on its scale."""
    told = comparison.effect.deciding if estimate is None else estimate
    values: dict[str, str | float | int] = {
        "scale": comparison.effect.scale.value,
        "unit": comparison.subject.unit,
        "statistic": comparison.statistic.value,
        "against": comparison.against.value,
        "role": comparison.role.value,
        "n": told.n,
        "clusters": told.clusters,
        **numbers(told),
        **({} if estimate is not None else p_of(comparison.effect)),
        **(more or {}),
    }
    return Note(code=code, values=values, candidate=candidate, measure=comparison.subject.name)


def numbers(estimate: Estimate, prefix: str = "") -> dict[str, float]:
    """`value`, `low` and `high` as far as they are there; with a prefix `PREFIX`, `PREFIX_low` and `PREFIX_high`."""
    names = (prefix, f"{prefix}_low", f"{prefix}_high") if prefix else ("value", "low", "high")
    found = zip(names, (estimate.value, estimate.low, estimate.high), strict=True)
    return {name: number for name, number in found if number is not None}


def p_of(effect: Effect) -> dict[str, float]:
    """The corrected p, else that of the test alone; nothing where there is none."""
    p = effect.p_adjusted
    if p is None and effect.evidence is not None:
        p = effect.evidence.p
    return {} if p is None else {"p": p}


def is_beyond_chance(comparison: Comparison, alpha: float) -> bool:
    """Whether the effect is none of no difference: the interval for the policy's looks excludes it, and so does the correction
    for many questions. Of secondary measures that is Benjamini and Hochberg's p, of declared ones Holm's or else the strict
    interval."""
    effect, null = comparison.effect, comparison.effect.scale.null
    if null is None or comparison.reason is not None or not effect.deciding.excludes(null):
        return False
    if effect.p_adjusted is not None:
        return effect.p_adjusted < alpha
    return comparison.role is not Role.SECONDARY and effect.strict is not None and effect.strict.excludes(null)


def is_within_noise(comparison: Comparison) -> bool:
    """Whether production differs from itself the same way, and the candidate's interval is not wholly beyond that one's."""
    noise, found = comparison.noise, comparison.effect.deciding
    if noise is None or noise.scale is not comparison.effect.scale or not differs(noise):
        return False
    null, low, high = noise.scale.null, noise.deciding.low, noise.deciding.high
    if null is None or low is None or high is None or found.low is None or found.high is None:
        return False
    return null < found.low <= high if found.low > null else low <= found.high < null


def differs(effect: Effect) -> bool:
    """Whether the interval that verdicts go by excludes no difference."""
    return effect.scale.null is not None and effect.deciding.excludes(effect.scale.null)


def way(estimate: Estimate, scale: Scale, direction: Direction) -> str | None:
    """Which way an interval points: better or worse; higher or lower where neither is better; None where it points nowhere."""
    null = scale.null
    if null is None or estimate.low is None or not estimate.excludes(null):
        return None
    found = gain(estimate, scale, direction)
    if found is None:
        return "higher" if estimate.low > null else "lower"
    return "better" if found.low > 0 else "worse"
