"""One response, from raw bytes and their times to what it means: the same function for production and candidates. Pure.

How the outcome is decided, first match wins:

    what was seen                                            outcome           reason
    1  an error inside a 200 (event, or JSON body)           stream_error      in_stream_error | error_in_body
    2  status 400 or above                                   http_error        status_<n>
    3  a stream's own end mark, nothing malformed            ok                (SDKs hang up there)
    4  the transport did not end whole                       by the reason     the reason
    5  content coding                                        unparsed          content_unknown_coding | _corrupt | _over_bound
                                                             truncated         content_cut
    6  not of the dialect                                    unparsed          what was wrong
    7  a stream without its end mark                         truncated         no_end_mark
    8  else                                                  ok

A dialect we do not parse has only 2, 4 and 8, and no answer.

A stream is a body that comes as events of any framing: server-sent, JSON lines, elements of a JSON array. `framing` says how
that is decided. A whole answer that says of itself that it is not finished lacks its end mark, too.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from typing import NamedTuple

from shadowbench.making import maker_of
from shadowbench.records import Answer, Choice, Dialect, Outcome, Usage
from shadowbench.wire import (
    anthropic_messages,
    gemini,
    ollama,
    openai_chat,
    openai_completions,
    openai_embeddings,
    openai_responses,
)
from shadowbench.wire.base import EventReader, Parsed, ProviderError
from shadowbench.wire.content_encoding import MAX_OUTPUT_BYTES, ContentDecoder, decoder_for
from shadowbench.wire.framing import Framing, decoder_of, framing_of, framing_of_start, may_begin_events
from shadowbench.wire.provider_error import error_of_body
from shadowbench.wire.sse import MAX_EVENT_BYTES

_STREAM_READERS: dict[Dialect, Callable[[], EventReader]] = {
    Dialect.OPENAI_CHAT: openai_chat.StreamReader,
    Dialect.OPENAI_RESPONSES: openai_responses.StreamReader,
    Dialect.OPENAI_COMPLETIONS: openai_completions.StreamReader,
    Dialect.ANTHROPIC_MESSAGES: anthropic_messages.StreamReader,
    Dialect.OLLAMA_CHAT: ollama.StreamReader,
    Dialect.OLLAMA_GENERATE: ollama.StreamReader,
    Dialect.GEMINI: gemini.StreamReader,
}
_BODY_PARSERS: dict[Dialect, Callable[[bytes], Parsed]] = {
    Dialect.OPENAI_CHAT: openai_chat.parse_body,
    Dialect.OPENAI_RESPONSES: openai_responses.parse_body,
    Dialect.OPENAI_COMPLETIONS: openai_completions.parse_body,
    Dialect.OPENAI_EMBEDDINGS: openai_embeddings.parse_body,
    Dialect.ANTHROPIC_MESSAGES: anthropic_messages.parse_body,
    Dialect.OLLAMA_CHAT: ollama.parse_body,
    Dialect.OLLAMA_GENERATE: ollama.parse_body,
    Dialect.OLLAMA_EMBED: ollama.parse_embed_body,
    Dialect.GEMINI: gemini.parse_body,
}
_GZIP_BEGINS = b"\x1f"  # JSON never does: a gateway lost the header that names the coding
_NEVER_STREAMED = _BODY_PARSERS.keys() - _STREAM_READERS.keys()


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadingLimits:
    """How much of a response is kept and decoded. What streams past these is still measured."""

    body_bytes: int = 8 * 1024 * 1024  # kept; a whole body above it is not parsed
    decoded_bytes: int = MAX_OUTPUT_BYTES
    event_bytes: int = MAX_EVENT_BYTES


DEFAULT_LIMITS = ReadingLimits()


class Reading(NamedTuple):
    """What a response means. Name the fields; a NamedTuple is made faster.

    `first_content_s` of a stream is the time of the chunk that completed the first event with content: text, reasoning,
    refusal or a tool-argument byte; of a whole body, that of its first byte (when it was parsed and says something): nothing
    of it could be used earlier, and later chunks of it are the transport's affair. `body` is content-decoded.
    """

    outcome: Outcome
    reason: str | None
    error_type: str | None
    error_message: str | None
    streamed: bool
    answer: Answer | None
    usage: Usage
    reported_model: str | None
    fingerprint: str | None
    response_id: str | None
    first_content_s: float | None
    content_times: tuple[float, ...]
    body: bytes
    body_truncated: bool


def reader_for(
    dialect: Dialect,
    content_type: str | None,
    content_encoding: str | None,
    status: int,
    limits: ReadingLimits = DEFAULT_LIMITS,
) -> ResponseReader:
    """A reader for a response with this head."""
    decoder = decoder_for(content_encoding, limits.decoded_bytes)
    return ResponseReader(dialect, _media_type(content_type), decoder, status, limits)


def read_plain(
    dialect: Dialect,
    content_type: str | None,
    content_encoding: str | None,
    status: int,
    body: bytes,
    first_byte_s: float,
    limits: ReadingLimits = DEFAULT_LIMITS,
) -> Reading | None:
    """What a whole answer means that came to its end, when there is nothing unusual about it; None where there may be.

    It says what `reader_for` would, in half the time: most answers that are no streams are read here.
    """
    if content_encoding is not None or not 200 <= status < 300 or not _is_never_events(dialect, content_type):
        return None
    if len(body) > min(limits.body_bytes, limits.decoded_bytes) or body.startswith(_GZIP_BEGINS):
        return None
    parsed = _BODY_PARSERS[dialect](body)
    if parsed.error or parsed.malformed or not parsed.ended:
        return None
    return _reading_of_body(parsed, body, first_byte_s)


def outcome_of_transport(reason: str, *, head_seen: bool) -> Outcome:
    """What an ABORT with this reason makes of an observation, when the bytes themselves say nothing more.

    `head_seen`: whether a response head had come; the recorder calls this itself where none had.
    """
    if reason.startswith("not_sent"):
        return Outcome.NOT_SENT
    if reason == "client_cancelled":
        return Outcome.CLIENT_CANCELLED
    if reason.startswith("timed_out"):
        return Outcome.TIMED_OUT
    return Outcome.TRUNCATED if head_seen else Outcome.UNREACHABLE


_new_reading = maker_of(Reading)


class ResponseReader:
    """Reads one response body. `feed` every chunk with its time, then `finish` once."""

    def __init__(
        self, dialect: Dialect, media_type: str, decoder: ContentDecoder, status: int, limits: ReadingLimits
    ) -> None:
        self._dialect = dialect
        self._decoder = decoder
        self._status = status
        self._limits = limits
        self._body = bytearray()
        self._body_truncated = False
        self._first_byte_s: float | None = None
        self._content_times: list[float] = []
        framing = Framing.WHOLE if dialect in _NEVER_STREAMED else framing_of(dialect, media_type)
        self._sniffing = framing is None
        self._stream = self._stream_of(framing)

    def feed(self, data: bytes, at_s: float) -> None:
        """Take a chunk as it came off the wire, still content-encoded, and when it came."""
        if data and self._first_byte_s is None:
            self._first_byte_s = at_s
        decoded = self._decoder.feed(data)
        if not decoded:
            return
        past_bound = self._keep(decoded)
        if self._sniffing:
            decoded = self._sniff(at_end=bool(past_bound)) + past_bound
        if self._stream and self._stream.feed(decoded):
            self._content_times.append(at_s)

    def finish(self, transport_reason: str | None) -> Reading:
        """What it means. `transport_reason` is None when the transport ended whole, else why it did not."""
        content_fault = self._decoder.finish()
        if self._sniffing:
            start = self._sniff(at_end=True)
            if self._stream:  # too short to carry content
                self._stream.feed(start)
        body = bytes(self._body)
        parsed = self._stream.finish(body) if self._stream else self._parse_body(body)
        outcome, reason = self._outcome(parsed, transport_reason, content_fault)
        error = error_of_body(body) if self._status >= 400 else parsed.error or ProviderError()
        times = tuple(self._content_times) if self._stream else self._time_of_body(parsed)
        return Reading(
            outcome=outcome,
            reason=reason,
            error_type=error.type,
            error_message=error.message,
            streamed=self._stream is not None,
            answer=None if outcome is Outcome.UNPARSED else parsed.answer,
            usage=parsed.usage,
            reported_model=parsed.reported_model,
            fingerprint=parsed.fingerprint,
            response_id=parsed.response_id,
            first_content_s=times[0] if times else None,
            content_times=times,
            body=body,
            body_truncated=self._body_truncated or content_fault is not None,
        )

    def _keep(self, decoded: bytes) -> bytes:
        """Keep what there is room for; the rest, which only a stream's reader still sees."""
        room = self._limits.body_bytes - len(self._body)
        self._body += decoded[:room]
        self._body_truncated |= len(decoded) > room
        return decoded[room:]

    def _sniff(self, *, at_end: bool = False) -> bytes:
        """Decide by the body's beginning whether it is a stream; what is to be fed to that."""
        start = bytes(self._body)
        framing = framing_of_start(self._dialect, start, at_end=at_end)
        if framing is None:
            return b""
        self._sniffing = False
        self._stream = self._stream_of(framing)
        return start

    def _stream_of(self, framing: Framing | None) -> _EventStream | None:
        if framing is None or framing is Framing.WHOLE:
            return None
        return _EventStream(self._dialect, framing, self._status, self._limits)

    def _parse_body(self, body: bytes) -> Parsed:
        parse = _BODY_PARSERS.get(self._dialect)
        if parse is None or self._status >= 400:
            return Parsed(ended=True)
        if not 200 <= self._status < 300:
            return Parsed(malformed=f"status_{self._status}")
        if self._body_truncated:
            return Parsed(malformed="body_over_bound")
        return parse(body) if body.strip() else Parsed(malformed="empty_body")

    def _time_of_body(self, parsed: Parsed) -> tuple[float, ...]:
        says_something = parsed.answer is not None and _says_something(parsed.answer)
        return (self._first_byte_s,) if says_something and self._first_byte_s is not None else ()

    def _outcome(
        self, parsed: Parsed, transport_reason: str | None, content_fault: str | None
    ) -> tuple[Outcome, str | None]:
        is_read = self._dialect in _BODY_PARSERS
        if parsed.error:
            return Outcome.STREAM_ERROR, "in_stream_error" if self._stream else "error_in_body"
        if self._status >= 400:
            return Outcome.HTTP_ERROR, f"status_{self._status}"
        if is_read and self._stream and parsed.ended and not parsed.malformed:
            return Outcome.OK, None
        if transport_reason:
            return outcome_of_transport(transport_reason, head_seen=True), transport_reason
        if not is_read:
            return Outcome.OK, None
        if content_fault:
            return Outcome.TRUNCATED if content_fault == "cut" else Outcome.UNPARSED, f"content_{content_fault}"
        if parsed.malformed:
            return Outcome.UNPARSED, parsed.malformed
        return (Outcome.OK, None) if parsed.ended else (Outcome.TRUNCATED, "no_end_mark")


