"""What the mirror is told of each exchange, and that nothing it does or fails to do reaches production."""

import asyncio
import random

import pytest

from shadowbench import handoff, keyed, links
from shadowbench.handoff import Kind
from tests.integration.proxying import (
    CHAT,
    CHUNKED,
    GET,
    LAST,
    NOW,
    OK,
    SALT,
    MirrorListener,
    RawMirror,
    Stage,
    Told,
    at_random,
    byte_by_byte,
    chunks,
    eventually,
    head,
    make_policy,
    mirrored,
    on_uvloop,
    post,
    stage,
    whole,
)

CUTS = [
    pytest.param(whole, id="whole"),
    pytest.param(byte_by_byte, id="bytes"),
    pytest.param(at_random(2), id="random"),
]
WHOLE = ["OPEN", "REQUEST", "REQUEST_END", "HEAD", "PART", "END"]
BODY = bytes(range(256)) * 4


async def told(mirror: RawMirror, count: int = 1) -> Told:
    """The exchange number `count`, when it is over."""
    await eventually(lambda: len(mirror.told) >= count and mirror.exchanges[count - 1].end is not None)
    return mirror.exchanges[count - 1]


def without_repeats(kinds: list[str]) -> list[str]:
    return [kind for at, kind in enumerate(kinds) if at == 0 or kind != kinds[at - 1]]


@pytest.mark.parametrize("cut", CUTS)
@pytest.mark.parametrize("chunked", [True, False])
@on_uvloop
async def test_an_exchange_is_told_whole_in_order_and_byte_for_byte(tmp_path, cut, chunked):
    framed = chunks(BODY[:100], BODY[100:]) + LAST if chunked else BODY
    framing = "Transfer-Encoding: chunked" if chunked else f"Content-Length: {len(BODY)}"
    request = head(framing, "X-A: ö", "X-Twice: 1", "X-Twice: 2") + framed
    response = b"HTTP/1.1 200 Fine\r\nX-Twice: 1\r\nx-twice: 2\r\n%b\r\n\r\n%b" % (framing.encode(), framed)
    async with mirrored(tmp_path) as (it, mirror):
        got, answer = await it.exchange(request, response, cut)
        heard = await told(mirror)
        assert without_repeats(heard.kinds) == WHOLE
        assert heard.request == BODY and heard.response == BODY
        assert heard.opened is not None and heard.response_head is not None and heard.end is not None
        head_of = got[: got.index(b"\r\n\r\n") + 2]
        assert heard.opened.head == head_of
        assert heard.opened.policy_version == 1 and heard.opened.admitted == 1.0
        response_lines = answer[: answer.index(b"\r\n\r\n") + 2].replace(b"Transfer-Encoding: chunked\r\n", b"")
        assert heard.response_head.head == response_lines.replace(b"Connection: close\r\n", b"")
        assert heard.response_head.connect_s is not None and heard.response_head.queue_s is None
        times = [heard.opened.opened_ns, heard.sent_ns, heard.response_head.head_ns]
        times += [part.at_ns for part in heard.parts] + [heard.end.end_ns]
        assert times == sorted(times)
        await it.at_rest()


@on_uvloop
async def test_a_pooled_connection_has_no_connect_time(tmp_path):
    async with mirrored(tmp_path) as (it, mirror):
        client = await it.client()
        await client.send(post() + post())
        production = await it.production.accept()
        for _ in range(2):
            await production.message()
            await production.send(OK)
        first, second = await told(mirror), await told(mirror, 2)
        assert first.response_head.connect_s is not None and second.response_head.connect_s is None


@on_uvloop
async def test_large_bodies_come_in_frames_of_64_kib_at_most(tmp_path):
    body = random.Random(5).randbytes(3_000_000)
    async with mirrored(tmp_path) as (it, mirror):
        client = await it.client()
        sending = asyncio.get_running_loop().create_task(client.send(post(body)))
        production = await it.production.accept()
        await production.message()
        await sending
        sending = asyncio.get_running_loop().create_task(production.send(CHUNKED + chunks(body) + LAST))
        await client.until(b"\r\n" + LAST)
        await sending
        heard = await told(mirror)
        assert heard.request == body and heard.response == body
        assert all(len(frame.payload) <= handoff.MAX_PAYLOAD for frame in mirror.frames)


