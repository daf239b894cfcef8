"""What would let one message be read as two: refused, never forwarded. Covers CT-58, CT-51 and the splitting of responses."""

import re

import pytest

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
    pytest.param(at_random(1), id="random"),
]

STATUS = re.compile(rb"HTTP/1\.[01] \d")
HIDDEN = b"GET /hidden HTTP/1.1\r\nHost: x\r\n\r\n"

REFUSED = {
    "length and chunked": head("Content-Length: 4", "Transfer-Encoding: chunked") + chunks(b"abcd") + LAST,
    "chunked and length": head("Transfer-Encoding: chunked", "Content-Length: 4") + chunks(b"abcd") + LAST,
    "two lengths": head("Content-Length: 4", "Content-Length: 40") + b"abcd" + HIDDEN,
    "two equal lengths": head("Content-Length: 4", "Content-Length: 4") + b"abcd",
    "a list of lengths": head("Content-Length: 4, 4") + b"abcd",
    "a signed length": head("Content-Length: +4") + b"abcd",
    "a negative length": head("Content-Length: -4") + b"abcd",
    "a hexadecimal length": head("Content-Length: 0x4") + b"abcd",
    "an empty length": head("Content-Length:") + HIDDEN,
    "a length beyond 64 bits": head("Content-Length: 18446744073709551617") + b"abcd",
    "gzip, chunked": head("Transfer-Encoding: gzip, chunked") + chunks(b"abcd") + LAST,
    "gzip and chunked on two lines": head("Transfer-Encoding: gzip", "Transfer-Encoding: chunked") + chunks(b"ab") + LAST,
    "chunked twice": head("Transfer-Encoding: chunked, chunked") + chunks(b"abcd") + LAST,
    "chunked, then identity": head("Transfer-Encoding: chunked, identity") + chunks(b"abcd") + LAST,
    "identity": head("Transfer-Encoding: identity", "Content-Length: 4") + b"abcd",
    "an unknown coding": head("Transfer-Encoding: xchunked") + HIDDEN,
    "chunked in quotes": head('Transfer-Encoding: "chunked"') + chunks(b"abcd") + LAST,
    "chunked behind a vertical tab": head("Transfer-Encoding: \x0bchunked") + chunks(b"abcd") + LAST,
    "an empty coding": head("Transfer-Encoding:") + chunks(b"abcd") + LAST,
    "space before the colon": head("Transfer-Encoding : chunked") + chunks(b"abcd") + LAST,
    "space before the colon of a length": head("Content-Length : 4") + b"abcd",
    "a folded line": head("X-A: b\r\n c"),
    "a folded coding": head("Transfer-Encoding:\r\n chunked") + chunks(b"abcd") + LAST,
    "a bare CR in a value": head("X-A: b\rTransfer-Encoding: chunked") + chunks(b"abcd") + LAST,
    "a bare LF between lines": b"GET / HTTP/1.1\nHost: x\n\n",
    "a bare LF in the head": b"GET / HTTP/1.1\r\nHost: x\nX-A: b\r\n\r\n",
    "NUL in a value": head("X-A: b\0c"),
    "NUL in a name": head("X-\0A: b"),
    "a control character in a name": head("X-\x01A: b"),
    "a name in brackets": head("X(A): b"),
    "a line without a colon": head("X-A"),
    "an empty name": head(": b"),
    "space before the first line": head(" X-A: b"),
    "a blank in the target": head(first="GET /a b HTTP/1.1"),
    "a tab in the target": head(first="GET /a\tb HTTP/1.1"),
    "NUL in the target": head(first="GET /a\0b HTTP/1.1"),
    "no target": head(first="GET HTTP/1.1"),
    "no version": head(first="GET /"),
    "an unknown method": head(first="FETCH / HTTP/1.1"),
    "a method in lower case": head(first="get / HTTP/1.1"),
    "version 2.0": head(first="GET / HTTP/2.0"),
    "version 1.2": head(first="GET / HTTP/1.2"),
    "version 0.9": head(first="GET / HTTP/0.9"),
    "HTTP/2's preface": b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
    "a TLS hello": b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
    "no Host": head(host=None),
    "two Hosts": head("Host: other.test"),
    "CONNECT": head(first="CONNECT gateway.test:443 HTTP/1.1"),
    "coding in HTTP/1.0": head("Transfer-Encoding: chunked", first="POST / HTTP/1.0") + chunks(b"abcd") + LAST,
    "a fragment": head(first="GET /a#b HTTP/1.1"),
    "a fragment in absolute form": head(first="GET http://gateway.test/b#c HTTP/1.1"),
    "a target of another scheme": head(first="GET ftp://other.test/ HTTP/1.1"),
    "a target with user info": head(first="GET http://a@other.test/ HTTP/1.1"),
    "an asterisk": head(first="GET * HTTP/1.1"),
}  # fmt: skip

