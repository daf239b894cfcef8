"""The score log, given to one at a time."""

import asyncio
import threading

import pytest

from shadowbench.scoring.ledger import Ledger
from shadowbench.store.scoring import Claim
from tests.sidecars import eventually

CLAIM = Claim(lease=1, owner="me", lane="metrics", first=1, last=2, missing={})


class Log:
    """Counts renewals; says no from the third on."""

    def __init__(self) -> None:
        self.renewed: list[float] = []

    def renew(self, claim: Claim, *, now: float, lease_s: float) -> bool:
        self.renewed.append(now)
        return len(self.renewed) < 3

    def close(self) -> None:
        pass


def ledger_of(log: Log) -> Ledger:
    return Ledger(log)  # type: ignore[arg-type]


async def test_work_is_done_in_another_thread_one_after_the_other() -> None:
    ledger, inside, most, threads = ledger_of(Log()), 0, 0, set()
    lock = threading.Lock()

    def work(log: object) -> int:
        nonlocal inside, most
        with lock:
            inside += 1
            most = max(most, inside)
        threads.add(threading.get_ident())
        with lock:
            inside -= 1
        return 7

    assert await asyncio.gather(*(ledger.do(work) for _ in range(20))) == [7] * 20
    assert most == 1
    assert threading.get_ident() not in threads


async def test_what_was_begun_is_brought_to_its_end_before_anybody_else_gets_the_log() -> None:
    ledger, order = ledger_of(Log()), []
    begun, may_end = threading.Event(), threading.Event()

    def slow(log: object) -> None:
        begun.set()
        may_end.wait(10)
        order.append("slow")

    task = asyncio.get_running_loop().create_task(ledger.do(slow))
    await asyncio.to_thread(begun.wait, 10)
    task.cancel()
    second = asyncio.get_running_loop().create_task(ledger.do(lambda log: order.append("second")))
    await asyncio.sleep(0)
    may_end.set()
    with pytest.raises(asyncio.CancelledError):
        await task
    await second
    assert order == ["slow", "second"]


async def test_a_lease_is_renewed_until_it_is_lost_or_over() -> None:
    log = Log()
    ledger = ledger_of(log)
    async with ledger.keeping(CLAIM, lease_s=0.003, now=lambda: 5.0):
        await eventually(lambda: len(log.renewed) == 3)
    assert log.renewed == [5.0] * 3
    log.renewed.clear()
    async with ledger.keeping(CLAIM, lease_s=1000.0, now=lambda: 5.0):
        pass
    assert log.renewed == []
