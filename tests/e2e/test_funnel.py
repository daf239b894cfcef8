"""The log tells what became of every request, also of those that died with a process."""

from __future__ import annotations

import os
import signal
from contextlib import closing
from pathlib import Path

import pytest

from shadowbench.endpoints.testing import Fault, ScriptedProvider, ScriptedServer, answer
from shadowbench.funnel import Funnel
from shadowbench.store.opening import open_log
from tests.origins import RawClient, json_request
from tests.sidecars import Sidecar, chat, eventually

CHAT = "/v1/chat/completions"


async def ask(sidecar: Sidecar, count: int, what: str) -> None:
    async with await RawClient.connect(sidecar.port) as client:
        for number in range(count):
            assert (await client.ask(json_request(CHAT, chat(f"{what} {number}")))).status == 200


def funnel(sidecar: Sidecar) -> Funnel:
    with closing(open_log(f"sqlite:///{sidecar.log_path}", "read")) as log:
        return Funnel(log.funnel())


async def _is_connected_again(sidecar: Sidecar) -> bool:
    samples = await sidecar.metrics()
    where = '{role="proxy",worker="0"}'
    ended = samples.get(f"shadowbench_handoff_disconnects_total{where}", 0)
    return ended > 0 and samples[f"shadowbench_handoff_connected{where}"] > 0


@pytest.mark.e2e
async def test_every_request_is_in_the_funnel_and_a_killed_mirror_is_a_counted_loss(tmp_path: Path) -> None:
    def script(request: object) -> object:
        return answer(request, fault=Fault.HANG if b"hangs" in request.body else None)  # type: ignore[attr-defined,arg-type]

    async with ScriptedProvider() as production, ScriptedServer(script) as other:  # type: ignore[arg-type]
        candidates = {
            "all": {"url": other.url, "sample_rate": 1, "concurrency": 64},
            "half": {"url": other.url, "sample_rate": 0.5, "concurrency": 64},
        }
        async with Sidecar(tmp_path, production.url, candidates=candidates) as sidecar:
            await ask(sidecar, 20, "first")
            async with await RawClient.connect(sidecar.port) as client:
                await client.ask(json_request("/v1/files", {"not": "mirrored"}))
                await client.ask(json_request(CHAT, chat("again"), ("x-stainless-retry-count", "1")))
                await client.ask(json_request(CHAT, {"model": "m"}))
            await sidecar.until_recorded(20)
            await eventually(lambda: funnel(sidecar).total("recorded") == 20)

            await ask(sidecar, 7, "hangs")
            await eventually(lambda: funnel(sidecar).total("opened") == 29)  # the mirror told of them
            mirror = sidecar.child("mirror")
            os.kill(mirror, signal.SIGKILL)
            # The same snapshot says that the old connection has ended and that there is a new one.
            await eventually(lambda: _is_connected_again(sidecar))
            await ask(sidecar, 10, "after")
            await sidecar.until_recorded(30)
        told = funnel(sidecar)

    assert told.total("seen") == 20 + 3 + 7 + 10 == told.total("seen", reason="handed_off") + 1
    assert told.reasons("seen") == {"handed_off": 39, "endpoint": 1}
    assert told.reasons("lost") == {"lost_with_mirror": 7}
    assert told.reasons("ineligible") == {"no_messages": 1, "retry": 1}
    assert told.total("recorded") == sidecar.count() == 30
    # What the dead mirror held is under way in its epoch for ever, and nowhere else.
    left = told.under_way()
    assert len({each.epoch for each in left}) == 1
    assert [each.count for each in left if not each.candidate and each.stage == "sampled"] == [7]
    for name in ("all", "half"):
        (rows,) = sidecar.rows("select count(*) from pairs where candidate = ?", name)
        assert told.total("paired", candidate=name) == rows[0]


@pytest.mark.e2e
async def test_what_was_handed_off_has_one_end_each_also_when_the_mirror_is_killed(tmp_path: Path) -> None:
    async with ScriptedProvider() as production, ScriptedProvider() as other:
        candidates = {"all": {"url": other.url, "sample_rate": 1}}
        async with Sidecar(tmp_path, production.url, candidates=candidates) as sidecar:
            await ask(sidecar, 1, "first")
            await eventually(lambda: funnel(sidecar).total("recorded") == 1)  # the mirror has just told its counts
            await ask(sidecar, 300, "then")  # many of them end before it tells them again, others not at all
            os.kill(sidecar.child("mirror"), signal.SIGKILL)
            await eventually(lambda: _is_connected_again(sidecar))
            await ask(sidecar, 10, "after")
            await eventually(lambda: funnel(sidecar).total("seen") == 311)
        told = funnel(sidecar)

    ends = {stage: told.total(stage) for stage in ("lost", "ineligible", "unsampled", "recorded", "discarded")}
    assert sum(ends.values()) == told.total("seen", reason="handed_off") == 311, ends
    # Of those whose end the proxy did not hear, the log may hold some nevertheless.
    assert ends["recorded"] + told.total("unheard") <= sidecar.count() <= ends["recorded"] + ends["lost"]
    assert ends["lost"] < 300
