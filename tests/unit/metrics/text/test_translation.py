import math

import pytest
import sacrebleu
from hypothesis import given, settings
from hypothesis import strategies as st
from nltk.translate.gleu_score import sentence_gleu

from shadowbench.metrics.text.translation import bleu, chrf, gleu, ter
from shadowbench.metrics.text.words import words
from tests.compared import alike

TEXT, TARGET = "The dog bit the man.", "The dog had bit the man."


def test_the_values_of_sacrebleus_own_documentation() -> None:
    assert alike(bleu, TEXT, TARGET) == pytest.approx(51.150781, abs=1e-6)
    assert alike(chrf, TEXT, TARGET) == pytest.approx(67.647115, abs=1e-6)
    assert alike(ter, TEXT, TARGET) == pytest.approx(16.666667, abs=1e-6)


VOCABULARY = ["The", "the", "dog", ",", "cat.", "sat", "on", "mat!", "x", "東京"]
SENTENCES = st.lists(st.sampled_from(VOCABULARY), min_size=1, max_size=15).map(" ".join)


@settings(max_examples=30)
@given(SENTENCES, SENTENCES)
def test_they_are_what_sacrebleu_says_with_the_signature_of_the_catalogue(text: str, target: str) -> None:
    assert alike(bleu, text, target) == pytest.approx(sacrebleu.sentence_bleu(text, [target]).score)
    assert alike(chrf, text, target) == pytest.approx(sacrebleu.sentence_chrf(text, [target]).score)
    assert alike(ter, text, target) == pytest.approx(sacrebleu.sentence_ter(text, [target]).score)


@given(SENTENCES, SENTENCES)
def test_gleu_is_what_nltk_says(text: str, target: str) -> None:
    expected = sentence_gleu([list(words(target))], list(words(text))) if words(text) else 0.0
    assert alike(gleu, text, target) == pytest.approx(expected)


def test_options_are_sacrebleus() -> None:
    assert alike(bleu, "a b c d", "A B C D") < 1
    assert alike(bleu, "a b c d", "A B C D", lowercase=True) == pytest.approx(100)
    assert alike(bleu, "東京は雨", "東京は晴", tokenize="zh") > alike(bleu, "東京は雨", "東京は晴")
    assert alike(chrf, TEXT, TARGET, words_too=True) == pytest.approx(
        sacrebleu.sentence_chrf(TEXT, [TARGET], word_order=2).score
    )
    assert alike(ter, "A b", "a b") == 0
    assert alike(ter, "A b", "a b", case_sensitive=True) == 50


def test_ter_has_no_upper_bound_but_a_value() -> None:
    assert alike(ter, "a b c d e", "x") == 500
    assert ter[0].high is None
    assert math.isfinite(alike(ter, "x", "..."))


def test_what_takes_the_square_of_the_length_has_a_lower_bound() -> None:
    assert alike(ter, "a" * 601, "a") == "too_long"
    assert alike(bleu, "a" * 100_001, "a") == "too_long"


def test_nothing_is_kept_of_the_texts() -> None:
    from sacrebleu.tokenizers.tokenizer_13a import Tokenizer13a
    from sacrebleu.tokenizers.tokenizer_re import TokenizerRegexp

    alike(bleu, "something that nobody else says", TARGET)
    assert Tokenizer13a.__call__.cache_info().currsize == 0
    assert TokenizerRegexp.__call__.cache_info().currsize == 0
