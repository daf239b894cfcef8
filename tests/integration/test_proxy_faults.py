"""Production breaks, in every place: what the client sees, and that the request is never sent again.

Covers CT-46, CT-48, CT-66, CT-67 and CT-68.
"""

import re
import socket

import pytest

from shadowbench.http1.requests import ServerOptions
from tests.integration.proxying import (
    CHUNKED,
    GET,
    LAST,
    OK,
    byte_by_byte,
    chunks,
    dechunk,
    eventually,
    head,
    on_uvloop,
    post,
    stage,
    whole,
)

SIZED = b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n"
UNTIL_EOF = b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\n"


def fault_of(answer: bytes) -> tuple[int, str]:
    """Status and code of an answer made by us; the code stands in header and body alike."""
    found = re.match(rb"HTTP/1\.1 (\d+) .*?\r\nx-shadowbench-fault: (\S+)\r\n(?:.*?\r\n)?\r\n(.*)", answer, re.DOTALL)
    assert found is not None, answer
    assert b'"code": "%b"' % found[2] in found[3]
    return int(found[1]), found[2].decode()


@pytest.mark.parametrize("ending", ["close", "reset"])
@pytest.mark.parametrize("sent", [b"", b"HTTP/1.1 200 OK\r\nContent-Le"])
@on_uvloop
async def test_production_that_breaks_before_its_head_is_a_502_and_the_request_is_not_sent_again(ending, sent):
    async with stage() as it:
        client = await it.client()
        await client.send(post())
        production = await it.production.accept()
        await production.message()
        await production.send(sent)
        if sent:
            await eventually(lambda: it.connection.current._connection._got_byte)
        getattr(production, ending)()
        expected = "production_truncated" if sent and ending == "close" else "production_reset"
        assert fault_of(await client.message()) == (502, expected)
        await client.send(GET)
        again = await it.production.accept()
        assert (await again.message()).startswith(b"GET /v1/models ")
        await again.send(OK)
        assert await client.message() == OK
        assert it.traffic.begun == 2 and len(it.production.peers) == 2


@pytest.mark.parametrize("ending", ["close", "reset"])
@on_uvloop
async def test_a_connection_that_dies_on_reuse_is_told_as_stale_and_not_tried_again(ending):
    async with stage() as it:
        client = await it.client()
        await client.send(GET)
        production = await it.production.accept()
        await production.message()
        await production.send(OK)
        await client.message()
        await client.send(post(b"once"))
        assert (await production.message()).endswith(b"once")
        getattr(production, ending)()
        assert fault_of(await client.message()) == (502, "production_stale")
        await client.send(GET)
        again = await it.production.accept()
        assert b"once" not in await again.message()
        await again.send(OK)
        assert await client.message() == OK


@pytest.mark.parametrize("ending", ["close", "reset"])
@on_uvloop
async def test_a_connection_that_production_closed_at_rest_is_not_used_again(ending):
    async with stage() as it:
        client = await it.client()
        await client.send(GET)
        production = await it.production.accept()
        await production.message()
        await production.send(OK)
        await client.message()
        pooled = it.origin._idle[-1]
        getattr(production, ending)()
        while not pooled.is_stale():  # the kernel knows; whether our loop was told does not matter
            pass
        await client.send(post())
        again = await it.production.accept()
        await again.message()
        await again.send(OK)
        assert await client.message() == OK


@pytest.mark.parametrize("ending", ["close", "reset"])
@on_uvloop
async def test_chunks_that_break_off_have_no_end_at_the_client(ending):
    async with stage() as it:
        client = await it.client()
        await client.send(GET)
        production = await it.production.accept()
        await production.message()
        await production.send(CHUNKED + chunks(b"first"))
        assert (await client.until(b"first\r\n")).startswith(CHUNKED)
        getattr(production, ending)()
        assert await client.rest() == b""
        reason = "production_truncated" if ending == "close" else "production_reset"
        assert it.counted("proxy_production_faults_total", reason=reason) == 1


@pytest.mark.parametrize("ending", ["close", "reset"])
@on_uvloop
async def test_a_body_that_breaks_off_is_short_at_the_client(ending):
    async with stage() as it:
        client = await it.client()
        await client.send(GET)
        production = await it.production.accept()
        await production.message()
        await production.send(SIZED + b"first")
        assert await client.until(b"first") == SIZED + b"first"
        getattr(production, ending)()
        assert await client.rest() == b""


