"""Frames in, exchanges out: transcripts, interleavings, violations, bounds."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shadowbench import handoff
from shadowbench.errors import ProtocolError
from shadowbench.handoff import EndPayload, FrameReader, Kind
from shadowbench.recorder.assembly import DISCARDING_REASONS, Assembly, Closed
from shadowbench.recorder.ledger import Ledger
from shadowbench.recorder.memory import STORE_FAILED, Memory
from shadowbench.recorder.raw import Discarded, RawAttempt, RawExchange
from shadowbench.recorder.testing import (
    ScriptedExchange,
    ScriptedSide,
    candidate_fields,
    close_frame,
    part_frames,
    plan_fields,
)

PLENTY = 100_000_000


def assembly(limit: int = PLENTY, max_body_bytes: int = 1_000_000) -> Assembly:
    return Assembly(Memory(limit), max_body_bytes=max_body_bytes)


def feed(to: Assembly, *frames: bytes) -> list[Closed]:
    closed = [to.take(frame) for frame in FrameReader().feed(b"".join(frames))]
    return [item for item in closed if item is not None]


def whole(to: Assembly, script: ScriptedExchange, sequence: int = 1) -> RawExchange:
    (closed,) = feed(to, *script.frames(sequence))
    assert isinstance(closed, RawExchange)
    return closed


def two_sided() -> ScriptedExchange:
    return ScriptedExchange(
        plan=plan_fields(),
        body=b'{"model": "big"}',
        production=ScriptedSide(chunks=((1_200_000_000, b"a"), (1_300_000_000, b"bc"))),
        candidates={
            1: ScriptedSide(
                t0_ns=1_500_000_000,
                chunks=((1_900_000_000, b"xyz"),),
                queue_us=40,
                attempts=(RawAttempt("http_429", 429, 10, 20), RawAttempt("stale", None, 30, 30)),
            )
        },
    )


def test_a_whole_exchange_comes_out_as_it_was_told() -> None:
    raw = whole(assembly(), two_sided())
    assert raw.request == (b'{"model": "big"}',)
    assert raw.plan.id == "01900000-0000-7000-8000-000000000001"
    production, small = raw.sides[0], raw.sides[1]
    assert production.t0_ns == 1_000_000_000
    assert [c.data for p in production.parts for c in handoff.read_part(p)] == [b"a", b"bc"]
    assert production.body_bytes == 3
    assert production.end == EndPayload(2_000_000_000, 0.0, 0.0, None)
    assert small.head is not None
    assert small.head.queue_s == 0.00004
    assert small.body_bytes == 3
    assert small.attempts == (RawAttempt("http_429", 429, 10, 20), RawAttempt("stale", None, 30, 30))
    assert production.attempts == ()


def test_what_a_settled_exchange_held_is_all_that_is_held() -> None:
    memory = Memory(PLENTY)
    (closed,) = feed(Assembly(memory, max_body_bytes=1_000_000), *two_sided().frames(1))
    assert isinstance(closed, RawExchange)
    assert memory.used == closed.held_bytes > 0


def test_a_candidate_that_was_not_sent_needs_no_frames() -> None:
    script = ScriptedExchange(plan=plan_fields((candidate_fields(not_sent="stale"),)))
    assert sorted(whole(assembly(), script).sides) == [0]


@pytest.mark.parametrize("reason", sorted(DISCARDING_REASONS))
def test_an_end_that_says_nothing_about_production_discards_the_exchange(reason: str) -> None:
    memory = Memory(PLENTY)
    script = ScriptedExchange(plan=plan_fields(()), production=ScriptedSide(reason=reason))
    assert feed(Assembly(memory, max_body_bytes=1000), *script.frames(1)) == [Discarded(reason)]
    assert memory.used == 0


def test_a_close_before_a_side_ended_discards_the_exchange() -> None:
    frames = two_sided().strands(1)
    memory = Memory(PLENTY)
    told = [*frames[0], *frames[1], *frames[2][:-1], close_frame(1)]
    assert feed(Assembly(memory, max_body_bytes=1000), *told) == [Discarded("unfinished")]
    assert memory.used == 0


def test_a_close_without_a_plan_discards_the_exchange() -> None:
    assert feed(assembly(), handoff.open_frame(1, 5, 1, b"GET / HTTP/1.1\r\n"), close_frame(1)) == [
        Discarded("no_plan")
    ]


# ── interleaving ──


@st.composite
def interleavings(draw: st.DrawFn) -> list[tuple[int, bytes]]:
    """Frames of several exchanges in an order that keeps each strand's own."""
    count = draw(st.integers(1, 4))
    pending: list[list[tuple[int, bytes]]] = []
    waiting: dict[int, list[list[tuple[int, bytes]]]] = {}
    for sequence in range(count):
        begin, *others = two_sided().strands(sequence)
        pending.append([(sequence, frame) for frame in begin])
        waiting[sequence] = [[(sequence, frame) for frame in strand] for strand in others]
    order = []
    left = dict.fromkeys(range(count), 2)
    while pending:
        strand = draw(st.sampled_from(pending))
        sequence, frame = strand.pop(0)
        order.append((sequence, frame))
        if not strand:
            pending.remove(strand)
            if sequence in waiting:
                pending += waiting.pop(sequence)
                continue
            left[sequence] -= 1
            if left[sequence] == 0:
                pending.append([(sequence, close_frame(sequence))])
                left[sequence] = -1000
    return order


