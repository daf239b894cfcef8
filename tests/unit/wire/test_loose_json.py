"""JSON of strangers."""

import math

import pytest

from shadowbench.wire import loose_json as loose


def test_what_vendor_sdks_accept_and_the_quick_parser_refuses_is_read() -> None:
    assert loose.load(b'"\\ud83d"') == "\ud83d"
    assert math.isnan(loose.load(b"NaN"))


@pytest.mark.parametrize("data", [b"", b"{", b"{}{}", b'"\xff"', b"[" * 100_000])
def test_what_is_not_json_says_so(data: bytes) -> None:
    with pytest.raises(loose.NotJson):
        loose.load(data)


@pytest.mark.parametrize(
    ("value", "count"),
    [(7, 7), (0, 0), (12.0, 12), (1.5, None), (-1, None), (True, None), ("7", None), (None, None), (math.inf, None)],
)
def test_a_count_is_a_whole_number(value: object, count: int | None) -> None:
    assert loose.as_count(value) == count


@pytest.mark.parametrize("value", [2**31, 2**63, 10**30, 1e30])
def test_a_count_that_nothing_has_is_absent(value: object) -> None:
    assert loose.as_count(value) is None
    assert loose.as_count(loose.MAX_COUNT) == loose.MAX_COUNT


def test_halves_of_a_character_are_joined_and_lone_ones_replaced() -> None:
    assert loose.sound("a\ud83d" + "\ude00b") == "a😀b"
    assert loose.sound("a\ud83db") == "a\ufffdb"


@pytest.mark.parametrize(("value", "name"), [("a", "a"), ("", None), (1, None), ("\ud83d", "\ufffd"), ("ü", "ü")])
def test_a_name_says_something_in_real_unicode(value: object, name: str | None) -> None:
    assert loose.as_name(value) == name


def test_text_with_lone_halves_can_be_dumped() -> None:
    assert loose.dump({"a": [1, "\ud83d"]}) == '{"a":[1,"\ud83d"]}'
