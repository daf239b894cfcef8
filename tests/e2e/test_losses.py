"""The other processes are killed, stopped, starved of disk or hung, while clients work: clients notice nothing.

Every answer is compared with what production sends for that prompt. What did not reach the log is in a counter.
"""

import asyncio
import json
import os
import random
import resource
import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from shadowbench.endpoints import scripted, testing
from shadowbench.endpoints.testing import ScriptedProvider
from tests.origins import RawClient, RawResponse, json_request, parse_response
from tests.sidecars import Sidecar, chat, eventually, is_running

CHAT = "/v1/chat/completions"
TWIN = {"twin": {"sample_rate": 1}}


class Clients:
    """Some keep-alive clients that ask without end, streamed and not, and check every byte of every answer."""

    def __init__(self, sidecar: Sidecar, count: int = 4) -> None:
        self.sidecar = sidecar
        self.count = count
        self.answered = 0
        self._leaving = asyncio.Event()

    async def __aenter__(self) -> "Clients":
        self._group = asyncio.TaskGroup()
        await self._group.__aenter__()
        for number in range(self.count):
            self._group.create_task(self._work(number))
        return self

    async def __aexit__(self, *error: Any) -> None:
        self._leaving.set()
        await self._group.__aexit__(*error)

    async def answer_more(self, count: int) -> None:
        """Wait until so many more requests have been answered."""
        goal = self.answered + count
        await eventually(lambda: self.answered >= goal, within_s=30)

    async def _work(self, number: int) -> None:
        async with await RawClient.connect(self.sidecar.port) as client:
            while not self._leaving.is_set():
                request = chat(f"Question {number}/{self.answered}", stream=number % 2 == 0)
                response = await client.ask(json_request(CHAT, request))
                assert response.end_to_end == expected(request).end_to_end
                self.answered += 1
                await asyncio.sleep(0.002)  # hundreds a second, not thousands: the machine has other work too


def expected(request: dict[str, Any]) -> RawResponse:
    asked = scripted.read(CHAT, json.dumps(request).encode())
    assert asked is not None
    reply = testing.whole(asked, scripted.say(asked))
    return parse_response(b"".join(step.data for step in reply.steps))


LOST = {  # where an exchange can end that is not in the log
    "shadowbench_handoff_exchanges_total": ("mirror_away", "handoff_full", "not_sampled"),
    "shadowbench_handoff_lost_total": ("reason=",),
    "shadowbench_mirror_exchanges_total": ("reason=",),
    "shadowbench_recorder_exchanges_total": ("reason=",),
}


async def lost(sidecar: Sidecar) -> dict[str, float]:
    """Every counter of exchanges that did not reach the log, by series."""
    samples = await sidecar.metrics()
    return {k: v for k, v in samples.items() if v and any(w in k for w in LOST.get(k.partition("{")[0], ()))}


async def every_exchange_is_in_the_log_or_counted(sidecar: Sidecar, answered: int) -> None:
    async def adds_up() -> bool:
        return sidecar.count() + sum((await lost(sidecar)).values()) >= answered

    try:
        await eventually(adds_up, within_s=10)
    except AssertionError:
        told = {k: v for k, v in (await sidecar.metrics()).items() if v and "_total" in k}
        raise AssertionError(f"answered {answered}, in the log {sidecar.count()}, counted {told}") from None


@pytest.mark.parametrize("job", ["mirror", "recorder"])
async def test_ct_71_killing_a_process_behind_the_proxy_costs_copies_only(tmp_path: Path, job: str) -> None:
    async with ScriptedProvider(keeps_bytes=False) as production:
        async with Sidecar(tmp_path, production.url, candidates=TWIN) as sidecar:
            async with Clients(sidecar) as clients:
                await clients.answer_more(200)
                victim = sidecar.child(job)
                os.kill(victim, signal.SIGKILL)
                await clients.answer_more(200)
                await eventually(lambda: sidecar.children(job) not in ([], [victim]))
                before = sidecar.count()
                await eventually(lambda: sidecar.count() > before + 50, within_s=20)
            await every_exchange_is_in_the_log_or_counted(sidecar, clients.answered)
        assert_the_log_is_whole(sidecar)


