"""The access log: which requests get a line, what it says, and what it costs when nobody reads it."""

from __future__ import annotations

import asyncio
import json
import random
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from shadowbench.outlet import Outlet
from shadowbench.proxy import access
from shadowbench.proxy.access import AccessLog
from shadowbench.proxy.exchange import Exchange
from shadowbench.proxy.lines import Naming
from shadowbench.proxy.options import AccessLogOptions
from tests.integration.proxying import CHUNKED, GET, LAST, OK, chunks, head, make_policy, on_uvloop, post
from tests.unit.http1.wires import Bench

ALL = AccessLogOptions(sample_rate=1.0)
NAMING = Naming(routes=("/chat/completions",))
TRACE = "4bf92f3577b34da6a3ce929d0e0e4736"


class Paper(Outlet):
    """An outlet that keeps what is written; `is_full`: it takes nothing."""

    def __init__(self) -> None:
        super().__init__()
        self.lines: list[dict[str, Any]] = []
        self.is_full = False

    def write(self, line: bytes, *, keep: bool = True) -> bool:
        assert not keep, "lines of requests are not worth keeping"
        if not self.is_full:
            self.lines.append(json.loads(line))
        return not self.is_full


@contextmanager
def logged(options: AccessLogOptions = ALL, **given: Any) -> Iterator[tuple[Bench, Paper]]:
    """A worker whose access log is written on paper."""
    bench, paper = Bench(naming=NAMING, **given), Paper()
    bench.traffic.log_access(options)
    if bench.traffic._access is not None:
        bench.traffic._access._outlet = paper
    yield bench, paper


async def lines_of(bench: Bench, paper: Paper) -> list[dict[str, Any]]:
    await bench.close()
    if bench.traffic._access is not None:
        bench.traffic._access.close()
    return paper.lines


@on_uvloop
async def test_a_line_says_which_request_and_how_it_went():
    with logged() as (bench, paper):
        client = bench.client()
        client.receive(
            post(b"four", f"traceparent: 00-{TRACE}-00f067aa0ba902b7-01", path="/v1/chat/completions?key=canary")
        )
        production = await bench.production()
        production.receive(
            CHUNKED.replace(b"\r\n\r\n", b"\r\nContent-Type: text/event-stream\r\nx-request-id: req-9\r\n\r\n")
        )
        production.receive(chunks(b"data: 1\n\n", b"data: 2\n\n") + LAST)
        (line,) = await lines_of(bench, paper)
    timed = [line.pop(name) for name in ("timestamp", "pid", "first_byte_s", "duration_s")]
    assert timed[0].endswith("Z") and 0 < timed[2] <= timed[3] < 20
    assert line == {
        "level": "info",
        "event": "request",
        "role": "proxy",
        "request_id": "req-9",
        "trace_id": TRACE,
        "method": "POST",
        "route": "/chat/completions",
        "path": "/v1/chat/completions",
        "status": 200,
        "outcome": "ok",
        "request_bytes": 4,
        "response_bytes": 18,
        "stream": True,
        "upstream": "production.test",
    }


@on_uvloop
async def test_each_end_of_a_request_is_told_once():
    with logged() as (bench, paper):
        # Production breaks before its head, and in the middle of its answer.
        for start in (b"", OK[:-1]):
            client = bench.client()
            client.receive(post())
            production = await bench.production()
            production.receive(start)
            production.break_()
            await bench.settle()
        # The client leaves; production is not there at all; an answer comes before the request is whole.
        leaving = bench.client()
        leaving.receive(post())
        await bench.settle()
        leaving.break_()
        await bench.settle()
        bench.origin.fault = "refused"
        bench.client().receive(GET)
        await bench.settle()
        bench.origin.fault = None
        early = bench.client()
        early.receive(head("Content-Length: 9"))
        (await bench.production()).receive(OK)
        await bench.settle()
        told = [(line["status"], line["outcome"]) for line in await lines_of(bench, paper)]
    assert told == [
        (502, "production_reset"),
        (200, "production_reset"),
        (None, "client_cancelled"),
        (502, "production_refused"),
        (200, "early_answer"),
    ]


@on_uvloop
async def test_a_tunnel_is_told_when_it_ends():
    with logged() as (bench, paper):
        client = bench.client()
        client.receive(head("Connection: upgrade", "Upgrade: echo", first="GET /ws HTTP/1.1"))
        production = await bench.production()
        production.receive(b"HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\nUpgrade: echo\r\n\r\nabc")
        assert paper.lines == []
        client.break_()
        await bench.settle()
        (line,) = await lines_of(bench, paper)
    assert (line["status"], line["outcome"], line["response_bytes"]) in [
        (101, "tunnel", 3),
        (101, "client_cancelled", 3),
    ]


