"""Patching JSON in its bytes: what is asked for changes, and not one byte else."""

import json
import random
from collections.abc import Mapping
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shadowbench.wire.patch import (
    Patch,
    Unpatchable,
    array_of,
    drop_path,
    get_elements,
)


def set_members(body: bytes, changes: Mapping[str, bytes | None]) -> bytes | Unpatchable:
    """Changes to the members of one object, None to drop one, as the mirror makes them."""
    patch = Patch.of(body)
    if isinstance(patch, Unpatchable):
        return patch
    for name, value in changes.items():
        if value is None:
            patch.drop(name)
        else:
            patch.set(name, value)
    return patch.render()


def set_nested_member(body: bytes, outer: str, inner: str, value: bytes) -> bytes | Unpatchable:
    """The same inside of a member that is an object, or is made one."""
    patch = Patch.of(body)
    if isinstance(patch, Unpatchable):
        return patch
    inside = patch.inside(outer)
    if isinstance(inside, Unpatchable):
        return inside
    inside.set(inner, value)
    patch.set(outer, inside.render())
    return patch.render()


def get_members(body: bytes) -> dict[str, bytes | None] | Unpatchable:
    """All members with their values as written."""
    patch = Patch.of(body)
    return patch if isinstance(patch, Unpatchable) else {name: patch.get(name) for name in patch.names()}


@pytest.mark.parametrize(
    ("body", "patched"),
    [
        (b'{"model":"a","n":1}', b'{"model":"z","n":1}'),
        (b'{"n":1,"model":"a"}', b'{"n":1,"model":"z"}'),
        (b' {\n  "model" : "a" ,\n\t"n": 1\r\n} \n', b' {\n  "model" : "z" ,\n\t"n": 1\r\n} \n'),
        (b'{"model":null}', b'{"model":"z"}'),
        (b'{"model":{"a":["}]\\"",{}]},"n":1}', b'{"model":"z","n":1}'),
        (b'{"n":1}', b'{"n":1,"model":"z"}'),
        (b'{\n  "n": 1,\n  "m": 2\n}', b'{\n  "n": 1,\n  "m": 2,\n  "model":"z"\n}'),
        (b"{}", b'{"model":"z"}'),
        (b"{ }", b'{"model":"z" }'),
        (b'{"m\\u006fdel":"a"}', b'{"m\\u006fdel":"z"}'),
        (b'{"a":"\\"model\\":1","model":"a"}', b'{"a":"\\"model\\":1","model":"z"}'),
        (b'{"a":{"model":"in"},"model":"a"}', b'{"a":{"model":"in"},"model":"z"}'),
        (b'{"a":"\\\\","model":"a"}', b'{"a":"\\\\","model":"z"}'),
        ('{"ключ":"é😀","model":"a"}'.encode(), '{"ключ":"é😀","model":"z"}'.encode()),
    ],
)
def test_a_member_is_set_in_its_place_or_added_at_the_end(body: bytes, patched: bytes) -> None:
    assert set_members(body, {"model": b'"z"'}) == patched


@pytest.mark.parametrize(
    ("body", "patched"),
    [
        (b'{"a":1,"user":"u","b":2}', b'{"a":1,"b":2}'),
        (b'{"user":"u","b":2}', b'{"b":2}'),
        (b'{"a":1,"user":"u"}', b'{"a":1}'),
        (b'{"user":"u"}', b"{}"),
        (b'{ "user": "u" }', b"{  }"),
        (b'{"metadata":{},"user":"u"}', b"{}"),
        (b'{"a":1, "user":"u", "metadata":[], "b":2}', b'{"a":1, "b":2}'),
        (b'{"a":1}', b'{"a":1}'),
        (b"{}", b"{}"),
    ],
)
def test_members_are_deleted_with_one_comma_each(body: bytes, patched: bytes) -> None:
    assert set_members(body, {"user": None, "metadata": None}) == patched