async def test_ct_75_whatever_is_killed_whenever_the_log_holds_whole_records(tmp_path: Path) -> None:
    chance = random.Random(7)
    async with ScriptedProvider(keeps_bytes=False) as production:
        async with Sidecar(tmp_path, production.url, candidates=TWIN) as sidecar:
            async with Clients(sidecar) as clients:
                for _ in range(6):
                    await clients.answer_more(chance.randint(20, 80))
                    job = chance.choice(["mirror", "recorder"])
                    await eventually(partial(sidecar.children, job))
                    os.kill(sidecar.child(job), signal.SIGKILL)
                before = sidecar.count()
                await eventually(lambda: sidecar.count() > before + 50, within_s=30)
            await every_exchange_is_in_the_log_or_counted(sidecar, clients.answered)
        assert_the_log_is_whole(sidecar)


async def test_a_killed_proxy_worker_is_back_and_a_killed_parent_leaves_no_worker(tmp_path: Path) -> None:
    async with ScriptedProvider(keeps_bytes=False) as production:
        async with Sidecar(tmp_path, production.url, candidates=TWIN) as sidecar:
            first = sidecar.child("proxy")
            os.kill(first, signal.SIGKILL)
            # The parent holds the listening socket: a client that comes meanwhile waits, it is not refused.
            async with await RawClient.connect(sidecar.port) as client:
                assert (await client.ask(json_request(CHAT, chat("Hello.")))).status == 200
            workers = sidecar.children()
            os.kill(sidecar.pid, signal.SIGKILL)
            await eventually(lambda: not any(is_running(pid) for pid in workers), within_s=30)
    assert_the_log_is_whole(sidecar)


async def test_a_stopped_mirror_costs_copies_only(tmp_path: Path) -> None:
    async with ScriptedProvider(keeps_bytes=False) as production:
        async with Sidecar(tmp_path, production.url, candidates=TWIN) as sidecar:
            async with Clients(sidecar) as clients:
                await clients.answer_more(100)
                mirror = sidecar.child("mirror")
                os.kill(mirror, signal.SIGSTOP)
                try:
                    await clients.answer_more(500)
                finally:
                    os.kill(mirror, signal.SIGCONT)
                before = sidecar.count()
                await eventually(lambda: sidecar.count() > before + 100, within_s=20)
            await every_exchange_is_in_the_log_or_counted(sidecar, clients.answered)
        assert_the_log_is_whole(sidecar)


async def test_a_stopped_recorder_costs_records_only(tmp_path: Path) -> None:
    async with ScriptedProvider(keeps_bytes=False) as production:
        async with Sidecar(tmp_path, production.url, candidates=TWIN) as sidecar:
            async with Clients(sidecar) as clients:
                await clients.answer_more(100)
                recorder = sidecar.child("recorder")
                os.kill(recorder, signal.SIGSTOP)
                try:
                    await clients.answer_more(300)
                finally:
                    os.kill(recorder, signal.SIGCONT)
                before = sidecar.count()
                await eventually(lambda: sidecar.count() > before + 100, within_s=20)
            await every_exchange_is_in_the_log_or_counted(sidecar, clients.answered)


async def test_a_log_file_that_may_not_grow_costs_records_only(tmp_path: Path) -> None:
    async with ScriptedProvider(keeps_bytes=False) as production:
        async with Sidecar(tmp_path, production.url, candidates=TWIN) as sidecar:
            async with Clients(sidecar) as clients:
                await clients.answer_more(100)
                recorder = sidecar.child("recorder")
                _, hard = resource.prlimit(recorder, resource.RLIMIT_FSIZE)
                resource.prlimit(recorder, resource.RLIMIT_FSIZE, (4096, hard))
                await clients.answer_more(300)
                resource.prlimit(recorder, resource.RLIMIT_FSIZE, (hard, hard))
                before = sidecar.count()
                await eventually(lambda: sidecar.count() > before + 50, within_s=20)
            await every_exchange_is_in_the_log_or_counted(sidecar, clients.answered)
        assert_the_log_is_whole(sidecar)


