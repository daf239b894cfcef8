"""Whom to take, by what matters most: quality, latency or cost. From verdicts alone. Pure.

A candidate is chosen for a goal if its verdict is `may`, and if it is better for that goal beyond chance and noise; of several
the one with the best value, which is told. Else production stays. Nothing else can be recommended, however good it looks.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from shadowbench.report.analysis.conditions import comparison_of, gain
from shadowbench.report.analysis.goals import tells
from shadowbench.report.analysis.noting import Values, is_beyond_chance, is_within_noise, note_of, way
from shadowbench.report.document.comparisons import Comparison
from shadowbench.report.document.root import Candidate, Document
from shadowbench.report.document.verdicts import Blocker, Condition, Decision, Goal, Met, Note, Recommendation
from shadowbench.report.policy import Policy

PRODUCTION = "production"


def recommendations(document: Document) -> tuple[Recommendation, ...]:
    """One for each goal; none where there is no candidate."""
    candidates = [each for each in document.candidates if not each.again]
    return tuple(_recommendation(goal, candidates, document.policy) for goal in Goal) if candidates else ()


def _recommendation(goal: Goal, candidates: Sequence[Candidate], policy: Policy) -> Recommendation:
    if not policy.primary:
        because, change = (Note(code="nothing_declared"),), (Note(code="declare"),)
        return Recommendation(goal=goal, choose=PRODUCTION, because=because, would_change=change)
    may = [each for each in candidates if each.verdict.decision is Decision.MAY]
    ahead = _best_first(goal, [each for each in may if _is_better(goal, each, policy)])
    others = [each for each in candidates if each not in ahead]
    if ahead:
        return Recommendation(
            goal=goal,
            choose=ahead[0].name,
            because=tuple(_because(goal, ahead, policy)),
            would_change=tuple(note for each in others for note in _missing(each, Met.OPEN)),
        )
    return Recommendation(
        goal=goal,
        choose=PRODUCTION,
        because=tuple(_not_better(goal, each, policy) for each in may) or (Note(code="no_candidate_may"),),
        would_change=tuple(note for each in others for note in _would_change(goal, each)),
    )


def _is_better(goal: Goal, candidate: Candidate, policy: Policy) -> bool:
    comparison = tells(goal, candidate)
    return comparison is not None and _points(comparison, policy) == "better"


def _points(comparison: Comparison, policy: Policy) -> str | None:
    """Better or worse, beyond chance and noise."""
    if not is_beyond_chance(comparison, policy.alpha) or is_within_noise(comparison):
        return None
    return way(comparison.effect.deciding, comparison.effect.scale, comparison.subject.direction)


def _best_first(goal: Goal, candidates: Sequence[Candidate]) -> list[Candidate]:
    return sorted(candidates, key=lambda each: (-_gain(tells(goal, each)), each.name))


def _gain(comparison: Comparison | None) -> float:
    """The middle of the effect's gain: on each scale more is better."""
    if comparison is None:
        return 0.0
    found = gain(comparison.effect.deciding, comparison.effect.scale, comparison.subject.direction)
    return 0.0 if found is None else (found.low + found.high) / 2


def _because(goal: Goal, ahead: Sequence[Candidate], policy: Policy) -> Iterator[Note]:
    """Why the first of them: that it may and is better, whom it is ahead of, and what it pays for it."""
    chosen, *others = ahead
    if (comparison := tells(goal, chosen)) is not None:
        yield note_of("may_and_better", comparison, candidate=chosen.name)
    if others:
        yield Note(code="ahead_of", values={"others": ", ".join(each.name for each in others)}, candidate=chosen.name)
    for other in Goal:
        price = tells(other, chosen) if other is not goal else None
        if price is not None and _points(price, policy) == "worse":
            yield note_of("worsens", price, candidate=chosen.name)


def _not_better(goal: Goal, candidate: Candidate, policy: Policy) -> Note:
    comparison = tells(goal, candidate)
    if comparison is None:
        return Note(code="may_not_better", candidate=candidate.name)
    code = "may_and_worse" if _points(comparison, policy) == "worse" else "may_not_better"
    return note_of(code, comparison, candidate=candidate.name)


def _would_change(goal: Goal, candidate: Candidate) -> Iterator[Note]:
    """What would make a candidate the choice that is not."""
    if candidate.verdict.decision is not Decision.MAY:
        yield from _missing(candidate, Met.REFUTED, Met.OPEN)
    elif (comparison := tells(goal, candidate)) is not None:
        yield Note(code="better_for_goal", values={"statistic": comparison.statistic.value}, candidate=candidate.name,
                   measure=comparison.subject.name)  # fmt: skip


def _missing(candidate: Candidate, *mets: Met) -> Iterator[Note]:
    """What a candidate lacks before it may take over. One of which something is refuted waits for nothing else."""
    conditions = candidate.verdict.conditions
    refuted = [each for each in conditions if each.met is Met.REFUTED]
    if refuted:
        if Met.REFUTED in mets:
            yield from (_refuted(candidate, each) for each in refuted)
        return
    yield from (_blocked(candidate, each) for each in candidate.verdict.blockers if each.code != "uncalibrated_judge")
    yield from (_open(candidate, each) for each in conditions if each.met is Met.OPEN)


def _refuted(candidate: Candidate, condition: Condition) -> Note:
    return _about(candidate, condition, "refuted_condition", {})


def _open(candidate: Candidate, condition: Condition) -> Note:
    still = condition.still_needed
    if still is None or not still.more or condition.reason not in (None, "wide_interval", "too_few"):
        return _about(candidate, condition, "open_condition", {"reason": condition.reason or "wide_interval"})
    days = {} if still.days is None else {"days": still.days}
    against = condition.claim.against.value
    return _about(
        candidate, condition, "needs_pairs", {"pairs": still.pairs, "more": still.more, "against": against, **days}
    )


def _about(candidate: Candidate, condition: Condition, code: str, values: dict[str, str | float | int]) -> Note:
    comparison = comparison_of(condition.claim, condition.role, candidate.comparisons)
    told = {**values, "statistic": condition.claim.statistic.value}
    if comparison is not None and comparison.reason is None and code == "refuted_condition":
        return note_of(code, comparison, candidate=candidate.name, more=told)
    return Note(code=code, values=told, candidate=candidate.name, measure=condition.claim.measure)


def _blocked(candidate: Candidate, blocker: Blocker) -> Note:
    values: Values = {"blocker": blocker.code, "needed": blocker.needed, "found": blocker.found}
    if blocker.columns:
        values = {**values, "columns": ", ".join(blocker.columns)}
    return Note(code="blocked", values=values, candidate=candidate.name, measure=blocker.measure)
