"""Bytes into the handoff's frame reader, and the payloads of what it finds into their readers: `ProtocolError` or sense."""

from __future__ import annotations

from collections.abc import Callable
from math import isnan
from typing import Any

from shadowbench import handoff
from shadowbench.errors import ProtocolError
from shadowbench.handoff import Frame, FrameReader, Kind, Policy
from tests.fuzz.script import Script

_READERS: dict[int, Callable[[bytes], Any]] = {
    Kind.OPEN: handoff.read_open,
    Kind.REQUEST_END: handoff.read_request_end,
    Kind.HEAD: handoff.read_head,
    Kind.PART: handoff.read_part,
    Kind.END: handoff.read_end,
    Kind.ABORT: handoff.read_end,
    Kind.ACK: handoff.read_ack,
    Kind.COST: handoff.read_cost,
    Kind.POLICY: Policy.from_json,
    Kind.HELLO: lambda payload: handoff.check_version(handoff.read_json(payload)),
    Kind.PLAN: handoff.read_json,
}


def one(data: bytes) -> None:
    """An input is a `Script` of piece sizes."""
    script = Script(data)
    whole, fault = _frames([script.wire])
    cut, cut_fault = _frames(list(script.pieces()))
    # A length that no writer announces ends the stream; frames of the same read are lost with it.
    assert fault == cut_fault
    assert whole == cut if not fault else whole == cut[: len(whole)]
    _check_round_trip(script.wire, cut)
    for frame in cut:
        _read(frame)


def _frames(pieces: list[bytes]) -> tuple[list[Frame], bool]:
    reader = FrameReader()
    frames: list[Frame] = []
    try:
        for piece in pieces:
            frames += reader.feed(piece)
            assert len(reader._rest) < handoff.HEADER.size + handoff.MAX_PAYLOAD
    except ProtocolError:
        return frames, True
    return frames, False


def _check_round_trip(wire: bytes, frames: list[Frame]) -> None:
    """Packed again they are the bytes they came from, but for the two that are always zero."""
    at = 0
    for frame in frames:
        packed = handoff.pack(frame.kind, frame.sequence, frame.payload, frame.side)
        came = wire[at : at + len(packed)]
        assert packed == came[:6] + b"\0\0" + came[8:]
        at += len(packed)


def _read(frame: Frame) -> None:
    read = _READERS.get(frame.kind)
    if read is None:
        return
    try:
        found = read(frame.payload)
    except ProtocolError:
        return
    _check_payload(frame, found)


def _check_payload(frame: Frame, found: Any) -> None:
    if frame.kind == Kind.OPEN and not isnan(found.admitted):
        again = handoff.open_frame(1, found.opened_ns, found.policy_version, found.head, found.admitted)
        assert again[16:] == frame.payload
    elif frame.kind == Kind.PART:
        writer = handoff.PartWriter(1)
        written = [piece for chunk in found for piece in writer.add(*chunk) or ()] + writer.flush()
        again = [chunk for part in FrameReader().feed(b"".join(written)) for chunk in handoff.read_part(part.payload)]
        assert again == found
    elif frame.kind == Kind.POLICY:
        assert Policy.from_json(found.to_json()) == found
