"""Texts of strangers are readable and harmless."""

from hypothesis import given
from hypothesis import strategies as st

from shadowbench.report.html.texts import shown, titled


def test_lines_and_tabs_stay() -> None:
    assert shown("one\n\ttwo") == "one\n\ttwo"


def test_the_line_ends_of_other_systems_are_line_ends() -> None:
    assert shown("one\r\ntwo") == "one\ntwo"


def test_control_characters_are_named() -> None:
    assert shown("\x00 \x1b[31m \x7f \r \x85") == "⟨U+0000⟩ ⟨U+001B⟩[31m ⟨U+007F⟩ ⟨U+000D⟩ ⟨U+0085⟩"


def test_marks_that_turn_the_direction_are_named() -> None:
    assert shown("a\u202eb\u2066c") == "a⟨U+202E⟩b⟨U+2066⟩c"


def test_right_to_left_words_stay() -> None:
    assert shown("שלום مرحبا") == "שלום مرحبا"


def test_half_a_character_does_not_break_the_file() -> None:
    assert shown("\ud83d") == "\ufffd"


@given(st.text(st.characters(), max_size=50))
def test_whatever_comes_can_be_written_as_utf_8(text: str) -> None:
    shown(text).encode()


@given(st.text(max_size=50))
def test_showing_twice_shows_the_same(text: str) -> None:
    assert shown(shown(text)) == shown(text)


def test_headings_begin_with_a_capital_and_names_stay() -> None:
    assert titled("time to first token") == "Time to first token"
    assert titled("json_valid by path") == "json_valid by path"
    assert titled("") == ""
