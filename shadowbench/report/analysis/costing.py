"""What a request costs on both sides, and what all of the traffic would.

Means are of pairs where both costs are known; a failure costs what it costs. What is not known is counted by reason and is no
zero: the mean takes it to be like the rest.

All of the traffic is whatever had a chance to be drawn for this candidate from its first pair to its last: Σ1/π of its pairs,
sent or not. So these are not in it: requests that may not be copied, requests that came while nothing was copied or were lost
before they were drawn, and parts of the traffic of which the candidate gets nothing. The month is 30 days like this period: how
traffic goes up and down from one month to the next is not in its interval. There are no totals, and a reason, where

    no_costs         no pair has both costs
    no_funnel        nobody counted the traffic, as with an imported file: what its rows are a sample of is not known
    costs_unknown    more than a fifth of the pairs lack a cost
    short_period     the pairs are of less than an hour
    more_than_seen   the probabilities in the log speak of more requests than ever came, so they are not to be trusted
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from shadowbench.reading.log import ReadLog
from shadowbench.report.analysis.arms import Arm, clusters_from
from shadowbench.report.analysis.latencies import CURVE
from shadowbench.report.analysis.values import Paired, intended, log_values
from shadowbench.report.document.times import CostCurve, Costs
from shadowbench.report.policy import Policy
from shadowbench.stats.clusters import mean
from shadowbench.stats.columns import FloatArray
from shadowbench.stats.estimates import Estimate
from shadowbench.stats.ratios import fieller, ratio_of_means
from shadowbench.stats.totals import Drawn, scaled, total

MOST_UNKNOWN = 0.2
SHORTEST_S = 3600.0
MONTH_S = 30 * 86_400.0
MOST_DRAWN = 20_000  # pairs that a curve is drawn from


def costs(log: ReadLog, arm: Arm, policy: Policy, correct: Paired | None) -> Costs:
    """`correct`: the measure that `policy.correct` names, over the arm's pairs (`intended`); None: nobody declared or
    measured which answers are right."""
    paired = intended(log_values(log, arm, "cost"), arm)
    ours, theirs = paired.candidate, _production(paired)

    def per_request(usd: FloatArray) -> Estimate:
        return mean(usd, clusters=paired.clusters, weights=paired.weights, level=policy.level)

    right = _per_correct(paired, correct, arm.n, policy.level) if correct is not None else (None, None)
    totals = _totals(log, arm, paired, policy.level)
    return Costs(
        n=paired.n,
        clusters=paired.clusters.count,
        unknown_production=paired.missing.production,
        unknown_candidate=paired.missing.candidate,
        production_usd=per_request(theirs),
        candidate_usd=per_request(ours),
        difference_usd=per_request(ours - theirs),
        ratio=ratio_of_means(ours, theirs, clusters=paired.clusters, weights=paired.weights, level=policy.level),
        correct=correct.subject.name if correct is not None else None,
        production_per_correct=right[0],
        candidate_per_correct=right[1],
        requests=totals.requests,
        period_s=totals.period_s,
        production_total=totals.production,
        candidate_total=totals.candidate,
        saving_total=totals.saving,
        saving_month=totals.month,
        why_no_total=totals.reason,
        requests_drawn=totals.drawn,
        production_curve=_curve(theirs, paired.weights),
        candidate_curve=_curve(ours, paired.weights),
    )


def _production(paired: Paired) -> FloatArray:
    assert paired.production is not None  # costs are of sides
    return paired.production


def _curve(usd: FloatArray, weights: FloatArray) -> CostCurve | None:
    """Quantiles by weight. Of very many pairs every so-manieth: sorting all of them would show the same line."""
    every = slice(None, None, len(usd) // MOST_DRAWN + 1)
    usd, weights = usd[every], weights[every]
    if not len(usd):
        return None
    order = np.argsort(usd, kind="stable")
    reached = np.cumsum(weights[order])
    places = np.searchsorted(reached, np.array(CURVE) * reached[-1]).clip(max=len(usd) - 1)
    return CostCurve(n=len(usd), levels=CURVE, usd=tuple(usd[order][places].tolist()))


def _per_correct(paired: Paired, correct: Paired, n: int, level: float) -> tuple[Estimate | None, Estimate | None]:
    """USD for a right answer, of production and of the candidate, over pairs whose costs and rightness are known. Of a measure
    of shape pair nobody knows which side was right."""
    if correct.production is None:
        return None, None
    usd = np.full((2, n), np.nan)
    usd[:, paired.places] = _production(paired), paired.candidate
    known = ~np.isnan(usd[0, correct.places])
    groups, weights = clusters_from(correct.clusters.codes[known]), correct.weights[known]
    production, candidate = (
        fieller(side[correct.places[known]], right[known], clusters=groups, weights=weights, level=level)
        for side, right in zip(usd, (correct.production, correct.candidate), strict=True)
    )
    return production, candidate


@dataclass(frozen=True, slots=True, kw_only=True)
class _Totals:
    """Of all traffic, or the reason why not."""

    requests: float | None = None
    drawn: Estimate | None = None
    period_s: float | None = None
    production: Estimate | None = None
    candidate: Estimate | None = None
    saving: Estimate | None = None
    month: Estimate | None = None
    reason: str | None = None


def _totals(log: ReadLog, arm: Arm, paired: Paired, level: float) -> _Totals:
    period_s, beside = _period_s(log, arm), _drawn_beside(log, arm)
    drawn = Drawn(arm.weights, arm.clusters, beside)
    if reason := _why_not(log, arm, paired, period_s, drawn):
        return _Totals(reason=reason)

    def of_all(usd: FloatArray) -> Estimate:
        return total(usd, drawn, places=paired.places, level=level)

    ours, theirs = paired.candidate, _production(paired)
    saving = of_all(theirs - ours)
    return _Totals(
        requests=drawn.number,
        drawn=drawn.estimate(level=level),
        period_s=period_s,
        production=of_all(theirs),
        candidate=of_all(ours),
        saving=saving,
        month=scaled(saving, MONTH_S / period_s),
    )


def _why_not(log: ReadLog, arm: Arm, paired: Paired, period_s: float, drawn: Drawn) -> str | None:
    if not paired.n:
        return "no_costs"
    funnel = log.funnel
    seen = funnel.total("seen")
    if not seen and not funnel.total("opened"):
        return "no_funnel"
    if paired.n < (1 - MOST_UNKNOWN) * arm.n:
        return "costs_unknown"
    if period_s < SHORTEST_S:
        return "short_period"
    number = drawn.estimate()
    least = number.value if number.low is None else number.low
    return "more_than_seen" if seen and least is not None and least > seen else None


def _drawn_beside(log: ReadLog, arm: Arm) -> float:
    """Σ1/π of pairs that were drawn for the candidate and do not count: held back on our side, or withdrawn."""
    mine = log.pairs["candidate"] == log.pairs.texts["candidate"].index(arm.name)
    mine[arm.rows] = False
    return float((1 / log.pairs["inclusion_probability"][mine]).sum())


def _period_s(log: ReadLog, arm: Arm) -> float:
    """From the candidate's first pair to its last. Of several logs: time that any of them covers, once."""
    which = log.pairs["log"][arm.rows]
    stretches = []
    for code in range(len(log.pairs.texts["log"])):
        at = arm.started_at[which == code]
        if at.size:
            stretches.append((float(at.min()), float(at.max())))
    return _covered(stretches)


def _covered(stretches: list[tuple[float, float]]) -> float:
    """The length of their union."""
    whole, end = 0.0, -np.inf
    for begin, until in sorted(stretches):
        whole += max(0.0, until - max(begin, end))
        end = max(end, until)
    return float(whole)
