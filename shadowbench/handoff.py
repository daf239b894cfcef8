"""Handoff frames: how copies of exchanges travel from proxy to mirror and from mirror to recorder. Pure.

A frame is a 16-byte header and at most 64 KiB of payload. One exchange, on one side (0 is production, 1… the candidates in
the order of the mirror's hello), is told as

    OPEN, REQUEST…, REQUEST_END, HEAD, PART…, END | ABORT(reason)

The same frames serve both hops. On the second hop the mirror adds PLAN (what it decided about the exchange), ATTEMPT (a call
that was begun and is tried again; before that side's REQUEST_END) and CLOSE (no side will say more). Frames of different
exchanges interleave freely; `sequence` tells them apart within one connection, and the connection's hello names its epoch.
Beside exchanges go TALLY (proxy to mirror: how it decided about each request it saw), FUNNEL (mirror to recorder: how many
exchanges reached which stage; a frame with the sequence INTERIM stands until the next without, and a recorder may keep it in
memory until then) and MARK (something changed). Backwards go WELCOME, POLICY, DROP, ACK and, before the ACK that
settles an exchange, COST (what one side of it cost).

What happens when a peer is slow or dies is not decided here: see `links.py`.
"""

from __future__ import annotations

import json
import struct
from collections.abc import Iterator
from dataclasses import dataclass
from enum import IntEnum
from functools import partial
from math import inf, isnan, nan
from typing import Any, ClassVar, Final, NamedTuple

from shadowbench.errors import ProtocolError, VersionError
from shadowbench.making import maker_of

VERSION: Final = 2
READABLE_VERSIONS: Final = (1, 2)  # one version back
MAX_PAYLOAD: Final = 65536
PRODUCTION: Final = 0  # the side
INTERIM: Final = 1  # the sequence of a FUNNEL that another will say again

HEADER: Final = struct.Struct("<IBBHQ")  # payload length, kind, side, zero, sequence
_OPEN: Final = struct.Struct("<QId")
_TIME: Final = struct.Struct("<Q")
_HEAD: Final = struct.Struct("<QII")
_PART_COUNT: Final = struct.Struct("<H")
_STAMP: Final = struct.Struct("<QI")
_ONE_STAMP: Final = struct.Struct("<HQI")
_END: Final = struct.Struct("<QII")
_ACK: Final = struct.Struct("<QQ")
_COST: Final = struct.Struct("<dq")

# Header and fixed payload in one: each call of pack() costs as much as a header line does to parse.
OPEN_FRAME: Final = struct.Struct("<IBBHQQId")
TIME_FRAME: Final = struct.Struct("<IBBHQQ")
HEAD_FRAME: Final = struct.Struct("<IBBHQQII")
END_FRAME: Final = struct.Struct("<IBBHQQII")
ONE_PART: Final = struct.Struct("<IBBHQHQI")
COST_FRAME: Final = struct.Struct("<IBBHQdqB")

_BEYOND_COUNTS: Final = 2**63  # of COST

ABSENT_US: Final = 0xFFFFFFFF
MAX_US: Final = ABSENT_US - 1

# A part carries at most this many stamps and body bytes, so that its payload stays below MAX_PAYLOAD.
MAX_STAMPS: Final = 512
MAX_PART_BYTES: Final = MAX_PAYLOAD - _PART_COUNT.size - MAX_STAMPS * _STAMP.size
MAX_HEAD_BYTES: Final = MAX_PAYLOAD - _HEAD.size


class Kind(IntEnum):
    """What a frame says. Values are the wire's and never reused."""

    HELLO = 1
    OPEN = 2
    REQUEST = 3
    REQUEST_END = 4
    HEAD = 5
    PART = 6
    END = 7
    ABORT = 8
    GOODBYE = 9
    WELCOME = 10
    POLICY = 11
    DROP = 12
    ACK = 13
    COST = 14
    TALLY = 15
    PLAN = 20
    CLOSE = 21
    ATTEMPT = 22
    FUNNEL = 23
    MARK = 24


# Frames that version 1 does not know: not for a peer that speaks it.
SINCE_2: Final = frozenset({Kind.COST, Kind.TALLY, Kind.ATTEMPT, Kind.FUNNEL, Kind.MARK})


