"""The operator's own patterns."""

from __future__ import annotations

import pytest

from shadowbench.errors import ConfigurationError
from shadowbench.redaction.finder import Finder, apply
from shadowbench.redaction.kinds import DEFAULT_KINDS, KINDS, chosen_kinds, own_kinds


def finder(**patterns: str) -> Finder:
    return Finder((), own_kinds(patterns), b"salt")


def test_what_matches_is_taken_out_under_its_own_name() -> None:
    own = finder(badge=r"\bEMP-[0-9]{6}\b")
    text = "é EMP-123456 \ud83d EMP-12"
    (edit,) = own.edits(text)
    assert text[edit.start : edit.end] == "EMP-123456" and edit.text.startswith("[badge:")


def test_it_is_seen_behind_the_escapes_of_json() -> None:
    own = finder(badge=r"\bEMP-[0-9]{6}\b")
    assert own.is_suspicious(rb'{"a":"one\nEMP-123456"}') and own.is_suspicious(rb'{"a":"\"EMP-123456"}')
    assert own.is_suspicious(rb'{"a":"\u0045MP-123456"}')
    assert not own.is_suspicious(rb'{"a":"one\ntwo"}')


@pytest.mark.parametrize(
    ("name", "pattern", "message"),
    [
        ("badge", "(", "missing"),
        ("badge", "(?<=a)b", "lookarounds"),
        ("badge", r"(a)\1", "RE2"),
        ("badge", "a" * 501, "500"),
        ("badge", "a*", "empty"),
        ("Badge", "a", "small letter"),
        ("a" * 17, "a", "up to 15"),
        ("email", "a", "exists"),
    ],
)
def test_what_cannot_be_used_is_refused_with_a_reason(name: str, pattern: str, message: str) -> None:
    with pytest.raises(ConfigurationError, match=message) as raised:
        own_kinds({name: pattern})
    assert f"redaction.patterns.{name}" in str(raised.value)


@pytest.mark.timeout(30)
def test_no_pattern_is_a_catastrophe() -> None:
    own = finder(bad="(a|a)*(a*)*b")
    assert own.edits("a" * 1_000_000) == []


def test_own_patterns_overlap_with_others() -> None:
    both = Finder(chosen_kinds(["email"]), own_kinds({"domain": r"example\.com and [a-z]{3}"}), b"salt")
    text = "joe@example.com and you"
    assert apply(text, both.edits(text)).startswith("[email:") and len(both.edits(text)) == 1


def test_unknown_kinds_are_refused_with_a_list_of_all() -> None:
    with pytest.raises(ConfigurationError, match=r"fax: no such kind; there are .*email"):
        chosen_kinds(["email", "fax"])


def test_by_default_keys_tokens_addresses_cards_and_phones_are_looked_for() -> None:
    assert set(KINDS) - set(DEFAULT_KINDS) == {"iban", "us_ssn", "ip"}
