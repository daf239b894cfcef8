"""Frames of one mirror connection → finished exchanges, in the order of CLOSE. Pure.

Frames of different exchanges, and of different sides of one, interleave freely. Within one exchange this is legal:

    OPEN first. REQUEST… then REQUEST_END on side 0, at most one. PLAN at most once, before any candidate's frame.
    Per side: REQUEST_END (t0) before or after HEAD (an endpoint may answer early), HEAD before PART, one END or ABORT, and
    nothing after it. END needs a HEAD, ABORT does not. A candidate's side may begin with ATTEMPTs, before REQUEST_END and
    HEAD. CLOSE last.

Anything else is a ProtocolError: the peer cannot be trusted to mean what it says. Two things are no errors but cost the
exchange: CLOSE before every side ended, and no room. A discarded exchange is remembered until its CLOSE, because the mirror
expects settlements in that order; what still comes for it is read and forgotten.
"""

from __future__ import annotations

import struct
from collections.abc import Callable

from shadowbench import handoff
from shadowbench.errors import ProtocolError
from shadowbench.handoff import PRODUCTION, EndPayload, Frame, HeadPayload, Kind
from shadowbench.making import maker_of
from shadowbench.recorder.attempts import read_attempt
from shadowbench.recorder.memory import Memory
from shadowbench.recorder.plan import Plan, read_plan
from shadowbench.recorder.raw import Discarded, RawAttempt, RawExchange, RawSide

# What an exchange and a kept frame cost beside their payload: Python objects and their places in containers.
_EXCHANGE_COST = 2048
_FRAME_COST = 96
_COUNT = struct.Struct("<H")
_raw_exchange, _raw_side = maker_of(RawExchange), maker_of(RawSide)
# Plain integers: comparing with a member of an enumeration takes four times as long.
_OPEN, _CLOSE, _ABORT = int(Kind.OPEN), int(Kind.CLOSE), int(Kind.ABORT)

# Production's side ended by a reason of ours, not its own: nothing can be said about its answer.
DISCARDING_REASONS = frozenset({"handoff_full", "capture_dropped", "tunnel", "shutdown"})

Closed = RawExchange | Discarded


class _Side:
    """One side while it is told."""

    __slots__ = ("attempts", "body_bytes", "end", "head", "overflow", "parts", "t0_ns")

    def __init__(self) -> None:
        self.t0_ns: int | None = None
        self.head: HeadPayload | None = None
        self.parts: list[bytes] = []
        self.body_bytes = 0
        self.overflow = False
        self.end: EndPayload | None = None
        self.attempts: tuple[RawAttempt, ...] = ()


class _Told:
    """One exchange while it is told. `discarded` turns it into a mere place in the order of CLOSE."""

    __slots__ = ("discarded", "held", "opened", "plan", "request", "request_bytes", "request_overflow", "sides")

    def __init__(self, opened: handoff.OpenPayload) -> None:
        self.opened = opened
        self.plan: Plan | None = None
        self.request: list[bytes] = []
        self.request_bytes = 0
        self.request_overflow = False
        self.sides: dict[int, _Side] = {PRODUCTION: _Side()}
        self.held = 0
        self.discarded: str | None = None


