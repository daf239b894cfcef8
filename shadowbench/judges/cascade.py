"""A cheap score first, the strong judge where that is in doubt, and for a share of the rest all the same. Pure.

| screen's score                 | strong judge is asked | probability     |
|--------------------------------|-----------------------|-----------------|
| from `low` to `high`, or none  | always                | q               |
| outside                        | when drawn            | q · audit_share |
| not asked for                  | never                 | the screen's    |

q is the smaller of the cascade's `sample_rate` and the screen's own probability, 1 where all pairs are screened. Scores of a
cascade are the strong judge's alone, each with the probability p that it was asked; where it was not, the score is absent as
`settled_by_screen`, or as the screen's is. So weights 1/p give unbiased means over all pairs (Horvitz–Thompson), whatever the
screen is worth, and the screen's own scores, which all pairs have, can narrow them. A screen may be a cascade.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from shadowbench.errors import ConfigurationError
from shadowbench.judges.base import Judgement
from shadowbench.judges.draws import is_put
from shadowbench.judges.identity import Scale, measure_of
from shadowbench.judges.options import JudgeOptions
from shadowbench.metrics.view import PairView
from shadowbench.scores import Measure, Score, Shape

VERSION = "1"
SETTLED = "settled_by_screen"
# The screen was not asked about the pair: a cascade begins with its screen, so neither was the cascade.
_NOT_SCREENED = frozenset({"not_drawn", "other_candidate"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Screened:
    """What the screen says about a pair. No value: `reason` says why."""

    value: float | None
    reason: str | None = None
    probability: float = 1.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Escalate:
    """The strong judge is to be asked."""

    probability: float
    via: str  # band | audit | no_screen
    screen: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Settle:
    """The strong judge is not asked. It would have been with this probability."""

    probability: float
    screen: float | None
    reason: str = SETTLED  # or the screen's, where that was not asked


Decision = Escalate | Settle


class Cascade:
    """Decides who is asked; who asks is the worker's business."""

    def __init__(self, options: JudgeOptions, *, screen: Measure, strong: Measure) -> None:
        """Raises ConfigurationError when the band or the share is missing or makes no sense."""
        self._low, self._high = _band(options)
        self._audit_share = _share(options)
        self._sample_rate = options.sample_rate
        low, high = (0.0 if bound is None else bound for bound in (strong.low, strong.high))
        extra = {
            "screen": f"{screen.name}:{screen.version}:{screen.config_hash}",
            "strong": f"{strong.name}:{strong.version}:{strong.config_hash}",
            "band": [self._low, self._high],
        }
        scale = Scale(shape=strong.shape, low=low, high=high)
        self.measure = measure_of(options, version=VERSION, scale=scale, rubric={}, extra=extra)

    def decide(self, pair: PairView, screened: Screened) -> Decision:
        """Whether the strong judge is asked about a pair."""
        if screened.reason in _NOT_SCREENED:
            return Settle(probability=screened.probability, screen=None, reason=screened.reason or SETTLED)
        inside = min(self._sample_rate, screened.probability)
        outside = inside * self._audit_share
        if screened.reason == SETTLED:  # by the cascade that is this one's screen
            return Settle(probability=outside, screen=None)
        if screened.value is None:
            return Escalate(probability=inside, via="no_screen", screen=None)
        if self._low <= screened.value <= self._high:
            return Escalate(probability=inside, via="band", screen=screened.value)
        if is_put(outside, pair):
            return Escalate(probability=outside, via="audit", screen=screened.value)
        return Settle(probability=outside, screen=screened.value)

    def conclude(self, decision: Decision, strong: Judgement | None) -> Judgement:
        """The cascade's judgement: the strong judge's with the decision's probability, or none."""
        if isinstance(decision, Settle):
            return Judgement(
                value=None,
                reason=decision.reason,
                production_reason=decision.reason if self.measure.shape is Shape.SIDES else None,
                probability=decision.probability,
                detail={"screen": decision.screen},
            )
        told = strong or Judgement(value=None, reason="not_asked", production_reason="not_asked")
        detail = {**(told.detail or {}), "screen": decision.screen, "via": decision.via}
        return replace(told, probability=min(told.probability, decision.probability), detail=detail)


def screened(score: Score, shape: Shape) -> Screened:
    """A score as a screen: of shape `sides` it is the candidate's value less production's."""
    if shape is Shape.PAIR:
        return Screened(value=score.value, reason=score.reason, probability=score.probability)
    if score.value is None or score.production_value is None:
        reason = score.reason or score.production_reason
        return Screened(value=None, reason=reason, probability=score.probability)
    return Screened(value=score.value - score.production_value, probability=score.probability)


def _band(options: JudgeOptions) -> tuple[float, float]:
    low, high = options.screen_low, options.screen_high
    if low is None or high is None:
        raise ConfigurationError(
            f"judges.{options.name}: a cascade needs screen_low and screen_high, the bounds of the doubtful scores"
        )
    if not low <= high:
        raise ConfigurationError(
            f"judges.{options.name}.screen_low: {low:g} is above screen_high, {high:g}: they are in the wrong order"
        )
    return low, high


def _share(options: JudgeOptions) -> float:
    if not 0 < options.audit_share <= 1:
        raise ConfigurationError(
            f"judges.{options.name}.audit_share is above 0 and at most 1: without audits nothing is known of settled pairs"
        )
    return options.audit_share