@on_uvloop
async def test_bytes_and_end_that_come_together_all_reach_the_client():
    async with stage() as it:
        client = await it.client()
        await client.send(GET)
        production = await it.production.accept()
        await production.message()
        await production.send(SIZED + b"x" * 99)
        production.close()
        assert await client.rest() == SIZED + b"x" * 99


@on_uvloop
async def test_a_body_that_lasts_until_the_end_of_the_connection_stays_so():
    async with stage() as it:
        client = await it.client()
        await client.send(GET + GET)
        production = await it.production.accept()
        await production.message()
        await production.send(UNTIL_EOF + b"data: 1\n\n")
        got = await client.until(b"data: 1\n\n")
        assert got == UNTIL_EOF[:-2] + b"Connection: close\r\n\r\ndata: 1\n\n"
        production.close()
        assert await client.rest() == b""
        assert it.traffic.answered == 1
        assert it.traffic.begun == 1, "what was pipelined behind has no connection to be answered on"


@on_uvloop
async def test_a_reset_of_a_body_that_lasts_until_the_end_reaches_the_client_as_a_reset():
    async with stage() as it:
        client = await it.client()
        await client.send(GET)
        production = await it.production.accept()
        await production.message()
        await production.send(UNTIL_EOF + b"data: 1\n\n")
        await client.until(b"data: 1\n\n")
        production.reset()
        assert await client.ending() == (b"", "reset")


@pytest.mark.parametrize("cut", [whole, byte_by_byte])
@on_uvloop
async def test_a_body_that_turns_to_nonsense_breaks_off(cut):
    async with stage() as it:
        client = await it.client()
        await client.send(GET)
        production = await it.production.accept()
        await production.message()
        await production.send(CHUNKED + chunks(b"first"))
        await client.until(b"first\r\n")
        try:
            await production.send(b"not a size\r\n", cut)
        except ConnectionError:
            pass  # hung up on
        assert await client.rest() == b""
        assert it.counted("proxy_production_faults_total", reason="production_bad_response") == 1


@on_uvloop
async def test_a_head_without_end_is_a_bad_response():
    async with stage() as it:
        client = await it.client()
        await client.send(GET)
        production = await it.production.accept()
        await production.message()
        await production.send(b"HTTP/1.1 200 OK\r\nX-Long: ")
        try:
            for _ in range(200):
                await production.send(b"x" * 8192)
        except ConnectionError:
            pass
        assert fault_of(await client.message()) == (502, "production_bad_response")


@on_uvloop
async def test_trailers_without_end_break_the_response_off():
    async with stage() as it:
        client = await it.client()
        await client.send(GET)
        production = await it.production.accept()
        await production.message()
        await production.send(CHUNKED + chunks(b"first") + b"0\r\nX-Long: ")
        try:
            for _ in range(200):
                await production.send(b"x" * 8192)
        except ConnectionError:
            pass
        answer = await client.rest()
        assert answer.startswith(CHUNKED + chunks(b"first")) and LAST not in answer


# ── time ──


@on_uvloop
async def test_no_answer_within_the_first_byte_time_out_is_a_504():
    async with stage(first_byte_timeout_s=10.0) as it:
        client = await it.client()
        await client.send(post())
        production = await it.production.accept()
        await production.message()
        it.pass_time(9.0)
        assert it.traffic.active == 1
        it.pass_time(2.0)
        assert fault_of(await client.message()) == (504, "production_first_byte_timed_out")
        assert await production.ending() in ((b"", "eof"), (b"", "reset"))


@on_uvloop
async def test_the_first_byte_time_out_does_not_run_during_an_upload():
    async with stage(first_byte_timeout_s=10.0) as it:
        client = await it.client()
        await client.send(head("Content-Length: 10") + b"12345")
        production = await it.production.accept()
        await production.until(b"12345")
        it.pass_time(11.0)
        await client.send(b"67890")
        assert await production.read(5) == b"67890"
        it.pass_time(9.0)
        await production.send(OK)
        assert await client.message() == OK


@on_uvloop
async def test_without_a_first_byte_time_out_production_may_think_for_an_hour():
    async with stage(idle_timeout_s=10.0) as it:
        client = await it.client()
        await client.send(post())
        production = await it.production.accept()
        await production.message()
        it.pass_time(3600.0)
        await production.send(OK)
        assert await client.message() == OK


