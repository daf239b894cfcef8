"""What the parent orders, against a mirror between a proxy and a recorder."""

from __future__ import annotations

import itertools
import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from shadowbench.endpoints.testing import ScriptedProvider
from shadowbench.errors import ConfigurationError
from shadowbench.handoff import Kind
from shadowbench.links import Sender
from shadowbench.mirror.options import MirrorOptions, StratumOptions
from shadowbench.worker import to_json
from tests.mirrors import Rig, candidate, chat_body, eventually, mirror

NOWHERE = "http://127.0.0.1:9"
NUMBERS = itertools.count(1)  # of marks, as the parent counts


def order(
    rig: Rig, *, withdraw: bool = False, marks: tuple[dict[str, Any], ...] = (), **changes: Any
) -> dict[str, Any]:
    options = replace(rig.service.options, **changes)
    numbered = [{"number": next(NUMBERS), **mark} for mark in marks]
    message = {"options": to_json(options), "withdraw": withdraw, "marks": numbered}
    return rig.service.orders.change(json.loads(json.dumps(message)))


def rated(options: MirrorOptions, rate: float) -> dict[str, Any]:
    return {"candidates": tuple(replace(each, sample_rate=rate) for each in options.candidates)}


async def test_a_change_reaches_proxies_as_a_new_version_of_the_policy(tmp_path: Path) -> None:
    async with mirror(tmp_path, candidate(NOWHERE)) as rig:
        proxy = await rig.proxy()
        before = rig.service.policy_version
        told = order(rig, **rated(rig.service.options, 0.25))
        assert told == {"policy_version": rig.service.policy_version}
        assert told["policy_version"] > before
        await eventually(lambda: proxy.policy is not None and proxy.policy.version > before)
        assert proxy.policy is not None
        assert proxy.policy.rate == 0.25


async def test_what_was_told_already_makes_no_new_version(tmp_path: Path) -> None:
    async with mirror(tmp_path, candidate(NOWHERE)) as rig:
        assert order(rig) == {"policy_version": rig.service.policy_version}
        before = rig.service.policy_version
        assert order(rig, version_above=7) == {"policy_version": before}


async def test_what_needs_a_restart_is_refused_and_changes_nothing(tmp_path: Path) -> None:
    async with mirror(tmp_path, candidate(NOWHERE)) as rig:
        options, before = rig.service.options, rig.service.policy_version
        with pytest.raises(ConfigurationError, match="restart"):
            order(rig, candidates=(replace(options.candidates[0], model="other"),))
        assert (rig.service.options, rig.service.policy_version) == (options, before)


async def test_a_pause_lets_calls_finish_and_the_kill_switch_does_not(tmp_path: Path) -> None:
    async with ScriptedProvider() as small:
        async with mirror(tmp_path, candidate(small.url)) as rig:
            proxy = await rig.proxy()
            proxy.exchange(chat_body())
            await proxy.settled()
            assert rig.lane()["answered:ok"] == 1
            order(rig, enabled=False)
            await eventually(lambda: proxy.policy is not None and proxy.policy.rate == 0)
            proxy.exchange(chat_body(), admitted=1.0)
            await proxy.settled()
            assert (len(small.requests), len(rig.logged)) == (1, 1)
            order(rig, enabled=True)
            await eventually(lambda: proxy.policy is not None and proxy.policy.rate == 1)
            proxy.exchange(chat_body(n=2))
            await proxy.settled()
            assert (len(small.requests), len(rig.logged)) == (2, 2)


async def test_the_kill_switch_ends_calls_with_its_own_reason(tmp_path: Path) -> None:
    async with ScriptedProvider(chunk_after_s=30) as small:
        async with mirror(tmp_path, candidate(small.url)) as rig:
            proxy = await rig.proxy()
            proxy.exchange(chat_body(stream=True))
            lane = rig.service.dispatcher.lanes[0]
            await eventually(lambda: lane.running == 1 and bool(small.requests))
            order(rig, withdraw=True, enabled=False)
            assert (lane.queued, lane.running) == (0, 0)
            await proxy.settled()
            assert any("killed" in reached for reached in rig.lane())


MARK = {"kind": "policy_changed", "endpoint": "small", "before": {"rate": 0.1}, "after": {"rate": 0.2}}


