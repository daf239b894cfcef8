"""Exchanges over wires in memory: the moments that real sockets reach only by luck."""

import asyncio

import pytest

from shadowbench.http1.requests import ServerOptions
from shadowbench.proxy.copying import Copy
from shadowbench.proxy.tap import Tap
from tests.integration.proxying import CHUNKED, GET, LAST, OK, SALT, chunks, head, make_policy, on_uvloop, post
from tests.unit.http1.wires import HIGH_WATER, Bench

BIG = b"x" * (2 * HIGH_WATER)
BIG_OK = b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % len(BIG) + BIG


@on_uvloop
async def test_last_bytes_that_a_client_does_not_take_leave_the_pooled_connection_reading():
    bench = Bench()
    slow = bench.client()
    slow.receive(GET)
    production = await bench.production()
    slow.holds = True
    production.receive(BIG_OK)
    assert bench.traffic.answered == 1 and len(slow.unsent) == len(BIG_OK)
    assert production.is_reading
    quick = bench.client()
    quick.receive(GET)
    production.receive(OK)
    assert quick.take() == OK
    slow.release()
    assert slow.take() == BIG_OK
    await bench.close()


@on_uvloop
async def test_a_pipelined_answer_waits_until_the_one_before_it_is_taken():
    bench = Bench()
    client = bench.client()
    client.receive(GET + GET)
    production = await bench.production()
    client.holds = True
    production.receive(BIG_OK)
    assert bench.traffic.begun == 2
    assert not production.is_reading
    client.release()
    assert production.is_reading
    production.receive(OK)
    assert client.take() == BIG_OK + OK
    await bench.close()


@on_uvloop
async def test_an_answer_before_production_took_the_request_ends_the_connection_and_frees_the_client():
    bench = Bench()
    client = bench.client()
    client.receive(head(f"Content-Length: {len(BIG)}"))
    production = await bench.production()
    production.holds = True
    client.receive(BIG[:-1])
    assert not client.is_reading
    client.protocol._start_reading()  # the last byte was read together with those before it
    client.receive(BIG[-1:])
    client.protocol._stop_reading()
    production.receive(OK)
    assert client.take() == OK
    assert production.was_aborted, "unsent bytes would stand before the next request"
    assert client.is_reading
    client.receive(GET)
    other = await bench.production()
    assert other is not production and other.take().startswith(b"GET ")
    other.receive(OK)
    assert client.take() == OK
    await bench.close()


@on_uvloop
async def test_a_closing_client_has_time_as_long_as_it_reads():
    bench = Bench(server=ServerOptions(body_timeout_s=60.0))
    client = bench.client()
    client.receive(head("Connection: close", first="GET / HTTP/1.1"))
    production = await bench.production()
    client.holds = True
    production.receive(BIG_OK)
    assert client.is_closing()
    for _ in range(4):
        bench.ticker.pass_time(50.0)
        client.sent, client.unsent = client.sent + client.unsent[:100], client.unsent[100:]
    assert not client.was_aborted
    bench.ticker.pass_time(50.0)
    bench.ticker.pass_time(61.0)
    assert client.was_aborted
    await bench.close()


@on_uvloop
async def test_time_in_which_we_do_not_read_is_not_the_clients():
    bench = Bench(server=ServerOptions(body_timeout_s=60.0, head_timeout_s=30.0))
    client = bench.client()
    client.receive(GET + post(BIG) + b"POST /late HTTP/1.1\r\nHost")
    production = await bench.production()
    assert not client.is_reading
    bench.ticker.pass_time(3600.0)
    production.receive(OK)
    assert client.take() == OK
    second = await bench.production()  # the first is too old by now
    assert client.is_reading
    bench.ticker.pass_time(29.0)
    client.receive(b": x\r\nContent-Length: 2\r\n\r\n1")
    assert second.take().endswith(BIG)
    second.receive(OK)
    assert second.take().endswith(b"\r\n\r\n1")
    assert client.take() == OK
    bench.ticker.pass_time(59.0)
    client.receive(b"2")
    second.receive(OK)
    assert client.take() == OK
    await bench.close()


@on_uvloop
async def test_an_upload_that_was_held_back_has_its_time_from_then_on():
    bench = Bench(server=ServerOptions(body_timeout_s=60.0))
    client = bench.client()
    client.receive(head(f"Content-Length: {len(BIG) + 2}"))
    production = await bench.production()
    production.holds = True
    client.receive(BIG)
    assert not client.is_reading
    bench.ticker.pass_time(3600.0)
    production.release()
    bench.ticker.pass_time(59.0)
    client.receive(b"ab")
    production.receive(OK)
    assert client.take() == OK
    await bench.close()


