"""Every key has its bounds, and the commented example shows all of them."""

import re
import types
import typing
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from pydantic import BaseModel, ValidationError

from shadowbench.settings import (
    BudgetSettings,
    CandidateSettings,
    JudgeEndpointSettings,
    JudgeSettings,
    MetricSettings,
    PriceSettings,
    RangeSettings,
    RetentionSettings,
    RuleSettings,
    Settings,
    StratumSettings,
    conflicts,
)
from tests.attribute_docstrings import unexplained

EXAMPLE = Path(__file__).parents[2] / "config" / "shadowbench.yaml"
NAME = "small"  # the candidate in the example


def settings(**sections: Any) -> Settings:
    return Settings(**({"production": {"url": "http://127.0.0.1:4000"}} | sections))


def keys(model: Any, at: str = "") -> Iterator[str]:
    """Every key path of the settings; a mapping's keys are named as in the example."""
    for name, field in model.model_fields.items():
        here = f"{at}{name}"
        kinds = [kind for kind in (field.annotation, *typing.get_args(field.annotation)) if isinstance(kind, type)]
        below = [kind for kind in kinds if issubclass(kind, BaseModel)]
        if typing.get_origin(field.annotation) is dict and below and name == "candidates":
            yield from keys(below[0], f"{here}.{NAME}.")
        elif below and (isinstance(field.default, BaseModel) or field.is_required()):
            yield from keys(below[0], f"{here}.")
        else:
            yield here


def paths(fields: dict[str, Any], at: str = "") -> Iterator[str]:
    known = set(keys(Settings))
    for name, value in fields.items():
        if isinstance(value, dict) and f"{at}{name}" not in known:
            yield from paths(value, f"{at}{name}.")
        else:
            yield f"{at}{name}"


def models(model: Any) -> Iterator[type[BaseModel]]:
    yield model
    for field in model.model_fields.values():
        for kind in (field.annotation, *typing.get_args(field.annotation)):
            if isinstance(kind, type) and not isinstance(kind, types.GenericAlias) and issubclass(kind, BaseModel):
                yield from models(kind)


def example() -> dict[str, Any]:
    fields: dict[str, Any] = yaml.safe_load(EXAMPLE.read_text())
    return fields


def test_the_example_shows_every_key_and_no_other() -> None:
    assert sorted(paths(example())) == sorted(keys(Settings))


def test_the_example_names_the_keys_of_what_is_empty_by_default() -> None:
    text = EXAMPLE.read_text()
    for section in (
        RuleSettings, StratumSettings, PriceSettings, RangeSettings, MetricSettings, JudgeSettings, JudgeEndpointSettings
    ):  # fmt: skip
        missing = [name for name in section.model_fields if not re.search(rf"\b{name}\b", text)]
        assert not missing, section.__name__


def test_the_example_shows_the_defaults() -> None:
    defaults = settings(candidates={NAME: {}}).model_dump(mode="json")
    shown = Settings(**example()).model_dump(mode="json")
    invented = {
        "url": "http://127.0.0.1:4001",
        "model": "small-model",
    }  # a candidate with nothing of its own shows nothing
    defaults["candidates"][NAME] |= invented
    assert shown == defaults


def test_the_example_explains_every_key() -> None:
    uncommented = [
        line for line in EXAMPLE.read_text().splitlines() if ":" in line and "#" not in line and not line.endswith(":")
    ]
    # Said in the comment of the group above them, or in the candidate's own.
    explained = {"cert_file", "key_file", "ca_file", "verify", "connect_timeout_s", "total_timeout_s", "listen"}
    explained |= {"window", "open_s", "max_open_s", "prices", "every_s", *RetentionSettings.model_fields}
    explained |= {"tokens", "cost_usd"}
    explained |= {name for name in BudgetSettings.model_fields if name.startswith(("usd_", "tokens_"))}
    assert [line for line in uncommented if line.split(":")[0].strip() not in explained] == []


@pytest.mark.parametrize("model", sorted(set(models(Settings)), key=lambda model: model.__name__))
def test_every_field_is_documented(model: type[BaseModel]) -> None:
    assert unexplained(model) == []


