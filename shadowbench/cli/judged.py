"""The judges' cards as a report has them: in short, of several logs at once, and soon told however long the logs are.

What a judge is like (its place, its length, its noise) is told from at most `MOST` exchanges that lie evenly over those it
judged; how far it agrees with people from every pair that has a label. Exchanges of several logs get numbers of their own, as
each log counts from one.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, field, replace

import numpy as np

from shadowbench.reading.log import ReadLog
from shadowbench.reading.versions import NEVER_LOOKED_AT, OTHER_VERSION
from shadowbench.report.document.parts import JudgeCard
from shadowbench.report.document.times import SideSpend
from shadowbench.scores import KnownMeasure, Label, Measure, PairRef, Score, Spending, Verdict
from shadowbench.scoring.calibration.card import Card, Evidence, card_of
from shadowbench.scoring.calibration.evidence import is_single, judges_of, runs_in
from shadowbench.scoring.calibration.facts import PairFacts, facts_of
from shadowbench.scoring.calibration.sayings import Saying, sayings
from shadowbench.scoring.calibration.standing import UNCALIBRATED
from shadowbench.stats.columns import BoolArray, IntArray
from shadowbench.store.base import PairLog
from shadowbench.store.opening import open_log, open_score_log
from shadowbench.store.scoring import CanaryRun, ScoreLog

MOST = 4000
"""Exchanges. A rate of so many pairs is known to within 1.6 points."""
_BLOCK = 50
_NOT_ASKED = NEVER_LOOKED_AT | {OTHER_VERSION}
"""Reasons of pairs that the judge was never to see."""

Range = tuple[int, int]
"""Exchanges numbered above the first, up to the second."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Judges:
    """All that a report tells about its judges. `spend`: None where nobody was asked."""

    cards: tuple[JudgeCard, ...] = ()
    spend: SideSpend | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class _Of:
    """What the logs know about one judge in its newest configuration."""

    scores: list[Score] = field(default_factory=list)
    verdicts: list[Verdict] = field(default_factory=list)
    runs: list[CanaryRun] = field(default_factory=list)
    spending: list[Spending] = field(default_factory=list)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Gathered:
    """What the logs know about all of them. Pairs are moved, so that no two logs have the same."""

    judges: Mapping[Measure, _Of]
    facts: dict[PairRef, PairFacts] = field(default_factory=dict)
    labels: list[Label] = field(default_factory=list)


def judges_in(log: ReadLog, seed: int) -> Judges:
    """The cards of all judges that the log has scores of, in their newest configuration, by name."""
    measures = [log.scores.measure(name) for name in sorted(log.scores)]
    gathered = _Gathered(judges={measure: _Of() for measure in measures if measure.kind == "judge"})
    if not gathered.judges:
        return Judges()
    log.scores.load()
    chosen, offset = _chosen(log, list(gathered.judges)), 0
    for place, url in enumerate(log.pairs.texts["log"]):
        of_log = chosen & (log.pairs["log"] == place)
        offset += _gather(
            url, log.pairs["exchange_number"][of_log], log.pairs["candidate_side"][of_log], offset, gathered
        )
    cards = tuple(_in_short(card, log) for card in _cards(gathered, seed))
    return Judges(cards=cards, spend=_spend(gathered))


