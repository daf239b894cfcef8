"""Frames of a proxy in any legal order: every exchange is settled exactly once, and nothing is left."""

from __future__ import annotations

import random
from collections.abc import Sequence
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shadowbench import handoff
from shadowbench.errors import ProtocolError
from shadowbench.handoff import Frame, FrameReader, Kind
from shadowbench.mirror.exchange import Books, LiveExchange
from shadowbench.mirror.intake import Action, Begin, Discard, Goodbye, Intake, Relay, Tally
from shadowbench.mirror.memory import Memory
from shadowbench.mirror.options import CandidateOptions, MirrorOptions
from shadowbench.mirror.plan import Planner, Terms

SALT = bytes(32)
CHAT = b'{"model":"m","messages":[{}]}'
HEAD = b"POST /v1/chat/completions HTTP/1.1\r\nContent-Type: application/json\r\n"
WHOLE = HEAD + b"Content-Length: %d\r\n" % len(CHAT)
ANSWER = b"HTTP/1.1 200 OK\r\n"
VERSION = 3


def an_intake(memory_bytes: int = 1 << 20, rate: float = 1.0) -> Intake:
    options = MirrorOptions(
        runtime_folder="run",
        secret_file="secret",
        candidates=(CandidateOptions(name="small", url="http://c", sample_rate=rate),),
        max_request_bytes=1000,
        duplicate_window_s=0.0,
    )
    return Intake(Books("epoch", Memory(memory_bytes)), Planner(Terms.of(options, SALT, VERSION)))


def frames(*wire: bytes) -> list[Frame]:
    return list(FrameReader().feed(b"".join(wire)))


def opened(sequence: int = 1, head: bytes = HEAD, version: int = VERSION, admitted: float = 1.0) -> bytes:
    return handoff.open_frame(sequence, 10, version, head, admitted)


def body(sequence: int = 1, data: bytes = CHAT) -> bytes:
    return b"".join(handoff.request_frames(sequence, data))


def sent(sequence: int = 1) -> bytes:
    return handoff.request_end_frame(sequence, 20)


def head(sequence: int = 1) -> bytes:
    return handoff.head_frame(sequence, 30, ANSWER)


def part(sequence: int = 1, data: bytes = b"yes") -> bytes:
    writer = handoff.PartWriter(sequence)
    return b"".join((writer.add(40, data) or []) + writer.flush())


def end(sequence: int = 1) -> bytes:
    return handoff.end_frame(sequence, 50)


def abort(sequence: int = 1, reason: str = "client_cancelled") -> bytes:
    return handoff.abort_frame(sequence, 50, reason)


def told(intake: Intake, *wire: bytes) -> list[str]:
    """What an intake makes of frames, as a transcript."""
    return [spell(action) for frame in frames(*wire) if (action := intake.take(frame, 0.0)) is not None]


def spell(action: Action) -> str:
    match action:
        case Goodbye():
            return "goodbye"
        case Begin(live, _, last):
            after = f" after {Kind(last.kind).name}" if last is not None else ""
            return f"begin {live.sequence} with {len(live.early)} early{after}"
        case Tally(worker, counts):
            return f"tally of {worker} {counts}"
        case Relay(live, frame, ends):
            return f"relay {live.sequence} {Kind(frame.kind).name}{' ends' if ends else ''}"
        case Discard(live, stage, reason, tell):
            return f"discard {live.sequence} {stage} {reason}{' tell' if tell else ''}".replace("  ", " ")


@pytest.mark.parametrize(
    ("wire", "transcript"),
    [
        (
            [opened(), body(), sent(), head(), part(), end()],
            ["begin 1 with 0 early", "relay 1 HEAD", "relay 1 PART", "relay 1 END ends"],
        ),
        (
            [opened(), head(), body(), part(), sent(), part(), end()],
            ["begin 1 with 2 early", "relay 1 PART", "relay 1 END ends"],
        ),
        ([opened(), body(), sent(), abort()], ["begin 1 with 0 early", "relay 1 ABORT ends"]),
        ([opened(), body(), abort()], ["discard 1 ineligible client_cancelled"]),
        ([opened(), abort(reason="zzz")], ["discard 1 ineligible aborted"]),
        (
            [opened(head=WHOLE), body(), abort(reason="production_unreachable")],
            ["begin 1 with 0 early after ABORT"],
        ),
        ([opened(head=WHOLE), body(), abort(reason="timed_out_connect")], ["begin 1 with 0 early after ABORT"]),
        ([opened(head=WHOLE), body(), abort()], ["discard 1 ineligible client_cancelled"]),
        (
            [opened(head=WHOLE), body(data=CHAT[1:]), abort(reason="production_unreachable")],
            ["discard 1 ineligible production_unreachable"],
        ),
        (
            [opened(head=WHOLE), body(data=b"[" * len(CHAT)), abort(reason="production_unreachable")],
            ["discard 1 ineligible not_json"],
        ),
        ([opened(), body(), head(), end()], ["discard 1 ineligible request_incomplete"]),
        ([opened(), body(data=b"["), sent(), head(), end()], ["discard 1 ineligible not_json tell"]),
        ([opened(version=9), body(), sent()], ["discard 1 ineligible unknown_policy tell"]),
        ([opened(admitted=1e-19), body(), sent()], ["discard 1 unsampled tell"]),
        ([opened(), body(data=b" " * 1001), sent(), head(), end()], ["discard 1 ineligible over_bound tell"]),
        ([opened(), head(), *[part(data=b"x" * 60_000)] * 5, sent()], ["discard 1 ineligible early_answer tell"]),
        (
            [opened(2), opened(1), body(1), sent(1), body(2), sent(2)],
            ["begin 1 with 0 early", "begin 2 with 0 early"],
        ),
        ([handoff.pack(Kind.GOODBYE)], ["goodbye"]),
    ],
)
def test_a_story_becomes_actions(wire: Sequence[bytes], transcript: list[str]) -> None:
    assert told(an_intake(), *wire) == transcript


