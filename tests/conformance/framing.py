"""CT-01 to CT-21 on the wire: bytes pass as they are and when they come. What readers make of them is in `answers`."""

from __future__ import annotations

import json
import random

from tests.conformance.judging import Kind, Section, expect, same
from tests.conformance.messages import LAST_CHUNK, chunks_so_far, message, response, stream_head
from tests.conformance.servers import Asked
from tests.conformance.stand import CHAT, It
from tests.conformance.wires import Wire

SECTION = Section()
PROXY = Kind.PROXY

MESSAGES = "/v1/messages"
IMAGES = "/v1/images/generations"
EVENTS = b"".join(
    b"data: "
    + json.dumps({"choices": [{"index": 0, "delta": {"content": word}}]}, ensure_ascii=False).encode()
    + b"\n\n"
    for word in ("Hel", "lo ", "😀 ", "Žluťoučký", "\u200d", "end")
)
STREAM = EVENTS + b"data: [DONE]\n\n"
ANTHROPIC = (
    b'event: message_start\ndata: {"type":"message_start","message":{"id":"msg_1","usage":{"input_tokens":1}}}\n\n'
    b'event: ping\ndata: {"type": "ping"}\n\n'
    b'event: content_block_delta\ndata: {"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":"a"}}\n\n'
    b'event: message_stop\ndata: {"type":"message_stop"}\n\n'
)


async def streamed(
    it: It, pieces: list[bytes], *, path: str = CHAT, kind: str = "text/event-stream", method: str = "POST"
) -> bytes:
    """What of the pieces the client gets when each is a chunk and a write of its own."""
    wire = await it.client()
    wire.send(it.request(path, None if method == "POST" else b"", method=method))
    asked = await it.asked()
    asked.send(stream_head(kind=kind))
    for piece in pieces:
        asked.chunk(piece)
    asked.reply(LAST_CHUNK)
    return (await wire.answer()).body


async def one_by_one(it: It, asked: Asked, wire: Wire, pieces: list[bytes]) -> None:
    """Send each piece as a chunk, and the next only when the client has it all."""
    head = await wire.head("the head, before any of the body was sent")
    sent = b""
    for number, piece in enumerate(pieces, start=1):
        asked.chunk(piece)
        sent += piece
        await _arrives(wire, wire.at + head.size, head.is_chunked, sent, f"chunk {number}, before the next one is sent")


async def _arrives(wire: Wire, start: int, is_chunked: bool, sent: bytes, what: str) -> None:
    def has() -> bool | None:
        rest = bytes(wire.received[start:])
        return True if (chunks_so_far(rest) if is_chunked else rest) == sent else None

    await wire.until(has, what)


def cut_at(data: bytes, *sizes: int) -> list[bytes]:
    """`data` in pieces of these sizes, over and over."""
    pieces, at, turn = [], 0, 0
    while at < len(data):
        size = sizes[turn % len(sizes)]
        pieces.append(data[at : at + size])
        at, turn = at + size, turn + 1
    return pieces


@SECTION.check(1, PROXY)
async def the_bytes_are_productions(it: It) -> None:
    chance = random.Random(1)
    for sizes in ((1,), (3,), (len(STREAM),), tuple(chance.randint(1, 90) for _ in range(40))):
        same(await streamed(it, cut_at(STREAM, *sizes)), STREAM, f"chunked by {sizes[0]}")
    _, answer = await it.exchange(it.request(), response(200, STREAM, kind="text/event-stream"))
    same(answer.body, STREAM, "with a length")


@SECTION.check(1, PROXY)
async def a_body_that_ends_by_closing_is_whole(it: It) -> None:
    wire = await it.client()
    wire.send(it.request())
    asked = await it.asked()
    asked.send(message("HTTP/1.1 200 OK", (("Content-Type", "text/event-stream"),)))
    for piece in cut_at(STREAM, 7):
        asked.send(piece)
    asked.close()
    same((await wire.answer()).body, STREAM, "ended by closing")


@SECTION.check(2, PROXY)
async def names_of_events_are_kept(it: It) -> None:
    same(await streamed(it, cut_at(ANTHROPIC, 11), path=MESSAGES), ANTHROPIC, "a stream of named events")


@SECTION.check(3, PROXY)
async def characters_cut_anywhere_pass(it: It) -> None:
    event = 'data: {"t":"a😀ž漢"}\n\n'.encode()
    for at in range(8, len(event) - 4):
        same(await streamed(it, [event[:at], event[at:]]), event, f"cut at byte {at}")


@SECTION.check(4, PROXY)
async def every_line_end_passes(it: It) -> None:
    for end in (b"\n", b"\r\n", b"\r"):
        stream = STREAM.replace(b"\n", end)
        same(await streamed(it, cut_at(stream, 1, 5)), stream, f"lines that end with {end!r}")


