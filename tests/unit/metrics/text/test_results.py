import pytest

from shadowbench.metrics.text.results import math_equiv, result_in
from tests.compared import alike


@pytest.mark.parametrize(
    ("text", "result"),
    [
        ("So \\boxed{1}. No: \\boxed{\\frac{1}{2}}.", "\\frac{1}{2}"),
        ("Therefore $x = 3$ and so $y = 2x = 6$", "6"),
        ("It is \\(\\pi\\)", "\\pi"),
        ("3/4", "3/4"),
        ("x = 3/4", "3/4"),
        ("The answer is 1,234.", "1234.0"),
        ("\\boxed{1", "\\boxed{1"),
        ("\\boxed{\\text{Monday}}", "\\text{Monday}"),
        ("5 \\text{ cm}", "5 \\text{ cm}"),
        ("It is $7$, not $5 and $6", "7"),
        ("It costs $5 here and $6 there", "6.0"),
        ("one\ntwo 3", "3.0"),
        ("no idea", None),
        ("x =", None),
    ],
)
def test_the_result_of_a_text(text: str, result: str | None) -> None:
    assert result_in(text) == result


@pytest.mark.parametrize(
    ("text", "target"),
    [
        ("The answer is \\boxed{\\frac{1}{2}}.", "0.5"),
        ("The answer is 42.", "42"),
        ("$\\sqrt{8}$", "2\\sqrt{2}"),
        ("$\\left(x+1\\right)^2$", "(x + 1)^2"),
        ("50\\%", "\\frac12"),
    ],
)
def test_results_are_the_same_however_they_are_written(text: str, target: str) -> None:
    assert alike(math_equiv, text, target) == 1
    assert alike(math_equiv, target, text) == 1


def test_other_results_are_others() -> None:
    assert alike(math_equiv, "\\boxed{3}", "4") == 0
    assert alike(math_equiv, "$x+1$", "$1+x$") == 0  # no algebra
    assert alike(math_equiv, "$x$", "3") == 0
    assert alike(math_equiv, "0.333", "\\frac{1}{3}") == 0


def test_without_a_result_there_is_no_value() -> None:
    assert alike(math_equiv, "no idea", "3") == "no_result"
    assert alike(math_equiv, "3", "no idea") == "no_result"
    assert alike(math_equiv, "1" * 100_001, "1") == "too_long"


@pytest.mark.parametrize("text", ["\\boxed{" * 14_000, "$" * 100_000, "\\(" * 50_000, "a$" * 50_000, "{" * 100_000])
def test_no_text_takes_long(text: str) -> None:
    result_in(text)
