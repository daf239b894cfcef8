"""What holds of every request: there and back it means the same; nothing unknown passes; no body raises."""

from __future__ import annotations

import copy
import json
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from shadowbench.records import Dialect
from shadowbench.wire.neutral import Conversation
from shadowbench.wire.translation import (
    Reason,
    Translated,
    Untranslatable,
    anthropic_messages,
    exact_json,
    gemini,
    ollama_chat,
    openai_chat,
    openai_responses,
    translate,
)
from tests.unit.wire.translation import vendors
from tests.unit.wire.translation.bodies import CHAT, GEMINI, MESSAGES, OLLAMA, PAIRS, RESPONSES, SOURCES
from tests.unit.wire.translation.conversations import conversations, meaning

FILES: dict[Dialect, Any] = {
    CHAT: openai_chat,
    RESPONSES: openai_responses,
    MESSAGES: anthropic_messages,
    OLLAMA: ollama_chat,
}
BACK_AND_FORTH = [(source, target) for source, target in PAIRS if target != GEMINI]
# Members of these hold what only clients and their tools read.
OPAQUE = ("parameters", "input_schema", "schema", "arguments", "input", "metadata", "stream_options", "format")

some = settings(
    max_examples=15, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large]
)


def written(dialect: Dialect, conversation: Conversation) -> bytes:
    body = FILES[dialect].build(conversation)
    assert isinstance(body, dict), body
    return exact_json.write(body)


def read(dialect: Dialect, body: bytes) -> Conversation:
    conversation = FILES[dialect].parse(exact_json.read(body))
    assert isinstance(conversation, Conversation), conversation
    return conversation


def becomes(source: Dialect, target: Dialect, body: bytes) -> bytes:
    result = translate(source, target, body, default_max_tokens=9)
    assert isinstance(result, Translated), result
    return result.body


@pytest.mark.parametrize(("source", "target"), BACK_AND_FORTH, ids=str)
@some
@given(conversations)
def test_there_and_back_it_means_the_same(source: Dialect, target: Dialect, conversation: Conversation) -> None:
    body = written(source, conversation)
    assert meaning(read(source, body)) == meaning(conversation)
    back = becomes(target, source, becomes(source, target, body))
    assert meaning(read(source, back)) == meaning(conversation)


@pytest.mark.parametrize("dialect", SOURCES, ids=str)
@some
@given(conversations)
def test_what_is_written_is_of_the_vendors_types(dialect: Dialect, conversation: Conversation) -> None:
    vendors.check(dialect, json.loads(written(dialect, conversation)))


@some
@given(conversations)
def test_gemini_gets_every_turn_in_its_order(conversation: Conversation) -> None:
    body: Any = gemini.build(conversation)
    said = [part["text"] for content in body["contents"] for part in content["parts"] if "text" in part]
    turns = [turn for turn in conversation.turns if not hasattr(turn, "role") and not hasattr(turn, "call_id")]
    assert said == [part.text for turn in turns for part in turn.parts if hasattr(part, "text")]


def objects(value: Any) -> Iterator[dict[str, Any]]:
    """Every object of a request that has a table."""
    if isinstance(value, dict):
        yield value
        for name, member in value.items():
            if name not in OPAQUE or isinstance(member, list):
                yield from objects(member)
    if isinstance(value, list):
        for member in value:
            yield from objects(member)


@pytest.mark.parametrize(("source", "target"), PAIRS, ids=str)
@some
@given(conversation=conversations, data=st.data())
def test_a_member_that_nobody_knows_is_never_let_pass(
    source: Dialect, target: Dialect, conversation: Conversation, data: st.DataObject
) -> None:
    body = json.loads(written(source, conversation))
    places = list(objects(body))
    data.draw(st.sampled_from(places))["surprise"] = data.draw(st.sampled_from([0, False, "", "yes", [], {}]))
    result = translate(source, target, json.dumps(body).encode(), default_max_tokens=9)
    assert result == Untranslatable(reason=Reason.UNKNOWN_MEMBER)


anything = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=3)
    | st.sampled_from([10**400, "\ud83d"]),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.text(max_size=3), inner, max_size=2),
    max_leaves=4,
)


def spots(value: Any) -> Iterator[tuple[Any, Any]]:
    """Every place in a request that something else can be put into."""
    for key in value if isinstance(value, dict) else range(len(value)) if isinstance(value, list) else ():
        yield value, key
        yield from spots(value[key])


@pytest.mark.parametrize(("source", "target"), PAIRS, ids=str)
@some
@given(conversation=conversations, data=st.data())
def test_no_body_raises_and_every_reason_is_of_the_set(
    source: Dialect, target: Dialect, conversation: Conversation, data: st.DataObject
) -> None:
    body = copy.deepcopy(json.loads(written(source, conversation)))
    for _ in range(data.draw(st.integers(min_value=1, max_value=3))):
        place, key = data.draw(st.sampled_from(list(spots(body))))
        place[key] = data.draw(anything)
    result = translate(source, target, json.dumps(body).encode(), default_max_tokens=9)
    if isinstance(result, Untranslatable):
        assert result.reason in list(Reason)
    else:
        json.loads(result.body)
