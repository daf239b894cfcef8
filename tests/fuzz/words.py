"""The words that our readers know, and JSON made of them: bytes by chance are hardly ever JSON, let alone a request. Pure."""

from __future__ import annotations

import ast
import bisect
import json
import re
import zlib
from functools import cache
from pathlib import Path
from typing import Any

import shadowbench.wire

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

    def _scalar(self, kind: int) -> Any:
        return self._word() if kind % 2 else _ODD[self._byte() % len(_ODD)]

    def _word(self) -> str:
        return word(self._byte() << 8 | self._byte())

    def _byte(self) -> int:
        if self._at >= len(self._choices):
            return 0xFF
        self._at += 1
        return self._choices[self._at - 1]


def body(choices: bytes) -> bytes:
    """JSON when the first byte is odd, else the rest as it is."""
    if not choices or choices[0] % 2 == 0:
        return choices[1:]
    return json.dumps(Maker(choices[1:]).value()).encode()


def events(choices: bytes) -> bytes:
    """A stream of server-sent events of JSON when the first byte is odd, else the rest as it is."""
    if not choices or choices[0] % 2 == 0:
        return choices[1:]
    maker = Maker(choices[1:])
    mark = b"\n" if choices[0] % 4 == 1 else b"\r\n"
    pieces = []
    for _ in range(1 + maker._byte() % 12):
        name = b"event: " + maker._word().encode() + mark if maker._byte() % 3 == 0 else b""
        pieces.append(name + b"data: " + json.dumps(maker.value(1)).encode() + mark + mark)
    return b"".join(pieces) + (b"data: [DONE]" + mark + mark if choices[0] % 8 < 4 else b"")


def lines(choices: bytes) -> bytes:
    """JSON lines, likewise."""
    if not choices or choices[0] % 2 == 0:
        return choices[1:]
    maker = Maker(choices[1:])
    return b"".join(json.dumps(maker.value()).encode() + b"\n" for _ in range(1 + maker._byte() % 8))
