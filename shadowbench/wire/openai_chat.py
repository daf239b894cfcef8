"""OpenAI chat completions, and what compatible servers make of them, read to neutral nouns. Pure.

Lenient where servers differ and clients live with it: `index` null or missing on tool calls, `arguments` null or an object,
content as a list of parts, usage on any chunk or none, ids and models empty at first, `reasoning` or `reasoning_content`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from shadowbench.making import maker_of
from shadowbench.records import Answer, Choice, ToolCall
from shadowbench.wire import loose_json as loose
from shadowbench.wire.base import Parsed
from shadowbench.wire.openai_chunks import ChunkReader, parse_whole, take_all

# The first that says something counts: some servers send both, with the same text.
_answer, _new_choice = maker_of(Answer), maker_of(Choice)
_REASONING = ("reasoning_content", "reasoning")
_BESIDE_TEXT = (*_REASONING, "refusal", "tool_calls", "function_call", "audio")


def parse_body(body: bytes) -> Parsed:
    """Read a whole answer."""
    return parse_whole(body, _answer_of)


class StreamReader(ChunkReader):
    """Reads a streamed answer."""

    def __init__(self) -> None:
        super().__init__(_Choices("delta"))


def _answer_of(choices: Sequence[Any]) -> Answer:
    """The answer of whole choices."""
    plain = _plain_choice(choices[0]) if len(choices) == 1 else None
    return take_all(_Choices("message"), choices) if plain is None else _answer(choices=(plain,))


def _plain_choice(choice: Any) -> Choice | None:
    """The only choice, when it says one text and nothing else as most do; None for any other.

    It is what `_Choices` would make of it, in a quarter of the time.
    """
    message = loose.as_mapping(loose.as_mapping(choice).get("message"))
    text = message.get("content")
    if not isinstance(text, str) or any(map(message.get, _BESIDE_TEXT)):
        return None
    return _new_choice(
        index=loose.as_index(choice.get("index")) or 0,
        text=text if text.isascii() else loose.sound(text),
        finish_reason=loose.as_name(choice.get("finish_reason")),
    )


class _Choices:
    """The alternatives of an answer, by index."""

    def __init__(self, message_key: str) -> None:
        self._key = message_key
        self._by_index: dict[int, _Choice] = {}

    def take(self, choice: Mapping[str, Any], position: int) -> bool:
        index = loose.as_index(choice.get("index"))
        index = position if index is None else index
        target = self._by_index.get(index)
        if target is None:
            target = self._by_index[index] = _Choice()
        target.finish_reason = loose.as_name(choice.get("finish_reason")) or target.finish_reason
        return target.take(loose.as_mapping(choice.get(self._key)))

    def finish(self) -> Answer:
        return Answer(choices=tuple(self._by_index[index].finish(index) for index in sorted(self._by_index)))


class _Choice:
    """One alternative, growing."""

    def __init__(self) -> None:
        self.finish_reason: str | None = None
        self._text: list[str] = []
        self._reasoning: list[str] = []
        self._refusal: list[str] = []
        self._transcript: list[str] = []
        self._calls = _ToolCalls()

    def take(self, message: Mapping[str, Any]) -> bool:
        """Take a message or a delta; True when it carried content."""
        content = message.get("content")
        if isinstance(content, str):
            self._text.append(content)
            carried = bool(content)
        else:
            carried = bool(content) and self._take_parts(loose.as_sequence(content))
        if len(message) == 1 and carried:  # nearly all of them
            return True
        carried |= self._take_reasoning(message)
        carried |= _append(self._refusal, loose.as_text(message.get("refusal")) or None)
        if calls := message.get("tool_calls"):
            carried |= self._calls.take(loose.as_sequence(calls))
        if call := message.get("function_call"):
            carried |= self._calls.take_legacy(loose.as_mapping(call))
        if audio := message.get("audio"):
            carried |= self._take_audio(loose.as_mapping(audio))
        return carried

    def _take_parts(self, parts: Iterable[Any]) -> bool:
        """Content as a list: Mistral's reasoning models, and gateways that repeat the request's form."""
        carried = False
        for part in map(loose.as_mapping, parts):
            if part.get("type") == "thinking":
                inner = loose.as_sequence(part.get("thinking"))
                for thought in (loose.as_text(loose.as_mapping(p).get("text")) for p in inner):
                    carried |= _append(self._reasoning, thought)
            else:
                carried |= _append(self._text, loose.as_text(part.get("text")))
        return carried

    def _take_reasoning(self, message: Mapping[str, Any]) -> bool:
        return any(_append(self._reasoning, loose.as_text(message.get(key)) or None) for key in _REASONING)

    def _take_audio(self, audio: Mapping[str, Any]) -> bool:
        return _append(self._transcript, loose.as_text(audio.get("transcript"))) or bool(audio.get("data"))

    def finish(self, index: int) -> Choice:
        text = _joined(self._text)
        return Choice(
            index=index,
            text=_joined(self._transcript) if not text and self._transcript else text,
            reasoning=_joined(self._reasoning),
            refusal=_joined(self._refusal),
            tool_calls=self._calls.finish(),
            finish_reason=self.finish_reason,
        )


class _ToolCalls:
    """The tool calls of one choice, put together from fragments.

    Which call a fragment belongs to:
        index given, new               a new call
        index given, known             that call; but a new one if the fragment has another id and a name (servers that
                                       number every call 0)
        no index, id known             that call
        no index, id or name given     a new call
        no index, neither              the latest call
    """

    def __init__(self) -> None:
        self._calls: list[_ToolCall] = []
        self._by_index: dict[int, _ToolCall] = {}
        self._legacy: _ToolCall | None = None

    def take(self, fragments: Iterable[Any]) -> bool:
        carried = False
        for fragment in map(loose.as_mapping, fragments):
            carried |= self._call_for(fragment).take(fragment)
        return carried

    def take_legacy(self, fragment: Mapping[str, Any]) -> bool:
        """`function_call`, which came before tools: at most one."""
        if self._legacy is None:
            self._legacy = _ToolCall(0, "legacy_function")
            self._calls.append(self._legacy)
        return self._legacy.take({"function": fragment})

    def finish(self) -> tuple[ToolCall, ...]:
        return tuple(call.finish() for call in sorted(self._calls, key=lambda call: call.index))

    def _call_for(self, fragment: Mapping[str, Any]) -> _ToolCall:
        index = loose.as_index(fragment.get("index"))
        id_ = loose.as_name(fragment.get("id"))
        name = loose.as_name(_function_of(fragment).get("name"))
        if index is not None:
            known = self._by_index.get(index)
            is_other = known is not None and bool(id_ and name and known.id and id_ != known.id)
            return self._new(index) if known is None or is_other else known
        if id_ and (same := next((call for call in self._calls if call.id == id_), None)):
            return same
        return self._new(len(self._calls)) if id_ or name or not self._calls else self._calls[-1]

    def _new(self, index: int) -> _ToolCall:
        call = self._by_index[index] = _ToolCall(index, "function")
        self._calls.append(call)
        return call


class _ToolCall:
    """One call, growing. `index` is only for order."""

    def __init__(self, index: int, kind: str) -> None:
        self.index = index
        self.id: str | None = None
        self._kind = kind
        self._name = ""
        self._arguments: list[str] = []

    def take(self, fragment: Mapping[str, Any]) -> bool:
        self.id = self.id or loose.as_name(fragment.get("id"))
        if fragment.get("type") == "custom" or "custom" in fragment:
            self._kind = "custom"
        function = _function_of(fragment)
        name = loose.as_name(function.get("name"))
        if name and name != self._name:  # some repeat it with every fragment
            self._name += name
        return self._take_arguments(function.get("input" if self._kind == "custom" else "arguments"))

    def _take_arguments(self, arguments: object) -> bool:
        text = arguments if isinstance(arguments, str) or arguments is None else loose.dump(arguments)
        return _append(self._arguments, text)

    def finish(self) -> ToolCall:
        name, arguments = loose.sound(self._name), loose.sound("".join(self._arguments))
        return ToolCall(name=name, arguments=arguments, id=self.id, kind=self._kind)


def _function_of(fragment: Mapping[str, Any]) -> Mapping[str, Any]:
    return loose.as_mapping(fragment.get("function") or fragment.get("custom"))


def _append(parts: list[str], text: str | None) -> bool:
    """Append `text` where there is one; True when it says something."""
    if text is not None:
        parts.append(text)
    return bool(text)


def _joined(parts: list[str]) -> str | None:
    """The parts as one text; None when there was none, which is not the same as an empty one."""
    return loose.sound("".join(parts)) if parts else None
