"""CT-89 to CT-93: what is measured, from where, with which clock. In the pair log and the signals of a running shadowbench."""

from __future__ import annotations

import asyncio
import json
import time

from tests.conformance.framing import STREAM
from tests.conformance.judging import Kind, NotApplicableError, Section, expect, same
from tests.conformance.messages import LAST_CHUNK, response, stream_head
from tests.conformance.servers import OTHERWISE
from tests.conformance.stand import It

SECTION = Section()
RECORDED = Kind.RECORDED
_HELD_S = 0.4  # how long a call is held, so that another one waits


@SECTION.check(89, RECORDED)
async def the_queue_is_no_part_of_the_latency(it: It) -> None:
    async with it.on_variant("odd") as odd:  # one call at a time
        odd.hold_copies()
        for name in ("one", "two"):
            await odd.exchange(odd.request(body=odd.chat(name=name)))
        first = await odd.copy()
        await asyncio.sleep(_HELD_S)
        first.reply(OTHERWISE)
        (await odd.copy("the copy that waited")).reply(OTHERWISE)
        one, two = await odd.pairs(2)
    expect(one["candidate_latency_s"] >= _HELD_S * 0.9, "the latency of the first copy is too short")
    expect(two["candidate_queue_s"] >= _HELD_S * 0.5, "the second copy's time in the queue is too short")
    expect(two["candidate_latency_s"] < _HELD_S * 0.9, "the second copy's latency holds its time in the queue")


@SECTION.check(90, RECORDED)
async def cached_tokens_of_both_sides(it: It) -> None:
    it.hold_copies()
    await it.exchange(it.request(), _cached(50))
    (await it.copy()).reply(_cached(0))
    pair = await it.pair()
    sql = "select side, cached_input_tokens from observations where exchange = ? order by side"
    same(
        [tuple(row) for row in it.sidecar.rows(sql, pair["exchange_number"])],
        [(0, 50), (1, 0)],
        "cached tokens by side",
    )


def _cached(tokens: int) -> bytes:
    usage = {"prompt_tokens": 60, "completion_tokens": 1, "prompt_tokens_details": {"cached_tokens": tokens}}
    choice = {"index": 0, "message": {"role": "assistant", "content": "a"}, "finish_reason": "stop"}
    return response(200, json.dumps({"id": "c", "model": "m", "choices": [choice], "usage": usage}).encode())


@SECTION.check(91, RECORDED)
async def durations_are_within_what_the_client_saw(it: It) -> None:
    it.hold_copies()
    wall, began = time.time(), time.monotonic()  # noqa: TID251  # the log's wall time is what is judged
    wire = await it.client()
    wire.send(it.request(body=it.chat(stream=True)))
    asked = await it.asked()
    asked.send(stream_head())
    await asyncio.sleep(0.2)
    asked.chunk(STREAM[:60])
    await wire.until_seen(STREAM[:60], "the first chunk")
    asked.chunk(STREAM[60:])
    asked.reply(LAST_CHUNK)
    await wire.answer()
    seen = time.monotonic() - began
    (await it.copy()).reply(OTHERWISE)
    pair = await it.pair()
    ttft, latency = pair["production_ttft_s"], pair["production_latency_s"]
    expect(
        0.15 <= ttft <= latency <= seen, "0.2 s of thinking ≤ first token ≤ latency ≤ what the client saw does not hold"
    )
    expect(abs(pair["started_at"] - wall) < 5, "started_at is not the wall time of the request")


@SECTION.check(92, RECORDED)
async def the_proxys_own_time_is_told(it: It) -> None:
    await it.exchange(it.request())
    samples = await it.sidecar.metrics()
    own = [name for name in samples if name.startswith("shadowbench_proxy_") and "_bucket{" in name]
    expect(own, "no histogram of the proxy's own time is among its signals")
    edges = [float(name.partition('le="')[2].partition('"')[0].replace("+Inf", "inf")) for name in own]
    expect(min(edges) <= 0.001, "its histogram has no bucket of 1 ms or less")


@SECTION.check(93, RECORDED)
async def load_tests_are_open_loop(it: It) -> None:
    raise NotApplicableError("about load generators, not proxies; the benchmarks' arrivals do not wait for answers")
