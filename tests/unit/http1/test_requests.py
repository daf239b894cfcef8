"""The judgement of a request head, without a connection."""

import pytest

from shadowbench.http1.requests import RequestHead, ServerOptions, apply_connection, judge
from tests.unit.http1.filling import filled

OPTIONS = ServerOptions(max_head_bytes=1000, max_headers=5)


def make(*fields: tuple[bytes, bytes], method: bytes = b"GET", path: bytes = b"/") -> RequestHead:
    head = filled(RequestHead(), *fields)
    head.method, head.path = method, path
    return head


HOST = (b"Host", b"a")


@pytest.mark.parametrize(
    ("head", "version", "found"),
    [
        (make(), "1.1", (400, "host")),
        (make(HOST, HOST), "1.1", (400, "host")),
        (make(HOST, HOST), "1.0", (400, "host")),
        (make(HOST), "2.0", (505, "http_version")),
        (make(HOST), "0.9", (505, "http_version")),
        (make((b"Host", b"a/b@c d")), "1.1", (400, "host")),
        (make((b"Host", b"user:pw@x")), "1.1", (400, "host")),
        (make((b"Host", b"[::1")), "1.1", (400, "host")),
        (make((b"Host", b"x\xff")), "1.1", (400, "host")),
        (make((b"Host", b"x:y")), "1.1", (400, "host")),
        (make(HOST, path=b"http://a b/"), "1.1", (400, "bad_target")),
        (make(HOST, method=b"CONNECT"), "1.1", (400, "connect")),
        (make(HOST, (b"Transfer-Encoding", b"chunked")), "1.0", (400, "transfer_encoding")),
        (make(HOST, (b"Transfer-Encoding", b"gzip, chunked")), "1.1", (501, "transfer_encoding")),
        (make(HOST, *[(b"Transfer-Encoding", b"chunked")] * 2), "1.1", (501, "transfer_encoding")),
        (make(HOST, *[(b"X", b"y")] * 5), "1.1", (431, "too_many_headers")),
        (make(HOST, (b"Content-Length", b"9223372036854775808")), "1.1", (400, "content_length")),
        (make(HOST, (b"Content-Length", b"0018446744073709551615 ")), "1.1", (400, "content_length")),
        (make(HOST, (b"X", b"y" * 1000)), "1.1", (431, "head_too_large")),
        (make(HOST, path=b"/" + b"y" * 1000), "1.1", (431, "head_too_large")),
        (make(HOST, path=b"*"), "1.1", (400, "bad_target")),
        (make(HOST, path=b"/a#b"), "1.1", (400, "bad_target")),
        (make(HOST, path=b"/#"), "1.1", (400, "bad_target")),
        (make(HOST, path=b"http://a/b#c"), "1.1", (400, "bad_target")),
        (make(HOST, path=b"http://a#c"), "1.1", (400, "bad_target")),
        (make(HOST, path=b"http://a/b?c#d"), "1.1", (400, "bad_target")),
        (make(HOST, method=b"OPTIONS", path=b"*#"), "1.1", (400, "bad_target")),
        (make((b"Host", b"a b ")), "1.1", (400, "host")),
        (make((b"Host", b"a\x0b")), "1.1", (400, "host")),
        (make(HOST, (b"Transfer-Encoding", b"chunked\t")), "1.1", (501, "transfer_encoding")),
        (make(HOST, (b"Transfer-Encoding", b"chunked ,")), "1.1", (501, "transfer_encoding")),
    ],
)  # fmt: skip
def test_heads_that_are_refused(head, version, found):
    refusal = judge(head, version, OPTIONS, may_be_large=True)
    assert refusal is not None and (refusal.status, refusal.code) == found


@pytest.mark.parametrize(
    ("head", "version", "chunked", "has_body"),
    [
        (make(HOST), "1.1", False, False),
        (make(), "1.0", False, False),
        (make(HOST, (b"Content-Length", b"000")), "1.1", False, False),
        (make(HOST, (b"Content-Length", b"10")), "1.1", False, True),
        (make(HOST, (b"Content-Length", b"9223372036854775807")), "1.1", False, True),
        (make(HOST, (b"Content-Length", b"0" * 500 + b"1")), "1.1", False, True),
        (make(HOST, (b"Transfer-Encoding", b"CHUNKED")), "1.1", True, True),
        (make(HOST, (b"Transfer-Encoding", b"chunked  ")), "1.1", True, True),
        (make(HOST, method=b"OPTIONS", path=b"*"), "1.1", False, False),
    ],
)
def test_heads_that_are_forwarded(head, version, chunked, has_body):
    assert judge(head, version, OPTIONS, may_be_large=True) is None
    assert (head.chunked, head.has_body, head.http10) == (chunked, has_body, version == "1.0")


@pytest.mark.parametrize("host", [b"a ", b"a\t", b"a:80 \t ", b"[::1] "])
def test_blanks_behind_a_host_are_no_part_of_it(host):
    head = make((b"Host", host))
    assert judge(head, "1.1", OPTIONS, may_be_large=True) is None
    assert head.fields[head.host_at] == host.rstrip(b" \t")


def test_an_absolute_target_gives_a_head_without_host_one():
    head = make(path=b"http://b/c")
    assert judge(head, "1.0", OPTIONS, may_be_large=True) is None
    assert head.path == b"/c" and head.fields[head.host_at] == b"b"


def test_places_are_found_again_when_nominated_fields_are_gone():
    head = make((b"X-Gone", b"1"), (b"Cookie", b"s"), (b"X-Gone", b"2"), HOST, (b"Authorization", b"t"),
                (b"X-Shadowbench-Mirrored", b"m"), (b"Connection", b"x-gone"))  # fmt: skip
    apply_connection(head)
    assert [head.fields[at] for at in head.credentials_at or []] == [b"s", b"t"]
    assert head.fields[head.host_at] == b"a" and head.marker == b"m"


def test_a_client_that_nominates_its_credentials_or_our_marker_loses_them():
    head = make(HOST, (b"Authorization", b"t"), (b"X-Shadowbench-Mirrored", b"m"),
                (b"Connection", b"authorization, x-shadowbench-mirrored"))  # fmt: skip
    apply_connection(head)
    assert head.credentials_at is None and head.marker is None and b"t" not in head.fields


@pytest.mark.parametrize(
    ("fields", "version", "asked"),
    [
        ([(b"Connection", b"Upgrade"), (b"Upgrade", b"websocket")], "1.1", b"websocket"),
        ([(b"Upgrade", b"websocket")], "1.1", None),
        ([(b"Connection", b"keep-alive"), (b"Upgrade", b"websocket")], "1.1", None),
        ([(b"Connection", b"Upgrade"), (b"Upgrade", b"h2c")], "1.1", None),
        ([(b"Connection", b"Upgrade")], "1.1", None),
        ([(b"Connection", b"Upgrade"), (b"Upgrade", b"")], "1.1", None),
        ([(b"Connection", b"Upgrade"), (b"Upgrade", b"websocket"), (b"Upgrade", b"")], "1.1", None),
        ([(b"Connection", b"Upgrade"), (b"Upgrade", b"websocket")], "1.0", None),
        ([(b"Connection", b"Upgrade"), (b"Upgrade", b"websocket"), (b"Content-Length", b"1")], "1.1", None),
    ],
)
def test_what_counts_as_asking_for_an_upgrade(fields, version, asked):
    head = make(HOST, *fields)
    assert judge(head, version, OPTIONS, may_be_large=True) is None
    apply_connection(head)
    assert head.upgrade == asked
