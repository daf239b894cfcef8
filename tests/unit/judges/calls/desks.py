"""Doubles for tests of calls: a book in memory, a transport by script, and questions to put."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeVar

import orjson

from shadowbench.judges.base import Question
from shadowbench.judges.calls.attempts import Attempts, Prices
from shadowbench.judges.calls.books import InLoop
from shadowbench.judges.calls.caller import Caller
from shadowbench.judges.calls.counting import Tally
from shadowbench.judges.calls.desk import Desk, Surroundings
from shadowbench.judges.calls.faults import Came
from shadowbench.judges.calls.lanes import Lane
from shadowbench.judges.options import EndpointOptions
from shadowbench.pricing import PriceEntry, Pricer, PricingOptions, rates_for
from shadowbench.records import Dialect
from shadowbench.scores import CallResult, JudgeCall, Position, Spending
from shadowbench.signals import Counters
from shadowbench.store.scoring import JudgeBook
from shadowbench.wire.reading import reader_for
from tests.virtual_time import NOON

T = TypeVar("T")
SCHEMA: Mapping[str, Any] = {
    "type": "object",
    "properties": {"why": {"type": "string"}, "answer": {"type": "string"}},
    "required": ["why", "answer"],
    "additionalProperties": False,
}
PRICED = PricingOptions(entries=(PriceEntry(models=("*",), input_per_mtok=1.0, output_per_mtok=10.0),))
FREE = PricingOptions(entries=(PriceEntry(models=("*",), input_per_mtok=0.0, output_per_mtok=0.0),))


def question(user: str = "Which?", **changed: Any) -> Question:
    told: dict[str, Any] = {"system": "You judge.", "user": user, "schema": SCHEMA, "position": Position.ALONE}
    return Question(**(told | changed))


def endpoint(**changed: Any) -> EndpointOptions:
    told: dict[str, Any] = {"url": "http://judge.test/v1", "model": "m"}
    return EndpointOptions(**(told | changed))


def came(status: int, body: Any, *, dialect: str = "openai.chat", **more: Any) -> Came:
    """What a whole response is read as."""
    reader = reader_for(Dialect(dialect), "application/json", None, status)
    reader.feed(body if isinstance(body, bytes) else orjson.dumps(body), 0.0)
    return Came(reading=reader.finish(None), status=status, **more)


def chat(text: str | None, *, finish: str = "stop", tokens: tuple[int, int] | None = (10, 5), **message: Any) -> Came:
    """An answer of OpenAI's form."""
    choice = {"index": 0, "message": {"role": "assistant", "content": text, **message}, "finish_reason": finish}
    usage = {} if tokens is None else {"usage": {"prompt_tokens": tokens[0], "completion_tokens": tokens[1]}}
    return came(200, {"model": "m-1", "choices": [choice], **usage})


def refusal(status: int, message: str = "By script.", **more: Any) -> Came:
    return came(status, {"error": {"message": message, "type": "invalid_request_error"}}, **more)


def vectors(*made: Sequence[float], tokens: int = 4) -> Came:
    data = [{"object": "embedding", "index": index, "embedding": vector} for index, vector in enumerate(made)]
    return came(200, {"data": data, "model": "e-1", "usage": {"prompt_tokens": tokens}}, dialect="openai.embeddings")


@dataclass
class Script:
    """A transport that answers in the order of `plays`; the last one is played for ever."""

    plays: Iterable[Came | Callable[[bytes], Came]]
    after_s: float = 0.0
    sent: list[dict[str, Any]] = field(default_factory=list)
    times: list[float] = field(default_factory=list)
    under_way: int = 0
    most_under_way: int = 0
    closed: bool = False

    def __post_init__(self) -> None:
        self._next = _for_ever(self.plays)

    async def post(self, body: bytes, *, timeout_s: float) -> Came:
        self.sent.append(orjson.loads(body))
        self.times.append(asyncio.get_running_loop().time())
        self.under_way += 1
        self.most_under_way = max(self.most_under_way, self.under_way)
        try:
            await asyncio.sleep(self.after_s)
        finally:
            self.under_way -= 1
        play = next(self._next)
        return play(body) if callable(play) else play

    async def aclose(self) -> None:
        self.closed = True


def _for_ever(plays: Iterable[Any]) -> Iterator[Any]:
    play = None
    for play in plays:
        yield play
    while True:
        yield play