BAD_CHUNKS = {
    "a size that is no number": b"zz\r\n",
    "a negative size": b"-4\r\nabcd\r\n",
    "a signed size": b"+4\r\nabcd\r\n",
    "a size with 0x": b"0x4\r\nabcd\r\n",
    "a size with an underscore": b"0_4\r\nabcd\r\n",
    "no size": b"\r\nabcd\r\n",
    "space before the size": b" 4\r\nabcd\r\n",
    "a size beyond 64 bits": b"10000000000000004\r\nabcd\r\n",
    "a size that is too small": b"3\r\nabcd\r\n",
    "bare LF behind the size": b"4\nabcd\r\n",
    "bare LF behind the data": b"4\r\nabcd\n",
    "bare CR behind the size": b"4\rabcd\r\n",
    "bare LF in an extension": b"4;a\nb\r\nabcd\r\n",
    "bare CR in an extension": b"4;a\rb\r\nabcd\r\n",
    "a bare LF at the end": b"0\n\n",
    "a broken trailer": b"0\r\nX A: b\r\n\r\n",
}


@pytest.mark.parametrize("cut", CUTS)
@pytest.mark.parametrize("name", REFUSED)
@on_uvloop
async def test_a_head_that_can_be_read_in_two_ways_is_refused(name, cut):
    async with stage() as it:
        client = await it.client()
        try:
            await client.send(REFUSED[name] + HIDDEN, cut)
        except ConnectionError:
            pass  # we may be told before we said all
        answer, _ = await client.ending()
        assert answer.startswith((b"HTTP/1.1 400 ", b"HTTP/1.1 501 ", b"HTTP/1.1 505 ")), answer
        assert len(STATUS.findall(answer)) == 1 and b"\r\nConnection: close\r\n" in answer
        assert it.traffic.begun == 0 and it.origin.connections == 0


@pytest.mark.parametrize("cut", CUTS)
@pytest.mark.parametrize("name", BAD_CHUNKS)
@on_uvloop
async def test_a_body_that_can_be_read_in_two_ways_breaks_the_request_off(name, cut):
    async with stage() as it:
        client = await it.client()
        await client.send(head("Transfer-Encoding: chunked") + chunks(b"first"))
        production = await it.production.accept()
        await production.until(b"first\r\n")
        try:
            await client.send(BAD_CHUNKS[name] + HIDDEN, cut)
        except ConnectionError:
            pass
        answer, _ = await client.ending()
        assert answer.startswith(b"HTTP/1.1 400 ") and len(STATUS.findall(answer)) == 1
        forwarded, _ = await production.ending()
        assert LAST not in forwarded and b"hidden" not in forwarded
        assert it.counted("proxy_cancelled_requests_total", reason="bad_request") == 1


@pytest.mark.parametrize("cut", CUTS)
@on_uvloop
async def test_nonsense_behind_a_good_request_does_not_harm_it(cut):
    async with stage() as it:
        client = await it.client()
        await client.send(GET + b"\x00nonsense\r\n\r\n" + HIDDEN, cut)
        production = await it.production.accept()
        assert b"nonsense" not in await production.message()
        await production.send(OK)
        answer = await client.rest()
        assert answer.startswith(OK) and answer[len(OK) :].startswith(b"HTTP/1.1 501 ")
        assert it.traffic.begun == 1


@pytest.mark.parametrize("framing", ["Content-Length: 33", "Transfer-Encoding: chunked"])
@pytest.mark.parametrize("cut", CUTS)
@on_uvloop
async def test_the_body_of_a_request_that_asks_for_h2c_is_a_body(framing, cut):
    """Java's client asks on every POST; the parser takes what follows for another protocol."""
    body = HIDDEN if "Length" in framing else chunks(HIDDEN[:7], HIDDEN[7:]) + LAST
    assert len(HIDDEN) == 33
    asking = head("Connection: Upgrade, HTTP2-Settings", "Upgrade: h2c", "HTTP2-Settings: AAMAAABk", framing)
    async with stage() as it:
        client = await it.client()
        await client.send(asking + body + GET, cut)
        production = await it.production.accept()
        first = await production.head()
        assert b"pgrade" not in first and b"HTTP2" not in first
        assert framing.encode() in first
        if "Length" in framing:
            assert await production.read(33) == HIDDEN
        else:
            assert (await production.until(LAST)).replace(b"\r\n", b"").endswith(b"0")
        await production.send(OK)
        assert await client.message() == OK
        assert (await production.message()).startswith(b"GET /v1/models ")
        await production.send(OK)
        assert await client.message() == OK
        assert it.traffic.begun == 2


@on_uvloop
async def test_an_upgrade_that_connection_does_not_name_is_dropped():
    async with stage() as it:
        client = await it.client()
        await client.send(head("Upgrade: websocket", first="GET / HTTP/1.1"))
        production = await it.production.accept()
        assert b"pgrade" not in await production.message()
        await production.send(b"HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n")
        assert (await client.message()).startswith(b"HTTP/1.1 502 ")
        assert it.traffic.tunnels == 0


