"""Who looks after every hundred clusters, and stops at the first word, is rarely told a wrong one. Seeded simulations.

Pairs are independent here and their differences normal; a claim's true effect lies exactly at its margin, where to pass and to
fail are both wrong.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace

import numpy as np
import pytest

from shadowbench.report.analysis.deciding import decide
from shadowbench.report.document.comparisons import Comparison, Effect, Role, Scale
from shadowbench.report.document.verdicts import Decision
from shadowbench.report.policy import Claim, Policy
from shadowbench.stats.estimates import Estimate, around
from shadowbench.stats.methods import Method
from shadowbench.stats.sequences import asymptotic
from tests.unit.report.analysis.parts import compared, counts

MARGIN = 0.1
LOOKS = range(100, 1001, 100)
RUNS = 200
NAMES = ("rubric", "errors", "flips", "schema")
POLICY = Policy(
    primary=(Claim(measure=NAMES[0], margin=MARGIN),),
    guardrails=tuple(Claim(measure=name, margin=MARGIN) for name in NAMES[1:]),
)
Interval = Callable[[Estimate], Estimate]


def watched(estimate: Estimate) -> Estimate:
    return asymptotic(estimate, tuned_for=POLICY.watching.clusters)


def naive(estimate: Estimate) -> Estimate:
    return estimate


def verdicts(effects: Sequence[float], rng: np.random.Generator, interval: Interval) -> Iterator[Decision]:
    """Of one run, look by look."""
    values = rng.normal(effects, 1.0, size=(LOOKS[-1], len(effects)))
    sums, squares = np.cumsum(values, axis=0), np.cumsum(values**2, axis=0)
    for n in LOOKS:
        means = sums[n - 1] / n
        errors = np.sqrt((squares[n - 1] / n - means**2) / (n - 1))
        comparisons = [
            compare(name, float(m), float(e), n, interval) for name, m, e in zip(NAMES, means, errors, strict=True)
        ]
        yield decide(comparisons, counts(n, clusters=n), POLICY).decision


def compare(name: str, mean: float, error: float, n: int, interval: Interval) -> Comparison:
    """With the deciding interval at the policy's level, and the strict one corrected for all claims."""
    deciding, strict = (
        interval(around(mean, error, method=Method.CLUSTER_T, level=level, n=n, clusters=n))
        for level in (POLICY.level, 1 - POLICY.alpha / len(POLICY.claims))
    )
    effect = Effect(scale=Scale.DIFFERENCE, once=deciding, deciding=deciding, strict=strict)
    role = Role.PRIMARY if name == NAMES[0] else Role.GUARDRAIL
    return replace(compared(name, role=role, n=n, clusters=n), effect=effect)


def share_ever(wrong: Decision, effects: Sequence[float], interval: Interval) -> float:
    """In how many runs somebody who waits for this word hears it."""
    rng = np.random.default_rng(20)
    return float(np.mean([wrong in verdicts(effects, rng, interval) for _ in range(RUNS)]))


ALARMS = 0.05 + 2 * np.sqrt(0.05 * 0.95 / RUNS)


@pytest.mark.parametrize(
    ("wrong", "effects"),
    [
        (Decision.MAY, [-MARGIN, 0.5, 0.5, 0.5]),  # one that fails among many that are fine: the hardest to hold back
        (Decision.MAY_NOT, [-MARGIN] * 4),  # as many chances to be blamed as there are claims
    ],
)
def test_wrong_words_are_rare_however_often_one_looks(wrong: Decision, effects: list[float]) -> None:
    assert share_ever(wrong, effects, watched) <= ALARMS


def test_ordinary_intervals_would_say_them_often() -> None:
    assert share_ever(Decision.MAY_NOT, [-MARGIN] * 4, naive) > ALARMS


@pytest.mark.parametrize(
    ("right", "effects"),
    [(Decision.MAY, [0.1, 0.1, 0.1, 0.1]), (Decision.MAY_NOT, [-0.1, -0.1, -0.3, 0.1])],
)
def test_right_words_come(right: Decision, effects: list[float]) -> None:
    assert share_ever(right, effects, watched) > 0.8
