"""What the metrics and judges say, in means. Minimal: no intervals, no weights."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from shadowbench.scores import KnownMeasure, Score, Shape
from shadowbench.store.base import PAGE_SIZE, PairLog
from shadowbench.store.scoring import ScoreLog


@dataclass(frozen=True, slots=True, kw_only=True)
class ScoreSummary:
    """One measure's scores of one candidate. `production`: of shape sides only, over pairs where both sides have a value."""

    measure: str
    kind: str
    version: str
    config_hash: str
    candidate: str
    n: int
    value: float | None  # mean; of shape sides the candidate's
    production: float | None
    unit: str
    absent: Mapping[str, int]  # by reason, most frequent first


@dataclass(slots=True)
class _Sums:
    n: int = 0
    value: float = 0.0
    production: float = 0.0
    absent: Counter[str] = field(default_factory=Counter)

    def add(self, score: Score, shape: Shape) -> None:
        reason = score.reason or score.production_reason
        if reason is not None or score.value is None:
            self.absent[reason or "unknown"] += 1
            return
        self.n += 1
        self.value += score.value
        self.production += score.production_value or 0.0 if shape is Shape.SIDES else 0.0


def summarise_scores(log: PairLog, scores: ScoreLog) -> Sequence[ScoreSummary]:
    """All measures that have scores, by candidate; in the order in which they were first measured."""
    measures = {each.id: each for each in scores.measures()}
    if not measures:
        return ()
    sums: dict[tuple[str, int], _Sums] = {}
    for candidate, score in _scores(log, scores, list(measures)):
        one = sums.setdefault((candidate, score.measure), _Sums())
        one.add(score, measures[score.measure].measure.shape)
    return tuple(_summary(measures[id], name, one) for (name, id), one in sorted(sums.items()))


def _scores(log: PairLog, scores: ScoreLog, measures: Sequence[int]) -> Iterator[tuple[str, Score]]:
    """Scores with the candidate's name."""
    after, upto, at_end = 0, log.newest(), False
    while not at_end:
        page = log.page(after=after, upto=upto, size=PAGE_SIZE, with_bodies=False)
        sides = dict(zip(page.numbers, page.exchanges, strict=True))
        for score in scores.scores_of(measures, after=after, upto=page.last):
            if score.number in sides:
                yield sides[score.number].candidates[score.side - 1].observation.endpoint, score
        after, at_end = page.last, page.at_end


def _summary(known: KnownMeasure, candidate: str, sums: _Sums) -> ScoreSummary:
    measure = known.measure
    return ScoreSummary(
        measure=measure.name,
        kind=measure.kind,
        version=measure.version,
        config_hash=measure.config_hash,
        candidate=candidate,
        n=sums.n,
        value=sums.value / sums.n if sums.n else None,
        production=sums.production / sums.n if sums.n and measure.shape is Shape.SIDES else None,
        unit=measure.unit,
        absent=dict(sums.absent.most_common()),
    )
