"""Whole exchanges: nothing of a secret is left anywhere, what else was told stays, and counts tell what was found."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shadowbench.errors import ConfigurationError
from shadowbench.recorder.options import RecorderOptions
from shadowbench.recorder.redact_content import WITHHELD, ContentRedactor, redactor_for
from shadowbench.records import (
    Answer,
    CandidateResult,
    Choice,
    Dialect,
    Exchange,
    Observation,
    Outcome,
    ToolCall,
)
from shadowbench.redaction.credentials import API_KEY
from shadowbench.redaction.finder import Finder
from shadowbench.redaction.kind import Pattern
from shadowbench.redaction.kinds import RedactionOptions
from shadowbench.redaction.redactor import Redactor, redactor_of
from shadowbench.secret import SECRET_ENV
from shadowbench.signals import Counters

REDACTOR = ContentRedactor(redactor_of(RedactionOptions(), b"salt" * 8))
KEY = "ghp_Ab3dEf6hIj9kLm2nOp5qRs8tUv1wXy4z1234"
EMAIL = "joe.fisher@example.com"
SECRETS = st.sampled_from([KEY, EMAIL, "4111 1111 1111 1111", "+1 (555) 123-4567", "sk-proj-" + "aB3_" * 8])


def whole(text: str, endpoint: str = "production") -> Observation:
    """An answer in one body."""
    body = json.dumps({"id": "c-1", "created": 1763640366, "choices": [{"message": {"content": text}}]}).encode()
    return observation(endpoint, body, Choice(text=text), streamed=False)


def streamed(*pieces: str, endpoint: str = "production") -> Observation:
    """An answer in a stream."""
    events = [json.dumps({"choices": [{"index": 0, "delta": {"content": piece}}]}) for piece in pieces]
    body = "".join(f"data: {event}\n\n" for event in [*events, "[DONE]"]).encode()
    return observation(endpoint, body, Choice(text="".join(pieces)), streamed=True)


def observation(endpoint: str, body: bytes, choice: Choice, **changes: Any) -> Observation:
    """An observation that went well."""
    return Observation(
        endpoint=endpoint,
        outcome=Outcome.OK,
        status=200,
        answer=Answer(choices=(choice,)),
        reported_model="gpt-4o-mini-2024-07-18",
        provider_request_id="req_117038824b344edfaffa5937b681b853",
        body=body,
        **changes,
    )


def exchange(prompt: str, production: Observation, *candidates: Observation, **changes: Any) -> Exchange:
    """An exchange with these observations."""
    fields: dict[str, Any] = {
        "id": "01900000-0000-7000-8000-000000000001",
        "started_at": 1_700_000_000.5,
        "method": "POST",
        "path": "/v1/chat/completions",
        "dialect": Dialect.OPENAI_CHAT,
        "request_id": production.provider_request_id,
        "cluster_key": "c",
        "epoch": "proxy-0",
        "sequence": 1,
        "policy_version": 1,
        "config_hash": "h",
        "request_body": json.dumps({"model": "m", "messages": [{"role": "user", "content": prompt}]}).encode(),
        "request_headers": (("user-agent", "OpenAI/Python 1.109.1"), ("content-length", "154")),
        "production": production,
        "candidates": tuple(
            CandidateResult(observation=each, inclusion_probability=0.5, config_hash="h") for each in candidates
        ),
    }
    return Exchange(**fields | changes)


def redacted(before: Exchange) -> tuple[Exchange, Counters]:
    """The exchange redacted, and what was counted."""
    counters = Counters()
    return REDACTOR.redact(before, counters), counters


def findings(counters: Counters) -> dict[tuple[str, str], float]:
    """(kind, where) → count."""
    return {
        (dict(sample.labels)["kind"], dict(sample.labels)["where"]): sample.value
        for sample in counters.snapshot()
        if sample.name == "recorder_findings_total"
    }


def test_an_exchange_that_holds_nothing_stays_the_same_object() -> None:
    before = exchange("What is the capital of France?", whole("Paris."), streamed("Pa", "ris", endpoint="small"))
    after, counters = redacted(before)
    assert after is before and counters.snapshot() == []


@given(
    SECRETS, st.sampled_from(["prompt", "whole", "stream", "call", "header", "path", "error", "id"]), st.integers(1, 6)
)
def test_nothing_of_a_secret_is_left_wherever_it_stood(secret: str, where: str, size: int) -> None:
    pieces = [secret[at : at + size] for at in range(0, len(secret), size)]
    before = exchange("hi", whole("hello"), streamed("hel", "lo", endpoint="small"))
    call = ToolCall(name="send", arguments=json.dumps({"to": secret}), id="call_1")
    body = json.dumps({"choices": [{"message": {"tool_calls": [{"function": {"arguments": call.arguments}}]}}]})
    before = {
        "prompt": exchange(f"I am {secret}.", before.production),
        "whole": exchange("hi", whole(f"You: {secret}!")),
        "stream": exchange("hi", streamed("You are ", *pieces, "!")),
        "call": exchange("hi", observation("production", body.encode(), Choice(tool_calls=(call,)), streamed=False)),
        "header": replace(before, request_headers=(("x-user", secret),)),
        "path": replace(before, path=f"/v1/users/{secret}/chat"),
        "error": exchange("hi", replace(whole("x"), error_message=f"bad {secret}", error_type="e", body=None)),
        "id": replace(before, request_id=secret),
    }[where]
    after, counters = redacted(before)
    kept = repr(after)
    assert not [secret[at : at + 6] for at in range(len(secret) - 5) if secret[at : at + 6] in kept]
    assert sum(count for _, count in after.redactions) == sum(
        sample.value for sample in counters.snapshot() if sample.name == "recorder_redactions_total"
    ) == len(re.findall(r"\[\w+:[0-9a-f]{12}\]", kept))  # fmt: skip
    again, nothing = redacted(after)
    assert again == after and nothing.snapshot() == []


def test_equal_values_have_equal_placeholders_in_request_answer_and_body() -> None:
    after, _ = redacted(
        exchange(f"Write to {EMAIL}", whole(f"Dear {EMAIL},"), streamed("Hi j", EMAIL[1:], endpoint="s"))
    )
    marks = re.findall(r"\[email:[0-9a-f]{12}\]", repr(after))
    assert len(marks) == 5 and len(set(marks)) == 1 and after.redactions == (("email", 5),)


def test_what_an_answer_did_not_have_from_the_request_is_counted_apart() -> None:
    after, counters = redacted(exchange(f"I am {EMAIL}", whole(f"{EMAIL} {KEY}"), whole("call 555-123-4567", "small")))
    assert findings(counters) == {
        ("email", "request"): 1,
        ("api_key", "production"): 1,
        ("phone", "candidate"): 1,
    }
    assert counters.get("recorder_leaks_total") == 0 and dict(after.redactions)["email"] == 3


def test_the_providers_request_id_and_everything_told_by_numbers_stay() -> None:
    before = exchange(f"I am {EMAIL}", whole(f"Hi {EMAIL}"), request_id="req_117038824b344edfaffa5937b681b853")
    after, _ = redacted(before)
    assert after.production.provider_request_id == before.production.provider_request_id == after.request_id
    assert after.production.reported_model == before.production.reported_model
    assert after.request_headers == before.request_headers
    body = json.loads(after.production.body or b"")
    assert body["created"] == 1763640366 and body["id"] == "c-1"


def test_a_body_that_tells_what_its_answer_does_not_is_not_kept() -> None:
    """The stream was captured in part: in the body the address is cut off, in the answer it is whole."""
    full = streamed("Write to joe.fisher", "@example.com")
    cut = replace(full, body=(full.body or b"").split(b"@")[0], body_truncated=True)
    after, counters = redacted(exchange("hi", cut))
    assert after.production.body is None and "fisher" not in repr(after)
    assert counters.get("recorder_redactions_total", (("kind", "stream_body_dropped"),)) == 1
    assert after.redactions == (("email", 1),)


def test_parts_of_a_message_that_are_one_text_only_together() -> None:
    body = json.dumps(
        {"choices": [{"message": {"content": [{"text": "joe.fisher@"}, {"text": "example.com"}]}}]}
    ).encode()
    after, counters = redacted(exchange("hi", replace(whole(EMAIL), body=body)))
    assert after.production.body is None and "fisher" not in repr(after)
    assert counters.get("recorder_redactions_total", (("kind", "body_dropped"),)) == 1


def test_a_stream_that_was_not_read_is_put_together_nevertheless() -> None:
    unread = replace(streamed("joe.fi", "sher@exam", "ple.com"), answer=None, outcome=Outcome.UNPARSED)
    after, counters = redacted(exchange("hi", unread))
    assert b"[email:" in (after.production.body or b"") and b"sher" not in (after.production.body or b"")
    assert findings(counters) == {("email", "production"): 1}


def test_a_stream_with_log_probabilities_keeps_no_tokens_of_what_was_found() -> None:
    event = {"choices": [{"index": 0, "delta": {"content": EMAIL}, "logprobs": {"content": [{"token": "fisher@"}]}}]}
    seen = replace(streamed(EMAIL), body=f"data: {json.dumps(event)}\n\n".encode())
    after, _ = redacted(exchange("hi", seen))
    assert "fisher" not in repr(after) and dict(after.redactions) == {"email": 2, "logprobs": 1}


def test_what_the_rules_let_through_is_withheld_and_counted_as_a_leak() -> None:
    blind = replace(API_KEY, rules=(Pattern(re.compile("never")),))
    broken = ContentRedactor(Redactor(Finder((blind,), (), b"salt"), (blind,)))
    counters = Counters()
    after = broken.redact(exchange(KEY, whole(f"it is {KEY}"), request_headers=(("x-note", KEY),)), counters)
    assert counters.get("recorder_leaks_total") == 4
    assert KEY not in repr(after)
    assert after.request_body is None and after.request_headers == (("x-note", WITHHELD),)
    assert after.production.answer is not None and after.production.answer.first.text == WITHHELD


def test_credential_headers_are_taken_out_even_when_redaction_is_off() -> None:
    off = RecorderOptions(runtime_folder="/r", store_url="sqlite:///x", redaction=RedactionOptions(enabled=False))
    kept = redactor_for(off, {}).redact(exchange(EMAIL, whole("x"), request_headers=(("cookie", "a"),)), Counters())
    assert kept.request_headers == (("cookie", "redacted"),) and EMAIL in repr(kept)
    after, counters = redacted(exchange("hi", whole("x"), request_headers=(("authorization", f"Bearer {KEY}"),)))
    assert after.request_headers == (("authorization", "redacted"),)
    assert counters.get("recorder_redactions_total", (("kind", "credential_header"),)) == 1


@pytest.mark.parametrize("enabled", [True, False])
def test_a_key_that_an_endpoint_repeats_is_kept_nowhere(enabled: bool) -> None:
    key = "corp-gateway-key-of-team-blue"
    options = RecorderOptions(
        runtime_folder="/r",
        store_url="sqlite:///x",
        redaction=RedactionOptions(enabled=enabled),
        known_secrets=(key,),
    )
    refusal = json.dumps({"error": {"message": f"invalid key {key}", "type": key}}).encode()
    refused = Observation(
        endpoint="a",
        outcome=Outcome.HTTP_ERROR,
        status=401,
        error_type=key,
        error_message=f"invalid key {key}",
        reported_model=key,
        fingerprint=key,
        provider_request_id=f"req_{key}",
        streamed=False,
        body=refusal,
    )
    unread = replace(streamed("corp-gateway-", "key-of-team", "-blue", endpoint="c"), answer=None)
    odd = replace(whole("x", endpoint="d"), answer=Answer(choices=(Choice(text="x", finish_reason=key),)))
    before = exchange(
        "Hi", whole("Hi"), refused, streamed("corp-gateway-key", "-of-team-blue", endpoint="b"), unread, odd
    )
    counters = Counters()
    after = redactor_for(options, {}).redact(before, counters)
    assert key not in repr(after)
    for each in after.candidates:
        told = re.findall(r'"content": "([^"]*)"', (each.observation.body or b"").decode())
        assert key not in "".join(told)
    assert after.candidates[0].observation.body is not None
    assert dict(after.redactions)["known_secret"] >= 8
    assert after.production == before.production
    assert key not in repr(options)


def test_the_secret_comes_from_the_environment_or_the_mirrors_file(tmp_path: Path) -> None:
    def kept(options: RecorderOptions, environ: dict[str, str]) -> bytes | None:
        return redactor_for(options, environ).redact(exchange(EMAIL, whole("x")), Counters()).request_body

    options = RecorderOptions(runtime_folder="/r", store_url="sqlite:///x")
    with_file = replace(options, secret_file=str(tmp_path / "secret"))
    assert kept(with_file, {}) == kept(with_file, {}) and (tmp_path / "secret").exists()
    given = {SECRET_ENV: "5b" * 32}
    assert kept(with_file, given) == kept(options, given) != kept(with_file, {})
    assert kept(options, {}) != kept(options, {})


def test_a_pattern_that_cannot_be_used_is_told_at_the_start() -> None:
    bad = RedactionOptions(patterns={"badge": "("})
    with pytest.raises(ConfigurationError, match=r"redaction\.patterns\.badge"):
        redactor_for(RecorderOptions(runtime_folder="/r", store_url="sqlite:///x", redaction=bad), {})


OWN = ContentRedactor(
    redactor_of(RedactionOptions(patterns={"ticket": r"\bTCK-[0-9]{4}\b", "first": "^only-first"}), b"salt" * 8)
)
FRAGMENTS = st.sampled_from(
    ["", "hello", "only-first", "TCK-1234", "Bearer", "password=", "a@b", "co.uk", "4111 1111", "\\u0041"]
)
HELD = st.one_of(st.lists(FRAGMENTS | SECRETS, max_size=3).map(" ".join), st.text(max_size=20))


@given(HELD, HELD, HELD, HELD, st.sampled_from([REDACTOR, OWN]), st.booleans())
def test_what_one_search_calls_clean_is_left_as_it_is(
    prompt: str, said: str, copied: str, header: str, redactor: ContentRedactor, is_unread: bool
) -> None:
    candidate = streamed(copied, said, endpoint="small")
    candidate = replace(candidate, answer=None) if is_unread else candidate
    before = exchange(prompt, whole(said), candidate, request_headers=(("x-note", header),))
    if redactor._is_clean(before):
        assert redactor._redacted(before, Counters()) is before
