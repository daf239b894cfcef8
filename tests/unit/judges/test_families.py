from __future__ import annotations

import pytest

from shadowbench.judges.families import NAMES, families_of, family_of, shared


@pytest.mark.parametrize(
    ("model", "family"),
    [
        ("gpt-4o-2024-08-06", "openai"),
        ("openai/gpt-oss-120b", "openai"),
        ("o3-mini", "openai"),
        ("chatgpt-4o-latest", "openai"),
        ("claude-sonnet-4-20250514", "anthropic"),
        ("us.anthropic.claude-3-5-haiku-20241022-v1:0", "anthropic"),
        ("gemini-2.5-pro", "google"),
        ("models/gemma-3-27b-it", "google"),
        ("meta-llama/Llama-3.3-70B-Instruct", "meta"),
        ("groq/llama-3.1-8b-instant", "meta"),
        ("mistral-large-2411", "mistral"),
        ("open-mixtral-8x7b", "mistral"),
        ("Qwen2.5-72B-Instruct", "qwen"),
        ("deepseek-r1-distill-qwen-32b", "deepseek"),
        ("grok-4", "xai"),
        ("command-r-plus", "cohere"),
        ("amazon.nova-pro-v1:0", "amazon"),
        ("phi-4", "microsoft"),
        ("kimi-k2", "moonshot"),
        ("glm-4.6", "zhipu"),
        ("SmolLM2-135M-Instruct.Q4_1.gguf", "huggingface"),
        ("yi-34b-chat", "01ai"),
        ("large-2025", None),
        ("philosopher-7b", None),
        ("yield-1", None),
        ("o-mini", None),
        ("", None),
        (None, None),
    ],
)
def test_a_family_is_told_by_the_name(model: str | None, family: str | None) -> None:
    assert family_of(model) == family


def test_names_without_a_family_are_of_none() -> None:
    assert families_of(["gpt-4o", None, "mine", "claude-3"]) == {"openai", "anthropic"}


def test_relatives_are_found_and_strangers_are_no_relatives() -> None:
    members = {"a": "openai", "b": None, "c": "meta", "d": "openai", "e": None}
    assert shared(members) == [("a", "d", "openai")]
    assert shared({"a": None, "b": None}) == []


def test_names_to_be_redacted_are_not_told_twice() -> None:
    assert len(set(NAMES)) == len(NAMES)
