"""Real arrivals: a trace of a conversation service, looped with jitter and at a multiple of its speed, and who answers it."""

from __future__ import annotations

import asyncio
import csv
import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from functools import lru_cache
from pathlib import Path
from typing import Any

from shadowbench.endpoints import scripted, testing
from shadowbench.endpoints.received import Received
from shadowbench.endpoints.scripted import Asked, Said
from shadowbench.endpoints.testing import Fault, Reply, Step
from tests.origins import RawResponse, parse_response
from tests.sidecars import chat
from tests.soak.load import CHAT, Clients

TRACE = Path(__file__).parents[3] / "shared" / "data" / "traces" / "azure_conv_first5min.csv"
# A write of a provider under load carries several tokens.
_TOKENS_PER_WRITE = 12
_WRITE_AFTER_S = 0.02
# Until it fails otherwise: hangs, errors, resets, sends garbage in two ways, and recovers.
MOODS = (None, Fault.HANG, Fault.SERVER_ERROR, Fault.RESET_MID_BODY, Fault.GARBAGE, Fault.NO_HTTP, Fault.RATE_LIMITED)


@dataclass(frozen=True, slots=True, kw_only=True)
class Arrival:
    """One request: when, and how many tokens in and out."""

    at_s: float
    input_tokens: int
    output_tokens: int


def recorded(path: Path = TRACE) -> list[Arrival]:
    """The trace as it is, from its first arrival on."""
    with path.open(newline="") as file:
        rows = list(csv.DictReader(file))
    times = [datetime.fromisoformat(row["TIMESTAMP"][:26]).timestamp() for row in rows]
    return [
        Arrival(at_s=at - times[0], input_tokens=int(row["ContextTokens"]), output_tokens=int(row["GeneratedTokens"]))
        for at, row in zip(times, rows, strict=True)
    ]


def looped(arrivals: list[Arrival], chance: random.Random, *, speed: float) -> Iterator[Arrival]:
    """The trace again and again, faster, each arrival moved a little so that no loop is like another."""
    length_s = arrivals[-1].at_s + 1.0
    begins_s = 0.0
    while True:
        moved = [replace(each, at_s=begins_s + each.at_s + chance.uniform(0.0, 0.5)) for each in arrivals]
        for each in sorted(moved, key=lambda arrival: arrival.at_s):
            yield replace(each, at_s=each.at_s / speed)
        begins_s += length_s


class TraceClients(Clients):
    """Ask when the trace says, as long and for as much as it says. Every second request is streamed."""

    def __init__(self, port: int, chance: random.Random, arrivals: Iterator[Arrival]) -> None:
        super().__init__(port, chance, rate=1)
        self._arrivals = arrivals

    async def run(self) -> None:
        """Ask until `stop`, then wait for the last answers."""
        loop = asyncio.get_running_loop()
        started = loop.time()
        async with asyncio.TaskGroup() as group:
            for number, arrival in enumerate(self._arrivals):
                due = started + arrival.at_s
                await asyncio.sleep(due - loop.time())
                if self._over:
                    break
                group.create_task(self.ask(number, due, request_of(number, arrival)))
        self.close()

    def expected(self, request: dict[str, Any]) -> RawResponse:
        """Production's bytes."""
        return _expected(request["max_tokens"], request["stream"])


def request_of(number: int, arrival: Arrival) -> dict[str, Any]:
    """A request of the arrival's size: about four bytes a token."""
    prompt = f"Question {number}. " + "word" * arrival.input_tokens
    return chat(prompt, stream=bool(number % 2), max_tokens=max(1, arrival.output_tokens))


def steady(request: Received) -> Reply:
    """As many tokens as were asked for, several at a time."""
    return _answer(request, None)


def moody(turn_s: float) -> Callable[[Received], Reply]:
    """A script that changes its mood every `turn_s`; every second one is none."""
    loop = asyncio.get_running_loop()
    started = loop.time()

    def answer(request: Received) -> Reply:
        turn = int((loop.time() - started) / turn_s)
        return _answer(request, MOODS[turn // 2 % len(MOODS)] if turn % 2 else None)

    return answer


def _answer(request: Received, fault: Fault | None) -> Reply:
    asked = scripted.read(CHAT, request.body)
    assert asked is not None
    if fault is not None:
        return testing.answer(request, fault=fault)
    # The input is not counted, or no two whole answers would be alike: the same bytes for the same length.
    return _whole(asked.max_tokens, asked.stream, asked.wants_usage)


@lru_cache(maxsize=4096)
def _whole(output_tokens: int, stream: bool, wants_usage: bool) -> Reply:
    asked = Asked(
        dialect=scripted.dialect_of(CHAT),
        model="m",
        prompt="",
        stream=stream,
        wants_usage=wants_usage,
        max_tokens=output_tokens,
        temperature=0.0,
        tool=None,
    )
    tokens = tuple(f" word{n % 97}" for n in range(output_tokens))
    said = Said(id="0" * 24, tokens=tokens, call=None, cut=True, input_tokens=0)
    first, *rest = testing.whole(asked, said).steps
    pieces = [rest[at : at + _TOKENS_PER_WRITE] for at in range(0, len(rest), _TOKENS_PER_WRITE)]
    steps = [Step(data=b"".join(step.data for step in piece), after_s=_WRITE_AFTER_S) for piece in pieces]
    return Reply(steps=[first, *steps])


@lru_cache(maxsize=4096)
def _expected(output_tokens: int, stream: bool) -> RawResponse:
    return parse_response(b"".join(step.data for step in _whole(output_tokens, stream, False).steps))
