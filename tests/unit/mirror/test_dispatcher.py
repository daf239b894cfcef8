"""Exchanges through intake, dispatcher and lanes: whatever happens in whatever order, each is settled exactly once."""

from __future__ import annotations

import asyncio
import json
import random
import time

from hypothesis import given, settings
from hypothesis import strategies as st

from shadowbench import handoff
from shadowbench.funnel import Funnel
from shadowbench.handoff import Kind
from shadowbench.mirror.lane import MAX_SHAPED_AT_ONCE_BYTES
from tests.unit.mirror.doubles import VERSION, Bench, ConnectFault, FakeConnection, small

CHAT = b'{"model":"m","messages":[{}],"stream":true}'
HEAD = b"POST /v1/chat/completions HTTP/1.1\r\nContent-Type: application/json\r\n"


def request(sequence: int, body: bytes = CHAT, age_s: float = 0.0) -> list[bytes]:
    sent_ns = time.monotonic_ns() - int(age_s * 1e9)
    return [
        handoff.open_frame(sequence, sent_ns, VERSION, HEAD),
        b"".join(handoff.request_frames(sequence, body)),
        handoff.request_end_frame(sequence, sent_ns),
    ]


def answer(sequence: int, reason: str | None = None) -> list[bytes]:
    writer = handoff.PartWriter(sequence)
    writer.add(2, b"yes")
    end = handoff.end_frame(sequence, 3) if reason is None else handoff.abort_frame(sequence, 3, reason)
    return [handoff.head_frame(sequence, 1, b"HTTP/1.1 200 OK\r\n"), b"".join(writer.flush()), end]


async def test_the_frames_of_one_exchange() -> None:
    bench = Bench(small("a", model="x"), small("b"))
    bench.origins[0].idle = [FakeConnection(reused=True)]
    bench.take(*request(4))
    await bench.turn()
    for origin in bench.origins:
        (connection,) = origin.given
        connection.head()
        connection.body(b"ok")
        connection.end()
    bench.take(*answer(4))
    await bench.turn()
    kinds = [(Kind(frame.kind).name, frame.side) for frame in bench.sender.frames]
    assert kinds == [
        ("OPEN", 0),
        ("REQUEST", 0),
        ("REQUEST_END", 0),
        ("PLAN", 0),
        *[("REQUEST_END", 1), ("HEAD", 1), ("PART", 1), ("END", 1)],
        *[("REQUEST_END", 2), ("HEAD", 2), ("PART", 2), ("END", 2)],
        *[("HEAD", 0), ("PART", 0), ("END", 0)],
        ("CLOSE", 0),
    ]
    plan = json.loads(next(frame.payload for frame in bench.sender.frames if frame.kind == Kind.PLAN))
    assert (plan["proxy_epoch"], plan["proxy_sequence"], plan["policy_version"]) == ("epoch", 4, VERSION)
    assert [(c["side"], c["name"], c["model"], c["not_sent"]) for c in plan["candidates"]] == [
        (1, "a", "x", None),
        (2, "b", "m", None),
    ]
    heads = [handoff.read_head(frame.payload) for frame in bench.sender.frames if frame.kind == Kind.HEAD]
    assert [head.connect_s is None for head in heads] == [True, False, True]
    assert [head.queue_s is None for head in heads] == [False, False, True]
    bench.acknowledge()
    assert (bench.intake.books.recorded, bench.intake.books.unsettled) == (1, 0)


async def test_request_bytes_are_let_go_when_the_last_copy_is_sent() -> None:
    bench = Bench(small(concurrency=1))
    bench.take(*request(1), *request(2))
    held = bench.memory.held
    await bench.turn()
    assert held == bench.memory.held > len(CHAT), "the second waits for its turn"
    bench.origins[0].given[0].fault("reset")
    await bench.turn()
    assert bench.memory.held == 0 and bench.intake.books.unsettled == 2


async def test_more_settlements_than_exchanges_are_counted_and_harmless() -> None:
    bench = Bench()
    bench.link._on_ack(handoff.AckPayload(3, 1))
    assert bench.counters.get("mirror_miscounted_acks_total") == 1