@on_uvloop
async def test_a_stream_that_stops_is_broken_off_and_each_chunk_gives_it_more_time():
    async with stage(idle_timeout_s=10.0) as it:
        client = await it.client()
        await client.send(GET)
        production = await it.production.accept()
        await production.message()
        await production.send(CHUNKED)
        await client.head()
        for word in (b"a", b"b", b"c"):
            it.pass_time(9.0)
            await production.send(chunks(word))
            assert await client.until(b"%b\r\n" % word) == chunks(word)
        it.pass_time(11.0)
        assert await client.rest() == b""
        assert it.counted("proxy_production_faults_total", reason="production_idle_timed_out") == 1


@on_uvloop
async def test_the_idle_time_out_of_a_body_that_lasts_until_the_end_is_a_reset():
    async with stage(idle_timeout_s=10.0) as it:
        client = await it.client()
        await client.send(GET)
        production = await it.production.accept()
        await production.message()
        await production.send(UNTIL_EOF + b"data: 1\n\n")
        await client.until(b"data: 1\n\n")
        it.pass_time(11.0)
        assert await client.ending() == (b"", "reset")


# ── connecting ──


@on_uvloop
async def test_a_port_that_nobody_listens_at_is_a_502():
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    async with stage(production={"url": f"http://127.0.0.1:{port}"}) as it:
        client = await it.client()
        await client.send(post() + GET)
        assert fault_of(await client.message()) == (502, "production_refused")
        assert fault_of(await client.message()) == (502, "production_refused")
        assert it.traffic.begun == 2


@pytest.mark.parametrize("name", ["nobody.invalid", "a" * 64 + ".invalid"])
@on_uvloop
async def test_a_name_that_does_not_resolve_is_a_502(name):
    async with stage(production={"url": f"http://{name}:80"}) as it:
        client = await it.client()
        await client.send(post())
        assert fault_of(await client.message()) == (502, "production_dns")


@on_uvloop
async def test_a_server_that_does_not_speak_tls_is_a_502():
    async with stage() as plain:
        url = f"https://127.0.0.1:{plain.listening.getsockname()[1]}"
        async with stage(production={"url": url}) as it:
            client = await it.client()
            await client.send(post())
            assert fault_of(await client.message()) == (502, "production_tls")


@on_uvloop
async def test_a_server_that_accepts_nothing_is_a_504():
    with socket.create_server(("127.0.0.1", 0), backlog=0) as busy:
        fillers = []
        for _ in range(4):  # a full backlog: further SYNs get no answer
            filler = socket.socket()
            filler.setblocking(False)
            filler.connect_ex(busy.getsockname())
            fillers.append(filler)
        url = f"http://127.0.0.1:{busy.getsockname()[1]}"
        async with stage(production={"url": url, "connect_timeout_s": 0.05}) as it:
            client = await it.client()
            await client.send(post())
            assert fault_of(await client.message()) == (504, "production_connect_timed_out")
        for filler in fillers:
            filler.close()


@on_uvloop
async def test_a_head_request_is_told_of_a_fault_without_a_body():
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    async with stage(production={"url": f"http://127.0.0.1:{port}"}) as it:
        client = await it.client()
        await client.send(head(first="HEAD / HTTP/1.1") + GET)
        first = await client.head()
        assert b"x-shadowbench-fault: production_refused\r\n" in first
        assert (await client.message()).startswith(b"HTTP/1.1 502 ")


# ── answers that do not wait for the request ──


@pytest.mark.parametrize("status", [b"401 Unauthorized", b"413 Content Too Large"])
@pytest.mark.parametrize("expecting", [True, False])
@on_uvloop
async def test_an_early_answer_reaches_a_client_that_still_uploads(status, expecting):
    answer = b"HTTP/1.1 %b\r\nContent-Length: 4\r\n\r\nno!\n" % status
    async with stage() as it:
        client = await it.client()
        expect = ["Expect: 100-continue"] if expecting else []
        await client.send(head("Content-Length: 1000", *expect) + (b"" if expecting else b"x" * 500))
        production = await it.production.accept()
        await production.head()
        await production.send(answer)
        got = await client.until(b"no!\n")
        assert got == answer.replace(b"\r\n\r\n", b"\r\nConnection: close\r\n\r\n")
        await client.send(b"x" * 400)  # it has not noticed yet, and is not reset for that
        assert await client.rest() == b""
        await eventually(lambda: it.origin.connections == 0)  # half a request stands on it
        assert it.traffic.answered == 1


