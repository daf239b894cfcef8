"""The tap over wires in memory: thinning, bounds, and counts that add up."""

import asyncio

import pytest

from shadowbench import handoff, keyed
from shadowbench.handoff import Kind
from shadowbench.proxy.tap import Tap
from tests.integration.proxying import CHAT, CHUNKED, LAST, OK, SALT, chunks, head, make_policy, on_uvloop, post
from tests.unit.http1.wires import Bench, Wire


async def exchanges(bench: Bench, count: int, request: bytes = post(b"x" * 40_000)) -> None:
    """`count` whole exchanges, one after the other."""
    client = bench.client()
    for _ in range(count):
        client.receive(request)
        production = await bench.production()
        production.receive(OK)
    assert client.take() == OK * count


def second_passes(tap: Tap) -> None:
    """What the tap does once a second."""
    tap._adapt()
    assert tap._timer is not None
    tap._timer.cancel()


def fill(bench: Bench) -> Wire:
    """The link is full."""
    assert bench.tap is not None
    link = bench.links[-1]
    link.holds, link.high_water = True, 10
    bench.tap.link._flush()
    link.write(b"")
    bench.tap.link.pause_writing()
    link._is_paused = True
    return link


@on_uvloop
async def test_drops_lower_the_admitted_rate_and_quiet_seconds_give_it_back():
    bench = Bench(policy=make_policy(rate=0.8))
    tap = bench.tap
    rates = [tap.rate]
    link = fill(bench)
    for _ in range(3):
        tap.dropped_full += 1
        second_passes(tap)
        rates.append(tap.rate)
    assert rates == [0.8, 0.4, 0.2, 0.1]
    assert tap._threshold == keyed.threshold(0.1)
    link.release()
    second_passes(tap)
    assert tap.rate == pytest.approx(0.11)
    for _ in range(30):
        second_passes(tap)
    assert tap.rate == 0.8 and tap.admitted == 1.0
    await bench.close()


@on_uvloop
async def test_the_admitted_rate_never_reaches_zero():
    bench = Bench(policy=make_policy())
    for _ in range(40):
        bench.tap.dropped_full += 1
        second_passes(bench.tap)
    assert bench.tap.rate == 1 / 1024
    await bench.close()


@on_uvloop
async def test_exchanges_carry_the_rate_they_were_admitted_at_and_are_thinned_by_their_points():
    bench = Bench(policy=make_policy())
    bench.tap.dropped_full += 1
    second_passes(bench.tap)
    assert bench.tap.rate == 0.5
    await exchanges(bench, 100)
    told = bench.told()
    epoch = bench.tap.link.epoch
    expected = [
        n for n in range(1, 101) if keyed.sample_point(SALT, keyed.request_key(epoch, n)) < keyed.threshold(0.5)
    ]
    assert sorted(told) == expected
    assert {heard.opened.admitted for heard in told.values()} == {0.5}
    assert bench.tap.not_sampled == 100 - len(expected)
    await bench.close()


@on_uvloop
async def test_a_new_policy_does_not_undo_the_thinning():
    bench = Bench(policy=make_policy())
    bench.tap.dropped_full += 1
    second_passes(bench.tap)
    bench.say(Kind.POLICY, make_policy(version=2, rate=0.9).to_json())
    assert bench.tap.rate == 0.5
    bench.say(Kind.POLICY, make_policy(version=3, rate=0.3).to_json())
    assert bench.tap.rate == 0.3
    await bench.close()


@on_uvloop
async def test_a_full_link_drops_with_a_reason_and_the_counts_add_up():
    bench = Bench(policy=make_policy())
    client = bench.client()
    client.receive(post(b"x" * 40_000))  # told in part
    production = await bench.production()
    bench.told()
    other = bench.client()
    other.receive(head("Content-Length: 5"))  # nothing told yet
    second = await bench.production()
    link = fill(bench)
    third = bench.client()
    third.receive(post())  # not even begun
    last = await bench.production()
    production.receive(CHUNKED + chunks(b"y" * 40_000) + LAST)
    other.receive(b"12345")
    second.receive(OK)
    last.receive(OK)
    assert client.take().endswith(LAST) and other.take() == OK and third.take() == OK
    link.release()
    told = bench.told()
    assert [heard.reason for heard in told.values()] == ["handoff_full"]
    assert bench.tap.dropped_full == 3 and bench.tap.link.opened == 1
    assert bench.tap.cut_short == 1 and bench.tap.handed_off == 1
    await exchanges(bench, 1)
    assert list(bench.told().values())[-1].reason is None
    await bench.close()


