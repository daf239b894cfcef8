"""The tap: decides which exchanges are handed off, and writes their copies to the mirror. Synchronous, bounded, last.

The proxy decides only an upper bound, from the request head: endpoint, loop marker, sampling point. When the link is full the
admitted rate is lowered rather than copies dropped as they come: a thinning that is known to the mirror and unbiased.
"""

from __future__ import annotations

import asyncio
import math
import random
import re
from collections.abc import Callable
from pathlib import Path
from typing import Final

from shadowbench import handoff, keyed
from shadowbench.errors import ProtocolError
from shadowbench.handoff import Frame, Kind, Policy
from shadowbench.http1 import heads
from shadowbench.http1.requests import RequestHead
from shadowbench.links import Sender
from shadowbench.proxy.afterwards import Afterwards
from shadowbench.proxy.copying import MAX_LINES_BYTES, Copy
from shadowbench.signals import Counters

_CACHE: Final = 1024
_LOWEST_ADMITTED: Final = 1 / 1024
_CREDENTIAL_PARAMETER: Final = re.compile(
    rb"(?i)([?&](?:[a-z0-9_-]*key|[a-z0-9_-]*token|sig|signature|secret)=)([^& ]+)"
)
_THINNING_PERIOD_S: Final = 1.0
_DIGITS: Final = 20  # of a length that can be
_TALLIES_SINCE: Final = 2  # version of the handoff
_LABELS: Final = {"handed_off": "sampled"}  # what the signal has always called it