@on_uvloop
async def test_the_refusal_of_a_large_upload_reaches_the_client_though_production_read_none_of_it():
    async with stage(server=ServerOptions()) as it:
        client = await it.client()
        upload = post(b"x" * 30_000_000)
        sending = it.ticker._loop.create_task(client.send(upload))
        production = await it.production.accept()
        await production.head()
        await eventually(lambda: not it.connection._reading)
        await production.send(b"HTTP/1.1 413 Content Too Large\r\nContent-Length: 0\r\n\r\n")
        assert (await client.head()).startswith(b"HTTP/1.1 413 ")
        await sending  # the rest is taken and thrown away
        client.close()
        await it.at_rest()


@on_uvloop
async def test_an_answer_that_outran_the_last_bytes_of_an_upload_does_not_leave_them_to_the_next_request():
    """The request is parsed to its end, but part of it still waits for production, which answers and reads no more."""
    async with stage() as it:
        client = await it.client()
        size = 8_000_000
        sending = it.ticker._loop.create_task(client.send(head(f"Content-Length: {size}") + b"x" * size))
        production = await it.production.accept()
        await production.head()
        await sending
        await eventually(lambda: it.connection.current is not None and it.connection._body_paused)
        await production.send(OK)
        answer = await client.head()
        await client.read(2)
        if b"Connection: close" in answer:
            assert await client.rest() == b""
            return
        await client.send(GET)
        other = await it.production.accept()
        assert (await other.message()).startswith(b"GET ")
        await other.send(OK)
        assert await client.message() == OK


@on_uvloop
async def test_production_that_hangs_up_its_half_during_an_upload_it_does_not_read_is_a_502():
    async with stage() as it:
        client = await it.client()
        sending = it.ticker._loop.create_task(client.send(head("Content-Length: 90000000") + b"x" * 30_000_000))
        production = await it.production.accept()
        await production.head()
        await eventually(lambda: not it.connection._reading)
        production.half_close()
        assert fault_of(await client.until(b"}}\n")) == (502, "production_reset")
        await sending
        assert await client.rest() == b""


@pytest.mark.parametrize("size", [1_000_000, 30_000_000])
@on_uvloop
async def test_an_early_answer_reaches_the_client_although_production_closes_under_the_upload(size):
    """Unread bytes make a reset of the close, and one of our writes fails with it, often before the answer was read."""
    refusal = b"HTTP/1.1 413 Too Large\r\nContent-Length: 3\r\nConnection: close\r\n\r\nbig"
    async with stage() as it:
        for _ in range(5):
            client = await it.client()
            sending = it.ticker._loop.create_task(client.send(head(f"Content-Length: {size}") + b"x" * size))
            production = await it.production.accept()
            await production.head()
            production.sock.send(refusal)
            production.close()
            assert (await client.until(b"big")).startswith(b"HTTP/1.1 413 Too Large\r\nContent-Length: 3\r\n")
            await sending
            client.close()
        await it.at_rest()
        assert it.traffic.answered == 5


@on_uvloop
async def test_a_100_is_relayed_and_the_body_follows():
    async with stage() as it:
        client = await it.client()
        await client.send(head("Content-Length: 4", "Expect: 100-continue"))
        production = await it.production.accept()
        assert b"\r\nExpect: 100-continue\r\n" in await production.head()
        assert not client.has_more()
        await production.send(b"HTTP/1.1 100 Continue\r\n\r\n")
        assert await client.head() == b"HTTP/1.1 100 Continue\r\n\r\n"
        await client.send(b"body")
        assert await production.read(4) == b"body"
        await production.send(b"HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n" + OK)
        assert await client.head() == b"HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n"
        assert await client.message() == OK


@on_uvloop
async def test_chunks_are_whole_when_they_arrive_in_one_piece_with_their_end():
    async with stage() as it:
        _, answer = await it.exchange(GET, CHUNKED + chunks(b"a", b"b" * 30000, b"c") + LAST)
        assert answer.startswith(CHUNKED)
        assert dechunk(answer[len(CHUNKED) :]) == b"a" + b"b" * 30000 + b"c"
