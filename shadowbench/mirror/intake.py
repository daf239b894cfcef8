"""One proxy connection's frames in, actions out. Pure.

The story of one exchange, as a proxy may tell it:

    OPEN first; not in the order of sequence numbers, for a proxy gathers small requests before it writes. Then REQUEST… and
    REQUEST_END, and HEAD before PART…, mixed in any way, for production may answer before the request is complete. END or
    ABORT is the last word, whatever came before.

TALLY stands beside exchanges: how the proxy's worker has decided about all requests so far.

A frame for an exchange that has ended, or that was dropped, is late, not wrong: a DROP takes time to arrive. A number above
all that were opened, or a story out of order, is a ProtocolError: the peer does not mean what we read.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import NamedTuple

from shadowbench import handoff
from shadowbench.errors import ProtocolError
from shadowbench.handoff import PRODUCTION, Frame, Kind
from shadowbench.making import maker_of
from shadowbench.mirror.exchange import Books, LiveExchange
from shadowbench.mirror.head import parse_head
from shadowbench.mirror.plan import INELIGIBLE, Admission, Plan, Planner, Skip

# What a live exchange and a kept frame cost beside their bytes.
_EXCHANGE_COST = 2048
_FRAME_COST = 96
# Heads of responses, stamped parts: a proxy that answers early for megabytes is not waited for.
_MAX_EARLY_BYTES = 262_144
# A tally holds a count per decision. More is not meant.
_MAX_TALLIED = 64
_MAX_NAME = 200

# What proxies say in ABORT. Anything else is counted under one label, so that a peer cannot invent series.
ABORT_REASONS = frozenset(
    {
        "client_cancelled",
        "bad_request",
        "early_answer",
        "production_reset",
        "production_truncated",
        "timed_out_connect",
        "timed_out_first_byte",
        "timed_out_idle",
        "production_unreachable",
        "production_stale",
        "production_bad_response",
        "handoff_full",
        "capture_dropped",
        "tunnel",
        "shutdown",
    }
)

_BARE_END_BYTES = 16  # of an end's payload without a reason: nearly all of them
ANSWERS = frozenset({Kind.HEAD, Kind.PART})
_UNREACHED = frozenset({"production_unreachable", "timed_out_connect"})


class Discard(NamedTuple):
    """Settle as discarded; `tell` the proxy to stop copying."""

    live: LiveExchange
    stage: str
    reason: str
    tell: bool


class Begin(NamedTuple):
    """The request is complete and goes to candidates. `last`: production's side has already ended with this."""

    live: LiveExchange
    plan: Plan
    last: Frame | None = None


class Relay(NamedTuple):
    """Production's answer goes on; `ends` when this is its last word."""

    live: LiveExchange
    frame: Frame
    ends: bool


@dataclass(frozen=True, slots=True)
class Goodbye:
    """The proxy opens nothing more."""


@dataclass(frozen=True, slots=True)
class Tally:
    """What a proxy worker decided so far about the requests it saw, cumulative over its life: the last one counts."""

    worker: str
    counts: Mapping[str, int]


_begin, _relay = maker_of(Begin), maker_of(Relay)
Action = Discard | Begin | Relay | Goodbye | Tally


