import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rouge_score.rouge_scorer import RougeScorer

from shadowbench.metrics.text.rouge import rouge1, rouge2, rouge_l
from tests.compared import alike

THEIRS = RougeScorer(["rouge1", "rouge2", "rougeL"], use_stemmer=False)
METRICS = {"rouge1": rouge1, "rouge2": rouge2, "rougeL": rouge_l}


def test_the_example_of_rouge_score() -> None:
    target = "The quick brown fox jumps over the lazy dog"
    text = "The quick brown dog jumps on the log."
    assert alike(rouge1, text, target) == pytest.approx(0.705882, abs=1e-6)
    assert alike(rouge2, text, target, part="precision") == pytest.approx(0.285714, abs=1e-6)
    assert alike(rouge2, text, target, part="recall") == 0.25


VOCABULARY = ["the", "a", "dog", "cat", "sat", "on", "mat", "THE", "dog's", "x1", "--"]
SOME_WORDS = st.lists(st.sampled_from(VOCABULARY), max_size=25).map(" ".join)
ASCII = st.text(st.characters(max_codepoint=127), max_size=40)


@settings(max_examples=200)
@given(SOME_WORDS | ASCII, SOME_WORDS | ASCII)
def test_it_is_what_rouge_score_says(text: str, target: str) -> None:
    theirs = THEIRS.score(target, text)
    for name, metric in METRICS.items():
        of = theirs[name]
        for part, expected in (("f1", of.fmeasure), ("precision", of.precision), ("recall", of.recall)):
            assert alike(metric, text, target, part=part) == pytest.approx(expected), (name, part)


def test_it_reads_other_scripts_too() -> None:
    assert alike(rouge_l, "東京は雨", "東京は晴れ") == pytest.approx(2 * 3 / 9)
    assert alike(rouge1, "Größe zählt", "größe ZÄHLT") == 1


def test_nothing_in_common_is_nothing() -> None:
    assert alike(rouge_l, "a b", "c d") == 0
    assert alike(rouge2, "a", "a") == 0  # one word has no pairs
    assert alike(rouge1, "!?", "!?") == 0  # and signs are no words


def test_what_is_too_long_is_not_compared() -> None:
    for metric in METRICS.values():
        assert alike(metric, "a " * 60_000, "a") == "too_long"