class Frame(NamedTuple):
    """One frame as read. A NamedTuple, not a dataclass: it is made tens of thousands of times a second."""

    kind: int
    side: int
    sequence: int
    payload: bytes


def pack(kind: int, sequence: int = 0, payload: bytes = b"", side: int = PRODUCTION) -> bytes:
    """A whole frame. Raises ValueError above 64 KiB: callers cut before they pack."""
    if len(payload) > MAX_PAYLOAD:
        raise ValueError(f"a frame carries at most {MAX_PAYLOAD} bytes, not {len(payload)}")
    return HEADER.pack(len(payload), kind, side, 0, sequence) + payload


# Past the Python function that a NamedTuple is made by: half of what a frame takes to read.
_new_frame = partial(tuple.__new__, Frame)


class FrameReader:
    """Bytes in, frames out, however they were cut. Holds at most one incomplete frame."""

    __slots__ = ("_rest",)

    def __init__(self) -> None:
        self._rest = b""

    def feed(self, data: bytes) -> Iterator[Frame]:
        """The frames completed by `data`. Raises ProtocolError on a length no writer of ours produces."""
        buffer = self._rest + data if self._rest else data
        # Kept at once, so that an exception in the caller's loop does not make us read frames twice.
        frames, consumed = self._split(buffer)
        self._rest = buffer[consumed:]
        return iter(frames)

    @staticmethod
    def _split(buffer: bytes) -> tuple[list[Frame], int]:
        frames: list[Frame] = []
        at, end = 0, len(buffer)
        unpack = HEADER.unpack_from
        while end - at >= 16:
            length, kind, side, _, sequence = unpack(buffer, at)
            if length > MAX_PAYLOAD:
                raise ProtocolError(
                    f"a frame announces {length} bytes; the peer does not speak handoff version {VERSION}"
                )
            stop = at + 16 + length
            if stop > end:
                break
            frames.append(_new_frame((kind, side, sequence, buffer[at + 16 : stop])))
            at = stop
        return frames, at


# ── writing the parts of an exchange ──


def open_frame(sequence: int, opened_ns: int, policy_version: int, head: bytes, admitted: float = 1.0) -> bytes:
    """The request's start line and header lines, credentials already replaced. `len(head)` ≤ MAX_HEAD_BYTES.

    `admitted` is the rate (0 to 1] below which the sender let sampling points pass at that moment: with the candidate's own
    rate it bounds the inclusion probability, so that thinning under load stays known.
    """
    return OPEN_FRAME.pack(20 + len(head), 2, 0, 0, sequence, opened_ns, policy_version, admitted) + head


def request_header(sequence: int, size: int) -> bytes:
    """What goes before `size` ≤ MAX_PAYLOAD bytes of request body."""
    return HEADER.pack(size, 3, 0, 0, sequence)


def request_frames(sequence: int, body: bytes) -> list[bytes]:
    """The request body, or a piece of it, cut into frames."""
    if len(body) <= MAX_PAYLOAD:
        return [request_header(sequence, len(body)), body]
    view = memoryview(body)
    cuts = range(0, len(body), MAX_PAYLOAD)
    return [pack(Kind.REQUEST, sequence, bytes(view[at : at + MAX_PAYLOAD])) for at in cuts]


def request_end_frame(sequence: int, sent_ns: int, side: int = PRODUCTION) -> bytes:
    """The request was handed to the socket in full at `sent_ns`: this side's t0."""
    return TIME_FRAME.pack(8, 4, side, 0, sequence, sent_ns)


def head_frame(
    sequence: int,
    head_ns: int,
    head: bytes,
    *,
    connect_us: int = ABSENT_US,
    queue_us: int = ABSENT_US,
    side: int = PRODUCTION,
) -> bytes:
    """The response's status line and header lines. `connect_us` is absent on a pooled connection, `queue_us` on production."""
    return HEAD_FRAME.pack(16 + len(head), 5, side, 0, sequence, head_ns, connect_us, queue_us) + head


def end_frame(sequence: int, end_ns: int, paused_us: int = 0, lag_us: int = 0, side: int = PRODUCTION) -> bytes:
    """The response ended whole at `end_ns`. `paused_us`: we stopped reading it; `lag_us`: worst loop lag meanwhile."""
    if paused_us > MAX_US or lag_us > MAX_US:
        paused_us, lag_us = min(paused_us, MAX_US), min(lag_us, MAX_US)
    return END_FRAME.pack(16, 7, side, 0, sequence, end_ns, paused_us, lag_us)


