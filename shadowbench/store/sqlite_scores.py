"""Measures, leases and scores in SQLite.

What is done is kept as ranges of exchange numbers, per measure: `measures.done_upto` is where the first one ends, `done_ahead`
has the few beyond it. Numbers become visible in their order, no exchange gets a pair later, and a score goes only with its
exchange: what is done stays done. So a claim looks at what it takes, and not at the log.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from operator import itemgetter
from typing import Any

import orjson

from shadowbench.scores import Direction, KnownMeasure, Measure, PairRef, Score, Shape
from shadowbench.store.queries import statements
from shadowbench.store.ranges import Range, Ranges, common, done_with_mark, gaps, mark_of, union
from shadowbench.store.scoring import Backlog, Claim
from shadowbench.store.sqlite_desk import Row, SqliteDesk, as_json
from shadowbench.store.transactions import NULL

_SQL = statements("scores")
_LOG = statements("pair_log")

_NEWEST = 2**63 - 1
"""Where an open stretch of numbers ends."""

_COUNTED = 10_000
"""So many pairs of a backlog are counted: some milliseconds. The rest is worked out from the log's average."""


class SqliteScores(SqliteDesk):
    """`Scores` over an SQLite connection."""

    def register(self, measures: Sequence[Measure]) -> Sequence[int]:
        """See `Scores.register`."""
        with self._durably():
            self._put(_SQL["insert_measure"], [_row_of_measure(each) for each in measures])
            keys = [(each.name, each.version, each.config_hash) for each in measures]
            return [row[0] for key in keys for row in self._rows(_SQL["measure_id"], key)]

    def measures(self) -> Sequence[KnownMeasure]:
        """See `Scores.measures`."""
        return [_measure_of(row) for row in self._rows(_SQL["measures"])]

    def claim(
        self, *, owner: str, lane: str, measures: Sequence[int], size: int, now: float, lease_s: float
    ) -> Claim | None:
        """See `Scores.claim`."""
        if not measures:
            return None
        while leased := self._lease(owner, lane, measures, size, now, lease_s):
            lease, (first, last) = leased
            missing = self._missing(first, last, measures)
            claim = Claim(lease=lease, owner=owner, lane=lane, first=first, last=last, missing=missing)
            if missing:
                return claim
            self._finish(claim, measures)  # nothing to do here: pruned, without candidates, or scored elsewhere
        return None

    def _lease(
        self, owner: str, lane: str, measures: Sequence[int], size: int, now: float, lease_s: float
    ) -> tuple[int, Range] | None:
        """Lease the next stretch, whether anything is missing there or not. None: there is no further exchange."""
        with self._quickly():
            live = [(first, last) for first, last in self._rows(_SQL["live_leases"], {"lane": lane, "now": now})]
            found = self._next_stretch(union([*common(self._done(measures).values()), *live]), size)
            if found is None:
                return None
            lease = {"lane": lane, "first": found[0], "last": found[1]}
            self._change(_SQL["void_leases"], lease)
            lease |= {"owner": owner, "measures": as_json(measures), "expires_at": now + lease_s}
            number = self._connection.execute(_SQL["insert_lease"], lease).lastrowid
            assert number is not None
            return number, found

    def _next_stretch(self, taken: Ranges, size: int) -> Range | None:
        """The first numbers that are not taken, with at most `size` exchanges among them."""
        for first, end in gaps(taken):
            within = {"first": first, "last": _NEWEST if end is None else end, "size": size}
            numbers = [number for (number,) in self._rows(_SQL["exchanges_between"], within)]
            if len(numbers) < size and end is not None:
                return first, end
            if numbers:
                return first, numbers[-1]
        return None

    def _missing(self, first: int, last: int, measures: Sequence[int]) -> Mapping[PairRef, tuple[int, ...]]:
        """What the pairs of these exchanges have no score of; pairs that have them all are left out."""
        within = {"first": first, "last": last, "measures": as_json(measures)}
        with self._reading():
            scored = set(self._rows(_SQL["scored_between"], within))
            pairs = self._rows(_SQL["pairs_between"], {"first": first, "last": last})
        everything = tuple(measures)
        if not scored:
            return {PairRef(*pair): everything for pair in pairs}
        left = ((pair, tuple(each for each in everything if (*pair, each) not in scored)) for pair in pairs)
        return {PairRef(*pair): missing for pair, missing in left if missing}

    def renew(self, claim: Claim, *, now: float, lease_s: float) -> bool:
        """See `Scores.renew`."""
        with self._quickly():
            return self._change(_SQL["renew_lease"], _key_of(claim) | {"expires_at": now + lease_s}) > 0

    def elect(self, *, owner: str, lane: str, now: float, lease_s: float) -> bool:
        """See `Scores.elect`. A lease of no exchange: there is none numbered 0."""
        with self._quickly():
            holder = self._row(_SQL["lease_holder"], {"lane": lane, "now": now})
            if holder is not None and holder[0] != owner:
                return False
            lease = {"lane": lane, "first": 0, "last": 0}
            self._change(_SQL["void_leases"], lease)
            self._change(_SQL["insert_lease"], lease | {"owner": owner, "measures": "[]", "expires_at": now + lease_s})
            return True

    def settle(self, claim: Claim, scores: Sequence[Score], *, last: bool = True) -> int:
        """See `Scores.settle`."""
        new = self.put_scores(scores)
        if last:
            self._give_back(claim)
        return new

    def put_scores(self, scores: Sequence[Score]) -> int:
        """See `Scores.put_scores`."""
        return self._put_in_slices(self._put_some, sorted(scores, key=_place), synced=False)

    def _put_some(self, scores: Sequence[Score]) -> int:
        numbers = {score.number for score in scores}
        # Asked for once and not by each row, which would take twice as long. Nobody deletes before the commit.
        pairs = set(self._rows(_SQL["pairs_of"], (as_json(numbers),)))
        return self._put(_SQL["insert_score"], [_bound(score) for score in scores if score[:2] in pairs])

    def _give_back(self, claim: Claim) -> None:
        row = self._row(_SQL["lease_measures"], _key_of(claim))
        if row is None:
            return  # it ran out and was taken over: what is done there is for others to say
        measures = orjson.loads(row[0])
        missing = self._missing(claim.first, claim.last, measures).values()
        self._finish(claim, set(measures).difference(*missing))

    def _finish(self, claim: Claim, done: Sequence[int] | set[int]) -> None:
        """Give the lease back, and note the measures of which nothing is missing there."""
        with self._quickly():
            self._change(_SQL["delete_lease"], _key_of(claim))
            for measure, ranges in self._done(sorted(done)).items():
                self._note(measure, ranges, (claim.first, claim.last))

    def _done(self, measures: Sequence[int]) -> dict[int, Ranges]:
        """Which exchanges are done, by measure. Raises ValueError for a measure that is not in the log."""
        wanted = {"measures": as_json(measures)}
        ahead: dict[int, list[Range]] = {}
        for measure, first, last in self._rows(_SQL["ahead_of"], wanted):
            ahead.setdefault(measure, []).append((first, last))
        marks: dict[int, int] = dict(self._rows(_SQL["marks_of"], wanted))
        if unknown := set(measures).difference(marks):
            raise ValueError(f"the log has no measures of the numbers {sorted(unknown)}; register them first")
        return {measure: done_with_mark(mark, ahead.get(measure, ())) for measure, mark in marks.items()}

    def _note(self, measure: int, before: Ranges, more: Range) -> None:
        mark, ahead = mark_of(union([*before, more]))
        self._change(_SQL["set_mark"], {"mark": mark, "measure": measure})
        if ahead != mark_of(before)[1]:
            self._change(_SQL["clear_ahead"], (measure,))
            self._put(_SQL["insert_ahead"], [(measure, *each) for each in ahead])

    def release(self, owner: str) -> None:
        """See `Scores.release`."""
        with self._quickly():
            self._change(_SQL["delete_leases_of"], (owner,))

    def backlog(self, measures: Sequence[int]) -> Backlog:
        """See `Scores.backlog`."""
        pairs, oldest_at = 0, None
        with self._reading():
            for first, end in gaps(common(self._done(measures).values())) if measures else ():
                within = {"first": first, "last": _NEWEST if end is None else end}
                if oldest_at is None:
                    row = self._row(_SQL["first_pair_at"], within)
                    oldest_at = None if row is None else row[0]
                pairs += self._count(within)
        return Backlog(pairs=pairs, oldest_at=oldest_at)

    def _count(self, within: Mapping[str, int]) -> int:
        ((counted, reached),) = self._rows(_SQL["count_pairs"], {**within, "limit": _COUNTED})
        if counted < _COUNTED:
            return int(counted)
        ((exchanges, pairs),) = self._rows(_LOG["counts"])
        newest = self._rows(_LOG["newest_number"])[0][0]
        further = min(within["last"], newest) - reached
        return int(counted + min(further, exchanges) * pairs // exchanges)

    def scores_of(self, measures: Sequence[int], *, after: int, upto: int) -> Sequence[Score]:
        """See `Scores.scores_of`."""
        wanted = {"measures": as_json(measures), "after": after, "upto": upto}
        return [Score(*row) for row in self._rows(_SQL["scores_of"], wanted)]


_place = itemgetter(0, 1, 2)
"""Where a score stands in the table: neighbours are put together."""


def _bound(score: Score) -> list[Any]:
    return [NULL if value is None else value for value in score]


def _key_of(claim: Claim) -> dict[str, int | str | float]:
    return {"lease": claim.lease, "owner": claim.owner}


def _row_of_measure(measure: Measure) -> Row:
    return (
        measure.name,
        measure.kind,
        measure.version,
        measure.config_hash,
        str(measure.shape),
        str(measure.direction),
        measure.low,
        measure.high,
        measure.unit,
        measure.about,
    )


def _measure_of(row: Row) -> KnownMeasure:
    id, done_upto, name, kind, version, config_hash, shape, direction, low, high, unit, about = row
    measure = Measure(
        name=name,
        kind=kind,
        version=version,
        config_hash=config_hash,
        shape=Shape(shape),
        direction=Direction(direction),
        low=low,
        high=high,
        unit=unit,
        about=about,
    )
    return KnownMeasure(id=id, measure=measure, done_upto=done_upto)