class Assembly:
    """Bytes of many exchanges in, whole exchanges out."""

    def __init__(self, memory: Memory, *, max_body_bytes: int) -> None:
        self._memory = memory
        self._max_body_bytes = max_body_bytes
        self._told: dict[int, _Told] = {}
        # Told what, by which frame: its payload and side. There are a dozen frames to an exchange, so they are passed apart.
        self._readers: dict[int, Callable[[_Told, bytes, int], None]] = {
            int(Kind.REQUEST): self._request,
            int(Kind.REQUEST_END): self._request_end,
            int(Kind.PLAN): self._plan,
            int(Kind.ATTEMPT): self._attempt,
            int(Kind.HEAD): self._head,
            int(Kind.PART): self._part,
            int(Kind.END): self._end,
            _ABORT: self._abort,
        }

    def __len__(self) -> int:
        """Exchanges opened and not closed."""
        return len(self._told)

    def take(self, frame: Frame) -> Closed | None:
        """One frame. A value when it was a CLOSE. Raises ProtocolError."""
        kind, side, sequence, payload = frame
        told = self._told.get(sequence)
        if told is None:
            if kind != _OPEN:
                raise ProtocolError(f"frame {kind} speaks of exchange {sequence}, which is not open")
            self._open(sequence, payload)
        elif (reader := self._readers.get(kind)) is not None:
            if told.discarded is None:
                reader(told, payload, side)
        elif kind == _CLOSE:
            return self._close(sequence, told)
        else:
            what = "is opened twice" if kind == _OPEN else f"is open, and frame {kind} does not belong to an exchange"
            raise ProtocolError(f"exchange {sequence} {what}")
        return None

    def give_up(self) -> int:
        """Forget everything not closed, for the connection ended; how many there were."""
        count = len(self._told)
        for told in self._told.values():
            self._memory.give_back(told.held)
        self._told.clear()
        return count

    # ── the frames ──

    def _open(self, sequence: int, payload: bytes) -> None:
        told = _Told(handoff.read_open(payload))
        self._told[sequence] = told
        self._hold(told, _EXCHANGE_COST + len(payload))

    def _request(self, told: _Told, payload: bytes, number: int) -> None:
        _only_production(Kind.REQUEST, number)
        if told.sides[PRODUCTION].t0_ns is not None:
            raise ProtocolError("a request goes on after its end")
        told.request_bytes += len(payload)
        if told.request_overflow or told.request_bytes > self._max_body_bytes:
            self._release(told, told.request)
            told.request_overflow = True
        elif self._hold(told, _FRAME_COST + len(payload)):
            told.request.append(payload)

    def _request_end(self, told: _Told, payload: bytes, number: int) -> None:
        side = told.sides.get(number)
        if side is None or side.end is not None:
            raise _misplaced(Kind.REQUEST_END, number, side)
        if side.t0_ns is not None:
            raise ProtocolError("a request ends twice")
        side.t0_ns = handoff.read_request_end(payload)

    def _plan(self, told: _Told, payload: bytes, number: int) -> None:
        _only_production(Kind.PLAN, number)
        if told.plan is not None:
            raise ProtocolError("an exchange is planned twice")
        plan = read_plan(payload)
        for candidate in plan.candidates:
            if candidate.side in told.sides:
                raise ProtocolError(f"a plan names side {candidate.side} twice")
            told.sides[candidate.side] = _Side()
        told.plan = plan
        self._hold(told, _FRAME_COST + len(payload) + _EXCHANGE_COST // 2 * len(plan.candidates))

    def _attempt(self, told: _Told, payload: bytes, number: int) -> None:
        side = told.sides.get(number)
        if side is None or side.end is not None:
            raise _misplaced(Kind.ATTEMPT, number, side)
        if number == PRODUCTION:
            raise ProtocolError("production is not asked twice")
        if side.t0_ns is not None or side.head is not None:
            raise ProtocolError(f"an attempt on side {number} comes after its last one has begun")
        if self._hold(told, _FRAME_COST + len(payload)):
            side.attempts += (read_attempt(payload),)

    def _head(self, told: _Told, payload: bytes, number: int) -> None:
        side = told.sides.get(number)
        if side is None or side.end is not None:
            raise _misplaced(Kind.HEAD, number, side)
        if side.head is not None:
            raise ProtocolError("a side has two heads")
        head = handoff.read_head(payload)
        if self._hold(told, _FRAME_COST + len(payload)):
            side.head = head

    def _part(self, told: _Told, payload: bytes, number: int) -> None:
        side = told.sides.get(number)
        if side is None or side.end is not None:
            raise _misplaced(Kind.PART, number, side)
        if side.head is None:
            raise ProtocolError("a body comes before its head")
        side.body_bytes += _body_length(payload)
        if side.overflow or side.body_bytes > self._max_body_bytes:
            # The prefix is kept: the first content and the model's name are in it.
            side.overflow = True
        elif self._hold(told, _FRAME_COST + len(payload)):
            side.parts.append(payload)

    def _end(self, told: _Told, payload: bytes, number: int) -> None:
        side = told.sides.get(number)
        if side is None or side.end is not None:
            raise _misplaced(Kind.END, number, side)
        end = handoff.read_end(payload)
        if side.head is None or end.reason is not None:
            raise ProtocolError("a side ends whole without a head, or with a reason")
        side.end = end

    def _abort(self, told: _Told, payload: bytes, number: int) -> None:
        side = told.sides.get(number)
        if side is None or side.end is not None:
            raise _misplaced(Kind.ABORT, number, side)
        side.end = end = handoff.read_end(payload)
        if end.reason is None:
            raise ProtocolError("a side is aborted without a reason")
        if number == PRODUCTION and end.reason in DISCARDING_REASONS:
            self._discard(told, end.reason)

    def _close(self, sequence: int, told: _Told) -> Closed:
        del self._told[sequence]
        closed = _finish(told)
        if isinstance(closed, Discarded):
            self._memory.give_back(told.held)
        return closed

    # ── helpers ──

    def _hold(self, told: _Told, size: int) -> bool:
        # Without room the exchange that asks is the one to go: a long one that asks often is likelier to, a short one
        # passes. Throwing out the oldest instead would end every stream that lasts longer than the congestion.
        if self._memory.take(size):
            told.held += size
            return True
        self._discard(told, self._memory.full_reason)
        return False

    def _release(self, told: _Told, kept: list[bytes]) -> None:
        size = sum(_FRAME_COST + len(payload) for payload in kept)
        kept.clear()
        self._memory.give_back(size)
        told.held -= size

    def _discard(self, told: _Told, reason: str) -> None:
        told.discarded = reason
        told.request.clear()
        told.sides.clear()
        self._memory.give_back(told.held)
        told.held = 0


def _finish(told: _Told) -> Closed:
    if told.discarded is not None:
        return Discarded(told.discarded)
    if told.plan is None:
        return Discarded("no_plan")
    unsent = {candidate.side for candidate in told.plan.candidates if candidate.not_sent is not None}
    sides = {}
    for number, side in told.sides.items():
        if side.end is not None:
            sides[number] = _finish_side(side, side.end)
        elif number not in unsent:
            # The mirror lost its proxy or gave up: how this side went is not known, and a guess would blame somebody.
            return Discarded("unfinished")
    return _raw_exchange(
        opened=told.opened,
        plan=told.plan,
        request=tuple(told.request),
        request_overflow=told.request_overflow,
        sides=sides,
        held_bytes=told.held,
    )


def _finish_side(side: _Side, end: EndPayload) -> RawSide:
    return _raw_side(
        t0_ns=side.t0_ns,
        head=side.head,
        parts=tuple(side.parts),
        body_bytes=side.body_bytes,
        overflow=side.overflow,
        end=end,
        attempts=side.attempts,
    )


def _body_length(payload: bytes) -> int:
    if len(payload) < 2:
        raise ProtocolError("a part's payload is too short")
    length = len(payload) - 2 - 12 * int(_COUNT.unpack_from(payload)[0])
    if length < 0:
        raise ProtocolError("a part's payload is too short for its stamps")
    return length


def _misplaced(kind: Kind, number: int, side: _Side | None) -> ProtocolError:
    if side is None:
        return ProtocolError(f"frame {kind} speaks of side {number}, which no plan names")
    return ProtocolError(f"frame {kind} comes after the end of side {number}")


def _only_production(kind: Kind, number: int) -> None:
    if number != PRODUCTION:
        raise ProtocolError(f"frame {kind} belongs to side 0, not {number}")
