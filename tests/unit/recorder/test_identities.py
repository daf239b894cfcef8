"""Whoever a request names is stored as a placeholder that the same value always has."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest

from shadowbench import keyed
from shadowbench.recorder.identities import IdentityRedactor
from shadowbench.recorder.options import RecorderOptions
from shadowbench.recorder.redact import CredentialRedactor
from shadowbench.recorder.redact_content import redactor_for
from shadowbench.records import Exchange
from shadowbench.redaction.kinds import RedactionOptions
from shadowbench.secret import SECRET_ENV
from shadowbench.signals import Counters
from shadowbench.store.testing import an_exchange, an_observation

SALT = b"salt" * 8
REDACTOR = IdentityRedactor(SALT, CredentialRedactor(), user_header="x-end-user", tenant_header="x-team")


def user(name: str) -> str:
    return f"[user:{keyed.user_key(SALT, name.encode())}]"


def hashed(value: str) -> str:
    return keyed.placeholder(SALT, value.encode()).decode()


def redacted(**changes: Any) -> Exchange:
    return REDACTOR.redact(replace(an_exchange(1, an_observation(endpoint="small")), **changes), Counters())


def test_every_user_in_a_request_has_a_placeholder_of_its_own_and_no_other_byte_changes() -> None:
    body = (
        '{"user" : "ada", "seed": 9007199254740993,\n"metadata":{"user_id":"b\\u00f6b","a":1},"safety_identifier":"cy",'
    )
    body += '"messages":[{"role":"user","content":"{\\"user\\":\\"ada\\"}"}]}'
    expected = body.replace('"ada", "seed"', f'"{user("ada")}", "seed"').replace('"b\\u00f6b"', f'"{user("böb")}"')
    expected = expected.replace('"cy"', f'"{user("cy")}"')
    assert redacted(request_body=body.encode()).request_body == expected.encode()


@pytest.mark.parametrize(
    "body", [b"", b"{}", b'{"user":7}', b'{"user":""}', b'{"user":{"name":"x"}}', b'{"messages":[{"role":"user"}]}']
)
def test_a_request_that_names_nobody_stays_as_it_is(body: bytes) -> None:
    before = an_exchange(1, request_body=body, request_headers=(("user-agent", "curl"),))
    assert REDACTOR.redact(before, Counters()) is before


@pytest.mark.parametrize("body", ['{"user":"ada","user":"bob"}', '{"user":"ada","messages":[{"content":"cut o'])
def test_what_is_no_sound_json_names_nobody_in_clear_either(body: str) -> None:
    kept = redacted(request_body=body.encode()).request_body or b""
    assert b'"ada"' not in kept and b'"bob"' not in kept and user("ada").encode() in kept


def test_an_answer_that_repeats_the_user_does_not_tell_it() -> None:
    answer = b'data: {"response":{"user":"ada","safety_identifier":null}}\n\ndata: {"user":"eve"}\n\n'
    small = an_exchange(1, an_observation(endpoint="small", body=answer)).candidates
    told = redacted(request_body=b'{"user":"ada"}', production=an_observation(body=answer), candidates=small)
    for seen in (told.production, *[each.observation for each in told.candidates]):
        assert seen.body == answer.replace(b'"ada"', f'"{user("ada")}"'.encode())


def test_headers_that_name_somebody_are_placeholders_and_others_stay() -> None:
    tenant = f"[tenant:{keyed.tenant_key(SALT, b'blue')}]"
    for name, value, kept in (
        ("X-End-User", "ada", user("ada")),
        ("x-user-id", "ada", user("ada")),
        ("X-Team", "blue", tenant),
        ("X-Team", hashed("a key"), hashed("a key")),
        ("X-Forwarded-For", "192.0.2.7", hashed("192.0.2.7")),
        ("x-real-ip", "192.0.2.7", hashed("192.0.2.7")),
        ("Forwarded", "for=192.0.2.7", hashed("for=192.0.2.7")),
        ("baggage", "user=ada", hashed("user=ada")),
        ("x-jwt-assertion", "e.y.j", hashed("e.y.j")),
        ("authentication", "k", hashed("k")),
        ("idempotency-key", "k-1", hashed("k-1")),
        ("user-agent", "curl", "curl"),
    ):
        assert redacted(request_headers=((name, value),)).request_headers == ((name, kept),)


@pytest.mark.parametrize("enabled", [True, False])
def test_it_is_part_of_what_every_exchange_goes_through(enabled: bool) -> None:
    options = RecorderOptions(
        runtime_folder="/r",
        store_url="sqlite:///x",
        redaction=RedactionOptions(enabled=enabled),
        user_header="x-end-user",
        tenant_header="x-team",
    )
    before = an_exchange(1, request_body=b'{"user":"ada@example.org"}', request_headers=(("x-end-user", "ada"),))
    after = redactor_for(options, {SECRET_ENV: SALT.hex()}).redact(before, Counters())
    assert json.loads(after.request_body or b"")["user"] == user("ada@example.org")
    assert after.request_headers == (("x-end-user", user("ada")),)