async def test_ct_71_a_full_disk_costs_records_only(tmp_path: Path) -> None:
    with small_disk(tmp_path / "disk") as disk:
        store = {"url": f"sqlite:///{disk / 'pairs.db'}"}
        async with ScriptedProvider(keeps_bytes=False) as production:
            async with Sidecar(tmp_path, production.url, candidates=TWIN, store=store) as sidecar:
                (tmp_path / "pairs.db").symlink_to(disk / "pairs.db")
                async with Clients(sidecar) as clients:

                    async def the_store_fails() -> bool:
                        return await sidecar.total("shadowbench_recorder_store_failing") > 0

                    await eventually(the_store_fails, within_s=30)
                    await clients.answer_more(100)
                    subprocess.run(["mount", "-o", "remount,size=64m", disk], check=True)
                    before = sidecar.count()
                    await eventually(lambda: sidecar.count() > before + 50, within_s=20)
                    failures = await sidecar.total("shadowbench_recorder_store_failures_total", 'reason="disk_full"')
                    assert failures > 0
                await every_exchange_is_in_the_log_or_counted(sidecar, clients.answered)
            assert_the_log_is_whole(sidecar)


async def test_a_disk_that_stays_full_does_not_hold_up_the_end(tmp_path: Path) -> None:
    with small_disk(tmp_path / "disk") as disk:
        store = {"url": f"sqlite:///{disk / 'pairs.db'}"}
        async with ScriptedProvider(keeps_bytes=False) as production:
            sidecar = Sidecar(tmp_path, production.url, candidates=TWIN, store=store)
            await sidecar.start()
            async with Clients(sidecar) as clients:

                async def the_store_fails() -> bool:
                    return await sidecar.total("shadowbench_recorder_store_failing") > 0

                await eventually(the_store_fails, within_s=30)
                await clients.answer_more(300)
            # Proxy, mirror and recorder each wait a while for what may still be saved, and then go.
            assert await sidecar.stop(within_s=40) == 0


@contextmanager
def small_disk(folder: Path) -> Iterator[Path]:
    folder.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=1m,mode=0700", "tmpfs", folder], capture_output=True, check=False
    )
    if mounted.returncode:
        pytest.skip(f"no small file system can be mounted here: {mounted.stderr.decode().strip()}")
    try:
        yield folder
    finally:
        subprocess.run(["umount", "--lazy", folder], check=True)


async def test_ct_71_a_hung_candidate_costs_its_own_pairs_only(tmp_path: Path) -> None:
    candidates: Any = {
        "hung": {"sample_rate": 1, "model": "scripted-hang", "first_byte_timeout_s": 0.2, "concurrency": 2, "queue": 4},
        "fine": {"sample_rate": 1},
    }
    async with ScriptedProvider(keeps_bytes=False) as production:
        async with Sidecar(tmp_path, production.url, candidates=candidates) as sidecar, Clients(sidecar) as clients:
            await clients.answer_more(300)
        rows = sidecar.rows(
            "select candidate, candidate_outcome, coalesce(candidate_reason, ''), count(*) from pairs group by 1, 2, 3"
        )
    counts = {tuple(row)[:3]: row[3] for row in rows}
    assert counts["fine", "ok", ""] == clients.answered
    hung = {key[1:]: n for key, n in counts.items() if key[0] == "hung"}
    # What its queue has no room for lowers its share from the next second on: fewer are drawn for it, and known to be.
    assert 0 < sum(hung.values()) <= clients.answered
    assert hung["timed_out", "timed_out_first_byte"] > 0
    assert {outcome for outcome, _ in hung} <= {"timed_out", "not_sent", "unreachable"}
    assert hung["not_sent", "queue_full"] > 0


def assert_the_log_is_whole(sidecar: Sidecar) -> None:
    """A log that lived through it: SQLite finds no damage, and no record is half there."""
    assert [tuple(row) for row in sidecar.rows("pragma integrity_check")] == [("ok",)]
    halves = """select count(*) from exchanges as e where
        (select count(*) from observations as o where o.exchange = e.number) != 2
        or not exists (select 1 from requests as r where r.exchange = e.number)"""
    assert [tuple(row) for row in sidecar.rows(halves)] == [(0,)]
