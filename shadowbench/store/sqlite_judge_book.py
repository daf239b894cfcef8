"""Calls, money, verdicts and kept replies in SQLite.

A reservation and the check of its budget are one transaction, so that several workers cannot overspend together; it is on the
device before the call is made. What a call came to is not waited for: until the device has it, the reservation counts.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from functools import partial

import orjson

from shadowbench.scores import CallResult, JudgeCall, PairRef, Position, Preferred, Spending, Verdict, VerdictSpending
from shadowbench.store.queries import statements
from shadowbench.store.sqlite_desk import Row, SqliteDesk

_SQL = statements("judge_book")

_ROUNDING_USD = 1e-9
"""Many amounts added up miss a limit that they reach exactly by less than this."""


class SqliteJudgeBook(SqliteDesk):
    """`JudgeBook` over an SQLite connection."""

    def reserve(self, call: JudgeCall, *, limit_usd: float | None, day_limit_usd: float | None = None) -> int | None:
        """See `JudgeBook.reserve`."""
        pair = call.pair or (None, None)
        row = (
            call.judge,
            *pair,
            call.purpose,
            call.attempt,
            call.model,
            call.owner,
            call.started_at,
            call.reserved_usd,
        )
        with self._durably():
            spent = self._spending(call.judge, None)
            if not _fits(spent, call.reserved_usd, limit_usd):
                return None
            if day_limit_usd is not None:
                today = self._spending(call.judge, self._day_of(call.started_at))
                if not _fits(today, call.reserved_usd, day_limit_usd):
                    return None
            return self._connection.execute(_SQL["insert_call"], row).lastrowid

    def settle_call(self, number: int, result: CallResult, *, now: float) -> None:
        """See `JudgeBook.settle_call`."""
        with self._quickly():
            if self._change(_SQL["settle_call"], asdict(result) | {"number": number, "now": now}):
                self._change(_SQL["add_spending"], {"number": number})

    def spending(self, judge: str, *, day: str | None = None) -> Spending:
        """See `JudgeBook.spending`."""
        with self._reading():
            return self._spending(judge, day)

    def verdict_spending(self, judge: str) -> VerdictSpending:
        """See `JudgeBook.verdict_spending`."""
        with self._reading():
            ((asked, usd, unpriced),) = self._rows(_SQL["spent_on_verdicts"], {"judge": judge})
        return VerdictSpending(asked=asked, usd=usd, unpriced=unpriced)

    def _spending(self, judge: str, day: str | None) -> Spending:
        statement = _SQL["spent"] if day is None else _SQL["spent_on"]
        wanted = {"judge": judge} if day is None else {"judge": judge, "day": day}
        ((calls, usd, unpriced),) = self._rows(statement, wanted)
        ((open_calls, open_usd),) = self._rows(_SQL["open_calls"], {"judge": judge})
        return Spending(calls=calls, usd=usd, unpriced=unpriced, open_calls=open_calls, open_usd=open_usd)

    def _day_of(self, at: float) -> str:
        day: str = self._rows(_SQL["day_of"], (at,))[0][0]
        return day

    def put_verdicts(self, verdicts: Sequence[Verdict]) -> None:
        """See `JudgeBook.put_verdicts`."""
        self._put_in_slices(partial(self._put, _SQL["insert_verdict"]), map(_row_of, verdicts), synced=True)

    def verdicts(self, measure: int, *, after: int, upto: int) -> Sequence[Verdict]:
        """See `JudgeBook.verdicts`."""
        wanted = {"measure": measure, "after": after, "upto": upto}
        return [_verdict_of(row) for row in self._rows(_SQL["verdicts"], wanted)]

    def reply(self, key: bytes) -> bytes | None:
        """See `JudgeBook.reply`."""
        return self.replies([key]).get(key)

    def replies(self, keys: Sequence[bytes]) -> Mapping[bytes, bytes]:
        """See `JudgeBook.replies`."""
        with self._reading():
            found = {key: self._row(_SQL["reply"], (key,)) for key in keys}
        return {key: row[0] for key, row in found.items() if row is not None}

    def keep_replies(
        self, replies: Mapping[bytes, bytes], *, kind: str, now: float, exchanges: Mapping[bytes, int] | None = None
    ) -> None:
        """See `JudgeBook.keep_replies`."""
        about = exchanges or {}
        rows = [(key, kind, reply, now, about.get(key)) for key, reply in replies.items()]
        self._put_in_slices(partial(self._put, _SQL["put_reply"]), rows, synced=False)

    def forget_replies(self, before: float) -> int:
        """See `JudgeBook.forget_replies`."""

        def forget_some(size: int) -> int:
            return self._change(_SQL["forget_replies"], {"before": before, "size": size})

        return self._in_slices(forget_some, synced=False)


def _fits(spent: Spending, more_usd: float, limit_usd: float | None) -> bool:
    return limit_usd is None or math.fsum((spent.usd, spent.open_usd, more_usd)) <= limit_usd + _ROUNDING_USD


def _row_of(verdict: Verdict) -> Row:
    return (
        *verdict.pair,
        verdict.measure,
        str(verdict.position),
        verdict.repetition,
        None if verdict.preferred is None else str(verdict.preferred),
        verdict.strength,
        orjson.dumps(dict(verdict.scores)).decode() if verdict.scores else None,
        verdict.reason,
        verdict.rung,
        verdict.analysis,
        orjson.dumps(verdict.flags).decode() if verdict.flags else None,
        verdict.judged_at,
    )


def _verdict_of(row: Row) -> Verdict:
    number, side, measure, position, repetition, preferred, strength, scores, reason, rung, analysis, flags, at = row
    return Verdict(
        pair=PairRef(number, side),
        measure=measure,
        position=Position(position),
        repetition=repetition,
        preferred=None if preferred is None else Preferred(preferred),
        strength=strength,
        scores=() if scores is None else tuple(orjson.loads(scores).items()),
        reason=reason,
        rung=rung,
        analysis=analysis,
        flags=() if flags is None else tuple(orjson.loads(flags)),
        judged_at=at,
    )
