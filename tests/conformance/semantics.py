"""CT-40 to CT-60: HTTP as production and client see it. Nothing is added, put right, followed, kept or guessed."""

from __future__ import annotations

import gzip
import random
import zlib

import brotli
import zstandard

from tests.conformance.judging import Kind, Section, expect, same
from tests.conformance.messages import LAST_CHUNK, chunk, head_of, message, response, stream_head
from tests.conformance.servers import OTHERWISE, Asked
from tests.conformance.stand import CHAT, It, eventually
from tests.conformance.wires import Answer, Wire

SECTION = Section()
PROXY = Kind.PROXY
MIRROR = Kind.MIRROR

BODY = b'{"object":"list","data":["' + b"abc" * 200 + b'"]}'
CODINGS = {
    "gzip": gzip.compress(BODY, mtime=0),
    "deflate": zlib.compress(BODY),
    "br": brotli.compress(BODY),
    "zstd": zstandard.compress(BODY),
    "x-nobody-knows": b"\x00\x01 opaque",
}
NEXT = "the next request of that connection"
# What a proxy has to add for its own hop, or may.
_HOP = {b"connection", b"transfer-encoding", b"content-length", b"host", b"te", b"keep-alive"}


# ── headers ──


@SECTION.check(40, PROXY)
async def hop_by_hop_headers_of_a_request_end_here(it: It) -> None:
    hop = (
        ("Connection", "keep-alive, X-Hop, TE"),
        ("X-Hop", "mine"),
        ("Keep-Alive", "timeout=77"),
        ("TE", "trailers"),
        ("Proxy-Connection", "keep-alive"),
        ("Proxy-Authorization", "Basic eDp5"),
    )
    asked, _ = await it.exchange(it.request(CHAT, None, *hop, ("X-End", "kept")))
    same(asked.head.get(b"x-end"), b"kept", "an end-to-end header")
    passed = [
        name.decode()
        for name in (b"x-hop", b"keep-alive", b"te", b"proxy-connection", b"proxy-authorization")
        if name in asked.head.names
    ]
    expect(not passed, f"forwarded to production: {', '.join(passed)}")
    expect(b"X-Hop" not in (asked.head.get(b"connection") or b""), "the client's Connection was forwarded")


@SECTION.check(40, PROXY)
async def hop_by_hop_headers_of_an_answer_end_here(it: It) -> None:
    hop = (("Connection", "keep-alive, X-Hop"), ("X-Hop", "mine"), ("Keep-Alive", "timeout=77"), ("X-End", "kept"))
    _, answer = await it.exchange(it.request(), response(200, BODY, *hop))
    same(answer.head.get(b"x-end"), b"kept", "an end-to-end header")
    expect(b"x-hop" not in answer.head.names, "forwarded to the client: x-hop, which Connection named")
    expect(answer.head.get(b"keep-alive") != b"timeout=77", "forwarded to the client: production's Keep-Alive")


@SECTION.check(41, PROXY)
async def coded_answers_pass_raw(it: It) -> None:
    for coding, data in CODINGS.items():
        headers = (("Content-Encoding", coding),)
        _, answer = await it.exchange(
            it.request(CHAT, None, ("Accept-Encoding", coding)), response(200, data, *headers)
        )
        same(answer.head.get(b"content-encoding"), coding.encode(), "Content-Encoding")
        same(answer.body, data, f"a body in {coding}")


@SECTION.check(42, PROXY)
async def undeclared_gzip_passes_raw(it: It) -> None:
    _, answer = await it.exchange(it.request(), response(200, CODINGS["gzip"]))
    same((answer.head.get(b"content-encoding"), answer.body), (None, CODINGS["gzip"]), "gzip without its header")


@SECTION.check(43, PROXY)
async def production_sees_the_callers_headers_and_no_others(it: It) -> None:
    request = it.request(CHAT, None, ("X-One", "1"))
    asked, _ = await it.exchange(request)
    sent = head_of(request)
    assert sent is not None
    added = sorted(name.decode() for name in asked.head.names - sent.names - _HOP)
    gone = sorted(name.decode() for name in sent.names - asked.head.names - _HOP)
    expect(not added, f"added: {', '.join(added)}")
    expect(not gone, f"removed: {', '.join(gone)}")
    values = [(name, value) for name, value in asked.head.headers if name.lower() not in _HOP]
    expect(all(pair in sent.headers for pair in values), f"changed: {values}")


