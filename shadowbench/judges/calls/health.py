"""Whether an endpoint is out of order, or a question is one that it cannot answer. Pure.

Who takes every failure for the question's own writes an outage into the log as absences; who takes none for it asks the same
unanswerable question for ever. So: what is clearly the endpoint's (`Blame.ENDPOINT`) pauses it, what is clearly the question's
does not. Of the rest, the endpoint is paused when nobody else has got an answer lately; but a question that brought about six
pauses is given up, whatever the reason: five minutes, as they grow.

Many questions that wait for an endpoint which is gone would try it many times each, and each try may be billed. So after ten
failures in a row nobody tries again: the next one that fails makes a pause. An endpoint that says that it is too much is there,
and is asked less; but where for twenty seconds it has said nothing else, to whomever, it is out of order too.
"""

from __future__ import annotations

from collections import OrderedDict

from shadowbench.judges.calls.faults import Blame, Failure

_IN_A_ROW = 4  # failed attempts, of whatever questions, without an answer between them
_TOO_MANY_IN_A_ROW = 10  # to try again
_REFUSALS = 4  # "too much" in a row, of whatever questions
_REFUSED_FOR_S = 20.0  # from the first of them, to take it for out of order
_WORTH_TELLING_S = 2.0  # a wait
_TOLD_FOR_S = 600.0  # that was told once
_PARDONS = 5  # pauses that a question may bring about
_REMEMBERED = 1024  # questions
_FIRST_PAUSE_S = 5.0  # doubles with each pause in a row
_LONGEST_PAUSE_S = 300.0


class Health:
    """What is known of one endpoint. Times are seconds of any clock that does not go back."""

    __slots__ = (
        "_down_until_s", "_has_answered", "_in_a_row", "_pauses", "_reason", "_refusals", "_refused_since_s",
        "_suspects", "_told_until_s",
    )  # fmt: skip

    def __init__(self) -> None:
        self._has_answered = False
        self._in_a_row = 0
        self._refusals = 0  # for it was too much, in a row
        self._refused_since_s = 0.0
        self._told_until_s = float("-inf")
        self._pauses = 0  # in a row
        self._down_until_s = 0.0
        self._reason = ""
        self._suspects: OrderedDict[bytes, int] = OrderedDict()  # question → pauses that it brought about

    def is_failing(self, now_s: float) -> bool:
        """Whether so many attempts failed that another is not worth it."""
        is_refusing = self._refusals >= _REFUSALS and now_s - self._refused_since_s >= _REFUSED_FOR_S
        return is_refusing or self._in_a_row >= _TOO_MANY_IN_A_ROW

    def tells(self, wait_s: float, now_s: float) -> bool:
        """Whether people are to be told of a wait for this endpoint: of a long one, and not of the next for a while."""
        if wait_s < _WORTH_TELLING_S or now_s < self._told_until_s:
            return False
        self._told_until_s = now_s + _TOLD_FOR_S
        return True

    def down(self, now_s: float) -> tuple[str, float] | None:
        """Why it is left alone and for how many seconds more; None: it may be asked."""
        left_s = self._down_until_s - now_s
        return (self._reason, left_s) if left_s > 0 else None

    def answered(self) -> None:
        """It answered somebody, were it by refusing what was asked."""
        self._has_answered = True
        self._in_a_row = self._pauses = self._refusals = 0
        self._down_until_s = 0.0

    def failed(self, failure: Failure, *, now_s: float) -> None:
        """An attempt failed. An endpoint that says that it is too much is there: fewer are sent to it."""
        if failure.is_overload:
            self._refused_since_s = self._refused_since_s if self._refusals else now_s
            self._refusals += 1
        elif failure.blame is not Blame.QUESTION:
            self._in_a_row += 1

    def gives_up(self, failure: Failure, question: bytes) -> bool:
        """Whether a question with this key that failed for the last time gets no answer; else the endpoint is out of order."""
        if failure.blame is not Blame.EITHER:
            return failure.blame is Blame.QUESTION
        if self._has_answered and self._in_a_row < _IN_A_ROW:
            return True
        pauses = self._suspects.pop(question, 0) + 1
        if pauses > _PARDONS:
            return True
        self._suspects[question] = pauses
        if len(self._suspects) > _REMEMBERED:
            self._suspects.popitem(last=False)
        return False

    def pause(self, failure: Failure, *, now_s: float, asked_s: float | None) -> float:
        """It is out of order. For how many seconds it is left alone: what it asked for, and more with each pause in a row."""
        doubled = min(_LONGEST_PAUSE_S, _FIRST_PAUSE_S * 2.0 ** min(self._pauses, 60))
        self._pauses += 1
        # Nobody mends a wrong key within seconds.
        is_lasting = failure.blame is Blame.ENDPOINT and not failure.is_retryable
        least = _LONGEST_PAUSE_S if is_lasting else doubled
        pause_s = max(least, asked_s or 0.0)
        self._reason, self._down_until_s = failure.outcome, max(self._down_until_s, now_s + pause_s)
        return pause_s
