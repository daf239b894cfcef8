"""Who made a model, by its name: judges favour their own kind, and panels want members of different ones. Pure.

Sources: the makers' own names of their models, as their APIs and Hugging Face list them. Fine-tuned models keep their base's
family, as far as the name tells it. `JudgeOptions.family` says it where the name does not.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from itertools import pairwise

# The first that fits counts: a distillate is called deepseek-r1-distill-qwen, and writes as the one that taught it.
_FAMILIES: Mapping[str, str] = {
    "deepseek": r"deepseek",
    "anthropic": r"claude|anthropic",
    "openai": r"gpt|chatgpt|davinci|codex|openai|o[1-9](?=$|[-_.:])|omni-moderation",
    "google": r"gemini|gemma|palm|bison|google|learnlm",
    "meta": r"llama|vicuna|alpaca|meta",
    "mistral": r"mistral|mixtral|ministral|magistral|devstral|codestral|pixtral|zephyr",
    "qwen": r"qwen|qwq|qvq",
    "xai": r"grok|xai",
    "cohere": r"command|cohere|aya",
    "amazon": r"nova|titan|amazon",
    "microsoft": r"phi|wizardlm|microsoft|orca",
    "nvidia": r"nemotron|nvidia",
    "moonshot": r"kimi|moonshot",
    "zhipu": r"glm|chatglm|zhipu|z-ai",
    "minimax": r"minimax|abab",
    "01ai": r"yi",
    "baidu": r"ernie|baidu",
    "bytedance": r"doubao|seed|bytedance",
    "ai21": r"jamba|jurassic|ai21",
    "ibm": r"granite|ibm",
    "allenai": r"olmo|tulu|allenai",
    "tii": r"falcon",
    "huggingface": r"smollm|smollm2|smollm3",
}
_PATTERNS = tuple(
    (family, re.compile(rf"(?:^|[^a-z])(?:{names})(?![a-z])", re.IGNORECASE)) for family, names in _FAMILIES.items()
)
NAMES = (
    "ChatGPT", "GPT", "OpenAI", "Claude", "Anthropic", "Gemini", "Gemma", "Bard", "Google", "DeepMind", "Llama",
    "Meta", "Mistral", "Mixtral", "Qwen", "Tongyi", "Alibaba", "DeepSeek", "Grok", "xAI", "Command", "Cohere", "Nova",
    "Copilot", "Phi", "Microsoft", "Nemotron", "NVIDIA", "Kimi", "Moonshot", "GLM", "Zhipu", "MiniMax", "Yi", "ERNIE",
    "Baidu", "Doubao", "ByteDance", "Jamba", "Granite", "OLMo", "Tulu", "Falcon", "SmolLM", "HuggingFace", "Vicuna",
    "Zephyr",
)  # fmt: skip
"""How models and their makers call themselves in answers."""


def family_of(model: str | None) -> str | None:
    """The family of a model's name. A path's last part counts first: `groq/llama-3` is Meta's."""
    if not model:
        return None
    for part in reversed(re.split(r"[/]", model)):
        for family, pattern in _PATTERNS:
            if pattern.search(part):
                return family
    return None


def families_of(models: Iterable[str | None]) -> frozenset[str]:
    """The families of several names, those unknown left out."""
    return frozenset(family for family in map(family_of, models) if family is not None)


def shared(members: Mapping[str, str | None]) -> Sequence[tuple[str, str, str]]:
    """Pairs of members (name → family) that are of one known family: name, name, family."""
    known = sorted((family, name) for name, family in members.items() if family is not None)
    return [(one, other, family) for (family, one), (again, other) in pairwise(known) if family == again]
