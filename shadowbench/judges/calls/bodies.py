"""Requests in each dialect: headers, and the body that asks a question. Pure.

Members are as in OpenAI's "Create chat completion" and "Create embeddings" and Anthropic's "Create a Message". The schema keeps
the order of its properties: models write them in that order, and a verdict is to come after its reasons.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import urlsplit

import orjson

from shadowbench import __version__
from shadowbench.judges.base import Question
from shadowbench.judges.calls.accepted import Accepted, Form
from shadowbench.judges.options import EndpointOptions

ANTHROPIC_VERSION = "2023-06-01"
_AZURE = (".openai.azure.com", ".cognitiveservices.azure.com")
_LIMITS = ("max_tokens", "max_completion_tokens")
_ASKED = "it says what is judged"
_FORM = "it says in which form the verdict comes; structured: false asks for none"
_LIMIT = "set max_output_tokens, which budgets reserve"
# What a question is made of, or what stands in a key of its own, by the dialect; and why, or where, instead.
_OURS: Mapping[str, Mapping[str, str]] = {
    "openai.chat": {
        "messages": _ASKED,
        "response_format": _FORM,
        "max_tokens": _LIMIT,
        "max_completion_tokens": _LIMIT,
        "temperature": "set temperature",
        "seed": "set seed",
    },
    "anthropic.messages": {
        "messages": _ASKED,
        "system": _ASKED,
        "tools": _FORM,
        "tool_choice": _FORM,
        "max_tokens": _LIMIT,
        "temperature": "set temperature",
    },
    "openai.embeddings": {"input": "it says whose vectors are wanted"},
}
_OURS_EVERYWHERE = {"model": "set model", "stream": "answers are read as a whole"}
VERDICT = "verdict"  # of the schema, or the tool


def headers_of(options: EndpointOptions, key: str | None) -> dict[str, str]:
    """The headers, with the key in the dialect's own place; configured ones win."""
    ours = {
        "content-type": "application/json",
        "accept": "application/json",
        "user-agent": f"shadowbench/{__version__}",
    }
    if options.dialect == "anthropic.messages":
        ours["anthropic-version"] = ANTHROPIC_VERSION
        if key is not None:
            ours["x-api-key"] = key
    elif key is not None:
        is_azure = (urlsplit(options.url).hostname or "").endswith(_AZURE)
        ours |= {"api-key": key} if is_azure else {"authorization": f"Bearer {key}"}
    return ours | {name.lower(): value for name, value in options.headers.items()}


def body_of(options: EndpointOptions, question: Question, accepted: Accepted) -> bytes:
    """The request that asks `question`. Configured parameters win over what is made here."""
    make = _anthropic if options.dialect == "anthropic.messages" else _openai
    return orjson.dumps({**make(options, question, accepted), **options.parameters}, default=dict)


def objection_to_parameters(dialect: str, parameters: Mapping[str, Any]) -> str | None:
    """The first of the parameters that would undo what is made here, and what to do; None: all may stay."""
    ours = {**_OURS_EVERYWHERE, **_OURS[dialect]}
    taken = next((name for name in parameters if name in ours), None)
    return None if taken is None else f"{taken}: is not to be set here: {ours[taken]}"


def most_outputs(options: EndpointOptions) -> int:
    """Tokens that all answers to a request may have: configured parameters may allow more than `max_output_tokens`."""
    told = [options.parameters.get(name) for name in _LIMITS]
    each = max([options.max_output_tokens, *(limit for limit in told if isinstance(limit, int))])
    count = options.parameters.get("n")
    return each * (count if isinstance(count, int) and count > 1 else 1)


def embeddings_body(options: EndpointOptions, texts: Sequence[str]) -> bytes:
    """The request for vectors of `texts`, in their order."""
    return orjson.dumps({"model": options.model, "input": list(texts), **options.parameters}, default=dict)


def _openai(options: EndpointOptions, question: Question, accepted: Accepted) -> dict[str, Any]:
    body: dict[str, Any] = {
        "model": options.model,
        "messages": [
            {"role": "system", "content": question.system},
            {"role": "user", "content": question.user},
        ],
        accepted.limit: options.max_output_tokens,
        **_sampling(options, accepted),
    }
    if accepted.seed and options.seed is not None:
        body["seed"] = options.seed + question.repetition  # a repeat that draws the same numbers would measure nothing
    if accepted.form is Form.SCHEMA:
        body["response_format"] = {
            "type": "json_schema",
            "json_schema": {"name": VERDICT, "strict": True, "schema": question.schema},
        }
    elif accepted.form is Form.OBJECT:
        body["response_format"] = {"type": "json_object"}
    return body


def _anthropic(options: EndpointOptions, question: Question, accepted: Accepted) -> dict[str, Any]:
    body: dict[str, Any] = {
        "model": options.model,
        "system": question.system,
        "messages": [{"role": "user", "content": question.user}],
        "max_tokens": options.max_output_tokens,
        **_sampling(options, accepted),
    }
    if accepted.form is Form.TOOL:
        body["tools"] = [_tool(question.schema)]
        body["tool_choice"] = {"type": "tool", "name": VERDICT}
    elif accepted.form is Form.SCHEMA:
        body["output_config"] = {"format": {"type": "json_schema", "schema": question.schema}}
    return body


def _tool(schema: Mapping[str, Any]) -> dict[str, Any]:
    return {"name": VERDICT, "description": "Gives the verdict.", "input_schema": schema}


def _sampling(options: EndpointOptions, accepted: Accepted) -> dict[str, Any]:
    sends = accepted.temperature and options.temperature is not None
    return {"temperature": options.temperature} if sends else {}
