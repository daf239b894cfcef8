"""The requests that are sent: chat completions whose prompt fills the body to a size."""

from __future__ import annotations

import os

HEADERS = "BENCHMARK_HEADERS"
PATH = "/v1/chat/completions"
SMALL, PROMPT, LARGE = 300, 8 * 1024, 256 * 1024
_START = '{"model":"m","temperature":0,"messages":[{"role":"user","content":"'
_END = '"}]}'
_WORDS = "What is the capital of France, and why? Answer with one sentence, please. "


def chat_body(size: int) -> bytes:
    """Exactly `size` bytes of JSON. Raises ValueError where that is too few."""
    room = size - len(_START) - len(_END)
    if room < 1:
        raise ValueError(f"a chat completion does not fit into {size} bytes")
    return (_START + (_WORDS * (room // len(_WORDS) + 1))[:room] + _END).encode()


def chat_request(size: int) -> bytes:
    """The same as an HTTP/1.1 request, head and body."""
    return request(chat_body(size))


def request(body: bytes) -> bytes:
    """A POST of `body`; with the further header lines of BENCHMARK_HEADERS, which some gateways need."""
    head = (
        f"POST {PATH} HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n"
        f"Authorization: Bearer benchmark\r\nContent-Length: {len(body)}\r\n"
    )
    further = "".join(f"{name}: {value}\r\n" for name, value in further_headers().items())
    return f"{head}{further}\r\n".encode() + body


def further_headers() -> dict[str, str]:
    """From the environment: name=value, separated by spaces."""
    return dict(pair.split("=", 1) for pair in os.environ.get(HEADERS, "").split())


def size_name(size: int) -> str:
    """300 B, 8 KB, 256 KB."""
    return f"{size} B" if size < 1024 else f"{size // 1024} KB"
