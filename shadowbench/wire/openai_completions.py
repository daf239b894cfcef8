"""OpenAI text completions, the older API, read to neutral nouns. Pure.

Chunks and whole answers have one shape: each choice has some `text`. With several prompts there are `n` choices for each of
them, numbered through. Usage comes as in chat.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from shadowbench.records import Answer, Choice
from shadowbench.wire import loose_json as loose
from shadowbench.wire.base import Parsed
from shadowbench.wire.openai_chunks import ChunkReader, parse_whole, take_all


def parse_body(body: bytes) -> Parsed:
    """Read a whole answer."""
    return parse_whole(body, lambda choices: take_all(_Choices(), choices))


class StreamReader(ChunkReader):
    """Reads a streamed answer."""

    def __init__(self) -> None:
        super().__init__(_Choices())


class _Choices:
    """The alternatives of an answer, by index."""

    def __init__(self) -> None:
        self._texts: dict[int, list[str]] = {}
        self._finish_reasons: dict[int, str] = {}

    def take(self, choice: Mapping[str, Any], position: int) -> bool:
        index = loose.as_index(choice.get("index"))
        index = position if index is None else index
        texts = self._texts.setdefault(index, [])
        if reason := loose.as_name(choice.get("finish_reason")):
            self._finish_reasons[index] = reason
        text = choice.get("text")
        if isinstance(text, str):
            texts.append(text)
        return isinstance(text, str) and text != ""

    def finish(self) -> Answer:
        return Answer(choices=tuple(map(self._choice, sorted(self._texts))))

    def _choice(self, index: int) -> Choice:
        texts = self._texts[index]
        text = loose.sound("".join(texts)) if texts else None
        return Choice(index=index, text=text, finish_reason=self._finish_reasons.get(index))
