"""Replies that need not be asked for again: the key of a question, and how its reply is kept. Pure.

The key is over everything that the reply depends on. The nonce of the delimiters is not: it is there to be another one each
time. The repetition is: a repeat that is answered from memory would measure nothing.
"""

from __future__ import annotations

import hashlib
from typing import Any

import orjson

from shadowbench.judges.base import Question, Reply
from shadowbench.judges.calls.addresses import address_of
from shadowbench.judges.options import EndpointOptions

ADAPTER_VERSION = 1  # raise it when the same question would be sent in another form
_NONCE = "nonce"


def key_of(options: EndpointOptions, question: Question) -> bytes:
    """SHA-256 over the canonical JSON of the question and of whom it is put to."""
    return _hash(
        {
            **_asked(options),
            "system": _without_nonce(question.system, question.nonce),
            "user": _without_nonce(question.user, question.nonce),
            # As text: the order of properties is the order that a model writes them in, and canonical JSON has its own.
            "schema": _text(question.schema),
            "repetition": question.repetition,
        }
    )


def embedding_key(options: EndpointOptions, text: str) -> bytes:
    """SHA-256 over a text and the model that makes its vector."""
    return _hash({**_maker(options), "input": text})


def pack(reply: Reply) -> bytes:
    """A reply as it is kept."""
    return orjson.dumps({"text": reply.text, "model": reply.model, "structured": reply.structured})


def unpack(kept: bytes) -> Reply | None:
    """A kept reply; None when it cannot be read, which is as good as none."""
    try:
        told = orjson.loads(kept)
        return Reply(text=str(told["text"]), model=told["model"], structured=bool(told["structured"]), cached=True)
    except (ValueError, TypeError, KeyError):
        return None


def _maker(options: EndpointOptions) -> dict[str, Any]:
    return {
        "adapter": ADAPTER_VERSION,
        "dialect": options.dialect,
        "address": address_of(options.url, options.dialect),
        "model": options.model,
        "parameters": options.parameters,
    }


def _asked(options: EndpointOptions) -> dict[str, Any]:
    return {
        **_maker(options),
        "temperature": options.temperature,
        "seed": options.seed,
        "max_output_tokens": options.max_output_tokens,
        "structured": options.structured,
    }


def _without_nonce(text: str, nonce: str) -> str:
    return text.replace(nonce, _NONCE) if nonce else text


def _text(value: Any) -> str:
    return orjson.dumps(value, default=dict).decode()


def _hash(value: Any) -> bytes:
    return hashlib.sha256(orjson.dumps(value, default=dict, option=orjson.OPT_SORT_KEYS)).digest()