@on_uvloop
async def test_an_upgrade_with_a_body_is_an_ordinary_request():
    async with stage() as it:
        client = await it.client()
        await client.send(head("Connection: Upgrade", "Upgrade: websocket", "Content-Length: 33") + HIDDEN)
        production = await it.production.accept()
        got = await production.message()
        assert b"pgrade" not in got and got.endswith(HIDDEN)
        await production.send(OK)
        assert await client.message() == OK
        assert it.traffic.begun == 1


# ── the other direction ──

EXCESS = {
    "behind a length": OK + b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nevil",
    "behind chunks": CHUNKED + chunks(b"ok") + LAST + b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nevil",
    "one byte": OK + b"x",
    "behind no content": b"HTTP/1.1 204 No Content\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nevil",
    "the content of a 304": b"HTTP/1.1 304 Not Modified\r\nContent-Length: 4\r\n\r\nevil",
}


@pytest.mark.parametrize("name", EXCESS)
@on_uvloop
async def test_bytes_behind_a_response_reach_nobody_and_end_the_connection(name):
    async with stage() as it:
        client = await it.client()
        await client.send(GET + GET)
        production = await it.production.accept()
        await production.message()
        await production.send(EXCESS[name])
        other = await it.production.accept()  # the second request needs a connection of its own
        await other.message()
        await other.send(OK)
        first = await client.head()
        if b"Content-Length: 2" in first:
            assert await client.read(2) == b"ok"
        elif b"chunked" in first:
            assert dechunk(await client.until(LAST)) == b"ok"
        assert await client.message() == OK
        assert not client.has_more()


@on_uvloop
async def test_the_body_of_a_head_response_reaches_nobody():
    async with stage() as it:
        client = await it.client()
        await client.send(head(first="HEAD / HTTP/1.1") + GET)
        production = await it.production.accept()
        await production.head()
        await production.send(b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nevil")
        assert await client.head() == b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\n"
        other = await it.production.accept()
        await other.message()
        await other.send(OK)
        assert await client.message() == OK


@on_uvloop
async def test_bytes_that_come_while_a_connection_rests_end_it():
    async with stage() as it:
        client = await it.client()
        await client.send(GET)
        production = await it.production.accept()
        await production.message()
        await production.send(OK)
        assert await client.message() == OK
        await production.send(b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nevil")
        await eventually(lambda: it.origin.connections == 0)
        await client.send(GET)
        other = await it.production.accept()
        await other.message()
        await other.send(OK)
        assert await client.message() == OK


BAD_RESPONSES = {
    "length and chunked": b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n",
    "chunked and length": b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nContent-Length: 2\r\n\r\n",
    "two lengths": b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\nok",
    "gzip, chunked": b"HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n",
    "chunked behind a tab": b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked \t\r\n\r\n0\r\n\r\n",
    "chunked in HTTP/1.0": b"HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    "a bare CR in the reason": b"HTTP/1.1 200 O\rK\r\nContent-Length: 0\r\n\r\n",
    "a bare CR in a value": b"HTTP/1.1 200 OK\r\nX-A: b\rc\r\nContent-Length: 0\r\n\r\n",
    "a folded line": b"HTTP/1.1 200 OK\r\nX-A: b\r\n c\r\nContent-Length: 0\r\n\r\n",
    "status 50": b"HTTP/1.1 050 Odd\r\nContent-Length: 0\r\n\r\n",
    "no HTTP": b"SSH-2.0-OpenSSH_9.6\r\n",
    "a body in 100": b"HTTP/1.1 100 Continue\r\nContent-Length: 5\r\n\r\nhello",
    "switching unasked": b"HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: h2c\r\n\r\n",
    "switching without a word": b"HTTP/1.1 101 Switching Protocols\r\n\r\n",
}


@pytest.mark.parametrize("cut", CUTS)
@pytest.mark.parametrize("name", BAD_RESPONSES)
@on_uvloop
async def test_a_response_that_can_be_read_in_two_ways_is_a_502(name, cut):
    async with stage() as it:
        client = await it.client()
        await client.send(post())
        production = await it.production.accept()
        await production.message()
        try:
            await production.send(BAD_RESPONSES[name], cut)
        except ConnectionError:
            pass
        answer = await client.message()
        while answer.startswith(b"HTTP/1.1 100 "):
            answer = await client.message()
        assert answer.startswith(b"HTTP/1.1 502 ")
        assert b"x-shadowbench-fault: production_bad_response\r\n" in answer
        await client.send(GET)  # the client's connection is none the worse
        other = await it.production.accept()
        await other.message()
        await other.send(OK)
        assert await client.message() == OK
