"""What the gate promises, tried on thousands of invented logs: seeded, and by the functions that it goes by.

Where one looks at every cluster, looks are computed for all runs at once (`Watched`); that these are the looks of the analysis
itself is a test of its own.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import pytest
from threadpoolctl import threadpool_limits

from shadowbench.report.analysis.deciding import decide
from shadowbench.report.document.comparisons import Comparison
from shadowbench.report.document.verdicts import Decision
from shadowbench.report.policy import Against, Claim, Looks, Policy, Statistic, Watching
from shadowbench.scores import Direction
from shadowbench.stats.columns import BoolArray, FloatArray
from shadowbench.stats.distributions import t_quantile
from shadowbench.stats.sequences import PSEUDO, multiplier, rho
from tests.unit.report.analysis.invented import ERROR, PREFERENCE, a_subject, an_arm
from tests.unit.report.analysis.measures import a_measure_of, compared
from tests.unit.report.analysis.parts import counts

ALPHA = 0.05
FIRST, LAST = 100, 1000
MARGIN = 0.05


def by_chance(runs: int, share: float = ALPHA) -> float:
    """What a share may be seen as, two standard errors of counting above."""
    return share + 2 * math.sqrt(share * (1 - share) / runs)


@pytest.fixture(autouse=True, scope="module")
def one_thread() -> Iterator[None]:
    with threadpool_limits(1):
        yield


@dataclass(frozen=True)
class Watched:
    """Many runs of yes or no on both sides, seen after each cluster: the mean difference with its intervals, (runs, looks)."""

    means: FloatArray
    errors: FloatArray
    steadied: FloatArray

    @classmethod
    def of(cls, sums: FloatArray, sizes: FloatArray) -> Watched:
        """From clusters' sums of differences and their sizes, (runs, clusters)."""
        total, n = np.cumsum(sums, 1), np.cumsum(sizes, 1)
        means = total / n
        squares = np.cumsum(sums**2, 1) - 2 * means * np.cumsum(sums * sizes, 1) + means**2 * np.cumsum(sizes**2, 1)
        c = np.arange(1, sums.shape[1] + 1)
        variances = np.maximum(squares, 0) / n**2 * c / np.maximum(c - 1, 1)
        units = (np.cumsum(sizes**2, 1) / n**2) ** 2
        looks = slice(FIRST - 1, None)
        return cls(means[:, looks], np.sqrt(variances)[:, looks], np.sqrt(variances + PSEUDO * units)[:, looks])

    def always(self, alpha: float = ALPHA) -> tuple[FloatArray, FloatArray]:
        """For all looks at once."""
        clusters = FIRST + np.arange(self.means.shape[1])
        half = self.steadied * multiplier(clusters * rho(1000, alpha=alpha) ** 2, alpha=alpha)
        return self.means - half, self.means + half

    def naive(self) -> tuple[FloatArray, FloatArray]:
        """As if this were the only look."""
        factors = [t_quantile(1 - ALPHA / 2, c - 1) for c in range(FIRST, FIRST + self.means.shape[1])]
        return self.means - self.errors * factors, self.means + self.errors * factors


def yes_no(
    rng: np.random.Generator, runs: int, candidate: float, production: float, clusters: int = LAST
) -> tuple[FloatArray, FloatArray]:
    """Clusters of one to three pairs that are hard or easy together, and whose sides agree: sums of differences, and sizes."""
    sizes = rng.integers(1, 4, (runs, clusters))
    lean = rng.uniform(-0.5, 0.5, (runs, clusters)) * min(candidate, 1 - candidate, production, 1 - production)
    sums = np.zeros((runs, clusters))
    for place in range(3):
        common, own = rng.random((runs, clusters)), rng.random((runs, clusters))
        other = np.where(rng.random((runs, clusters)) < 0.5, common, own)
        difference = (common < candidate + lean).astype(float) - (other < production + lean)
        sums += np.where(place < sizes, difference, 0.0)
    return sums, sizes.astype(float)


def ever(flags: BoolArray) -> float:
    """In which share of the runs it was so at some look."""
    return float(flags.any(axis=1).mean())


