"""Exchanges over wires in memory: the moments that real sockets reach only by luck."""

import asyncio

import pytest

from shadowbench.http1.requests import ServerOptions
from shadowbench.proxy.copying import Copy
from shadowbench.proxy.tap import Tap
from tests.compiling import interpreted
from tests.integration.proxying import (
    CHUNKED,
    GET,
    LAST,
    OK,
    SALT,
    chunks,
    eventually,
    head,
    make_policy,
    on_uvloop,
    post,
)
from tests.unit.http1.wires import HIGH_WATER, Bench, Wire

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
    bench.ticker.pass_time(299.0)
    production.release()
    bench.ticker.pass_time(59.0)
    client.receive(b"ab")
    production.receive(OK)
    assert client.take() == OK
    await bench.close()


# ── production that answers under an upload ──


@pytest.mark.parametrize("said", ["nothing", "something", "more than the client takes"])
@pytest.mark.parametrize("tls", [False, True])
@on_uvloop
async def test_an_upload_over_tls_waits_a_moment_until_what_production_said_was_read(tls, said):
    bench = Bench()
    client = bench.client()
    client.receive(head(f"Content-Length: {len(BIG) + 2}"))
    production = await bench.production()
    production.tls = tls
    client.receive(b"1")
    if said == "more than the client takes":
        client.holds = True
        production.receive(CHUNKED + chunks(BIG))
        assert not production.is_reading
    if said != "nothing":
        production.far_end.sendall(b"in TLS, what it is shows only when it was read")
    production.take()
    client.receive(BIG)
    client.receive(b"2")
    waits = tls and said == "something"
    assert production.sent == (b"" if waits else BIG + b"2")
    client.release()
    await eventually(lambda: production.sent == BIG + b"2")
    await bench.close()


@on_uvloop
async def test_an_answer_that_was_read_in_that_moment_ends_the_upload():
    bench = Bench()
    client = bench.client()
    client.receive(head(f"Content-Length: {len(BIG) + 2}"))
    production = await bench.production()
    production.tls = True
    client.receive(b"1")
    production.take()
    production.far_end.sendall(b"in TLS")
    client.receive(BIG)
    production.receive(OK)
    assert client.take().startswith(b"HTTP/1.1 200 OK\r\n") and production.was_aborted
    await asyncio.sleep(0.005)
    assert production.take() == b""
    await bench.close()


# ── production that does not take a request ──

_STOPPED = (("reason", "production_upload_timed_out"),)


async def _held_back(*, ended: bool = False, **given: float | None) -> tuple[Bench, Wire, Wire]:
    """A bench, a client and a production that reads no more of the client's request; `ended`: that is whole."""
    bench = Bench(server=ServerOptions(body_timeout_s=2.0), **given)
    client = bench.client()
    client.receive(head(f"Content-Length: {len(BIG) + (0 if ended else 1)}"))
    production = await bench.production()
    production.holds = True
    client.receive(BIG)
    assert not client.is_reading and production.unsent == BIG
    return bench, client, production


@pytest.mark.parametrize("ended", [False, True])
@pytest.mark.parametrize(
    "given",
    [{"first_byte_timeout_s": 10.0, "idle_timeout_s": 99.0}, {"first_byte_timeout_s": None, "idle_timeout_s": 10.0}],
)
@on_uvloop
async def test_a_production_that_does_not_take_the_rest_of_a_request_has_a_time_for_it(given, ended):
    bench, client, production = await _held_back(ended=ended, **given)
    bench.ticker.pass_time(9.0)
    assert bench.traffic.active == 1 and not client.sent, "the client is not late: nobody reads what it sends"
    bench.ticker.pass_time(2.0)
    assert client.sent.startswith(b"HTTP/1.1 504 ") and b"production stopped reading the request" in client.sent
    assert production.was_aborted
    assert bench.counters.get("proxy_production_faults_total", _STOPPED) == 1
    await bench.close()


