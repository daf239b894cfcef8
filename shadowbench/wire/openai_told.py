"""What OpenAI's chat and text completions, or each chunk of them, tell beside their choices. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from shadowbench.making import maker_of
from shadowbench.records import NO_USAGE, Answer, Usage, UsageSource
from shadowbench.wire import loose_json as loose
from shadowbench.wire.base import Parsed, ProviderError

_parsed, _usage = maker_of(Parsed), maker_of(Usage)
_TOTALS = frozenset({"prompt_tokens", "completion_tokens", "total_tokens"})


class Told:
    """What an answer, or each chunk of one, tells beside its choices."""

    def __init__(self) -> None:
        self._usage: dict[str, int] = {}
        self._model: str | None = None
        self._fingerprint: str | None = None
        self._id: str | None = None

    def take(self, chunk: Mapping[str, Any]) -> None:
        # Azure opens with a chunk of prompt filter results whose id and model are "".
        if self._model is None:
            self._model = loose.as_name(chunk.get("model"))
        if self._id is None:
            self._id = loose.as_name(chunk.get("id"))
        self._fingerprint = loose.as_name(chunk.get("system_fingerprint")) or self._fingerprint
        if chunk.get("usage") is not None or "x_groq" in chunk:
            self._usage.update(counts_of(chunk))

    def parsed(
        self, answer: Answer | None, *, error: ProviderError | None, ended: bool, malformed: str | None
    ) -> Parsed:
        usage = _usage(source=UsageSource.REPORTED, **self._usage) if self._usage else NO_USAGE
        return _parsed(
            answer=answer,
            usage=usage,
            reported_model=self._model,
            fingerprint=self._fingerprint,
            response_id=self._id,
            error=error,
            ended=ended,
            malformed=malformed,
        )


def parsed_whole(completion: Mapping[str, Any], answer: Answer) -> Parsed:
    """What a whole answer tells, which ends by nature."""
    counts = counts_of(completion)
    return _parsed(
        answer=answer,
        usage=_usage(source=UsageSource.REPORTED, **counts) if counts else NO_USAGE,
        reported_model=loose.as_name(completion.get("model")),
        fingerprint=loose.as_name(completion.get("system_fingerprint")),
        response_id=loose.as_name(completion.get("id")),
        ended=True,
    )


def counts_of(chunk: Mapping[str, Any]) -> dict[str, int]:
    """The counts that a chunk gives. Those of a later one replace those of an earlier one; nothing is added up."""
    usage = chunk.get("usage")
    if usage is None and "x_groq" in chunk:  # Groq's streams report here only, unless asked by `include_usage`
        usage = loose.as_mapping(chunk["x_groq"]).get("usage")
    if not isinstance(usage, dict):
        return {}
    told = [("input_tokens", usage.get("prompt_tokens")), ("output_tokens", usage.get("completion_tokens"))]
    if not usage.keys() <= _TOTALS:
        told += _details_of(usage)
    return {name: count for name, value in told if value is not None and (count := loose.as_count(value)) is not None}


def _details_of(usage: Mapping[str, Any]) -> Sequence[tuple[str, Any]]:
    """What `usage` says of some of the tokens.

    A later member of the same name goes before: the usual field's count, else that of the one that other servers have
    (DeepSeek, LiteLLM).
    """
    details_in = loose.as_mapping(usage.get("prompt_tokens_details"))
    details_out = loose.as_mapping(usage.get("completion_tokens_details"))
    return (
        ("cached_input_tokens", usage.get("prompt_cache_hit_tokens")),
        ("cached_input_tokens", details_in.get("cached_tokens")),
        ("cache_write_tokens", usage.get("cache_creation_input_tokens")),
        ("cache_write_tokens", details_in.get("cache_write_tokens")),
        ("reasoning_tokens", details_out.get("reasoning_tokens")),
    )
