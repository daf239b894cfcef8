"""What hides or turns is named; words are left alone."""

from hypothesis import given
from hypothesis import strategies as st

from shadowbench.report.visible import unturned, visible


def test_controls_and_marks_of_direction_are_named() -> None:
    assert visible("a\x1b[31mb\u202ec\u2066") == "a⟨U+001B⟩[31mb⟨U+202E⟩c⟨U+2066⟩"
    assert unturned("a\x1bb\u202ec") == "a\x1bb⟨U+202E⟩c"


def test_words_of_any_script_tabs_and_line_ends_stay() -> None:
    assert visible("שלום\tمرحبا\nгде 東京") == "שלום\tمرحبا\nгде 東京"


@given(st.text(max_size=50))
def test_naming_twice_names_nothing_more(text: str) -> None:
    assert visible(visible(text)) == visible(text)
