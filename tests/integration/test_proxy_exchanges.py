"""What goes in comes out: requests and responses of every form, at every cut.

Covers CT-01, CT-40, CT-43, CT-45, CT-47, CT-49 to CT-54 and CT-59.
"""

import pytest

from shadowbench.http1.requests import ServerOptions
from shadowbench.http1.server import MAX_PIPELINED
from tests.integration.proxying import (
    CHUNKED,
    GET,
    LAST,
    OK,
    at_random,
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

CUTS = [
    pytest.param(whole, id="whole"),
    pytest.param(byte_by_byte, id="bytes"),
    *[pytest.param(at_random(seed), id=f"random{seed}") for seed in range(3)],
]
BODY = bytes(range(256))


def as_production_sees(request: bytes, port: int) -> bytes:
    """A request with Host rewritten, and nothing else."""
    return request.replace(b"Host: gateway.test", b"Host: 127.0.0.1:%d" % port)


UNCHANGED = {
    "GET": GET,
    "GET with a body": head("Content-Length: 4", first="GET /search HTTP/1.1") + b"body",
    "GET with an empty body": head("Content-Length: 0", first="GET /search HTTP/1.1"),
    "POST": post(BODY),
    "POST without anything": head(),
    "POST of nothing": post(b""),
    "PUT": head("Content-Length: 4", first="PUT /files/1 HTTP/1.1") + b"body",
    "PATCH": head("Content-Length: 4", first="PATCH /files/1 HTTP/1.1") + b"body",
    "DELETE": head(first="DELETE /files/1 HTTP/1.1"),
    "OPTIONS of a path": head("Access-Control-Request-Method: POST", first="OPTIONS /v1 HTTP/1.1"),
    "OPTIONS of all": head(first="OPTIONS * HTTP/1.1"),
    "a path that could be normalised": head(first="GET //a/./b/../c%2Fd/%7Euser;v=1?beta=true&beta=true&x=%20+ HTTP/1.1"),
    "a long path": head(first=f"GET /{'a' * 60_000} HTTP/1.1"),
    "order, case, duplicates, empty and odd values": head(
        "x-b: 2", "X-A: 1", "x-b: 1", "X-EMPTY: ", "x_under: 1", "X-Tab: a\tb", "X-Comma: a,,b", 'X-Quote: "a: b"'
    ),
    "bytes that are not ASCII": head(b"X-Latin: caf\xe9", b"X-UTF8: \xe2\x82\xac \xff\xfe"),
    "64 KiB of headers": head(*[f"X-{n}: {'v' * 1000}" for n in range(64)]),
    "credentials": head("Authorization: Bearer sk-1", "Cookie: a=1; b=2", "X-Api-Key: k", "OpenAI-Organization: o"),
    "no headers of its own": head(first="GET / HTTP/1.1"),
    "ranges and validators": head('If-None-Match: "a"', "Range: bytes=0-1", "Accept-Encoding: br", first="GET / HTTP/1.1"),
    "a traced call": head("traceparent: 00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01", "tracestate: a=b"),
    "a compressed body": head("Content-Encoding: zstd", "Content-Length: 256") + BODY,
    "multipart": head("Content-Type: multipart/form-data; boundary=x", "Content-Length: 256") + BODY,
}  # fmt: skip


@pytest.mark.parametrize("cut", CUTS)
@pytest.mark.parametrize("name", UNCHANGED)
@on_uvloop
async def test_a_request_reaches_production_as_it_was_sent(name, cut):
    if name in ("a long path", "64 KiB of headers") and cut is byte_by_byte:
        pytest.skip("takes long and shows nothing new")
    async with stage() as it:
        got, answer = await it.exchange(UNCHANGED[name], OK, cut)
        assert got == as_production_sees(UNCHANGED[name], it.production.port)
        assert answer == OK


@pytest.mark.parametrize("cut", CUTS)
@on_uvloop
async def test_a_chunked_request_stays_chunked_and_loses_extensions_and_trailers(cut):
    request = head("Trailer: X-Sum", "Transfer-Encoding: Chunked")
    request += b"4;name=value\r\nfour\r\n00000A;a\r\n0123456789\r\n0;last\r\nX-Sum: 1\r\nX-Other: 2\r\n\r\n"
    async with stage() as it:
        got, _ = await it.exchange(request, OK, cut)
        first, _, body = got.partition(b"\r\n\r\n")
        assert dechunk(body) == b"four0123456789"
        assert b"Trailer" not in first and b"X-Sum" not in got and first.endswith(b"\r\nTransfer-Encoding: chunked")
        assert it.traffic.trailers == 2


@pytest.mark.parametrize("cut", CUTS)
@on_uvloop
async def test_fields_of_one_hop_end_here(cut):
    request = head(
        "Connection: keep-alive, X-Nominated", "connection: x-too", "X-Nominated: 1", "Keep-Alive: timeout=5", "TE: trailers",
        "X-TOO: 2", "Proxy-Connection: keep-alive", "Proxy-Authorization: Basic a", "X-Kept: 3", "Trailer: a",
        first="GET / HTTP/1.1",
    )  # fmt: skip
    response = (
        b"HTTP/1.1 200 OK\r\nConnection: x-nominated\r\nX-Nominated: 1\r\nKeep-Alive: timeout=5\r\nX-Kept: 3\r\n"
        b"Proxy-Authenticate: Basic\r\nUpgrade: h2,h2c\r\nProxy-Connection: close\r\nTrailer: a\r\nContent-Length: 2\r\n\r\nok"
    )
    async with stage() as it:
        got, answer = await it.exchange(request, response, cut)
        assert got == b"GET / HTTP/1.1\r\nHost: 127.0.0.1:%d\r\nX-Kept: 3\r\n\r\n" % it.production.port
        assert answer == b"HTTP/1.1 200 OK\r\nX-Kept: 3\r\nContent-Length: 2\r\n\r\nok"


@on_uvloop
async def test_connection_cannot_nominate_what_says_where_a_message_goes_and_ends():
    request = head("Connection: host, content-length, transfer-encoding, close", "Content-Length: 4") + b"body"
    async with stage() as it:
        got, _ = await it.exchange(request, OK)
        assert got.endswith(b"\r\nContent-Length: 4\r\n\r\nbody") and got.count(b"Host: ") == 1


@on_uvloop
async def test_host_is_productions_or_by_option_the_callers():
    async with stage() as it:
        got, _ = await it.exchange(head("X-A: b", host=None).replace(b"X-A", b"hOsT: other.test\r\nX-A"), OK)
        assert b"\r\nhOsT: 127.0.0.1:%d\r\nX-A: b\r\n" % it.production.port in got
    async with stage(preserve_host=True) as it:
        got, _ = await it.exchange(head("X-A: b"), OK)
        assert b"\r\nHost: gateway.test\r\nX-A: b\r\n" in got


@pytest.mark.parametrize(
    ("target", "host", "path"),
    [
        ("http://other.test/v1/a?b=c", b"other.test", b"/v1/a?b=c"),
        ("HTTP://other.test:81", b"other.test:81", b"/"),
        ("https://other.test/%2F", b"other.test", b"/%2F"),
    ],
)
@on_uvloop
async def test_an_absolute_target_becomes_a_path_and_its_authority_the_host(target, host, path):
    async with stage(preserve_host=True) as it:
        got, _ = await it.exchange(head(first=f"GET {target} HTTP/1.1"), OK)
        assert got == b"GET %b HTTP/1.1\r\nHost: %b\r\n\r\n" % (path, host)


@on_uvloop
async def test_the_path_of_productions_url_goes_before_the_clients():
    async with stage() as plain:
        port = plain.production.port
        async with stage(production={"url": f"http://127.0.0.1:{port}/base/"}) as it:
            client = await it.client()
            await client.send(GET)
            production = await plain.production.accept()
            assert (await production.head()).startswith(b"GET /base/v1/models HTTP/1.1\r\n")
            await production.send(OK)
            await client.message()
            await client.send(head(first="OPTIONS * HTTP/1.1"))
            assert (await production.head()).startswith(b"OPTIONS * HTTP/1.1\r\n")
            await production.send(OK)
            await client.message()


@on_uvloop
async def test_an_upload_is_forwarded_while_it_comes_in():
    async with stage() as it:
        client = await it.client()
        await client.send(head("Transfer-Encoding: chunked"))
        production = await it.production.accept()
        await production.head()
        for number in range(10):
            word = b"word %d" % number
            await client.send(chunks(word))
            assert await production.until(word + b"\r\n") == chunks(word)
        await client.send(LAST)
        assert await production.until(LAST) == LAST
        await production.send(OK)
        assert await client.message() == OK


# ── responses ──

RESPONSES = {
    "a length": b"HTTP/1.1 200 OK\r\nContent-Length: 256\r\n\r\n" + BODY,
    "chunks": CHUNKED + chunks(b"a", BODY, b"c" * 20_000) + LAST,
    "no content": b"HTTP/1.1 204 No Content\r\nX-A: b\r\n\r\n",
    "not modified, with the length it would have": b'HTTP/1.1 304 Not Modified\r\nETag: "a"\r\nContent-Length: 256\r\n\r\n',
    "an empty body": b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n",
    "no chunk but the last": CHUNKED + LAST,
    "a long reason": b"HTTP/1.1 200 All is well, and \xe9 too\r\nContent-Length: 0\r\n\r\n",
    "status 529": b"HTTP/1.1 529 \r\nContent-Length: 2\r\n\r\n{}",
    "status 999": b"HTTP/1.1 999 Odd\r\nContent-Length: 2\r\n\r\n{}",
    "a redirect": b"HTTP/1.1 307 Temporary Redirect\r\nLocation: http://elsewhere.test/\r\nContent-Length: 0\r\n\r\n",
    "duplicates, order and case": b"HTTP/1.1 200 OK\r\nset-cookie: a=1\r\nSet-Cookie: b=2\r\nDATE: x\r\nset-COOKIE: a=1\r\n"
    b"x-ratelimit-remaining: 1\r\nServer: \r\nX-Latin: \xe9\xff\r\nContent-Length: 0\r\n\r\n",
    "a compressed body": b"HTTP/1.1 200 OK\r\nContent-Encoding: br\r\nContent-Length: 256\r\n\r\n" + BODY,
    "many headers": b"HTTP/1.1 200 OK\r\n"
    + b"".join(b"X-%d: %b\r\n" % (n, b"v" * 500) for n in range(200))
    + b"Content-Length: 0\r\n\r\n",
}


@pytest.mark.parametrize("cut", CUTS)
@pytest.mark.parametrize("name", RESPONSES)
@on_uvloop
async def test_a_response_reaches_the_client_as_it_was_sent(name, cut):
    if name == "many headers" and cut is byte_by_byte:
        pytest.skip("takes long and shows nothing new")
    response = RESPONSES[name]
    async with stage() as it:
        client = await it.client()
        await client.send(GET + GET)
        production = await it.production.accept()
        await production.message()
        await production.send(response, cut)
        production = await it.production.asked(production)
        await production.message()
        await production.send(OK)
        assert len(it.production.peers) == 1 or response.startswith(CHUNKED), "the connection is kept"
        got = (await client.until(OK))[: -len(OK)]
        if response.startswith(CHUNKED):
            assert got.startswith(CHUNKED) and dechunk(got[len(CHUNKED) :]) == dechunk(response[len(CHUNKED) :])
        else:
            assert got == response


@pytest.mark.parametrize("cut", CUTS)
@on_uvloop
async def test_a_status_line_without_a_reason_keeps_none(cut):
    async with stage() as it:
        _, answer = await it.exchange(GET, b"HTTP/1.1 200\r\nContent-Length: 2\r\n\r\nok", cut)
        assert answer == b"HTTP/1.1 200 \r\nContent-Length: 2\r\n\r\nok"


@pytest.mark.parametrize("framing", [b"Content-Length: 256", b"Transfer-Encoding: chunked", b"X-A: b"])
@pytest.mark.parametrize("cut", CUTS)
@on_uvloop
async def test_head_is_answered_with_the_head_alone(framing, cut):
    response = b"HTTP/1.1 200 OK\r\n%b\r\n\r\n" % framing
    async with stage() as it:
        client = await it.client()
        await client.send(head(first="HEAD / HTTP/1.1") + GET, cut)
        production = await it.production.accept()
        assert await production.head() == b"HEAD / HTTP/1.1\r\nHost: 127.0.0.1:%d\r\n\r\n" % it.production.port
        await production.send(response, cut)
        assert await client.head() == response
        production = await it.production.asked(production)
        assert (await production.head()).startswith(b"GET ")
        assert len(it.production.peers) == 1 or b"chunked" in framing, "the connection is kept"
        await production.send(OK)
        assert await client.message() == OK


@on_uvloop
async def test_trailers_of_a_response_are_dropped_and_counted():
    async with stage() as it:
        response = CHUNKED + chunks(b"ok") + b"0\r\nX-Sum: 1\r\nX-Other: 2\r\n\r\n"
        _, answer = await it.exchange(GET, response)
        assert answer == CHUNKED + chunks(b"ok") + LAST
        assert it.traffic.trailers == 2


@on_uvloop
async def test_no_content_never_announces_chunks():
    async with stage() as it:
        client = await it.client()
        await client.send(GET)
        production = await it.production.accept()
        await production.message()
        await production.send(b"HTTP/1.1 204 No Content\r\nTransfer-Encoding: chunked\r\n\r\n")
        assert await client.head() == b"HTTP/1.1 204 No Content\r\n\r\n"


@pytest.mark.parametrize(
    "spelling", [b"Connection: close", b"connection: Close, x-a", b"Connection: x-a\r\nConnection: CLOSE"]
)
@on_uvloop
async def test_production_that_wants_to_close_is_not_asked_again_and_the_client_need_not_know(spelling):
    async with stage() as it:
        client = await it.client()
        await client.send(GET)
        production = await it.production.accept()
        await production.message()
        await production.send(OK.replace(b"\r\n\r\n", b"\r\n%b\r\n\r\n" % spelling))
        assert await client.message() == OK
        assert (await production.ending())[0] == b""
        await client.send(GET)
        production = await it.production.accept()
        await production.message()
        await production.send(OK)
        assert await client.message() == OK


@pytest.mark.parametrize(
    ("answer", "kept"),
    [
        (b"HTTP/1.0 200 OK\r\nContent-Length: 2\r\n\r\nok", False),
        (b"HTTP/1.0 200 OK\r\nContent-Length: 2\r\nConnection: keep-alive\r\n\r\nok", True),
    ],
)
@on_uvloop
async def test_an_http_1_0_production_is_kept_only_when_it_says_so(answer, kept):
    async with stage() as it:
        client = await it.client()
        await client.send(GET)
        production = await it.production.accept()
        await production.message()
        await production.send(answer)
        assert await client.message() == OK
        assert bool(it.origin._idle) == kept


@pytest.mark.parametrize(
    ("promise", "kept_for"), [(b"timeout=3", 1.9), (b"max=5, timeout=1", 0.4), (b"timeout=60", 3.9), (b"x", 3.9)]
)
@on_uvloop
async def test_a_promised_idle_time_bounds_the_pool(promise, kept_for):
    async with stage() as it:
        client = await it.client()
        await client.send(GET)
        production = await it.production.accept()
        await production.message()
        await production.send(OK.replace(b"\r\n\r\n", b"\r\nKeep-Alive: %b\r\n\r\n" % promise))
        await client.message()
        it.pass_time(kept_for)
        assert len(it.origin._idle) == 1
        it.pass_time(0.2)
        assert it.origin._idle == []
        assert await production.ending() == (b"", "eof")


@on_uvloop
async def test_old_connections_are_not_used_again():
    async with stage(production={"max_age_s": 10.0}) as it:
        client = await it.client()
        await client.send(GET)
        production = await it.production.accept()
        await production.message()
        for _ in range(4):
            it.pass_time(2.4)
            await production.send(OK)
            await client.message()
            await client.send(GET)
            await production.message()
        it.pass_time(2.4)
        await production.send(OK)
        await client.message()
        assert (await production.ending())[0] == b""
        await client.send(GET)
        production = await it.production.accept()
        await production.message()


# ── keep-alive, pipelining, HTTP/1.0 ──


@pytest.mark.parametrize("cut", CUTS)
@on_uvloop
async def test_pipelined_requests_are_answered_in_order_one_at_a_time(cut):
    async with stage() as it:
        client = await it.client()
        await client.send(b"".join(post(b"body %d" % n) + GET for n in range(3)), cut)
        production = await it.production.accept()
        for number in range(6):
            message = await production.message()
            assert message.endswith(b"body %d" % (number // 2)) if number % 2 == 0 else message.startswith(b"GET ")
            assert not production.has_more()
            await production.send(b"HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\n%d" % number)
        for number in range(6):
            assert (await client.message()).endswith(b"%d" % number)
        assert len(it.production.peers) == 1


@on_uvloop
async def test_more_pipelined_requests_than_we_keep_are_answered_up_to_there_and_the_connection_ends():
    async with stage() as it:
        client = await it.client()
        await client.send(GET * 100)
        production = await it.production.accept()
        for _ in range(MAX_PIPELINED):
            await production.message()
            await production.send(OK)
        got = await client.rest()
        assert it.traffic.begun == MAX_PIPELINED
        last = OK.replace(b"\r\n\r\n", b"\r\nConnection: close\r\n\r\n")
        assert got == OK * (MAX_PIPELINED - 1) + last


@on_uvloop
async def test_thirty_two_pipelined_requests_leave_the_connection_open():
    async with stage() as it:
        client = await it.client()
        await client.send(GET * MAX_PIPELINED)
        production = await it.production.accept()
        for _ in range(MAX_PIPELINED):
            await production.message()
            await production.send(OK)
        assert await client.read(len(OK) * MAX_PIPELINED) == OK * MAX_PIPELINED
        await client.send(GET)
        await production.message()
        await production.send(OK)
        assert await client.message() == OK


@on_uvloop
async def test_a_client_that_wants_to_close_gets_what_it_asked_for():
    async with stage() as it:
        client = await it.client()
        await client.send(GET + head("Connection: close", first="GET /last HTTP/1.1") + GET)
        production = await it.production.accept()
        for _ in range(2):
            assert b"lose" not in await production.message()
            await production.send(OK)
        assert await client.rest() == OK + OK.replace(b"\r\n\r\n", b"\r\nConnection: close\r\n\r\n")
        assert it.traffic.begun == 2
        assert len(it.origin._idle) == 1, "production's connection is another one's"


@pytest.mark.parametrize("cut", CUTS)
@on_uvloop
async def test_http_1_0_gets_no_chunks_and_no_1xx_and_a_connection_that_ends(cut):
    async with stage() as it:
        client = await it.client()
        await client.send(b"POST /a HTTP/1.0\r\nContent-Length: 2\r\n\r\n{}", cut)
        production = await it.production.accept()
        got = await production.message()
        assert got == b"POST /a HTTP/1.1\r\nContent-Length: 2\r\nHost: 127.0.0.1:%d\r\n\r\n{}" % it.production.port
        await production.send(b"HTTP/1.1 100 Continue\r\n\r\n" + CHUNKED + chunks(b"one", b"two") + LAST, cut)
        assert await client.rest() == b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\nonetwo"


@on_uvloop
async def test_http_1_0_that_asks_is_kept_when_the_response_has_a_length():
    asking = b"GET /a HTTP/1.0\r\nConnection: Keep-Alive\r\n\r\n"
    async with stage() as it:
        client = await it.client()
        await client.send(asking)
        production = await it.production.accept()
        await production.message()
        await production.send(OK)
        assert await client.message() == OK.replace(b"\r\n\r\n", b"\r\nConnection: keep-alive\r\n\r\n")
        await client.send(asking)
        await production.message()
        await production.send(CHUNKED + chunks(b"ok") + LAST)
        assert await client.rest() == b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\nok"


@on_uvloop
async def test_http_1_0_sees_the_reset_of_chunks_that_break_off():
    async with stage() as it:
        client = await it.client()
        await client.send(b"GET /a HTTP/1.0\r\n\r\n")
        production = await it.production.accept()
        await production.message()
        await production.send(CHUNKED + chunks(b"half"))
        await client.until(b"half")
        production.close()
        assert await client.ending() == (b"", "reset")


# ── bounds ──


@pytest.mark.parametrize(
    "request_",
    [
        pytest.param(head(*[f"X-{n}: v" for n in range(300)]), id="lines"),
        pytest.param(head(*[f"X-{n}: {'v' * 1000}" for n in range(140)]), id="bytes"),
        pytest.param(head("X-Long: " + "v" * 140_000), id="one"),
        pytest.param(head(first=f"GET /{'a' * 140_000} HTTP/1.1"), id="path"),
    ],
)
@on_uvloop
async def test_a_head_above_its_bounds_is_refused(request_):
    async with stage() as it:
        client = await it.client()
        await client.send(request_)
        answer, _ = await client.ending()
        assert answer.startswith(b"HTTP/1.1 431 ") and it.traffic.begun == 0


@pytest.mark.parametrize(
    "start",
    [b"GET / HTTP/1.1\r\nX-Long: ", b"GET /", b"GET / HTTP/1.1\r\n", head("Transfer-Encoding: chunked") + b"1;"],
)
@on_uvloop
async def test_a_head_that_never_ends_is_refused(start):
    async with stage(server=ServerOptions(max_head_bytes=32_768)) as it:
        client = await it.client()
        await client.send(start)
        filling = b"X-A: b\r\n" * 1000 if start.endswith(b"\n") else b"x" * 8000
        for _ in range(40):
            await client.send(filling)
        assert (await client.head()).startswith(b"HTTP/1.1 431 ")
        for _ in range(40):
            await client.send(filling)  # read and thrown away, so that the answer is not lost in a reset
        it.pass_time(3.0)
        await client.ending()
        await eventually(lambda: it.traffic.active == 0)


@on_uvloop
async def test_empty_lines_before_a_request_are_skipped():
    async with stage() as it:
        got, answer = await it.exchange(b"\r\n\r\n" + GET, OK)
        assert got == as_production_sees(GET, it.production.port) and answer == OK
