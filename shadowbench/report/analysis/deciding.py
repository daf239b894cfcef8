"""May this traffic move to the candidate? Conditions and requirements in, one word out. Pure.

The first line that fits decides:

    no primary claim was declared                                  undeclared
    the evidence itself is in doubt (a doubting blocker)           inconclusive
    a condition is refuted                                         may not
    a quota is not met, or a condition is open                     inconclusive
    no primary condition is shown: all of them were skipped        inconclusive
    all is shown that was not skipped                              may

Doubting blockers: pairs that were chosen by what came of the calls; most calls of production failed; too few pairs, or clusters
by what they are worth; too many pairs lost on our side; no A/A lane where one is required, an A/A lane that differs from
production. A setup that is not to be trusted speaks against the candidate no better than for it.

Quotas: calls of the candidate that did not fail; labels, labels given twice, calibrated judges; margins that a value can break.
They are there lest somebody says yes too easily. What is refuted without them stays refuted: no label mends a third of requests
that fail. A judge that nobody compared with people refutes nothing either; conditions that rest on it are open.

Where most calls of a side fail, more pairs of the same tell nothing more: what is open waits for the endpoint, not for pairs.

So an open condition never hides a refuted one, and an effect that moves to the worse, all else the same, never makes a verdict
better: `may not` stays, and `inconclusive` does not become `may`.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from shadowbench.report.analysis.changing import as_of_late
from shadowbench.report.analysis.conditions import comparison_of, conditions, trusted
from shadowbench.report.document.comparisons import Comparison, Role
from shadowbench.report.document.parts import JudgeCard
from shadowbench.report.document.root import Counts
from shadowbench.report.document.times import Change
from shadowbench.report.document.verdicts import Blocker, Condition, Decision, Met, Verdict
from shadowbench.report.policy import Against, Policy, Requirements
from shadowbench.store.columns_spec import BEFORE_THE_CALL

DOUBTS = frozenset({
    "chosen_by_outcome", "production_fails", "too_few_pairs", "too_few_clusters", "too_many_lost", "no_a_a_lane",
    "a_a_lane_differs",
})  # fmt: skip
"""Blockers that leave nothing decided, neither way. All others only keep from saying yes."""

FAILING = frozenset({"production_fails", "candidate_fails"})
"""Blockers that no number of pairs removes: the endpoint has to be mended."""

MOST_FAILED = 0.5  # share of a side's calls: above, there is hardly an answer to compare

WANTED = frozenset({"client_cancelled", "paused", "killed", "shutdown"})
"""Reasons of copies that were not sent because somebody wanted it so: not lost to load, and not by what they are."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Labelled:
    """How many of a candidate's pairs people labelled."""

    pairs: int = 0  # that have a label
    twice: int = 0  # of these: that have more than one, by two people or by the same one again


NOBODY = Labelled()
LANE = Verdict(decision=Decision.UNDECLARED)
"""Of an A/A lane: there is nothing to move to."""


def decide(
    comparisons: Sequence[Comparison],
    counts: Counts,
    policy: Policy,
    *,
    lane: Sequence[Comparison] | None = None,
    judges: Sequence[JudgeCard] = (),
    labelled: Labelled = NOBODY,
    chosen_by: Collection[str] = (),
    changed: Sequence[Change] = (),
) -> Verdict:
    """The verdict of one candidate (of an A/A lane it is `LANE`).

    `comparisons`: the candidate's; a claim finds its own by measure, statistic, against, `relative`, and role. `lane`: those of
    the A/A lane, None where there is none. `judges`: the cards of all judges; a judge without a card is not calibrated.
    `chosen_by`: the columns that pairs were chosen by. `changed`: the candidate's changes over the period.
    """
    counting = counts.sent - counts.withdrawn
    calibrated = trusted(comparisons, policy, judges)
    found = conditions(comparisons, policy, calibrated=calibrated, pairs=counting)
    found = tuple(as_of_late(each, comparison_of(each.claim, each.role, comparisons), changed) for each in found)
    failing = tuple(_of_calls(counts))
    if failing:
        found = tuple(map(_waiting_for_the_endpoint, found))
    blockers = (
        *_of_choice(chosen_by),
        *failing,
        *_of_counts(counts, policy.requires),
        *_of_lane(lane, policy),
        *_of_labels(labelled, policy.requires),
        *_of_claims(found),
    )
    return Verdict(decision=decision(policy, found, blockers), conditions=found, blockers=blockers)


