"""Texts, bodies and streams: nothing of a secret is left, and nothing else is changed."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st

from shadowbench.redaction.kinds import RedactionOptions
from shadowbench.redaction.placeholders import PLACEHOLDER
from shadowbench.redaction.redactor import redactor_of
from shadowbench.redaction.tally import Tally

REDACTOR = redactor_of(RedactionOptions(), b"salt" * 8)

_ALNUM = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"
SECRETS = st.one_of(
    st.from_regex(r"[a-z]{1,8}\.[a-z]{1,8}@[a-z]{2,9}\.(?:com|org|co\.uk)", fullmatch=True),
    st.text(_ALNUM, min_size=24, max_size=48).map("sk-proj-".__add__),
    st.text(_ALNUM, min_size=36, max_size=36).map("ghp_".__add__),
    st.from_regex(r"AKIA[A-Z0-9]{16}", fullmatch=True),
    st.sampled_from(["4111 1111 1111 1111", "378282246310005", "5555-5555-5555-4444"]),
    st.from_regex(r"\+1 \([2-9][0-9]{2}\) [2-9][0-9]{2}-[0-9]{4}", fullmatch=True),
    st.from_regex(r"[2-9][0-9]{2}-[2-9][0-9]{2}-[0-9]{4}", fullmatch=True),
)
WORDS = st.text(st.characters(exclude_categories=("Cs",)), max_size=30)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text() | SECRETS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8) | SECRETS, inner, max_size=4),
    max_leaves=20,
)


def escaped(text: str, every: int) -> str:
    """`text` as a JSON string in which every n-th character is written as \\u00xx."""
    parts = [
        rf"\u{ord(c):04x}" if at % every == 0 and ord(c) < 65536 else json.dumps(c)[1:-1] for at, c in enumerate(text)
    ]
    return '"' + "".join(parts) + '"'


def traces(secret: str, kept: str) -> list[str]:
    """Parts of a secret, six characters long, that were kept."""
    kept = PLACEHOLDER.sub("", kept)
    return [secret[at : at + 6] for at in range(len(secret) - 5) if secret[at : at + 6] in kept]


def sse(*events: Any) -> bytes:
    """A stream of events."""
    return b"".join(b"data: " + json.dumps(event).encode() + b"\n\n" for event in events) + b"data: [DONE]\n\n"


def deltas(stream: bytes) -> str:
    """The text that the chunks of a chat stream sum up to."""
    events = [json.loads(line[6:]) for line in stream.decode().split("\n") if line.startswith("data: {")]
    return "".join(choice["delta"]["content"] for event in events for choice in event["choices"])


def redacted(body: str | bytes) -> tuple[str, dict[str, int]]:
    """A body redacted, and the counts."""
    tally = Tally()
    data = REDACTOR.body(body.encode() if isinstance(body, str) else body, tally)
    return data.decode(), tally.by_kind()


@given(SECRETS, WORDS, WORDS)
def test_nothing_of_a_secret_is_left_in_a_text(secret: str, before: str, after: str) -> None:
    assume(not traces(secret, f"{before} {after}"))
    text = REDACTOR.text(f"{before} {secret} {after}", Tally())
    assert traces(secret, text) == []
    assert REDACTOR.text(text, Tally()) == text


@given(SECRETS, WORDS, st.integers(1, 4), st.integers(0, 2))
def test_nothing_of_a_secret_is_left_in_json_however_it_is_escaped(
    secret: str, before: str, every: int, nested: int
) -> None:
    assume(not traces(secret, before))
    text = f'{{"a": {escaped(f"{before} {secret} end", every)}}}'
    for _ in range(nested):
        text = json.dumps({"role": "tool", "arguments": text})
    assert REDACTOR.is_suspicious(text.encode())
    kept, counts = redacted(text)
    value: Any = json.loads(kept)
    for _ in range(nested):
        value = json.loads(value["arguments"])
    assert traces(secret, value["a"]) == [] and counts
    assert redacted(kept) == (kept, {})


@given(JSON, st.booleans())
def test_json_stays_json_and_what_holds_nothing_stays_equal(value: Any, is_ascii: bool) -> None:
    text = json.dumps(value, ensure_ascii=is_ascii)
    tally = Tally()
    kept = REDACTOR.body(text.encode("utf-8", "surrogatepass"), tally).decode("utf-8", "surrogatepass")
    json.loads(kept)
    assert (kept == text) == (not tally)
    again = Tally()
    assert REDACTOR.body(kept.encode("utf-8", "surrogatepass"), again).decode("utf-8", "surrogatepass") == kept
    assert not again


@given(SECRETS, WORDS, st.data())
@example("joe.x@example.com", "", None)
def test_nothing_of_a_secret_is_left_in_a_stream_however_it_is_cut(secret: str, before: str, data: Any) -> None:
    assume(not traces(secret, before))
    text = f"{before} {secret} and on"
    cuts = sorted(data.draw(st.sets(st.integers(0, len(text))))) if data else range(0, len(text), 3)
    pieces = [text[start:end] for start, end in zip([0, *cuts], [*cuts, len(text)], strict=True)]
    stream = sse(
        *({"id": "c-1", "created": 1763640366, "choices": [{"index": 0, "delta": {"content": p}}]} for p in pieces)
    )
    tally = Tally()
    kept = REDACTOR.stream(stream, tally)
    assert traces(secret, deltas(kept)) == []
    assert deltas(kept) == REDACTOR.text(text, Tally())
    assert tally.by_kind() and REDACTOR.stream(kept, Tally()) == kept


def test_two_answers_in_one_stream_are_not_mixed_up() -> None:
    chunks = [(0, "joe@exa"), (1, "sue@exa"), (0, "mple.com"), (1, "mple.org")]
    stream = sse(*({"choices": [{"index": i, "delta": {"content": text}}]} for i, text in chunks))
    tally = Tally()
    kept = [json.loads(line[6:])["choices"][0]["delta"]["content"] for line in
            REDACTOR.stream(stream, tally).decode().split("\n") if line.startswith("data: {")]  # fmt: skip
    assert re.fullmatch(r"\[email:\w+\]", kept[0]) and re.fullmatch(r"\[email:\w+\]", kept[1]) and kept[2:] == ["", ""]
    assert tally.by_kind() == {"email": 2}


def test_other_streams_than_chat() -> None:
    anthropic = b"".join(
        b"event: content_block_delta\r\ndata: " + json.dumps(
            {"type": "content_block_delta", "index": 0, "delta": {"type": "input_json_delta", "partial_json": part}}
        ).encode() + b"\r\n\r\n"
        for part in ('{"to":"joe\\u0040e', "xample", '.com"}')
    )  # fmt: skip
    kept = REDACTOR.stream(anthropic, Tally())
    assert b"xample" not in kept and b"[email:" in kept and kept.count(b"\r\n") == anthropic.count(b"\r\n")
    ollama = b"".join(
        json.dumps({"message": {"content": part}}).encode() + b"\n" for part in ("4111 1111 ", "1111 1111")
    )
    assert b"1111" not in REDACTOR.stream(ollama, Tally())
    odd = b": joe@example.com\nretry: 5\n\ndata: joe@example.com\n\ndata: {cut joe@example.com"
    assert b"joe" not in REDACTOR.stream(odd, Tally())


def test_members_with_secret_names_lose_their_values() -> None:
    kept, counts = redacted(
        '{"password": "a \\"b", "user": {"apiKey": "k k k"}, "phone": "5551234567", "n": 5551234567}'
    )
    value = json.loads(kept)
    assert value["password"].startswith("[secret:") and value["user"]["apiKey"].startswith("[secret:")
    assert value["phone"].startswith("[phone:") and value["n"] == 5551234567
    assert counts == {"phone": 1, "secret": 2}


def test_a_bare_number_is_a_cards_or_stays() -> None:
    kept, _ = redacted('{"a":4111111111111111,"b":4111111111111112,"c":1763640366123,"d":0.4111111111111111}')
    assert re.fullmatch(
        r'\{"a":"\[card:\w{12}\]","b":4111111111111112,"c":1763640366123,"d":0.4111111111111111\}', kept
    )


def test_lists_of_tokens_go_where_something_was_found_and_stay_elsewhere() -> None:
    tokens = {"content": [{"token": "joe", "bytes": [106, 111, 101]}, {"token": "@example.com"}]}
    kept, counts = redacted(json.dumps({"content": "joe@example.com", "logprobs": tokens, "z": 1}))
    assert json.loads(kept)["logprobs"] is None and json.loads(kept)["z"] == 1 and counts == {"email": 1, "logprobs": 1}
    clean = json.dumps({"content": "joe", "logprobs": tokens["content"][:1]})
    assert redacted(clean) == (clean, {})


@pytest.mark.parametrize(
    "body",
    [b'{"a":"joe@example.com","b":"cut sue@exam', b"<html>joe@example.com</html>", b"\xff\xfe joe@example.com \x00",
     b'{"b":"joe\\u0040example.com"}{"b":"joe\\u0040example.com', b"[joe@example.com"],
)  # fmt: skip
def test_what_is_not_json_is_searched_as_text(body: bytes) -> None:
    kept = REDACTOR.body(body, Tally())
    assert (
        b"[email:" in kept
        and b"joe@" not in kept
        and len(kept.split(b"[")[0]) == len(body.split(b"joe")[0].split(b"[")[0])
    )


def test_binary_without_findings_stays_byte_for_byte() -> None:
    blob = bytes(range(256)) * 8
    assert REDACTOR.body(blob, Tally()) == blob


def test_a_lone_surrogate_does_no_harm() -> None:
    kept, _ = redacted('{"a":"\\ud83d joe\\u0040example.com"}')
    assert json.loads(kept)["a"].startswith("\ud83d [email:")


def test_kinds_that_are_off_are_left() -> None:
    only_cards = redactor_of(RedactionOptions(kinds=("card",)), b"salt")
    body = b'{"password":"hunter22","mail":"joe@example.com","phone":"5551234567"}'
    assert only_cards.body(body, Tally()) == body
    none = redactor_of(RedactionOptions(kinds=()), b"salt")
    assert none.text("joe@example.com", Tally()) == "joe@example.com"


def test_the_floor_knows_credentials_by_itself() -> None:
    assert REDACTOR.holds_credential(b'{"a":"x\\nghp_Ab3dEf6hIj9kLm2nOp5qRs8tUv1wXy4z1234"}')
    assert not REDACTOR.holds_credential(b"joe@example.com [api_key:0123456789ab]")
    assert not redactor_of(RedactionOptions(kinds=("email",)), b"salt").holds_credential(b"AKIAIOSFODNN7EXAMPLE")
