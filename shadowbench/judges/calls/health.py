"""Whether an endpoint is out of order, or a question is one that it cannot answer. Pure.

Who takes every failure for the question's own writes an outage into the log as absences; who takes none for it asks the same
unanswerable question for ever. So: what is clearly the endpoint's (`Blame.ENDPOINT`) pauses it, what is clearly the question's
does not. Of the rest, the endpoint is paused when nobody else has got an answer lately; but a question that brought about six
pauses is given up, whatever the reason: five minutes, as they grow.

Many questions that wait for an endpoint which is gone would try it many times each, and each try may be billed. So after ten
failures in a row nobody tries again: the next one that fails makes a pause.
"""

from __future__ import annotations

from collections import OrderedDict

from shadowbench.judges.calls.faults import Blame, Failure

_IN_A_ROW = 4  # failed attempts, of whatever questions, without an answer between them
_TOO_MANY_IN_A_ROW = 10  # to try again
_PARDONS = 5  # pauses that a question may bring about
_REMEMBERED = 1024  # questions
_FIRST_PAUSE_S = 5.0  # doubles with each pause in a row
_LONGEST_PAUSE_S = 300.0


class Health:
    """What is known of one endpoint. Times are seconds of any clock that does not go back."""

    __slots__ = ("_down_until_s", "_has_answered", "_in_a_row", "_pauses", "_reason", "_suspects")

    def __init__(self) -> None:
        self._has_answered = False
        self._in_a_row = 0
        self._pauses = 0  # in a row
        self._down_until_s = 0.0
        self._reason = ""
        self._suspects: OrderedDict[bytes, int] = OrderedDict()  # question → pauses that it brought about

    @property
    def is_failing(self) -> bool:
        """Whether so many attempts failed that another is not worth it."""
        return self._in_a_row >= _TOO_MANY_IN_A_ROW

    def down(self, now_s: float) -> tuple[str, float] | None:
        """Why it is left alone and for how many seconds more; None: it may be asked."""
        left_s = self._down_until_s - now_s
        return (self._reason, left_s) if left_s > 0 else None

    def answered(self) -> None:
        """It answered somebody, were it by refusing what was asked."""
        self._has_answered = True
        self._in_a_row = self._pauses = 0
        self._down_until_s = 0.0

    def failed(self, failure: Failure) -> None:
        """An attempt failed. An endpoint that says that it is too much is there: fewer are sent to it."""
        if failure.blame is not Blame.QUESTION and not failure.is_overload:
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