@on_uvloop
async def test_what_the_client_and_the_mirror_get_is_the_same():
    answers, copies = [], []
    for options in (AccessLogOptions(), ALL):
        with logged(options, policy=make_policy()) as (bench, _):
            client = bench.client()
            client.receive(post(b"body"))
            production = await bench.production()
            asked = production.take()
            production.receive(CHUNKED + chunks(b"one", b"two") + LAST)
            answers.append((asked, client.take()))
            (told,) = bench.told().values()
            copies.append((told.kinds, told.request, told.response))
            await bench.close()
    assert answers[0] == answers[1] and copies[0] == copies[1]


@on_uvloop
async def test_off_it_is_not_there():
    with logged(AccessLogOptions()) as (bench, _):
        assert bench.traffic._exchange is Exchange and bench.traffic._access is None
        await bench.close()


@on_uvloop
async def test_turned_on_and_off_what_is_under_way_goes_on_as_it_began():
    with logged(AccessLogOptions()) as (bench, _):
        before = bench.client()
        before.receive(GET)
        await bench.settle()
        bench.traffic.log_access(ALL)
        paper, log = Paper(), bench.traffic._access
        assert log is not None
        log._outlet = paper
        during = bench.client()
        during.receive(GET)
        await bench.settle()
        bench.traffic.log_access(AccessLogOptions())
        for wire in list(bench.origin.wires):
            wire.receive(OK)
        assert (before.take(), during.take()) == (OK, OK)
        log.close()
        assert len(paper.lines) == 1
        await bench.close()


@on_uvloop
async def test_a_share_is_drawn_by_lot():
    with logged(AccessLogOptions(sample_rate=0.25, max_per_second=10_000)) as (bench, paper):
        log = bench.traffic._access
        assert log is not None
        log._chance = random.Random(5)
        client = bench.client()
        client.receive(GET)
        production = await bench.production()
        production.receive(OK)
        for _ in range(399):
            client.receive(GET)
            production.receive(OK)
        assert 75 <= len(await lines_of(bench, paper)) <= 125


@on_uvloop
async def test_a_bug_of_ours_in_a_line_is_not_the_clients(monkeypatch: pytest.MonkeyPatch):
    def broken(*_: object) -> str:
        raise RuntimeError("a bug")

    told: list[dict[str, Any]] = []
    asyncio.get_running_loop().set_exception_handler(lambda _, context: told.append(context))
    monkeypatch.setattr(access, "shown_path", broken)
    with logged() as (bench, paper):
        client = bench.client()
        client.receive(GET + GET)
        production = await bench.production()
        production.receive(OK)
        production.receive(OK)
        assert client.take() == OK + OK
        assert await lines_of(bench, paper) == []
        assert dropped(bench, "fault") == 2 and len(told) == 2


# ── bounds ──


def a_log(options: AccessLogOptions, bench: Bench, now: list[float]) -> tuple[AccessLog, Paper]:
    paper = Paper()
    log = AccessLog(
        options,
        naming=NAMING,
        upstream="u",
        counters=bench.counters,
        chance=random.Random(1),
        outlet=paper,
        now=lambda: now[0],
    )
    return log, paper


def dropped(bench: Bench, reason: str) -> float:
    return bench.counters.get("access_log_dropped_total", (("reason", reason),))


@on_uvloop
async def test_above_so_many_a_second_lines_are_dropped_and_counted():
    bench, now = Bench(), [100.0]
    log, paper = a_log(AccessLogOptions(sample_rate=1.0, max_per_second=3), bench, now)
    request = make_head()
    for _ in range(10):
        log.take(request, None)
    now[0] = 101.0
    log.take(request, None)
    log.close()
    assert len(paper.lines) == 4 and dropped(bench, "rate") == 7
    assert bench.counters.get("access_log_lines_total") == 4
    await bench.close()


@on_uvloop
async def test_what_nobody_takes_is_dropped_and_counted():
    bench = Bench()
    log, paper = a_log(AccessLogOptions(sample_rate=1.0, max_per_second=10_000), bench, [0.0])
    paper.is_full = True
    for _ in range(1500):
        log.take(make_head(), None)
    assert dropped(bench, "stderr") == 500  # so many wait, and no more
    log.close()
    assert dropped(bench, "stderr") == 1500 and paper.lines == []
    await bench.close()


@on_uvloop
async def test_a_burst_is_written_in_several_turns(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(access, "_GATHER_S", 0.0)
    monkeypatch.setattr(access, "_NEXT_TURN_S", 0.0)
    bench = Bench()
    log, paper = a_log(AccessLogOptions(sample_rate=1.0, max_per_second=10_000), bench, [0.0])
    for _ in range(25):
        log.take(make_head(), None)
    seen = []
    while len(paper.lines) < 25:
        await asyncio.sleep(0)
        seen.append(len(paper.lines))
    assert set(seen) <= {0, 10, 20, 25} and {10, 20} <= set(seen)
    await bench.close()


def make_head() -> Any:
    from shadowbench.http1.requests import RequestHead

    request = RequestHead()
    request.method, request.path = b"GET", b"/"
    return request
