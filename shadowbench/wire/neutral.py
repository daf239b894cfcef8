"""A request in no vendor's words: what one dialect's reader hands to another dialect's writer. Pure.

It holds what at least two dialects can say. What only one can say has no place here, and its reader refuses it: a request
is translated whole or not at all. None means that the client did not say, so that the vendor's default applies; what every
dialect does unasked (tools as the model likes, several calls at once) is None or False here even where it was spelled out.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

Schema = Mapping[str, Any]  # a JSON schema, as the client wrote it


@dataclass(frozen=True, slots=True, kw_only=True)
class Text:
    """Words of whoever speaks."""

    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Refused:
    """An earlier answer's refusal, where the dialect tells it from text."""

    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ImageLink:
    """A picture that the provider fetches."""

    url: str
    detail: str | None = None  # OpenAI's resolution; None is "auto"


@dataclass(frozen=True, slots=True, kw_only=True)
class ImageBytes:
    """A picture within the request."""

    media_type: str  # image/png
    base64: str
    detail: str | None = None


Image = ImageLink | ImageBytes


@dataclass(frozen=True, slots=True, kw_only=True)
class ToolCall:
    """A call that the model made. `arguments` is JSON text, as it was written."""

    id: str
    name: str
    arguments: str


@dataclass(frozen=True, slots=True, kw_only=True)
class System:
    """Instructions of the developer. Only OpenAI tells "developer" from "system"."""

    parts: tuple[Text, ...]
    role: Literal["system", "developer"] = "system"


@dataclass(frozen=True, slots=True, kw_only=True)
class User:
    """What the user said and showed."""

    parts: tuple[Text | Image, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Assistant:
    """What the model said before."""

    parts: tuple[Text | Refused | ToolCall, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ToolResult:
    """What a call brought. No parts: nothing, or an empty text."""

    call_id: str
    parts: tuple[Text | Image, ...]
    is_error: bool = False


Turn = System | User | Assistant | ToolResult


@dataclass(frozen=True, slots=True, kw_only=True)
class Tool:
    """A function that the client runs. `parameters` None: it takes none."""

    name: str
    description: str | None = None
    parameters: Schema | None = None
    strict: bool = False  # arguments are held to the schema


@dataclass(frozen=True, slots=True, kw_only=True)
class ToolChoice:
    """What the model has to do about tools, where it is not free."""

    mode: Literal["none", "required", "named"]
    name: str | None = None  # with `named`


@dataclass(frozen=True, slots=True, kw_only=True)
class JsonObject:
    """The answer has to be some JSON object."""


@dataclass(frozen=True, slots=True, kw_only=True)
class JsonSchema:
    """The answer has to follow a schema. `strict`: it is held to it; otherwise it is asked to."""

    schema: Schema
    strict: bool
    name: str | None = None  # OpenAI's label for the schema; a model may see it, the answer does not hold it
    description: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Sampling:
    """How tokens are chosen and when to stop."""

    max_output_tokens: int | None = None  # with reasoning tokens
    temperature: float | None = None
    top_p: float | None = None
    top_k: int | None = None
    seed: int | None = None
    stop: tuple[str, ...] = ()
    frequency_penalty: float | None = None
    presence_penalty: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Reasoning:
    """How much to think: an effort in OpenAI's words ("none" for not at all) or a budget in tokens, never both."""

    effort: str | None = None
    budget_tokens: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Conversation:
    """A request."""

    model: str
    stream: bool
    turns: tuple[Turn, ...]
    sampling: Sampling = Sampling()
    tools: tuple[Tool, ...] = ()
    tool_choice: ToolChoice | None = None
    one_call_at_most: bool = False  # per answer
    output: JsonObject | JsonSchema | None = None
    reasoning: Reasoning | None = None
    verbosity: str | None = None
