import asyncio
import sys
from typing import Any

import pytest

from shadowbench.child import Child, WorkerSpec, restart_delay_s
from shadowbench.signals import Sample

WORKER = """
import asyncio, os
from shadowbench.worker import run
async def main(parent, options):
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
