import pytest

from shadowbench.metrics.behaviour.grades import (
    Counts,
    automated_index,
    counts_of,
    flesch_kincaid,
    readability,
    syllables_in,
)
from tests.compared import value
from tests.paired import side

PLATYPUS = "The Australian platypus is seemingly a hybrid of a mammal and reptilian creature."
POINT = "This sentence, taken as a reading passage unto itself, is being used to prove a point."
CAT = "The cat sat on the mat."
PASSAGE = "The cat sat on the mat. It looked at the dog, and the dog looked at the cat. Then they both went home. " * 2


def _reading_ease(counts: Counts) -> float:
    """Flesch's own formula, 206.835 - 1.015 words/sentences - 84.6 syllables/words, whose values are published."""
    return 206.835 - 1.015 * counts.words / counts.sentences - 84.6 * counts.syllables / counts.words


@pytest.mark.parametrize(("text", "ease"), [(CAT, 116), (PLATYPUS, 37.5), (POINT, 69)])
def test_counts_give_the_published_reading_ease(text: str, ease: float) -> None:
    """The examples of Wikipedia's article on the Flesch–Kincaid tests."""
    assert _reading_ease(counts_of(text)) == pytest.approx(ease, abs=0.5)


def test_the_platypus_has_the_published_numbers() -> None:
    """13 words and 24 syllables, grade 11.3."""
    counts = counts_of(PLATYPUS)
    assert (counts.words, counts.sentences, counts.syllables) == (13, 1, 24)
    assert flesch_kincaid(counts) == pytest.approx(11.3, abs=0.05)


def test_the_lowest_grade_there_is() -> None:
    """Sentences of one word of one syllable: -3.40, as published."""
    assert flesch_kincaid(Counts(2, 1, 1, 1)) == pytest.approx(-3.40)
    assert flesch_kincaid(counts_of("Go. Run. Eat.")) == pytest.approx(-3.40)


def test_the_automated_index_by_hand() -> None:
    assert counts_of(CAT) == Counts(characters=17, words=6, sentences=1, syllables=6)
    assert automated_index(counts_of(CAT)) == pytest.approx(4.71 * 17 / 6 + 0.5 * 6 - 21.43)


@pytest.mark.parametrize(
    ("count", "words"),
    [
        (1, "the cat made makes jumped whale tale be see free judged played tree why eye used rhythm types die blue called"),
        (2, "wanted boxes table tables little apple people being playing creature passage sentence language houses ended"),
        (2, "churches wishes pages prices handled titled"),
        (3, "syllable beautiful languages articles"),
        (5, "readability"),
    ],
)  # fmt: skip
def test_syllables_are_groups_of_vowels_with_a_silent_e(count: int, words: str) -> None:
    assert {word: syllables_in(word) for word in words.split()} == dict.fromkeys(words.split(), count)


def test_lines_end_sentences_and_code_is_no_prose() -> None:
    assert counts_of("# A heading\n\n- one item\n- another item").sentences == 3
    assert counts_of("Run it:\n```python\nfor x in range(3): print(x)\n```").words == 2
    assert counts_of("It costs 3.50 at 10 a.m. today").sentences <= 2
    assert counts_of("").words == 0


def test_english_passages_have_a_grade_by_either_formula() -> None:
    graded, indexed = value(readability, side(PASSAGE)), value(readability, side(PASSAGE), formula="ari")
    assert graded == flesch_kincaid(counts_of(PASSAGE))
    assert indexed == automated_index(counts_of(PASSAGE))


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("Die Katze saß auf der Matte und sah den Hund an. " * 5, "not_english"),
        (PLATYPUS, "too_short"),
        ("", "not_english"),
    ],
)
def test_what_the_formulae_were_not_made_for_has_none(text: str, reason: str) -> None:
    assert value(readability, side(text)) == reason