@settings(max_examples=40, deadline=None)
@given(interleavings(), st.lists(st.booleans(), min_size=4, max_size=4), st.randoms(use_true_random=False))
def test_whatever_the_order_everything_is_settled_once_in_the_order_of_close(
    order: list[tuple[int, bytes]], stored: list[bool], chance
) -> None:
    """Assembly and ledger together, with settlements that overtake each other."""
    to, ledger, places, told = assembly(), Ledger(), {}, []
    closes = [sequence for sequence, frame in order if frame == close_frame(sequence)]
    for sequence, frame in order:
        for closed in feed(to, frame):
            places[sequence] = ledger.place(sequence)
            assert isinstance(closed, RawExchange)
            assert closed.sides[1].attempts == two_sided().candidates[1].attempts
        waiting = [number for number, place in places.items() if place.recorded is None]
        if waiting and (chance.random() < 0.5 or frame is order[-1][1]):
            for number in chance.sample(waiting, len(waiting)):
                places[number].recorded = stored[number]
                places[number].costs = [handoff.cost_frame(number, 1, 0.5, 3)] if stored[number] else []
        told += list(FrameReader().feed(b"".join(ledger.due())))
    assert list(places) == closes
    assert [frame.sequence for frame in told if frame.kind == Kind.COST] == [n for n in closes if stored[n]]
    last = handoff.read_ack([frame for frame in told if frame.kind == Kind.ACK][-1].payload)
    recorded = sum(stored[number] for number in closes)
    assert last == (recorded, len(closes) - recorded)
    assert len(to) == len(ledger) == 0


@settings(max_examples=60, deadline=None)
@given(interleavings(), st.randoms(use_true_random=False))
def test_interleaving_and_cutting_change_nothing(order: list[tuple[int, bytes]], chance) -> None:
    alone = whole(assembly(), two_sided())
    stream = b"".join(frame for _, frame in order)
    memory, reader, closed = Memory(PLENTY), FrameReader(), []
    together = Assembly(memory, max_body_bytes=1_000_000)
    while stream:
        cut = chance.randint(1, 200)
        closed += [item for frame in reader.feed(stream[:cut]) if (item := together.take(frame)) is not None]
        stream = stream[cut:]
    assert len(closed) == 1 + max(sequence for sequence, _ in order)
    assert all(item == alone for item in closed)
    assert memory.used == sum(item.held_bytes for item in closed)
    assert len(together) == 0


def test_an_answer_may_begin_before_the_request_ended() -> None:
    begin, production, small = two_sided().strands(1)
    end, head, *rest = production
    raw = feed(assembly(), *begin, head, end, *rest, *small, close_frame(1))[0]
    assert raw == whole(assembly(), two_sided())


# ── violations ──

OPEN = handoff.open_frame(1, 5, 1, b"POST / HTTP/1.1\r\n")
END_OF_REQUEST = handoff.request_end_frame(1, 6)
HEAD = handoff.head_frame(1, 7, b"HTTP/1.1 200 OK\r\n")
END = handoff.end_frame(1, 8)
(PART,) = part_frames(1, 0, ((7, b"x"),))
TRIED = {"reason": "refused", "status": None, "started_ns": 1, "ended_ns": 2}
ATTEMPT = handoff.json_frame(Kind.ATTEMPT, TRIED, 1, 1)
PLANNED = two_sided().strands(1)[0]


