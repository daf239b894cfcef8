"""Ollama's own API, read to neutral nouns: chat, generate, embed. Pure.

Streams are JSON lines, and the default; each line is an answer of its own with a bit of the message, the last has `done` and
the counters. A whole answer is one such object. Errors come as `{"error": …}` in the place of a line, whatever the status.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from shadowbench.records import NO_USAGE, Answer, Choice, Embeddings, ToolCall, Usage, UsageSource
from shadowbench.wire import loose_json as loose
from shadowbench.wire.base import Parsed, ProviderError
from shadowbench.wire.openai_embeddings import floats_of
from shadowbench.wire.provider_error import error_in
from shadowbench.wire.sse import SseEvent


def parse_body(body: bytes) -> Parsed:
    """Read a whole answer of chat or generate."""
    try:
        value = loose.load(body)
    except loose.NotJson:
        return Parsed(malformed="not_json")
    if error := error_in(value):
        return Parsed(error=error)
    answer = loose.as_mapping(value)
    if not isinstance(answer.get("message"), dict) and not isinstance(answer.get("response"), str):
        return Parsed(malformed="no_message")
    message = _Message()
    message.take(answer)
    return message.parsed(error=None, ended=answer.get("done") is not False, malformed=None)


def parse_embed_body(body: bytes) -> Parsed:
    """Read an answer of embed."""
    try:
        value = loose.load(body)
    except loose.NotJson:
        return Parsed(malformed="not_json")
    if error := error_in(value):
        return Parsed(error=error)
    told = loose.as_mapping(value)
    vectors = told.get("embeddings")
    if not isinstance(vectors, list):
        return Parsed(malformed="no_embeddings")
    dimensions = len(vectors[0]) if vectors and isinstance(vectors[0], list) else None
    return Parsed(
        answer=Answer(choices=(), embeddings=Embeddings(count=len(vectors), dimensions=dimensions)),
        usage=_usage(told),
        reported_model=loose.as_name(told.get("model")),
        ended=True,
    )


def vectors_of(body: bytes) -> list[list[float]] | None:
    """The vectors of an answer of embed in the order of the inputs; None when it has any that cannot be read."""
    try:
        given = loose.as_sequence(loose.as_mapping(loose.load(body)).get("embeddings"))
    except loose.NotJson:
        return None
    vectors = [vector for vector in map(floats_of, given) if vector is not None]
    return vectors if vectors and len(vectors) == len(given) else None


class StreamReader:
    """Reads a streamed answer of chat or generate."""

    def __init__(self) -> None:
        self._message = _Message()
        self._error: ProviderError | None = None
        self._ended = False
        self._malformed: str | None = None

    def feed(self, event: SseEvent) -> bool:
        """Take a line; True when it carried content. After the last line or an error nothing counts any more."""
        if self._ended or self._error:
            return False
        if event.oversize:
            return self._fail("oversize_event")
        try:
            value = loose.load(event.data)
        except loose.NotJson:
            return self._fail("event_not_json")
        if not isinstance(value, dict):
            return self._fail("event_not_an_object")
        return self._take(value)

    def feed_unterminated(self, event: SseEvent) -> None:
        """Take the line that lacks its end. Clients read it like any other; one that was cut is no JSON."""
        if self._ended or self._error:
            return
        try:
            self._take(loose.as_mapping(loose.load(event.data)))
        except loose.NotJson:
            return

    def finish(self) -> Parsed:
        """What came of it."""
        return self._message.parsed(error=self._error, ended=self._ended, malformed=self._malformed)

    def _fail(self, reason: str) -> bool:
        self._malformed = self._malformed or reason
        return False

    def _take(self, line: Mapping[str, Any]) -> bool:
        if "error" in line and (error := error_in(line)):
            self._error = error
            return False
        self._ended = line.get("done") is True
        return self._message.take(line)


class _Message:
    """The message, growing."""

    def __init__(self) -> None:
        self._begun = False
        self._model: str | None = None
        self._finish_reason: str | None = None
        self._usage = NO_USAGE
        self._text: list[str] = []
        self._reasoning: list[str] = []
        self._calls: list[ToolCall] = []

    def take(self, line: Mapping[str, Any]) -> bool:
        """Take an answer or a line of one; True when it carried content."""
        self._begun = True
        self._model = self._model or loose.as_name(line.get("model"))
        if line.get("done"):
            self._finish_reason = loose.as_name(line.get("done_reason"))
            self._usage = _usage(line)
        message = line.get("message")
        if isinstance(message, dict):
            return self._take_message(message)
        carried = _append(self._text, line.get("response"))
        return _append(self._reasoning, line.get("thinking")) or carried

    def _take_message(self, message: Mapping[str, Any]) -> bool:
        carried = _append(self._text, message.get("content"))
        if "thinking" in message:
            carried |= _append(self._reasoning, message["thinking"])
        for call in loose.as_sequence(message.get("tool_calls")):
            self._calls.append(_tool_call(loose.as_mapping(call)))
            carried = True
        return carried

    def parsed(self, *, error: ProviderError | None, ended: bool, malformed: str | None) -> Parsed:
        choice = Choice(
            text=_joined(self._text),
            reasoning=_joined(self._reasoning),
            tool_calls=tuple(self._calls),
            finish_reason=self._finish_reason,
        )
        return Parsed(
            answer=Answer(choices=(choice,)) if self._begun else None,
            usage=self._usage,
            reported_model=self._model,
            error=error,
            ended=ended,
            malformed=malformed,
        )


def _tool_call(call: Mapping[str, Any]) -> ToolCall:
    """A call, which comes as a whole, its arguments as an object."""
    function = loose.as_mapping(call.get("function"))
    arguments = function.get("arguments")
    return ToolCall(
        name=loose.sound(loose.as_text(function.get("name")) or ""),
        arguments=loose.sound(arguments if isinstance(arguments, str) else loose.dump(arguments or {})),
        id=loose.as_name(call.get("id")),
    )


def _append(parts: list[str], text: object) -> bool:
    if not isinstance(text, str):
        return False
    parts.append(text)
    return text != ""


def _joined(parts: list[str]) -> str | None:
    return loose.sound("".join(parts)) if parts else None


def _usage(counters: Mapping[str, Any]) -> Usage:
    """Older versions leave `prompt_eval_count` out when the whole prompt was cached: it is not known then, and not zero."""
    read, written = loose.as_count(counters.get("prompt_eval_count")), loose.as_count(counters.get("eval_count"))
    if read is None and written is None:
        return NO_USAGE
    return Usage(source=UsageSource.REPORTED, input_tokens=read, output_tokens=written)