@SECTION.check(44, PROXY)
async def compressed_requests_pass_raw(it: It) -> None:
    for coding, data in (("gzip", gzip.compress(it.chat(), mtime=0)), ("zstd", zstandard.compress(it.chat()))):
        asked, _ = await it.exchange(it.request(CHAT, data, ("Content-Encoding", coding)))
        same(asked.head.get(b"content-encoding"), coding.encode(), "Content-Encoding")
        same(await asked.body(), data, f"a request in {coding}")


# ── forms of a request ──


@SECTION.check(45, PROXY)
async def a_chunked_request_arrives_whole(it: It) -> None:
    body = it.chat()
    headers = (("Host", "h"), ("X-Case", it.token), ("Transfer-Encoding", "chunked"))
    asked, answer = await it.exchange(
        message(f"POST {CHAT} HTTP/1.1", headers, chunk(body[:9]) + chunk(body[9:]) + LAST_CHUNK)
    )
    same(await asked.body(), body, "a chunked request")
    same(answer.status, 200, "status")


@SECTION.check(45, PROXY)
async def an_upload_is_streamed(it: It) -> None:
    wire = await it.client()
    body = it.chat()
    request = it.request(CHAT, body)
    cut = len(request) - len(body) + 5
    wire.send(request[:cut])
    asked = await it.asked("the head of a slow upload, before its body is complete")
    await asked.wire.until(lambda: True if asked.raw_body else None, "the first part of a slow upload")
    wire.send(request[cut:])
    same(await asked.body(), body, "a slow upload")
    asked.reply(OTHERWISE)
    await wire.answer()


@SECTION.check(45, PROXY)
async def a_large_upload_arrives_whole(it: It) -> None:
    body = it.chat(padding="x" * 6_000_000)
    wire = await it.client()
    wire.send(it.request("/v1/files", body))
    asked = await it.asked()
    expect(await asked.body(within_s=15) == body, "an upload of 6 MB differs")
    asked.reply(OTHERWISE)
    same((await wire.answer()).status, 200, "status")


@SECTION.check(45, PROXY)
async def requests_without_and_with_odd_bodies(it: It) -> None:
    wire = await it.client()
    asked, _ = await it.exchange(it.request("/v1/x", b""), client=wire)
    same((asked.head.get(b"content-length"), await asked.body()), (b"0", b""), "POST with Content-Length 0")
    for method in ("GET", "OPTIONS", "DELETE"):
        asked, answer = await it.exchange(it.request("/v1/x", b"", method=method), client=wire)
        same((asked.head.line.split(b" ")[0], answer.status), (method.encode(), 200), f"{method} without a body")
    asked, _ = await it.exchange(it.request("/v1/x", b"{}", method="GET"), client=wire)
    same(await asked.body(), b"{}", "the body of a GET")


@SECTION.check(45, PROXY)
async def answers_without_bodies(it: It) -> None:
    wire = await it.client()
    head_only = message("HTTP/1.1 200 OK", (("Content-Length", "1234"), ("X-A", "b")))
    _, answer = await it.exchange(it.request("/v1/x", b"", method="HEAD"), head_only, client=wire, is_head=True)
    same((answer.status, answer.head.get(b"content-length")), (200, b"1234"), "the answer to HEAD")
    for status in (204, 304):
        _, answer = await it.exchange(
            it.request("/v1/x", b"", method="GET"), response(status, b"", ("ETag", '"x"')), client=wire
        )
        same((answer.status, answer.head.get(b"etag")), (status, b'"x"'), "an answer without body")
    _, answer = await it.exchange(it.request(), client=wire, what=NEXT)
    same(answer.status, 200, "status of the answer to the next request")


@SECTION.check(46, PROXY)
async def a_client_that_waits_is_told_to_go_on(it: It) -> None:
    wire = await it.client()
    body = it.chat()
    request = it.request(CHAT, body, ("Expect", "100-continue"))
    wire.send(request[: -len(body)])
    asked_early = await _continue_or_forward(it, wire)
    if asked_early is not None:
        asked_early.send(b"HTTP/1.1 100 Continue\r\n\r\n")
    await wire.until_seen(b"HTTP/1.1 100", "100 Continue")
    wire.send(body)
    asked = asked_early or await it.asked()
    same(await asked.body(), body, "the body after 100")
    asked.reply(OTHERWISE)
    same((await wire.answer()).status, 200, "status")