async def test_a_mark_goes_to_the_log_with_both_versions(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async with mirror(tmp_path, candidate(NOWHERE)) as rig:
        sent = written(rig, monkeypatch)
        before = rig.service.policy_version
        after = order(rig, marks=(MARK,), **rated(rig.service.options, 0.2))["policy_version"]
        (mark,) = sent
        assert (mark["kind"], mark["endpoint"]) == ("policy_changed", "small")
        assert json.loads(mark["before"]) == {"policy_version": before, "rate": 0.1}
        assert json.loads(mark["after"]) == {"policy_version": after, "rate": 0.2}
        assert mark["at"] == pytest.approx(rig.service.unix_now, abs=60)


async def test_a_mark_that_is_told_again_is_one_mark(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async with mirror(tmp_path, candidate(NOWHERE)) as rig:
        sent = written(rig, monkeypatch)
        killed, resumed = ({**MARK, "kind": kind, "number": next(NUMBERS)} for kind in ("killed", "resumed"))
        order(rig, marks=(killed,))
        order(rig, marks=(killed, resumed))  # our answer came too late
        assert [mark["kind"] for mark in sent] == ["killed", "resumed"]


async def test_marks_wait_for_a_recorder_and_an_older_one_gets_none(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with mirror(tmp_path, candidate(NOWHERE)) as rig:
        sent = written(rig, monkeypatch)
        sender = rig.service.dispatcher.recorder.sender
        monkeypatch.setattr(sender, "ready", False)
        order(rig, marks=(MARK,))
        assert sent == []
        monkeypatch.setattr(sender, "ready", True)
        rig.service.orders.send_marks()
        rig.service.orders.send_marks()
        assert len(sent) == 1
        monkeypatch.setattr(sender, "peer_version", 1)
        order(rig, marks=(MARK,))
        assert len(sent) == 1


def written(rig: Rig, monkeypatch: pytest.MonkeyPatch) -> list[dict[str, Any]]:
    """The marks that are sent to the recorder from now on, instead of being sent."""
    sent: list[dict[str, Any]] = []

    def write(frames: list[bytes]) -> None:
        for frame in frames:
            kind, payload = frame[4], frame[16:]
            if kind == Kind.MARK:
                sent.append(json.loads(payload))

    recorder = rig.service.dispatcher.recorder
    monkeypatch.setattr(recorder, "sender", _Writing(recorder.sender, write))
    return sent


class _Writing:
    """A sender that writes elsewhere."""

    def __init__(self, sender: Sender, write: Callable[[list[bytes]], None]) -> None:
        self._sender = sender
        self.write = write

    def __getattr__(self, name: str) -> Any:
        return getattr(self._sender, name)


async def test_the_state_tells_rates_lanes_and_links_as_json(tmp_path: Path) -> None:
    strata = (
        StratumOptions(name="rare", models=("o3*",), sample_rate=1.0),
        StratumOptions(name="paid", paths=("/x",), rates={"off": 0.5}),
    )
    candidates = (candidate(NOWHERE, sample_rate=0.2), candidate(NOWHERE, "off", sample_rate=0.0))
    async with mirror(tmp_path, *candidates, strata=strata) as rig:
        await rig.proxy()
        state = json.loads(json.dumps(rig.service.orders.state({})))
        assert state["enabled"] is True
        assert state["policy_version"] == rig.service.policy_version
        assert [(lane["name"], lane["sample_rate"], lane["in_force"]) for lane in state["lanes"]] == [
            ("small", 0.2, 0.2),
            ("off", 0.0, 0.0),
        ]
        assert {"queued", "running", "paused", "breaker", "budget", "last_fault"} <= state["lanes"][0].keys()
        assert state["strata"] == [
            {"name": "rare", "rates": {"small": 1.0, "off": 0.0}},
            {"name": "paid", "rates": {"small": 0.2, "off": 0.5}},
        ]
        assert state["handoff"]["proxies"] == 1
        assert state["recorder"] == {"connected": True, "full": False, "unsettled": 0}
        order(rig, enabled=False)
        assert [lane["in_force"] for lane in rig.service.orders.state({})["lanes"]] == [0.0, 0.0]
