"""Errors of the configuration go to logs, to the control port's callers and to bug reports: they never repeat a value that is
a secret, or may be meant as one."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from shadowbench import configuration, environment, wiring
from shadowbench.errors import ConfigurationError
from shadowbench.settings import Settings

CANARY = "cAnArY-7f3a9e"
SOUND = "production: {url: 'http://p'}\n"
WITH_CANDIDATE = SOUND + "candidates: {small: {%s}}\n"
WRONG = {
    "an unknown key": WITH_CANDIDATE % f"api_key: {CANARY}",
    "a key instead of a variable's name": WITH_CANDIDATE % f"api_key_env: {CANARY}",
    "a judge's key": SOUND
    + f"scoring: {{judges: {{j: {{endpoint: {{url: 'http://j', model: m, api_key_env: {CANARY}}}}}}}}}\n",
    "credentials in production's URL": f"production: {{url: 'http://user:{CANARY}@p'}}\n",
    "a query in production's URL": f"production: {{url: 'http://p?key={CANARY}'}}\n",
    "credentials in a candidate's URL": WITH_CANDIDATE % f"url: 'http://user:{CANARY}@c'",
    "credentials for an egress proxy": WITH_CANDIDATE % f"egress_proxy: 'http://user:{CANARY}@e:1'",
    "credentials in the store's URL": SOUND + f"store: {{url: 'postgres://user:{CANARY}@db/x'}}\n",
    "credentials in the export's URL": SOUND + f"store: {{export: {{url: 's3://key:{CANARY}@bucket/x'}}}}\n",
    "a header that cannot be": WITH_CANDIDATE % f'headers: {{x-api-key: "{CANARY}\\n"}}',
    "a header's value that is a list": WITH_CANDIDATE % f"headers: {{x-api-key: [{CANARY}]}}",
    "headers as text": WITH_CANDIDATE % f"headers: 'x-api-key: {CANARY}'",
    "a token instead of its variable's name": SOUND + f"control: {{token_env: '{CANARY}'}}\n",
    "a parameter that has no form in JSON": WITH_CANDIDATE % f"parameters: {{key: ['{CANARY}', .nan]}}",
    "text instead of a number": WITH_CANDIDATE % f"sample_rate: {CANARY}",
    "a word that is none": WITH_CANDIDATE % f"dialect: {CANARY}",
    "text instead of a section": f"production: {CANARY}\n",
    "a pattern that is none": SOUND + f"redaction: {{patterns: {{badge: '({CANARY}'}}}}\n",
    "YAML: an alias that is not there": WITH_CANDIDATE % f"headers: {{x-api-key: *{CANARY}}}",
    "YAML: a tag that is none": WITH_CANDIDATE % f"headers: {{x-api-key: !{CANARY}}}",
    "YAML: a quote that does not end": SOUND + f"candidates: {{small: {{headers: {{x-api-key: 'abc {CANARY}}}}}}}\n",
    "YAML: two on one line": SOUND + f"candidates: a: {CANARY}: b\n",
}


@pytest.mark.parametrize("name", WRONG)
def test_no_error_repeats_a_secret(name: str, tmp_path: Path) -> None:
    file = tmp_path / "shadowbench.yaml"
    file.write_text(WRONG[name])
    with pytest.raises(ConfigurationError) as caught:
        wiring.plan(configuration.load(file, environ={}), "serve", {})
    assert CANARY not in str(caught.value)
    assert str(file) in str(caught.value) or "redaction" in str(caught.value)  # it says where, though


@pytest.mark.parametrize(
    ("variable", "value"),
    [
        ("SHADOWBENCH_CANDIDATES__SMALL__API_KEY_ENV", CANARY),
        ("SHADOWBENCH_CANDIDATES__SMALL__HEADERS", f'{{"x-api-key": {CANARY}'),
        ("SHADOWBENCH_CONTROL__TOKEN_ENV", CANARY),
        ("SHADOWBENCH_CONTROL__TOKEN", CANARY),
        ("SHADOWBENCH_PRODUCTION__URL", f"http://user:{CANARY}@p"),
    ],
)
def test_no_error_repeats_a_variable(
    variable: str, value: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "shadowbench.yaml"
    file.write_text(WITH_CANDIDATE % "sample_rate: 0.1")
    monkeypatch.setenv(variable, value)
    with pytest.raises(ConfigurationError) as caught:
        configuration.load(file)
    assert variable in str(caught.value)
    assert CANARY not in str(caught.value)


def test_no_complaint_about_the_environment_repeats_it() -> None:
    settings = Settings(
        production={"url": "http://p"},  # type: ignore[arg-type]
        candidates={"small": {"api_key_env": "K", "egress_proxy": "http://e:1", "egress_proxy_auth_env": "E"}},  # type: ignore[dict-item]
    )
    environ = {"K": f"{CANARY}\n{CANARY}", "E": CANARY, "SHADOWBENCH_SECRET": CANARY}
    found = environment.problems(settings, environ)
    assert len(found) == 3
    assert CANARY not in json.dumps(found)


def test_a_token_that_can_be_guessed_is_refused_without_repeating_it() -> None:
    settings = Settings(
        production={"url": "http://p"},  # type: ignore[arg-type]
        control={"listen": "0.0.0.0:9465", "token_env": "T"},  # type: ignore[arg-type]
    )
    with pytest.raises(ConfigurationError, match=r"control\.token_env: the token in T is too short") as caught:
        wiring.plan(settings, "proxy", {"T": CANARY})
    assert CANARY not in str(caught.value)
    near = settings.model_copy(update={"control": settings.control.model_copy(update={"listen": "127.0.0.1:9465"})})
    assert wiring.plan(near, "proxy", {"T": CANARY}).control_token == CANARY


@pytest.mark.parametrize(
    "address", ["0.0.0.0:9465", ":9465", "[::]:9465", "10.0.0.7:9465", "127.0.0.1.example.com:9465"]
)
def test_a_control_port_that_others_reach_needs_a_token(address: str, tmp_path: Path) -> None:
    file = tmp_path / "shadowbench.yaml"
    file.write_text(SOUND + f"control: {{listen: '{address}'}}\n")
    with pytest.raises(
        ConfigurationError, match=r"control\.token_env: is required: .* can be reached from other machines"
    ):
        configuration.load(file, environ={})


@pytest.mark.parametrize(
    "address", ["127.0.0.1:9465", "127.8.8.8:9465", "[::1]:9465", "localhost:9465", "unix:/run/c.sock"]
)
def test_a_control_port_of_this_machine_needs_none(address: str, tmp_path: Path) -> None:
    file = tmp_path / "shadowbench.yaml"
    file.write_text(SOUND + f"control: {{listen: '{address}'}}\n")
    assert configuration.load(file, environ={}).control.listen == address
