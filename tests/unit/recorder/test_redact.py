"""The floor under redaction: no credential header in clear."""

from __future__ import annotations

import pytest

from shadowbench.keyed import CREDENTIAL_HEADERS, placeholder
from shadowbench.recorder.redact import CredentialRedactor, is_exposed
from shadowbench.records import Dialect, Exchange, Observation, Outcome
from shadowbench.signals import Counters

HASH = placeholder(b"salt", b"Bearer sk-1").decode()


def exchange(*headers: tuple[str, str]) -> Exchange:
    return Exchange(
        id="1",
        started_at=0,
        method="POST",
        path="/",
        dialect=Dialect.UNKNOWN,
        request_id=None,
        cluster_key="",
        epoch="",
        sequence=0,
        policy_version=0,
        config_hash="",
        request_body=None,
        request_headers=headers,
        production=Observation(endpoint="production", outcome=Outcome.OK),
        candidates=(),
    )


def test_placeholders_and_plain_headers_stay() -> None:
    counters = Counters()
    before = exchange(("Authorization", HASH), ("User-Agent", "curl"), ("x-max-tokens", "5"))
    assert CredentialRedactor().redact(before, counters) is before
    assert counters.snapshot() == []


def test_a_credential_in_clear_is_taken_out_and_counted() -> None:
    counters = Counters()
    before = exchange(("Authorization", "Bearer sk-1"), ("Host", "a"), ("X-Litellm-Api-Key", "sk-2"))
    after = CredentialRedactor().redact(before, counters)
    assert after.request_headers == (("Authorization", "redacted"), ("Host", "a"), ("X-Litellm-Api-Key", "redacted"))
    assert counters.get("recorder_redactions_total", (("kind", "credential_header"),)) == 2


@pytest.mark.parametrize("name", ["Ocp-Apim-Subscription-Key", "x-passwd", "helicone-auth"])
def test_a_header_that_sounds_like_a_credential_is_checked_as_the_proxy_does(name: str) -> None:
    assert is_exposed(name, "secret")


@pytest.mark.parametrize("name", sorted(CREDENTIAL_HEADERS))
def test_every_header_that_the_proxy_hashes_is_checked(name: bytes) -> None:
    assert is_exposed(name.decode().title(), "secret")
    assert not is_exposed(name.decode(), HASH)


@pytest.mark.parametrize("value", ["hash:", "hash:xyz", HASH + "0", "Bearer " + HASH, HASH.upper()])
def test_only_the_exact_form_of_a_placeholder_passes(value: str) -> None:
    assert is_exposed("authorization", value)
