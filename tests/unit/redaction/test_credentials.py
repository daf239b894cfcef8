"""Keys, tokens and passwords: what is one, and what only looks like one."""

from __future__ import annotations

import pytest

from shadowbench.redaction.credentials import API_KEY, JWT, PRIVATE_KEY, SECRET, is_secret_member
from shadowbench.redaction.finder import Finder, apply

FINDER = Finder((PRIVATE_KEY, API_KEY, JWT, SECRET), (), b"salt")
TAIL = "Ab3dEf6hIj9kLm2nOp5qRs8tUv1wXy4z"  # 32 characters

KEYS = [
    f"sk-{TAIL}",
    f"sk-proj-{TAIL}_{TAIL}-{TAIL}",
    f"sk-ant-api03-{TAIL}-{TAIL}AA",
    f"sk-or-v1-{TAIL}",
    "sk-litellm-master-1234567890ab",
    "AKIAIOSFODNN7EXAMPLE",
    "ASIAY34FZKBOKMUTVV7A",
    f"AIzaSy{TAIL}A",
    f"ghp_{TAIL}1234",
    f"ghs_{TAIL}1234",
    f"github_pat_11ABCDEFG0_{TAIL}",
    "glpat-AbCdEfGhIjKlMnOpQrSt",
    "xox" + "b-123456789012-1234567890123-AbCdEfGhIjKl",
    f"sk_live_{TAIL}",
    f"rk_test_{TAIL}",
    f"whsec_{TAIL}",
    f"hf_{TAIL}Ab",
    f"npm_{TAIL}1234",
    f"gsk_{TAIL}",
    f"r8_{TAIL}12345",
    f"SG.{TAIL[:22]}.{TAIL}Abcdefghijk",
]


def found(text: str) -> list[str]:
    """What is taken out, in order."""
    return [text[edit.start : edit.end] for edit in FINDER.edits(text)]


@pytest.mark.parametrize("key", KEYS)
@pytest.mark.parametrize("around", ["{}", "my key is {}, thanks", '"{}"', "url?key={}&a=1", "({})", "x\n{}\n"])
def test_a_key_is_taken_out_whole_and_alone(key: str, around: str) -> None:
    assert found(around.format(key)) == [key]


@pytest.mark.parametrize("key", KEYS)
def test_a_key_is_seen_in_raw_json_behind_an_escape(key: str) -> None:
    assert FINDER.is_suspicious(rf'{{"a":"first\n{key}"}}'.encode())
    assert FINDER.is_suspicious(rf'{{"a":"\"{key}\""}}'.encode())


@pytest.mark.parametrize(
    "text",
    [
        "the risk-adjusted-return-of-investments and task-oriented-dialogue-systems",
        "sk-learn and sk-something-hyphenated-without-any-figure",
        "class=my-desk-lamp2 sk-1 sk-",
        "chatcmpl-CdxiIrlxetLzjuBRfsl3k1X7s1F9u fp_44709d6fcb req_117038824b344edfaffa5937b681b853",
        "msg_01XFDUDYJgAACzvnptvVoYEL toolu_01A09q90qw90lq917835lq9 call_DdmO9pD3xa9XTPNJ32zg2hcA",
        "4bf92f3577b34da6a3ce929d0e0e4736 01900000-0000-7000-8000-000000000001",
        "AKIA is a prefix, hf_model and npm_config_cache are names, ghp_ too",
        "eyJust kidding. eyJ is how tokens begin",
    ],
)
def test_words_ids_and_hashes_are_no_keys(text: str) -> None:
    assert found(text) == []


def test_an_aws_secret_key_is_told_by_the_access_key_before_it() -> None:
    secret = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"
    assert found(f"AKIAIOSFODNN7EXAMPLE,{secret}") == ["AKIAIOSFODNN7EXAMPLE", secret]
    assert found(f"AWS_SECRET_ACCESS_KEY={secret}") == [secret]
    assert found(secret) == []


def test_json_web_tokens_and_private_keys() -> None:
    token = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0NTY3ODkwIn0.dozjgNryP4J3jVmNHl0w5N_XgL0n3I9PlFUP0THsR8U"
    assert found(f"token: {token}.") in ([token], [f"{token}."])
    block = "-----BEGIN RSA PRIVATE KEY-----\nMIIEpAIBAAKCAQEA7\nab+/=\n-----END RSA PRIVATE KEY-----"
    assert found(f"here:\n{block}\n\nIt's (not) secret") == [block]
    assert found(block.replace("\n", r"\n")) == [block.replace("\n", r"\n")]
    assert found(block[:60]) == [block[:60]]  # cut off
    assert found("-----BEGIN CERTIFICATE-----\nMIIE\n-----END CERTIFICATE-----") == []


@pytest.mark.parametrize(
    ("text", "secret"),
    [
        ('password = "correct horse"', "correct horse"),
        ("DB_PASSWORD=hunter2!", "hunter2!"),
        ("export API_KEY='abcd-efgh'", "abcd-efgh"),
        ('{"client_secret": "s3cr3t"}', "s3cr3t"),
        ("client_secret=s3cr3t&x=1", "s3cr3t"),
        ("Authorization: Bearer abcdefghijklmnop123", "abcdefghijklmnop123"),
        ("authToken: 8a7b6c5d4e", "8a7b6c5d4e"),
        ("secret: 0123456789abcdef0123", "0123456789abcdef0123"),
        ("postgres://app:pa55w0rd@db/prod", "pa55w0rd"),
    ],
)
def test_what_is_assigned_to_a_secret_name_is_one(text: str, secret: str) -> None:
    assert found(text) == [secret]


@pytest.mark.parametrize(
    "text",
    [
        '"prompt_tokens": 23, "max_tokens": 1000, "token": " the", "logprob": -0.31',
        "password: must have eight characters",
        "password = form.cleaned_data['password']",
        "api_key=os.environ['OPENAI_API_KEY'], token=tokenizer.next_token",
        '"password": "string", "api_key": "<your key>", "apiKey": "${API_KEY}", "pwd": "***"',
        '"password": {"type": "string", "description": "at least 8"}',
        "the bearer of this letter, a bearer token-authentication scheme",
        "secret: nobody knows what the token: value is",
        "https://example.com:8080/path and git@github.com",
    ],
)
def test_prose_code_and_schemas_are_no_secrets(text: str) -> None:
    assert found(text) == []


@pytest.mark.parametrize(
    ("name", "value", "expected"),
    [
        ("password", "x y z", True),
        ("db_password", "hunter", True),
        ("x-api-key", "abcd", True),
        ("clientSecret", "abcd", True),
        ("token", "0123456789abcdef", True),
        ("token", " the", False),
        ("password", "string", False),
        ("passwords", "abcd", False),
        ("password_hint", "my cat", False),
        ("content", "password", False),
    ],
)
def test_a_json_member_is_judged_by_its_name(name: str, value: str, expected: bool) -> None:
    assert is_secret_member(name, value) is expected


def test_overlapping_findings_become_one() -> None:
    text = f"api_key: sk-{TAIL} and password=joe1@example.com"
    assert found(text) == [f"sk-{TAIL}", "joe1@example.com"]
    assert apply(text, FINDER.edits(text)).count("[") == 2
