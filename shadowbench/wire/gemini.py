"""Gemini's generateContent, whole and streamed, read to neutral nouns. Pure.

Every event of a stream is an answer of its own with some parts of the candidates; they come as server-sent events (`alt=sse`)
or as elements of a JSON array. There is no end mark: the last event of a candidate has its `finishReason`, and a prompt that
was refused has a `blockReason` and no candidates. Proto JSON leaves out what is zero or empty.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from shadowbench.records import NO_USAGE, Answer, Choice, ToolCall, Usage, UsageSource
from shadowbench.wire import loose_json as loose
from shadowbench.wire.base import Parsed, ProviderError
from shadowbench.wire.provider_error import error_in
from shadowbench.wire.sse import SseEvent


def parse_body(body: bytes) -> Parsed:
    """Read a whole answer."""
    try:
        value = loose.load(body)
    except loose.NotJson:
        return Parsed(malformed="not_json")
    if error := error_in(value):
        return Parsed(error=error)
    told = loose.as_mapping(value)
    if not isinstance(told.get("candidates"), list) and "promptFeedback" not in told:
        return Parsed(malformed="no_candidates")
    answer = _Answer()
    answer.take(told)
    return answer.parsed(error=None, ended=True, malformed=None)


class StreamReader:
    """Reads a streamed answer."""

    def __init__(self) -> None:
        self._answer = _Answer()
        self._error: ProviderError | None = None
        self._malformed: str | None = None

    def feed(self, event: SseEvent) -> bool:
        """Take an event; True when it carried content. After an error nothing counts any more."""
        if self._error:
            return False
        if event.oversize:
            return self._fail("oversize_event")
        try:
            value = loose.load(event.data)
        except loose.NotJson:
            return self._fail("event_not_json")
        if not isinstance(value, dict):
            return self._fail("event_not_an_object")
        if "error" in value:
            self._error = error_in(value)
        return not self._error and self._answer.take(value)

    def feed_unterminated(self, event: SseEvent) -> None:
        """Take the event that lacks its blank line. Google's SDK reads it, if it is whole."""
        try:
            loose.load(event.data)
        except loose.NotJson:
            return
        self.feed(event)

    def finish(self) -> Parsed:
        """What came of it."""
        answer = self._answer
        return answer.parsed(error=self._error, ended=answer.is_complete, malformed=self._malformed)

    def _fail(self, reason: str) -> bool:
        self._malformed = self._malformed or reason
        return False


class _Answer:
    """The candidates, by index, and what is told beside them."""

    def __init__(self) -> None:
        self._begun = False
        self._by_index: dict[int, _Candidate] = {}
        self._block: Choice | None = None
        self._model: str | None = None
        self._id: str | None = None
        self._usage: Mapping[str, Any] = {}

    @property
    def is_complete(self) -> bool:
        candidates = self._by_index.values()
        return self._block is not None or (bool(candidates) and all(c.finish_reason for c in candidates))

    def take(self, told: Mapping[str, Any]) -> bool:
        """Take an answer or an event of one; True when it carried content."""
        self._begun = True
        self._model = self._model or loose.as_name(told.get("modelVersion"))
        self._id = self._id or loose.as_name(told.get("responseId"))
        if "usageMetadata" in told:  # cumulative: the last one counts
            self._usage = loose.as_mapping(told["usageMetadata"])
        if "promptFeedback" in told:
            self._block = _block(loose.as_mapping(told["promptFeedback"])) or self._block
        carried = False
        for candidate in map(loose.as_mapping, loose.as_sequence(told.get("candidates"))):
            carried |= self._candidate(loose.as_index(candidate.get("index")) or 0).take(candidate)
        return carried

    def parsed(self, *, error: ProviderError | None, ended: bool, malformed: str | None) -> Parsed:
        choices = tuple(self._by_index[index].finish(index) for index in sorted(self._by_index))
        if not choices and self._block is not None:
            choices = (self._block,)
        return Parsed(
            answer=Answer(choices=choices) if self._begun else None,
            usage=_usage(self._usage),
            reported_model=self._model,
            response_id=self._id,
            error=error,
            ended=ended,
            malformed=malformed,
        )

    def _candidate(self, index: int) -> _Candidate:
        candidate = self._by_index.get(index)
        if candidate is None:
            candidate = self._by_index[index] = _Candidate()
        return candidate


class _Candidate:
    """One alternative, growing."""

    def __init__(self) -> None:
        self.finish_reason: str | None = None
        self._text: list[str] = []
        self._reasoning: list[str] = []
        self._calls: list[ToolCall] = []

    def take(self, candidate: Mapping[str, Any]) -> bool:
        self.finish_reason = loose.as_name(candidate.get("finishReason")) or self.finish_reason
        carried = False
        for part in loose.as_sequence(loose.as_mapping(candidate.get("content")).get("parts")):
            carried |= self._take_part(loose.as_mapping(part))
        return carried

    def _take_part(self, part: Mapping[str, Any]) -> bool:
        text = part.get("text")
        if isinstance(text, str):
            (self._reasoning if part.get("thought") is True else self._text).append(text)
            return text != ""
        call = _tool_call(part)
        if call is None:
            return False
        self._calls.append(call)
        return True

    def finish(self, index: int) -> Choice:
        return Choice(
            index=index,
            text=_joined(self._text),
            reasoning=_joined(self._reasoning),
            tool_calls=tuple(self._calls),
            finish_reason=self.finish_reason,
        )


def _tool_call(part: Mapping[str, Any]) -> ToolCall | None:
    """A call of the client's functions, which comes as a whole, or code that Google runs."""
    if isinstance(call := part.get("functionCall"), dict):
        arguments = loose.sound(loose.dump(call.get("args") or {}))
        return ToolCall(
            name=loose.sound(loose.as_text(call.get("name")) or ""),
            arguments=arguments,
            id=loose.as_name(call.get("id")),
        )
    if isinstance(code := part.get("executableCode"), dict):
        return ToolCall(
            name="code_execution", arguments=loose.sound(loose.as_text(code.get("code")) or ""), kind="server"
        )
    return None


def _block(feedback: Mapping[str, Any]) -> Choice | None:
    """A prompt that was refused, as the refusal it is."""
    reason = loose.as_name(feedback.get("blockReason"))
    if reason is None:
        return None
    message = loose.as_name(feedback.get("blockReasonMessage")) or reason
    return Choice(refusal=message, finish_reason=reason)


def _joined(parts: list[str]) -> str | None:
    return loose.sound("".join(parts)) if parts else None


def _usage(told: Mapping[str, Any]) -> Usage:
    """In our meaning: Gemini counts thoughts beside the candidates' tokens, and results of its own tools beside the prompt.

    What is zero is left out; that nothing was written is known when the total is what was read.
    """
    read = _sum(told.get("promptTokenCount"), told.get("toolUsePromptTokenCount"))
    written = _sum(told.get("candidatesTokenCount"), told.get("thoughtsTokenCount"))
    if written is None and read is not None and loose.as_count(told.get("totalTokenCount")) == read:
        written = 0
    if read is None and written is None:
        return NO_USAGE
    return Usage(
        source=UsageSource.REPORTED,
        input_tokens=read,
        output_tokens=written,
        cached_input_tokens=loose.as_count(told.get("cachedContentTokenCount")),
        reasoning_tokens=loose.as_count(told.get("thoughtsTokenCount")),
    )


def _sum(*counts: object) -> int | None:
    """The sum of those that are given; None when none is."""
    given = [count for value in counts if (count := loose.as_count(value)) is not None]
    return sum(given) if given else None
