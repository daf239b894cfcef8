import pytest
from hypothesis import given
from hypothesis import strategies as st

from shadowbench.metrics.base import Detailed
from shadowbench.metrics.behaviour.form import format_drift, length, length_words
from tests.compared import value
from tests.paired import paired, side

PLAIN = "Riga is the capital of Latvia."
MARKED = "# Latvia\n\n- **Riga** is its capital\n- so it is\n\n```sh\nls\n```\n\n| a | b |\n|---|---|\n"


def test_length_is_of_the_text_without_the_space_around_it() -> None:
    assert value(length, side(f"\n {PLAIN} \n")) == len(PLAIN)
    assert value(length, side("Zoë 🎈")) == 5
    assert value(length_words, side(PLAIN)) == 6


def test_equal_answers_have_not_drifted() -> None:
    assert value(format_drift, paired(MARKED, MARKED)) == 0
    assert value(format_drift, paired(PLAIN, PLAIN)) == 0


def test_plain_text_drifts_by_its_length_alone() -> None:
    assert format_drift.function(paired("abc", "abcdefghi")) == Detailed(0.5, {"length_ratio": 3.0})


def test_marks_are_told_one_by_one() -> None:
    said = format_drift.function(paired(PLAIN.ljust(99, "!"), MARKED.strip().ljust(99, "!")))
    assert isinstance(said, Detailed)
    assert said.detail == {
        "length_ratio": 1.0, "headings": [0, 1], "bullets": [0, 2], "fences": [0, 2], "table_rows": [0, 2], "bold": [0, 1],
    }  # fmt: skip
    assert said.value == pytest.approx(5 / 6)


def test_numbered_lists_are_bullets_and_products_are_not() -> None:
    said = format_drift.function(paired("1. a\n2) b\n * c\n2*3\n-5 degrees\n#1 in town", "x"))
    assert isinstance(said, Detailed)
    assert said.detail["bullets"] == [3, 0]
    assert "headings" not in said.detail


_MARKDOWN = st.text(alphabet="#-*|`1. \na", min_size=1, max_size=60).filter(lambda text: not text.isspace())


@given(_MARKDOWN, _MARKDOWN)
def test_drift_is_symmetric_and_in_range(one: str, other: str) -> None:
    drift = value(format_drift, paired(one, other))
    assert isinstance(drift, float)
    assert 0 <= drift <= 1
    assert drift == pytest.approx(value(format_drift, paired(other, one)))
    assert value(format_drift, paired(one, one)) == 0