async def _continue_or_forward(it: It, wire: Wire) -> Asked | None:
    """A proxy answers 100 itself, or lets production do it: the request that production got then."""

    def either() -> str | None:
        return "told" if b"HTTP/1.1 100" in wire.received else "asked" if it.origin.all else None

    seen = await eventually(either, "100 Continue, or the head at production", within_s=5)
    return await it.asked() if seen == "asked" else None


@SECTION.check(46, PROXY)
async def a_refusal_before_the_body_reaches_the_client(it: It) -> None:
    wire = await it.client()
    body = it.chat(padding="x" * 100_000)
    request = it.request(CHAT, body)
    wire.send(request[: len(request) - len(body) + 1000])  # the rest is still to come
    asked = await it.asked("the head at production, while the body is still being sent")
    asked.send(response(413, b'{"error":"too large"}', ("Connection", "close")))
    await wire.until_seen(b"too large", "413 before the body was sent")
    same(wire.received.split(b" ", 2)[1], b"413", "status")


@SECTION.check(47, PROXY)
async def trailers_end_cleanly(it: It) -> None:
    wire = await it.client()
    trailers = stream_head(("Trailer", "X-Sum")) + chunk(b"data: a\n\n") + b"0\r\nX-Sum: 7\r\n\r\n"
    _, answer = await it.exchange(it.request(), trailers, client=wire)
    same(answer.body, b"data: a\n\n", "a body with trailers")
    _, answer = await it.exchange(it.request(), client=wire, what=NEXT)
    same(answer.status, 200, "status of the answer to the next request")


@SECTION.check(48, PROXY)
async def interim_answers_come_before_the_final_one(it: It) -> None:
    wire = await it.client()
    interim = b"HTTP/1.1 103 Early Hints\r\nLink: </a>; rel=preload\r\n\r\nHTTP/1.1 102 Processing\r\n\r\n"
    _, answer = await it.exchange(it.request(), interim + response(200, BODY), client=wire)
    same((answer.status, answer.body), (200, BODY), "the final answer after 103 and 102")
    _, answer = await it.exchange(it.request(), client=wire, what=NEXT)
    same(answer.status, 200, "status of the answer to the next request")


@SECTION.check(49, PROXY)
async def headers_keep_order_spelling_and_values(it: It) -> None:
    odd = (
        ("X-b", "1"),
        ("x-B", "2"),
        ("X-CamelCASE", 'a  b;c="d"'),
        ("x_under", "u"),
        ("X-Latin", "caf\xe9"),
        ("X-Empty", ""),
    )
    asked, _ = await it.exchange(it.request(CHAT, None, *odd))
    _same_headers(asked.head.headers, odd, "request")
    cookies = (("Set-Cookie", "a=1; Path=/"), ("X-Between", "1"), ("Set-Cookie", "b=2; Path=/"), *odd)
    _, answer = await it.exchange(it.request(), response(200, BODY, *cookies))
    _same_headers(answer.head.headers, cookies, "answer")


def _same_headers(got: tuple[tuple[bytes, bytes], ...], sent: tuple[tuple[str, str], ...], what: str) -> None:
    wanted = [(name.encode("latin-1"), value.encode("latin-1")) for name, value in sent]
    names = {name.lower() for name, _ in wanted}
    relevant = [pair for pair in got if pair[0].lower() in names]
    for pair, other in zip(relevant, wanted, strict=False):
        same(pair, other, f"a header of the {what}")
    same(len(relevant), len(wanted), f"number of headers of the {what}")


@SECTION.check(49, PROXY)
async def heads_of_64_kib_pass(it: It) -> None:
    large = tuple((f"X-Large-{n}", "v" * 8000) for n in range(8))
    asked, answer = await _large(it, it.request(CHAT, None, *large), OTHERWISE, "a request head of 64 KiB")
    expect(asked.head.size > 64_000 and answer.status == 200, "a request head of 64 KiB did not pass")
    _, answer = await _large(it, it.request(), response(200, BODY, *large), "an answer head of 64 KiB")
    same((answer.status, answer.head.size > 64_000), (200, True), "an answer head of 64 KiB")


async def _large(it: It, request: bytes, reply: bytes, what: str) -> tuple[Asked, Answer]:
    wire = await it.client()
    wire.send(request)
    asked = await it.asked(f"{what} at production")
    asked.reply(reply)
    return asked, await wire.answer(what=what)


