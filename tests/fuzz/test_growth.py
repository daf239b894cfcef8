"""Four times the input is about four times the work, counted in lines of ours: nothing hangs on what is long or deep."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from types import FrameType
from typing import Any

import pytest

import shadowbench
from tests.fuzz.script import write
from tests.fuzz.targets import TARGETS

_OURS = str(Path(shadowbench.__file__).parent)
_BYTES = b"\0" * 30  # thirty pieces of one byte, then the rest at once

_HEAD = b"POST /a HTTP/1.1\r\nHost: x\r\n"
_OK = b"HTTP/1.1 200 OK\r\n"
_CHAT = b'{"model":"m","messages":[%b{"role":"user","content":"x"}]}'
_PARTS = b'{"model":"m","messages":[{"role":"user","content":[%b{"type":"text","text":"x"}]}]}'

# What is repeated, and what stands around it; `%b` is its place.
SHAPES: dict[str, tuple[str, bytes, bytes, bytes]] = {
    "header lines": ("http1_server", b"", _HEAD + b"%b\r\n", b"X-A: b\r\n"),
    "a value": ("http1_server", b"", _HEAD + b"X-A: %b\r\n\r\n", b"abcdefgh"),
    "chunks": ("http1_server", b"", _HEAD + b"Transfer-Encoding: chunked\r\n\r\n%b0\r\n\r\n", b"1\r\na\r\n"),
    "an extension": (
        "http1_server",
        b"",
        _HEAD + b"Transfer-Encoding: chunked\r\n\r\n1;%b\r\na\r\n0\r\n\r\n",
        b"abc=def;",
    ),
    "requests": ("http1_server", b"", b"%b", b"GET / HTTP/1.1\r\nHost: x\r\n\r\n"),
    "options": ("http1_server", b"", _HEAD + b"Connection: %bx\r\n\r\n", b"abc, "),
    "response lines": ("http1_client", b"\0\0\0", _OK + b"%bContent-Length: 0\r\n\r\n", b"X-A: b\r\n"),
    "response chunks": (
        "http1_client",
        b"\0\0\0",
        _OK + b"Transfer-Encoding: chunked\r\n\r\n%b0\r\n\r\n",
        b"1\r\na\r\n",
    ),
    "interim responses": (
        "http1_client",
        b"\0\0\0",
        b"%b" + _OK + b"Content-Length: 0\r\n\r\n",
        b"HTTP/1.1 103 E\r\n\r\n",
    ),
    "frames": ("handoff", b"", b"%b", b"\1\0\0\0\3\0\0\0\1\0\0\0\0\0\0\0x"),
    "events": ("wire_events", b"\0\1", b"%b", b"data: x\n\n"),
    "lines of an event": ("wire_events", b"\0\1", b"%b\n", b"data: x\n"),
    "blank lines": ("wire_events", b"\0\1", b"%b", b"\r\n"),
    "JSON lines": ("wire_events", b"\1\1", b"%b", b'{"a":1}\n'),
    "elements": ("wire_events", b"\2\1", b"[%b]", b'{"a":"]"},'),
    "depth": ("wire_events", b"\2\1", b"[%b", b"["),
    "quotes": ("wire_events", b"\2\1", b'["%b', b'\\"'),
    "choices": ("wire_answers", b"\0" * 7, b'\0{"choices":[%b{}]}', b'{"index":1,"message":{"content":"x"}},'),
    "messages": ("wire_facts", b"\0", b"\0" + _CHAT, b'{"role":"user","content":"x"},'),
    "parts": ("wire_facts", b"\0", b"\0" + _PARTS, b'{"type":"image_url","image_url":{"url":"x"}},'),
    "members": ("wire_patches", b"\1\1", b'\0{%b"z":1}', b'"a":1,'),
    "nesting": ("wire_patches", b"\1\1", b'\0{"a":%b', b'{"a":'),
    "strings": ("wire_patches", b"\1\1", b'\0{"a":"%b"}', b'\\"{['),
    "translated messages": ("wire_translations", b"\0", b"\0" + _CHAT, b'{"role":"user","content":"x"},'),
    "translated parts": ("wire_translations", b"\0", b"\0" + _PARTS, b'{"type":"text","text":"x"},'),
}


@pytest.mark.parametrize("shape", SHAPES)
def test_four_times_the_input_is_four_times_the_work(shape: str) -> None:
    target, script, around, unit = SHAPES[shape]
    few, many = (_steps(TARGETS[target], _input(script, around, unit * times)) for times in (100, 400))
    assert many < 6 * few + 1000, f"{few} lines, then {many}"


def _input(script: bytes, around: bytes, repeated: bytes) -> bytes:
    return write((script + _BYTES)[:31], around.replace(b"%b", repeated))


def _steps(target: Callable[[bytes], None], data: bytes) -> int:
    count = 0

    def on_call(frame: FrameType, event: str, _: Any) -> Any:
        return on_line if frame.f_code.co_filename.startswith(_OURS) else None

    def on_line(frame: FrameType, event: str, _: Any) -> Any:
        nonlocal count
        count += 1
        return on_line

    before = sys.gettrace()
    sys.settrace(on_call)
    try:
        target(data)
    finally:
        sys.settrace(before)
    return count
