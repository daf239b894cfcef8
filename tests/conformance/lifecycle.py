"""CT-61 to CT-79 without a mirror: who leaves when, what breaks, what is repeated, and how a proxy ends."""

from __future__ import annotations

import asyncio
import subprocess
import sys

from tests.conformance.framing import STREAM, one_by_one
from tests.conformance.judging import Kind, Section, expect, fail, same
from tests.conformance.messages import LAST_CHUNK, chunk, message, stream_head
from tests.conformance.stand import CHAT, It, eventually
from tests.conformance.wires import Wire

SECTION = Section()
PROXY = Kind.PROXY
_LEAVES = "production's connection is closed after the client left"


# ── the client leaves ──


@SECTION.check(61, PROXY)
async def leaving_before_the_first_byte_cancels(it: It) -> None:
    for leave in ("close", "reset"):
        wire = await it.client()
        wire.send(it.request(CHAT, it.chat(stream=True)))
        asked = await it.asked()
        await asked.body()
        getattr(wire, leave)()
        await asked.left(f"{_LEAVES} ({leave}, before the first byte)")


@SECTION.check(62, PROXY)
async def leaving_within_a_stream_cancels(it: It) -> None:
    for leave in ("close", "reset"):
        wire = await it.client()
        wire.send(it.request(CHAT, it.chat(stream=True)))
        asked = await it.asked()
        asked.send(stream_head())
        await one_by_one(it, asked, wire, [STREAM[:40]])
        getattr(wire, leave)()
        await asked.left(f"{_LEAVES} ({leave}, within a stream)")


@SECTION.check(63, PROXY)
async def leaving_before_a_whole_answer_cancels(it: It) -> None:
    wire = await it.client()
    wire.send(it.request(CHAT, it.chat(stream=False)))
    asked = await it.asked()
    await asked.body()
    asked.send(message("HTTP/1.1 200 OK", (("Content-Type", "application/json"), ("Content-Length", "1000"))))
    asked.send(b'{"id":')
    await wire.until_seen(b'{"id":', "the first part of an answer")
    wire.close()
    await asked.left(f"{_LEAVES} (within an answer with a length)")


@SECTION.check(64, Kind.PARSER)
def no_middleware_is_in_the_process() -> None:
    frameworks = ("starlette", "fastapi", "aiohttp", "uvicorn", "httpx")
    code = f"import sys, shadowbench.proxy.__main__; print([m for m in {frameworks!r} if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    same(done.stdout.strip(), "[]", "frameworks in a proxy's process")


@SECTION.check(65, Kind.RECORDED)
async def a_client_that_left_is_recorded_as_that(it: It) -> None:
    it.hold_copies()
    wire = await it.client()
    wire.send(it.request(CHAT, it.chat(stream=True)))
    asked = await it.asked()
    asked.send(stream_head())
    await one_by_one(it, asked, wire, [STREAM[:60]])
    copy = await it.copy()
    wire.close()
    await asked.left(_LEAVES)
    await copy.left("the candidate's connection is closed too, which on_client_cancel says")
    pair = await it.pair()
    same((pair["production_outcome"], pair["production_reason"]), ("client_cancelled",) * 2, "production's outcome")
    same(pair["candidate_outcome"], "client_cancelled", "the candidate's outcome")
    expect(pair["production_response_bytes"] == 60, "the part that was streamed is not counted")


# ── production breaks ──


@SECTION.check(66, PROXY)
async def a_reset_within_chunks_is_no_clean_end(it: It) -> None:
    for how in ("reset", "close"):
        wire = await it.client()
        wire.send(it.request())
        asked = await it.asked()
        asked.send(stream_head())
        asked.chunk(STREAM[:40])
        await wire.until_seen(STREAM[:40], "the first chunk")
        getattr(asked, how)()
        await wire.until_ended(f"the client's connection ends after production's {how}")
        expect(not wire.received.endswith(LAST_CHUNK), f"after production's {how} the client got a clean end")


@SECTION.check(66, PROXY)
async def a_reset_within_a_length_is_no_clean_end(it: It) -> None:
    wire = await it.client()
    wire.send(it.request())
    asked = await it.asked()
    asked.send(message("HTTP/1.1 200 OK", (("Content-Type", "application/json"), ("Content-Length", "1000"))) + b"{")
    await wire.until_seen(b"\r\n\r\n{", "the first part of an answer")
    asked.reset()
    await wire.until_ended("the client's connection ends after production's reset")


@SECTION.check(67, PROXY)
async def a_request_on_a_connection_that_closes_is_not_sent_again(it: It) -> None:
    for how in ("close", "reset"):
        wire = await it.client()
        await it.exchange(it.request(), client=wire)
        before = len(it.origin.all)
        wire.send(it.request())
        asked = await it.asked()
        await asked.body()
        getattr(asked, how)()
        status = await _status_or_end(wire)
        # Others may say 503, or nothing at all: what counts is that the client hears of it, and may try again.
        allowed = (502,) if it.stand.is_shadowbench else (502, 503, 504, None)
        expect(status in allowed, f"answered with {status} after production's {how}")
        same(len(it.origin.all) - before, 1, "times that the request reached production")