@SECTION.check(7, PROXY)
async def a_comment_passes_at_once(it: It) -> None:
    wire = await it.client()
    wire.send(it.request())
    asked = await it.asked()
    asked.send(stream_head())
    await one_by_one(it, asked, wire, [b": ping\n\n", b": ping\n\n", STREAM])
    asked.reply(LAST_CHUNK)
    await wire.answer()


@SECTION.check(8, PROXY)
async def ids_and_retries_pass(it: It) -> None:
    stream = b"id: 7\nretry: 3000\ndata: a\n\nid: x\0y\ndata: b\n\n"
    same(await streamed(it, cut_at(stream, 4)), stream, "a stream with ids")


@SECTION.check(9, PROXY)
async def a_byte_order_mark_passes(it: It) -> None:
    stream = b"\xef\xbb\xbf" + STREAM
    same(await streamed(it, cut_at(stream, 1, 40)), stream, "a stream with a byte order mark")


@SECTION.check(15, PROXY)
async def an_event_of_some_megabytes_passes(it: It) -> None:
    stream = b'data: {"partial_image_b64":"' + random.Random(15).randbytes(2_000_000).hex().encode() + b'"}\n\n'
    same(await streamed(it, cut_at(stream, 60_000), path=IMAGES), stream, "one event of 4 MB")


@SECTION.check(16, PROXY)
async def malformed_streams_pass_verbatim(it: It) -> None:
    for stream in (b"data: {}{}\n\n", b'data: {"a":\n\ndata: 1}\n\n', b"data: \xff\xfe\x80\n\n", b"no event at all"):
        same(await streamed(it, [stream]), stream, "a malformed stream")


@SECTION.check(17, PROXY)
async def each_chunk_arrives_before_the_next_is_sent(it: It) -> None:
    wire = await it.client()
    wire.send(it.request())
    asked = await it.asked()
    asked.send(stream_head(("Cache-Control", "no-cache"), ("X-Accel-Buffering", "no")))
    await one_by_one(it, asked, wire, cut_at(STREAM, 1, 60, 30))
    asked.reply(LAST_CHUNK)
    answer = await wire.answer()
    same(answer.head.get(b"cache-control"), b"no-cache", "Cache-Control")
    same(answer.head.get(b"x-accel-buffering"), b"no", "X-Accel-Buffering")


@SECTION.check(17, PROXY)
async def an_answer_with_a_length_is_not_collected_either(it: It) -> None:
    wire = await it.client()
    wire.send(it.request())
    asked = await it.asked()
    asked.send(message("HTTP/1.1 200 OK", (("Content-Type", "application/json"), ("Content-Length", "30"))))
    asked.send(b"0123456789")
    await wire.until_seen(b"0123456789", "the first part of a body with a length")
    asked.reply(b"x" * 20)
    same((await wire.answer()).body, b"0123456789" + b"x" * 20, "the body")


@SECTION.check(18, PROXY)
async def the_content_type_passes_whatever_was_asked_for(it: It) -> None:
    error = b'{"error":{"message":"no"}}'
    _, answer = await it.exchange(it.request(CHAT, it.chat(stream=True)), response(400, error))
    same(
        (answer.status, answer.head.get(b"content-type"), answer.body),
        (400, b"application/json", error),
        "JSON to a stream",
    )
    _, answer = await it.exchange(
        it.request(CHAT, it.chat(stream=False)), response(200, STREAM, kind="text/event-stream")
    )
    same((answer.head.get(b"content-type"), answer.body), (b"text/event-stream", STREAM), "events to no stream")


@SECTION.check(19, PROXY)
async def json_lines_arrive_one_by_one(it: It) -> None:
    wire = await it.client()
    wire.send(it.request("/api/chat"))
    asked = await it.asked()
    asked.send(stream_head(kind="application/x-ndjson"))
    await one_by_one(it, asked, wire, [b'{"done":false}\n', b'{"done":false}\n', b'{"done":true}\n'])
    asked.reply(LAST_CHUNK)
    same((await wire.answer()).head.get(b"content-type"), b"application/x-ndjson", "Content-Type")


@SECTION.check(20, PROXY)
async def binary_streams_pass(it: It) -> None:
    data = random.Random(20).randbytes(50_000)
    kind = "application/vnd.amazon.eventstream"
    same(
        await streamed(it, cut_at(data, 1000, 1, 5000), path="/model/m/converse-stream", kind=kind),
        data,
        "a binary stream",
    )


@SECTION.check(21, PROXY)
async def other_endpoints_stream_too(it: It) -> None:
    for path in (IMAGES, "/v1/audio/transcriptions", "/v1/audio/speech"):
        wire = await it.client()
        wire.send(it.request(path))
        asked = await it.asked()
        asked.send(stream_head(kind="application/octet-stream" if "speech" in path else "text/event-stream"))
        await one_by_one(it, asked, wire, [b"data: {}\n\n", b"data: {}\n\n"])
        asked.reply(LAST_CHUNK)
        await wire.answer()
        expect(wire.ended is None or wire.ended == "fin", f"{path}: the connection was reset")