@on_uvloop
async def test_a_stream_is_told_with_the_time_and_length_of_each_chunk(tmp_path):
    async with mirrored(tmp_path) as (it, mirror):
        client = await it.client()
        await client.send(post())
        production = await it.production.accept()
        await production.message()
        await production.send(CHUNKED)
        words = [b"data: %d\n\n" % number for number in range(600)]
        for word in words:
            await production.send(chunks(word))
            await client.until(b"\n\n\r\n")
        await production.send(LAST)
        heard = await told(mirror)
        assert [part.data for part in heard.parts] == words
        stamps = [part.at_ns for part in heard.parts]
        assert stamps == sorted(set(stamps))
        # 64 stamps are told in one frame, with what comes until then.
        assert 5 <= heard.kinds.count("PART") <= 10


# ── ends ──


async def begun(it: Stage, answer: bytes = b""):
    """A client, and production that began to answer."""
    client = await it.client()
    await client.send(post(b"body"))
    production = await it.production.accept()
    await production.message()
    if answer:
        await production.send(answer)
        await client.until(answer[-4:])
    return client, production


@on_uvloop
async def test_a_client_that_leaves_is_told_with_what_it_got(tmp_path):
    async with mirrored(tmp_path) as (it, mirror):
        client, _ = await begun(it, CHUNKED + chunks(b"half"))
        client.close()
        heard = await told(mirror)
        assert (heard.reason, heard.response) == ("client_cancelled", b"half")


@on_uvloop
async def test_a_client_that_leaves_before_the_answer_is_told_without_a_head(tmp_path):
    async with mirrored(tmp_path) as (it, mirror):
        client, _ = await begun(it)
        client.reset()
        heard = await told(mirror)
        assert heard.kinds == ["OPEN", "REQUEST", "REQUEST_END", "ABORT"]
        assert heard.reason == "client_cancelled"


@pytest.mark.parametrize(
    ("ending", "answer", "reason"),
    [
        ("close", CHUNKED + chunks(b"half"), "production_truncated"),
        ("reset", CHUNKED + chunks(b"half"), "production_reset"),
        ("reset", b"HTTP/1.1 200 OK\r\n\r\nhalf", "production_reset"),
        ("close", b"", "production_reset"),
    ],
)
@on_uvloop
async def test_production_that_breaks_is_told_with_what_it_sent(tmp_path, ending, answer, reason):
    async with mirrored(tmp_path) as (it, mirror):
        _, production = await begun(it, answer)
        getattr(production, ending)()
        heard = await told(mirror)
        assert (heard.reason, heard.response) == (reason, b"half" if answer else b"")
        assert ("HEAD" in heard.kinds) == bool(answer)


@on_uvloop
async def test_a_stale_connection_is_told(tmp_path):
    async with mirrored(tmp_path) as (it, mirror):
        client, production = await begun(it, OK)
        await client.send(post())
        await production.message()
        production.reset()
        assert (await told(mirror, 2)).reason == "production_stale"


@on_uvloop
async def test_a_bad_response_is_told(tmp_path):
    async with mirrored(tmp_path) as (it, mirror):
        _, production = await begun(it)
        await production.send(b"SSH-2.0\r\n")
        assert (await told(mirror)).reason == "production_bad_response"


@pytest.mark.parametrize(
    ("answer", "reason"), [(b"", "timed_out_first_byte"), (CHUNKED + chunks(b"half"), "timed_out_idle")]
)
@on_uvloop
async def test_time_outs_are_told(tmp_path, answer, reason):
    async with mirrored(tmp_path, first_byte_timeout_s=5.0, idle_timeout_s=5.0) as (it, mirror):
        await begun(it, answer)
        it.pass_time(6.0)
        assert (await told(mirror)).reason == reason


@on_uvloop
async def test_production_out_of_reach_is_told(tmp_path):
    async with mirrored(tmp_path, production={"url": "http://nobody.invalid"}) as (it, mirror):
        client = await it.client()
        await client.send(post(b"body"))
        await client.message()
        heard = await told(mirror)
        assert heard.reason == "production_unreachable"
        assert heard.kinds == ["OPEN", "REQUEST", "ABORT"], "never sent, so no t0"


