"""Bytes into what reads bodies in `shadowbench.wire`: events, codings, answers of every dialect.

Those readers never raise: whatever comes is data with a reason code. And no reader may care how the bytes were cut.
"""

from __future__ import annotations

from typing import Any

from shadowbench.records import Dialect, Outcome
from shadowbench.wire.content_encoding import decoder_for
from shadowbench.wire.framing import Decoder, Framing, decoder_of
from shadowbench.wire.json_array import ArrayDecoder
from shadowbench.wire.lines import LineDecoder
from shadowbench.wire.reading import Reading, ReadingLimits, read_plain, reader_for
from shadowbench.wire.sse import SseDecoder, SseEvent
from tests.fuzz import words
from tests.fuzz.script import Script

_DIALECTS = tuple(Dialect)
_TYPES = (
    *("application/json", "text/event-stream", "application/x-ndjson", None, "text/plain", "text/html; charset=x"),
    *("text/event-stream;", "application/octet-stream"),
)
_STATUSES = (200, 200, 200, 201, 204, 302, 400, 429, 500, 529)
_CODINGS = (None, None, None, None, "gzip", "deflate", "br", "zstd", "identity", "gzip, br", "x, y", "")
_REASONS = (None, None, None, "truncated", "client_cancelled", "timed_out_idle", "not_sent_budget")
_LIMITS = (ReadingLimits(), ReadingLimits(), ReadingLimits(body_bytes=100, decoded_bytes=200, event_bytes=64))


def events(data: bytes) -> None:
    """An input is a `Script`: a decoder, a bound, sizes of pieces."""
    script = Script(data)
    framing = (Framing.EVENTS, Framing.LINES, Framing.ARRAY)[script.next(3)]
    bound = (16, 1 << 20)[script.next(2)]
    whole = _events(framing, bound, [script.wire])
    cut = _events(framing, bound, list(script.pieces()))
    assert whole == cut, "the cut of the bytes matters"
    assert sum(len(event.data) for event in whole) <= len(script.wire) + 1
    assert all(len(event.data) <= bound for event in whole)


def _events(framing: Framing, bound: int, pieces: list[bytes]) -> list[SseEvent]:
    decoder: Decoder = decoder_of(framing, bound)
    assert isinstance(decoder, SseDecoder | LineDecoder | ArrayDecoder)
    found = []
    for piece in pieces:
        found += decoder.feed(piece)
        assert len(decoder._buffer) <= bound + 1, "it holds more than its bound"
    last = decoder.finish()
    return found if last is None else [*found, last]


def codings(data: bytes) -> None:
    """An input is a `Script`: a coding, a bound, sizes of pieces."""
    script = Script(data)
    coding = _CODINGS[script.next(len(_CODINGS))]
    bound = (64, 1 << 16)[script.next(2)]
    whole, fault = _decoded(coding, bound, [script.wire])
    cut, cut_fault = _decoded(coding, bound, list(script.pieces()))
    # Corrupt data give nothing from the read in which they were found: there, how much came before depends on the cut.
    if (
        coding != "zstd"
    ):  # libzstd compares a frame's announced size with its content only when it got all of it at once
        assert (fault is None) == (cut_fault is None), (fault, cut_fault)
    assert fault is not None or cut_fault is not None or whole == cut
    assert fault is None or cut.startswith(whole[: len(cut)])


def _decoded(coding: str | None, bound: int, pieces: list[bytes]) -> tuple[bytes, str | None]:
    decoder = decoder_for(coding, bound)
    out = b""
    for piece in pieces:
        out += decoder.feed(piece)
        assert len(out) <= bound
    return out, decoder.finish()


def answers(data: bytes) -> None:
    """An input is a `Script`: the head, how the transport ended, sizes of pieces; and bytes, or what makes JSON."""
    script = Script(data)
    dialect = _DIALECTS[script.next(len(_DIALECTS))]
    content_type, status = _TYPES[script.next(len(_TYPES))], _STATUSES[script.next(len(_STATUSES))]
    coding = _CODINGS[script.next(len(_CODINGS))]
    ending, limits = _REASONS[script.next(len(_REASONS))], _LIMITS[script.next(len(_LIMITS))]
    make = (words.body, words.events, words.lines)[script.next(3)]
    body = make(script.wire)
    script.wire = body
    head = (dialect, content_type, coding, status)
    whole = _read(head, [body], ending, limits)
    cut = _read(head, list(script.pieces()), ending, limits)
    _check(whole, body, limits)
    # Of a body that is not of its coding, how much came before that was found depends on the cut.
    if coding in (None, "identity", "") or (whole.outcome is Outcome.OK and not whole.body_truncated):
        assert _without_times(whole) == _without_times(cut), "the cut of the bytes matters"
    plain = read_plain(*head, body, 0.0, limits)
    if plain is not None and ending is None and body:
        assert plain == whole, "the short way says something else"


def _read(head: Any, pieces: list[bytes], ending: str | None, limits: ReadingLimits) -> Reading:
    reader = reader_for(*head, limits)
    for piece in pieces:
        reader.feed(piece, 0.0)
        assert len(reader._body) <= limits.body_bytes
    return reader.finish(ending)


def _check(reading: Reading, body: bytes, limits: ReadingLimits) -> None:
    assert (reading.reason is None) == (reading.outcome is Outcome.OK)
    assert reading.outcome is not Outcome.UNPARSED or reading.answer is None
    assert len(reading.body) <= limits.decoded_bytes
    for text in (
        reading.reported_model,
        reading.fingerprint,
        reading.response_id,
        reading.error_type,
        reading.error_message,
    ):
        assert text is None or text.encode() is not None  # real Unicode: the log and its exports need it
    for choice in reading.answer.choices if reading.answer else ():
        for text in (choice.text, choice.reasoning, choice.refusal, choice.finish_reason):
            assert text is None or text.encode() is not None


def _without_times(reading: Reading) -> Reading:
    return reading._replace(first_content_s=None, content_times=())
