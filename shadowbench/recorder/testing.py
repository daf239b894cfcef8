"""Frames as a mirror writes them: for tests and benchmarks of what reads them."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from shadowbench import handoff
from shadowbench.handoff import Kind, PartWriter
from shadowbench.recorder.raw import RawAttempt

OK_HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"
STREAM_HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n"
CHAT_REQUEST_HEAD = b"POST /v1/chat/completions HTTP/1.1\r\nContent-Type: application/json\r\n"


@dataclass(frozen=True, slots=True, kw_only=True)
class ScriptedSide:
    """One endpoint's side. Times are absolute nanoseconds; `head` None and a `reason` tell of an answer that never came."""

    t0_ns: int | None = 1_000_000_000
    head: bytes | None = OK_HEAD
    head_ns: int = 1_100_000_000
    chunks: tuple[tuple[int, bytes], ...] = ()
    end_ns: int = 2_000_000_000
    reason: str | None = None
    connect_us: int = handoff.ABSENT_US
    queue_us: int = handoff.ABSENT_US
    paused_us: int = 0
    lag_us: int = 0
    attempts: tuple[RawAttempt, ...] = ()

    def frames(self, sequence: int, side: int) -> list[bytes]:
        """This side, one item per frame."""
        frames = [handoff.json_frame(Kind.ATTEMPT, each._asdict(), sequence, side) for each in self.attempts]
        if self.t0_ns is not None:
            frames.append(handoff.request_end_frame(sequence, self.t0_ns, side))
        if self.head is not None:
            timing = {"connect_us": self.connect_us, "queue_us": self.queue_us}
            frames.append(handoff.head_frame(sequence, self.head_ns, self.head, side=side, **timing))
        frames += part_frames(sequence, side, self.chunks)
        if self.reason is None:
            frames.append(handoff.end_frame(sequence, self.end_ns, self.paused_us, self.lag_us, side))
        else:
            frames.append(handoff.abort_frame(sequence, self.end_ns, self.reason, self.paused_us, self.lag_us, side))
        return frames


@dataclass(frozen=True, slots=True, kw_only=True)
class ScriptedExchange:
    """One exchange. Candidates are those of `plan` that have frames of their own, by side."""

    plan: Mapping[str, Any]
    head: bytes = CHAT_REQUEST_HEAD
    body: bytes = b"{}"
    production: ScriptedSide = field(default_factory=ScriptedSide)
    candidates: Mapping[int, ScriptedSide] = field(default_factory=dict)

    def strands(self, sequence: int) -> list[list[bytes]]:
        """The order within each strand is fixed; strands after the first interleave freely once the first is told."""
        begin = [handoff.open_frame(sequence, 900_000_000, int(self.plan["policy_version"]), self.head)]
        if self.body:
            begin += split_frames(b"".join(handoff.request_frames(sequence, self.body)))
        begin.append(handoff.pack(Kind.PLAN, sequence, json.dumps(self.plan).encode()))
        others = [side.frames(sequence, number) for number, side in self.candidates.items()]
        return [begin, self.production.frames(sequence, handoff.PRODUCTION), *others]

    def frames(self, sequence: int) -> list[bytes]:
        """The whole exchange, side after side."""
        return [frame for strand in self.strands(sequence) for frame in strand] + [close_frame(sequence)]


def plan_fields(
    candidates: tuple[Mapping[str, Any], ...] | None = None, *, dialect: str = "openai.chat", **changes: Any
) -> dict[str, Any]:
    """A plan as the mirror says it, with one candidate "small" unless told otherwise."""
    return {
        "id": "01900000-0000-7000-8000-000000000001",
        "proxy_epoch": "proxy-0-a1",
        "proxy_sequence": 7,
        "started_at": 1_700_000_000.5,
        "policy_version": 3,
        "config_hash": "mirror-config",
        "cluster_key": "cluster-1",
        "request_id_header": None,
        "dialect": dialect,
        "candidates": [dict(item) for item in (candidate_fields(),)] if candidates is None else list(candidates),
    } | changes


def candidate_fields(side: int = 1, name: str = "small", **changes: Any) -> dict[str, Any]:
    """A candidate of a plan."""
    return {
        "side": side,
        "name": name,
        "inclusion_probability": 0.25,
        "config_hash": f"{name}-config",
        "model": f"{name}-model",
        "not_sent": None,
    } | changes


def close_frame(sequence: int) -> bytes:
    """Nothing more comes of this exchange."""
    return handoff.pack(Kind.CLOSE, sequence)


def part_frames(sequence: int, side: int, chunks: tuple[tuple[int, bytes], ...]) -> list[bytes]:
    """Body chunks with their times, cut as the sender cuts them."""
    writer = PartWriter(sequence, side)
    pieces: list[bytes] = []
    for at_ns, data in chunks:
        pieces += writer.add(at_ns, data) or []
    pieces += writer.flush()
    return split_frames(b"".join(pieces))


def split_frames(data: bytes) -> list[bytes]:
    """Whole frames, one item each."""
    return [handoff.pack(f.kind, f.sequence, f.payload, f.side) for f in handoff.FrameReader().feed(data)]
