"""The tap over wires in memory: thinning, bounds, and counts that add up."""

import asyncio
import json
from typing import Any

import pytest

from shadowbench import handoff, keyed
from shadowbench.handoff import Kind
from shadowbench.mirror.head import parse_head
from shadowbench.mirror.sampling import SampleKey
from shadowbench.proxy.tap import Tap
from tests.compiling import interpreted
from tests.integration.proxying import (
    CHAT,
    CHUNKED,
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
from tests.unit.http1.wires import NOW, Bench, Wire


async def exchanges(bench: Bench, count: int, request: bytes = post(b"x" * 40_000)) -> None:
    """`count` whole exchanges, one after the other."""
    client = bench.client()
    for _ in range(count):
        client.receive(request)
        production = await bench.production()
        production.receive(OK)
    assert client.take() == OK * count
    bench.tell()


def second_passes(tap: Tap) -> None:
    """What the tap does once a second."""
    tap._adapt()
    assert tap._timer is not None
    tap._timer.cancel()


def fill(bench: Bench) -> Wire:
    """The link is full."""
    assert bench.tap is not None
    link = bench.links[-1]
    bench.tell()
    link.holds, link.high_water = True, 10
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
@pytest.mark.parametrize("name", ["x-user", "x-api-key"])
@pytest.mark.parametrize("value", ["", "jo"])
async def test_the_mirror_finds_the_point_that_the_tap_drew(name: str, value: str):
    """A blank header is a missing one on both sides, a credential is the same placeholder."""
    bench = Bench(policy=make_policy(rate=0.5, key=f"header:{name}"))
    for _ in range(60 if not value else 1):
        client = bench.client()
        client.receive(post(b"{}", f"{name}: {value}" if value else f"{name}:"))
        production = await bench.production()
        production.receive(OK)
    epoch, told, key = bench.tap.link.epoch, bench.told(), SampleKey.of(f"header:{name}")
    for sequence, heard in told.items():
        found = key.point(SALT, parse_head(heard.opened.head), keyed.request_key(epoch, sequence))
        assert found < keyed.threshold(0.5)
    own = [n for n in range(1, 61) if keyed.sample_point(SALT, keyed.request_key(epoch, n)) < keyed.threshold(0.5)]
    assert value or sorted(told) == own
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
    bench.tell()
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
    bench.tell()
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
    count = {labels[0][1]: value for labels, value in bench.counters.series("handoff_exchanges_total")}
    assert count["sampled"] + count["not_sampled"] == 20 and count["endpoint"] == 3
    assert sum(count.values()) == bench.traffic.begun
    bench.say(Kind.ACK, handoff.ack_frame(1, 0)[16:])
    await asyncio.sleep(0)
    assert bench.tap.link.opened - bench.tap.link.settled == count["sampled"] - 1
    await bench.close()


# ── decisions: each request is counted under one ──


def tallies(bench: Bench) -> list[dict[str, Any]]:
    """What the mirror was told of the worker's decisions over this link."""
    bench.tap.link.flush()
    frames = handoff.FrameReader().feed(bench.links[-1].sent)
    return [json.loads(frame.payload) for frame in frames if frame.kind == Kind.TALLY]


def adds_up(bench: Bench) -> dict[str, int]:
    """The tally, when it does."""
    bench.tell()
    counts = bench.tap.tally()
    assert counts.pop("lost_with_mirror") <= counts["handed_off"]
    unsaid = sum(not copy.is_open_sent for copy in bench.tap.copies.values())
    assert bench.tap.seen == bench.traffic.begun == sum(counts.values()) + unsaid
    assert bench.tap.link.opened == counts["handed_off"] or len(bench.links) > 1
    return {decision: count for decision, count in counts.items() if count}


@on_uvloop
async def test_whatever_is_asked_is_decided_once():
    bench = Bench(policy=make_policy())
    await exchanges(bench, 2)
    await exchanges(bench, 1, post(path="/v1/files"))
    await exchanges(bench, 1, head("Content-Length: 0", first=f"DELETE {CHAT} HTTP/1.1"))
    await exchanges(bench, 1, post(b"{}", f"X-Shadowbench-Mirrored: {keyed.make_marker(SALT, NOW).decode()}"))
    await exchanges(bench, 1, head(*[f"X-{n}: {'v' * 1000}" for n in range(70)], "Content-Length: 0"))
    bench.tap.set_enabled(False)
    await exchanges(bench, 3)
    bench.tap.set_enabled(True)
    bench.say(Kind.POLICY, make_policy(version=2, rate=0.0).to_json())
    await exchanges(bench, 1)
    assert adds_up(bench) == {
        "handed_off": 2,
        "endpoint": 2,
        "own_marker": 1,
        "head_too_large": 1,
        "paused": 3,
        "not_sampled": 1,
    }
    await bench.close()


@on_uvloop
async def test_without_a_mirror_or_before_its_policy_nothing_is_lost_from_the_count():
    bench = Bench(policy=make_policy())
    bench.tap.policy = None
    await exchanges(bench, 1)
    bench.say(Kind.POLICY, make_policy().to_json())
    bench.links[-1].break_()
    await bench.settle()
    await exchanges(bench, 2)
    assert adds_up(bench) == {"mirror_away": 3}
    await bench.close()


@on_uvloop
async def test_a_copy_of_which_nothing_was_said_is_not_handed_off():
    bench = Bench(policy=make_policy())
    unsaid, told = bench.client(), bench.client()
    unsaid.receive(head("Content-Length: 5"))
    told.receive(post(b"x" * 40_000))
    await bench.production()
    assert adds_up(bench) == {"handed_off": 1}
    bench.links[-1].break_()
    await bench.settle()
    assert adds_up(bench) == {"handed_off": 1, "mirror_away": 1}
    assert bench.tap.tally()["lost_with_mirror"] == 1
    await bench.close()


@on_uvloop
async def test_a_client_that_leaves_before_anything_was_said_is_told_all_the_same():
    bench = Bench(policy=make_policy())
    client = bench.client()
    client.receive(head("Content-Length: 5"))
    await bench.production()
    client.break_()
    await bench.settle()
    assert adds_up(bench) == {"handed_off": 1}
    assert [heard.reason for heard in bench.told().values()] == ["client_cancelled"]
    await bench.close()


@interpreted
@pytest.mark.filterwarnings("ignore")
@on_uvloop
async def test_a_fault_of_ours_is_a_decision_too(monkeypatch):
    bench = Bench(policy=make_policy())
    asyncio.get_running_loop().set_exception_handler(lambda loop, context: None)
    monkeypatch.setattr(Tap, "_without_credentials", lambda *_: 1 / 0)
    await exchanges(bench, 1)
    assert adds_up(bench) == {"fault": 1}
    assert bench.tap.link.opened == 0, "the mirror owes nothing"
    await bench.close()


@on_uvloop
async def test_totals_of_decisions_never_fall():
    bench = Bench(policy=make_policy())
    client = bench.client()
    client.receive(head("Content-Length: 5"))
    production = await bench.production()
    before = bench.tap.decisions
    link = fill(bench)
    client.receive(b"12345")
    production.receive(OK)
    bench.tell()
    after = bench.tap.decisions
    assert all(after[decision] >= count for decision, count in before.items())
    assert adds_up(bench) == {"handoff_full": 1}
    link.release()
    await bench.close()


# ── the tally ──


def welcome(bench: Bench, version: int) -> None:
    bench.say(Kind.WELCOME, json.dumps({"version": version, "role": "mirror"}).encode())


@on_uvloop
async def test_the_mirror_hears_the_tally_each_second_when_it_has_changed():
    bench = Bench(policy=make_policy())
    welcome(bench, 2)
    await exchanges(bench, 1)
    second_passes(bench.tap)
    second_passes(bench.tap)
    await exchanges(bench, 2)
    second_passes(bench.tap)
    heard = tallies(bench)
    assert [each["counts"]["handed_off"] for each in heard] == [1, 3]
    assert len({each["worker"] for each in heard}) == 1 and heard[0]["worker"].startswith("p-")
    assert heard[-1]["counts"] == bench.tap.tally()
    await bench.close()


@on_uvloop
async def test_a_new_mirror_hears_the_tally_of_the_whole_life():
    bench = Bench(policy=make_policy())
    welcome(bench, 2)
    await exchanges(bench, 1)
    second_passes(bench.tap)
    (first,) = tallies(bench)
    bench.links[-1].break_()
    await bench.settle()
    bench.connect_mirror(make_policy())
    welcome(bench, 2)
    second_passes(bench.tap)
    (second,) = tallies(bench)
    assert second["worker"] == first["worker"]
    assert second["counts"] == {**first["counts"], "lost_with_mirror": 1}
    await bench.close()


@on_uvloop
async def test_a_new_mirror_hears_the_tally_although_it_has_not_changed():
    bench = Bench(policy=make_policy())
    welcome(bench, 2)
    second_passes(bench.tap)
    (first,) = tallies(bench)
    bench.links[-1].break_()
    await bench.settle()
    bench.connect_mirror(make_policy())
    welcome(bench, 2)
    second_passes(bench.tap)
    assert tallies(bench) == [first]
    await bench.close()


@on_uvloop
async def test_an_older_mirror_hears_no_tally():
    bench = Bench(policy=make_policy())
    await exchanges(bench, 1)
    second_passes(bench.tap)
    assert tallies(bench) == []
    await bench.close()


@on_uvloop
async def test_who_leaves_tells_its_tally_before_its_goodbye():
    bench = Bench(policy=make_policy())
    welcome(bench, 2)
    await exchanges(bench, 1)
    bench.say(Kind.ACK, handoff.ack_frame(1, 0)[16:])
    link = bench.links[-1]
    assert await bench.tap.leave(1.0)
    kinds = [frame.kind for frame in handoff.FrameReader().feed(link.sent)]
    assert kinds[-2:] == [Kind.TALLY, Kind.GOODBYE]
    await bench.close()


@on_uvloop
async def test_of_a_request_above_the_mirrors_bound_only_as_much_is_handed_off_as_shows_it():
    """20 MB a second beside small requests would fill the link, and thin everybody's sample."""
    bench = Bench(policy=make_policy(max_request_bytes=100_000))
    client = bench.client()
    client.receive(post(b"x" * 200_000))  # announced in its head
    (await bench.production()).receive(OK)
    client.receive(head("Transfer-Encoding: chunked"))
    for _ in range(40):
        client.receive(chunks(b"y" * 10_000))
    client.receive(LAST)
    (await bench.production()).receive(OK)
    # Its bound is crossed in the read that ends it: nothing may follow the abort.
    client.receive(head("Transfer-Encoding: chunked") + chunks(b"w" * 60_000, b"w" * 60_000, b"w" * 10) + LAST)
    (await bench.production()).receive(OK)
    client.receive(post(b"z" * 100_000))  # just within it
    (await bench.production()).receive(OK)
    assert client.take() == OK * 4
    announced, crossing, at_once, within = bench.told().values()
    assert (len(at_once.request), at_once.end.reason) == (120_000, "capture_dropped")
    assert (announced.request, announced.end.reason) == (b"", "capture_dropped")
    assert 100_000 < len(crossing.request) <= 110_000 and crossing.end.reason == "capture_dropped"
    assert within.request == b"z" * 100_000 and within.end.reason is None
    assert bench.tap.decisions["handed_off"] == 4 and not bench.tap.copies
    assert bench.tap.admitted == 1.0 and bench.tap.dropped_full == 0
    await bench.close()


# ── afterwards: clients and production come first ──


def frames_written(bench: Bench) -> list[Kind]:
    """What the mirror has by now of exchanges."""
    kinds = [Kind(frame.kind) for frame in handoff.FrameReader().feed(bench.links[-1].sent)]
    return [kind for kind in kinds if kind != Kind.HELLO]


@on_uvloop
async def test_neither_production_nor_the_client_waits_for_a_copy():
    bench = Bench(policy=make_policy())
    await exchanges(bench, 1)
    client, production, before = bench.client(), bench.origin.wires[-1], frames_written(bench)
    for _ in range(3):  # the client asks again at once
        client.receive(post(b"{}"))
        assert production.take().endswith(b"{}")
        production.receive(OK)
        assert client.take() == OK
    assert bench.tap.seen == 1 and frames_written(bench) == before
    told = list(bench.told().values())[1:]
    assert [(heard.request, heard.response, heard.reason) for heard in told] == [(b"{}", b"ok", None)] * 3
    await bench.close()


@on_uvloop
async def test_a_moment_later_the_mirror_is_told_without_anything_else_happening():
    bench = Bench(policy=make_policy())
    client = bench.client()
    client.receive(post(b"{}"))
    production = await bench.production()
    await eventually(lambda: Kind.REQUEST_END in frames_written(bench))
    production.receive(OK)
    await eventually(lambda: Kind.END in frames_written(bench))
    await bench.close()


@on_uvloop
async def test_what_is_told_later_keeps_the_times_at_which_it_was(monkeypatch: pytest.MonkeyPatch):
    bench = Bench(policy=make_policy())
    now = [1_000]
    monkeypatch.setattr("time.monotonic_ns", lambda: now[0])
    client = bench.client()
    client.receive(post(b"{}"))
    production = await bench.production()
    now[0] = 2_000
    production.receive(CHUNKED + chunks(b"one"))
    now[0] = 3_000
    production.receive(chunks(b"two") + LAST)
    now[0] = 9_000
    (heard,) = bench.told().values()
    assert (heard.opened.opened_ns, heard.response_head.head_ns) == (1_000, 2_000)
    assert heard.sent_ns == 1_000 and heard.end.end_ns == 3_000
    assert [(part.at_ns, part.data) for part in heard.parts] == [(2_000, b"one"), (3_000, b"two")]
    await bench.close()


@on_uvloop
async def test_large_pieces_do_not_wait_for_what_waits_is_bounded():
    bench = Bench(policy=make_policy())
    client, other = bench.client(), bench.client()
    other.receive(post(b"{}"))
    second = await bench.production()
    client.receive(head("Content-Length: 200000") + b"x" * 70_000)
    production = await bench.production()
    assert frames_written(bench) != [], "a large piece of a request"
    written = len(bench.links[-1].sent)
    client.receive(b"x" * 130_000)
    assert len(bench.links[-1].sent) - written > 130_000
    second.receive(OK)
    written = len(bench.links[-1].sent)
    production.receive(CHUNKED + chunks(b"y" * 70_000))
    assert len(bench.links[-1].sent) - written > 70_000, "a large piece of an answer"
    production.receive(LAST)
    assert sorted(len(heard.response) for heard in bench.told().values()) == [2, 70_000]
    await bench.close()


@on_uvloop
async def test_an_exchange_is_decided_by_what_held_when_it_came():
    bench = Bench(policy=make_policy())
    client = bench.client()
    for change in (
        lambda: bench.tap.set_enabled(False),
        lambda: (bench.tap.set_enabled(True), bench.say(Kind.POLICY, make_policy(rate=0.0).to_json())),
        lambda: bench.say(Kind.POLICY, make_policy().to_json()),
    ):
        client.receive(post(b"{}"))
        (await bench.production()).receive(OK)
        change()
    assert adds_up(bench) == {"handed_off": 1, "paused": 1, "not_sampled": 1}
    await bench.close()


@on_uvloop
async def test_who_leaves_tells_first_what_waits():
    bench = Bench(policy=make_policy())
    client = bench.client()
    client.receive(post(b"{}"))
    (await bench.production()).receive(OK)
    link = bench.links[-1]
    assert not await bench.tap.leave(0.01), "nobody settled it"
    kinds = [Kind(frame.kind) for frame in handoff.FrameReader().feed(link.sent)]
    assert kinds[-2:] == [Kind.END, Kind.GOODBYE]
    bench.tell()
    await bench.close()
