"""The words that our readers know, and JSON made of them: bytes by chance are hardly ever JSON, let alone a request. Pure."""

from __future__ import annotations

import ast
import bisect
import json
import re
import zlib
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Any

import shadowbench.wire
from tests.fuzz.samples import ANSWERS, REQUESTS

_WORD = re.compile(r"[A-Za-z_.\[\]/:-]{1,32}")
_ODD: tuple[Any, ...] = (
    *(0, 1, -1, 2**31, 2**63, 10**400, 0.5, 12.0, -0.0, 1e308, True, False, None, "", "a", "é", "\ud83d", "\ude00", "\0"),
    *("x" * 300, '{"a":1}', "{", "2024-01-01", "data:image/png;base64,AA=="),
)  # fmt: skip
_MAX_DEPTH = 6
_MAX_VALUES = 200


@cache
def known() -> tuple[list[int], list[str]]:
    """All short texts in the sources of `wire`, each under a hash: so that a kept input means the same when words are added."""
    texts = set()
    for file in sorted(Path(shadowbench.wire.__file__).parent.rglob("*.py")):
        for node in ast.walk(ast.parse(file.read_text())):
            if isinstance(node, ast.Constant) and isinstance(node.value, str) and _WORD.fullmatch(node.value):
                texts.add(node.value)
    placed = sorted((zlib.crc32(text.encode()) & 0xFFFF, text) for text in texts)
    return [place for place, _ in placed], [text for _, text in placed]


def word(place: int) -> str:
    """The word whose hash is next to `place` (16 bits)."""
    places, texts = known()
    return texts[bisect.bisect_left(places, place) % len(texts)]


class Maker:
    """A JSON value that bytes choose."""

    def __init__(self, choices: bytes) -> None:
        self._choices = choices
        self._at = 0
        self._values = 0

    def value(self, depth: int = 0) -> Any:
        """Objects are likely above, plain values below."""
        self._values += 1
        kind = self._byte()
        if depth >= _MAX_DEPTH or self._values > _MAX_VALUES or kind >= 176:
            return self._scalar(kind)
        if kind < 112:
            return {self._word(): self.value(depth + 1) for _ in range(self._byte() % 8)}
        return [self.value(depth + 1) for _ in range(self._byte() % 5)]

    def spoiled(self, value: Any, depth: int = 0) -> Any:
        """`value` with a member or an element of it changed, taken out, doubled or added."""
        if not isinstance(value, dict | list) or not value or (depth and self._byte() % 4 == 0):
            return self.value(_MAX_DEPTH - 2)
        keys: list[Any] = list(value) if isinstance(value, dict) else list(range(len(value)))
        key, deed = keys[self._byte() % len(keys)], self._byte() % 8
        if isinstance(value, list):
            middle = ([], [value[key], value[key]])[deed] if deed < 2 else [self.spoiled(value[key], depth + 1)]
            return [*value[:key], *middle, *value[key + 1 :]]
        if deed == 0:
            return {name: kept for name, kept in value.items() if name != key}
        if deed == 1:
            return value | {self._word(): self.value(_MAX_DEPTH - 2)}
        return value | {key: self.spoiled(value[key], depth + 1)}

    def sample(self, samples: Sequence[Any]) -> Any:
        """One of them, spoiled up to three times."""
        value = samples[self._byte() % len(samples)]
        for _ in range(self._byte() % 4):
            value = self.spoiled(value)
        return value

    def _scalar(self, kind: int) -> Any:
        return self._word() if kind % 2 else _ODD[self._byte() % len(_ODD)]

    def number(self, below: int) -> int:
        """From 0 to `below` - 1."""
        return self._byte() % below

    def _word(self) -> str:
        return word(self._byte() << 8 | self._byte())

    def _byte(self) -> int:
        if self._at >= len(self._choices):
            return 0xFF
        self._at += 1
        return self._choices[self._at - 1]


def body(choices: bytes, samples: Sequence[Any] = REQUESTS + ANSWERS) -> bytes:
    """The bytes behind the first as they are when that is even; else JSON: made up, or a sample that was spoiled."""
    maker = _maker(choices)
    return choices[1:] if maker is None else json.dumps(_made(maker, choices[0], samples)).encode()


def events(choices: bytes) -> bytes:
    """Likewise, but a stream of server-sent events."""
    maker = _maker(choices)
    if maker is None:
        return choices[1:]
    mark = b"\n" if choices[0] % 8 < 4 else b"\r\n"
    pieces = []
    for _ in range(1 + maker.number(12)):
        value = _made(maker, choices[0], ANSWERS)
        name = str(value["type"]).encode("ascii", "replace") if isinstance(value, dict) and "type" in value else b""
        field = b"event: " + name.replace(b"\n", b"") + mark if name and maker.number(3) else b""
        pieces.append(field + b"data: " + json.dumps(value).encode() + mark + mark)
    return b"".join(pieces) + (b"data: [DONE]" + mark + mark if choices[0] % 16 < 8 else b"")


def lines(choices: bytes) -> bytes:
    """Likewise, but JSON lines."""
    maker = _maker(choices)
    if maker is None:
        return choices[1:]
    return b"".join(json.dumps(_made(maker, choices[0], ANSWERS)).encode() + b"\n" for _ in range(1 + maker.number(8)))


def _maker(choices: bytes) -> Maker | None:
    return Maker(choices[1:]) if choices and choices[0] % 2 else None


def _made(maker: Maker, kind: int, samples: Sequence[Any]) -> Any:
    return maker.sample(samples) if kind % 4 == 3 else maker.value()
