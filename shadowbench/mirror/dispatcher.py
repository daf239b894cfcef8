"""Does what was decided: opens exchanges at the recorder, offers copies to lanes, passes answers on, settles.

An exchange that began ends in one of two ways. Either every side has ended: CLOSE, and the recorder settles it. Or it is
spoilt (the recorder is full, the proxy is gone): its calls are withdrawn and it is closed early, which the recorder discards.
"""

from __future__ import annotations

import asyncio
import random
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import orjson

from shadowbench import handoff
from shadowbench.handoff import PRODUCTION, Frame, Kind
from shadowbench.mirror import names
from shadowbench.mirror.clock import Clock, time_ordered_id
from shadowbench.mirror.copies import Copy
from shadowbench.mirror.duplicates import is_retried
from shadowbench.mirror.exchange import LiveExchange
from shadowbench.mirror.intake import Action, Begin, Discard, Relay, Tally
from shadowbench.mirror.lane import Lane
from shadowbench.mirror.plan import Plan
from shadowbench.mirror.recorder_link import FULL, RecorderLink, renumbered
from shadowbench.records import FunnelCount
from shadowbench.signals import Cell, Counters, Labels

_COUNTS_PER_FRAME = 200  # of at most 300 bytes each: a frame carries 64 KiB
OPENED = "opened"
ELIGIBLE = "eligible"
SAMPLED = "sampled"
RECORDED = "recorded"
DISCARDED = "discarded"

# Production's side ended by a reason of the proxy's own: nothing can be said about its answer, so no candidate is needed.
_SPOILING = frozenset({"handoff_full", "capture_dropped", "tunnel", "shutdown"})
# What a lane drops because it cannot keep up: the next second takes less, instead of what comes first.
_OVERLOADED = frozenset({"queue_full", "stale"})

_Key = tuple[str, str, str, str]  # of a count: epoch, candidate, stage, reason


