import pytest

from shadowbench.errors import ConfigurationError
from shadowbench.metrics.text.choices import choice, choice_in
from tests.compared import alike


@pytest.mark.parametrize(
    ("text", "letter"),
    [
        ("B", "B"),
        ("(b)", "B"),
        ("**C.**", "C"),
        ("The answer is (D).", "D"),
        ("The answer is D.", "D"),
        ("**Answer:** **A**", "A"),
        ("Answer: option C", "C"),
        ("The best option is **D**", "D"),
        ("The answer is B, since option A is wrong", "B"),
        ("the correct answer is (b), not (a)", "B"),
        ("First I thought the answer is A. No: the answer is B.", "B"),
        ("Therefore $\\boxed{E}$", "E"),
        ("So \\boxed{\\text{(C)}}.", "C"),
        ("B) because of the heat", "B"),
        ("A. Paris", "A"),
        ("(C) it is", "C"),
        ("Weighing all of it,\nI would take D.", "D"),
        ("It must be the one with two wheels (B), I think, since it moves", "B"),
        ("Either (A) or (B), hard to tell", None),
        ("A dog is an animal", None),
        ("The answer is a dog", None),
        ("I'd say yes", None),
        ("F", None),
        ("", None),
    ],
)
def test_the_letter_of_an_answer(text: str, letter: str | None) -> None:
    assert choice_in(text) == letter


def test_the_same_letter_in_other_words_is_the_same_choice() -> None:
    assert alike(choice, "(B)", "The answer is B") == 1
    assert alike(choice, "(A)", "The answer is B") == 0


def test_without_a_letter_there_is_no_value() -> None:
    assert alike(choice, "both", "B") == "no_choice"
    assert alike(choice, "B", "both") == "no_choice"


def test_other_letters_may_be_given() -> None:
    assert alike(choice, "G", "The answer is G", letters="FGHJ") == 1
    assert alike(choice, "A", "A", letters="FGHJ") == "no_choice"
    with pytest.raises(ConfigurationError, match="capitals"):
        choice[0].options({"letters": "a-z"})


@pytest.mark.parametrize(
    "text", ["*" * 100_000, "answer " * 20_000, "(" * 100_000, "(A) (B) " * 20_000, "\n" * 100_000]
)
def test_no_text_takes_long(text: str) -> None:
    choice_in(text)
    choice_in(text + "x")