def decision(policy: Policy, found: Sequence[Condition], blockers: Sequence[Blocker]) -> Decision:
    """The module's table."""
    if not policy.primary:
        return Decision.UNDECLARED
    if any(blocker.code in DOUBTS for blocker in blockers):
        return Decision.INCONCLUSIVE
    if any(condition.met is Met.REFUTED for condition in found):
        return Decision.MAY_NOT
    if blockers or any(condition.met is Met.OPEN for condition in found):
        return Decision.INCONCLUSIVE
    shown = any(condition.met is Met.SHOWN for condition in found if condition.role is Role.PRIMARY)
    return Decision.MAY if shown else Decision.INCONCLUSIVE


def lost(not_sent: Mapping[str, int]) -> int:
    """Copies that our own queues, budgets and bounds held back, of those that were not sent."""
    return sum(count for reason, count in not_sent.items() if reason not in WANTED)


def lane_differs(lane: Sequence[Comparison], policy: Policy) -> Iterator[Comparison]:
    """Comparisons of the A/A lane, one for each primary claim at most, that show a difference where there is none. The strict
    interval says so: with each claim there is one more chance of a false alarm."""
    for claim in policy.primary:
        found = comparison_of(claim, Role.PRIMARY, lane) if claim.against is Against.PRODUCTION else None
        if found is not None and found.reason is None and _differs(found):
            yield found


def _of_choice(chosen_by: Collection[str]) -> Iterator[Blocker]:
    """Of pairs that were chosen by what came of the calls: whoever leaves out what failed finds no failure."""
    if columns := tuple(sorted(set(chosen_by) - BEFORE_THE_CALL)):
        yield Blocker(code="chosen_by_outcome", needed=0, found=len(columns), columns=columns)


def _of_calls(counts: Counts) -> Iterator[Blocker]:
    """Of each side most of whose calls failed."""
    n = counts.sent - counts.withdrawn
    if n and (failed := 1 - counts.production_ok / n) > MOST_FAILED:
        yield Blocker(code="production_fails", needed=MOST_FAILED, found=failed)
    if n and (failed := 1 - counts.candidate_ok / n) > MOST_FAILED:
        yield Blocker(code="candidate_fails", needed=MOST_FAILED, found=failed)


def _waiting_for_the_endpoint(condition: Condition) -> Condition:
    """An open condition that waits for no pairs."""
    if condition.met is not Met.OPEN:
        return condition
    waits_for_pairs = condition.reason in (None, "wide_interval", "too_few")
    return replace(condition, still_needed=None, reason="calls_failed" if waits_for_pairs else condition.reason)


def _of_counts(counts: Counts, requires: Requirements) -> Iterator[Blocker]:
    if (counting := counts.sent - counts.withdrawn) < requires.pairs:
        yield Blocker(code="too_few_pairs", needed=requires.pairs, found=counting)
    worth = counts.clusters if counts.worth is None else min(counts.clusters, counts.worth)
    if worth < requires.clusters:
        counted = counts.clusters if round(worth) < counts.clusters else None
        yield Blocker(code="too_few_clusters", needed=requires.clusters, found=worth, counted=counted)
    share = lost(counts.not_sent) / counts.pairs if counts.pairs else 0.0
    if share > requires.most_lost:
        yield Blocker(code="too_many_lost", needed=requires.most_lost, found=share)


def _of_lane(lane: Sequence[Comparison] | None, policy: Policy) -> Iterator[Blocker]:
    if lane is None:
        if policy.requires.a_a_lane:
            yield Blocker(code="no_a_a_lane", needed=1, found=0)
        return
    for each in lane_differs(lane, policy):
        null, value = each.effect.scale.null, each.effect.deciding.value
        yield Blocker(code="a_a_lane_differs", needed=null or 0.0, found=value or 0.0, measure=each.subject.name)


def _of_labels(labelled: Labelled, requires: Requirements) -> Iterator[Blocker]:
    if labelled.pairs < requires.labels:
        yield Blocker(code="too_few_labels", needed=requires.labels, found=labelled.pairs)
    twice = labelled.twice / labelled.pairs if labelled.pairs else 0.0
    if twice < requires.labelled_twice:
        yield Blocker(code="too_few_labelled_twice", needed=requires.labelled_twice, found=twice)


def _of_claims(found: Sequence[Condition]) -> Iterator[Blocker]:
    """One for each judge that a claim rests on and nobody compared with people, and for each measure of which a claim allows
    everything."""
    for measure in _measures(found, "uncalibrated_judge"):
        yield Blocker(code="uncalibrated_judge", needed=1, found=0, measure=measure)
    for measure in _measures(found, "margin_allows_everything"):
        yield Blocker(code="margin_allows_everything", needed=1, found=0, measure=measure)


def _measures(found: Sequence[Condition], reason: str) -> Sequence[str]:
    return list(dict.fromkeys(each.claim.measure for each in found if each.reason == reason))


def _differs(comparison: Comparison) -> bool:
    null = comparison.effect.scale.null
    return null is not None and (comparison.effect.strict or comparison.effect.deciding).excludes(null)
