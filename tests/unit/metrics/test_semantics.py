import math
import unicodedata
from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shadowbench.metrics.semantics import METRICS, embedding_cosine_ngrams
from tests.compared import alike, pair, value


def by_definition(left: str, right: str) -> float:
    """The cosine of counts of all runs of three to five characters, slowly and without hashes."""

    def counts(text: str) -> Counter[str]:
        plain = f" {' '.join(unicodedata.normalize('NFKC', text).casefold().split())} "
        return Counter(plain[at : at + n] for n in (3, 4, 5) for at in range(len(plain) - n + 1))

    a, b = counts(left), counts(right)
    lengths = math.sqrt(sum(n * n for n in a.values())) * math.sqrt(sum(n * n for n in b.values()))
    return sum(a[gram] * b[gram] for gram in a) / lengths if lengths else float(left.split() == right.split())


TEXTS = st.text(max_size=40) | st.text(st.sampled_from("abA \n東é\ud800"), max_size=40)


@given(TEXTS, TEXTS)
def test_it_is_the_cosine_of_the_counts_of_runs(left: str, right: str) -> None:
    assert alike(embedding_cosine_ngrams, left, right) == pytest.approx(by_definition(left, right), abs=1e-9)


def test_the_value_is_the_same_on_every_machine() -> None:
    assert alike(embedding_cosine_ngrams, "The cat sat.", "A cat sat down.") == pytest.approx(0.419891, abs=1e-6)


def test_stems_and_words_in_common_make_it_alike() -> None:
    target = "Reset your password on the settings page."
    near = alike(embedding_cosine_ngrams, "On the page of settings passwords can be reset.", target)
    far = alike(embedding_cosine_ngrams, "Paris is the capital of France.", target)
    assert far < 0.2 < 0.4 < near < 1


def test_case_blanks_and_forms_of_a_letter_do_not_count() -> None:
    assert alike(embedding_cosine_ngrams, "  ﬁve\n Äpfel", "FIVE A\u0308PFEL") == 1
    assert alike(embedding_cosine_ngrams, "a", "b") == 0
    assert alike(embedding_cosine_ngrams, "a", "a") == 1


@given(TEXTS, TEXTS)
def test_it_does_not_matter_which_side_is_which(left: str, right: str) -> None:
    there, back = alike(embedding_cosine_ngrams, left, right), alike(embedding_cosine_ngrams, right, left)
    assert there == pytest.approx(back)
    assert 0 <= there <= 1


def test_what_is_too_long_is_not_compared() -> None:
    assert alike(embedding_cosine_ngrams, "a" * 100_001, "a") == "too_long"
    assert alike(embedding_cosine_ngrams, "a" + "\u0300\u0316" * 1_000, "a") == "too_long"
    assert alike(embedding_cosine_ngrams, "ab " * 30_000, "ab " * 29_000) == pytest.approx(1, abs=1e-3)


def test_it_has_a_name_of_its_own() -> None:
    assert [m.name for m in METRICS] == ["embedding_cosine_ngrams", "embedding_cosine_ngrams_reference"]
    assert value(METRICS[0], pair("x", "x")) == 1