async def _status_or_end(wire: Wire) -> int | None:
    """The next answer's status, or None when the connection ends without one."""
    await eventually(
        lambda: wire.ended or b"\r\n\r\n" in wire.received[wire.at :],
        "an answer, or the end of the connection",
        within_s=5,
    )
    return (await wire.answer()).status if b"\r\n\r\n" in wire.received[wire.at :] else None


@SECTION.check(69, PROXY)
async def nothing_is_retried(it: It) -> None:
    for status in (429, 500, 503):
        refusal = message(f"HTTP/1.1 {status} No", (("Retry-After", "0"), ("Content-Length", "0")))
        _, answer = await it.exchange(it.request(CHAT, None, ("x-stainless-retry-count", "1")), refusal)
        same(answer.status, status, "status")
    same(len(it.origin.all), 3, "requests at production after three that failed")
    same(it.origin.all[0].head.get(b"x-stainless-retry-count"), b"1", "x-stainless-retry-count")


# ── time ──


@SECTION.check(68, PROXY)
async def a_stream_may_last(it: It) -> None:
    wire = await it.client()
    wire.send(it.request(CHAT, it.chat(stream=True)))
    asked = await it.asked()
    asked.send(stream_head())
    loop = asyncio.get_running_loop()
    end = loop.time() + it.stand.patience_s
    while loop.time() < end and wire.ended is None:
        asked.chunk(b": ping\n\n")
        await asyncio.sleep(min(0.25, it.stand.patience_s / 4))  # the one case that is about time passing
    asked.chunk(STREAM)
    asked.reply(LAST_CHUNK)
    expect((await wire.answer()).body.endswith(STREAM), "the end of a long stream is missing")


@SECTION.check(68, Kind.RECORDED)
async def silence_has_a_bound_that_comments_reset(it: It) -> None:
    async with it.on_variant("odd") as quiet:  # production may be silent for 1 s
        wire = await quiet.client()
        wire.send(quiet.request(CHAT, quiet.chat(stream=True)))
        asked = await quiet.asked()
        asked.send(stream_head())
        for _ in range(5):
            asked.chunk(b": ping\n\n")
            await asyncio.sleep(0.4)  # together longer than the bound
        expect(
            wire.ended is None and asked.wire.ended is None, "comments (CT-07) did not reset the time-out for silence"
        )
        await wire.until_ended("the client's connection ends when production is silent")
        expect(not wire.received.endswith(LAST_CHUNK), "after silence the client got a clean end")


# ── the proxy ends ──


@SECTION.check(74, Kind.STARTED)
async def a_graceful_stop_finishes_streams(it: It) -> None:
    async with it.on_another() as other:
        wire = await other.client()
        wire.send(other.request(CHAT, other.chat(stream=True)))
        asked = await other.asked()
        asked.send(stream_head())
        await one_by_one(other, asked, wire, [STREAM[:40]])
        peer = other.stand.peer
        assert peer is not None and peer.process is not None
        peer.ask_to_stop()
        await _stops_accepting(other)
        expect(wire.ended is None, "the stream broke off when the proxy was asked to stop")
        asked.chunk(STREAM[40:])
        asked.reply(LAST_CHUNK)
        same((await wire.answer()).body, STREAM, "the stream under way")
        same(await peer.exit_code(), 0, "exit code")
        if other.stand.is_shadowbench:
            _is_in_the_log(other)


def _is_in_the_log(it: It) -> None:
    """Nothing writes any more: the pair of that stream is there now, or the funnel says where it was lost."""
    rows = it.sidecar.rows("select production_outcome from pairs where instr(request_body, ?)", it.token)
    funnel = [tuple(row) for row in it.sidecar.rows("select stage, reason, count from funnel")]
    same(
        [row[0] for row in rows],
        ["ok"],
        f"production's outcome in the log of an ended sidecar, whose funnel is {funnel}",
    )


async def _stops_accepting(it: It) -> None:
    """Wait until the listening socket is gone."""
    for _ in range(400):
        try:
            _, writer = await asyncio.open_connection(it.stand.host, it.stand.port)
        except OSError:
            return
        writer.close()
        await asyncio.sleep(0.02)
    fail("it goes on accepting connections after it was asked to stop")


@SECTION.check(76, Kind.STARTED)
async def a_reload_leaves_streams_alone(it: It) -> None:
    wire = await it.client()
    wire.send(it.request(CHAT, it.chat(stream=True)))
    asked = await it.asked()
    asked.send(stream_head())
    await one_by_one(it, asked, wire, [STREAM[:40]])
    assert it.stand.peer is not None
    await it.stand.peer.reload()
    for _ in range(5):
        _, answer = await it.exchange(it.request())
        same(answer.status, 200, "a request after the reload")
    asked.send(chunk(STREAM[40:]))
    asked.reply(LAST_CHUNK)
    same((await wire.answer()).body, STREAM, "the stream under way")
