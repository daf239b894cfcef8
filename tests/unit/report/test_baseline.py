"""What can be a baseline, and in what it is of something else than the report beside it."""

from __future__ import annotations

import json
from dataclasses import replace
from xml.etree import ElementTree

import pytest

from shadowbench.errors import ConfigurationError
from shadowbench.report.as_json import dump, load
from shadowbench.report.baseline import baseline_of
from shadowbench.report.chapters.gating import baseline_told
from shadowbench.report.document.root import Document
from shadowbench.report.gate import gate
from shadowbench.report.gate_forms import as_json, as_junit, as_markdown
from shadowbench.report.policy import Requirements
from tests.unit.report.documents import DAY, example

WHOLE = example()


def of(**changes: object) -> Document:
    """The example, of other traffic."""
    return replace(WHOLE, source=replace(WHOLE.source, **changes))  # type: ignore[arg-type]


def test_the_same_report_differs_in_nothing_and_so_does_one_that_was_kept() -> None:
    assert baseline_of(WHOLE, WHOLE).differs == ()
    assert baseline_of(WHOLE, load(dump(WHOLE).encode(), name="report.json")).differs == ()


def test_what_nobody_decides_by_makes_no_other_policy() -> None:
    other = replace(WHOLE.policy, about="in other words", requires=Requirements(uncalibrated_judges=True), slices=())
    assert baseline_of(WHOLE, replace(WHOLE, policy=other)).differs == ()


@pytest.mark.parametrize(
    ("now", "then", "differs", "told"),
    [
        (WHOLE, of(logs=("other.db",)), ("logs",), "It is of other logs: other.db."),
        (
            WHOLE,
            replace(WHOLE, policy=replace(WHOLE.policy, name="mvp")),
            ("policy",),
            "It was made by another policy: mvp.",
        ),
        (
            WHOLE,
            replace(WHOLE, policy=replace(WHOLE.policy, guardrails=())),
            ("declared",),
            "The policy migration has changed since: it was made by other claims, alpha or looks.",
        ),
        (
            of(slice={"path": ("/v1/messages",)}),
            WHOLE,
            ("slice",),
            "It is of all of the traffic, and this one of a part (--slice): they may differ for that alone.",
        ),
    ],
)
def test_a_baseline_of_something_else_says_so_in_every_form(
    now: Document, then: Document, differs: tuple[str, ...], told: str
) -> None:
    result = gate(now, baseline=then)
    assert result.baseline is not None
    assert result.baseline.differs == differs
    assert list(baseline_told(result))[1:] == [told]
    assert told in as_markdown(result, now).replace("\\", "")
    assert json.loads(as_json(result, now))["baseline"]["differs"] == list(differs)
    for suite in ElementTree.fromstring(as_junit(result, now).encode()):
        properties = {each.get("name"): each.get("value") for each in suite.iter("property")}
        assert str(properties["baseline"]).endswith(told)


def test_the_period_of_a_baseline_is_told_and_what_of_it_was_asked_for() -> None:
    (first,) = baseline_told(gate(WHOLE, baseline=of(since=1_761_523_200.0)))
    assert first == (
        "Beside the report of 2025-11-03T01:00:00Z, of 2025-10-27T00:00:42Z to 2025-11-03T00:00:00Z (7 d); of it since "
        "2025-10-27T00:00:00Z."
    )


def test_a_report_of_later_traffic_is_no_baseline() -> None:
    assert WHOLE.source.last_at is not None
    with pytest.raises(
        ConfigurationError, match=r"^--baseline: not an earlier report: its traffic goes on until 2025-11-04"
    ):
        gate(WHOLE, baseline=of(last_at=WHOLE.source.last_at + DAY))
    assert gate(of(first_at=None, last_at=None), baseline=WHOLE).baseline is not None


def test_a_report_of_a_part_is_no_baseline_of_all_and_one_of_the_same_part_is() -> None:
    part, other = of(slice={"path": ("/a", "/b")}), of(slice={"path": ("/c",)})
    for now in (WHOLE, other):
        with pytest.raises(
            ConfigurationError, match=r"^--baseline: it is of a part .*\(path = /a or /b\): take a report of"
        ):
            gate(now, baseline=part)
    assert baseline_of(of(slice={"path": ("/b", "/a")}), part).differs == ()
