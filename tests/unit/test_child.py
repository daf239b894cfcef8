import asyncio
import os
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from shadowbench.child import Child, WorkerSpec, restart_delay_s
from shadowbench.errors import UnavailableError
from shadowbench.signals import Sample

WORKER = """
import asyncio, os
from shadowbench.worker import run
async def main(parent, options):
    def echo(message):
        if message.get("dies_once") and not os.path.exists(message["dies_once"]):
            open(message["dies_once"], "w").close()
            os._exit(5)
        if message.get("hangs"):
            import time
            time.sleep(30)
        return {"number": options["number"], "said": message.get("say"), "environ": sorted(os.environ)}
    parent.on_message("echo", echo)
    parent.counters.add("runs_total")
    parent.counters.gauge("echo", options["number"])
    parent.ready()
    if options.get("dies"):
        parent.snapshot()
        await asyncio.sleep(0)
        os._exit(options["dies"])
    await parent.draining.wait()
    parent.counters.add("last_words_total")
run(main)
"""


class Recorder:
    def __init__(self) -> None:
        self.events: list[str] = []
        self.samples: list[Sample] = []
        self.ready = asyncio.Event()
        self.exits = asyncio.Semaphore(0)

    def on_ready(self, child: Child) -> None:
        self.events.append("ready")
        self.ready.set()

    def on_snapshot(self, child: Child, samples: list[Sample]) -> None:
        self.samples = samples

    def on_exit(self, child: Child, code: int, lived_s: float) -> None:
        self.events.append(f"exit {code}")
        self.exits.release()


def spec(**options: Any) -> WorkerSpec:
    return WorkerSpec(role="proxy", number=0, command=(sys.executable, "-c", WORKER), options={"number": 7, **options})


@pytest.mark.parametrize(
    ("deaths", "delay_s"), [(1, 0.0), (2, 0.1), (3, 0.2), (4, 0.4), (7, 3.2), (8, 5.0), (100, 5.0)]
)
def test_the_first_restart_is_immediate_and_later_ones_wait_longer(deaths: int, delay_s: float) -> None:
    assert restart_delay_s(deaths) == pytest.approx(delay_s)


async def test_a_worker_gets_its_options_and_its_last_words_are_heard() -> None:
    heard = Recorder()
    child = Child(spec(), heard)
    async with asyncio.timeout(20), asyncio.TaskGroup() as group:
        group.create_task(child.run())
        await heard.ready.wait()
        assert child.ready
        assert child.pid is not None
        child.drain()
    assert heard.events == ["ready", "exit 0"]
    assert {sample.name: sample.value for sample in heard.samples} == {
        "runs_total": 1,
        "echo": 7,
        "last_words_total": 1,
        "log_dropped_lines_total": 0,
    }
    assert (child.ready, child.was_ready, child.pid) == (False, True, None)


async def test_a_worker_that_dies_is_started_again_until_it_is_told_to_leave() -> None:
    heard = Recorder()
    child = Child(spec(dies=3), heard)
    async with asyncio.timeout(20), asyncio.TaskGroup() as group:
        group.create_task(child.run())
        for _ in range(3):
            await heard.exits.acquire()
        child.drain()
    assert heard.events[:4] == ["ready", "exit 3", "ready", "exit 3"]
    assert child.restarts >= 2


async def test_a_worker_can_be_killed() -> None:
    heard = Recorder()
    child = Child(spec(), heard)
    async with asyncio.timeout(20), asyncio.TaskGroup() as group:
        group.create_task(child.run())
        await heard.ready.wait()
        child.kill()
    assert heard.events == ["ready", "exit -9"]


async def test_a_worker_told_to_leave_while_it_starts_leaves() -> None:
    heard = Recorder()
    child = Child(spec(), heard)
    async with asyncio.timeout(20), asyncio.TaskGroup() as group:
        group.create_task(child.run())
        await asyncio.sleep(0)
        child.drain()
    assert [event for event in heard.events if event != "ready"] in (["exit 0"], [])


