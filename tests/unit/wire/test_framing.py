"""How a body is cut into events."""

import pytest

from shadowbench.records import Dialect
from shadowbench.wire.framing import Framing, decoder_of, framing_of, framing_of_start, may_begin_events
from shadowbench.wire.json_array import ArrayDecoder
from shadowbench.wire.lines import LineDecoder
from shadowbench.wire.sse import SseDecoder

CHAT, OLLAMA, GEMINI = Dialect.OPENAI_CHAT, Dialect.OLLAMA_CHAT, Dialect.GEMINI
LINE = b'{"message":{"content":"a"},"done":false}\n'


@pytest.mark.parametrize(
    ("dialect", "media_type", "framing"),
    [
        (CHAT, "text/event-stream", Framing.EVENTS),
        (OLLAMA, "text/event-stream", Framing.EVENTS),
        (CHAT, "application/json", Framing.WHOLE),
        (CHAT, "application/x-ndjson", Framing.WHOLE),
        (CHAT, "", None),
        (CHAT, "text/plain", None),
        (CHAT, "text/html", Framing.WHOLE),
        (OLLAMA, "application/x-ndjson", Framing.LINES),
        (Dialect.OLLAMA_GENERATE, "application/jsonl", Framing.LINES),
        (Dialect.OLLAMA_EMBED, "application/x-ndjson", Framing.WHOLE),
        (OLLAMA, "application/json", None),
        (OLLAMA, "", None),
        (GEMINI, "application/json", None),
    ],
)
def test_ct_18_the_content_type_decides_where_it_tells(
    dialect: Dialect, media_type: str, framing: Framing | None
) -> None:
    assert framing_of(dialect, media_type) is framing


@pytest.mark.parametrize(
    ("dialect", "start", "at_end", "framing"),
    [
        (CHAT, b"data: {", False, None),
        (CHAT, b"data: {", True, Framing.EVENTS),
        (CHAT, b": ping\n\ndata: {}", False, Framing.EVENTS),
        (CHAT, b'{"choices": [{"m', False, Framing.WHOLE),
        (CHAT, LINE, False, Framing.WHOLE),
        (GEMINI, b'[{\n  "candidates', False, Framing.ARRAY),
        (GEMINI, b'\xef\xbb\xbf [{ "candidates', False, Framing.ARRAY),
        (GEMINI, b'{\n "candidates": ', False, Framing.WHOLE),
        (CHAT, b'[{"error":{"code":', False, Framing.WHOLE),
        (OLLAMA, LINE, False, Framing.LINES),
        (OLLAMA, LINE[:-1], False, None),
        (OLLAMA, LINE[:-1], True, Framing.WHOLE),
        (OLLAMA, b"\r\n" + LINE.replace(b"\n", b"\r\n"), False, Framing.LINES),
        (OLLAMA, LINE.replace(b"false", b"true"), False, Framing.WHOLE),
        (OLLAMA, b'{\n  "model": "m",\n', False, Framing.WHOLE),
        (OLLAMA, b'{"error":"not found"}\n', False, Framing.WHOLE),
        (OLLAMA, b"data: " + LINE, False, Framing.EVENTS),
        (OLLAMA, b"x" * 70_000, False, Framing.WHOLE),
        (GEMINI, b"\n" * 20, False, None),  # gateways keep connections alive with these
        (GEMINI, b"\n" * 20 + b'[{"candidates": [', False, Framing.ARRAY),
        (CHAT, b"\r\n" * 20 + b'data: {"choices"', False, Framing.EVENTS),
        (CHAT, b"\n" * 2000, False, Framing.WHOLE),
    ],
)
def test_ct_19_else_the_beginning_tells(dialect: Dialect, start: bytes, at_end: bool, framing: Framing | None) -> None:
    assert framing_of_start(dialect, start, at_end=at_end) is framing


@pytest.mark.parametrize("start", [b"", b" \r\n", b"d", b"even", b"id:", b"data: x", b": ping", b"\n\ndata: x"])
def test_what_may_become_an_event_is_not_called_another_format(start: bytes) -> None:
    assert may_begin_events(start)


@pytest.mark.parametrize("start", [b"{", b"<html>", b"dat\n{", b"x"])
def test_what_cannot_is(start: bytes) -> None:
    assert not may_begin_events(start)


def test_every_framing_has_its_decoder() -> None:
    assert isinstance(decoder_of(Framing.EVENTS, 9), SseDecoder)
    assert isinstance(decoder_of(Framing.LINES, 9), LineDecoder)
    assert isinstance(decoder_of(Framing.ARRAY, 9), ArrayDecoder)
