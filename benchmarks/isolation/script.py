"""What is asked, when, and what production answers to it, byte for byte. Pure: both ends compute the same.

A request's number stands in its prompt as `#000123 `, for headers do not reach candidates. Sizes are those of ordinary chats:
4 KiB of prompt, 1 KiB of answer, or eight tokens of a stream.
"""

from __future__ import annotations

import random
import re
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

CHAT = b"/v1/chat/completions"
STREAMED_SHARE = 0.2
AT_ONCE_SHARE = 0.4
TOKENS = 8
BIG_BYTES = 20_000_000
_NUMBER = re.compile(rb"#(\d{6,}) ")
_WORDS = [
    "one",
    "may",
    "ask",
    "what",
    "a",
    "model",
    "would",
    "say",
    "to",
    "all",
    "of",
    "this",
    "and",
    "whether",
    "another",
    "one",
    "would",
    "say",
    "it",
    "just",
    "as",
    "well",
]


class Kind(StrEnum):
    """What is asked for; the request's model says it."""

    WHOLE = "whole"
    AT_ONCE = "at-once"  # a whole answer, too, and nobody thinks about it
    STREAM = "stream"
    BIG_ANSWER = "big-answer"
    ENDLESS = "endless"


@dataclass(frozen=True, slots=True, kw_only=True)
class Ask:
    """One request: when it is meant to leave, in ns since the window began."""

    number: int
    kind: Kind
    at_ns: int


def _text(size: int) -> bytes:
    chance = random.Random(size)
    words: list[str] = []
    while sum(map(len, words)) + len(words) < size:
        words.append(chance.choice(_WORDS))
    return " ".join(words).encode()


_PROMPT = _text(4096)
_SAID = _text(1024)
_WHOLE = (
    b'{"id":"chatcmpl-%06d","object":"chat.completion","created":1700000000,"model":"m","choices":[{"index":0,'
    b'"message":{"role":"assistant","content":"%b"},"finish_reason":"stop"}],'
    b'"usage":{"prompt_tokens":900,"completion_tokens":200,"total_tokens":1100}}'
)
_EVENT = (
    b'data: {"id":"chatcmpl-%06d","object":"chat.completion.chunk","created":1700000000,"model":"m",'
    b'"choices":[{"index":0,"delta":{"content":" token %d"},"finish_reason":null}]}\n\n'
)
_DONE = b"data: [DONE]\n\n"


def schedule(*, seed: int, first: int, rate: float, seconds: float) -> Iterator[Ask]:
    """Arrivals as a Poisson process, numbered from `first`. One seed gives both arms the same load."""
    chance = random.Random(seed)
    at_s, number = chance.expovariate(rate), first
    while at_s < seconds:
        yield Ask(number=number, kind=_kind(chance.random()), at_ns=int(at_s * 1e9))
        at_s += chance.expovariate(rate)
        number += 1


def _kind(drawn: float) -> Kind:
    if drawn < STREAMED_SHARE:
        return Kind.STREAM
    return Kind.AT_ONCE if drawn < STREAMED_SHARE + AT_ONCE_SHARE else Kind.WHOLE


def request(number: int, kind: Kind, *, prompt: bytes = _PROMPT) -> bytes:
    """The request's bytes. Another `prompt` makes a larger one."""
    streamed = b"true" if kind in (Kind.STREAM, Kind.ENDLESS) else b"false"
    asked = b'"model":"%b","stream":%b,"messages":[{"role":"user","content":"#%06d %b"}]'
    body = b"{" + asked % (kind.encode(), streamed, number, prompt) + b"}"
    head = b"POST %b HTTP/1.1\r\nHost: gateway\r\nContent-Type: application/json\r\nAuthorization: Bearer k\r\n" % CHAT
    return head + b"Content-Length: %d\r\n\r\n" % len(body) + body


def asked(body: bytes) -> tuple[int, Kind]:
    """Number and kind of a request's body, as far as it came. Raises ValueError."""
    found = _NUMBER.search(body, 0, 4096)
    if found is None:
        raise ValueError(f"no request of this load: {body[:100]!r}")
    model = body.partition(b'"model":"')[2].partition(b'"')[0].decode()
    return int(found[1]), Kind(model)


def whole(number: int) -> bytes:
    """The body of a whole answer."""
    return _WHOLE % (number, _SAID)


def big(number: int) -> bytes:
    """The same with 20 MB in it."""
    return _WHOLE % (number, b"x" * BIG_BYTES)


def event(number: int, token: int) -> bytes:
    """One event of a stream."""
    return _EVENT % (number, token)


def stream(number: int) -> bytes:
    """The body of a whole stream."""
    return b"".join(event(number, token) for token in range(TOKENS)) + _DONE


def expected(number: int, kind: Kind) -> bytes:
    """The body that a client must get. Endless ones have none. Raises ValueError."""
    if kind == Kind.ENDLESS:
        raise ValueError("an endless stream has no whole body")
    return {Kind.WHOLE: whole, Kind.AT_ONCE: whole, Kind.STREAM: stream, Kind.BIG_ANSWER: big}[kind](number)
