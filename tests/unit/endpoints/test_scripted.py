import json
import re

import pytest

from shadowbench.endpoints import scripted
from shadowbench.endpoints.scripted import Asked
from shadowbench.records import Dialect


def asked(**changes: object) -> Asked:
    request = {"model": "m", "messages": [{"role": "user", "content": "Name three rivers of Europe, please."}]}
    read = scripted.read("/v1/chat/completions", json.dumps(request | changes).encode())
    assert read is not None
    return read


def test_the_same_prompt_gets_the_same_answer_below_temperature_one() -> None:
    assert scripted.say(asked(temperature=0), 1) == scripted.say(asked(temperature=0), 2)


def test_a_hot_answer_differs_from_call_to_call() -> None:
    assert scripted.say(asked(temperature=1.5), 1).text != scripted.say(asked(temperature=1.5), 2).text


def test_max_tokens_cuts_the_answer_and_says_so() -> None:
    said = scripted.say(asked(max_tokens=3))
    assert (said.output_tokens, said.cut) == (3, True)
    assert scripted.say(asked()).text.startswith(said.text)


def test_content_may_be_a_list_of_parts() -> None:
    parts = [{"role": "user", "content": [{"type": "text", "text": "one"}, {"type": "text", "text": "two"}]}]
    assert asked(messages=parts).prompt == "one two"


def test_an_offered_tool_is_called_with_its_own_parameters() -> None:
    tool = {"type": "function", "function": {"name": "weather", "parameters": {"properties": {"city": {}}}}}
    said = scripted.say(asked(tools=[tool]))
    assert said.call is not None
    assert list(json.loads(said.call)) == ["city"]
    assert said.text == ""


def test_what_is_not_json_or_no_known_path_is_not_read() -> None:
    assert scripted.read("/v1/chat/completions", b"{") is None
    assert scripted.read("/v1/files", b"{}") is None


def test_the_same_question_has_the_same_answer_in_every_wire_format() -> None:
    messages = [{"role": "user", "content": "Name a river."}]
    contents = {"parts": [{"text": "Be brief."}]}, [{"parts": [{"text": "Name a river."}]}]
    ways: list[tuple[str, dict[str, object]]] = [
        ("/v1/chat/completions", {"messages": [{"role": "system", "content": "Be brief."}, *messages]}),
        ("/v1/responses", {"instructions": "Be brief.", "input": "Name a river."}),
        ("/v1/completions", {"prompt": "Be brief. Name a river."}),
        ("/v1/messages", {"system": "Be brief.", "messages": messages}),
        ("/api/chat", {"messages": [{"role": "system", "content": "Be brief."}, *messages]}),
        ("/api/generate", {"system": "Be brief.", "prompt": "Name a river."}),
        ("/v1beta/models/m:generateContent", {"systemInstruction": contents[0], "contents": contents[1]}),
    ]
    read = [scripted.read(path, json.dumps(request).encode()) for path, request in ways]
    assert len({asked.dialect for asked in read if asked}) == len(ways)
    assert len({scripted.say(asked) for asked in read if asked}) == 1


@pytest.mark.parametrize(
    ("path", "limited"),
    [
        ("/v1/chat/completions", {"max_completion_tokens": 3}),
        ("/v1/completions", {"max_tokens": 3}),
        ("/v1/responses", {"max_output_tokens": 3}),
        ("/v1/messages", {"max_tokens": 3}),
        ("/api/chat", {"options": {"num_predict": 3}}),
        ("/api/generate", {"options": {"num_predict": 3}}),
        ("/v1beta/models/m:generateContent", {"generationConfig": {"maxOutputTokens": 3}}),
    ],
)
def test_every_wire_format_has_its_name_for_the_bound_and_a_word_for_an_answer_cut_by_it(
    path: str, limited: dict[str, object]
) -> None:
    def finish(request: dict[str, object]) -> tuple[str, ...]:
        read = scripted.read(path, json.dumps(request).encode())
        assert read is not None
        body = scripted.as_json(read, scripted.say(read)).decode()
        return tuple(re.findall(r"length|max_tokens|max_output_tokens|MAX_TOKENS", body))

    assert len(finish(limited)) == 1
    assert finish({}) == ()


def test_errors_are_written_as_each_provider_writes_them() -> None:
    openai = json.loads(scripted.as_error(Dialect.OPENAI_CHAT, "rate_limit_error", "slow down"))
    anthropic = json.loads(scripted.as_error(Dialect.ANTHROPIC_MESSAGES, "overloaded_error", "slow down"))
    assert openai["error"]["code"] == "rate_limit_error"
    assert (anthropic["type"], anthropic["error"]["type"]) == ("error", "overloaded_error")
