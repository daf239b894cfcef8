"""One log of those that are read together: its connections, and the pairs of it that are meant."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property

import numpy as np

from shadowbench.metrics.view import PairView
from shadowbench.reading.choosing import Choosing, chosen, taken
from shadowbench.reading.gathered import Gathered, GatheredColumns
from shadowbench.reading.joining import unscored
from shadowbench.records import CandidateResult, Exchange, Observation, again
from shadowbench.scores import KnownMeasure, Measure, PairRef, Verdict
from shadowbench.stats.columns import BoolArray
from shadowbench.store.base import PairLog
from shadowbench.store.columns import Coded, ColumnLog, PairColumns, ScoreColumns
from shadowbench.store.columns_sqlite import open_columns
from shadowbench.store.opening import open_log, open_score_log
from shadowbench.store.scoring import ScoreLog

_VERDICTS_OF = 1000
"""Exchanges whose verdicts are in memory at once."""


class Part:
    """A log up to the exchange that was newest when it was opened."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.columns: ColumnLog = open_columns(url)
        self.upto = self.columns.newest()

    @cached_property
    def log(self) -> PairLog:
        """Its exchanges."""
        return open_log(self.url, "read")

    @cached_property
    def scores(self) -> ScoreLog:
        """What scorers and people wrote."""
        return open_score_log(self.url, "read")

    @cached_property
    def measures(self) -> Sequence[KnownMeasure]:
        """What was measured in it."""
        return self.scores.measures()

    def pairs(self, names: Sequence[str], choice: Choosing) -> PairColumns:
        """Its pairs that are meant."""
        after, upto = self._reach(choice)
        pairs = self.columns.pairs(names, after=after, upto=upto)
        return _of_these(pairs, chosen(pairs, choice))

    def words(self, name: str) -> Sequence[str]:
        """All words of a column in all of it, whichever pairs are meant."""
        column = self.columns.pairs([name], upto=self.upto).columns[name]
        return column.texts if isinstance(column, Coded) else ()

    def _reach(self, choice: Choosing) -> tuple[int, int]:
        """The exchanges to read: a log of months is not read for the pairs of a day."""
        if choice.since is None and choice.until is None:
            return 0, self.upto
        since = -math.inf if choice.since is None else choice.since
        until = math.inf if choice.until is None else choice.until
        return self.columns.reach(since, until, upto=self.upto)

    def pairs_besides(self, others: Gathered, place: int, names: Sequence[str], choice: Choosing) -> GatheredColumns:
        """Those that the logs before it do not have. `place`: its own among the logs."""
        pairs = self.columns.pairs(names, upto=self.upto)
        ids, numbers = self.columns.ids(upto=self.upto)
        requests = others.requests(place, ids, numbers, pairs.number)
        candidate = pairs.columns["candidate"]
        assert isinstance(candidate, Coded)
        keep, fresh = chosen(pairs, choice), others.fresh(requests, candidate)
        keep = fresh if keep is None else keep & fresh
        mine = _of_these(pairs, keep)
        return GatheredColumns(number=mine.number, side=mine.side, columns=mine.columns, request=requests[keep])

    def scores_of(self, measures: Sequence[Measure], pairs: PairColumns) -> Mapping[Measure, ScoreColumns]:
        """The scores of these measures; of one that this log does not know every pair is not scored."""
        numbers = {each.measure: each.id for each in self.measures}
        found = self.columns.scores([numbers[each] for each in measures if each in numbers], pairs)
        return {each: found[numbers[each]] if each in numbers else unscored(len(pairs)) for each in measures}

    def told(self, measure: Measure, paths: Sequence[str], pairs: PairColumns) -> Coded:
        """A word out of the details of its scores; none of a measure that this log does not know."""
        number = next((each.id for each in self.measures if each.measure == measure), None)
        if number is None:
            return Coded(codes=np.full(len(pairs), -1, np.int32), texts=())
        return self.columns.told(number, paths, pairs)

    def verdicts(self, measure: Measure) -> Iterator[Verdict]:
        """What a judge said, page by page: its words may be many."""
        for known in self.measures:
            if known.measure == measure:
                for after in range(0, self.upto, _VERDICTS_OF):
                    yield from self.scores.verdicts(known.id, after=after, upto=min(after + _VERDICTS_OF, self.upto))

    def view(self, ref: PairRef) -> PairView:
        """One pair with its texts. Raises LookupError when it was deleted meanwhile."""
        page = self.log.page(after=ref.number - 1, upto=ref.number, size=1)
        if not page.exchanges:
            raise LookupError(f"exchange {ref.number} of {self.url} was deleted")
        references = self.scores.references(after=ref.number - 1, upto=ref.number)
        return _view(page.exchanges[0], ref, references.get(ref.number))

    def close(self) -> None:
        """Let go of the log."""
        self.columns.close()
        for opened in ("log", "scores"):
            if opened in self.__dict__:
                getattr(self, opened).close()


def _of_these(pairs: PairColumns, keep: BoolArray | None) -> PairColumns:
    return pairs if keep is None or keep.all() else taken(pairs, keep)


def _view(exchange: Exchange, ref: PairRef, reference: str | None) -> PairView:
    result = exchange.candidates[ref.side - 1]
    return PairView(
        exchange,
        result,
        ref,
        reference=reference,
        production_again=_said_by(exchange.candidates, again(exchange.production.endpoint)),
        candidate_again=_said_by(exchange.candidates, again(result.observation.endpoint)),
    )


def _said_by(results: Sequence[CandidateResult], endpoint: str) -> Observation | None:
    return next((each.observation for each in results if each.observation.endpoint == endpoint), None)
