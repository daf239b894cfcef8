"""Production's faults in the log."""

from __future__ import annotations

import asyncio
from typing import Any

from shadowbench.proxy.lines import Naming
from tests.integration.proxying import OK, head, on_uvloop
from tests.unit.http1.wires import Bench

CANARY = "cAnArY-7f3a9e"


class Log:
    def __init__(self) -> None:
        self.lines: list[dict[str, Any]] = []

    def __call__(self, level: str, event: str, **fields: object) -> None:
        self.lines.append({"level": level, "event": event, **fields})


def complaining(**given: Any) -> tuple[Bench, Log]:
    log = Log()
    return Bench(naming=Naming(routes=("/chat/completions",)), log=log, **given), log


def request(number: int = 1) -> bytes:
    """One that has secrets wherever clients put them."""
    return (
        head(
            f"Authorization: Bearer {CANARY}",
            f"x-request-id: r-{number}",
            f"x-note: {CANARY}",
            f"Content-Length: {len(CANARY)}",
            first=f"POST /v1/chat/completions?key={CANARY} HTTP/1.1",
        )
        + CANARY.encode()
    )


@on_uvloop
async def test_a_fault_names_its_request_and_quotes_nothing_of_it():
    bench, log = complaining()
    for start in (b"", OK[:-1], CANARY.encode() * 9):
        client = bench.client()
        client.receive(request())
        production = await bench.production()
        production.receive(start)
        production.break_()
        await bench.settle()
    before, within, nonsense = log.lines
    assert before == {
        "level": "warning",
        "event": "production failed: production_reset",
        "status": 502,
        "broken_off": False,
        "request_id": "r-1",
        "trace_id": None,
        "method": "POST",
        "route": "/chat/completions",
        "path": "/v1/chat/completions",
        "upstream": "production.test",
    }
    assert (within["status"], within["broken_off"]) == (None, True)
    assert nonsense["event"] == "production failed: production_bad_response"
    assert CANARY not in str(log.lines)
    await bench.close()


@on_uvloop
async def test_of_many_faults_few_are_told_and_all_are_counted():
    bench, log = complaining()
    bench.origin.fault = "refused"
    client = bench.client()
    for number in range(50):
        client.receive(request(number))
        await bench.settle()
    assert [line["request_id"] for line in log.lines] == [f"r-{number}" for number in range(5)]
    bench.ticker.pass_time(5.0)
    client.receive(request(99))
    await bench.settle()
    assert (log.lines[-1]["request_id"], log.lines[-1]["suppressed"]) == ("r-99", 45)
    assert bench.counters.get("proxy_production_faults_total", (("reason", "production_refused"),)) == 51
    await bench.close()


@on_uvloop
async def test_a_bug_of_ours_in_a_line_is_not_the_clients():
    def broken(*_: object, **__: object) -> None:
        raise RuntimeError("a bug")

    told: list[dict[str, Any]] = []
    asyncio.get_running_loop().set_exception_handler(lambda _, context: told.append(context))
    bench = Bench(log=broken)
    bench.origin.fault = "refused"
    client = bench.client()
    client.receive(request())
    await bench.settle()
    assert client.take().startswith(b"HTTP/1.1 502 ") and len(told) == 1
    await bench.close()


@on_uvloop
async def test_who_leaves_is_no_fault_of_productions():
    bench, log = complaining()
    client = bench.client()
    client.receive(request())
    await bench.settle()
    client.break_()
    await bench.settle()
    assert log.lines == []
    await bench.close()
