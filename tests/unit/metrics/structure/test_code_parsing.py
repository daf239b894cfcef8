import pytest

from shadowbench.errors import ConfigurationError
from shadowbench.metrics.agreement import agreement
from shadowbench.metrics.structure.code_parsing import code_parse
from tests.compared import pair, value


def fenced(language: str, code: str) -> str:
    return f"So:\n\n```{language}\n{code}\n```\n"


def said(text: str, **given: object) -> float | str:
    return value(code_parse, pair("", text).candidate, **given)


@pytest.mark.parametrize(
    ("language", "code", "expected"),
    [
        ("python", "def f(x):\n    return x", 1),
        ("PY", "print('a\\d')", 1),  # of which Python warns
        ("python3", "print 'x'", 0),
        ("python", "x = (", 0),
        ("python", "a\x00b", 0),
        ("python", "x = '\ud800'", 0),
        ("json", '{"a": 1}', 1),
        ("json", "{'a': 1}", 0),
        ("rust", "fn main() {}", "language_not_known"),
        ("", "x = 1", "language_not_known"),
        ("python", "-" * 50_000 + "1", "too_deep"),
        ("python", "1+" * 40_000 + "1", "too_deep"),
        ("python", "x" * 100_000, "too_long"),
    ],
)
def test_a_block_is_of_its_language_or_not(language: str, code: str, expected: float | str) -> None:
    assert said(fenced(language, code)) == expected


def test_of_several_blocks_it_is_the_share() -> None:
    text = fenced("python", "x = 1") + fenced("json", "{") + fenced("sh", "ls |")
    assert said(text) == 0.5


def test_code_without_a_language_may_be_given_one() -> None:
    assert said("x = 1") == "no_code"
    assert said("x = 1", language="python") == 1
    assert said(fenced("", "x = "), language="python") == 0
    assert said(fenced("json", "{}"), language="python") == 1
    with pytest.raises(ConfigurationError, match="not 'cobol'"):
        code_parse.options({"language": "cobol"})


def test_both_sides_may_be_right_or_wrong_alike() -> None:
    right, wrong = fenced("python", "x = 1"), fenced("python", "x = ")
    assert value(agreement(code_parse), pair(right, right)) == 1
    assert value(agreement(code_parse), pair(right, wrong)) == 0
    assert value(agreement(code_parse), pair(right, "none")) == "no_code"