def test_who_looks_at_every_cluster_is_told_of_a_difference_where_there_is_none_in_a_twentieth_of_all_cases() -> None:
    runs = 3000
    watched = Watched.of(*yes_no(np.random.default_rng(1), runs, 0.8, 0.8))
    low, high = watched.always()
    assert ever((low > 0) | (high < 0)) <= by_chance(runs)
    low, high = watched.naive()
    assert 0.25 < ever((low > 0) | (high < 0)) < 0.4  # about 32 %


@pytest.mark.parametrize(("candidate", "production"), [(0.75, 0.8), (0.5, 0.55), (0.93, 0.98)])
def test_a_candidate_that_is_worse_by_the_whole_margin_hardly_ever_passes(candidate: float, production: float) -> None:
    runs = 1500
    low, high = Watched.of(*yes_no(np.random.default_rng(2), runs, candidate, production)).always()
    assert ever(low > -MARGIN) <= by_chance(runs, ALPHA / 2)
    assert ever(high < -MARGIN) <= by_chance(runs, ALPHA / 2)


@pytest.mark.parametrize(("rate", "other"), [(0.015, 0.005), (0.011, 0.001), (0.03, 0.01)])
def test_rare_failures_that_just_break_the_margin_hardly_ever_pass(rate: float, other: float) -> None:
    """Of error rates less is better. Without what `steadied` adds it would be one in ten."""
    runs = 1500
    watched = Watched.of(*yes_no(np.random.default_rng(3), runs, rate, other))
    _, high = watched.always()
    assert ever(high < rate - other) <= by_chance(runs, ALPHA / 2)