@SECTION.check(50, PROXY)
async def the_target_passes_verbatim(it: It) -> None:
    for target in (
        "/v1/messages?beta=true",
        "/v1/a%2Fb/c%20d?x=%2F&x=1&x=2",
        "//v1///chat//completions",
        "/v1/./a/../b?c",
        "/v1/a;p=1/%7Euser?q=a+b&&=",
        "/v1/%E6%BC%A2?",
    ):
        asked, _ = await it.exchange(it.request(target, b"", method="GET"))
        same(asked.target, target.encode(), "the target")


@SECTION.check(51, PROXY)
async def redirects_and_cookies_are_the_clients(it: It) -> None:
    wire = await it.client()
    location = (("Location", "http://elsewhere.test/v1/x?y=1"), ("Set-Cookie", "session=1"))
    _, answer = await it.exchange(it.request(), response(302, b"", *location), client=wire)
    same((answer.status, answer.head.get(b"location")), (302, b"http://elsewhere.test/v1/x?y=1"), "a redirect")
    asked, _ = await it.exchange(it.request(), client=wire)
    expect(b"cookie" not in asked.head.names, "a cookie that production set was sent back by the proxy")
    same(len(it.origin.all), 2, "requests at production")


@SECTION.check(52, PROXY)
async def the_host_is_not_invented(it: It) -> None:
    asked, _ = await it.exchange(it.request())
    hosts = asked.head.all(b"host")
    allowed = {
        b"gateway.test",
        f"127.0.0.1:{it.stand.origin.port}".encode(),
        f"localhost:{it.stand.origin.port}".encode(),
    }
    expect(len(hosts) == 1 and hosts[0] in allowed, f"production saw Host {hosts}")


@SECTION.check(53, PROXY)
async def metadata_of_the_provider_passes(it: It) -> None:
    told = (
        *(("x-ratelimit-limit-requests", "60"), ("x-ratelimit-remaining-tokens", "149984"), ("retry-after", "20")),
        *(("retry-after-ms", "150"), ("x-should-retry", "true"), ("x-request-id", "req_1"), ("request-id", "req_2")),
        *(("openai-processing-ms", "17"), ("anthropic-ratelimit-requests-reset", "2026-01-01T00:00:00Z")),
        *(("Server", "provider"), ("Date", "Tue, 01 Jan 2030 00:00:00 GMT")),
    )
    _, answer = await it.exchange(it.request(), response(429, b"{}", *told))
    for name, value in told:
        same(answer.head.all(name.lower().encode()), [value.encode()], name)


@SECTION.check(54, PROXY)
async def statuses_and_their_bodies_pass(it: It) -> None:
    wire = await it.client()
    for status in (400, 401, 404, 408, 409, 413, 422, 429, 500, 502, 503, 504, 529, 599):
        for body, kind in (
            (b'{"error":{"type":"x"}}', "application/json"),
            (b"<html>no</html>", "text/html"),
            (b"", ""),
        ):
            _, answer = await it.exchange(it.request(), response(status, body, kind=kind), client=wire)
            same((answer.status, answer.body), (status, body), "an error")
            same(answer.head.get(b"content-type"), kind.encode() or None, f"Content-Type of {status}")


@SECTION.check(55, PROXY)
async def multipart_bodies_pass(it: It) -> None:
    data = random.Random(55).randbytes(300_000)
    part = b'--b0undary\r\nContent-Disposition: form-data; name="file"; filename="\xc3\xa4.bin"\r\n\r\n'
    body = part + data + b"\r\n--b0undary--\r\n"
    kind = 'multipart/form-data; boundary="b0undary"'
    for path in ("/v1/files", "/v1/audio/transcriptions", "/v1/images/edits", "/v1/videos"):
        asked, _ = await it.exchange(it.request(path, body, ("Content-Type", kind)))
        same(asked.head.get(b"content-type"), kind.encode(), "Content-Type")
        expect(await asked.body() == body, f"a multipart body to {path} was changed")


