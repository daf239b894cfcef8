"""Secrets that are known word for word."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shadowbench.redaction.kinds import RedactionOptions
from shadowbench.redaction.known import header_secrets, known_kind, login_secrets, too_short
from shadowbench.redaction.placeholders import PLACEHOLDER
from shadowbench.redaction.redactor import redactor_of
from shadowbench.redaction.tally import Tally

OFF = RedactionOptions(enabled=False)
SECRET = 'corp/key+"q\\ü=&9'


@pytest.mark.parametrize("options", [OFF, RedactionOptions()])
@pytest.mark.parametrize("ensure_ascii", [True, False])
def test_a_known_secret_goes_in_every_form_that_json_has_for_it(options: RedactionOptions, ensure_ascii: bool) -> None:
    redactor, tally = redactor_of(options, b"salt", [SECRET]), Tally()
    inner = json.dumps({"error": f"key {SECRET} is wrong"}, ensure_ascii=ensure_ascii)
    body = json.dumps({"a": f"<{SECRET}>", "deep": inner}, ensure_ascii=ensure_ascii).replace("/", "\\/").encode()
    assert redactor.is_suspicious(body)
    told = json.loads(redactor.body(body, tally))
    assert PLACEHOLDER.fullmatch(told["a"][1:-1])
    assert json.loads(told["deep"]) == {"error": f"key {told['a'][1:-1]} is wrong"}
    assert tally.by_kind() == {"known_secret": 2}


@given(st.text(min_size=8, max_size=40), st.text(), st.text())
def test_nothing_of_it_is_left_in_plain_text(secret: str, before: str, after: str) -> None:
    redactor = redactor_of(OFF, b"salt", [secret])
    assert secret not in redactor.text(f"{before}{secret}{after}", Tally()) or PLACEHOLDER.search(secret)


def test_pieces_of_a_stream_are_put_together() -> None:
    redactor, tally = redactor_of(OFF, b"salt", ["plain-key-of-ours"]), Tally()
    events = [
        {"choices": [{"index": 0, "delta": {"content": piece}}]} for piece in ("it is plain-k", "ey-of-", "ours.")
    ]
    kept = redactor.stream("".join(f"data: {json.dumps(each)}\n\n" for each in events).encode(), tally)
    texts = [json.loads(line[6:])["choices"][0]["delta"]["content"] for line in kept.decode().split("\n\n") if line]
    assert PLACEHOLDER.sub("X", "".join(texts)) == "it is X."


def test_of_two_the_longer_is_taken_and_short_ones_are_not() -> None:
    redactor, tally = redactor_of(OFF, b"salt", ["key-12345", "key-12345-b", "short"]), Tally()
    assert PLACEHOLDER.sub("X", redactor.text("key-12345-b short", tally)) == "X short"
    assert known_kind(["short"]) is None
    assert too_short(["short", "long enough"]) == 1


@pytest.mark.parametrize(
    ("is_credential", "value", "secrets"),
    [
        (True, "Bearer abcdefgh", ["abcdefgh", "Bearer abcdefgh"]),
        (True, "abcdefgh", ["abcdefgh"]),
        (False, "aB3aB3aB3aB3", ["aB3aB3aB3aB3"]),
        (False, "0123456789abcdef0123", ["0123456789abcdef0123"]),
        (False, "https://Example.org/app1", []),
        (False, "output-128k-2025-02-19", []),
        (False, "Team Blue 12 of the company", []),
    ],
)
def test_a_header_holds_a_secret_by_its_name_or_by_its_looks(
    is_credential: bool, value: str, secrets: list[str]
) -> None:
    assert list(header_secrets(is_credential, value)) == secrets


def test_a_login_is_known_whole_by_its_password_and_as_basic_authentication_writes_it() -> None:
    assert list(login_secrets("me:pass:word")) == ["me:pass:word", "pass:word", "bWU6cGFzczp3b3Jk"]