@pytest.mark.parametrize(
    "kept",
    [
        b'"seed":9223372036854775807',
        b'"seed":123456789012345678901234567890',
        b'"temperature":1.0',
        b'"temperature":1E-7',
        b'"top_p":1e400',
        b'"stop":"\\ud83d lone"',
        b'"stop":"\\ud83d\\ude00 \\/ \\u0041"',
        b'"x":' + b"9" * 10_000,
        b'"tools" : [ { } , [ ] ]',
    ],
)
def test_ct_60_what_parsers_would_change_stays_as_it_is(kept: bytes) -> None:
    assert set_members(b"{" + kept + b',"model":"a"}', {"model": b'"z"'}) == b"{" + kept + b',"model":"z"}'


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (b'{"temperature":NaN}', "not_json"),
        (b'{"temperature":-Infinity}', "not_json"),
        (b'{"a":1,}', "not_json"),
        (b'{"a":1}{"b":2}', "not_json"),
        (b'{"a":"\xff"}', "not_json"),
        (b'{"a":"\n"}', "not_json"),
        (b'\xef\xbb\xbf{"a":1}', "not_json"),
        (b'{"a":01}', "not_json"),
        (b"{'a':1}", "not_json"),
        (b'{"a":1', "not_json"),
        (b"", "not_json"),
        (b"[1]", "not_an_object"),
        (b'"text"', "not_an_object"),
        (b"null", "not_an_object"),
        (b'{"model":"a","model":"b"}', "duplicate_key"),
        (b'{"model":"a","mod\\u0065l":"b"}', "duplicate_key"),
        (b'{"a":1,"b":2,"a":3}', "duplicate_key"),
        (b'{"a":' + b"[" * 100_000 + b"]" * 100_000 + b"}", "too_deep"),
    ],
)
def test_what_cannot_be_patched_without_guessing_is_said(body: bytes, reason: str) -> None:
    assert set_members(body, {"model": b'"z"'}) == Unpatchable(reason=reason)


def test_nesting_of_hundreds_is_patched() -> None:
    deep = b"[" * 900 + b"]" * 900
    assert set_members(b'{"a":%b,"b":%b}' % (deep, deep), {"b": b"1"}) == b'{"a":%b,"b":1}' % deep


@pytest.mark.parametrize(
    ("body", "patched"),
    [
        (b'{"stream":true}', b'{"stream":true,"stream_options":{"include_usage":true}}'),
        (b'{"stream_options":null}', b'{"stream_options":{"include_usage":true}}'),
        (b'{"stream_options":{}}', b'{"stream_options":{"include_usage":true}}'),
        (
            b'{"stream_options": {"include_usage": false, "x": 1e3} }',
            b'{"stream_options": {"include_usage": true, "x": 1e3} }',
        ),
        (b'{"stream_options":{"x":1},"n":2}', b'{"stream_options":{"x":1,"include_usage":true},"n":2}'),
        (b'{"stream_options":7}', Unpatchable(reason="member_not_an_object")),
        (b'{"stream_options":{"x":1,"x":2}}', Unpatchable(reason="duplicate_key")),
        (b"nonsense", Unpatchable(reason="not_json")),
    ],
)
def test_a_member_of_a_member_is_set(body: bytes, patched: bytes | Unpatchable) -> None:
    assert set_nested_member(body, "stream_options", "include_usage", b"true") == patched


def test_members_are_given_as_written() -> None:
    assert get_members(b'{"a" : 1.50, "b":[ ]}') == {"a": b"1.50", "b": b"[ ]"}
    assert get_members(b"[]") == Unpatchable(reason="not_an_object")


JSON_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=12),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=5), inner, max_size=4),
    max_leaves=25,
)
KEYS = st.sampled_from(["model", "user", "a", 'q"', "é", "\\", "{"]) | st.text(max_size=5)
OBJECTS = st.dictionaries(KEYS, JSON_VALUES, max_size=6)
CHANGES = st.dictionaries(KEYS, st.none() | st.tuples(JSON_VALUES), max_size=4)  # a tuple sets, None deletes


@settings(deadline=None)  # the machine may be busy
@given(OBJECTS, CHANGES, st.sampled_from([None, 0, 2, "\t"]), st.booleans(), st.sampled_from(["", " ", "\r\n"]))
def test_the_patched_object_is_the_updated_one_and_untouched_members_keep_their_bytes(
    value: dict[str, Any], changes: dict[str, Any], indent: Any, is_ascii: bool, around: str
) -> None:
    body = (around + json.dumps(value, indent=indent, ensure_ascii=is_ascii) + around).encode("utf-8", "surrogatepass")
    raw = {key: None if new is None else json.dumps(new[0]).encode() for key, new in changes.items()}
    expected = {key: v for key, v in value.items() if key not in changes or changes[key] is not None}
    expected |= {key: new[0] for key, new in changes.items() if new is not None}

    patched = set_members(body, raw)

    assert isinstance(patched, bytes)
    assert json.loads(patched) == expected
    before, after = get_members(body), get_members(patched)
    assert isinstance(before, dict)
    assert isinstance(after, dict)
    assert all(after[key] == written for key, written in before.items() if key not in changes)
    assert all(after[key] == written for key, written in raw.items() if written is not None)


