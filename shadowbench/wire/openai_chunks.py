"""How OpenAI streams: chunks of one shape for chat and text completions, then `[DONE]`; and whole answers alike. Pure."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Protocol

from shadowbench.records import Answer
from shadowbench.wire import loose_json as loose
from shadowbench.wire.base import Parsed, ProviderError
from shadowbench.wire.openai_told import Told, parsed_whole
from shadowbench.wire.provider_error import error_in
from shadowbench.wire.sse import SseEvent

_END_MARK = b"[DONE]"


class Choices(Protocol):
    """The alternatives of an answer, by index, growing."""

    def take(self, choice: Mapping[str, Any], position: int) -> bool:
        """Take a whole choice or a fragment of one, which stood at `position`; True when it carried content."""

    def finish(self) -> Answer:
        """What came of them."""


def parse_whole(body: bytes, read_choices: Callable[[Sequence[Any]], Answer]) -> Parsed:
    """Read a whole answer."""
    try:
        value = loose.load(body)
    except loose.NotJson:
        return Parsed(malformed="not_json")
    if error := error_in(value):
        return Parsed(error=error)
    completion = loose.as_mapping(value)
    if not isinstance(completion.get("choices"), list):
        return Parsed(malformed="no_choices")
    return parsed_whole(completion, read_choices(completion["choices"]))


def take_all(choices: Choices, whole: Sequence[Any]) -> Answer:
    """What came of all the choices of a whole answer."""
    for position, choice in enumerate(whole):
        choices.take(loose.as_mapping(choice), position)
    return choices.finish()


class ChunkReader:
    """Reads a streamed answer."""

    def __init__(self, choices: Choices) -> None:
        self._choices = choices
        self._told = Told()
        self._error: ProviderError | None = None
        self._ended = False
        self._malformed: str | None = None
        self._chunks = 0

    def feed(self, event: SseEvent) -> bool:
        """Take an event; True when it carried content. After the end mark or an error clients stop reading, and so do we."""
        if self._ended or self._error:
            return False
        if event.data.startswith(_END_MARK):
            self._ended = True
            return False
        chunk = self._chunk(event)
        if chunk is None:
            return False
        self._chunks += 1
        self._told.take(chunk)
        return self._take_choices(chunk)

    def feed_unterminated(self, event: SseEvent) -> None:
        """Take the event that lacks its blank line: servers that forget it do so after the end mark."""
        self._ended = self._ended or (not self._error and event.data.startswith(_END_MARK))

    def finish(self) -> Parsed:
        """What came of it."""
        answer = self._choices.finish() if self._chunks else None
        return self._told.parsed(answer, error=self._error, ended=self._ended, malformed=self._malformed)

    def _chunk(self, event: SseEvent) -> Mapping[str, Any] | None:
        if event.oversize:
            self._malformed = self._malformed or "oversize_event"
            return None
        try:
            value = loose.load(event.data)
        except loose.NotJson:
            self._malformed = self._malformed or "event_not_json"
            return None
        self._error = error_in(value) or (error_in({"error": value or "error"}) if event.name == "error" else None)
        if self._error:
            return None
        if not isinstance(value, dict):
            self._malformed = self._malformed or "event_not_an_object"
            return None
        return value

    def _take_choices(self, chunk: Mapping[str, Any]) -> bool:
        carried = False
        for position, choice in enumerate(loose.as_sequence(chunk.get("choices"))):
            carried |= self._choices.take(loose.as_mapping(choice), position)
        return carried
