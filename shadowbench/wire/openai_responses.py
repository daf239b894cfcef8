"""OpenAI responses, read to neutral nouns. Pure.

A response is a list of output items. Its stream opens with the response as yet empty, adds items by `output_index`, parts of
them by `content_index` or `summary_index`, and ends with the whole response once more: `response.completed`, `.incomplete` or
`.failed`. What is whole replaces what grew from deltas, item by item; a stream that breaks off leaves what had grown. There
are more than fifty types of events: those that tell nothing about an answer, and new ones, are passed over.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from shadowbench.records import NO_USAGE, Answer, Usage, UsageSource
from shadowbench.wire import loose_json as loose
from shadowbench.wire.base import Parsed, ProviderError
from shadowbench.wire.openai_items import Item, choice_of
from shadowbench.wire.provider_error import error_in
from shadowbench.wire.sse import SseEvent

# The events that carry a bit of something: which slot of its item it goes to, and the member with the part's number in it.
_DELTAS = {
    "response.output_text.delta": ("text", "content_index"),
    "response.refusal.delta": ("refusal", "content_index"),
    "response.reasoning_text.delta": ("reasoning", "content_index"),
    "response.reasoning_summary_text.delta": ("summary", "summary_index"),
    "response.function_call_arguments.delta": ("arguments", ""),
    "response.custom_tool_call_input.delta": ("arguments", ""),
    "response.mcp_call_arguments.delta": ("arguments", ""),
    "response.code_interpreter_call_code.delta": ("arguments", ""),
    "response.shell_call_command.delta": ("arguments", "command_index"),
    "response.audio.transcript.delta": ("text", ""),
}
# Those that say the same once more, whole, and the member that says it.
_DONE = {
    "response.output_text.done": ("response.output_text.delta", "text"),
    "response.refusal.done": ("response.refusal.delta", "refusal"),
    "response.reasoning_text.done": ("response.reasoning_text.delta", "text"),
    "response.reasoning_summary_text.done": ("response.reasoning_summary_text.delta", "text"),
    "response.function_call_arguments.done": ("response.function_call_arguments.delta", "arguments"),
    "response.custom_tool_call_input.done": ("response.custom_tool_call_input.delta", "input"),
    "response.mcp_call_arguments.done": ("response.mcp_call_arguments.delta", "arguments"),
    "response.code_interpreter_call_code.done": ("response.code_interpreter_call_code.delta", "code"),
    "response.shell_call_command.done": ("response.shell_call_command.delta", "command"),
}
_TERMINAL = frozenset({"response.completed", "response.incomplete", "response.failed", "response.cancelled"})
_UNFINISHED = frozenset({"queued", "in_progress", "cancelled"})


def parse_body(body: bytes) -> Parsed:
    """Read a whole response. One in the background may not be finished, or never will be."""
    try:
        value = loose.load(body)
    except loose.NotJson:
        return Parsed(malformed="not_json")
    if error := error_in(value):
        return Parsed(error=error)
    response = loose.as_mapping(value)
    if not isinstance(response.get("output"), list):
        return Parsed(malformed="no_output")
    told = _Response()
    told.take(response)
    error = ProviderError() if response.get("status") == "failed" else None
    return told.parsed(error=error, ended=loose.as_text(response.get("status")) not in _UNFINISHED, malformed=None)


class StreamReader:
    """Reads a streamed response."""

    def __init__(self) -> None:
        self._response = _Response()
        self._error: ProviderError | None = None
        self._ended = False
        self._malformed: str | None = None

    def feed(self, event: SseEvent) -> bool:
        """Take an event; True when it carried content. After the last event or an error nothing counts any more."""
        if self._ended or self._error or event.data.startswith(b"[DONE]"):  # gateways add one; it is no end mark here
            return False
        if event.oversize:
            return self._fail("oversize_event")
        try:
            value = loose.load(event.data)
        except loose.NotJson:
            return self._fail("event_not_json")
        if not isinstance(value, dict):
            return self._fail("event_not_an_object")
        kind = value.get("type") or event.name
        if not isinstance(kind, str):
            self._error = error_in(value)  # as chat has them, from gateways that know no other
            return False if self._error else self._fail("event_without_type")
        return self._take(kind, value)

    def feed_unterminated(self, event: SseEvent) -> None:
        """Take the event that lacks its blank line: the last one may, and is then whole if it is JSON."""
        try:
            value = loose.as_mapping(loose.load(event.data))
        except loose.NotJson:
            return
        kind = loose.as_text(value.get("type"))
        if kind in _TERMINAL and not self._ended and not self._error:
            self._take(kind, value)

    def finish(self) -> Parsed:
        """What came of it."""
        return self._response.parsed(error=self._error, ended=self._ended, malformed=self._malformed)

    def _fail(self, reason: str) -> bool:
        self._malformed = self._malformed or reason
        return False

    def _take(self, kind: str, event: Mapping[str, Any]) -> bool:
        slot = _DELTAS.get(kind)
        if slot is not None:  # nearly all of them
            return self._response.grow(slot, event)
        if kind in _DONE:
            return self._response.settle(kind, event)
        if kind in ("response.output_item.added", "response.output_item.done"):
            return self._response.take_item(event)
        if kind == "error":
            self._error = error_in(event if event.get("error") else {"error": _without_type(event)}) or ProviderError()
            return False
        if isinstance(event.get("response"), dict):
            return self._take_response(kind, event["response"])
        return kind == "response.audio.delta" and bool(event.get("delta"))

    def _take_response(self, kind: str, response: Mapping[str, Any]) -> bool:
        carried = self._response.take(response)
        if kind == "response.failed" or response.get("status") == "failed":
            self._error = error_in(response) or ProviderError()
        elif kind == "response.cancelled":
            self._error = ProviderError(type="cancelled")
        self._ended = kind in _TERMINAL
        return carried


class _Response:
    """The response, growing."""

    def __init__(self) -> None:
        self._begun = False
        self._items: dict[int, Item] = {}
        self._model: str | None = None
        self._id: str | None = None
        self._finish_reason: str | None = None
        self._usage = NO_USAGE

    def take(self, response: Mapping[str, Any]) -> bool:
        """Take the response as it stands: empty, or whole. True when it brought the first content."""
        self._begun = True
        self._model = loose.as_name(response.get("model")) or self._model
        self._id = loose.as_name(response.get("id")) or self._id
        self._finish_reason = _finish_reason(response)
        if isinstance(response.get("usage"), dict):
            self._usage = _usage(response["usage"])
        output = loose.as_sequence(response.get("output"))
        if not output:  # as at the beginning; some servers end so, too
            return False
        had_content = self._has_content
        self._items = {index: self._settled(index, loose.as_mapping(item)) for index, item in enumerate(output)}
        return self._has_content and not had_content

    def take_item(self, event: Mapping[str, Any]) -> bool:
        """Take an item as it stands: new, or whole. True when it brought content that no delta had."""
        index = loose.as_index(event.get("output_index"))
        index = len(self._items) if index is None else index
        had_content = index in self._items and self._items[index].has_content
        self._begun = True
        item = self._items[index] = self._settled(index, loose.as_mapping(event.get("item")))
        return item.has_content and not had_content

    def grow(self, slot: tuple[str, str], event: Mapping[str, Any]) -> bool:
        """Take a delta; True when it says something."""
        return self._item(event).grow(slot[0], loose.as_index(event.get(slot[1])) or 0, event.get("delta"))

    def settle(self, kind: str, event: Mapping[str, Any]) -> bool:
        """Take a part as it stands at its end; True when no delta had brought it."""
        delta, member = _DONE[kind]
        name, index_key = _DELTAS[delta]
        return self._item(event).settle(name, loose.as_index(event.get(index_key)) or 0, event.get(member))

    def parsed(self, *, error: ProviderError | None, ended: bool, malformed: str | None) -> Parsed:
        items = [self._items[index] for index in sorted(self._items)]
        return Parsed(
            answer=Answer(choices=(choice_of(items, self._finish_reason),)) if self._begun else None,
            usage=self._usage,
            reported_model=self._model,
            response_id=self._id,
            error=error,
            ended=ended,
            malformed=malformed,
        )

    @property
    def _has_content(self) -> bool:
        return any(item.has_content for item in self._items.values())

    def _item(self, event: Mapping[str, Any]) -> Item:
        """The item that an event is about; a new one when its beginning was missed (a stream that was resumed)."""
        index = loose.as_index(event.get("output_index")) or 0
        item = self._items.get(index)
        if item is None:
            self._begun = True
            item = self._items[index] = Item()
        return item

    def _settled(self, index: int, whole: Mapping[str, Any]) -> Item:
        item = self._items.get(index)
        if item is None or not item.is_same(whole):
            item = Item()
        item.take(whole)
        return item


def _without_type(event: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in event.items() if name != "type"}


def _finish_reason(response: Mapping[str, Any]) -> str | None:
    """Why it is incomplete, if it is; else its status, once it has an end."""
    status = loose.as_name(response.get("status"))
    reason = loose.as_name(loose.as_mapping(response.get("incomplete_details")).get("reason"))
    return reason or (None if status in ("queued", "in_progress") else status)


def _usage(usage: Mapping[str, Any]) -> Usage:
    details_in = loose.as_mapping(usage.get("input_tokens_details"))
    details_out = loose.as_mapping(usage.get("output_tokens_details"))
    return Usage(
        source=UsageSource.REPORTED,
        input_tokens=loose.as_count(usage.get("input_tokens")),
        output_tokens=loose.as_count(usage.get("output_tokens")),
        cached_input_tokens=loose.as_count(details_in.get("cached_tokens")),
        cache_write_tokens=loose.as_count(details_in.get("cache_write_tokens")),
        reasoning_tokens=loose.as_count(details_out.get("reasoning_tokens")),
    )