@SECTION.check(56, PROXY)
async def binary_answers_and_ranges_pass(it: It) -> None:
    data = random.Random(56).randbytes(200_000)
    for kind in ("video/mp4", "application/zip", "image/webp", "application/octet-stream", "application/sdp"):
        _, answer = await it.exchange(it.request("/v1/x", b"", method="GET"), response(200, data, kind=kind))
        same(answer.head.get(b"content-type"), kind.encode(), "Content-Type")
        expect(answer.body == data, f"a body of {kind} was changed")
    ranged = response(
        206, data[5:10], ("Content-Range", "bytes 5-9/200000"), ("Accept-Ranges", "bytes"), kind="video/mp4"
    )
    asked, answer = await it.exchange(it.request("/v1/x", b"", ("Range", "bytes=5-9"), method="GET"), ranged)
    same(asked.head.get(b"range"), b"bytes=5-9", "Range")
    same(
        (answer.status, answer.head.get(b"content-range"), answer.body),
        (206, b"bytes 5-9/200000", data[5:10]),
        "a part",
    )


@SECTION.check(57, PROXY)
async def a_websocket_is_tunnelled_or_refused(it: It) -> None:
    upgrade = (("Connection", "Upgrade"), ("Upgrade", "websocket"), ("Sec-WebSocket-Version", "13"))
    wire = await it.client()
    wire.send(
        it.request(
            "/v1/realtime?model=m", b"", *upgrade, ("Sec-WebSocket-Key", "eHh4eHh4eHh4eHh4eHh4eA=="), method="GET"
        )
    )
    if await _refused(it, wire):
        return
    asked = await it.asked()
    expect(
        (asked.head.get(b"upgrade") or b"").lower() == b"websocket", "forwarded as an ordinary request, without Upgrade"
    )
    asked.send(message("HTTP/1.1 101 Switching Protocols", (("Connection", "Upgrade"), ("Upgrade", "websocket"))))
    same((await wire.answer()).status, 101, "status of the handshake")
    wire.send(b"\x81\x85abcd\x00\x01\x02\x03\x04")
    await asked.wire.until_seen(b"\x81\x85abcd\x00\x01\x02\x03\x04", "the client's frame")
    asked.send(b"\x81\x02ok")
    await wire.until_seen(b"\x81\x02ok", "production's frame")


async def _refused(it: It, wire: Wire) -> bool:
    await eventually(lambda: it.origin.all or wire.received, "the handshake at production, or a refusal", within_s=5)
    if it.origin.all:
        return False
    status = (await wire.answer()).status
    expect(status in (501, 426), f"refused with {status}, which does not say why")
    return True


SMUGGLED = {
    "Content-Length and Transfer-Encoding": "Content-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    "Transfer-Encoding and Content-Length": "Transfer-Encoding: chunked\r\nContent-Length: 4\r\n\r\n0\r\n\r\n",
    "two lengths": "Content-Length: 0\r\nContent-Length: 5\r\n\r\n",
    "a length with a sign": "Content-Length: +0\r\n\r\n",
    "a folded header": "X-A: b\r\n c: d\r\nContent-Length: 0\r\n\r\n",
    "a bare CR in a value": "X-A: b\rX-B: c\r\nContent-Length: 0\r\n\r\n",
    "NUL in a value": "X-A: b\x00c\r\nContent-Length: 0\r\n\r\n",
    "a space before the colon": "X-A : b\r\nContent-Length: 0\r\n\r\n",
    "an unknown transfer coding": "Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n",
    "chunked twice": "Transfer-Encoding: chunked, chunked\r\n\r\n0\r\n\r\n",
    "two hosts": "Host: other.test\r\nContent-Length: 0\r\n\r\n",
}


@SECTION.check(58, PROXY)
async def ambiguous_requests_are_refused(it: It) -> None:
    forwarded = [told for what, rest in SMUGGLED.items() if (told := await _forwarded(it, what, rest))]
    expect(not forwarded, f"forwarded: {', '.join(forwarded)}")


async def _forwarded(it: It, what: str, rest: str) -> str | None:
    """None when the answer is an error of the proxy, or a closed connection, with nothing at production."""
    seen = len(it.origin.all)
    wire = await it.client()
    wire.send(f"POST {CHAT} HTTP/1.1\r\nHost: gateway.test\r\nX-Case: {it.token}\r\n{rest}".encode("latin-1"))
    await eventually(
        lambda: len(it.origin.all) > seen or wire.received or wire.ended,
        "an answer to an ambiguous request",
        within_s=5,
    )
    if len(it.origin.all) == seen:
        is_error = wire.ended or wire.received.split(b" ", 2)[1][:1] in b"45"
        expect(is_error, f"{what} was answered with success")
        return None
    asked = await it.asked()
    asked.reset()
    as_it_was = rest.partition("\r\n\r\n")[0].encode("latin-1") in asked.raw_head
    return what if as_it_was else f"{what} (put right)"


