"""How an answer ends: cut at a bound of tokens, or with nothing said."""

from __future__ import annotations

from shadowbench.metrics.base import Absent, Value, metric
from shadowbench.metrics.view import Side
from shadowbench.scores import Direction, Shape

# In lower case. OpenAI chat and completions, Ollama; Anthropic, Bedrock, Gemini, Cohere; Responses; Anthropic, when the
# context is full; Mistral, when it is.
_CUT = frozenset(
    {"length", "max_tokens", "max_output_tokens", "model_context_window_exceeded", "model_length", "max_length"}
)


@metric(version="1", shape=Shape.SIDES, direction=Direction.LOWER, low=0, high=1)
def truncation(side: Side) -> Value:
    """Whether the answer was cut because it may not have more tokens. An answer that the transport cut is a fault instead."""
    reason = side.first.finish_reason
    return Absent("no_finish_reason") if reason is None else reason.lower() in _CUT


@metric(version="1", shape=Shape.SIDES, direction=Direction.LOWER, low=0, high=1)
def empty(side: Side) -> Value:
    """Whether the answer says nothing: no text but white space, no tool call, no refusal."""
    if side.answer is not None and side.answer.embeddings is not None:
        return Absent("embeddings")
    first = side.first
    return not (first.tool_calls or first.refusal or (first.text and not first.text.isspace()))
