import pytest

from shadowbench.metrics.text.squad import token_f1
from tests.compared import alike


@pytest.mark.parametrize(
    ("text", "target", "expected"),
    [
        ("The Denver Broncos!", "denver broncos", 1),
        ("Denver", "the Denver Broncos", 2 / 3),  # precision 1, recall 1/2
        ("to the to", "to", 2 / 3),
        ("cat", "dog", 0),
        ("the", "a", 1),  # nothing is left of either
        ("the", "dog", 0),
        ("U.S.A.", "usa", 1),
        ("another theme", "other me", 0),  # articles are whole words
    ],
)
def test_words_in_common_as_the_official_script_counts_them(text: str, target: str, expected: float) -> None:
    assert alike(token_f1, text, target) == pytest.approx(expected)