@dataclass
class Book:
    """A `JudgeBook` without a log: calls by number, from 1."""

    calls: dict[int, JudgeCall] = field(default_factory=dict)
    results: dict[int, CallResult] = field(default_factory=dict)
    kept: dict[bytes, bytes] = field(default_factory=dict)
    about: dict[bytes, int] = field(default_factory=dict)

    def reserve(self, call: JudgeCall, *, limit_usd: float | None, day_limit_usd: float | None = None) -> int | None:
        limits = [limit for limit in (limit_usd, day_limit_usd) if limit is not None]
        if limits and self.spending(call.judge).total_usd + call.reserved_usd > min(limits) + 1e-12:
            return None
        number = len(self.calls) + 1
        self.calls[number] = call
        return number

    def settle_call(self, number: int, result: CallResult, *, now: float) -> None:
        assert number in self.calls
        self.results.setdefault(number, result)

    def spending(self, judge: str, *, day: str | None = None) -> Spending:
        mine = {number: call for number, call in self.calls.items() if call.judge == judge}
        settled = [self.results[number] for number in mine if number in self.results]
        open_usd = [call.reserved_usd for number, call in mine.items() if number not in self.results]
        known = [result.cost_usd for result in settled if result.cost_usd is not None]
        return Spending(
            calls=len(settled), usd=sum(known), unpriced=len(settled) - len(known), open_calls=len(open_usd),
            open_usd=sum(open_usd),
        )  # fmt: skip

    def reply(self, key: bytes) -> bytes | None:
        return self.kept.get(key)

    def replies(self, keys: Sequence[bytes]) -> Mapping[bytes, bytes]:
        return {key: self.kept[key] for key in keys if key in self.kept}

    def keep_replies(
        self, replies: Mapping[bytes, bytes], *, kind: str, now: float, exchanges: Mapping[bytes, int] | None = None
    ) -> None:
        self.kept |= replies
        self.about |= exchanges or {}

    @property
    def outcomes(self) -> list[str]:
        return [self.results[number].outcome for number in sorted(self.results)]

    def put_verdicts(self, verdicts: Any) -> None:
        raise NotImplementedError

    def verdicts(self, measure: int, *, after: int, upto: int) -> Any:
        raise NotImplementedError

    def forget_replies(self, before: float) -> int:
        raise NotImplementedError


class Slowly:
    """A bookkeeper as the worker's: one at a time, elsewhere, and what was begun is brought to its end."""

    def __init__(self, book: Book, after_s: float) -> None:
        self._book = book
        self._after_s = after_s
        self._lock = asyncio.Lock()

    async def do(self, work: Callable[[JudgeBook], T]) -> T:
        async with self._lock:
            running = asyncio.get_running_loop().create_task(self._work(work))
            try:
                return await asyncio.shield(running)
            except asyncio.CancelledError:
                await asyncio.wait([running])
                raise

    async def _work(self, work: Callable[[JudgeBook], T]) -> T:
        await asyncio.sleep(self._after_s / 2)
        done = work(self._book)
        await asyncio.sleep(self._after_s / 2)
        return done


@dataclass
class Stand:
    """A desk whose endpoints are one script."""

    script: Script
    pricing: PricingOptions = PRICED
    book: Book = field(default_factory=Book)
    counters: Counters = field(default_factory=Counters)
    environ: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.desk = Desk(
            Surroundings(
                book=InLoop(self.book),
                pricing=self.pricing,
                environ=self.environ,
                counters=self.counters,
                owner="w1",
                unix=lambda: NOON,
                chance=lambda: 0.5,
            ),
            lambda options, headers, unix: self.script,
        )


def caller_of(
    script: Script, options: EndpointOptions, *, book: Book | None = None, lane: Lane | None = None, chance: float = 0.5
) -> Caller:
    """A caller over a script."""
    tally = Tally(Counters(), "j")
    attempts = Attempts(
        "j", options, owner="w1", transport=script, book=InLoop(book or Book()), prices=prices(PRICED), tally=tally,
        unix=lambda: NOON,
    )  # fmt: skip
    lane = lane or Lane(concurrency=options.concurrency, per_minute=options.requests_per_minute)
    return Caller("j", options, attempts=attempts, lane=lane, tally=tally, chance=lambda: chance)


def prices(pricing: PricingOptions) -> Prices:
    return Prices(endpoint="j", pricer=Pricer(pricing), rates=rates_for(pricing, "j", "m"))
