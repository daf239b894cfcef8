"""Puts a question to an endpoint: from memory where it was put before, else by as many attempts as it takes."""

from __future__ import annotations

from collections.abc import Callable

from shadowbench.judges.base import Question, Reply
from shadowbench.judges.calls.accepted import Form
from shadowbench.judges.calls.attempts import Errand
from shadowbench.judges.calls.bodies import VERDICT, body_of, most_outputs
from shadowbench.judges.calls.books import Bookkeeper
from shadowbench.judges.calls.caller import Caller, Got
from shadowbench.judges.calls.counting import Tally
from shadowbench.judges.calls.faults import Came, said_of
from shadowbench.judges.calls.flights import Flights, is_usable
from shadowbench.judges.calls.keys import key_of, pack, unpack
from shadowbench.judges.options import EndpointOptions
from shadowbench.records import Choice
from shadowbench.scores import PairRef

_READS, _WRITES = ("on", "read"), ("on", "write")
_NEVER_FROM_MEMORY = "canary"  # asked to see whether the judge still says the same


class EndpointAsker:
    """An `Asker` of one judge."""

    def __init__(
        self,
        options: EndpointOptions,
        *,
        caller: Caller,
        book: Bookkeeper,
        flights: Flights,
        tally: Tally,
        unix: Callable[[], float],
    ) -> None:
        self._options = options
        self._caller = caller
        self._book = book
        self._flights = flights
        self._tally = tally
        self._unix = unix

    async def ask(self, question: Question, *, pair: PairRef | None, purpose: str) -> Reply:
        """See `Asker`."""
        key = key_of(self._options, question)
        mode = "off" if purpose == _NEVER_FROM_MEMORY else self._options.cache
        if mode not in _READS:
            return await self._ask(key, question, pair, purpose, keeps=mode in _WRITES)
        if (kept := await self._kept(key)) is not None:
            self._tally.cached()
            return kept
        reply = await self._flights.share(key, lambda: self._ask(key, question, pair, purpose, keeps=mode in _WRITES))
        if reply.cached:
            self._tally.cached()
        return reply

    async def _kept(self, key: bytes) -> Reply | None:
        packed = await self._book.do(lambda book: book.reply(key))
        return None if packed is None else unpack(packed)

    async def _ask(self, key: bytes, question: Question, pair: PairRef | None, purpose: str, *, keeps: bool) -> Reply:
        errand = Errand(key=key, pair=pair, purpose=purpose, outputs=most_outputs(self._options), said=_outcome_of)
        got = await self._caller.call(errand, lambda accepted: body_of(self._options, question, accepted))
        if not isinstance(got, Got):
            return Reply(text=None, reason=got.reason)
        if got.accepted.form is Form.TOOL and not _calls_tool(got.came) and _first(got.came).text:
            self._caller.disobeyed(got)
        reply = _reply_of(got)
        if keeps and is_usable(reply):
            await self._keep(key, reply, pair)
        return reply

    async def _keep(self, key: bytes, reply: Reply, pair: PairRef | None) -> None:
        packed, about, now = {key: pack(reply)}, {} if pair is None else {key: pair.number}, self._unix()
        await self._book.do(lambda book: book.keep_replies(packed, kind="judge", now=now, exchanges=about))


def _reply_of(got: Got) -> Reply:
    reading = got.came.reading
    text, outcome = said_of(_first(got.came), VERDICT)
    return Reply(
        text=text,
        reason=None if outcome == "ok" else outcome,
        model=None if reading is None else reading.reported_model,
        structured=got.accepted.form is Form.SCHEMA or (got.accepted.form is Form.TOOL and _calls_tool(got.came)),
    )


def _outcome_of(came: Came) -> str:
    return said_of(_first(came), VERDICT)[1]


def _calls_tool(came: Came) -> bool:
    return any(call.name == VERDICT for call in _first(came).tool_calls)


def _first(came: Came) -> Choice:
    answer = None if came.reading is None else came.reading.answer
    return Choice() if answer is None else answer.first