def evenly(numbers: IntArray, *, most: int = MOST, block: int = _BLOCK) -> IntArray:
    """At most so many of these, in blocks of neighbours that lie evenly."""
    if len(numbers) <= most:
        return numbers
    firsts = np.linspace(0, len(numbers) - block, most // block).astype(np.int64)
    return np.unique(numbers[(firsts[:, None] + np.arange(block)).ravel()])


def ranges(numbers: IntArray) -> list[Range]:
    """Numbers in order, as ranges of those that follow one another."""
    if not len(numbers):
        return []
    ends = np.flatnonzero(np.diff(numbers) > 1)
    firsts, lasts = numbers[np.append(0, ends + 1)], numbers[np.append(ends, len(numbers) - 1)]
    return [(int(first) - 1, int(last)) for first, last in zip(firsts, lasts, strict=True)]


def _chosen(log: ReadLog, judges: Sequence[Measure]) -> BoolArray:
    """Which pairs cards are told from: some of the judged, and all that people labelled."""
    judged = np.zeros(log.pairs.n, np.bool_)
    for measure in judges:
        judged |= ~np.isnan(log.scores.of(measure).value)
    chosen = np.zeros(log.pairs.n, np.bool_)
    chosen[evenly(np.flatnonzero(judged))] = True
    chosen[[of.row for of in log.labels]] = True
    return chosen


def _gather(url: str, numbers: IntArray, sides: IntArray, offset: int, into: _Gathered) -> int:
    """Add what one log knows about these pairs, with numbers above `offset`; how many numbers it has."""
    wanted = {PairRef(int(number), int(side)) for number, side in zip(numbers, sides, strict=True)}
    parts = ranges(np.unique(numbers))

    def moved(ref: PairRef) -> PairRef | None:
        return PairRef(ref.number + offset, ref.side) if ref in wanted else None

    with closing(open_log(url, "read")) as log, closing(open_score_log(url, "read")) as scores:
        into.facts.update({at: facts for ref, facts in _facts(log, parts) if (at := moved(ref)) is not None})
        into.labels.extend(replace(each, pair=at) for each in scores.labels() if (at := moved(each.pair)) is not None)
        for known in judges_of(scores):
            if known.measure in into.judges:
                _gather_judge(scores, known, parts, moved, into.judges[known.measure])
        return log.newest()


def _gather_judge(
    scores: ScoreLog, known: KnownMeasure, parts: Sequence[Range], moved: Callable[[PairRef], PairRef | None], into: _Of
) -> None:
    into.spending.append(scores.spending(known.measure.name))
    into.runs.extend(run for run in runs_in(scores) if run.measure == known.id)
    for after, upto in parts:
        for score in scores.scores_of([known.id], after=after, upto=upto):
            if (at := moved(PairRef(score.number, score.side))) is not None:
                into.scores.append(score._replace(number=at.number))
        for verdict in scores.verdicts(known.id, after=after, upto=upto):
            if (at := moved(verdict.pair)) is not None:
                into.verdicts.append(replace(verdict, pair=at, analysis=None))


def _facts(log: PairLog, parts: Sequence[Range]) -> Iterator[tuple[PairRef, PairFacts]]:
    for first, last in parts:
        after, at_end = first, False
        while not at_end:
            page = log.page(after=after, upto=last, with_bodies=False)
            for number, exchange in zip(page.numbers, page.exchanges, strict=True):
                yield from facts_of(exchange, number)
            after, at_end = page.last, page.at_end


def _cards(gathered: _Gathered, seed: int) -> Iterator[tuple[Measure, Card, _Of]]:
    said: dict[str, Mapping[PairRef, Saying]] = {
        measure.name: sayings(measure, of.scores)
        for measure, of in gathered.judges.items()
        if is_single(KnownMeasure(id=0, measure=measure, done_upto=0))
    }
    for measure, of in gathered.judges.items():
        evidence = Evidence(
            known=KnownMeasure(id=0, measure=measure, done_upto=0),
            scores=of.scores,
            verdicts=of.verdicts,
            labels=gathered.labels,
            facts=gathered.facts,
            spending=_sum(of.spending),
            runs=of.runs,
            others={name: words for name, words in said.items() if name != measure.name},
        )
        yield measure, card_of(evidence, np.random.default_rng(seed)), of


def _in_short(found: tuple[Measure, Card, _Of], log: ReadLog) -> JudgeCard:
    """How many pairs it scored is counted in all of the log."""
    measure, card, of = found
    people, spending = card.people.all, _sum(of.spending)
    scored, unscored = _scored(log, measure)
    return JudgeCard(
        judge=card.judge,
        model=card.model,
        family=card.family,
        version=card.version,
        config_hash=card.config_hash,
        scored=scored,
        unscored=unscored,
        labels=0 if people is None else people.n,
        agreement=None if people is None else people.observed.value,
        constant=None if people is None else people.constant,
        kappa=None if people is None else people.kappa,
        ac1=None if people is None else people.ac1,
        consistency=card.position.consistency,
        position_p=card.position.p,
        length=card.length.coefficient,
        self_preference=card.family_bias.index,
        flips=card.noise.flips,
        people_kappa=card.people.people.alpha,
        calls=spending.calls,
        usd=spending.usd if spending.calls else None,
        unpriced=spending.unpriced,
        calibrated=UNCALIBRATED.isdisjoint(card.alarms),
        alarms=card.alarms,
    )


def _scored(log: ReadLog, measure: Measure) -> tuple[int, int]:
    scores = log.scores.of(measure)
    lacks = np.isnan(scores.value)
    never = np.array([text in _NOT_ASKED for text in scores.reason.texts] + [False])  # the last: code -1, no word
    return int((~lacks).sum()), int((lacks & ~never[scores.reason.codes]).sum())


def _spend(gathered: _Gathered) -> SideSpend | None:
    total = _sum([spending for of in gathered.judges.values() for spending in of.spending])
    if not total.calls:
        return None
    unknown = {"not_priced": total.unpriced} if total.unpriced else {}
    return SideSpend(calls=total.calls, usd=total.usd, unknown=unknown)


def _sum(parts: Sequence[Spending]) -> Spending:
    return Spending(
        calls=sum(part.calls for part in parts),
        usd=sum(part.usd for part in parts),
        unpriced=sum(part.unpriced for part in parts),
        open_calls=sum(part.open_calls for part in parts),
        open_usd=sum(part.open_usd for part in parts),
    )