def test_at_a_single_look_at_clusters_rare_failures_hardly_ever_pass_either() -> None:
    runs, clusters = 400, 500
    rng, sums = np.random.default_rng(13), []
    claim = Claim(measure="error_class", margin=0.01)
    rules = Policy(primary=(claim,), watching=Watching(looks=Looks.ONCE))
    for _ in range(runs):
        sides = rng.random((2, 2 * clusters)) < np.array([[0.0105], [0.0005]])
        found = compared(a_measure_of(ERROR, *sides, clusters=np.arange(2 * clusters) // 2), rules).effect
        assert found.deciding.high is not None
        sums.append(found.deciding.high < 0.01)
    assert np.mean(sums) <= by_chance(runs, ALPHA / 2)


def test_of_eight_guardrails_that_are_as_they_should_be_none_is_refuted_in_nineteen_of_twenty_cases() -> None:
    runs, rng = 1000, np.random.default_rng(4)
    claims = 8
    broken = np.zeros(runs, bool)
    for _ in range(claims):
        _, high = Watched.of(*yes_no(rng, runs, 0.9, 0.9, clusters=600)).always(ALPHA / claims)
        broken |= (high < 0).any(axis=1)
    assert broken.mean() <= by_chance(runs)


def policy(looks: Looks = Looks.ANY, **claims: object) -> Policy:
    return Policy(
        primary=(Claim(measure="quality", margin=MARGIN, **claims),),  # type: ignore[arg-type]
        guardrails=(Claim(measure="error_class", margin=0.02),),
        watching=Watching(looks=looks),
    )


def test_these_are_the_looks_of_the_analysis_itself() -> None:
    rng = np.random.default_rng(5)
    sizes = rng.integers(1, 4, 400)
    codes = np.repeat(np.arange(400), sizes)
    candidate, production = ((rng.random(len(codes)) < share).astype(float) for share in (0.75, 0.8))
    sums = np.bincount(codes, weights=candidate - production)
    watched = Watched.of(sums[None, :], sizes[None, :].astype(float))
    low, high = watched.always()
    for look in (130, 163, 400):  # worth a hundred, from about 117 on
        upto = codes < look
        found = compared(
            a_measure_of(a_subject(), candidate[upto], production[upto], clusters=codes[upto]), policy()
        ).effect.deciding
        assert (found.low, found.high) == pytest.approx((low[0, look - FIRST], high[0, look - FIRST]), rel=1e-12)


def verdicts(rng: np.random.Generator, quality: tuple[float, float], errors: tuple[float, float]) -> set[Decision]:
    """Every word that somebody hears who looks six times; failures have the worst score."""
    n, looks = 1800, np.geomspace(220, 1800, 6).astype(int)
    codes = np.arange(n) // 2
    lean = np.repeat(rng.uniform(-0.1, 0.1, n // 2), 2)
    fails = [rng.random(n) < rate for rate in errors]
    scores = [np.where(failed, 0.0, rng.random(n) < share + lean) for failed, share in zip(fails, quality, strict=True)]
    heard: set[Decision] = set()
    for look in looks:
        some = slice(look)
        clusters = codes[some]
        comparisons = [
            compared(a_measure_of(a_subject(), scores[0][some], scores[1][some], clusters=clusters), policy()),
            compared(a_measure_of(ERROR, fails[0][some], fails[1][some], clusters=clusters), policy()),
        ]
        heard.add(decide(comparisons, counts(int(look), clusters=int(look) // 2), policy()).decision)
    return heard


def test_the_gate_itself_says_no_to_an_equal_and_yes_to_a_worse_candidate_in_a_twentieth_of_all_cases_at_most() -> None:
    runs, rng = 100, np.random.default_rng(6)
    equal = [verdicts(rng, (0.8, 0.8), (0.02, 0.02)) for _ in range(runs)]
    assert np.mean([Decision.MAY_NOT in heard for heard in equal]) <= by_chance(runs)
    faulty = [verdicts(rng, (0.86, 0.8), (0.04, 0.02)) for _ in range(runs)]  # beyond its guardrail by a hair
    assert np.mean([Decision.MAY in heard for heard in faulty]) <= by_chance(runs)


@dataclass(frozen=True)
class Case:
    """One kind of effect: pairs that are drawn, and the truth."""

    name: str
    truth: float


CASES = [
    Case("difference", -0.05), Case("yes_no", 0.04), Case("preference", 0.55), Case("ratio", math.exp(0.1)),
    Case("total", math.exp(0.1)), Case("p50", math.exp(0.1)), Case("share", 0.03),
]  # fmt: skip


def drawn(case: Case, rng: np.random.Generator) -> Comparison:
    """The comparison of 400 invented pairs, clustered and weighted unless independent pairs have methods of their own."""
    n = 400
    codes, weights = np.arange(n) // 2, rng.choice([1.0, 2.0, 10.0], n)
    lean = np.repeat(rng.normal(0, 1, n // 2), 2)
    rules = policy()
    if case.name == "difference":
        values = 3 + lean + rng.normal(0, 1, (2, n)) + np.array([[case.truth], [0.0]])
        subject = a_subject(low=None, high=None)
        return compared(a_measure_of(subject, *values, clusters=codes, weights=weights), rules)
    if case.name == "yes_no":
        return compared(a_measure_of(a_subject(), rng.random(n) < 0.84, rng.random(n) < 0.8), rules)
    if case.name == "preference":
        chance = 0.55 + 0.1 * np.sign(lean)
        wins = rng.random(n) < chance
        return compared(a_measure_of(PREFERENCE, wins, clusters=codes, weights=weights), rules)
    if case.name == "share":
        claim = Claim(measure="error_class", against=Against.BOUND, bound=0.05)
        return compared(a_measure_of(ERROR, rng.random(n) < 0.03, np.zeros(n), clusters=codes), rules, claim)
    times = np.exp(0.3 * lean + rng.normal(0, 0.4, (2, n)) + np.array([[0.1], [0.0]]))
    seconds = a_subject("latency", low=0.0, high=None, direction=Direction.LOWER)
    statistic = {"ratio": Statistic.MEAN, "total": Statistic.TOTAL, "p50": Statistic.P50}[case.name]
    claim = Claim(measure="latency", relative=True, statistic=statistic)
    return compared(a_measure_of(seconds, *times, clusters=codes, weights=weights), rules, claim)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_intervals_hold_the_truth_as_often_as_they_say(case: Case) -> None:
    runs, rng = 60 if case.name == "p50" else 300, np.random.default_rng(7)
    effects = [drawn(case, rng).effect for _ in range(runs)]
    once = np.mean([not effect.once.excludes(case.truth) for effect in effects])
    assert once >= 0.95 - 3 * math.sqrt(0.95 * 0.05 / runs)
    assert np.mean([not effect.deciding.excludes(case.truth) for effect in effects]) >= 0.98


def test_planned_looks_together_hold_the_truth() -> None:
    runs, rng = 300, np.random.default_rng(8)
    rules = Policy(primary=(Claim(measure="quality"),), watching=Watching(looks=Looks.PLANNED, clusters=500, planned=4))
    excluded = tested = 0
    for _ in range(runs):
        candidate, production = rng.normal(0, 1, (2, 500))
        subject = a_subject(low=None, high=None)
        found = [compared(a_measure_of(subject, candidate[:n], production[:n]), rules) for n in (125, 250, 375, 500)]
        excluded += any(each.effect.deciding.excludes(0) for each in found)
        tested += any(each.effect.evidence.p < ALPHA for each in found)  # type: ignore[union-attr, operator]
    assert excluded / runs <= by_chance(runs)
    assert excluded == tested


@pytest.mark.parametrize("looks", [Looks.ANY, Looks.ONCE])
def test_the_least_detectable_effect_is_shown_in_four_of_five_cases(looks: Looks) -> None:
    runs, rng, n = 400, np.random.default_rng(9), 600
    subject, rules = a_subject(low=None, high=None), policy(looks)
    codes = np.arange(n) // 2
    lean = np.repeat(rng.normal(0, 1, (runs, n // 2)), 2, axis=1)
    noise = lean + rng.normal(0, 1, (runs, n))
    least = compared(a_measure_of(subject, noise[0], np.zeros(n), clusters=codes), rules).detectable
    assert least is not None
    effects = [compared(a_measure_of(subject, each + least, np.zeros(n), clusters=codes), rules) for each in noise[1:]]
    shown = np.mean([each.effect.deciding.low > 0 for each in effects])  # type: ignore[operator]
    assert 0.72 < shown < 0.88


def test_with_as_many_pairs_as_are_said_to_be_needed_the_margin_is_told_in_four_of_five_cases() -> None:
    rng = np.random.default_rng(10)
    pilot = compared(a_measure_of(a_subject(), rng.random(300) < 0.8, rng.random(300) < 0.8), policy())
    assert pilot.still_needed is not None
    assert pilot.still_needed.more == pilot.still_needed.pairs - 300
    assert pilot.still_needed.days == pytest.approx(pilot.still_needed.more / 100)
    n, runs = pilot.still_needed.pairs, 200
    found = [compared(a_measure_of(a_subject(), *(rng.random((2, n)) < 0.8)), policy()) for _ in range(runs)]
    passed = np.mean([each.effect.deciding.low > -MARGIN for each in found])  # type: ignore[operator]
    assert 0.7 < passed < 0.92


def test_unequal_sampling_rates_do_not_bias() -> None:
    """Effects differ by stratum: half of the traffic gains, half loses as much, and one half is drawn nine times as often."""
    runs, rng, n = 200, np.random.default_rng(11), 3000
    weighted, naive = [], []
    for _ in range(runs):
        stratum = rng.random(n) < 0.5
        probability = np.where(stratum, 0.9, 0.1)
        kept = rng.random(n) < probability
        candidate = rng.random(n) < np.where(stratum, 0.85, 0.55)
        production = rng.random(n) < 0.7
        measured = a_measure_of(a_subject(), candidate[kept], production[kept], weights=1 / probability[kept])
        weighted.append(compared(measured, policy()).effect.once.value)
        naive.append(np.mean(candidate[kept].astype(float) - production[kept]))
    error = np.std(weighted) / math.sqrt(runs)
    assert abs(np.mean(weighted)) < 3 * error
    assert np.mean(naive) > 10 * error


def test_a_candidate_that_fails_at_hard_questions_does_not_look_better() -> None:
    """It is worse at every question, answers easy ones only, and looks better to who counts answers alone."""
    rng, n = np.random.default_rng(12), 2000
    is_hard = rng.random(n) < 0.3
    failed = is_hard & (rng.random(n) < 0.8)
    chance = np.where(is_hard, 0.2, 0.9)
    production = rng.random(n) < chance
    candidate = np.where(failed, np.nan, rng.random(n) < chance - 0.02)
    measured = a_measure_of(
        a_subject(), candidate, production, failed=failed, why=["fault_timed_out" if each else None for each in failed]
    )
    found = compared(measured, policy())
    assert found.imputed == failed.sum()
    assert found.effect.once.high is not None
    assert found.effect.once.high < 0
    survivors = np.nanmean(candidate) - production.mean()
    assert survivors > 0.1
    answered = an_arm(n, failed=failed).answered
    assert found.answered_only is not None
    assert found.answered_only.once.n == answered.sum()
    errors = compared(a_measure_of(ERROR, failed, np.zeros(n), failed=failed), policy())
    assert decide([found, errors], counts(n, clusters=n), policy()).decision is Decision.MAY_NOT