class _Chaos:
    """Does something legal, again and again."""

    def __init__(self, chance: random.Random, bench: Bench, count: int) -> None:
        self.chance = chance
        self.bench = bench
        self.stories = [self._story(sequence) for sequence in range(1, count + 1)]

    def _story(self, sequence: int) -> list[bytes]:
        chance = self.chance
        large = CHAT[:-1] + b',"user":"' + b"x" * MAX_SHAPED_AT_ONCE_BYTES + b'"}'
        body = chance.choice([CHAT, CHAT, CHAT, large, b"[", b'{"model":1,"model":2,"messages":[{}]}'])
        asked = request(sequence, body, chance.choice([0.0, 0.0, 0.0, 5.0]))
        told = answer(sequence, chance.choice([None, None, "production_reset", "client_cancelled", "handoff_full"]))
        early = chance.random() < 0.2
        story = [*asked[:-1], *told[:-1], asked[-1], told[-1]] if early else asked + told
        if chance.random() < 0.1:
            story = [*story[: chance.randint(1, len(story) - 1)], handoff.abort_frame(sequence, 9, "capture_dropped")]
        return story

    async def step(self) -> None:
        chance, bench = self.chance, self.bench
        what = chance.choice("pppppccccttaw" if chance.random() < 0.98 else "lfg")
        if what == "p" and self.stories:
            story = chance.choice(self.stories)
            bench.take(story.pop(0))
            self.stories = [story for story in self.stories if story]
        elif what == "c":
            self._candidate()
        elif what == "t":
            await bench.turn()
        elif what == "a":
            bench.acknowledge()
        elif what == "w":
            bench.pool.work()
        elif what == "l":
            bench.lose_recorder()
        elif what == "f":
            bench.sender.full, bench.sender.ready = True, False
        elif what == "g":
            bench.sender.full, bench.sender.ready = False, True

    def _candidate(self) -> None:
        origin = self.chance.choice(self.bench.origins)
        if self.chance.random() < 0.2:
            origin.outcomes.append(ConnectFault("refused"))
        under_way = [connection for connection in origin.given if connection.handler is not None]
        if under_way:
            connection = self.chance.choice(under_way)
            match self.chance.choice(["whole", "head", "fault", "stale"]):
                case "whole":
                    connection.head()
                    connection.body(b"x" * self.chance.choice([1, 40_000]))
                    connection.end()
                    origin.idle.append(FakeConnection(reused=True))
                case "head":
                    connection.head()
                case "fault":
                    connection.fault("truncated")
                case "stale":
                    connection.fault("truncated" if connection.headed else "stale")


async def _run(seed: int, count: int) -> None:
    chance = random.Random(seed)
    candidates = [small(f"c{n}", concurrency=chance.randint(1, 3), queue=chance.randint(0, 2)) for n in range(2)]
    bench = Bench(*candidates, memory_bytes=chance.choice([15_000, 1 << 20]))
    chaos = _Chaos(chance, bench, count)
    while chaos.stories and chance.random() > 0.002:
        await chaos.step()
        # Nothing is counted as gone before it came.
        assert all(left.count > 0 for left in Funnel(bench.dispatcher.funnel()).under_way())
    # The proxy is gone, the lanes drain, the recorder settles.
    bench.sender.full = False
    for live in bench.intake.books.lose():
        bench.dispatcher.abandon(live, "proxy_lost")
    await asyncio.gather(*(lane.drain(0.0) for lane in bench.dispatcher.lanes))
    bench.pool.work()
    await bench.turn()
    bench.acknowledge()

    books = bench.intake.books
    assert bench.sender.errors == []
    assert books.unsettled == 0 and len(bench.settled) == books.opened
    assert bench.memory.held == 0 and bench.link.unsettled == 0 and len(bench.sender.assembly) == 0
    assert [(lane.queued, lane.running) for lane in bench.dispatcher.lanes] == [(0, 0), (0, 0)]
    assert not any(connection.handler for origin in bench.origins for connection in origin.given)
    _check_funnels(bench)


def _check_funnels(bench: Bench) -> None:
    funnel = Funnel(bench.dispatcher.funnel())
    assert funnel.under_way() == []
    books = bench.intake.books
    assert (funnel.total("opened"), funnel.total("recorded")) == (books.opened, books.recorded)
    for lane in bench.dispatcher.lanes:
        name = lane.options.name
        assert funnel.total("sampled", candidate=name) <= funnel.total("sampled")
        assert funnel.total("paired", candidate=name) <= funnel.total("recorded")


@settings(deadline=None, max_examples=150)
@given(seed=st.integers(0, 2**32), count=st.integers(1, 15))
def test_every_exchange_is_settled_once_and_the_funnels_add_up(seed: int, count: int) -> None:
    asyncio.run(_run(seed, count))


def shares(bench: Bench) -> list[int | None]:
    """Hears what overload drops, and of which candidate."""
    strained: list[int | None] = []
    bench.dispatcher.strained = strained.append
    return strained


async def test_what_overload_drops_is_told_to_who_thins() -> None:
    bench = Bench(small("a", queue=1, concurrency=1), small("b"))
    strained = shares(bench)
    bench.origins[0].idle = [FakeConnection(reused=True)]
    for sequence in (1, 2, 3):
        bench.take(*request(sequence))
    await bench.turn()
    assert strained == [0], "its queue is full, the other's is not"
    bench.take(*request(4, age_s=10.0))
    await bench.turn()
    assert strained == [0, 0, 1], "and what is stale was not called in time"
    bench.sender.ready, bench.sender.full = False, True
    bench.take(*request(5))
    assert strained[3:] == [None], "a full recorder concerns all"
    bench.sender.full = False
    bench.take(*request(6))
    assert strained[4:] == [], "one that is away does not: less would not help"


async def test_a_candidate_from_which_the_plan_withholds_a_request_is_told_so() -> None:
    bench = Bench(small("a"), small("b", server_tools="strip"))
    bench.take(*request(1, b'{"model":"m","messages":[{}],"tools":[{"type":"web_search"}]}'))
    await bench.turn()
    (told,) = [json.loads(frame.payload) for frame in bench.sender.frames if frame.kind == Kind.PLAN]
    assert [candidate["not_sent"] for candidate in told["candidates"]] == ["server_tools", None]
    assert [candidate["inclusion_probability"] for candidate in told["candidates"]] == [1.0, 1.0]
