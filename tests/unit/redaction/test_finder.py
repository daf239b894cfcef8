"""Where things stand in one text; that it takes time in proportion."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shadowbench.redaction.finder import Finder, apply
from shadowbench.redaction.kinds import KINDS
from shadowbench.redaction.placeholders import PLACEHOLDER, placeholder

FINDER = Finder(tuple(KINDS.values()), (), b"salt")


def test_equal_values_have_equal_placeholders_however_they_are_written() -> None:
    assert placeholder(b"s", "email", "Joe@Example.com") == placeholder(b"s", "email", "joe@example.com")
    assert placeholder(b"s", "card", "4111 1111") == placeholder(b"s", "card", "41111111")
    assert placeholder(b"s", "secret", "a") != placeholder(b"s", "secret", "A")
    assert placeholder(b"s", "email", "a@b.co") != placeholder(b"t", "email", "a@b.co")
    assert placeholder(b"s", "card", "1")[6:] != placeholder(b"s", "phone", "1")[7:]
    assert PLACEHOLDER.fullmatch(placeholder(b"s", "private_key", "\ud800"))


def test_placeholders_are_left_alone_and_what_stands_beside_them_is_not() -> None:
    mark = "[phone:123456789012]"
    assert FINDER.edits(f"password={mark} {mark}") == []
    text = f"password=abc123{mark}"
    assert apply(text, FINDER.edits(text)).count("[") == 2


UNITS = [
        "1", "4111 ", "1 ", "@", "a@", "a@a.", "a.", "sk-", "sk-a", "eyJ", "eyJaaaaaaaa.", "-----BEGIN PRIVATE KEY-----",
        "-----BEGIN ", "password=", 'password="', "password: ", "token=a", "bearer ", "://", "://a:", "+1", "(555) ",
        "0 ", "00 1", "DE89 ", "1.", "a:", ":", "phone: ", "\\", '"', "[", "[a:", "AKIA", "é", "-", "_", " ", "123-",
        "xoxb-", "tel", "0711 ", "06 ", "A1B2 ",
]  # fmt: skip
WHOLE_ONES = ["a@b.co", "4111111111111111", "AKIA" + "A1B2" * 4, "+15551234567", "123-45-6789", "1.2.3.4", "0711 123"]
BEFORE_AND_AFTER = st.lists(st.sampled_from([*UNITS, *WHOLE_ONES]) | st.text(max_size=3), max_size=4).map("".join)


@given(st.lists(BEFORE_AND_AFTER, max_size=3), st.lists(BEFORE_AND_AFTER, max_size=3))
def test_all_of_it_is_clean_only_when_each_is(texts: list[str], bodies: list[str]) -> None:
    encoded = [body.encode("utf-8", "replace") for body in bodies]
    if any(FINDER.is_suspicious(each) for each in [*[text.encode("utf-8", "replace") for text in texts], *encoded]):
        assert not FINDER.is_clean(texts, encoded)


@pytest.mark.parametrize("unit", UNITS)
@pytest.mark.timeout(60)
def test_a_long_text_of_anything_takes_time_in_proportion(unit: str) -> None:
    """What is quadratic takes many minutes here, not a tenth of a second: the time limit tells."""
    text = (unit * (400_000 // len(unit)))[:400_000]
    FINDER.is_suspicious(text.encode())
    FINDER.edits(text)
    FINDER.edits(text + "!")
