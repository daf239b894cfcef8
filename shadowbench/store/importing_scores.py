"""What was thought of the exchanges of another log, into a log that has these exchanges: without asking any model again."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

from shadowbench.scores import Label, PairRef
from shadowbench.store.base import PairLog
from shadowbench.store.scoring import ScoreLog

_SOURCE = "import"


@dataclass(frozen=True, slots=True, kw_only=True)
class _Stretch:
    """Some consecutive exchanges of the other log: their numbers there, and here."""

    after: int
    upto: int
    numbers: Mapping[int, int]

    def pair(self, pair: PairRef) -> PairRef:
        return PairRef(self.numbers[pair.number], pair.side)


def copy_scores(exchanges: PairLog, source: ScoreLog, log: ScoreLog) -> int:
    """Copy measures, scores, verdicts, labels and right answers; how many scores were new.

    `exchanges` and `source` are the other log, the exchanges of which are in `log` already. What stands in `log` is left as it
    is, but for labels and right answers, where the other log's word replaces it. What calls cost stays with who paid for them.
    """
    known = source.measures()
    measures = dict(zip((each.id for each in known), log.register([each.measure for each in known]), strict=True))
    labels = defaultdict(list)
    for label in source.labels():
        labels[label.pair.number].append(label)
    new = 0
    for stretch in _stretches(exchanges, log):
        new += _copy_measured(source, log, measures, stretch)
        _copy_known(source, log, labels, stretch)
    return new


def _stretches(exchanges: PairLog, log: ScoreLog) -> Iterator[_Stretch]:
    after, upto, at_end = 0, exchanges.newest(), False
    while not at_end:
        page = exchanges.page(after=after, upto=upto, with_bodies=False)
        here = log.find_exchanges(ids=[exchange.id for exchange in page.exchanges])
        pairs = zip(page.numbers, page.exchanges, strict=True)
        numbers = {number: here[exchange.id] for number, exchange in pairs if exchange.id in here}
        yield _Stretch(after=after, upto=page.last, numbers=numbers)
        after, at_end = page.last, page.at_end


def _copy_measured(source: ScoreLog, log: ScoreLog, measures: Mapping[int, int], stretch: _Stretch) -> int:
    scores = source.scores_of(list(measures), after=stretch.after, upto=stretch.upto)
    for measure in measures:
        verdicts = source.verdicts(measure, after=stretch.after, upto=stretch.upto)
        log.put_verdicts(
            [
                replace(verdict, pair=stretch.pair(verdict.pair), measure=measures[measure])
                for verdict in verdicts
                if verdict.pair.number in stretch.numbers
            ]
        )
    return log.put_scores(
        [
            score._replace(number=stretch.numbers[score.number], measure=measures[score.measure])
            for score in scores
            if score.number in stretch.numbers
        ]
    )


def _copy_known(source: ScoreLog, log: ScoreLog, labels: Mapping[int, list[Label]], stretch: _Stretch) -> None:
    given = (label for number in stretch.numbers for label in labels.get(number, ()))
    if moved := [replace(label, pair=stretch.pair(label.pair)) for label in given]:
        log.put_labels(moved)
    references = source.references(after=stretch.after, upto=stretch.upto)
    log.put_references(
        {stretch.numbers[number]: text for number, text in references.items() if number in stretch.numbers},
        source=_SOURCE,
    )
