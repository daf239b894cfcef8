"""What a candidate is asked, member by member."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shadowbench.errors import ConfigurationError
from shadowbench.mirror.bodies import BodyShaper, ShapedBody, Unshapable
from shadowbench.mirror.head import parse_head
from shadowbench.mirror.housekeeping import BOOKINGS, ENGINE, IDENTIFIERS, PLUMBING
from shadowbench.mirror.options import CandidateOptions, Range
from shadowbench.mirror.plan import CopiedRequest
from shadowbench.wire.paths import dialect_of
from shadowbench.wire.requests import RequestFacts, parse_request

CHAT: dict[str, Any] = {"model": "big", "messages": [{"role": "user", "content": "Hi"}]}


def request(body: bytes | dict[str, Any], path: str = "/v1/chat/completions") -> CopiedRequest:
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    head = parse_head(f"POST {path} HTTP/1.1\r\n".encode())
    facts = parse_request(dialect_of(path), raw)
    assert isinstance(facts, RequestFacts)
    return CopiedRequest(head=head, dialect=dialect_of(path), endpoint=path, body=raw, facts=facts)


def shaper(**changes: Any) -> BodyShaper:
    return BodyShaper(CandidateOptions(**({"name": "small", "url": "http://c"} | changes)))


def shaped(of: CopiedRequest, **changes: Any) -> ShapedBody:
    found = shaper(**changes).shape(of)
    assert isinstance(found, ShapedBody)
    return found


def members(of: CopiedRequest, **changes: Any) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(shaped(of, **changes).body)
    return found


# ── what is between the client and production ──


def test_ct_85_nobody_is_named_and_nothing_is_booked() -> None:
    given = CHAT | {name: {"a": "b"} for name in IDENTIFIERS | BOOKINGS}
    assert members(request(given)) == CHAT
    assert members(request(given), keep_identifiers=True) == CHAT | {name: {"a": "b"} for name in IDENTIFIERS}


def test_ct_87_an_engines_plumbing_is_not_copied() -> None:
    assert members(request(CHAT | dict.fromkeys(PLUMBING, 1))) == CHAT


@pytest.mark.parametrize("name", sorted(ENGINE))
def test_ct_87_words_of_one_engine_only_are_skipped_kept_or_dropped(name: str) -> None:
    of = request(CHAT | {name: {"enable_thinking": False}})
    assert shaper().shape(of) == Unshapable(reason="engine_fields")
    assert members(of, engine_fields="keep") == CHAT | {name: {"enable_thinking": False}}
    assert members(of, engine_fields="drop") == CHAT


def test_ct_82_responses_are_never_stored() -> None:
    base = {"model": "m", "input": "a"}
    assert members(request(base, "/v1/responses")) == base | {"store": False}
    assert members(request(base | {"store": True}, "/v1/responses")) == base | {"store": False}


def test_ct_84_tools_of_the_provider_are_stripped_when_asked() -> None:
    function = {"type": "function", "function": {"name": "f", "parameters": {}}}
    search = {"type": "web_search", "external_web_access": True}
    own = {"type": "function", "name": "f", "parameters": {}}
    mixed = request({"model": "m", "input": "a", "tools": [own, search]}, "/v1/responses")
    assert members(mixed, server_tools="strip")["tools"] == [own]
    alone = request({"model": "m", "input": "a", "tools": [search], "tool_choice": "auto"}, "/v1/responses")
    assert members(alone, server_tools="strip") == {"model": "m", "input": "a", "store": False}
    chat = request(CHAT | {"tools": [function], "web_search_options": {}})
    assert members(chat, server_tools="strip") == CHAT | {"tools": [function]}


# ── parameters ──


@pytest.mark.parametrize(
    ("body", "options", "expected"),
    [
        ({"max_tokens": 8}, {"rename": {"max_tokens": "max_completion_tokens"}}, {"max_completion_tokens": 8}),
        (
            {"max_tokens": 8, "max_completion_tokens": 9},
            {"rename": {"max_tokens": "max_completion_tokens"}},
            {"max_completion_tokens": 9},
        ),
        ({}, {"rename": {"max_tokens": "max_completion_tokens"}}, {}),
        ({"max_tokens": 9000}, {"clamp": {"max_tokens": Range(most=1024.0)}}, {"max_tokens": 1024}),
        ({"max_tokens": 3}, {"clamp": {"max_tokens": Range(least=16.0)}}, {"max_tokens": 16}),
        ({"temperature": 1.7}, {"clamp": {"temperature": Range(least=0.0, most=1.0)}}, {"temperature": 1}),
        ({"temperature": 0.7}, {"clamp": {"temperature": Range(least=0.0, most=1.0)}}, {"temperature": 0.7}),
        ({"temperature": None}, {"clamp": {"temperature": Range(most=1.0)}}, {"temperature": None}),
        ({"stop": "9"}, {"clamp": {"stop": Range(most=1.0)}}, {"stop": "9"}),
        ({"temperature": 1.7}, {"parameters": {"temperature": None}}, {}),
        (
            {"max_tokens": 9},
            {
                "rename": {"max_tokens": "m"},
                "parameters": {"m": "99"},
                "clamp": {"m": Range(most=50.5)},
            },
            {"m": 50.5},
        ),
    ],
)
def test_ct_86_parameters_are_renamed_then_set_then_clamped(
    body: dict[str, Any], options: dict[str, Any], expected: dict[str, Any]
) -> None:
    assert members(request(CHAT | body), **options) == CHAT | expected


GENERATION = {"generationConfig": {"temperature": 1.5, "topK": 40}}


@pytest.mark.parametrize(
    ("body", "options", "expected"),
    [
        ({}, {"parameters": {"options.temperature": "0"}}, {"options": {"temperature": 0}}),
        ({"options": {"seed": 1}}, {"parameters": {"options.seed": None}}, {"options": {}}),
        ({}, {"parameters": {"options.seed": None}}, {}),
        (GENERATION, {"parameters": {"generationConfig.topK": "1"}}, {"generationConfig": {"temperature": 1.5, "topK": 1}}),
        (GENERATION, {"parameters": {"generationConfig": '{"topP":1}'}}, {"generationConfig": {"topP": 1}}),
        (GENERATION, {"clamp": {"generationConfig.temperature": Range(most=1.0)}},
         {"generationConfig": {"temperature": 1, "topK": 40}}),
        ({}, {"clamp": {"generationConfig.temperature": Range(most=1.0)}}, {}),
        ({"max_tokens": 9}, {"rename": {"max_tokens": "options.num_predict"}}, {"options": {"num_predict": 9}}),
        ({"options": {"num_ctx": 9, "a": 1}}, {"rename": {"options.num_ctx": "options.n"}}, {"options": {"n": 9, "a": 1}}),
        ({"options": {"think": True}}, {"rename": {"options.think": "think"}}, {"options": {}, "think": True}),
    ],
)  # fmt: skip
def test_ct_86_nested_members_are_reached_by_dotted_paths(
    body: dict[str, Any], options: dict[str, Any], expected: dict[str, Any]
) -> None:
    assert members(request(CHAT | body), **options) == CHAT | expected


@pytest.mark.parametrize("options", [{"parameters": {"stop.x": "1"}}, {"rename": {"seed": "stop.x"}}])
def test_a_member_that_is_no_object_has_no_place_for_another(options: dict[str, Any]) -> None:
    found = shaper(**options).shape(request(CHAT | {"stop": "s", "seed": 1}))
    assert found == Unshapable(reason="unpatchable_member_not_an_object")


def test_an_option_of_streams_that_is_configured_stays_as_configured() -> None:
    found = members(request(CHAT | {"stream": True}), parameters={"stream_options.include_usage": "false"})
    assert found["stream_options"] == {"include_usage": False, "include_obfuscation": False}


def test_members_of_another_dialect_are_reached_after_translation() -> None:
    of = request(CHAT | {"temperature": 0.5, "max_tokens": 9})
    found = members(of, dialect="gemini.generate_content", parameters={"generationConfig.temperature": "0"})
    assert found["generationConfig"] == {"temperature": 0, "maxOutputTokens": 9}
    found = members(of, dialect="ollama.chat", clamp={"options.num_predict": Range(most=5.0)})
    assert found["options"] == {"temperature": 0.5, "num_predict": 5}


def test_a_renamed_member_keeps_its_place() -> None:
    raw = b'{"model":"m", "max_tokens" : 8, "messages":[]}'
    found = shaped(request(raw), rename={"max_tokens": "max_completion_tokens"})
    assert found.body == b'{"model":"m", "max_completion_tokens":8, "messages":[]}'


def test_parameters_that_are_no_json_are_a_configuration_error() -> None:
    with pytest.raises(ConfigurationError, match=r"candidates\.small\.parameters\.x is not JSON"):
        shaper(parameters={"x": "{"})


@given(
    numbers=st.lists(
        st.one_of(
            st.integers(-(2**70), 2**70).map(str),
            st.sampled_from(["1e-7", "0.10", "1E+2", "-0.0", "123456789012345678901234567890.5"]),
        ),
        max_size=5,
    ),
    keys=st.lists(st.text(max_size=5), unique=True, max_size=5),
)
def test_ct_60_numbers_key_order_and_escapes_survive(numbers: list[str], keys: list[str]) -> None:
    safe = [key for key in keys if key not in ENGINE | IDENTIFIERS | BOOKINGS | PLUMBING | CHAT.keys() | {"z"}]
    extra = ", ".join(f"{json.dumps(key)}: {number}" for key, number in zip(safe, numbers, strict=False))
    tail = f', {extra}, "z": "\\ud800"}}' if extra else ', "z": "\\ud800"}'
    raw = '{"user": "u", "model": "big", "messages": []' + tail
    found = shaped(request(raw.encode()), model="tiny")
    assert found.body.decode() == '{"model": "tiny", "messages": []' + tail


@given(
    extra=st.dictionaries(
        st.sampled_from(["a", "mod", "model2", "user", "store", "stop", "stream", "n", 'x"model"', "modèl"]),
        st.sampled_from(["model", '"model"', "mo\\del", {"model": "inner"}, [1, "model"], 7, None, True, "ü"]),
        max_size=4,
    ),
    model=st.sampled_from(["big", "", 'b"ig', "model", "modèl", None, 7]),
    first=st.booleans(),
    indent=st.sampled_from([None, 1]),
    ascii_only=st.booleans(),
)
def test_the_short_way_comes_to_what_the_long_way_does(
    extra: dict[str, Any], model: Any, first: bool, indent: int | None, ascii_only: bool
) -> None:
    base = {"model": model, "messages": []}
    body = json.dumps(base | extra if first else extra | base, indent=indent, ensure_ascii=ascii_only).encode()
    of = request(body)
    for by in (shaper(), shaper(model="tiny"), shaper(model='t"ïny')):
        at_once = by._shape_at_once(of)
        assert at_once is None or at_once == by._shape(of)


def test_most_requests_go_the_short_way() -> None:
    assert shaper(model="tiny")._shape_at_once(request(CHAT | {"temperature": 0.5})) is not None


# ── system prompts ──

SYSTEM = {"role": "system", "content": "old"}
DEVELOPER = {"role": "developer", "content": "rules"}
USER = {"role": "user", "content": "Hi"}
OWN = {"role": "system", "content": "new"}


@pytest.mark.parametrize(
    ("mode", "before", "after"),
    [
        ("replace", [SYSTEM, DEVELOPER, USER], [OWN, USER]),
        ("replace", [USER], [OWN, USER]),
        ("replace", [], [OWN]),
        ("prepend", [SYSTEM, USER], [OWN, SYSTEM, USER]),
        ("append", [SYSTEM, DEVELOPER, USER, SYSTEM], [SYSTEM, DEVELOPER, OWN, USER, SYSTEM]),
        ("append", [USER], [OWN, USER]),
    ],
)
@pytest.mark.parametrize("path", ["/v1/chat/completions", "/api/chat"])
def test_a_system_prompt_among_messages(path: str, mode: str, before: list[Any], after: list[Any]) -> None:
    of = request({"model": "m", "messages": before}, path)
    assert members(of, system_prompt="new", system_prompt_mode=mode)["messages"] == after


@pytest.mark.parametrize(
    ("path", "member"), [("/v1/messages", "system"), ("/v1/responses", "instructions"), ("/api/generate", "system")]
)
@pytest.mark.parametrize(
    ("mode", "before", "after"),
    [
        ("replace", "old", "new"),
        ("replace", None, "new"),
        ("prepend", "old", "new\n\nold"),
        ("append", "old", "old\n\nnew"),
        ("append", None, "new"),
    ],
)
def test_a_system_prompt_as_text(path: str, member: str, mode: str, before: str | None, after: str) -> None:
    base: dict[str, Any] = {"model": "m", "messages": [USER], "input": [USER], "prompt": "Hi"}
    of = request(base | ({} if before is None else {member: before}), path)
    assert members(of, system_prompt="new", system_prompt_mode=mode)[member] == after


def test_a_system_prompt_beside_blocks() -> None:
    block = {"type": "text", "text": "old", "cache_control": {"type": "ephemeral"}}
    of = request({"model": "m", "messages": [USER], "system": [block]}, "/v1/messages")
    own = {"type": "text", "text": "new"}
    assert members(of, system_prompt="new", system_prompt_mode="prepend")["system"] == [own, block]
    assert members(of, system_prompt="new", system_prompt_mode="append")["system"] == [block, own]
    assert members(of, system_prompt="new")["system"] == "new"


def test_replacing_instructions_takes_system_items_out_of_the_input() -> None:
    of = request({"model": "m", "input": [DEVELOPER, USER], "instructions": "old"}, "/v1/responses")
    found = members(of, system_prompt="new")
    assert (found["instructions"], found["input"]) == ("new", [USER])


@pytest.mark.parametrize("path", ["/v1/completions", "/v1/embeddings"])
def test_a_dialect_without_system_prompts_is_not_given_one(path: str) -> None:
    of = request({"model": "m", "prompt": "Hi", "input": "Hi"}, path)
    assert shaper(system_prompt="new").shape(of) == Unshapable(reason="system_prompt_form")


# ── other dialects ──


def test_what_the_operator_leaves_out_is_gone_before_translation() -> None:
    tool = {"type": "function", "function": {"name": "f", "strict": True, "parameters": {"type": "object"}}}
    of = request(CHAT | {"seed": 7, "tools": [tool, tool]})
    to = {"dialect": "ollama.chat", "model": "tiny"}
    assert isinstance(shaper(**to).shape(of), Unshapable)
    asked = members(of, **to, leave_out=("tools.*.function.strict", "missing.too"))
    assert len(asked["tools"]) == 2 and "strict" not in json.dumps(asked)
    assert members(of, leave_out=("seed", "tools")) == CHAT


def test_the_candidates_words_are_those_of_its_own_dialect() -> None:
    of = request(CHAT | {"max_tokens": 99, "user": "u"})
    found = shaped(
        of,
        dialect="openai.responses",
        model="tiny",
        parameters={"reasoning": '{"effort":"low"}'},
        clamp={"max_output_tokens": Range(most=50.0)},
        system_prompt="new",
    )
    asked = json.loads(found.body)
    assert (asked["model"], asked["max_output_tokens"], asked["store"]) == ("tiny", 50, False)
    assert asked["reasoning"] == {"effort": "low"} and "user" not in asked and "new" in json.dumps(asked)
    assert (found.dialect.value, found.stream) == ("openai.responses", False)


def test_the_clients_model_is_kept_where_none_is_configured() -> None:
    assert shaped(request(CHAT)).model == "big"
    assert shaped(request(CHAT), dialect="gemini.generate_content").model == "big"


def test_ct_19_ollama_streams_unless_told_otherwise() -> None:
    assert shaped(request(CHAT, "/api/chat")).stream
    assert not shaped(request(CHAT | {"stream": False}, "/api/chat")).stream
