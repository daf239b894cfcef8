"""What an endpoint is known to accept of a request: learnt from its refusals, one member at a time. Pure.

A reply in a given form is asked for in the strictest way first. An endpoint that refuses it with a 400 that names the member
is asked in the next way from then on:

    openai.chat          response_format json_schema  →  json_object  →  nothing
    anthropic.messages   a tool that must be called   →  output_config.format  →  nothing

The tool comes first because servers that only resemble Anthropic's know tools, and pass over members they do not know. Where
the answer shows that it was passed over all the same (llama.cpp's), it only clutters the prompt, and is given up too.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum


class Form(StrEnum):
    """How the form of the reply is asked for."""

    SCHEMA = "schema"
    OBJECT = "object"  # any JSON object
    TOOL = "tool"
    PLAIN = "plain"  # only in words


@dataclass(frozen=True, slots=True, kw_only=True)
class Accepted:
    """What is sent. Each learnt refusal takes something out, so that it ends."""

    form: Form
    temperature: bool = True
    seed: bool = True
    limit: str = "max_tokens"  # the member that bounds the answer; newer models of OpenAI want max_completion_tokens


_LADDERS = {
    "openai.chat": (Form.SCHEMA, Form.OBJECT, Form.PLAIN),
    "anthropic.messages": (Form.TOOL, Form.SCHEMA, Form.PLAIN),
}
_FORM_WORDS = {
    "openai.chat": ("response_format", "json_schema", "json_object", "json mode", "structured output", "grammar"),
    "anthropic.messages": ("tool", "thinking may not", "output_config", "structured output"),
}
_REFUSING = (400, 422)  # Pydantic servers say 422
_NEWER_LIMIT = "max_completion_tokens"


def first_accepted(dialect: str, *, structured: bool) -> Accepted:
    """What is tried first."""
    return Accepted(form=_LADDERS[dialect][0] if structured and dialect in _LADDERS else Form.PLAIN)


def learnt(accepted: Accepted, dialect: str, *, status: int, said: str) -> Accepted | None:
    """What to send after a refusal with these words; None when it was refused for something else.

    The names of members are looked for, not sentences: each server has its own.
    """
    if status not in _REFUSING or dialect not in _LADDERS:
        return None
    words = said.lower()
    if _NEWER_LIMIT in words and accepted.limit != _NEWER_LIMIT and dialect == "openai.chat":
        return replace(accepted, limit=_NEWER_LIMIT)
    if accepted.temperature and "temperature" in words:
        return replace(accepted, temperature=False)
    if accepted.form is not Form.PLAIN and any(word in words for word in _FORM_WORDS[dialect]):
        return less_strict(accepted, dialect)
    if accepted.seed and "seed" in words and dialect == "openai.chat":
        return replace(accepted, seed=False)
    return None


def both(one: Accepted, other: Accepted, dialect: str) -> Accepted:
    """What neither of two has learnt to be refused."""
    ladder = _LADDERS.get(dialect, (Form.PLAIN,))
    return Accepted(
        form=max(one.form, other.form, key=ladder.index),
        temperature=one.temperature and other.temperature,
        seed=one.seed and other.seed,
        limit=_NEWER_LIMIT if _NEWER_LIMIT in (one.limit, other.limit) else one.limit,
    )


def less_strict(accepted: Accepted, dialect: str) -> Accepted:
    """The next way to ask for the form of the reply. Not for the last one."""
    ladder = _LADDERS[dialect]
    return replace(accepted, form=ladder[ladder.index(accepted.form) + 1])
