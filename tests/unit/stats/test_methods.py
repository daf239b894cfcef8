"""docs/statistics.md has every method with what the catalogue says about it, every reason to refuse, and examples that run."""

from __future__ import annotations

import doctest
import re
from pathlib import Path

import pytest

from shadowbench.stats.estimates import Refused
from shadowbench.stats.methods import ABOUT, Method

PAGE = Path(__file__).parents[3] / "docs" / "statistics.md"
TEXT = PAGE.read_text()
SECTIONS = dict(re.findall(r"^### `(\w+)`\n(.*?)(?=^##|\Z)", TEXT, flags=re.DOTALL | re.MULTILINE))


def test_every_method_is_in_the_catalogue_and_on_the_page() -> None:
    assert set(ABOUT) == set(Method)
    assert set(SECTIONS) == set(Method)


@pytest.mark.parametrize("method", Method)
def test_the_page_says_what_the_catalogue_says(method: Method) -> None:
    about, section = ABOUT[method], SECTIONS[method]
    for told in (about.answers, f"Formula: {about.formula}", f"Source: {about.source}", f"Refused: {about.refused}"):
        assert told in section
    assert ">>> " in section


def test_every_reason_is_on_the_page() -> None:
    assert re.findall(r"^\| `(\w+)` \| ", TEXT, flags=re.MULTILINE)[: len(Refused)] == list(Refused)


def test_the_examples_of_the_page_run() -> None:
    examples = re.sub(r"^```.*$", "", TEXT, flags=re.MULTILINE)
    runner = doctest.DocTestRunner()
    ran = runner.run(doctest.DocTestParser().get_doctest(examples, {}, PAGE.name, str(PAGE), 0))
    assert ran.attempted > 100
    assert ran.failed == 0