def abort_frame(
    sequence: int, end_ns: int, reason: str, paused_us: int = 0, lag_us: int = 0, side: int = PRODUCTION
) -> bytes:
    """Nothing more will come of this side, because of `reason` (a short code from a fixed set)."""
    code = reason.encode("ascii")
    paused_us, lag_us = min(paused_us, MAX_US), min(lag_us, MAX_US)
    return END_FRAME.pack(16 + len(code), 8, side, 0, sequence, end_ns, paused_us, lag_us) + code


def part_header(sequence: int, now_ns: int, size: int, side: int = PRODUCTION) -> bytes:
    """What goes before a single chunk of `size` ≤ MAX_PART_BYTES bytes."""
    return ONE_PART.pack(14 + size, 6, side, 0, sequence, 1, now_ns, size)


def part_frames(
    sequence: int, times_ns: list[int], chunks: list[bytes], size: int, side: int = PRODUCTION
) -> list[bytes]:
    """Chunks of a response body, each with the time at which it arrived; `size`: their bytes in all."""
    count = len(chunks)
    if count == 1 and size <= MAX_PART_BYTES:
        return [ONE_PART.pack(14 + size, 6, side, 0, sequence, 1, times_ns[0], size), chunks[0]]
    if count <= MAX_STAMPS and size <= MAX_PART_BYTES:
        stamps = [0] * (2 * count)
        stamps[::2] = times_ns
        stamps[1::2] = map(len, chunks)
        head = HEADER.pack(2 + 12 * count + size, 6, side, 0, sequence)
        return [head + struct.pack("<H" + "QI" * count, count, *stamps), *chunks]
    writer = PartWriter(sequence, side)
    frames: list[bytes] = []
    for now_ns, chunk in zip(times_ns, chunks, strict=True):
        frames += writer.add(now_ns, chunk) or ()
    return frames + writer.flush()


class PartWriter:
    """Collects a response body with the time and length of each chunk, and cuts it into PART frames.

    `add` returns frames when enough has gathered, `flush` what is left. Holds less than 64 KiB.
    """

    __slots__ = ("_chunks", "_sequence", "_side", "_size", "_stamps")

    FLUSH_BYTES: ClassVar[int] = 32768
    FLUSH_STAMPS: ClassVar[int] = 256

    def __init__(self, sequence: int, side: int = PRODUCTION) -> None:
        self._sequence = sequence
        self._side = side
        self._size = 0
        self._stamps: list[int] = []  # time, length, time, length, …
        self._chunks: list[bytes] = []

    def add(self, now_ns: int, data: bytes) -> list[bytes] | None:
        """Take one chunk that arrived at `now_ns`."""
        size = self._size + len(data)
        stamps = self._stamps
        stamps.append(now_ns)
        stamps.append(len(data))
        self._chunks.append(data)
        self._size = size
        if size < self.FLUSH_BYTES and len(stamps) < 2 * self.FLUSH_STAMPS:
            return None
        return self.flush()

    def flush(self) -> list[bytes]:
        """All that has gathered, as frames; empty when nothing has."""
        stamps, size = self._stamps, self._size
        if not stamps:
            return []
        if len(stamps) == 2 and size <= MAX_PART_BYTES:
            frames = [part_header(self._sequence, stamps[0], size, self._side), self._chunks[0]]
        elif size > MAX_PART_BYTES:
            frames = self._cut()
        else:
            count = len(stamps) // 2
            frames = [
                HEADER.pack(2 + 12 * count + size, 6, self._side, 0, self._sequence)
                + struct.pack("<H" + "QI" * count, count, *stamps),
                *self._chunks,
            ]
        self._stamps, self._chunks, self._size = [], [], 0
        return frames

    def _cut(self) -> list[bytes]:
        # A chunk above one frame becomes several stamps of the same time; readers join equal times.
        frames = []
        for index, chunk in enumerate(self._chunks):
            now_ns = self._stamps[2 * index]
            for at in range(0, len(chunk), MAX_PART_BYTES):
                piece = chunk[at : at + MAX_PART_BYTES]
                payload = _PART_COUNT.pack(1) + _STAMP.pack(now_ns, len(piece)) + piece
                frames.append(pack(Kind.PART, self._sequence, payload, self._side))
        return frames