@SECTION.check(60, PROXY)
async def odd_json_passes(it: It) -> None:
    for body in (
        b'{"model":"m","model":"n","seed":9223372036854775807,"messages":[]}',
        b'{"temperature":1e-7,"x":1.10,"nan":NaN,"s":"\\ud800","messages":[]}',
        b'{"messages": [ ,]',
        b"\xff\xfe not JSON",
    ):
        asked, _ = await it.exchange(it.request(CHAT, body))
        same(await asked.body(), body, "the request")


# ── with a mirror ──


@SECTION.check(45, Kind.RECORDED)
async def a_request_over_the_bound_is_not_copied_and_counted(it: It) -> None:
    name = "shadowbench_mirror_exchanges_total"
    before = await it.sidecar.total(name, 'reason="over_bound"')
    _, answer = await it.exchange(it.request(CHAT, it.chat(padding="x" * 3_000_000)))
    same(answer.status, 200, "status")

    async def is_counted() -> bool:
        return await it.sidecar.total(name, 'reason="over_bound"') > before

    await eventually(is_counted, f"{name} with the reason over_bound goes up")
    assert it.copies is not None
    expect(not it.copies.all, "a request over max_request_bytes reached the candidate")


@SECTION.check(59, MIRROR)
async def a_hung_candidate_does_not_delay_the_next_request(it: It) -> None:
    it.hold_copies()
    wire = await it.client()
    _, answer = await it.exchange(it.request(), client=wire)
    same(answer.status, 200, "the first answer")
    await it.copy()  # and is never answered
    wire.send(it.request())
    asked = await it.asked("while its copy hangs at the candidate: the connection's next request at production")
    asked.reply(OTHERWISE)
    same((await wire.answer()).status, 200, "the second answer")


@SECTION.check(57, MIRROR)
async def a_websocket_is_not_copied(it: It) -> None:
    upgrade = (("Connection", "Upgrade"), ("Upgrade", "websocket"), ("Sec-WebSocket-Version", "13"))
    wire = await it.client()
    wire.send(
        it.request("/v1/responses", b"", *upgrade, ("Sec-WebSocket-Key", "eHh4eHh4eHh4eHh4eHh4eA=="), method="GET")
    )
    if not await _refused(it, wire):
        (await it.asked()).reply(response(404, b"{}"))
        await wire.answer()
    await it.fence()
    assert it.copies is not None
    expect(not it.copies.all, "the handshake reached the candidate")


@SECTION.check(60, Kind.RECORDED)
async def a_copy_keeps_numbers_and_order(it: It) -> None:
    body = it.chat()[:-1] + b', "seed":9223372036854775807, "top_p":1e-7, "zeta":1.10, "alpha":"\\ud800"}'
    await it.exchange(it.request(CHAT, body))
    copy = await (await it.copy()).body()
    same(copy, body.replace(b'"model": "m"', b'"model": "candidate-model"'), "the copy")


@SECTION.check(44, Kind.RECORDED)
async def a_copy_of_a_compressed_request_is_decoded(it: It) -> None:
    for coding, compress in (("gzip", gzip.compress), ("zstd", zstandard.compress)):
        body = it.chat(coding=coding)  # another question each time: the same again would be a retry
        await it.exchange(it.request(CHAT, compress(body), ("Content-Encoding", coding)))
        copy = await it.copy(f"the copy of a request in {coding}")
        expect(b"content-encoding" not in copy.head.names, "the copy still says that it is compressed")
        same(await copy.body(), body.replace(b'"model": "m"', b'"model": "candidate-model"'), f"the copy of {coding}")


@SECTION.check(44, Kind.RECORDED)
async def a_bomb_is_not_copied(it: It) -> None:
    bomb = gzip.compress(it.chat(padding="x" * 50_000_000), mtime=0)
    asked, answer = await it.exchange(it.request(CHAT, bomb, ("Content-Encoding", "gzip")))
    expect(await asked.body() == bomb and answer.status == 200, "a request that unpacks to 50 MB did not pass")
    await it.fence()
    assert it.copies is not None
    expect(not it.copies.all, "a request that unpacks to 50 MB reached the candidate")