@settings(deadline=None)  # the machine may be busy
@given(OBJECTS, st.integers(), st.integers(0, 255))
def test_a_damaged_body_is_patched_only_if_it_is_json(value: dict[str, Any], seed: int, byte: int) -> None:
    body = bytearray(json.dumps(value).encode())
    body[random.Random(seed).randrange(len(body))] = byte

    patched = set_members(bytes(body), {"model": b"1"})

    if isinstance(patched, bytes):
        assert json.loads(patched)["model"] == 1
    elif patched.reason == "not_json":
        with pytest.raises(ValueError):
            json.loads(bytes(body).decode(), parse_constant=refuse)


def refuse(constant: str) -> None:
    raise ValueError(constant)


# ── patches gathered first, written once ──


def patch_of(body: bytes) -> Patch:
    found = Patch.of(body)
    assert isinstance(found, Patch)
    return found


def test_changes_are_seen_before_they_are_written() -> None:
    patch = patch_of(b'{"a": 1, "b": {"c": 2}}')
    patch.set("a", b"7")
    patch.drop("b")
    patch.drop("z")
    assert (patch.get("a"), patch.get("b"), patch.get("z")) == (b"7", None, None)
    assert patch.render() == b'{"a": 7}'


def test_a_member_is_renamed_in_its_place() -> None:
    patch = patch_of(b'{ "a": 1 , "b" : 2.50, "c":3 }')
    patch.rename("b", 'q"')
    patch.rename("missing", "x")
    assert patch.get('q"') == b"2.50" and patch.get("b") is None
    assert patch.render() == b'{ "a": 1 , "q\\"":2.50, "c":3 }'


def test_a_rename_gives_way_to_a_member_that_has_the_name() -> None:
    patch = patch_of(b'{"a":1,"b":2}')
    patch.rename("a", "b")
    assert patch.render() == b'{"b":2}'


def test_a_renamed_member_can_be_set() -> None:
    patch = patch_of(b'{"a":1,"c":3}')
    patch.rename("a", "b")
    patch.set("b", b"9")
    assert patch.render() == b'{"b":9,"c":3}'


def test_many_members_are_dropped_at_once() -> None:
    patch = patch_of(b'{"a":1,"b":2,"c":3}')
    patch.set("d", b"4")
    patch.drop_all({"a", "d", "z"})
    assert patch.render() == b'{"b":2,"c":3}'


def test_inside_an_object_that_is_missing_is_an_empty_one() -> None:
    patch = patch_of(b'{"n":null,"t":"x"}')
    for name in ("n", "missing"):
        inside = patch.inside(name)
        assert isinstance(inside, Patch)
        inside.set("k", b"1")
        assert inside.render() == b'{"k":1}'
    assert patch.inside("t") == Unpatchable(reason="member_not_an_object")


@pytest.mark.parametrize(
    ("array", "elements"),
    [
        (b"[]", []),
        (b" [ ] ", []),
        (b'[1, "a,]" ,{"b":[2]} , null]', [b"1", b'"a,]"', b'{"b":[2]}', b"null"]),
        (b"[[],[[]]]", [b"[]", b"[[]]"]),
        (b"{}", None),
        (b'"[]"', None),
    ],
)
def test_elements_of_an_array_as_written(array: bytes, elements: list[bytes] | None) -> None:
    assert get_elements(array) == elements


@given(st.lists(st.recursive(st.none() | st.text() | st.integers(), lambda inner: st.lists(inner), max_leaves=8)))
def test_elements_put_together_are_the_array(values: list[Any]) -> None:
    elements = get_elements(json.dumps(values, indent=1).encode())
    assert elements is not None and json.loads(array_of(elements)) == values


@pytest.mark.parametrize(
    ("value", "path", "expected"),
    [
        (b'{"a": 1, "b" : 2.50}', "a", b'{"b" : 2.50}'),
        (b'{"a":{"b":1,"c":1e-7}, "d":1}', "a.b", b'{"a":{"c":1e-7}, "d":1}'),
        (b'{"t":[{"s":1,"n":2}, {"n":3},4,[]]}', "t.*.s", b'{"t":[{"n":2},{"n":3},4,[]]}'),
        (b'{"t":[{"f":{"s":true}}]}', "t.*.f.s", b'{"t":[{"f":{}}]}'),
        (b'{"t": [ 1 , 2 ]}', "t.*.s", b'{"t": [ 1 , 2 ]}'),
        (b'{"t":{"s":1}}', "t.*.s", b'{"t":{"s":1}}'),
        (b'{"t":"s"}', "t.s", b'{"t":"s"}'),
        (b'{"t":1}', "x.y", b'{"t":1}'),
    ],
)
def test_what_stands_at_a_path_is_dropped_and_nothing_else_changes(value: bytes, path: str, expected: bytes) -> None:
    assert drop_path(value, path.split(".")) == expected