def ack_frame(recorded: int, discarded: int) -> bytes:
    """How many exchanges of this connection have been settled so far: in the log, and dropped with a counted reason."""
    return pack(Kind.ACK, 0, _ACK.pack(recorded, discarded))


def cost_frame(sequence: int, side: int, usd: float | None, tokens: int | None, why: int = 0) -> bytes:
    """What one side of an exchange cost, in USD and in tokens in and out; None where that is not known.

    A number that no call costs (infinite, negative, beyond 63 bits) is not known either: this never raises. `why` (a
    `limits.budget.Why`) is the reason for what is not known; readers that do not know of its byte pass over it.
    """
    is_usd = usd is not None and 0 <= usd < inf
    is_count = tokens is not None and 0 <= tokens < _BEYOND_COUNTS
    return COST_FRAME.pack(17, 14, side, 0, sequence, usd if is_usd else nan, tokens if is_count else -1, why)


def json_frame(kind: int, fields: Any, sequence: int = 0, side: int = PRODUCTION) -> bytes:
    """TALLY, ATTEMPT, FUNNEL or MARK."""
    return pack(kind, sequence, json.dumps(fields, separators=(",", ":")).encode(), side)


# ── reading payloads ──


class OpenPayload(NamedTuple):
    opened_ns: int
    policy_version: int
    head: bytes
    admitted: float  # the candidate's inclusion probability is min(its rate, admitted)


class HeadPayload(NamedTuple):
    head_ns: int
    connect_s: float | None
    queue_s: float | None
    head: bytes


class EndPayload(NamedTuple):
    end_ns: int
    paused_s: float
    lag_s: float
    reason: str | None  # None for END


class Chunk(NamedTuple):
    at_ns: int
    data: bytes


_opened, _head, _chunk, _end = maker_of(OpenPayload), maker_of(HeadPayload), maker_of(Chunk), maker_of(EndPayload)


def read_open(payload: bytes) -> OpenPayload:
    """Payload of OPEN."""
    opened_ns, policy_version, admitted = _unpack(_OPEN, payload)
    return _opened(opened_ns, policy_version, payload[20:], admitted)


def read_request_end(payload: bytes) -> int:
    """Payload of REQUEST_END: t0 in nanoseconds."""
    return int(_unpack(_TIME, payload)[0])


def read_head(payload: bytes) -> HeadPayload:
    """Payload of HEAD."""
    head_ns, connect_us, queue_us = _unpack(_HEAD, payload)
    return _head(
        head_ns,
        None if connect_us == ABSENT_US else connect_us / 1e6,
        None if queue_us == ABSENT_US else queue_us / 1e6,
        payload[16:],
    )


def read_part(payload: bytes) -> list[Chunk]:
    """Payload of PART: the chunks in order."""
    if payload.startswith(b"\x01\x00") and len(payload) >= 14:  # a single chunk, as whole answers are
        _, at_ns, length = _ONE_STAMP.unpack_from(payload)
        if length == len(payload) - 14:
            return [_chunk(at_ns, payload[14:])]
    (count,) = _unpack(_PART_COUNT, payload)
    body_at = 2 + 12 * count
    if body_at > len(payload):
        raise ProtocolError("a part's payload is too short for its stamps")
    chunks = []
    for at_ns, length in _STAMP.iter_unpack(payload[2:body_at]):
        chunks.append(_chunk(at_ns, payload[body_at : body_at + length]))
        body_at += length
    if body_at != len(payload):
        raise ProtocolError("a part's chunk lengths do not add up to its body")
    return chunks


def read_end(payload: bytes) -> EndPayload:
    """Payload of END or ABORT."""
    end_ns, paused_us, lag_us = _unpack(_END, payload)
    code = payload[16:].decode("ascii", "replace") if len(payload) > 16 else None
    return _end(end_ns, paused_us / 1e6, lag_us / 1e6, code)


class CostPayload(NamedTuple):
    usd: float | None
    tokens: int | None
    why: int | None = None  # None: the writer does not say


