import pytest
from hypothesis import given
from hypothesis import strategies as st

from shadowbench.metrics.text.exact import exact_match
from tests.compared import alike


@pytest.mark.parametrize(
    ("text", "target", "option"),
    [
        ("Straße", "STRASSE", "casefold"),
        ("ﬁve² e\u0301", "five2 é", "nfkc"),
        ("Yes, it is.", "Yes it is", "punctuation"),
        ("«oui»", "oui", "punctuation"),
        ("one\n\n two", "one two", "whitespace"),
    ],
)
def test_each_option_leaves_one_thing_out_of_account(text: str, target: str, option: str) -> None:
    assert alike(exact_match, text, target) == 0
    assert alike(exact_match, text, target, **{option: True}) == 1


def test_white_space_at_the_ends_does_not_count_unless_told() -> None:
    assert alike(exact_match, " yes\n", "yes") == 1
    assert alike(exact_match, " yes\n", "yes", strip=False) == 0


def test_other_words_are_others_under_all_options() -> None:
    everything = dict.fromkeys(("strip", "casefold", "nfkc", "punctuation", "whitespace"), True)
    assert alike(exact_match, "yes", "no", **everything) == 0
    assert alike(exact_match, "$5", "€5", **everything) == 0  # symbols are no punctuation


def test_options_work_together() -> None:
    assert alike(
        exact_match, "ＹＥＳ , indeed!", "yes indeed", casefold=True, nfkc=True, punctuation=True, whitespace=True
    )


def test_marks_without_end_are_too_long_to_normalise() -> None:
    assert alike(exact_match, "a" + "\u0300\u0316" * 10_000, "a", nfkc=True) == "too_long"


@given(st.text(), st.booleans(), st.booleans(), st.booleans(), st.booleans(), st.booleans())
def test_what_is_left_out_of_one_text_is_left_out_of_both(
    text: str, strip: bool, casefold: bool, punctuation: bool, whitespace: bool, nfkc: bool
) -> None:
    given = {"strip": strip, "casefold": casefold, "punctuation": punctuation, "whitespace": whitespace, "nfkc": nfkc}
    assert alike(exact_match, text, text, **given) == 1
    if casefold and not nfkc:
        assert alike(exact_match, text.casefold(), text, **given) == 1
    if whitespace:
        assert alike(exact_match, text.replace(" ", "  \n"), text, **given) == 1