@on_uvloop
async def test_a_production_that_takes_a_request_slowly_has_its_time_to_think_behind_that():
    bench, client, production = await _held_back(ended=True, first_byte_timeout_s=10.0)
    while production.unsent:
        bench.ticker.pass_time(9.0)
        production.unsent = production.unsent[10_000:]
    bench.ticker.pass_time(9.0)
    assert not client.sent
    bench.ticker.pass_time(9.0)
    assert not client.sent, "it has all of it for nine seconds"
    bench.ticker.pass_time(2.0)
    assert b"production_first_byte_timed_out" in client.sent
    await bench.close()


@on_uvloop
async def test_an_upload_may_last_longer_than_any_bound_and_wait_at_its_end():
    bench = Bench(server=ServerOptions(body_timeout_s=60.0), first_byte_timeout_s=10.0, idle_timeout_s=10.0)
    client = bench.client()
    client.receive(head(f"Content-Length: {len(BIG) + 20}"))
    production = await bench.production()
    for _ in range(20):
        client.receive(b"x")
        bench.ticker.pass_time(59.0)
    production.holds = True
    client.receive(BIG)
    bench.ticker.pass_time(9.0)
    assert not client.sent
    production.release()
    production.receive(OK)
    assert client.take() == OK
    await bench.close()


@on_uvloop
async def test_without_any_bound_production_may_hold_a_request_back_for_ever():
    bench, client, _ = await _held_back(first_byte_timeout_s=None, idle_timeout_s=None)
    bench.ticker.pass_time(36_000.0)
    assert bench.traffic.active == 1 and not client.sent
    await bench.close()


EXPECTS = head("Content-Length: 2", "Expect: 100-Continue ")


@pytest.mark.parametrize(
    "given",
    [{"first_byte_timeout_s": 10.0, "idle_timeout_s": 99.0}, {"first_byte_timeout_s": None, "idle_timeout_s": 10.0}],
)
@on_uvloop
async def test_a_client_that_waits_for_a_100_is_not_late_but_production_is(given):
    bench = Bench(server=ServerOptions(body_timeout_s=2.0), **given)
    client = bench.client()
    client.receive(EXPECTS)
    production = await bench.production()
    bench.ticker.pass_time(9.0)
    assert not client.sent
    bench.ticker.pass_time(2.0)
    assert client.sent.startswith(b"HTTP/1.1 504 ") and b"production_first_byte_timed_out" in client.sent
    assert production.was_aborted
    await bench.close()


@pytest.mark.parametrize("began", ["told", "impatient"])
@on_uvloop
async def test_a_client_that_was_told_to_go_on_or_did_so_may_be_late(began):
    bench = Bench(server=ServerOptions(body_timeout_s=2.0), first_byte_timeout_s=10.0)
    client = bench.client()
    client.receive(EXPECTS)
    production = await bench.production()
    bench.ticker.pass_time(9.0)
    if began == "told":
        production.receive(b"HTTP/1.1 100 Continue\r\n\r\n")
        assert client.take() == b"HTTP/1.1 100 Continue\r\n\r\n"
    else:
        client.receive(b"a")
    bench.ticker.pass_time(1.9)
    assert not client.sent, "its time begins here"
    bench.ticker.pass_time(0.2)
    assert client.sent.startswith(b"HTTP/1.1 408 ")
    await bench.close()


@on_uvloop
async def test_a_client_that_waits_for_a_100_is_not_late_while_requests_before_it_have_their_turn():
    bench = Bench(server=ServerOptions(body_timeout_s=2.0))
    client = bench.client()
    client.receive(GET + EXPECTS)
    production = await bench.production()
    bench.ticker.pass_time(60.0)
    production.receive(OK)
    assert client.take() == OK
    second = await bench.production()
    bench.ticker.pass_time(60.0)
    assert not client.sent
    second.receive(b"HTTP/1.1 100 Continue\r\n\r\n")
    client.receive(b"ab")
    second.receive(OK)
    assert client.take().endswith(OK)
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


@interpreted
@pytest.mark.parametrize("operation", list(_TOLD_AS))
def test_a_fault_of_ours_while_copying_reaches_no_client(operation: str, monkeypatch: pytest.MonkeyPatch):
    def broken(*_: object, **__: object) -> None:
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