@pytest.mark.parametrize(
    "wire",
    [
        [sent(1)],
        [opened(1), sent(2)],
        [opened(), opened()],
        [opened(), body(), sent(), sent()],
        [opened(), body(), sent(), body()],
        [opened(), body(), sent(), handoff.pack(Kind.END, 1, b"")],
        [opened(), abort(reason="")],
        [opened(head=b"nonsense")],
        [handoff.pack(Kind.OPEN, 1, b"short")],
        [opened(), handoff.request_end_frame(1, 5, side=1)],
        [handoff.pack(Kind.PLAN, 1, b"{}")],
        [handoff.pack(Kind.CLOSE, 1)],
        [handoff.pack(99, 1)],
    ],
)
def test_what_no_proxy_says_is_a_protocol_error(wire: Sequence[bytes]) -> None:
    with pytest.raises(ProtocolError):
        told(an_intake(), *wire)


def test_a_lack_of_memory_is_a_reason() -> None:
    intake = an_intake(memory_bytes=3000)
    assert told(intake, opened(1), body(1), opened(2)) == ["discard 2 ineligible memory_full tell"]


def test_settling_twice_is_a_mistake_of_ours() -> None:
    intake = an_intake()
    live = next(action.live for f in frames(opened(), abort()) if isinstance(action := intake.take(f, 0.0), Discard))
    intake.books.settle(live, recorded=False)
    with pytest.raises(AssertionError):
        intake.books.settle(live, recorded=False)


# ── any number of exchanges, in any interleaving, cut anywhere ──


def a_story(sequence: int, chance: random.Random) -> list[bytes]:
    """What a proxy may tell of one exchange."""
    request = [body(sequence, chance.choice([CHAT, CHAT, b"[", b"{}"])), sent(sequence)]
    answer = [head(sequence), *[part(sequence)] * chance.randint(0, 3)]
    story = [opened(sequence, admitted=chance.choice([1.0, 1.0, 1e-19]))]
    while request or answer:
        story.append((request if request and (not answer or chance.random() < 0.7) else answer).pop(0))
    last = [end(sequence), abort(sequence), abort(sequence, "handoff_full")]
    cut = len(story) if chance.random() < 0.6 else chance.randint(1, len(story))
    return [*story[:cut], last[0] if cut == len(story) and chance.random() < 0.7 else chance.choice(last[1:])]


@settings(deadline=None)
@given(seed=st.integers(0, 2**32), count=st.integers(1, 12), memory_bytes=st.sampled_from([5_000, 1 << 20]))
def test_every_exchange_is_settled_once_whatever_the_order(seed: int, count: int, memory_bytes: int) -> None:
    chance = random.Random(seed)
    stories = [a_story(sequence, chance) for sequence in range(1, count + 1)]
    intake = an_intake(memory_bytes)
    begun: list[LiveExchange] = []
    ended: list[LiveExchange] = []
    while stories:
        story = chance.choice(stories)
        for frame in frames(story.pop(0)):
            match intake.take(frame, 0.0):
                case Begin(live):
                    begun.append(live)
                case Relay(live, _, ends):
                    assert live in begun and live not in ended
                    if ends:
                        ended.append(live)
                        intake.books.settle(live, recorded=True)
                case Discard(live):
                    assert live not in begun
                    intake.books.settle(live, recorded=False)
        stories = [story for story in stories if story]
        if chance.random() < 0.02:
            break
    cut = intake.books.lose()
    for live in cut:
        intake.books.settle(live, recorded=False)
    books = intake.books
    assert books.unsettled == 0 and books.live == {}
    assert books.recorded == len(ended)
    assert not books._memory.held
    assert set(intake._admissions) <= {live.sequence for live in cut}


def tally(fields: Any) -> bytes:
    return handoff.json_frame(Kind.TALLY, fields)


def test_a_tally_is_passed_on() -> None:
    assert told(an_intake(), tally({"worker": "p-1", "counts": {"handed_off": 3}})) == [
        "tally of p-1 {'handed_off': 3}"
    ]


@pytest.mark.parametrize(
    "fields",
    [
        {},
        {"worker": "", "counts": {}},
        {"worker": "p" * 201, "counts": {}},
        {"worker": 1, "counts": {}},
        {"worker": "p", "counts": [1]},
        {"worker": "p", "counts": {"a": -1}},
        {"worker": "p", "counts": {"a": True}},
        {"worker": "p", "counts": {"a": 1.5}},
        {"worker": "p", "counts": {str(n): n for n in range(65)}},
        [],
    ],
)
def test_a_tally_that_is_none_is_refused(fields: Any) -> None:
    with pytest.raises(ProtocolError):
        told(an_intake(), tally(fields))


def test_full_memory_thins_the_next_second() -> None:
    intake = an_intake(memory_bytes=10)
    assert told(intake, opened()) == ["discard 1 ineligible memory_full tell"]
    intake._planner.thinning.advance(1.0)
    assert intake._planner.thinning.overall == 0.5
