"""What a comparison leaves out, and whether the claim might not be shown with it. Pure.

one_side_unscored      one side lacks more values than the other. Of bounded measures: were they the worst, the claim would
                       not be shown. Of others, times and costs among them: the difference is beyond chance, and more than a
                       little. Times that a slow client or we ourselves spoilt are lacked by nobody
mean_without_failures  a mean of times, which has no place for failures, and there are more than a little
failures_left_out      a mean or a total of another measure that has no worst value, and the candidate fails more often than
                       production, by more than a little, with no value that is known: who fails at every hard question would
                       be judged by the easy ones. So it is of failed calls whose cost nobody knows
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from shadowbench.report.analysis.missingness import A_LITTLE
from shadowbench.report.analysis.scopes import NEITHER_ANSWERED, NOT_LOOKED_AT, NOT_MEANT
from shadowbench.report.analysis.values import worst_of
from shadowbench.report.document.comparisons import Comparison, Missing, Origin, Scale
from shadowbench.scores import Shape

_TIMES = frozenset({"latency", "ttft", "gap_p95"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Slack:
    """How firmly a claim is shown."""

    above: float  # how far the interval is from where it would not be: on the scale of gains
    alpha: float  # of the policy


def omission(comparison: Comparison, slack: Slack) -> str | None:
    """Why a claim that the interval shows stays open."""
    if _leaves_failures_out(comparison):
        return "mean_without_failures"
    if _fails_unseen(comparison):
        return "failures_left_out"
    return "one_side_unscored" if _hides(comparison, slack) else None


def unscored(missing: Missing) -> int:
    """Pairs that should have a value and have none, for another reason than a failure. What both sides lack for the same
    reason is taken for the same pairs."""
    if missing.pair:
        return sum(_counted(missing.pair).values())
    ours, theirs = _counted(missing.candidate), _counted(missing.production)
    return sum(max(ours.get(reason, 0), theirs.get(reason, 0)) for reason in {**theirs, **ours})


def _counted(reasons: Mapping[str, int]) -> Mapping[str, int]:
    return {reason: count for reason, count in reasons.items() if _counts(reason)}


def _counts(reason: str) -> bool:
    is_failure = reason == NEITHER_ANSWERED or reason.startswith("fault_")
    return reason not in NOT_LOOKED_AT and reason not in NOT_MEANT and not is_failure


def _leaves_failures_out(comparison: Comparison) -> bool:
    subject, missing = comparison.subject, comparison.missing
    if subject.origin is not Origin.LOG or subject.name not in _TIMES or comparison.statistic.level is not None:
        return False
    failed = max(_failures(missing.production), _failures(missing.candidate))
    return failed > A_LITTLE * (comparison.n + failed)


def _fails_unseen(comparison: Comparison) -> bool:
    missing = comparison.missing
    if comparison.statistic.level is not None or worst_of(comparison.subject) is not None:
        return False
    more = _failures(missing.candidate) + _failures(missing.pair) - _failures(missing.production)
    return more > A_LITTLE * (comparison.n + more)


def _failures(reasons: Mapping[str, int]) -> int:
    return sum(count for reason, count in reasons.items() if reason.startswith("fault_"))


def _hides(comparison: Comparison, slack: Slack) -> bool:
    subject, missing = comparison.subject, comparison.missing
    if subject.shape is not Shape.SIDES:
        return False
    if subject.low is not None and subject.high is not None and comparison.effect.scale is not Scale.RATIO:
        more = abs(sum(_counted(missing.candidate).values()) - sum(_counted(missing.production).values()))
        return bool(more) and more / (comparison.n + unscored(missing)) * (subject.high - subject.low) >= slack.above
    lacking = missing.one_sided
    p = None if lacking is None or lacking.differs is None else lacking.differs.p
    return p is not None and p < slack.alpha