def read_cost(payload: bytes) -> CostPayload:
    """Payload of COST."""
    usd, tokens = _unpack(_COST, payload)
    why = payload[_COST.size] if len(payload) > _COST.size else None
    return CostPayload(None if isnan(usd) else usd, None if tokens < 0 else tokens, why)


class AckPayload(NamedTuple):
    recorded: int
    discarded: int


def read_ack(payload: bytes) -> AckPayload:
    """Payload of ACK: cumulative counts of this connection."""
    return AckPayload(*_unpack(_ACK, payload))


def _unpack(layout: struct.Struct, payload: bytes, at: int = 0) -> tuple[Any, ...]:
    try:
        return layout.unpack_from(payload, at)
    except struct.error as error:
        raise ProtocolError(f"a frame's payload is too short: {error}") from None


# ── what the mirror tells its proxies ──


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """What the proxy may hand off: an upper bound over all candidates, decided from the request head alone.

    `salt` keys every hash (sampling, credentials, loop marker) and comes from the mirror's secret file, so all processes that
    share a mirror agree. `key` is "request" (every request draws for itself) or "header:<name>".
    """

    version: int
    salt: bytes
    rate: float
    key: str = "request"
    endpoints: tuple[tuple[str, str], ...] = ()  # (method, path suffix)
    max_request_bytes: int | None = None  # of larger ones no more is wanted than shows that

    def to_json(self) -> bytes:
        """As the payload of POLICY."""
        return json.dumps(
            {
                "version": self.version,
                "salt": self.salt.hex(),
                "rate": self.rate,
                "key": self.key,
                "endpoints": self.endpoints,
                "max_request_bytes": self.max_request_bytes,
            }
        ).encode()

    @staticmethod
    def from_json(payload: bytes) -> Policy:
        """From the payload of POLICY. Raises ProtocolError."""
        fields = read_json(payload)
        try:
            bound = fields.get("max_request_bytes")
            policy = Policy(
                version=int(fields["version"]),
                salt=bytes.fromhex(fields["salt"]),
                rate=float(fields["rate"]),
                key=str(fields["key"]),
                endpoints=tuple((str(m), str(p)) for m, p in fields["endpoints"]),
                max_request_bytes=None if bound is None else int(bound),
            )
        except (KeyError, TypeError, ValueError, OverflowError) as error:
            raise ProtocolError(f"a policy frame cannot be read: {error!r}") from None
        # Bounds of BLAKE2b's key and of OPEN's fields: a request must not find out that they are passed.
        if not (0 < len(policy.salt) <= 64 and 0 <= policy.version < 2**32 and 0.0 <= policy.rate <= 1.0):
            raise ProtocolError(f"a policy frame is out of bounds: version {policy.version}, rate {policy.rate}")
        return policy


def read_json(payload: bytes) -> dict[str, Any]:
    """Payload of HELLO, WELCOME, POLICY, PLAN, TALLY, ATTEMPT, FUNNEL or MARK. Raises ProtocolError."""
    try:
        fields = json.loads(payload)
    except (ValueError, RecursionError):
        raise ProtocolError("a control frame is not JSON") from None
    if not isinstance(fields, dict):
        raise ProtocolError("a control frame is not a JSON object")
    return fields


def hello_frame(*, role: str, epoch: str, extra: dict[str, Any] | None = None) -> bytes:
    """First frame of a connection: who speaks, in which version and epoch."""
    fields = {"version": VERSION, "role": role, "epoch": epoch, **(extra or {})}
    return pack(Kind.HELLO, 0, json.dumps(fields).encode())


def check_version(fields: dict[str, Any]) -> int:
    """The version that a HELLO or WELCOME names. Raises VersionError when we cannot read it, ProtocolError without one."""
    version = fields.get("version")
    if not isinstance(version, int):
        raise ProtocolError(
            "the peer names no handoff version: run proxy, mirror and recorder of neighbouring releases"
        )
    if version not in READABLE_VERSIONS:
        known = " and ".join(map(str, READABLE_VERSIONS))
        raise VersionError(
            f"the peer speaks handoff version {version}, this side reads {known}: "
            "run proxy, mirror and recorder of neighbouring releases, and upgrade the recorder and the mirror first"
        )
    return version
