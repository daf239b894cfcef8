"""Conclusions are drawn from the document alone, and drawing them twice changes nothing."""

from dataclasses import replace

from shadowbench.report.analysis.concluding import concluded
from tests.unit.report.documents import example


def test_conclusions_replace_those_that_were_there_and_nothing_else() -> None:
    before = example()
    after = concluded(before, [replace(before, made_at=before.made_at - 1)])
    names = ("findings", "warnings", "recommendations", "standpoints", "trend")
    assert replace(after, **{name: getattr(before, name) for name in names}) == before
    assert all(getattr(after, name) for name in names)


def test_conclusions_are_the_same_again() -> None:
    once = concluded(example())
    assert concluded(once) == once
