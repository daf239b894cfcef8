"""Rules about header lines, without connections."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shadowbench import keyed
from shadowbench.http1 import heads
from shadowbench.http1.heads import Refusal, Target


def flat(*fields: tuple[bytes, bytes]) -> list[bytes]:
    return [part for name, value in fields for part in (name, b": ", value, b"\r\n")]


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        (b"Host", heads.HOST),
        (b"CONTENT-length", heads.LENGTH),
        (b"transfer-Encoding", heads.CODING),
        (b"Connection", heads.CONNECTION),
        (b"Upgrade", heads.UPGRADE),
        (b"Keep-Alive", heads.KEEP_ALIVE),
        (b"TE", heads.HOP),
        (b"Trailer", heads.HOP),
        (b"Proxy-Connection", heads.HOP),
        (b"Proxy-Authorization", heads.HOP),
        (b"HTTP2-Settings", heads.HOP),
        (b"X-Shadowbench-Mirrored", heads.MARKER),
        (b"Authorization", heads.CREDENTIAL),
        (b"Accept", heads.PLAIN),
        (b"Hostile", heads.PLAIN),
    ],
)
def test_names_have_a_kind_in_any_spelling(name, kind):
    for spelling in (name, name.lower(), name.upper(), name.swapcase()):
        assert heads.kind_of(spelling) == kind


def test_every_credential_is_hashed_or_ends_here():
    kinds = {name: heads.kind_of(name) for name in keyed.CREDENTIAL_HEADERS}
    assert {name for name, kind in kinds.items() if kind != heads.CREDENTIAL} == {b"proxy-authorization"}
    assert kinds[b"proxy-authorization"] == heads.HOP


def test_spellings_that_clients_choose_are_remembered_up_to_a_bound():
    for number in range(10_000):
        assert heads.kind_of(b"x-made-up-%d" % number) == heads.PLAIN
        assert heads.kind_of(b"x" * 65 + b"%d" % number) == heads.PLAIN
    assert len(heads._SPELLINGS) <= heads._MAX_SPELLINGS
    assert max(map(len, heads._SPELLINGS)) <= heads._MAX_SPELLING_BYTES
    assert heads.kind_of(b"aUtHoRiZaTiOn") == heads.CREDENTIAL


def test_connection_options_of_all_lines_are_one_set():
    assert heads.connection_options([b"Keep-Alive, X-a", b" ,x-A,,Close\t"]) == {b"keep-alive", b"x-a", b"close"}
    assert heads.connection_options([b""]) == frozenset()


@given(st.lists(st.binary(max_size=80), min_size=1, max_size=3))
def test_remembered_options_are_the_same_options(values):
    assert heads.connection_options(values) == heads.connection_options(list(values))
    assert len(heads._OPTIONS) <= heads._MAX_OPTIONS


def test_nominated_fields_go_and_the_rest_keeps_its_order():
    fields = flat((b"X-A", b"1"), (b"x-b", b"2"), (b"X-B", b"3"), (b"X-C", b"4"))
    assert heads.without_nominated(fields, frozenset({b"x-b", b"close"})) == flat((b"X-A", b"1"), (b"X-C", b"4"))
    assert heads.without_nominated(fields, frozenset({b"close"})) is fields


def test_what_says_where_a_message_goes_and_ends_is_never_nominated():
    fields = flat((b"Host", b"a"), (b"Content-Length", b"3"))
    assert heads.without_nominated(fields, frozenset({b"host", b"content-length", b"transfer-encoding"})) == fields


def test_finding_and_leaving_out_fields():
    fields = flat((b"X-A", b"1"), (b"x-a", b"2"), (b"X-B", b"3"))
    assert heads.find_field(fields, b"x-a") == b"1" and heads.find_field(fields, b"x-c") is None
    assert heads.without_field(fields, b"x-a") == flat((b"X-B", b"3"))


@pytest.mark.parametrize(
    ("method", "target", "found"),
    [
        (b"OPTIONS", b"*", Target(b"*")),
        (b"GET", b"http://a", Target(b"/", b"a")),
        (b"GET", b"http://a/", Target(b"/", b"a")),
        (b"GET", b"HTTPS://a:1/b//c?d=http://e", Target(b"/b//c?d=http://e", b"a:1")),
        (b"GET", b"http://[::1]:80/", Target(b"/", b"[::1]:80")),
    ],
)
def test_targets_in_origin_form(method, target, found):
    assert heads.origin_form(method, target) == found


NO_TARGETS = [b"*", b"a", b"a:1", b"http:/a", b"http:///b", b"ftp://a/", b"http://u@a/", b"http://a?b", b""]


@pytest.mark.parametrize("target", NO_TARGETS)
def test_targets_that_are_none(target):
    assert isinstance(heads.origin_form(b"GET", target), Refusal)


@pytest.mark.parametrize("status", [*heads.REASONS, 599])
@pytest.mark.parametrize("close", [True, False])
def test_our_own_responses_are_whole_and_say_why(status, close):
    response = heads.own_response(Refusal(status, "a_code", 'a "message"'), close=close)
    head, _, body = response.partition(b"\r\n\r\n")
    first, *lines = head.split(b"\r\n")
    assert first.startswith(b"HTTP/1.1 %d " % status) and first[13:]
    assert b"Content-Length: %d" % len(body) in lines and b"x-shadowbench-fault: a_code" in lines
    assert (b"Connection: close" in lines) == close
    error = json.loads(body)["error"]
    assert error["code"] == "a_code" and error["message"] == 'shadowbench: a "message"'
    assert (
        heads.own_response(Refusal(status, "a_code", 'a "message"'), close=close, with_body=False) == head + b"\r\n\r\n"
    )


@given(
    st.integers(0, 2**66) | st.integers(2**63 - 3, 2**63 + 3), st.integers(0, 30), st.sampled_from([b"", b" ", b"\t "])
)
def test_a_length_counts_up_to_what_signed_64_bits_hold(number, zeros, blanks):
    value = b"0" * zeros + b"%d" % number + blanks
    assert heads.is_beyond_counting(value) == (number > 2**63 - 1)
    assert number <= 2**63 - 1 or len(value) > heads.SURELY_COUNTABLE


@pytest.mark.parametrize(
    "host", [b"", b"a", b"a.example:8080", b"x_y-1", b"[::1]:80", b"[fe80::1%25eth0]", b"a,b", b"%C3%A4", b"a:"]
)
def test_hosts(host):
    assert heads.is_host(host)


@pytest.mark.parametrize(
    "host", [b"a b", b"a/b", b"u@a", b"[::1", b"::1", b"a:b", b"a?b", b"a#b", b"a\x00", b"\xff", b'"a"', b"a:1:2"]
)
def test_no_hosts(host):
    assert not heads.is_host(host)


def test_options_of_a_whole_server_in_absolute_form():
    assert heads.origin_form(b"OPTIONS", b"http://a") == Target(b"*", b"a")
    assert heads.origin_form(b"OPTIONS", b"http://a/") == Target(b"/", b"a")
