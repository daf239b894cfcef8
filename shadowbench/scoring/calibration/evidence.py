"""Reads from a log what cards are made of. Pages are read one by one; what judges wrote at length is not kept."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace

from shadowbench.judges.showing import Showing
from shadowbench.scores import KnownMeasure, PairRef, Score, Verdict
from shadowbench.scoring.calibration.card import Evidence
from shadowbench.scoring.calibration.facts import PairFacts, facts_of
from shadowbench.scoring.calibration.sayings import Saying, sayings
from shadowbench.store.base import PairLog
from shadowbench.store.scoring import CanaryRun, ScoreLog

_PAGE = 1000


def judges_of(scores: ScoreLog, name: str | None = None) -> Sequence[KnownMeasure]:
    """The judges in the log, or those of one name: one for each configuration."""
    return [k for k in scores.measures() if k.measure.kind == "judge" and name in (None, k.measure.name)]


def facts_in(
    log: PairLog, language_of: Callable[[str], str | None] | None = None, showing: Showing | None = None
) -> Mapping[PairRef, PairFacts]:
    """The facts of all pairs; see `facts_of`."""
    facts: dict[PairRef, PairFacts] = {}
    after, upto, at_end = 0, log.newest(), False
    while not at_end:
        page = log.page(after=after, upto=upto, with_bodies=False)
        for number, exchange in zip(page.numbers, page.exchanges, strict=True):
            facts.update(facts_of(exchange, number, language_of, showing))
        after, at_end = page.last, page.at_end
    return facts


def evidence_in(scores: ScoreLog, facts: Mapping[PairRef, PairFacts], name: str | None = None) -> Iterator[Evidence]:
    """What the log knows about each judge, or about those of one name. Judges that said nothing yet are left out.

    Of several configurations of another judge, the newest stands beside this one.
    """
    newest = max((pair.number for pair in facts), default=0)
    said = said_by_single(scores, newest)
    labels, runs = scores.labels(), runs_in(scores)
    for known in judges_of(scores, name):
        given, verdicts = scores_in(scores, known.id, newest), verdicts_in(scores, known.id, newest)
        if not verdicts and not given:
            continue
        yield Evidence(
            known=known,
            scores=given,
            verdicts=verdicts,
            labels=labels,
            facts=facts,
            spending=scores.spending(known.measure.name),
            on_verdicts=scores.verdict_spending(known.measure.name),
            runs=[run for run in runs if run.measure == known.id],
            is_only=len(judges_of(scores, known.measure.name)) == 1,
            others={other: words for other, words in said.items() if other != known.measure.name},
        )


def said_by_single(scores: ScoreLog, newest: int) -> Mapping[str, Mapping[PairRef, Saying]]:
    """What each judge by itself says, by its name; of several configurations the newest."""
    single = [known for known in judges_of(scores) if is_single(known)]
    told = ((k.measure.name, sayings(k.measure, scores_in(scores, k.id, newest))) for k in single)
    return {name: said for name, said in told if said}


def is_single(known: KnownMeasure) -> bool:
    """Whether it is a judge by itself. What panels and cascades say is their members' word once more."""
    return not {"members", "strong"} & json.loads(known.measure.about).keys()


def scores_in(scores: ScoreLog, measure: int, newest: int) -> list[Score]:
    """All scores of one measure."""
    return [
        s for a in range(0, newest, _PAGE) for s in scores.scores_of([measure], after=a, upto=min(newest, a + _PAGE))
    ]


def verdicts_in(scores: ScoreLog, measure: int, newest: int) -> list[Verdict]:
    """All verdicts of one judge, without what it wrote before them."""
    return [
        replace(verdict, analysis=None)
        for after in range(0, newest, _PAGE)
        for verdict in scores.verdicts(measure, after=after, upto=min(newest, after + _PAGE))
    ]


def runs_in(scores: ScoreLog) -> Sequence[CanaryRun]:
    """The runs of all frozen sets."""
    return [run for name in scores.canary_names() for run in scores.canary_runs(name)]