class Intake:
    """Understands one proxy connection."""

    def __init__(self, books: Books, planner: Planner) -> None:
        self.books = books
        self.late = 0
        self.leaving = False
        self._planner = planner
        self._admissions: dict[int, Admission] = {}
        self._highest = -1
        self._readers: dict[int, Callable[[LiveExchange, Frame, float], Action | None]] = {
            Kind.REQUEST: self._request,
            Kind.REQUEST_END: self._request_end,
            Kind.HEAD: self._answer,
            Kind.PART: self._answer,
            Kind.END: self._end,
            Kind.ABORT: self._end,
        }

    def answered(self, frame: Frame) -> LiveExchange | None:
        """The exchange whose answer a HEAD or PART goes on with, when nothing is left to judge. Most frames are such."""
        live = self.books.live.get(frame.sequence)
        return live if live is not None and live.sent_ns and frame.side == PRODUCTION else None

    def take(self, frame: Frame, unix_s: float) -> Action | None:
        """One frame. Raises ProtocolError."""
        reader = self._readers.get(frame.kind)
        if reader is None or frame.side != PRODUCTION:
            return self._take_other(frame, unix_s)
        live = self.books.live.get(frame.sequence)
        if live is None:
            if frame.sequence > self._highest:
                raise ProtocolError(f"frame {frame.kind} speaks of exchange {frame.sequence}, which was never opened")
            self.late += 1
            return None
        return reader(live, frame, unix_s)

    def _take_other(self, frame: Frame, unix_s: float) -> Action | None:
        """What belongs to no exchange that is open."""
        if frame.kind == Kind.OPEN:
            return self._open(frame, unix_s)
        if frame.kind == Kind.GOODBYE:
            self.leaving = True
            return Goodbye()
        if frame.kind == Kind.TALLY:
            return _read_tally(frame.payload)
        raise ProtocolError(f"a proxy does not send frame {frame.kind} for side {frame.side}")

    # ── frames ──

    def _open(self, frame: Frame, unix_s: float) -> Action | None:
        if frame.sequence in self.books.live:
            raise ProtocolError(f"exchange {frame.sequence} is opened twice")
        opened = handoff.read_open(frame.payload)
        head = parse_head(opened.head)
        live = LiveExchange(self.books, frame.sequence, frame.payload, opened, head)
        self._highest = max(self._highest, frame.sequence)
        self.books.open(live)
        admission = self._planner.admit(head, opened, self.books.epoch, frame.sequence, unix_s)
        if isinstance(admission, Skip):
            return self._discard(live, admission.stage, admission.reason)
        if not self.books.hold(live, _EXCHANGE_COST + len(frame.payload)):
            return self._no_room(live)
        self._admissions[frame.sequence] = admission
        return None

    def _request(self, live: LiveExchange, frame: Frame, unix_s: float) -> Action | None:
        if live.sent_ns:
            raise ProtocolError("a request goes on after its end")
        live.body_bytes += len(frame.payload)
        if live.body_bytes > self._planner.terms.eligibility.max_request_bytes:
            return self._discard(live, INELIGIBLE, "over_bound")
        if not self.books.hold(live, _FRAME_COST + len(frame.payload)):
            return self._no_room(live)
        live.body.append(frame.payload)
        return None

    def _request_end(self, live: LiveExchange, frame: Frame, unix_s: float) -> Action | None:
        if live.sent_ns:
            raise ProtocolError("a request ends twice")
        live.sent_ns = max(1, handoff.read_request_end(frame.payload))
        plan = self._plan(live, unix_s)
        if isinstance(plan, Skip):
            return self._discard(live, plan.stage, plan.reason)
        return _begin(live, plan)

    def _answer(self, live: LiveExchange, frame: Frame, unix_s: float) -> Action | None:
        if live.sent_ns:
            return _relay(live, frame, ends=False)
        size = _FRAME_COST + len(frame.payload)
        live.early_bytes += size
        if live.early_bytes > _MAX_EARLY_BYTES or not self.books.hold(live, size):
            return self._discard(live, INELIGIBLE, "early_answer")
        live.early.append(frame)
        return None

    def _end(self, live: LiveExchange, frame: Frame, unix_s: float) -> Action | None:
        reason = handoff.read_end(frame.payload).reason if len(frame.payload) != _BARE_END_BYTES else None
        if (frame.kind == Kind.ABORT) != (reason is not None):
            raise ProtocolError("an end has a reason, or an abort has none")
        self.books.forget(live)
        if live.sent_ns:
            return _relay(live, frame, ends=True)
        if reason in _UNREACHED and _is_whole(live):
            # Production was never reached, so nothing was ever sent in full; a candidate may do better, which is a pair.
            plan = self._plan(live, unix_s)
            return (
                Discard(live, plan.stage, plan.reason, tell=False)
                if isinstance(plan, Skip)
                else Begin(live, plan, frame)
            )
        # Without its end the request is not the one that production saw: no candidate gets it.
        del self._admissions[live.sequence]
        if reason is None:
            return Discard(live, INELIGIBLE, "request_incomplete", tell=False)
        return Discard(live, INELIGIBLE, reason if reason in ABORT_REASONS else "aborted", tell=False)

    def _plan(self, live: LiveExchange, unix_s: float) -> Plan | Skip:
        body = live.body[0] if len(live.body) == 1 else b"".join(live.body)
        return self._planner.plan(self._admissions.pop(live.sequence), live.head, body, unix_s)

    def _no_room(self, live: LiveExchange) -> Discard:
        self._planner.thinning.strain()  # the next second takes less, instead of what comes first
        return self._discard(live, INELIGIBLE, "memory_full")

    def _discard(self, live: LiveExchange, stage: str, reason: str) -> Discard:
        self.books.forget(live)
        self._admissions.pop(live.sequence, None)
        return Discard(live, stage, reason, tell=True)


def _is_whole(live: LiveExchange) -> bool:
    """Whether all that the head announced has come. Of a chunked body only its end tells."""
    return live.head.get(b"content-length") == b"%d" % live.body_bytes


def _read_tally(payload: bytes) -> Tally:
    fields = handoff.read_json(payload)
    worker, counts = fields.get("worker"), fields.get("counts")
    if not isinstance(worker, str) or not 0 < len(worker) <= _MAX_NAME or not isinstance(counts, dict):
        raise ProtocolError("a tally without a worker, or without counts")
    if len(counts) > _MAX_TALLIED or not all(type(count) is int and count >= 0 for count in counts.values()):
        raise ProtocolError("a tally's counts are not counts")
    return Tally(worker, counts)
