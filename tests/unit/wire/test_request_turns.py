"""Who said what, whatever dialect it was said in."""

from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from shadowbench.records import Dialect
from shadowbench.wire.request_turns import Said, last_user_text, turns_of

SYSTEM, USER, ASSISTANT = ("system", "be kind"), ("user", "hello"), ("assistant", "hi")
TALK = [{"role": role, "content": text} for role, text in (USER, ASSISTANT, ("user", "and now?"))]


@pytest.mark.parametrize(
    ("dialect", "request_"),
    [
        (Dialect.OPENAI_CHAT, {"messages": [{"role": "system", "content": "be kind"}, *TALK]}),
        (Dialect.OLLAMA_CHAT, {"messages": [{"role": "system", "content": "be kind"}, *TALK]}),
        (Dialect.ANTHROPIC_MESSAGES, {"system": [{"type": "text", "text": "be kind"}], "messages": TALK}),
        (Dialect.OPENAI_RESPONSES, {"instructions": "be kind", "input": TALK}),
    ],
)
def test_a_conversation_reads_alike_in_every_dialect(dialect: Dialect, request_: dict[str, Any]) -> None:
    assert list(turns_of(dialect, request_)) == [SYSTEM, USER, ASSISTANT, ("user", "and now?")]
    assert last_user_text(dialect, request_) == "and now?"


@pytest.mark.parametrize(
    ("dialect", "request_", "last"),
    [
        (Dialect.OPENAI_RESPONSES, {"input": "hello"}, "hello"),
        (Dialect.OPENAI_COMPLETIONS, {"prompt": "hello"}, "hello"),
        (Dialect.OPENAI_COMPLETIONS, {"prompt": ["hello", "bye"]}, "hello"),
        (Dialect.OPENAI_COMPLETIONS, {"prompt": [17, 4]}, None),
        (Dialect.OPENAI_COMPLETIONS, {"prompt": []}, None),
        (Dialect.OLLAMA_GENERATE, {"prompt": "hello", "system": "be kind"}, "hello"),
        (Dialect.OPENAI_CHAT, {"messages": [{"role": "user", "content": [{"type": "image_url"}]}]}, None),
        (Dialect.OPENAI_CHAT, {"messages": [{"role": "user", "content": "  "}]}, None),
        (Dialect.OPENAI_CHAT, {"messages": "hello"}, None),
        (Dialect.UNKNOWN, {"prompt": "hello"}, None),
    ],
)
def test_what_the_user_said_last(dialect: Dialect, request_: dict[str, Any], last: str | None) -> None:
    assert last_user_text(dialect, request_) == last


def test_parts_are_lines_of_one_message() -> None:
    content = [{"type": "input_text", "text": "look"}, {"type": "input_image"}, {"type": "input_text", "text": "here"}]
    request = {"input": [{"role": "user", "content": content}]}
    assert last_user_text(Dialect.OPENAI_RESPONSES, request) == "look\nhere"


def test_what_tools_brought_is_not_what_the_user_said() -> None:
    result = {"type": "tool_result", "tool_use_id": "t", "content": [{"type": "text", "text": "12 °C"}]}
    asked = {"role": "user", "content": "weather?"}
    anthropic = {"messages": [asked, {"role": "user", "content": [result]}]}
    assert last_user_text(Dialect.ANTHROPIC_MESSAGES, anthropic) == "weather?"
    assert list(turns_of(Dialect.ANTHROPIC_MESSAGES, anthropic)) == [("user", "weather?"), ("tool", "12 °C")]
    responses = {"input": [asked, {"type": "function_call_output", "call_id": "t", "output": "12 °C"}]}
    assert list(turns_of(Dialect.OPENAI_RESPONSES, responses)) == [("user", "weather?"), ("tool", "12 °C")]


def test_earlier_thinking_is_nobody_s_word() -> None:
    parts = [{"type": "thinking", "thinking": "hm", "text": "hm"}, {"type": "text", "text": "hi"}]
    request = {"messages": [{"role": "assistant", "content": parts}]}
    assert list(turns_of(Dialect.ANTHROPIC_MESSAGES, request)) == [Said("assistant", "hi")]


_JSON: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.integers() | st.text(max_size=5) | st.sampled_from(["user", "text", "tool_result"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(
        st.sampled_from(["role", "content", "type", "text", "output", "messages", "input", "prompt"]), inner, max_size=4
    ),
)  # fmt: skip


@given(
    st.sampled_from(list(Dialect)), st.dictionaries(st.sampled_from(["messages", "input", "prompt", "system"]), _JSON)
)
@example(Dialect.OPENAI_CHAT, {"system": [{"role": None, "type": []}]})
def test_anything_may_stand_anywhere(dialect: Dialect, request: dict[str, Any]) -> None:
    assert all(isinstance(turn.text, str) and turn.text for turn in turns_of(dialect, request))
    last = last_user_text(dialect, request)
    assert last is None or last.strip()