@on_uvloop
async def test_a_copy_that_lost_its_end_to_a_full_link_does_not_pass_for_a_short_one():
    bench = Bench(policy=make_policy())
    client = bench.client()
    client.receive(post(b"x" * 40_000))
    production = await bench.production()
    bench.told()
    production.receive(CHUNKED + chunks(b"some"))
    link = fill(bench)
    client.break_()
    await bench.settle()
    link.release()
    (heard,) = bench.told().values()
    assert heard.reason == "handoff_full", "not client_cancelled: what the client got is not told"
    await bench.close()


@on_uvloop
async def test_a_head_above_a_frame_is_forwarded_and_not_handed_off():
    bench = Bench(policy=make_policy())
    await exchanges(bench, 1, head(*[f"X-{n}: {'v' * 1000}" for n in range(70)], "Content-Length: 0"))
    assert bench.tap.tally()["head_too_large"] == bench.tap.seen == 1
    assert bench.told() == {} and bench.tap.link.opened == 0
    await bench.close()


@on_uvloop
async def test_a_response_head_above_a_frame_ends_the_copy_alone():
    bench = Bench(policy=make_policy())
    client = bench.client()
    client.receive(post())
    production = await bench.production()
    production.receive(OK.replace(b"\r\n\r\n", b"\r\nX-Long: " + b"v" * 70_000 + b"\r\n\r\n"))
    assert client.take().endswith(b"\r\n\r\nok")
    (heard,) = bench.told().values()
    assert heard.reason == "capture_dropped"
    await bench.close()


@on_uvloop
async def test_keys_in_a_query_are_hashed_in_copies_and_forwarded_as_they_are():
    bench = Bench(policy=make_policy())
    client = bench.client()
    client.receive(post(path=f"{CHAT}?key=canary&alt=sse&access_token=canary2"))
    production = await bench.production()
    assert b"?key=canary&alt=sse&access_token=canary2 HTTP/1.1" in production.take()
    production.receive(OK)
    (heard,) = bench.told().values()
    assert b"canary" not in bench.links[-1].sent
    assert b"?key=" + keyed.placeholder(SALT, b"canary") + b"&alt=sse&access_token=hash:" in heard.opened.head
    await bench.close()


@on_uvloop
async def test_caches_of_what_clients_choose_are_bounded():
    bench = Bench(policy=make_policy())
    tap = bench.tap
    for number in range(3000):
        tap.placeholder(b"%d" % number)
        tap._learn_path(b"/%d" % number)
    assert len(tap._placeholders) <= 1024 and len(tap._paths) <= 1024
    assert tap.placeholder(b"5") == keyed.placeholder(SALT, b"5")
    bench.say(Kind.POLICY, make_policy(salt=b"another").to_json())
    assert tap.placeholder(b"5") == keyed.placeholder(b"another", b"5")
    await bench.close()


@on_uvloop
async def test_what_a_report_counts_adds_up():
    bench = Bench(policy=make_policy(rate=0.5))
    await exchanges(bench, 20)
    await exchanges(bench, 3, post(path="/v1/files"))
    bench.traffic.report(bench.counters)
    count = {
        labels[0][1]: value
        for (name, labels), value in bench.counters._counts.items()
        if name == "handoff_exchanges_total"
    }
    assert count["sampled"] + count["not_sampled"] == 20 and count["endpoint"] == 3
    assert sum(count.values()) == bench.traffic.begun
    bench.say(Kind.ACK, handoff.ack_frame(1, 0)[16:])
    await asyncio.sleep(0)
    assert bench.tap.link.opened - bench.tap.link.settled == count["sampled"] - 1
    await bench.close()
