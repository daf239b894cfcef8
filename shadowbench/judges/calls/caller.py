"""Calls until there is an answer, or no hope of one: again after a failure, in another form after a refusal of the form."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from shadowbench.judges.base import EndpointDownError
from shadowbench.judges.calls.accepted import Accepted, both, first_accepted, learnt, less_strict
from shadowbench.judges.calls.addresses import public
from shadowbench.judges.calls.attempts import Attempts, Errand, Refused
from shadowbench.judges.calls.counting import Tally
from shadowbench.judges.calls.faults import Blame, Came, Failure, failure_of, words_of
from shadowbench.judges.calls.lanes import Lane
from shadowbench.judges.calls.retry import Patience, wait_s
from shadowbench.judges.options import EndpointOptions
from shadowbench.worker import log as tell

_MOST_SAID = 200  # characters of what an endpoint says about its failure
_HINTS = {
    "not_allowed": "check the key in {key}",
    "no_credit": "its account has no credit left",
    "not_found": "check url and model",
    "unreachable": "check url, and that it runs",
    "rejected": "check model and parameters",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Got:
    """An answer, and what the request was made of that got it."""

    came: Came
    accepted: Accepted


class Caller:
    """One judge's at one endpoint. Remembers what the endpoint accepts.

    What one call learns from a refusal holds for all at once, those that wait for their turn included; it is forgotten when
    that call comes to nothing all the same, for then the words may have meant something else.
    """

    def __init__(
        self,
        judge: str,
        options: EndpointOptions,
        *,
        attempts: Attempts,
        lane: Lane,
        tally: Tally,
        chance: Callable[[], float],
        secrets: Sequence[str] = (),
    ) -> None:
        self._judge = judge
        self._options = options
        self._attempts = attempts
        self._lane = lane
        self._tally = tally
        self._chance = chance
        self._secrets = secrets  # what no message may repeat, should the endpoint do so
        self._patience = Patience(tries=options.tries)
        self._accepted = self._proven = first_accepted(options.dialect, structured=options.structured)

    async def call(self, errand: Errand, body_of: Callable[[Accepted], bytes]) -> Got | Refused:
        """An answer, or why there is none: no money, or a failure that is the question's. Raises EndpointDownError."""
        learnt_here, tried, number = self._accepted, 0, 0
        while True:
            number += 1
            came, accepted = await self._attempt(errand, body_of, learnt_here, number)
            if isinstance(came, Refused):
                self._tally.refused(came.reason)
                return came
            failure = failure_of(came)
            if failure is None:
                self._accepted = self._proven = accepted
                return Got(came=came, accepted=accepted)
            if (better := self._learnt(accepted, came)) is not None:
                learnt_here = better
                self._accepted = self._both(better, self._accepted)
                continue
            tried += 1
            now_s, health = asyncio.get_running_loop().time(), self._lane.health
            health.failed(failure, now_s=now_s)
            pause_s = wait_s(self._patience, failure, tried=tried, asked_s=came.retry_after_s, chance=self._chance())
            if pause_s is None or health.is_failing(now_s):
                return self._give_up(errand, came, failure)
            self._tally.retried(failure.outcome)
            if health.tells(pause_s, now_s):
                self._tell_people(came, failure, pause_s)
            await asyncio.sleep(pause_s)

    def disobeyed(self, got: Got) -> None:
        """The form that was asked for was passed over: it is asked for in the next way from now on."""
        if self._accepted.form is got.accepted.form:
            self._accepted = self._proven = less_strict(got.accepted, self._options.dialect)

    async def _attempt(
        self, errand: Errand, body_of: Callable[[Accepted], bytes], learnt_here: Accepted, number: int
    ) -> tuple[Came | Refused, Accepted]:
        """What came, and what the request was made of."""
        self._raise_if_down()
        async with self._lane.turn() as ticket:
            self._raise_if_down()  # it may have turned out while this waited
            accepted = self._both(learnt_here, self._accepted)  # and this, too
            came = await self._attempts.make(errand, body_of(accepted), number)
            if not isinstance(came, Refused):
                self._tell_lane(ticket, came)
            return came, accepted

    def _both(self, one: Accepted, other: Accepted) -> Accepted:
        return both(one, other, self._options.dialect)

    def _tell_lane(self, ticket: int, came: Came) -> None:
        """What an attempt says about the endpoint, for all who ask it."""
        failure, lane = failure_of(came), self._lane
        if failure is None or failure.blame is Blame.QUESTION:
            lane.health.answered()
            lane.allowance.answered(ticket)
        elif failure.is_overload:
            lane.allowance.overloaded(ticket)
        if failure is not None and failure.is_retryable and (came.retry_after_s or 0.0) <= self._patience.max_asked_s:
            lane.hold(came.retry_after_s or 0.0)

    def _learnt(self, accepted: Accepted, came: Came) -> Accepted | None:
        if came.status is None:
            return None
        return learnt(accepted, self._options.dialect, status=came.status, said=words_of(came))

    def _give_up(self, errand: Errand, came: Came, failure: Failure) -> Refused:
        lane, now_s = self._lane, asyncio.get_running_loop().time()
        if failure.blame is not Blame.ENDPOINT:
            self._accepted = self._proven
        if failure.blame is not Blame.QUESTION:
            self._raise_if_down()  # another has found out before: one pause for all that were under way
        if lane.health.gives_up(failure, errand.key):
            self._tally.refused(failure.outcome)
            return Refused(reason=failure.outcome)
        pause_s = lane.health.pause(failure, now_s=now_s, asked_s=came.retry_after_s)
        lane.allowance.restart()
        self._tally.paused(failure.outcome)
        raise EndpointDownError(self._message(came, failure), reason=failure.outcome, retry_in_s=pause_s)

    def _raise_if_down(self) -> None:
        down = self._lane.health.down(asyncio.get_running_loop().time())
        if down is not None:
            reason, left_s = down
            message = f"judge {self._judge}: {public(self._options.url)} is left alone for {left_s:.0f} s: {reason}"
            raise EndpointDownError(message, reason=reason, retry_in_s=left_s)

    def _tell_people(self, came: Came, failure: Failure, pause_s: float) -> None:
        why, for_s = self._message(came, failure), round(pause_s, 1)
        tell(
            "warning", "a judge waits for its endpoint", judge=self._judge, reason=failure.outcome, why=why, for_s=for_s
        )

    def _message(self, came: Came, failure: Failure) -> str:
        status = "" if came.status is None else f" {came.status}"
        told = f"judge {self._judge}: {public(self._options.url)}: {failure.outcome}{status}"
        said = words_of(came) or came.detail
        for secret in self._secrets:
            said = said.replace(secret, "…")
        if said:
            told += f" ({said[:_MOST_SAID]})"
        hint = _HINTS.get(failure.outcome, "").format(key=self._options.api_key_env or "api_key_env")
        return f"{told}; {hint}" if hint else told