@on_uvloop
async def test_an_answer_before_the_end_of_the_request_is_told(tmp_path):
    async with mirrored(tmp_path) as (it, mirror):
        client = await it.client()
        await client.send(head("Content-Length: 10") + b"12345")
        production = await it.production.accept()
        await production.until(b"12345")
        await production.send(OK)
        heard = await told(mirror)
        assert heard.reason == "early_answer" and "REQUEST_END" not in heard.kinds


@on_uvloop
async def test_a_body_that_lasts_until_the_end_of_the_connection_is_a_whole_answer(tmp_path):
    async with mirrored(tmp_path) as (it, mirror):
        _, production = await begun(it, b"HTTP/1.1 200 OK\r\n\r\nall of it")
        production.close()
        heard = await told(mirror)
        assert heard.reason is None and heard.response == b"all of it"


@pytest.mark.parametrize(
    "answer", [b"HTTP/1.1 204 No Content\r\n\r\n", b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", CHUNKED + LAST]
)
@on_uvloop
async def test_an_answer_without_content_has_no_parts(tmp_path, answer):
    async with mirrored(tmp_path) as (it, mirror):
        _, production = await begun(it)
        await production.send(answer)
        assert (await told(mirror)).kinds == ["OPEN", "REQUEST", "REQUEST_END", "HEAD", "END"]


@on_uvloop
async def test_a_relayed_1xx_is_not_told(tmp_path):
    async with mirrored(tmp_path) as (it, mirror):
        _, production = await begun(it)
        await production.send(b"HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n" + OK)
        heard = await told(mirror)
        assert heard.kinds == WHOLE and heard.response_head.head.startswith(b"HTTP/1.1 200 ")


@on_uvloop
async def test_draining_past_its_deadline_is_told_before_goodbye(tmp_path):
    async with mirrored(tmp_path) as (it, mirror):
        client, _ = await begun(it, CHUNKED + chunks(b"half"))
        assert not await it.traffic.drained(0.01)
        assert (await told(mirror)).reason == "shutdown"
        assert await client.ending() == (b"", "reset")


# ── credentials ──


@on_uvloop
async def test_no_credential_is_in_any_frame(tmp_path):
    names = sorted(name.decode() for name in keyed.CREDENTIAL_HEADERS)
    secrets = [f"{name.title()}: canary-{name}" for name in names] + ["authorization: Bearer canary-twice"]
    answer = b"HTTP/1.1 200 OK\r\nSet-Cookie: canary-1\r\nset-cookie: canary-2\r\nX-Api-Key: canary-3\r\n" + OK[17:]
    async with mirrored(tmp_path) as (it, mirror):
        got, reply = await it.exchange(post(b"{}", *secrets), answer)
        assert b"canary-authorization" in got and b"canary-twice" in got and b"canary-set-cookie" in got
        assert b"canary-proxy-authorization" not in got, "this one ends at the proxy, as every hop-by-hop field"
        assert reply.count(b"canary") == 3
        heard = await told(mirror)
        assert b"canary" not in mirror.raw
        assert b"\r\nAuthorization: " + keyed.placeholder(SALT, b"canary-authorization") + b"\r\n" in heard.opened.head
        assert b"Set-Cookie: " + keyed.placeholder(SALT, b"canary-1") in heard.response_head.head


@on_uvloop
async def test_no_credential_is_in_any_frame_when_connection_names_other_fields(tmp_path):
    """Fields that Connection names are taken out, and those behind them move."""
    request = post(b"{}", "X-Gone: 1", "Authorization: canary", "X-Kept: 2", "Connection: x-gone, keep-alive")
    answer = b"HTTP/1.1 200 OK\r\nX-Gone: 1\r\nSet-Cookie: canary\r\nConnection: x-gone\r\nContent-Length: 2\r\n\r\nok"
    async with mirrored(tmp_path) as (it, mirror):
        got, reply = await it.exchange(request, answer)
        assert b"X-Gone" not in got + reply and got.count(b"canary") == reply.count(b"canary") == 1
        await told(mirror)
        assert b"canary" not in mirror.raw and b"X-Gone" not in mirror.raw


# ── what is handed off ──


async def passes_through(it: Stage, mirror: RawMirror, request: bytes) -> None:
    """This request is answered and not handed off; the one after it is."""
    before = len(mirror.told)
    client = await it.client()
    await client.send(request)
    production = await it.production.accept()
    await production.message()
    await production.send(OK)
    await client.message()
    await client.send(post(b"marker"))
    assert (await production.message()).endswith(b"marker")
    await production.send(OK)
    await client.message()
    assert (await told(mirror, before + 1)).request == b"marker"
    assert len(mirror.told) == before + 1


OTHERS = [GET, head(first=f"GET {CHAT} HTTP/1.1"), post(path="/v1/files"), post(path="/v1/chat/completions/x")]


@pytest.mark.parametrize("request_", OTHERS)
@on_uvloop
async def test_other_endpoints_are_not_handed_off(tmp_path, request_):
    async with mirrored(tmp_path) as (it, mirror):
        await passes_through(it, mirror, request_)


@pytest.mark.parametrize("path", [f"{CHAT}?beta=true", f"/base{CHAT}", f"http://gateway.test{CHAT}"])
@on_uvloop
async def test_endpoints_are_known_by_the_end_of_their_path(tmp_path, path):
    async with mirrored(tmp_path) as (it, mirror):
        await it.exchange(post(path=path), OK)
        assert (await told(mirror)).reason is None


@on_uvloop
async def test_ct_77_our_own_calls_that_come_back_are_not_handed_off_and_forged_markers_are(tmp_path):
    marker = keyed.make_marker(SALT, NOW).decode()
    async with mirrored(tmp_path) as (it, mirror):
        await passes_through(it, mirror, post(b"{}", f"x-shadowbench-mirrored: {marker}"))
        assert it.tap.own_marker == 1
    forged = [keyed.make_marker(b"another", NOW), keyed.make_marker(SALT, NOW - 901), b"v1..", b"1"]
    for value in forged:
        async with mirrored(tmp_path) as (it, mirror):
            await it.exchange(post(b"{}", b"X-Shadowbench-Mirrored: " + value), OK)
            assert (await told(mirror)).reason is None


@on_uvloop
async def test_requests_are_sampled_by_their_number(tmp_path):
    rate, count = 0.3, 300
    async with mirrored(tmp_path, policy=make_policy(rate=rate)) as (it, mirror):
        client = await it.client()
        await client.send(post() * 1)
        production = await it.production.accept()
        for number in range(count):
            if number:
                await client.send(post())
            await production.message()
            await production.send(OK)
            await client.message()
        epoch = mirror.hello["epoch"]
        bound = keyed.threshold(rate)
        expected = [n for n in range(1, count + 1) if keyed.sample_point(SALT, keyed.request_key(epoch, n)) < bound]
        await told(mirror, len(expected))
        assert sorted(mirror.told) == expected
        assert all(heard.opened.admitted == rate for heard in mirror.exchanges)
        it.tap.afterwards.now()
        assert it.tap.not_sampled == count - len(expected)


@pytest.mark.parametrize("name", ["x-user", "authorization"])
@on_uvloop
async def test_requests_are_sampled_by_a_header(tmp_path, name):
    rate = 0.5
    async with mirrored(tmp_path, policy=make_policy(rate=rate, key=f"header: {name.title()}")) as (it, mirror):
        client = await it.client()
        production = None
        users = [b"user-%d" % (n % 20) for n in range(60)]
        for user in users:
            await client.send(post(user, name.encode() + b": " + user))
            production = production or await it.production.accept()
            await production.message()
            await production.send(OK)
            await client.message()
        key = (lambda user: keyed.placeholder(SALT, user)) if name == "authorization" else (lambda user: user)
        expected = [u for u in users if keyed.sample_point(SALT, key(u)) < keyed.threshold(rate)]
        assert 0 < len(expected) < 60
        await told(mirror, len(expected))
        assert [heard.request for heard in mirror.exchanges] == expected


# ── what the mirror says ──


@on_uvloop
async def test_a_new_policy_is_in_force_at_once(tmp_path):
    async with mirrored(tmp_path) as (it, mirror):
        client, production = await begun(it, OK)
        mirror.say(Kind.POLICY, make_policy(version=7, rate=0.0).to_json())
        await eventually(lambda: it.tap.policy.version == 7)
        await client.send(post())
        await production.message()
        await production.send(OK)
        await client.message()
        mirror.say(Kind.POLICY, make_policy(version=8, endpoints=(("POST", "/other"),)).to_json())
        await eventually(lambda: it.tap.policy.version == 8)
        await client.send(post() + post(b"o", path="/other"))
        for _ in range(2):
            await production.message()
            await production.send(OK)
        assert (await told(mirror, 2)).opened.policy_version == 8
        assert len(mirror.told) == 2 and mirror.exchanges[1].request == b"o"


@on_uvloop
async def test_an_exchange_the_mirror_does_not_want_is_told_no_further(tmp_path):
    async with mirrored(tmp_path) as (it, mirror):
        client = await it.client()
        await client.send(post(b"x" * 40_000))
        production = await it.production.accept()
        await production.message()
        await eventually(lambda: bool(mirror.told))
        (sequence,) = mirror.told
        mirror.say(Kind.DROP, sequence=sequence)
        mirror.ack(0, 1)
        await eventually(lambda: it.tap.unwanted == 1)
        await production.send(OK)
        assert await client.message() == OK
        await client.send(post(b"next"))
        await production.message()
        await production.send(OK)
        assert (await told(mirror, 2)).request == b"next"
        assert mirror.exchanges[0].end is None and "HEAD" not in mirror.exchanges[0].kinds
        assert not it.tap.copies


@on_uvloop
async def test_what_the_mirror_settled_is_not_lost_with_it(tmp_path):
    async with mirrored(tmp_path) as (it, mirror):
        client, production = await begun(it, OK)
        for _ in range(4):
            await client.send(post())
            await production.message()
            await production.send(OK)
            await client.message()
        await told(mirror, 5)
        mirror.ack(1, 2)
        await eventually(lambda: it.tap.link.settled == 3)
        assert it.tap.link.recorded == 1
        mirror.transport.abort()
        await eventually(lambda: it.counted("handoff_lost_total", reason="lost_with_mirror") == 2)


@on_uvloop
async def test_a_mirror_that_comes_back_starts_a_new_epoch_and_gets_nothing_twice(tmp_path):
    listener = await MirrorListener(tmp_path / "mirror.sock").start()
    async with stage(mirror=listener) as it:
        first = await listener.connected()
        client = await it.client()
        await client.send(post(b"x" * 40_000))
        production = await it.production.accept()
        await production.message()
        await eventually(lambda: bool(first.told))
        first.transport.abort()
        second = await listener.connected(2)
        await eventually(lambda: it.tap.link.ready)
        assert first.hello["epoch"] != second.hello["epoch"]
        await production.send(OK)  # the rest of the first exchange is nobody's any more
        assert await client.message() == OK
        await client.send(post(b"next"))
        await production.message()
        await production.send(OK)
        heard = await told(second)
        assert heard.request == b"next" and list(second.told) == [1]
        assert it.counted("handoff_lost_total", reason="lost_with_mirror") == 1
        assert first.exchanges[0].end is None
    await listener.stop()


@on_uvloop
async def test_without_a_mirror_traffic_flows_and_what_was_not_handed_off_is_counted(tmp_path):
    async with mirrored(tmp_path) as (it, mirror):
        it.tap.link._delay_s = 3600.0  # no reconnect in this test
        mirror.transport.abort()
        await eventually(lambda: not it.tap.link.ready)
        _, answer = await it.exchange(post(), OK)
        it.tap.afterwards.now()
        assert answer.startswith(b"HTTP/1.1 200 OK\r\n") and it.tap.dropped_away == 1


GARBAGE = {
    "a huge length": b"\xff" * 64,
    "HTTP": b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n",
    "an unknown kind": handoff.pack(99),  # type: ignore[arg-type]
    "a frame of ours": handoff.pack(Kind.OPEN),
    "a policy that is no JSON": handoff.pack(Kind.POLICY, 0, b"{"),
    "a policy that is nested deeply": handoff.pack(Kind.POLICY, 0, b"[" * 60_000),
    "a policy without a salt": handoff.pack(Kind.POLICY, 0, b'{"version":1,"rate":1,"key":"request","endpoints":[]}'),
    "a policy with a long salt": handoff.pack(Kind.POLICY, 0, make_policy(salt=b"x" * 65).to_json()),
    "a policy with no salt": handoff.pack(Kind.POLICY, 0, make_policy(salt=b"").to_json()),
    "a rate that is no number": handoff.pack(Kind.POLICY, 0, make_policy(rate=float("nan")).to_json()),
    "a rate above one": handoff.pack(Kind.POLICY, 0, make_policy(rate=1.5).to_json()),
    "a version beyond 32 bits": handoff.pack(Kind.POLICY, 0, make_policy(version=2**32).to_json()),
    "an infinite version": handoff.pack(
        Kind.POLICY, 0, make_policy().to_json().replace(b'"version": 1', b'"version": Infinity')
    ),
    "a short ACK": handoff.pack(Kind.ACK, 0, b"1"),
    "another version": handoff.pack(Kind.WELCOME, 0, b'{"version": 9}'),
    "a welcome without a version": handoff.pack(Kind.WELCOME, 0, b"{}"),
    "a welcome that is a list": handoff.pack(Kind.WELCOME, 0, b"[]"),
}


@pytest.mark.parametrize("name", GARBAGE)
@on_uvloop
async def test_a_mirror_that_talks_nonsense_is_hung_up_on_and_traffic_flows(tmp_path, name):
    async with mirrored(tmp_path) as (it, mirror):
        client, production = await begun(it)
        mirror.transport.write(GARBAGE[name])
        await eventually(lambda: mirror.lost)
        await production.send(OK)
        assert await client.message() == OK
        reason = "version" if name == "another version" else "protocol"
        assert it.counted("handoff_refusals_total", reason=reason) == 1


# ── a mirror that does not read ──


@on_uvloop
async def test_a_mirror_that_stops_reading_costs_bounded_memory_and_the_clients_nothing(tmp_path):
    body = random.Random(6).randbytes(400_000)
    async with mirrored(tmp_path) as (it, mirror):
        mirror.transport.pause_reading()
        client = await it.client()
        production = None
        count = 0
        while it.tap.dropped_full < 3:
            await client.send(post(body))
            production = production or await it.production.accept()
            assert (await production.message()).endswith(body)
            await production.send(OK)
            assert await client.message() == OK
            count += 1
        held = it.tap.link._transport.get_write_buffer_size()
        assert links.SOFT_BOUND_BYTES < held < links.HARD_BOUND_BYTES
        assert not it.tap.link.ready and it.tap.link.full
        mirror.transport.resume_reading()
        await eventually(lambda: it.tap.link.ready)
        await client.send(post(b"again"))
        await production.message()
        await production.send(OK)
        await client.message()
        await eventually(lambda: any(heard.request == b"again" for heard in mirror.exchanges))
        last = mirror.exchanges[-1]
        await eventually(lambda: last.end is not None)
        assert last.reason is None
        assert all(heard.end is not None for heard in mirror.exchanges)
        assert it.tap.link.opened == len(mirror.told)
        assert it.tap.dropped_full == count + 1 - sum(heard.reason is None for heard in mirror.exchanges)


@on_uvloop
async def test_goodbye_waits_until_all_is_settled(tmp_path):
    async with mirrored(tmp_path) as (it, mirror):
        await begun(it, OK)
        await told(mirror)
        leaving = asyncio.get_running_loop().create_task(it.tap.leave(10.0))
        await eventually(lambda: mirror.said_goodbye)
        assert not leaving.done()
        mirror.ack(1)
        assert await leaving
        await eventually(lambda: mirror.lost)


@on_uvloop
async def test_goodbye_does_not_wait_longer_than_its_deadline(tmp_path):
    async with mirrored(tmp_path) as (it, mirror):
        await begun(it, OK)
        await told(mirror)
        assert not await it.tap.leave(0.01)
        await eventually(lambda: mirror.lost)