NESTED = b'{ "seed": 9007199254740993, "options" : { "temperature":1.50, "num_ctx":4096 } , "x": 1e-7 }'


@pytest.mark.parametrize(
    ("path", "value", "expected"),
    [
        ("options.temperature", b"0", NESTED.replace(b"1.50", b"0")),
        ("options.top_k", b"9", NESTED.replace(b"4096", b'4096, "top_k":9')),
        ("x", b"0", NESTED.replace(b"1e-7", b"0")),
        ("a.b", b"1", NESTED.replace(b"1e-7", b'1e-7, "a":{"b":1}')),
    ],
)
def test_what_stands_at_a_path_is_set_and_nothing_else_changes(path: str, value: bytes, expected: bytes) -> None:
    patch = patch_of(NESTED)
    assert patch.set_path(path.split("."), value) is None
    assert patch.get_path(path.split(".")) == value and patch.render() == expected


def test_objects_on_the_way_are_made_and_other_values_are_no_place() -> None:
    patch = patch_of(b'{"a":null,"t":"x","d":{"k":1,"k":2}}')
    assert patch.set_path(["a", "b", "c"], b"1") is None
    assert patch.set_path(["t", "b"], b"1") == Unpatchable(reason="member_not_an_object")
    assert patch.set_path(["d", "b"], b"1") == Unpatchable(reason="duplicate_key")
    assert patch.get_path(["t", "b"]) is None and patch.get_path(["z", "b"]) is None
    assert patch.render() == b'{"a":{"b":{"c":1}},"t":"x","d":{"k":1,"k":2}}'


def test_what_stands_at_a_path_is_dropped_from_what_was_set_too() -> None:
    patch = patch_of(NESTED)
    for path in ("options.temperature", "options.missing", "seed.x", "missing.x", "x"):
        patch.drop_path(path.split("."))
    patch.set_path(["new", "a"], b"1")
    patch.drop_path(["new", "a"])
    assert patch.render() == b'{ "seed": 9007199254740993, "options" : { "num_ctx":4096 }, "new":{} }'


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ("options.num_ctx", "options.n", NESTED.replace(b"num_ctx", b"n")),
        ("options.temperature", "options.num_ctx", NESTED.replace(b'"temperature":1.50, ', b"")),
        (
            "seed",
            "options.seed",
            b'{ "options" : { "temperature":1.50, "num_ctx":4096, "seed":9007199254740993 } , "x": 1e-7 }',
        ),
        ("x", "options.num_ctx", b'{ "seed": 9007199254740993, "options" : { "temperature":1.50, "num_ctx":4096 } }'),
        ("options.missing", "y", NESTED),
        ("missing.x", "y", NESTED),
        (
            "options.num_ctx",
            "a.b.c",
            NESTED.replace(b', "num_ctx":4096', b"").replace(b"1e-7", b'1e-7, "a":{"b":{"c":4096}}'),
        ),
    ],
)
def test_what_stands_at_a_path_is_moved_byte_by_byte(old: str, new: str, expected: bytes) -> None:
    patch = patch_of(NESTED)
    assert patch.rename_path(old.split("."), new.split(".")) is None
    assert patch.render() == expected


def test_what_has_no_place_is_not_moved() -> None:
    patch = patch_of(NESTED)
    assert patch.rename_path(["x"], ["seed", "a"]) == Unpatchable(reason="member_not_an_object")
    assert patch.render() == NESTED


def test_a_changed_member_is_renamed_with_its_change() -> None:
    patch = patch_of(b'{"a":1,"b":2}')
    patch.set("a", b"7")
    patch.set("new", b"8")
    patch.drop("b")
    patch.rename("a", "x")
    patch.rename("new", "y")
    patch.rename("b", "z")
    assert patch.render() == b'{"x":7,"y":8}'
    patch.rename("x", "b")
    assert patch.render() == b'{"b":7,"y":8}'


PATHS = st.lists(st.sampled_from("abc"), min_size=1, max_size=3)
TREES = st.dictionaries(
    st.sampled_from("abc"),
    st.recursive(st.integers() | st.none(), lambda inner: st.dictionaries(st.sampled_from("abc"), inner, max_size=3)),
)


@given(TREES, PATHS, st.integers())
def test_a_path_is_set_as_in_a_tree(tree: dict[str, Any], path: list[str], value: int) -> None:
    patch = patch_of(json.dumps(tree).encode())
    fault = patch.set_path(path, b"%d" % value)
    at: Any = tree
    for name in path[:-1]:
        if at.get(name) is None:
            at[name] = {}
        at = at[name]
        if not isinstance(at, dict):
            assert fault == Unpatchable(reason="member_not_an_object")
            return
    at[path[-1]] = value
    assert fault is None and json.loads(patch.render()) == tree
