"""Warnings about one candidate's numbers: what is lost, failed, missing or contradicted. Pure.

Each is a generator of notes from a candidate and the policy. Where many measures are asked the same question, Holm corrects.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from shadowbench.report.analysis.circumstances import most_frequent
from shadowbench.report.analysis.conditions import share_unscored
from shadowbench.report.analysis.deciding import WANTED, lost
from shadowbench.report.analysis.noting import Values, differs, is_beyond_chance, is_within_noise, note_of, numbers, way
from shadowbench.report.analysis.omissions import unscored
from shadowbench.report.analysis.scopes import NOT_LOOKED_AT
from shadowbench.report.document.comparisons import Comparison, Role
from shadowbench.report.document.parts import SliceTable
from shadowbench.report.document.root import Candidate
from shadowbench.report.document.times import Distribution
from shadowbench.report.document.verdicts import Note
from shadowbench.report.policy import Policy
from shadowbench.stats.estimates import Estimate, Refused
from shadowbench.stats.multiplicity import benjamini_hochberg, holm

MANY_LOST = 0.05  # share of a candidate's pairs; less where the policy allows less
MANY_FAILURES = 0.01  # share of the pairs that count
MANY_UNPRICED = 0.01
UNEVEN = 0.5  # effective n as a share of n
EXTREME = 0.99
FEW_CLUSTERS = 30  # below, t intervals are a little too narrow (docs/statistics.md)


def of_lane(candidate: Candidate, policy: Policy) -> Iterator[Note]:
    """An A/A lane that differs from production: something besides the candidates does. Lanes are members of no family, so their
    p are corrected here, all of them together."""
    evidence = [each.effect.evidence for each in candidate.comparisons]
    adjusted = benjamini_hochberg([None if each is None else each.p for each in evidence])
    for comparison, p in zip(candidate.comparisons, adjusted, strict=True):
        if comparison.reason is None and differs(comparison.effect) and p is not None and p < policy.alpha:
            yield note_of("a_a_lane_differs", comparison, candidate=candidate.name, more={"p": p})


def of_losses(candidate: Candidate, policy: Policy) -> Iterator[Note]:
    """Pairs that our own queues, budgets and bounds held back."""
    counts = candidate.counts
    gone, most = lost(counts.not_sent), min(MANY_LOST, policy.requires.most_lost)
    if gone > most * counts.pairs:
        reasons = {reason: count for reason, count in counts.not_sent.items() if reason not in WANTED}
        yield Note(
            code="many_lost",
            values={
                "lost": gone,
                "pairs": counts.pairs,
                "share": gone / counts.pairs,
                "reason": most_frequent(reasons),
            },
            candidate=candidate.name,
        )


def of_failures(candidate: Candidate, policy: Policy) -> Iterator[Note]:
    """Either side failed often enough to matter."""
    counts = candidate.counts
    n = counts.sent - counts.withdrawn
    if not n:
        return
    ours, theirs = (1 - ok / n for ok in (counts.production_ok, counts.candidate_ok))
    if max(ours, theirs) >= MANY_FAILURES:
        values = {"sent": n, "share": theirs, "production_share": ours}
        yield Note(code="failures", values=values, candidate=candidate.name)


def of_answered_only(candidate: Candidate, policy: Policy) -> Iterator[Note]:
    """Effects that point somewhere only as failures count, or elsewhere without them."""
    for comparison in _telling(candidate, policy):
        other = comparison.answered_only
        if other is not None and _way(comparison, other.deciding) != _way(comparison, comparison.effect.deciding):
            more = numbers(other.deciding, "answered")
            yield note_of("failures_decide", comparison, candidate=candidate.name, more=more)


def of_people(candidate: Candidate, policy: Policy) -> Iterator[Note]:
    """Judges whose word does not hold once people's labels correct it, or length and style are equal."""
    for comparison in _telling(candidate, policy):
        points = _way(comparison, comparison.effect.deciding)
        if points is None:
            continue
        if comparison.corrected is not None and _way(comparison, comparison.corrected.effect) != points:
            more = {**numbers(comparison.corrected.effect, "corrected"), "labels": comparison.corrected.labels}
            yield note_of("people_disagree", comparison, candidate=candidate.name, more=more)
        if comparison.controlled is not None and _way(comparison, comparison.controlled.rate) != points:
            more = numbers(comparison.controlled.rate, "controlled")
            yield note_of("length_explains", comparison, candidate=candidate.name, more=more)


def of_noise(candidate: Candidate, policy: Policy) -> Iterator[Note]:
    """Effects that production has against itself, too."""
    for comparison in candidate.comparisons:
        noise = comparison.noise
        if noise is not None and is_beyond_chance(comparison, policy.alpha) and is_within_noise(comparison):
            more = numbers(noise.deciding, "noise")
            yield note_of("within_noise", comparison, candidate=candidate.name, more=more)


def of_missing(candidate: Candidate, policy: Policy) -> Iterator[Note]:
    """Measures that one side lacks more often than the other, and declared ones that many pairs lack."""
    comparisons = _one_of_each(candidate.comparisons)
    adjusted = holm([each.missing.differs.p if each.missing.differs else None for each in comparisons])
    known = [(p, each) for p, each in zip(adjusted, comparisons, strict=True) if p is not None and p < policy.alpha]
    if known:
        yield _differs(candidate, known)
    for comparison in comparisons:
        if comparison.role is not Role.SECONDARY:
            yield from _unscored(candidate, comparison, policy)


