from hypothesis import given
from hypothesis import strategies as st

from shadowbench.metrics.text.words import words


def test_words_are_runs_of_letters_and_digits_in_lower_case() -> None:
    assert words("It's 3.5 km_away!") == ["it", "s", "3", "5", "km", "away"]
    assert words("Größe: ÅNGSTRÖM") == ["größe", "ångström"]
    assert words("Привет, мир") == ["привет", "мир"]


def test_what_has_no_spaces_between_words_is_taken_sign_by_sign() -> None:
    assert words("東京は2024年") == ["東", "京", "は", "2024", "年"]
    assert words("ok 𠀀𠀁") == ["ok", "𠀀", "𠀁"]


@given(st.text())
def test_no_text_breaks_it_and_ascii_or_not_is_the_same(text: str) -> None:
    found = list(words(text))
    assert all(found)
    assert list(words(text + " é")) == [*found, "é"]