@pytest.mark.parametrize(
    ("sections", "problem"),
    [
        ({"production": {"url": "ftp://x"}}, "must be a URL like"),
        ({"production": {"url": "http://"}}, "must be a URL like"),
        ({"production": {"url": "http://x:99999"}}, "is not a URL"),
        ({"production": {"url": "http://user:secret@x"}}, "must not carry credentials"),
        ({"production": {"url": "http://x/?a=1"}}, "query or fragment"),
        ({"production": {"url": "http://x/ y"}}, "spaces"),
        ({"production": {"url": "http://x", "idle_timeout_s": float("nan")}}, "finite|less than"),
        ({"proxy": {"listen": "8080"}}, "HOST:PORT"),
        ({"proxy": {"listen": 8080}}, "HOST:PORT"),
        ({"proxy": {"listen": [8080]}}, "HOST:PORT"),
        ({"admin": {"listen": 9464}}, "HOST:PORT"),
        ({"proxy": {"listen": []}}, "at least one address"),
        ({"proxy": {"listen": "127.0.0.1:1, 127.0.0.1:1"}}, "same address twice"),
        ({"proxy": {"workers": 0}}, "greater than or equal to 1"),
        ({"proxy": {"socket_mode": "rw"}}, "octal"),
        ({"proxy": {"tls": {"cert_file": "/x"}}}, "both cert_file and key_file"),
        ({"proxy": {"host_header": "drop"}}, "'rewrite' or 'preserve'"),
        ({"mirror": {"sample_key": "cookie"}}, "header:NAME"),
        ({"telemetry": {"buckets": {"gap_s": []}}}, "1 to 40 numbers"),
        ({"telemetry": {"buckets": {"gap_s": [0.2, 0.1]}}}, "must ascend"),
        ({"telemetry": {"buckets": {"gap_s": [0.1, 0.1]}}}, "must ascend"),
        ({"telemetry": {"buckets": {"gap_s": [0, 0.1]}}}, "above 0"),
        ({"telemetry": {"buckets": {"gap_s": [0.1, float("inf")]}}}, "must ascend"),
        ({"mirror": {"cluster_header": "a b"}}, "not a header name"),
        ({"mirror": {"endpoints": ["/v1/x"]}}, "a method and the end of a path"),
        ({"store": {"url": "pairs.db"}}, "sqlite:///FILE"),
        ({"store": {"url": "sqlite:///"}}, "sqlite:///FILE"),
        ({"store": {"url": "sqlite:///x?mode=ro"}}, "no query"),
        ({"candidates": {"production": {}}}, "the other side"),
        ({"candidates": {"A B": {}}}, "lower-case letters"),
        ({"candidates": {"a__b": {}}}, "lower-case letters"),
        ({"candidates": {"a": {"sample_rate": 1.5}}}, "less than or equal to 1"),
        ({"candidates": {"a": {"sample_rate": -0.1}}}, "greater than or equal to 0"),
        ({"candidates": {"a": {"api_key_env": "sk-123"}}}, "name of an environment variable, not the key"),
        ({"candidates": {"a": {"headers": {"Host": "x"}}}}, "set by shadowbench itself"),
        ({"candidates": {"a": {"headers": {"x": "1\r\ny: 2"}}}}, "printable ASCII"),
        ({"candidates": {"a": {"headers": {"X-A": "1", "x-a": "2"}}}}, "a header twice"),
        ({"candidates": {"a": {"parameters": {"a..b": 1}}}}, "names joined by dots"),
        ({"candidates": {"a": {"clamp": {"tools.*.x": {"max": 1}}}}}, "names joined by dots"),
        ({"candidates": {"a": {"rename": {"options": "options.x"}}}}, "one stands in the other"),
    ],
)
def test_a_value_out_of_bounds_is_refused(sections: dict[str, Any], problem: str) -> None:
    with pytest.raises(ValidationError, match=problem):
        settings(**sections)


def test_nothing_is_mirrored_until_asked() -> None:
    assert CandidateSettings().sample_rate == 0


@pytest.mark.parametrize(("written", "mode"), [("0660", "0660"), (0o600, "0600"), ("777", "777")])
def test_an_unquoted_octal_mode_means_what_it_looks_like(written: Any, mode: str) -> None:
    assert settings(proxy={"socket_mode": written}).proxy.socket_mode == mode


@pytest.mark.parametrize(
    "sections",
    [
        {"candidates": {"a": {"sample_rate": True}}},
        {"candidates": {"a": {"queue": True}}},
        {"proxy": {"workers": True}},
        {"proxy": {"drain_delay_s": False}},
        {"proxy": {"socket_mode": True}},
        {"production": {"url": "http://x", "first_byte_timeout_s": True}},
        {"mirror": {"max_held_bytes": True}},
    ],
)
def test_a_boolean_is_no_number(sections: dict[str, Any]) -> None:
    with pytest.raises(ValidationError, match="must be a number, not a boolean"):
        settings(**sections)


def test_a_boolean_where_one_is_meant_is_one() -> None:
    assert settings(production={"url": "http://x", "tls": {"verify": False}}).production.tls.verify is False


@pytest.mark.parametrize(
    ("candidate", "said"),
    [
        (
            {"dialect": "gemini.generate_content", "parameters": {"temperature": 0}},
            ["parameters.temperature: Gemini has it at generationConfig.temperature"],
        ),
        (
            {"dialect": "ollama.chat", "clamp": {"max_tokens": {"max": 9}}, "parameters": {"top_p": None}},
            [
                "parameters.top_p: Ollama has it at options.top_p",
                "clamp.max_tokens: Ollama has it at options.num_predict",
            ],
        ),
        (
            {"dialect": "ollama.generate", "rename": {"temperature": "seed"}},
            ["rename.temperature: seed: Ollama has it at options.seed"],
        ),
        ({"parameters": {"model": "x"}}, ["parameters.model: is set by the candidate's key `model`"]),
        ({"rename": {"a": "model"}}, ["rename.a: model: is set by the candidate's key `model`"]),
        ({"dialect": "gemini.generate_content", "parameters": {"generationConfig.topK": 1}}, []),
        (
            {"dialect": "ollama.chat", "rename": {"temperature": "options.temperature"}, "parameters": {"think": True}},
            [],
        ),
        ({"dialect": "openai.chat", "parameters": {"temperature": 0}}, []),
        ({"parameters": {"temperature": 0, "options.seed": 1}}, []),
    ],
)
def test_a_member_that_the_endpoint_would_not_heed_is_refused(candidate: dict[str, Any], said: list[str]) -> None:
    found = conflicts(settings(candidates={"g": candidate}))
    assert [f"{'.'.join(keys)}: {what}" for keys, what in found] == [f"candidates.g.{each}" for each in said]


@pytest.mark.parametrize("member", ["messages", "input", "contents", "prompt", "messages.0"])
@pytest.mark.parametrize("key", ["parameters", "rename"])
def test_the_question_is_not_changed(member: str, key: str) -> None:
    found = conflicts(settings(candidates={"g": {key: {member: "x"}}}))
    assert [keys for keys, what in found if "the question itself" in what] == [("candidates", "g", key, member)]
