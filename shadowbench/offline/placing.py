"""Gathered exchanges into a log, in batches; what is there already is found, and gets what it lacks.

An exchange of the log never changes, yet more candidates of the same prompts may come with a later import. So the ids of an
exchange are a series: those candidates that part 0 does not have go into part 1, and so on. All parts have one cluster key.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from shadowbench.offline.answers import Gathered, Told, id_of
from shadowbench.records import Exchange
from shadowbench.scores import Measure, PairRef
from shadowbench.store.base import PairLog
from shadowbench.store.scoring import ScoreLog

BATCH = 256
_SOURCE = "dataset"


@dataclass(slots=True)
class Tally:
    """What came of an import."""

    exchanges: int = 0  # new ones
    pairs: int = 0  # new ones
    there: int = 0  # pairs that the log had already
    scores: int = 0  # new ones
    values: dict[tuple[str, str], list[int]] = field(default_factory=dict)  # candidate, measure → scores there, absent
    unfounded: Counter[tuple[str, str]] = field(default_factory=Counter)  # absent: of answers that are not there


@dataclass(frozen=True, slots=True)
class _Seat:
    """Where a candidate of a gathered exchange stands in the log."""

    id: str
    side: int
    told: Told
    gathered: Gathered


class Placing:
    """Puts batches into one log. `log` and `scores` are the same one."""

    def __init__(self, log: PairLog, scores: ScoreLog) -> None:
        self._log = log
        self._scores = scores
        self._measures: dict[Measure, int] = {}
        self.tally = Tally()

    def put(self, batch: Sequence[Gathered]) -> None:
        """Put exchanges, references and scores. Done once more, as after a crash, it adds what is missing."""
        parts = _Parts(self._log, self._scores, batch)
        seats = [seat for each in batch for seat in parts.seats(each)]
        self._log.append(list(parts.new.values()))
        ids = sorted({seat.id for seat in seats})
        numbers = self._scores.find_exchanges(ids=ids)
        self._put_references(seats, numbers)
        self._put_scores(seats, numbers)
        new = sum(len(exchange.candidates) for exchange in parts.new.values())
        self.tally.exchanges += len(parts.new)
        self.tally.pairs += new
        self.tally.there += len(seats) - new

    def _put_references(self, seats: Sequence[_Seat], numbers: Mapping[str, int]) -> None:
        told = {numbers[seat.id]: seat.gathered.reference for seat in seats if seat.id in numbers}
        if known := {number: text for number, text in told.items() if text is not None}:
            self._scores.put_references(known, source=_SOURCE)

    def _put_scores(self, seats: Sequence[_Seat], numbers: Mapping[str, int]) -> None:
        given = [(seat, each) for seat in seats for each in seat.told.scores]
        fresh = list(dict.fromkeys(each.measure for _, each in given if each.measure not in self._measures))
        self._measures |= zip(fresh, self._scores.register(fresh), strict=True) if fresh else ()
        for seat, each in given:
            what = seat.told.name, each.measure.name
            counts = self.tally.values.setdefault(what, [0, 0])
            counts[each.value is None or each.unfounded] += 1
            self.tally.unfounded[what] += each.unfounded
        self.tally.scores += self._scores.put_scores(
            [
                each.of(PairRef(numbers[seat.id], seat.side), self._measures[each.measure])
                for seat, each in given
                if seat.id in numbers
            ]
        )


class _Parts:
    """Which parts of the exchanges of one batch the log has, and which are to be put."""

    def __init__(self, log: PairLog, scores: ScoreLog, batch: Sequence[Gathered]) -> None:
        self.new: dict[str, Exchange] = {}
        self._log = log
        self._scores = scores
        self._numbers = dict(scores.find_exchanges(ids=[id_of(each.seed, 0) for each in batch]))
        self._first = {id_of(each.seed, 0) for each in batch}

    def seats(self, gathered: Gathered) -> list[_Seat]:
        """A place for each candidate: where it stands already, else in the first part that is not in the log."""
        found: list[_Seat] = []
        left, part = list(gathered.candidates), 0
        while left:
            id = id_of(gathered.seed, part)
            sides = self._sides(id)
            if not sides or id in self.new:
                sides = self._extend(id, gathered, left)
            found += [_Seat(id, sides[each.name], each, gathered) for each in left if each.name in sides]
            left = [each for each in left if each.name not in sides]
            part += 1
        return found

    def _extend(self, id: str, gathered: Gathered, told: Sequence[Told]) -> Mapping[str, int]:
        """Add to a part that is not in the log yet what it does not have."""
        exchange = self.new.get(id) or replace(gathered.exchange, id=id)
        there = _sides_of(exchange)
        more = tuple(each.result for each in told if each.name not in there)
        self.new[id] = replace(exchange, candidates=exchange.candidates + more)
        return _sides_of(self.new[id])

    def _sides(self, id: str) -> Mapping[str, int]:
        """The candidates of a part by name; none: there is no such part."""
        if id in self.new:
            return _sides_of(self.new[id])
        if id not in self._first:
            self._numbers |= self._scores.find_exchanges(ids=[id])
        if id not in self._numbers:
            return {}
        number = self._numbers[id]
        page = self._log.page(after=number - 1, upto=number, with_bodies=False)
        return _sides_of(page.exchanges[0]) if page.exchanges else {}


def _sides_of(exchange: Exchange) -> Mapping[str, int]:
    return {each.observation.endpoint: side for side, each in enumerate(exchange.candidates, start=1)}
