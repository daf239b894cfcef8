"""Where things stand in one text; that it takes time in proportion."""

from __future__ import annotations

import pytest

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


@pytest.mark.parametrize(
    "unit",
    [
        "1", "4111 ", "1 ", "@", "a@", "a@a.", "a.", "sk-", "sk-a", "eyJ", "eyJaaaaaaaa.", "-----BEGIN PRIVATE KEY-----",
        "-----BEGIN ", "password=", 'password="', "password: ", "token=a", "bearer ", "://", "://a:", "+1", "(555) ",
        "0 ", "00 1", "DE89 ", "1.", "a:", ":", "phone: ", "\\", '"', "[", "[a:", "AKIA", "é", "-", "_", " ", "123-",
        "xoxb-", "tel", "0711 ", "06 ", "A1B2 ",
    ],
)  # fmt: skip
@pytest.mark.timeout(60)
def test_a_megabyte_of_anything_takes_time_in_proportion(unit: str) -> None:
    """What is quadratic takes hours here, not seconds: the time limit tells."""
    text = (unit * (1_000_000 // len(unit)))[:1_000_000]
    FINDER.is_suspicious(text.encode())
    FINDER.edits(text)
    FINDER.edits(text + "!")