class Dispatcher:
    """The one that touches lanes and the recorder. `on_unsettled` hears of each settlement; `drop` asks a proxy to stop."""

    def __init__(
        self,
        *,
        recorder_socket: Path,
        name: str,
        config_hash: str,
        loop: asyncio.AbstractEventLoop,
        clock: Clock,
        counters: Counters,
        chance: random.Random,
        settled: Callable[[LiveExchange], None],
        drop: Callable[[LiveExchange], None],
    ) -> None:
        self.lanes: Sequence[Lane] = ()  # in the order of the candidates
        self.tallies: dict[str, Mapping[str, int]] = {}  # what each proxy worker decided so far, by its life
        self.recorder = RecorderLink(recorder_socket, name=name, listener=self, counters=counters, chance=chance)
        self.unanswered: Callable[[bytes], None] = lambda fingerprint: None  # hears of requests without a good answer
        self.strained: Callable[[int | None], None] = lambda index: (
            None
        )  # hears what overload dropped, of which candidate
        self.config_hash = config_hash
        self._clock = clock
        self._counters = counters
        self._chance = chance
        self._settled = settled
        self._drop = drop
        self._cells: dict[tuple[str, str], Cell] = {}
        self._epoch = f"mirror-{chance.getrandbits(48):012x}"
        self._told_counts: dict[_Key, int] = {}
        self._told_ends: dict[_Key, int] = {}  # since the connection began, between two tellings of all

    def count(self, stage: str, reason: str = "") -> None:
        """Count an exchange at a stage of the funnel."""
        cell = self._cells.get((stage, reason))
        if cell is None:
            labels = (("stage", stage), ("reason", reason))
            cell = self._cells[stage, reason] = self._counters.cell(names.EXCHANGES, labels)
        cell.value += 1

    # ── what the intake decided ──

    def do(self, action: Action) -> None:
        """One action of an intake."""
        if isinstance(action, Relay):
            if action.ends:
                self._end_production(action.live, action.frame)
            else:
                self.relay(action.live, action.frame)
        elif isinstance(action, Begin):
            self._begin(action.live, action.plan)
            if action.last is not None and action.live.number:
                self._end_production(action.live, action.last)
        elif isinstance(action, Discard):
            if action.stage != "ineligible":
                self.count(ELIGIBLE)
            self.count(action.stage, action.reason)
            if action.tell:
                self._drop(action.live)
            self._settle(action.live, recorded=False)
        elif isinstance(action, Tally):
            self.tallies[action.worker] = action.counts

    def abandon(self, live: LiveExchange, reason: str) -> None:
        """Production's side will not be told to its end."""
        if live.settled or live.spoiled:
            return
        if live.number:
            self._spoil(live, reason)
        else:
            self.count("ineligible", reason)
            self._settle(live, recorded=False)

    def _begin(self, live: LiveExchange, plan: Plan) -> None:
        self.count(ELIGIBLE)
        self.count(SAMPLED)
        refusal = self.recorder.refusal()
        if refusal is not None:
            if live.books.forget(live):
                self._drop(live)
            self.count(DISCARDED, refusal)
            if refusal == FULL:
                self.strained(None)
            self._settle(live, recorded=False)
            return
        self.recorder.open(live)
        live.fingerprint = plan.fingerprint
        now_ns = self._clock.now_ns()
        offers = [
            (self.lanes[index], plan.withheld.get(index) or self.lanes[index].refusal(now_ns))
            for index in plan.probabilities
        ]
        self.recorder.write(self._opening(live, plan, offers))
        live.waiting = {PRODUCTION, *(lane.side for lane, refusal in offers if refusal is None)}
        copies: list[Copy] = []
        for lane, refusal in offers:
            lane.count(SAMPLED)
            if refusal is not None:
                lane.count("not_sent", refusal)
                self._note_strain(lane.side, refusal)
            else:
                copies.append(Copy(live, lane.side, lane, plan.request, self._clock.now_ns()))
        live.copies.extend(copies)
        for copy in copies:
            copy.lane.offer(copy)
        if not copies:
            live.books.release(live)

    def _opening(self, live: LiveExchange, plan: Plan, offers: Sequence[tuple[Lane, str | None]]) -> list[bytes]:
        number = live.number
        frames = renumbered(Kind.OPEN, live.payload, number)
        for piece in live.body:
            frames += renumbered(Kind.REQUEST, piece, number)
        if live.sent_ns:
            frames.append(handoff.request_end_frame(number, live.sent_ns))
        frames.append(handoff.pack(Kind.PLAN, number, orjson.dumps(self._told_plan(live, plan, offers))))
        for early in live.early:
            frames += renumbered(early.kind, early.payload, number)
        return frames

    def _told_plan(
        self, live: LiveExchange, plan: Plan, offers: Sequence[tuple[Lane, str | None]]
    ) -> dict[str, object]:
        admission = plan.admission
        started_at = self._clock.unix_at(live.opened.opened_ns)
        return {
            "id": time_ordered_id(started_at, self._chance),
            "proxy_epoch": live.books.epoch,
            "proxy_sequence": live.sequence,
            "started_at": started_at,
            "policy_version": live.opened.policy_version,
            "config_hash": self.config_hash,
            "cluster_key": plan.cluster_key,
            "tenant_key": plan.tenant_key,
            "user_key": plan.user_key,
            "stratum": plan.stratum,
            "request_id_header": admission.request_id,
            "dialect": admission.dialect.value,
            "candidates": [
                {
                    "side": lane.side,
                    "name": lane.options.name,
                    "inclusion_probability": plan.probabilities[lane.side - 1],
                    "config_hash": lane.config_hash,
                    "model": lane.options.model or plan.request.facts.model,
                    "dialect": lane.options.dialect,
                    "not_sent": refusal,
                }
                for lane, refusal in offers
            ],
        }

    def relay(self, live: LiveExchange, frame: Frame) -> None:
        """A piece of production's answer."""
        if live.spoiled:
            return
        if live.fingerprint and frame.kind == Kind.HEAD and _is_retried(frame.payload):
            self._note_unanswered(live)
        if self.recorder.is_full:
            self._leave_out(live)
        else:
            self.recorder.relay(frame, live.number)

    def _end_production(self, live: LiveExchange, frame: Frame) -> None:
        """The last word of production's side."""
        if live.spoiled:
            return
        self.recorder.relay(frame, live.number)
        reason = handoff.read_end(frame.payload).reason if frame.kind == Kind.ABORT else None
        if reason is not None and live.fingerprint:
            self._note_unanswered(live)
        if reason in _SPOILING:
            self._spoil(live, reason)
        else:
            self._production_ended(live, reason)

    def _note_unanswered(self, live: LiveExchange) -> None:
        self.unanswered(live.fingerprint)
        live.fingerprint = b""

    def _production_ended(self, live: LiveExchange, reason: str | None) -> None:
        for copy in tuple(live.copies):
            copy.production_ended(reason)
        if not live.spoiled:
            self._side_ended(live, PRODUCTION)

    # ── what lanes tell ──

    def tell(self, copy: Copy, frames: Sequence[bytes]) -> None:
        """A piece of a candidate's answer."""
        if self.recorder.is_full:
            self._leave_out(copy.live)
        else:
            self.recorder.write(frames)

    def retried(self, copy: Copy, frame: bytes) -> None:
        """An attempt that is followed by another; recorders of the release before do not know the frame."""
        if self.recorder.reads(Kind.ATTEMPT):
            self.tell(copy, [frame])

    def end(self, copy: Copy, frames: Sequence[bytes]) -> None:
        """The last piece."""
        live = copy.live
        live.copies.remove(copy)
        if self.recorder.is_full:
            self._leave_out(live)
        else:
            self._side_ended(live, copy.side, frames)

    def not_sent(self, copy: Copy, reason: str) -> None:
        """Decided after the plan was told."""
        live = copy.live
        live.copies.remove(copy)
        self._note_strain(copy.side, reason)
        abort = handoff.abort_frame(live.number, self._clock.now_ns(), f"not_sent:{reason}", side=copy.side)
        self._side_ended(live, copy.side, [abort])
        self._release_if_dispatched(live)

    def dispatched(self, copy: Copy) -> None:
        """The lane has made its own request of it."""
        copy.live.called.append(copy.lane)
        self._release_if_dispatched(copy.live)

    # ── ends ──

    def _side_ended(self, live: LiveExchange, side: int, last: Sequence[bytes] = ()) -> None:
        """`last`: frames that are still to be told of it."""
        live.waiting.discard(side)
        if not live.waiting:
            self.recorder.close(live, last)
        elif last:
            self.recorder.write(last)

    def _leave_out(self, live: LiveExchange) -> None:
        """The recorder has no room for the rest of it."""
        if live.books.forget(live):
            self._drop(live)
        self._spoil(live, FULL)

    def _spoil(self, live: LiveExchange, reason: str) -> None:
        live.spoiled = reason
        if reason == FULL:
            self.strained(None)
        self._withdraw(live, reason)
        live.books.release(live)
        self.recorder.close(live)

    def _note_strain(self, side: int, reason: str) -> None:
        if reason in _OVERLOADED:
            self.strained(side - 1)

    def _withdraw(self, live: LiveExchange, reason: str) -> None:
        copies, live.copies = live.copies, []
        for copy in copies:
            copy.withdraw(reason)

    def _release_if_dispatched(self, live: LiveExchange) -> None:
        for copy in live.copies:
            if copy.needs_request:
                return
        live.books.release(live)

    def _settle(self, live: LiveExchange, *, recorded: bool, reason: str = "") -> None:
        for lane in live.called:
            lane.count("paired") if recorded else lane.count("unpaired", reason)
        live.books.settle(live, recorded=recorded)
        if live.number:
            for lane in self.lanes:
                lane.forget(live.number)
        self._settled(live)

    # ── the funnel ──

    def funnel(self) -> list[FunnelCount]:
        """What became of every exchange of this life, and what proxies say of the requests they saw."""
        found = [_count_of(self._epoch, labels, value) for labels, value in self._counters.series(names.EXCHANGES)]
        found += [_count_of(self._epoch, labels, value) for labels, value in self._counters.series(names.CALLS)]
        for worker, counts in self.tallies.items():
            for decision, count in counts.items():
                stage, reason = ("lost", decision) if decision.startswith("lost") else ("seen", decision)
                found.append(FunnelCount(epoch=worker, candidate="", stage=stage, reason=reason, count=count))
        return found

    def tell_funnel(self) -> None:
        """Give the recorder the counts that changed since the last time."""
        if self.recorder.reads(Kind.FUNNEL):
            self._told_counts = self._tell(self.funnel(), self._told_counts, 0)

    def tell_ends(self) -> None:
        """Give the recorder what has ended, before proxies hear of it: from then on they do not count it as lost with this
        process, so nobody would if it were killed before it told its counts."""
        if self.recorder.reads(Kind.FUNNEL):
            ends = [_count_of(self._epoch, labels, value) for labels, value in self._counters.series(names.EXCHANGES)]
            self._told_ends = self._tell(ends, self._told_ends, handoff.INTERIM)
            self.recorder.flush()

    def _tell(self, found: Sequence[FunnelCount], told: Mapping[_Key, int], sequence: int) -> dict[_Key, int]:
        counts = {(c.epoch, c.candidate, c.stage, c.reason): c.count for c in found}
        news = [[*key, count] for key, count in counts.items() if told.get(key) != count]
        for at in range(0, len(news), _COUNTS_PER_FRAME):
            self.recorder.write([handoff.json_frame(Kind.FUNNEL, news[at : at + _COUNTS_PER_FRAME], sequence)])
        return counts

    # ── what the recorder says ──

    def on_settled(self, live: LiveExchange, *, recorded: bool) -> None:
        """A closed exchange is in the log, or is not."""
        reason = "" if recorded else live.spoiled or "by_recorder"
        self.count(RECORDED if recorded else DISCARDED, reason)
        self._settle(live, recorded=recorded, reason=reason)

    def on_cost(self, number: int, side: int, cost: handoff.CostPayload) -> None:
        """What one call cost, for the budget of its candidate."""
        if 1 <= side <= len(self.lanes):
            self.lanes[side - 1].settle(number, cost.usd, cost.tokens, cost.why)

    def on_recorder_lost(self, opened: Sequence[LiveExchange]) -> None:
        """Nothing of these can be told to the end any more."""
        for live in opened:
            if live.books.forget(live):
                self._drop(live)
            self.count(DISCARDED, "lost_with_recorder")
            live.spoiled = live.spoiled or "lost_with_recorder"
            self._withdraw(live, "lost_with_recorder")
            self._settle(live, recorded=False, reason="lost_with_recorder")
        self._told_counts, self._told_ends = {}, {}  # the next recorder may keep another log


def _is_retried(head_payload: bytes) -> bool:
    """Whether clients ask again after an answer with this head."""
    return is_retried(handoff.read_head(head_payload).head.partition(b" ")[2][:3])


def _count_of(epoch: str, labels: Labels, value: float) -> FunnelCount:
    by_name = dict(labels)
    return FunnelCount(
        epoch=epoch,
        candidate=by_name.get("candidate", ""),
        stage=by_name["stage"],
        reason=by_name["reason"],
        count=int(value),
    )