class _EventStream:
    """A body that comes as events, read by its dialect; of an unknown dialect, or an error's, nothing is read."""

    def __init__(self, dialect: Dialect, framing: Framing, status: int, limits: ReadingLimits) -> None:
        new_reader = _STREAM_READERS.get(dialect)
        self._reader = new_reader() if new_reader and status < 400 else None
        self._framing = framing
        self._decoder = decoder_of(framing, limits.event_bytes)
        self._events = 0

    def feed(self, decoded: bytes) -> bool:
        """Take bytes; True when an event that they completed carried content."""
        if self._reader is None:
            return False
        carried = False
        for event in self._decoder.feed(decoded):
            self._events += 1
            carried |= self._reader.feed(event)
        return carried

    def finish(self, body: bytes) -> Parsed:
        if self._reader is None:
            return Parsed()
        if last := self._decoder.finish():
            self._events += 1
            self._reader.feed_unterminated(last)
        if self._framing is Framing.EVENTS and not self._events and not may_begin_events(body):
            return Parsed(malformed="not_an_event_stream")
        return self._reader.finish()


def _reading_of_body(parsed: Parsed, body: bytes, first_byte_s: float) -> Reading:
    says_something = parsed.answer is not None and _says_something(parsed.answer)
    return _new_reading(
        outcome=Outcome.OK,
        reason=None,
        error_type=None,
        error_message=None,
        streamed=False,
        answer=parsed.answer,
        usage=parsed.usage,
        reported_model=parsed.reported_model,
        fingerprint=parsed.fingerprint,
        response_id=parsed.response_id,
        first_content_s=first_byte_s if says_something else None,
        content_times=(first_byte_s,) if says_something else (),
        body=body,
        body_truncated=False,
    )


@lru_cache(maxsize=256)  # servers send the same few types for ever
def _is_never_events(dialect: Dialect, content_type: str | None) -> bool:
    """Whether a body of this dialect and type is parsed whole, whatever it begins with."""
    if dialect in _NEVER_STREAMED:
        return True
    return dialect in _BODY_PARSERS and framing_of(dialect, _media_type(content_type)) is Framing.WHOLE


def _media_type(content_type: str | None) -> str:
    return (content_type or "").partition(";")[0].strip().lower()


def _says_something(answer: Answer) -> bool:
    return any(map(_has_content, answer.choices)) or (answer.embeddings is not None and answer.embeddings.count > 0)


def _has_content(choice: Choice) -> bool:
    return bool(choice.text or choice.reasoning or choice.refusal or choice.tool_calls)