async def test_a_program_that_cannot_be_started_counts_as_one_that_died() -> None:
    heard = Recorder()
    child = Child(WorkerSpec(role="proxy", number=0, command=("/nowhere/python",)), heard)
    async with asyncio.timeout(20), asyncio.TaskGroup() as group:
        group.create_task(child.run())
        await heard.exits.acquire()
        child.drain()
    assert heard.events[0] == "exit 127"


@asynccontextmanager
async def running(child: Child) -> AsyncIterator[None]:
    async with asyncio.timeout(30), asyncio.TaskGroup() as group:
        group.create_task(child.run())
        try:
            yield
        finally:
            child.kill()


async def test_a_worker_answers_and_one_that_starts_is_waited_for() -> None:
    child = Child(spec(), Recorder())
    async with running(child):
        first, second = await asyncio.gather(
            child.ask({"kind": "echo", "say": 1}, 20), child.ask({"kind": "echo", "say": 2}, 20)
        )
    assert (first["said"], second["said"]) == (1, 2)


async def test_a_refusal_is_told_with_the_workers_name() -> None:
    child = Child(spec(), Recorder())
    async with running(child):
        with pytest.raises(UnavailableError, match=r"^proxy refused: it does not know what 'nothing' means$"):
            await child.ask({"kind": "nothing"}, 20)


async def test_when_a_worker_ends_before_it_answers_the_next_one_is_asked(tmp_path: Path) -> None:
    child = Child(spec(), Recorder())
    async with running(child):
        answer = await child.ask({"kind": "echo", "dies_once": str(tmp_path / "died"), "say": 3}, 20)
        assert (answer["said"], child.restarts) == (3, 1)


async def test_a_worker_that_hangs_is_waited_for_until_the_time_is_over() -> None:
    heard = Recorder()
    child = Child(spec(), heard)
    async with running(child):
        await heard.ready.wait()
        with pytest.raises(UnavailableError, match=r"^proxy did not answer within 0\.05 s$"):
            await child.ask({"kind": "echo", "hangs": True}, 0.05)


async def test_a_worker_that_is_not_there_is_told_as_such() -> None:
    child = Child(spec(), Recorder())
    with pytest.raises(UnavailableError, match=r"^proxy was not there within 0\.01 s$"):
        await child.ask({"kind": "echo"}, 0.01)


async def test_amended_options_hold_from_the_next_process_on() -> None:
    heard = Recorder()
    child = Child(spec(), heard)
    async with running(child):
        assert (await child.ask({"kind": "echo"}, 20))["number"] == 7
        assert not child.is_outdated
        child.amend({"number": 8})
        assert child.is_outdated
        assert child.pid is not None
        os.kill(child.pid, signal.SIGKILL)
        await heard.exits.acquire()
        assert (await child.ask({"kind": "echo"}, 20))["number"] == 8
        assert not child.is_outdated


async def test_an_amendment_that_the_process_confirmed_leaves_it_up_to_date() -> None:
    child = Child(spec(), Recorder())
    async with running(child):
        await child.ask({"kind": "echo"}, 20)
        child.amend({"number": 8})
        child.works_by(child.spec.options)
        assert not child.is_outdated


async def test_what_is_withheld_is_not_in_the_workers_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("THE_TOKEN", "hush")
    monkeypatch.setenv("THE_KEY", "needed")
    child = Child(replace(spec(), withheld=("THE_TOKEN",)), Recorder())
    async with running(child):
        environ = (await child.ask({"kind": "echo"}, 20))["environ"]
    assert "THE_KEY" in environ
    assert "MALLOC_TRIM_THRESHOLD_" in environ, "what tells the C library to keep what it will need again"
    assert "THE_TOKEN" not in environ


async def test_a_hang_up_does_not_end_a_worker() -> None:
    child = Child(spec(), Recorder())
    async with running(child):
        await child.ask({"kind": "echo"}, 20)
        assert child.pid is not None
        os.kill(child.pid, signal.SIGHUP)
        await child.ask({"kind": "echo"}, 20)
        assert child.restarts == 0