class Tap:
    """One per worker."""

    def __init__(self, path: Path, *, name: str, counters: Counters, chance: random.Random, wall: Callable[[], float]):
        self.policy: Policy | None = None
        self.link = Sender(
            path, role="proxy", name=name, listener=self, counters=counters, chance=chance, gather_s=None
        )
        self.afterwards = Afterwards(self.link.flush)
        self.copies: dict[int, Copy] = {}
        self.seen = 0
        self.paused = 0
        self.not_sampled = 0
        self.foreign_path = 0
        self.own_marker = 0
        self.dropped_away = 0
        self.dropped_full = 0
        self.cut_short = 0  # of those, how many had been handed off in part
        self.head_too_large = 0
        self.failed = 0  # by a fault of ours
        self.handed_off = 0
        self.lost = 0  # of those, how many went down with a mirror
        self.unwanted = 0
        self.admitted = 1.0  # thinning under load
        self._wall = wall
        self._worker = f"{name}-{chance.getrandbits(48):012x}"  # this life of the process
        self._told: dict[str, int] = {}
        self.enabled = True
        self._counters = counters
        self._sequence = 0
        self._threshold = 0
        self.request_bound = math.inf  # bytes of a request's body that the mirror wants at most
        self.rate = 0.0  # in force: the policy's, thinned
        self._keys_by_request = True
        self._key_header = b""
        self._paths: dict[bytes, bool] = {}
        self._placeholders: dict[bytes, bytes] = {}
        self._full_before = 0
        self._timer: asyncio.TimerHandle | None = None

    def start(self) -> None:
        """Begin to connect to the mirror."""
        self.link.start()
        self._timer = asyncio.get_running_loop().call_later(_THINNING_PERIOD_S, self._adapt)

    async def leave(self, deadline_s: float) -> bool:
        """All exchanges are over: say goodbye to the mirror and wait until it settled them."""
        if self._timer is not None:
            self._timer.cancel()
        self.afterwards.now()
        self._tell()
        return await self.link.leave(deadline_s)

    def set_enabled(self, enabled: bool) -> None:
        """The kill switch of this process, whatever the mirror says: requests that come from now on are (not) handed off."""
        self.afterwards.now()  # those before are decided by what held then
        self.enabled = enabled

    # ── deciding ──

    def offer(self, head: RequestHead, start: bytes, now_ns: int) -> Copy | None:
        """A copy to write to, when this request is handed off. `start`: the request line that production gets; `now_ns`: when
        the head arrived.

        Each request is counted under one decision: here, or when its copy first leaves (`handed_off`) or cannot.
        """
        self.seen += 1
        try:
            return self._offer(head, start, now_ns)
        except Exception:
            self.failed += 1
            raise

    def _offer(self, head: RequestHead, start: bytes, now_ns: int) -> Copy | None:
        if not self.enabled:
            self.paused += 1
            return None
        policy = self.policy
        if policy is None:
            # No mirror has said yet what it wants: it might have wanted this.
            self.dropped_away += 1
            return None
        if self.rate <= 0.0:
            self.not_sampled += 1
            return None
        path = head.path
        allowed = self._paths.get(path)
        if allowed is None:
            allowed = self._learn_path(path)
        if not allowed or head.method != b"POST" or head.upgrade is not None:
            self.foreign_path += 1
            return None
        if head.marker is not None and keyed.is_own_marker(policy.salt, head.marker, self._wall()):
            self.own_marker += 1
            return None
        self._sequence = sequence = self._sequence + 1
        if self._threshold < keyed.POINTS and self._point(policy, head, sequence) >= self._threshold:
            self.not_sampled += 1
            return None
        if not self.link.ready:
            if self.link.full:
                self.dropped_full += 1
            else:
                self.dropped_away += 1
            return None
        lines = self._without_credentials(head, start)
        if len(lines) > MAX_LINES_BYTES:
            self.head_too_large += 1
            return None
        copy = self.copies[sequence] = Copy(self, self.link, sequence, policy.version, lines, now_ns)
        length = head.length
        if length is not None and len(length) < _DIGITS and int(length) > self.request_bound:
            copy.abort("capture_dropped", now_ns)  # announced in the head: nothing of its body is wanted
        return copy

    def _without_credentials(self, head: RequestHead, start: bytes) -> bytes:
        """The head as production gets it, with placeholders for credentials."""
        if b"?" in start:
            start = _CREDENTIAL_PARAMETER.sub(self.parameter_placeholder, start)
        if head.credentials_at is None:
            return start + b"".join(head.fields)
        fields = [start, *head.fields]
        for at in head.credentials_at:
            # What is blank hides nothing, and must stay so: it is nobody's credential, and no key of sampling.
            value = fields[at + 1]
            known = self._placeholders.get(value)
            if known is not None:
                fields[at + 1] = known
            elif not keyed.is_blank(value):
                fields[at + 1] = self.placeholder(value)
        return b"".join(fields)

    def _point(self, policy: Policy, head: RequestHead, sequence: int) -> int:
        if self._keys_by_request:
            return keyed.sample_point(policy.salt, keyed.request_key(self.link.epoch, sequence))
        value = heads.find_field(head.fields, self._key_header)
        if value is None or keyed.is_blank(value):
            # Without the header, or with nothing in it, a request draws for itself: constant keys would make it all or nothing.
            return keyed.sample_point(policy.salt, keyed.request_key(self.link.epoch, sequence))
        if keyed.is_credential(self._key_header):
            value = self.placeholder(value)
        return keyed.sample_point(policy.salt, value)

    def _learn_path(self, target: bytes) -> bool:
        path = target.partition(b"?")[0].decode("latin-1")
        assert self.policy is not None
        allowed = any(method == "POST" and path.endswith(suffix) for method, suffix in self.policy.endpoints)
        if len(self._paths) < _CACHE:
            self._paths[target] = allowed
        return allowed

    def placeholder(self, value: bytes) -> bytes:
        """The keyed hash that stands for a credential."""
        known = self._placeholders.get(value)
        if known is None:
            assert self.policy is not None
            if len(self._placeholders) >= _CACHE:
                self._placeholders.clear()
            known = self._placeholders[value] = keyed.placeholder(self.policy.salt, value)
        return known

    def parameter_placeholder(self, match: re.Match[bytes]) -> bytes:
        """The same for a credential in the query, as Gemini and Azure clients may send it."""
        return match[1] + self.placeholder(match[2])

    # ── the link ──

    def on_ready(self, epoch: str) -> None:
        """A new epoch: sequence numbers start anew."""
        self._sequence = 0
        self._told = {}  # this mirror may be another

    def on_frame(self, frame: Frame) -> None:
        """POLICY: rates in force from now on. DROP: the mirror does not want this exchange."""
        if frame.kind == Kind.POLICY:
            self.afterwards.now()  # who came before is decided by what held then
            self._obey(Policy.from_json(frame.payload))
        elif frame.kind == Kind.DROP:
            copy = self.copies.pop(frame.sequence, None)
            if copy is not None:
                self.unwanted += 1
                copy.dropped()
        else:
            raise ProtocolError(f"a mirror does not send frames of kind {frame.kind}")

    def on_lost(self, epoch: str, count: int) -> None:
        """What was opened in this epoch and not settled died with the mirror."""
        for copy in self.copies.values():
            copy.live = False
            if not copy.is_open_sent:
                self.dropped_away += 1
        self.copies.clear()
        self.lost += count
        if count:
            self._counters.add("handoff_lost_total", (("reason", "lost_with_mirror"),), count)

    def _obey(self, policy: Policy) -> None:
        if self.policy is None or policy.salt != self.policy.salt:
            self._placeholders.clear()
        self.policy = policy
        self._paths.clear()
        self.request_bound = math.inf if policy.max_request_bytes is None else policy.max_request_bytes
        self._keys_by_request = not policy.key.startswith("header:")
        self._key_header = policy.key.partition(":")[2].strip().lower().encode()
        self._set_rate()

    def _set_rate(self) -> None:
        assert self.policy is not None
        self.rate = min(self.policy.rate, self.admitted)
        self._threshold = keyed.threshold(self.rate)

    def _adapt(self) -> None:
        """Once a second: halve the admitted rate after drops, give back a tenth after a second without. And tell the mirror."""
        self._timer = asyncio.get_running_loop().call_later(_THINNING_PERIOD_S, self._adapt)
        self.afterwards.now()
        self._tell()
        dropped, self._full_before = self.dropped_full - self._full_before, self.dropped_full
        if self.policy is None or (not dropped and self.admitted == 1.0):
            return
        if dropped:
            self.admitted = max(_LOWEST_ADMITTED, self.rate / 2)
        else:
            self.admitted = min(1.0, self.admitted * 1.1)
            if self.admitted >= self.policy.rate:
                self.admitted = 1.0
        self._set_rate()

    # ── counting ──

    @property
    def decisions(self) -> dict[str, int]:
        """What was decided about each request seen. Together with those under way of which nothing was said yet they add up."""
        return {
            "handed_off": self.handed_off,
            "not_sampled": self.not_sampled,
            "endpoint": self.foreign_path,
            "own_marker": self.own_marker,
            "paused": self.paused,
            "mirror_away": self.dropped_away,
            "handoff_full": self.dropped_full - self.cut_short,
            "head_too_large": self.head_too_large,
            "fault": self.failed,
        }

    def tally(self) -> dict[str, int]:
        """All decisions of this worker's life, and how many of those handed off were lost."""
        return {**self.decisions, "lost_with_mirror": self.lost}

    def _tell(self) -> None:
        """Give the mirror the tally, when it has changed and somebody reads it."""
        link = self.link
        if not link.ready or link.peer_version < _TALLIES_SINCE:
            return
        counts = self.tally()
        if counts != self._told:
            self._told = counts
            link.write([handoff.json_frame(Kind.TALLY, {"worker": self._worker, "counts": counts})])
            link.flush()

    def report(self, counters: Counters) -> None:
        """Plain integers of the hot path, as gauges and counters of a snapshot."""
        self.afterwards.now()
        link = self.link
        for decision, count in self.decisions.items():
            counters.set_total("handoff_exchanges_total", count, (("decision", _LABELS.get(decision, decision)),))
        counters.set_total("handoff_cut_short_total", self.cut_short)
        counters.set_total("handoff_unwanted_total", self.unwanted)
        counters.gauge("handoff_connected", 1.0 if link.ready or link.full else 0.0)
        counters.gauge("handoff_admitted_ratio", self.admitted)
        counters.gauge("handoff_unsettled", float(link.opened - link.settled))
