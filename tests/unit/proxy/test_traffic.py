"""What exchanges share: the request line, and the end of all of them."""

import asyncio
import gc

import pytest

from shadowbench.http1.origin import OriginOptions
from tests.integration.proxying import CHUNKED, GET, LAST, OK, chunks, head, on_uvloop, post
from tests.unit.http1.wires import Bench


@on_uvloop
async def test_draining_closes_what_rests_and_waits_for_what_works():
    bench = Bench()
    resting, working, arriving = bench.client(), bench.client(), bench.client()
    working.receive(post())
    production = await bench.production()
    production.receive(CHUNKED + chunks(b"one"))
    arriving.receive(GET[:20])
    draining = asyncio.get_running_loop().create_task(bench.traffic.drained(10.0))
    await bench.settle()
    assert resting.is_lost and not working.is_lost and not arriving.is_lost
    production.receive(LAST)
    assert working.take().endswith(chunks(b"one") + LAST)
    arriving.receive(GET[20:])
    await bench.settle()
    bench.origin.wires[-1].receive(OK)
    assert b"\r\nConnection: close\r\n" in arriving.take()
    assert await draining
    await bench.close()


@on_uvloop
async def test_draining_answers_what_is_pipelined():
    bench = Bench()
    client = bench.client()
    client.receive(GET + GET)
    production = await bench.production()
    draining = asyncio.get_running_loop().create_task(bench.traffic.drained(10.0))
    await bench.settle()
    production.receive(OK)
    await bench.settle()
    bench.origin.wires[-1].receive(OK)
    assert client.take().count(b"HTTP/1.1 200") >= 1
    assert await draining
    await bench.close()


@on_uvloop
async def test_draining_waits_until_the_client_took_the_last_byte():
    bench = Bench()
    client = bench.client()
    client.receive(GET)
    production = await bench.production()
    client.holds = True
    draining = asyncio.get_running_loop().create_task(bench.traffic.drained(10.0))
    await bench.settle()
    production.receive(OK)
    await bench.settle()
    assert bench.traffic.active == 0 and not draining.done()
    client.release()
    assert await draining
    await bench.close()


@on_uvloop
async def test_a_client_that_comes_through_the_door_too_late_is_sent_away():
    bench = Bench()
    assert await bench.traffic.drained(1.0)
    late = bench.client()
    await bench.settle()
    assert late.is_lost
    await bench.close()


@on_uvloop
async def test_past_the_deadline_everybody_is_cut_off():
    bench = Bench()
    waiting, streaming = bench.client(), bench.client()
    for client in (waiting, streaming):
        client.receive(post())
    await bench.settle()
    bench.origin.wires[1].receive(b"HTTP/1.1 200 OK\r\n\r\nhalf")
    assert not await bench.traffic.drained(0.0)
    await bench.settle()
    assert waiting.is_lost and streaming.is_lost and streaming.was_reset
    assert bench.counters.get("proxy_cancelled_requests_total", (("reason", "shutdown"),)) == 2
    await bench.close()


@on_uvloop
async def test_the_request_line_has_the_base_path_except_before_an_asterisk():
    bench = Bench(production=OriginOptions(url="http://production.test/base"))
    client = bench.client()
    client.receive(head(first="GET /a?b HTTP/1.1") + head(first="OPTIONS * HTTP/1.1"))
    production = await bench.production()
    assert production.take() == b"GET /base/a?b HTTP/1.1\r\nHost: production.test\r\n\r\n"
    production.receive(OK)
    assert production.take() == b"OPTIONS * HTTP/1.1\r\nHost: production.test\r\n\r\n"
    production.receive(OK)
    await bench.close()


@on_uvloop
async def test_a_report_counts_connections_requests_and_answers():
    bench = Bench()
    client = bench.client()
    bench.client()
    client.receive(GET + GET)
    (await bench.production()).receive(OK)
    bench.traffic.report(bench.counters)
    counts = {sample.name: sample.value for sample in bench.counters.snapshot()}
    assert counts["proxy_accepted_connections_total"] == counts["proxy_open_connections"] == 2
    assert counts["proxy_requests_total"] == 2 and counts["proxy_answered_requests_total"] == 1
    assert counts["proxy_active_requests"] == counts["proxy_production_connections"] == 1
    await bench.close()


@on_uvloop
async def test_faults_are_counted_from_zero_so_that_the_first_is_an_increase():
    bench = Bench()
    told = {dict(labels)["reason"]: value for labels, value in bench.counters.series("proxy_production_faults_total")}
    assert {"production_refused", "production_reset", "production_idle_timed_out"} <= set(told)
    assert not any(told.values())
    await bench.close()


class Broken:
    """No connection, which shows when it is used."""

    def begin(self, *_given, **_named):
        raise RuntimeError("no request can begin")

    def abort(self):
        """Nothing to close."""


@pytest.mark.parametrize("bug", [RuntimeError("File descriptor 7 is used by transport"), Broken()])
@on_uvloop
async def test_a_bug_while_connecting_is_told_and_no_client_waits_for_its_end(bug):
    told = []
    asyncio.get_running_loop().set_exception_handler(lambda _loop, context: told.append(context["exception"]))
    bench = Bench()
    bench.origin.bug = bug
    client = bench.client()
    client.receive(post())
    await bench.settle()
    assert client.take().startswith(b"HTTP/1.1 502 ")
    assert not bench.traffic.active
    gc.collect()
    assert [type(error) for error in told] in ([RuntimeError], [TypeError])  # compiled code takes connections alone
    bench.origin.bug = None
    client.receive(post())
    await bench.settle()
    bench.origin.wires[-1].receive(OK)
    assert client.take().startswith(b"HTTP/1.1 200 ")
    await bench.close()
