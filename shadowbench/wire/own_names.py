"""Where a dialect has the settings that others have at the top of a request, and what is no setting at all. Pure data.

Ollama ignores a member that it does not know, Gemini refuses the request: a `temperature` in the wrong place would change
nothing, or everything. Sources: Ollama `docs/api.md` and `api/types.go` (Options); Gemini's API reference (GenerationConfig).
"""

from __future__ import annotations

from collections.abc import Mapping

from shadowbench.records import Dialect

# OpenAI's and Anthropic's names first, then the dialect's own, which stand in the same place.
_OLLAMA = {
    "max_tokens": "options.num_predict",
    "max_completion_tokens": "options.num_predict",
    "max_output_tokens": "options.num_predict",
    "stop_sequences": "options.stop",
    "response_format": "format",
    "reasoning_effort": "think",
} | {
    name: f"options.{name}"
    for name in (
        "temperature", "top_p", "top_k", "min_p", "seed", "stop", "frequency_penalty", "presence_penalty", "repeat_penalty",
        "repeat_last_n", "num_predict", "num_ctx",
    )
}  # fmt: skip
_GEMINI = {
    "top_p": "generationConfig.topP",
    "top_k": "generationConfig.topK",
    "max_tokens": "generationConfig.maxOutputTokens",
    "max_completion_tokens": "generationConfig.maxOutputTokens",
    "max_output_tokens": "generationConfig.maxOutputTokens",
    "stop": "generationConfig.stopSequences",
    "stop_sequences": "generationConfig.stopSequences",
    "frequency_penalty": "generationConfig.frequencyPenalty",
    "presence_penalty": "generationConfig.presencePenalty",
    "n": "generationConfig.candidateCount",
    "response_format": "generationConfig.responseMimeType",
    "reasoning_effort": "generationConfig.thinkingConfig",
} | {
    name: f"generationConfig.{name}"
    for name in (
        "temperature", "topP", "topK", "seed", "maxOutputTokens", "stopSequences", "frequencyPenalty", "presencePenalty",
        "candidateCount", "responseMimeType", "responseSchema", "thinkingConfig",
    )
}  # fmt: skip
_ELSEWHERE: Mapping[Dialect, tuple[str, Mapping[str, str]]] = {
    Dialect.OLLAMA_CHAT: ("Ollama", _OLLAMA),
    Dialect.OLLAMA_GENERATE: ("Ollama", _OLLAMA),
    Dialect.GEMINI: ("Gemini", _GEMINI),
}
_QUESTION = frozenset({"messages", "input", "contents", "prompt"})


def objection_to(path: str, dialect: Dialect | None) -> str | None:
    """Why a configuration must not set, clamp or move a member to this dotted path; None where it may.

    `dialect` is the one that the endpoint is known to speak; None: the one of whoever calls.
    """
    top = path.partition(".")[0]
    if top == "model":
        return "is set by the candidate's key `model`"
    if top in _QUESTION:
        return "is the question itself: candidates are asked what the client asked (`system_prompt` changes the system prompt)"
    who, names = _ELSEWHERE.get(dialect, ("", {})) if dialect is not None else ("", {})
    own = names.get(path)
    return f"{who} has it at {own}" if own is not None else None