@on_uvloop
async def test_a_hundred_chunks_of_one_read_leave_in_one_write():
    bench = Bench()
    client = bench.client()
    client.receive(GET)
    production = await bench.production()
    writes = []
    write = client.write
    client.write = lambda data: (writes.append(len(data)), write(data))  # type: ignore[method-assign]
    production.receive(CHUNKED + chunks(*[b"data: %d\n\n" % n for n in range(100)]) + LAST)
    assert len(writes) == 1
    assert client.take() == CHUNKED + chunks(*[b"data: %d\n\n" % n for n in range(100)]) + LAST
    await bench.close()


@pytest.mark.parametrize("told", ["answered", "cancelled"])
@on_uvloop
async def test_a_connection_made_too_late_is_kept_for_others(told):
    bench = Bench()
    bench.origin.gate.clear()
    client = bench.client()
    client.receive(GET)
    client.break_()
    await bench.settle()
    bench.origin.gate.set()
    production = await bench.production()
    assert production.sent == b"" and len(bench.origin._idle) == 1
    other = bench.client()
    other.receive(GET)
    assert production.take().startswith(b"GET ")
    if told == "answered":
        production.receive(OK)
    await bench.close()


@on_uvloop
async def test_what_the_client_sends_while_we_connect_is_kept_in_order():
    bench = Bench()
    bench.origin.gate.clear()
    client = bench.client()
    client.receive(head("Transfer-Encoding: chunked") + chunks(b"one"))
    client.receive(chunks(b"two", b"three"))
    client.receive(LAST + GET)
    bench.origin.gate.set()
    production = await bench.production()
    assert production.take().endswith(chunks(b"one", b"two", b"three") + LAST)
    production.receive(OK)
    assert production.take().startswith(b"GET ")
    production.receive(OK)
    assert client.take() == OK + OK
    await bench.close()


@on_uvloop
async def test_a_copy_tells_how_long_the_client_held_production_back():
    bench = Bench(policy=make_policy(salt=SALT))
    client = bench.client()
    client.receive(post())
    production = await bench.production()
    client.holds = True
    production.receive(BIG_OK[:-1])
    assert not production.is_reading
    client.release()
    production.receive(BIG_OK[-1:])
    (told,) = bench.told().values()
    assert told.end is not None and told.end.paused_s > 0
    assert told.response == BIG and told.request == b"{}"
    await bench.close()


_TOLD_AS = {
    "open": "open",
    "request": "request",
    "request_end": "request",
    "response_head": "response",
    "body": "response",
    "end": "end",
}


@pytest.mark.parametrize("operation", list(_TOLD_AS))
def test_a_fault_of_ours_while_copying_reaches_no_client(operation: str, monkeypatch: pytest.MonkeyPatch):
    def broken(*_: object) -> None:
        raise ZeroDivisionError(operation)

    @on_uvloop
    async def scenario():
        faults: list[object] = []
        asyncio.get_running_loop().set_exception_handler(lambda _, context: faults.append(context["exception"]))
        bench = Bench(policy=make_policy(salt=SALT))
        client = bench.client()
        monkeypatch.setattr(*((Tap, "offer") if operation == "open" else (Copy, operation)), broken)
        client.receive(post())
        production = await bench.production()
        production.receive(OK)
        assert client.take() == OK
        bench.tell()
        assert [str(fault) for fault in faults] == [operation]
        told = _TOLD_AS[operation]
        assert bench.counters.get("handoff_errors_total", (("operation", told),)) == 1
        assert bench.tap is not None and not bench.tap.copies
        client.receive(post())
        production.receive(OK)
        assert client.take() == OK
        bench.tell()
        assert len(faults) == 1, "the log tells it once"
        assert bench.counters.get("handoff_errors_total", (("operation", told),)) == 2
        monkeypatch.undo()
        client.receive(post())
        production.receive(OK)
        assert client.take() == OK
        bench.tell()
        whole = [told for told in bench.told().values() if told.end is not None and told.end.reason is None]
        assert [told.response for told in whole] == [b"ok"]
        await bench.close()

    scenario()


@on_uvloop
async def test_what_the_proxy_adds_is_told_once_per_answer_and_leaves_out_all_waiting(monkeypatch: pytest.MonkeyPatch):
    clock = iter(range(0, 10**12, 1_000_000))  # every look at the clock is a millisecond later
    bench = Bench(policy=None)
    monkeypatch.setattr("shadowbench.proxy.exchange.time.monotonic_ns", lambda: next(clock))
    client = bench.client()
    client.receive(post())
    production = await bench.production()  # a second, a minute: waiting for it is not ours
    for _ in range(60_000):
        next(clock)
    production.receive(OK)
    assert client.take() == OK
    bench.traffic.report(bench.counters)
    assert bench.counters.get("proxy_overhead_seconds_count") == 1
    # From the connection that stood to the write, and from the answer's head to its write: one look apart each.
    assert bench.counters.get("proxy_overhead_seconds_sum") == pytest.approx(0.002)
    await bench.close()
