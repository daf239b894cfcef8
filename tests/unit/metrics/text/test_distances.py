import pytest
from hypothesis import given
from hypothesis import strategies as st

from shadowbench.metrics.text.distances import jaro_winkler, levenshtein_similarity, token_set_ratio
from tests.compared import alike


def test_published_values() -> None:
    """Levenshtein's kitten, Winkler's MARTHA (1990), and rapidfuzz's own documentation."""
    assert alike(levenshtein_similarity, "kitten", "sitting") == pytest.approx(4 / 7)
    assert alike(jaro_winkler, "MARTHA", "MARHTA") == pytest.approx(0.961111, abs=1e-6)
    assert alike(jaro_winkler, "DIXON", "DICKSONX") == pytest.approx(0.813333, abs=1e-6)
    assert alike(token_set_ratio, "fuzzy was a bear", "fuzzy fuzzy was a bear") == 1


def test_words_in_another_order_are_the_same_set() -> None:
    assert alike(token_set_ratio, "b c a", "a b c") == 1
    assert alike(token_set_ratio, "A b", "a b") != 1
    assert alike(token_set_ratio, "A b", "a b", casefold=True) == 1


@pytest.mark.parametrize("metric", [levenshtein_similarity, jaro_winkler, token_set_ratio])
def test_what_is_longer_than_the_bound_is_not_compared(metric) -> None:
    assert alike(metric, "a" * 100_001, "a") == "too_long"
    assert alike(metric, "a " * 500, "a " * 500) == 1


@given(st.text(max_size=30), st.text(max_size=30))
def test_levenshtein_is_what_the_definition_says(left: str, right: str) -> None:
    rows = list(range(len(right) + 1))
    for i, a in enumerate(left, 1):
        previous, rows[0] = rows[0], i
        for j, b in enumerate(right, 1):
            previous, rows[j] = rows[j], min(rows[j] + 1, rows[j - 1] + 1, previous + (a != b))
    longest = max(len(left), len(right))
    assert alike(levenshtein_similarity, left, right) == pytest.approx(1 - rows[-1] / longest if longest else 1)