def _differs(candidate: Candidate, known: Sequence[tuple[float, Comparison]]) -> Note:
    """One note for all of them, since they have one cause as a rule: the most uneven one, and the names of the others."""
    p, most = max(known, key=lambda each: abs(_lacked(each[1].missing.production) - _lacked(each[1].missing.candidate)))
    values: Values = {
        "production": _lacked(most.missing.production),
        "candidate": _lacked(most.missing.candidate),
        "p": p,
        "others": ", ".join(each.subject.name for _, each in known if each is not most),
    }
    return Note(code="missing_differs", values=values, candidate=candidate.name, measure=most.subject.name)


def _unscored(candidate: Candidate, comparison: Comparison, policy: Policy) -> Iterator[Note]:
    lacking = unscored(comparison.missing)
    share = share_unscored(comparison, candidate.counts.sent - candidate.counts.withdrawn)
    if share > policy.requires.most_unscored:
        reasons = {**comparison.missing.production, **comparison.missing.candidate, **comparison.missing.pair}
        values: Values = {
            "unscored": lacking,
            "pairs": round(lacking / share),
            "share": share,
            "reason": most_frequent({r: n for r, n in reasons.items() if r not in NOT_LOOKED_AT}),
        }
        yield Note(code="many_unscored", values=values, candidate=candidate.name, measure=comparison.subject.name)


def of_slices(candidate: Candidate, policy: Policy) -> Iterator[Note]:
    """Slices that contradict the whole."""
    for table in candidate.slices:
        if table.reversed:
            yield Note(
                code="simpson_reversed", values={"by": table.by}, candidate=candidate.name, measure=table.measure
            )
        yield from _against_the_whole(candidate, table)


def _against_the_whole(candidate: Candidate, table: SliceTable) -> Iterator[Note]:
    unit = next((each.subject.unit for each in candidate.comparisons if each.subject.name == table.measure), "")
    for row in table.rows:
        if row.against_the_whole:
            values: Values = {
                "by": table.by, "slice": row.value, "scale": table.scale.value, "unit": unit, "n": row.n,
                "clusters": row.clusters, **numbers(row.effect), **({} if row.p_adjusted is None else {"p": row.p_adjusted}),
            }  # fmt: skip
            yield Note(code="slice_against_the_whole", values=values, candidate=candidate.name, measure=table.measure)


def of_sizes(candidate: Candidate, policy: Policy) -> Iterator[Note]:
    """Unequal sampling that leaves little, and few clusters."""
    counts = candidate.counts
    n = counts.sent - counts.withdrawn
    if counts.effective_n is not None and counts.effective_n < UNEVEN * n:
        values = {"effective_n": counts.effective_n, "n": n}
        yield Note(code="small_effective_n", values=values, candidate=candidate.name)
    if 0 < counts.clusters < FEW_CLUSTERS:
        few = {"clusters": counts.clusters, "n": n, "least": FEW_CLUSTERS}
        yield Note(code="few_clusters", values=few, candidate=candidate.name)


def of_costs(candidate: Candidate, policy: Policy) -> Iterator[Note]:
    """Calls whose cost is not known."""
    costs = candidate.costs
    if costs is None:
        return
    production, own = sum(costs.unknown_production.values()), sum(costs.unknown_candidate.values())
    if max(production, own) > MANY_UNPRICED * (costs.n + max(production, own)):
        reasons = costs.unknown_candidate if own >= production else costs.unknown_production
        values: Values = {"production": production, "candidate": own, "reason": most_frequent(reasons)}
        yield Note(code="unpriced_cost", values=values, candidate=candidate.name, measure="cost")


def of_times(candidate: Candidate, policy: Policy) -> Iterator[Note]:
    """Quantiles that lie among failures: those that were declared, and all but p99, which one failure in a hundred hides."""
    for distribution in candidate.distributions:
        declared = {each.statistic.level for each in policy.claims if each.measure == distribution.measure}
        censored = [
            f"p{100 * row.level:g}"
            for row in distribution.rows
            if (row.level < EXTREME or row.level in declared) and _is_censored(row.production, row.candidate)
        ]
        if censored:
            yield _censored(candidate, distribution, censored)


def _censored(candidate: Candidate, distribution: Distribution, quantiles: Sequence[str]) -> Note:
    values: Values = {
        "quantiles": ", ".join(quantiles),
        "production": distribution.censored_production,
        "candidate": distribution.censored_candidate,
    }
    return Note(code="censored", values=values, candidate=candidate.name, measure=distribution.measure)


def _is_censored(*sides: Estimate) -> bool:
    return any(side.reason is Refused.CENSORED for side in sides)


def _telling(candidate: Candidate, policy: Policy) -> Iterator[Comparison]:
    """Comparisons that somebody goes by: what was declared, and what is beyond chance."""
    for comparison in candidate.comparisons:
        declared = comparison.role is not Role.SECONDARY and comparison.reason is None
        if declared or is_beyond_chance(comparison, policy.alpha):
            yield comparison


def _way(comparison: Comparison, estimate: Estimate) -> str | None:
    return way(estimate, comparison.effect.scale, comparison.subject.direction)


def _one_of_each(comparisons: Sequence[Comparison]) -> list[Comparison]:
    """The first comparison of each measure: they all lack the same pairs."""
    return list({each.subject.name: each for each in reversed(comparisons)}.values())[::-1]


def _lacked(missing: Mapping[str, int]) -> int:
    return sum(count for reason, count in missing.items() if reason not in NOT_LOOKED_AT)
