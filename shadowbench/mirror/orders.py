"""What the parent orders while the mirror runs: changes, which hold when they are answered, and questions about its state.

Each change leaves a mark in the log, by the recorder; marks wait here while there is none to take them.
"""

from __future__ import annotations

import json
from collections import deque
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from shadowbench import handoff
from shadowbench.handoff import Kind
from shadowbench.mirror.options import CandidateOptions, MirrorOptions, StratumOptions
from shadowbench.worker import from_json, to_json

if TYPE_CHECKING:
    from shadowbench.mirror.service import MirrorService

KILLED = "killed"
_MARKS_SINCE = 2  # handoff version
_MOST_MARKS = 100

Fields = dict[str, Any]


class Orders:
    """The parent's side of a MirrorService."""

    def __init__(self, service: MirrorService) -> None:
        self._service = service
        self._marks: deque[Fields] = deque(maxlen=_MOST_MARKS)
        self._last_mark = 0  # marks are told again until the parent has our answer

    def change(self, message: Mapping[str, Any]) -> Fields:
        """`options`: all of them, changed ones taken over; `withdraw`: the kill switch; `marks`: what the log is to tell."""
        before = self._service.policy_version
        self._service.change(from_json(MirrorOptions, message["options"]))
        if message["withdraw"]:
            self._service.withdraw_all(KILLED)
        after, at = self._service.policy_version, self._service.unix_now
        fresh = [mark for mark in message["marks"] if mark["number"] > self._last_mark]
        self._last_mark = max((mark["number"] for mark in fresh), default=self._last_mark)
        self._marks.extend(_mark(mark, at, before, after) for mark in fresh)
        self.send_marks()
        return {"policy_version": after}

    def send_marks(self) -> None:
        """Those that wait, as soon as the recorder is there. A recorder of the version before knows no marks."""
        sender = self._service.dispatcher.recorder.sender
        if not self._marks or not sender.ready:
            return
        if sender.peer_version >= _MARKS_SINCE:
            sender.write([handoff.json_frame(Kind.MARK, mark) for mark in self._marks])
        self._marks.clear()

    def state(self, message: Mapping[str, Any]) -> Fields:
        """Everything an operator wants to see of the mirror."""
        service, options = self._service, self._service.options
        recorder = service.dispatcher.recorder
        return {
            "enabled": options.enabled,
            "policy_version": service.policy_version,
            "lanes": [
                {
                    "name": lane.options.name,
                    "sample_rate": candidate.sample_rate,
                    "in_force": share,
                    "max_per_second": candidate.max_per_second,
                    **to_json(lane.state()),
                }
                for candidate, lane, share in zip(
                    options.candidates, service.dispatcher.lanes, service.shares_in_force(), strict=True
                )
            ],
            "strata": [
                {"name": stratum.name, "rates": _rates_of(stratum, options.candidates)} for stratum in options.strata
            ],
            "handoff": {
                "proxies": service.server.connections,
                "live_exchanges": service.server.live,
                "held_bytes": service.memory.held,
            },
            "recorder": {
                "connected": recorder.sender.ready or recorder.is_full,
                "full": recorder.is_full,
                "unsettled": recorder.unsettled,
            },
        }


def _rates_of(stratum: StratumOptions, candidates: tuple[CandidateOptions, ...]) -> dict[str, float]:
    """What the stratum says about each candidate. One that is off stays off unless it is named."""
    found = {}
    for candidate in candidates:
        common = candidate.sample_rate
        if stratum.sample_rate is not None and candidate.sample_rate > 0:
            common = stratum.sample_rate
        found[candidate.name] = stratum.rates.get(candidate.name, common)
    return found


def _mark(told: Mapping[str, Any], at: float, before: int, after: int) -> Fields:
    """A `records.Mark` as JSON: what changed, and between which versions of the policy."""
    return {
        "at": at,
        "kind": told["kind"],
        "endpoint": told["endpoint"],
        "before": json.dumps({"policy_version": before, **told["before"]}),
        "after": json.dumps({"policy_version": after, **told["after"]}),
    }
