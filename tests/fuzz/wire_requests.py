"""Bytes into what reads, patches and translates requests in `shadowbench.wire`."""

from __future__ import annotations

import json
from typing import Any

from shadowbench.records import Dialect
from shadowbench.wire.patch import Patch, Unpatchable, get_elements, set_text
from shadowbench.wire.paths import dialect_of
from shadowbench.wire.requests import RequestFacts, Unreadable, parse_request
from shadowbench.wire.translation import Translated, Untranslatable, can_translate, translate
from tests.fuzz import words
from tests.fuzz.samples import PLAIN, REQUESTS
from tests.fuzz.script import Script

_DIALECTS = tuple(Dialect)
_PAIRS = tuple((a, b) for a in Dialect for b in Dialect if can_translate(a, b))


def _without(request: dict[str, Any], *names: str) -> dict[str, Any]:
    return {name: value for name, value in request.items() if name not in names}


_TALK = {"model": "m", "stream": False, "messages": [*PLAIN["messages"], *REQUESTS[4]["messages"][1:]]}
_SAMPLES = {  # the longer ones are refused by some targets; spoiling may mend them
    Dialect.OPENAI_CHAT: (REQUESTS[0], REQUESTS[1], _without(REQUESTS[0], "seed", "stop", "user"), PLAIN),
    Dialect.OPENAI_RESPONSES: (
        REQUESTS[2],
        _without(REQUESTS[2], "text"),
        {"model": "m", "input": "x", "stream": True},
    ),
    Dialect.ANTHROPIC_MESSAGES: (
        REQUESTS[3],
        _without(REQUESTS[3], "thinking", "tool_choice", "stop_sequences", "metadata"),
        PLAIN | {"max_tokens": 9},
    ),
    Dialect.OLLAMA_CHAT: (REQUESTS[4], _TALK | {"tools": REQUESTS[4]["tools"]}, PLAIN),
}
_PATHS = (("model",), ("stream_options", "include_usage"), ("a", "b"), ("messages",), ("tools", "*", "strict"))


def facts(data: bytes) -> None:
    """An input is a `Script`: the dialect; and bytes, or what makes JSON."""
    script = Script(data)
    dialect = _DIALECTS[script.next(len(_DIALECTS))]
    body = words.body(script.wire)
    assert isinstance(dialect_of(body.decode("latin-1")), Dialect)
    read = parse_request(dialect, body)
    if isinstance(read, Unreadable):
        return
    assert isinstance(read, RequestFacts)
    assert len(read.opening) <= 4 * len(body) + 16, "an opening longer than the request"
    for text in (read.model, read.user, read.state_reason, *read.server_tools):
        assert text is None or text.encode() is not None  # real Unicode: it labels and is logged


def patches(data: bytes) -> None:
    """An input is a `Script`: what is changed; and bytes, or what makes JSON. The standard library says what it means."""
    script = Script(data)
    body = words.body(script.wire)
    patch = Patch.of(body)
    if isinstance(patch, Unpatchable):
        assert patch.reason in ("not_json", "too_deep", "not_an_object", "duplicate_key", "member_not_an_object")
        return
    assert patch.render() == body, "nothing was changed"
    assert _value(body) == {name: _value(patch.get(name) or b"") for name in patch.names()}
    names = sorted(patch.names())
    name = names[script.next(len(names))] if names and script.next(4) else "model"
    _check_change(body, name, ("set", "drop", "rename", "path")[script.next(4)], script)
    _check_elements(body, names)


def _check_change(body: bytes, name: str, change: str, script: Script) -> None:
    patch = Patch.of(body)
    assert isinstance(patch, Patch)
    before = _value(body)
    if change == "set":
        patch.set(name, b'"new"')
        expected = before | {name: "new"}
        quick = set_text(body, name, b'"new"') if isinstance(before.get(name), str) else None
        assert quick is None or _value(quick) == expected
    elif change == "drop":
        patch.drop(name)
        expected = {key: value for key, value in before.items() if key != name}
    elif change == "rename":
        new = ("new", "model")[script.next(2)]
        patch.rename(name, new)
        expected = {key: value for key, value in before.items() if key != name}
        if name in before and new not in expected:
            expected[new] = before[name]
        expected = before if name == new else expected
    else:
        path = _PATHS[script.next(len(_PATHS))]
        patch.drop_path(path)
        expected = _dropped(before, path)
    assert _value(patch.render()) == expected, (change, name)


def _dropped(value: Any, path: tuple[str, ...]) -> Any:
    name, *below = path
    if name == "*" and isinstance(value, list) and below:
        return [_dropped(element, tuple(below)) for element in value]
    if not isinstance(value, dict) or name not in value or (below and len(value) != len(set(value))):
        return value
    if not below:
        return {key: kept for key, kept in value.items() if key != name}
    return value | {name: _dropped(value[name], tuple(below))}


def _check_elements(body: bytes, names: list[str]) -> None:
    patch = Patch.of(body)
    assert isinstance(patch, Patch)
    for name in names:
        elements = get_elements(patch.get(name) or b"null")
        value = _value(patch.get(name) or b"null")
        assert (elements is not None) == isinstance(value, list)
        assert elements is None or [_value(element) for element in elements] == value


class _Pairs(list[Any]):
    """An object in which a name stands twice: what it means is nobody's to say."""


def _value(body: bytes) -> Any:
    def members(pairs: list[tuple[str, Any]]) -> Any:
        made = dict(pairs)
        return made if len(made) == len(pairs) else _Pairs(pairs)

    return json.loads(body, parse_float=str, parse_int=str, object_pairs_hook=members)


def translations(data: bytes) -> None:
    """An input is a `Script`: from which dialect into which; and bytes, or what makes JSON."""
    script = Script(data)
    source, target = _PAIRS[script.next(len(_PAIRS))]
    body = words.body(script.wire, _SAMPLES[source])
    found = translate(source, target, body, default_max_tokens=77)
    if isinstance(found, Untranslatable):
        return
    assert isinstance(found, Translated)
    assert json.loads(found.body) is not None and found.path_hint.isascii() and " " not in found.path_hint
    read = parse_request(target, found.body)
    assert not isinstance(read, Unreadable) or target is Dialect.GEMINI, "we cannot read what we wrote"
    if can_translate(target, source):
        _check_round_trips(source, target, found)


def _check_round_trips(source: Dialect, target: Dialect, there: Translated) -> None:
    """What a dialect demands and the other leaves to defaults is added by the first round; the second adds nothing."""
    back = translate(target, source, there.body, default_max_tokens=77)
    if not isinstance(back, Translated):
        return
    again = translate(source, target, back.body, default_max_tokens=77)
    assert isinstance(again, Translated), f"there, back, and not there again: {again}"
    settled = translate(target, source, again.body, default_max_tokens=77)
    assert isinstance(settled, Translated), f"there and back, and not there and back again: {settled}"
    assert json.loads(settled.body) == json.loads(back.body), "there and back is another request each time"
