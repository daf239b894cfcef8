"""Which secrets the environment must hold, and what is said of those that it does not."""

from typing import Any

import pytest

from shadowbench import environment
from shadowbench.settings import Settings

THROUGH = {"egress_proxy": "http://proxy:3128", "egress_proxy_auth_env": "AUTH"}


def problems(candidate: dict[str, Any], environ: dict[str, str]) -> list[str]:
    settings = Settings(production={"url": "http://p"}, candidates={"a": candidate, "b": {}})  # type: ignore[arg-type]
    return environment.problems(settings, environ)


def test_a_variable_without_its_key_is_named() -> None:
    assert problems({"api_key_env": "A_KEY"}, {"A_KEY": "x"}) == []
    assert problems({"api_key_env": "A_KEY"}, {}) == [
        "candidates.a.api_key_env: the environment variable A_KEY is not set"
    ]


def test_a_key_that_no_header_can_carry_is_told_and_not_repeated() -> None:
    (said,) = problems({"api_key_env": "A_KEY"}, {"A_KEY": "sk-1\nsk-2"})
    assert said.startswith("candidates.a.api_key_env: the environment variable A_KEY holds no key")
    assert "sk-1" not in said
    assert problems({"api_key_env": "A_KEY"}, {"A_KEY": "sk-1\n"}) == []  # the end of a file's line goes


@pytest.mark.parametrize(
    ("environ", "said"),
    [
        ({}, "the environment variable AUTH is not set: put USER:PASSWORD in it"),
        ({"AUTH": ""}, "the environment variable AUTH is not set: put USER:PASSWORD in it"),
        ({"AUTH": "hush"}, "the environment variable AUTH must hold USER:PASSWORD"),
    ],
)
def test_credentials_of_an_egress_proxy_are_looked_at(environ: dict[str, str], said: str) -> None:
    assert problems(THROUGH, environ) == [f"candidates.a.egress_proxy_auth_env: {said}"]
    assert problems(THROUGH, {"AUTH": "user:"}) == []


@pytest.mark.parametrize("secret", ["hush", "ab" * 31, "ab" * 33, "zz" * 32])
def test_a_secret_of_another_form_is_told_and_not_repeated(secret: str) -> None:
    (said,) = problems({}, {"SHADOWBENCH_SECRET": secret})
    assert said.startswith("environment variable SHADOWBENCH_SECRET must be 64 hexadecimal digits")
    assert secret not in said
    assert problems({}, {"SHADOWBENCH_SECRET": "ab" * 32}) == []


def test_a_judge_without_its_key_is_named_where_scoring_runs() -> None:
    endpoint = {"url": "http://j", "model": "m", "api_key_env": "JUDGE_KEY"}
    judges = {"quality": {"endpoint": endpoint}, "free": {"endpoint": {"url": "http://j", "model": "m"}}}
    where = "scoring.judges.quality.endpoint.api_key_env: the environment variable JUDGE_KEY"
    asked = Settings(production={"url": "http://p"}, scoring={"judges": judges})
    assert environment.problems(asked, {}) == [f"{where} is not set"]
    assert environment.problems(asked, {"JUDGE_KEY": "sk-1"}) == []
    off = Settings(production={"url": "http://p"}, scoring={"judges": judges, "enabled": False})
    assert environment.problems(off, {}) == []
    assert environment.judge_problems(off, {}) == [f"{where} is not set"]


def test_a_header_for_a_receiver_of_traces_needs_its_variable() -> None:
    otlp = {"endpoint": "http://c:4318", "headers_env": {"Authorization": "TOKEN"}}
    asked = Settings(production={"url": "http://p"}, telemetry={"otlp": otlp})  # type: ignore[arg-type]
    assert environment.problems(asked, {"TOKEN": "Bearer x"}) == []
    assert environment.problems(asked, {}) == [
        "telemetry.otlp.headers_env.authorization: the environment variable TOKEN is not set"
    ]
