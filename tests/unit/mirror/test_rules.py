from __future__ import annotations

import fnmatch
from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from shadowbench.mirror.head import RequestHead, parse_head
from shadowbench.mirror.options import RuleOptions
from shadowbench.mirror.rules import Body, Pending, Rule, RuleBook, fits, globs

TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=12)
GLOB = st.text(st.sampled_from("ab*?[]!-."), max_size=8)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | TEXT,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXT, inner, max_size=3),
    max_leaves=8,
)


def head(path: str = "/v1/chat/completions", *lines: str) -> RequestHead:
    return parse_head("\r\n".join([f"POST {path} HTTP/1.1", *lines]).encode("latin-1"))


def body(model: str | None = "m", **members: Any) -> Body:
    return Body(model, orjson.dumps(members))


def book(*exclude: RuleOptions, include: tuple[RuleOptions, ...] = ()) -> RuleBook:
    return RuleBook(tuple(map(Rule.of, include)), tuple(map(Rule.of, exclude)))


def verdict(rules: RuleBook, of: RequestHead, then: Body) -> str | None:
    found = rules.at_open(of)
    return found.verdict(then) if isinstance(found, Pending) else found


@given(patterns=st.lists(GLOB, min_size=1, max_size=3), value=st.text("ab.-[]!x\n", max_size=8))
def test_globs_are_those_of_fnmatch(patterns: list[str], value: str) -> None:
    assert fits(globs(patterns), value) == any(fnmatch.fnmatchcase(value, pattern) for pattern in patterns)
    assert fits(None, value) and fits(None, None) and not fits(globs(patterns), None)


def test_a_glob_that_nearly_matches_a_long_value_fails_at_once() -> None:
    assert not fits(globs(["*a" * 20 + "b"]), "a" * 10_000)


def test_what_the_head_decides_is_decided_with_the_head() -> None:
    rules = book(
        RuleOptions(name="internal", paths=("/internal/*", "*/embeddings")),
        RuleOptions(name="team", headers={"X-Team": ("search-*",), "x-stage": ("dev", "test")}),
    )
    assert rules.at_open(head("/internal/v1/chat/completions")) == "excluded_internal"
    assert rules.at_open(head("/v1/embeddings")) == "excluded_internal"
    assert rules.at_open(head("/v1/x", "x-team: search-eu", "X-Stage: dev")) == "excluded_team"
    for left in (["x-team: search-eu"], ["x-team: Search-eu", "x-stage: dev"], ["x-team: search-eu", "x-stage: prod"]):
        assert rules.at_open(head("/v1/x", *left)) == ((), None)


@pytest.mark.parametrize(
    "path", ["//admin/v1/x", "/%61dmin/v1/x", "/admin%2Fv1/x", "/x/../admin/v1/x", "/admin/../v1/x"]
)
def test_no_spelling_of_a_path_slips_through_an_exclude_rule_or_into_an_include_rule(path: str) -> None:
    admin = RuleOptions(name="admin", paths=("/admin/*",))
    assert book(admin).at_open(head(path)) == "excluded_admin"
    assert book(include=(admin,)).at_open(head(path)) == "not_included"
    assert book(include=(admin,)).at_open(head("/admin/v1/x")) == ((), None)


def test_what_needs_the_body_waits_for_it() -> None:
    rules = book(
        RuleOptions(name="small", paths=("/v1/*",), models=("gpt-3*", "*-mini")),
        RuleOptions(name="search", fields={"metadata.team": ("search",), "n": ("[2-9]",)}),
    )
    assert verdict(rules, head("/v1/x"), body("gpt-3.5")) == "excluded_small"
    assert verdict(rules, head("/v2/x"), body("gpt-3.5")) is None
    assert verdict(rules, head("/v1/x"), body(None)) is None
    assert verdict(rules, head("/v1/x"), body(metadata={"team": "search"}, n=3)) == "excluded_search"
    assert verdict(rules, head("/v1/x"), body(metadata={"team": "search"}, n=1)) is None
    assert verdict(rules, head("/v1/x"), body(metadata="search", n=3)) is None


def test_of_include_rules_one_must_match() -> None:
    by_head, by_model = RuleOptions(name="a", paths=("/a/*",)), RuleOptions(name="b", paths=("/b/*",), models=("m",))
    rules = book(include=(by_head, by_model))
    assert rules.at_open(head("/a/x")) == ((), None)
    assert rules.at_open(head("/c/x")) == "not_included"
    assert verdict(rules, head("/b/x"), body("m")) is None
    assert verdict(rules, head("/b/x"), body("n")) == "not_included"


def test_an_exclude_rule_goes_before_an_include_rule() -> None:
    rules = book(RuleOptions(name="no", models=("m",)), include=(RuleOptions(name="yes", paths=("*",)),))
    assert verdict(rules, head(), body("m")) == "excluded_no"
    assert verdict(rules, head(), body("n")) is None


def test_a_credential_is_compared_as_its_placeholder() -> None:
    rules = book(RuleOptions(name="key", headers={"Authorization": ("hash:0011*",)}))
    assert rules.at_open(head("/x", "authorization: hash:001122")) == "excluded_key"


def test_a_header_or_field_without_globs_has_only_to_be_there() -> None:
    rules = book(RuleOptions(name="h", headers={"x-h": ()}), RuleOptions(name="f", fields={"f": ()}))
    assert rules.at_open(head("/x", "x-h: 1")) == "excluded_h"
    assert verdict(rules, head("/x"), body(f=None)) == "excluded_f"
    assert verdict(rules, head("/x"), body(g=None)) is None


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("a.b", "x"),
        ("list.1", "2"),
        ("list.01", "2"),
        ("yes", "true"),
        ("none", "null"),
        ("half", "0.5"),
        ("a", '{"b":"x"}'),
        ("list.9", None),
        ("list.²", None),
        ("list.99999999999999999999", None),
        ("a.b.c", None),
        ("", None),
    ],
)
def test_a_field_is_compared_as_text(path: str, text: str | None) -> None:
    given_body = body(a={"b": "x"}, list=[1, 2], yes=True, none=None, half=0.5)
    assert given_body.text_at(path.split(".")) == text


@given(document=JSON, path=st.lists(TEXT | st.sampled_from(["0", "1", "a"]), max_size=4))
def test_any_path_into_any_document_has_an_answer(document: Any, path: list[str]) -> None:
    try:
        data = orjson.dumps(document)
    except TypeError:  # an integer of more than 64 bits
        return
    assert isinstance(Body(None, data).text_at(path), str | None)