@pytest.mark.parametrize(
    "frames",
    [
        [END_OF_REQUEST],
        [OPEN, OPEN],
        [OPEN, END_OF_REQUEST, END_OF_REQUEST],
        [OPEN, END_OF_REQUEST, *handoff.request_frames(1, b"late")],
        [OPEN, HEAD, HEAD],
        [OPEN, PART],
        [OPEN, END],
        [OPEN, HEAD, END, PART],
        [OPEN, HEAD, END, END],
        [OPEN, close_frame(1), close_frame(1)],
        [OPEN, handoff.head_frame(1, 7, b"HTTP/1.1 200 OK\r\n", side=1)],
        [OPEN, handoff.pack(Kind.REQUEST, 1, b"x", side=1)],
        [OPEN, handoff.pack(Kind.PLAN, 1, b"{}")],
        [OPEN, handoff.pack(Kind.PLAN, 1, b"[")],
        [OPEN, handoff.pack(Kind.PLAN, 1, b'{"candidates": [3]}')],
        [OPEN, HEAD, handoff.pack(Kind.PART, 1, b"")],
        [OPEN, HEAD, handoff.pack(Kind.PART, 1, b"\xff\xff")],
        [OPEN, HEAD, handoff.pack(Kind.END, 1, b"short")],
        [OPEN, HEAD, handoff.pack(Kind.ABORT, 1, b"\0" * 16)],
        [OPEN, handoff.pack(Kind.ACK, 1, b"\0" * 16)],
        [OPEN, handoff.pack(99, 1)],
        [OPEN, ATTEMPT],
        [OPEN, handoff.json_frame(Kind.ATTEMPT, TRIED, 1)],
        [*PLANNED, handoff.request_end_frame(1, 6, 1), ATTEMPT],
        [*PLANNED, handoff.head_frame(1, 7, b"HTTP/1.1 200 OK\r\n", side=1), ATTEMPT],
        [*PLANNED, handoff.abort_frame(1, 8, "refused", side=1), ATTEMPT],
        [*PLANNED, handoff.json_frame(Kind.ATTEMPT, TRIED | {"ended_ns": 0}, 1, 1)],
        [*PLANNED, handoff.json_frame(Kind.ATTEMPT, {"reason": "stale"}, 1, 1)],
    ],
    ids=range(28),
)
def test_frames_that_no_mirror_writes_are_refused(frames: list[bytes]) -> None:
    with pytest.raises(ProtocolError):
        feed(assembly(), *frames)


# ── bounds ──


def test_a_response_over_the_capture_bound_keeps_its_beginning_and_its_length() -> None:
    chunks = tuple((1_200_000_000 + n, bytes(40_000)) for n in range(10))
    script = ScriptedExchange(plan=plan_fields(()), production=ScriptedSide(chunks=chunks))
    side = whole(assembly(max_body_bytes=100_000), script).sides[0]
    assert side.overflow
    assert side.body_bytes == 400_000
    assert 0 < sum(map(len, side.parts)) <= 101_000


def test_a_request_over_the_capture_bound_is_not_kept() -> None:
    memory = Memory(PLENTY)
    to = Assembly(memory, max_body_bytes=100_000)
    small = whole(to, ScriptedExchange(plan=plan_fields(()), body=b""))
    raw = whole(to, ScriptedExchange(plan=plan_fields(()), body=bytes(200_000)))
    assert raw.request_overflow
    assert raw.request == ()
    assert raw.held_bytes == small.held_bytes


def test_without_room_the_exchange_that_asks_is_discarded_and_the_others_live() -> None:
    memory = Memory(60_000)
    to = Assembly(memory, max_body_bytes=1_000_000)
    large = ScriptedExchange(plan=plan_fields(()), body=bytes(60_000))
    small = ScriptedExchange(plan=plan_fields(()))
    begin, rest, *_ = small.strands(1)
    assert feed(to, *begin, *large.frames(2)) == [Discarded("recorder_full")]
    (closed,) = feed(to, *rest, close_frame(1))
    assert isinstance(closed, RawExchange)
    assert memory.used == closed.held_bytes


def test_while_the_store_fails_losses_name_it() -> None:
    memory = Memory(10)
    memory.full_reason = STORE_FAILED
    assert feed(Assembly(memory, max_body_bytes=10), *two_sided().frames(1)) == [Discarded("store_failed")]
    assert memory.used == 0


def test_a_lost_connection_gives_its_memory_back() -> None:
    memory = Memory(PLENTY)
    to = Assembly(memory, max_body_bytes=1000)
    feed(to, *two_sided().frames(1)[:4], *two_sided().frames(2)[:5])
    assert memory.used > 0
    assert to.give_up() == 2
    assert (memory.used, len(to)) == (0, 0)


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 300_000), st.lists(st.integers(0, 80_000), max_size=8))
def test_the_bound_is_never_passed_and_always_given_back(limit: int, sizes: list[int]) -> None:
    memory = Memory(limit)
    to = Assembly(memory, max_body_bytes=50_000)
    for sequence, size in enumerate(sizes):
        script = ScriptedExchange(plan=plan_fields(()), body=bytes(size))
        for frame in FrameReader().feed(b"".join(script.frames(sequence))):
            closed = to.take(frame)
            assert 0 <= memory.used <= limit
            if isinstance(closed, RawExchange) and sequence % 2:
                memory.give_back(closed.held_bytes)
