"""The gate in chapters: its answer, what changed since, what to do."""

from __future__ import annotations

import io
import json
from dataclasses import replace
from xml.etree import ElementTree

import pytest
from rich.console import Console

from shadowbench.report.analysis.deciding import DOUBTS
from shadowbench.report.chapters.gating import _REMEDIES, gating
from shadowbench.report.chapters.nouns import Line, Table
from shadowbench.report.document.comparisons import Role
from shadowbench.report.document.root import Document
from shadowbench.report.document.verdicts import Blocker, Condition, Decision, Met, Note
from shadowbench.report.gate import gate
from shadowbench.report.gate_forms import as_json, as_junit, as_markdown
from shadowbench.report.misspelt import CODE
from shadowbench.report.terminal import show_chapters
from shadowbench.report.words.codes import BLOCKERS
from tests.unit.report.documents import again, example, small


def chapters(document: Document, baseline: Document | None = None) -> dict[str, list[str]]:
    """Lines, and rows with their cells joined, by the chapter's title."""
    found = {}
    for chapter in gating(gate(document, baseline=baseline), document):
        lines: list[str] = []
        for block in chapter.blocks:
            if isinstance(block, Line):
                lines.append(block.text)
            elif isinstance(block, Table):
                lines += [" | ".join(row.cells) for row in block.rows]
        found[chapter.title] = lines
    return found


def of(name: str) -> Document:
    return replace(example(), candidates=tuple(each for each in example().candidates if each.name == name))


def test_a_candidate_that_passes_needs_nothing() -> None:
    found = chapters(of("small"))
    assert list(found) == ["Gate", "Verdict"]
    assert found["Gate"][0] == "Pass: 1 candidate, by the policy migration."


def test_several_are_listed_with_their_results() -> None:
    assert chapters(example())["Gate"][:4] == [
        "Fail: 3 candidates, by the policy migration.", "hot: Fail", "small: Pass", "young: Inconclusive",
    ]  # fmt: skip


def test_what_is_inconclusive_says_what_would_bring_an_answer() -> None:
    told = " ".join(chapters(of("young"))["What to do"])
    assert "shadowbench plan says how many" in told
    assert "Our own queues, budgets or bounds lost too many pairs" in told
    assert "Not compared with people: helpfulness." in told
    assert "What to do" not in chapters(of("hot"))


def test_the_same_advice_is_given_once() -> None:
    lines = chapters(of("young"))["What to do"]
    assert len(lines) == len(set(lines))


def test_every_requirement_has_its_advice() -> None:
    assert DOUBTS | set(BLOCKERS) <= set(_REMEDIES)


def stopped_by(code: str, *, measure: str | None, blocks: bool) -> Document:
    """A candidate that is inconclusive for this alone: a requirement that is not met, or an open claim."""
    verdict = small().verdict
    if blocks:
        verdict = replace(verdict, blockers=(Blocker(code=code, needed=1.0, found=0.0, measure=measure),))
    else:
        claim = verdict.conditions[0].claim
        verdict = replace(verdict, conditions=(Condition(claim=claim, role=Role.PRIMARY, met=Met.OPEN, reason=code),))
    stopped = replace(small(), verdict=replace(verdict, decision=Decision.INCONCLUSIVE))
    return replace(example(), candidates=(stopped,))


def drawn(document: Document) -> str:
    out = io.StringIO()
    show_chapters(gating(gate(document), document), Console(file=out, width=200, color_system=None))
    return out.getvalue()


@pytest.mark.parametrize("code", sorted(_REMEDIES))
@pytest.mark.parametrize(("measure", "blocks"), [("helpfulness", True), (None, True), ("helpfulness", False)])
def test_every_advice_can_be_told_in_every_form(code: str, measure: str | None, blocks: bool) -> None:
    document = stopped_by(code, measure=measure, blocks=blocks)
    (advice, *_) = chapters(document)["What to do"]
    assert "{}" not in advice
    first = _REMEDIES[code].partition("{")[0]
    assert advice.startswith(first)
    assert first[:40] in " ".join(drawn(document).split())
    assert "What to do" in as_markdown(gate(document), document)
    assert ElementTree.fromstring(as_junit(gate(document), document)) is not None
    assert json.loads(as_json(gate(document), document))["result"] == "inconclusive"


def test_the_advice_to_have_a_lane_shows_the_yaml_of_one() -> None:
    (advice,) = chapters(stopped_by("no_a_a_lane", measure=None, blocks=True))["What to do"]
    assert advice.endswith("candidates: {again: {sample_rate: 0.1}}.")


def test_a_measure_that_may_be_misspelt_is_told_whatever_the_answer_is() -> None:
    near = Note(code=CODE, values={"names": "pairwis", "near": "pairwise", "there": "cost, pairwise"})
    assert (
        "did you mean pairwise? There are: cost, pairwise."
        in chapters(replace(of("small"), warnings=(near,)))["What to do"][0]
    )
    far = replace(near, values={"names": "rouge_l", "near": "", "there": "cost"})
    assert "What to do" not in chapters(replace(of("small"), warnings=(far,)))
    open_claim = stopped_by("not_measured", measure=None, blocks=False)
    told = chapters(replace(open_claim, warnings=(far,)))["What to do"]
    assert told[-1] == "The policy names what nobody measured: rouge_l. There are: cost."


def test_a_skipped_claim_is_shown_as_such() -> None:
    small = of("small").candidates[0]
    *others, last = small.verdict.conditions
    skipped = Condition(claim=last.claim, role=last.role, met=Met.SKIPPED, reason="not_measured")
    changed = replace(small, verdict=replace(small.verdict, conditions=(*others, skipped)))
    found = chapters(replace(of("small"), candidates=(changed,)))
    assert any(row.startswith("skipped | cost (total) better than production") for row in found["Verdict"])
    assert "Skipped, as nothing was measured: cost." in found["Gate"]


def test_since_the_baseline_both_are_told() -> None:
    rows = chapters(of("small"), example())["Since the baseline"]
    assert rows[0].startswith("Beside the report of 2025-11-03T01:00:00Z")
    assert rows[1] == (
        "shown | helpfulness not worse than it was by more than 5 % | preferred in 49.0 % [46.3 %, 51.7 %] | "
        "preferred in 49.0 % [46.3 %, 51.7 %]"
    )
    assert any("skipped (no margin was declared)" in row for row in rows)
    assert chapters(example(), example())["Since the baseline"][1].startswith("hot | ")


def test_the_lane_is_told_in_a_line_with_what_it_means() -> None:
    judged = next(each for each in small().comparisons if each.subject.name == "helpfulness")
    assert judged.noise is not None
    lane = replace(again(), comparisons=(*again().comparisons, replace(judged, effect=judged.noise)))
    (line,) = (each for each in chapters(replace(example(), candidates=(lane, small())))["Gate"] if "A/A" in each)
    assert line.startswith("A/A lane again, production against itself in 2,410 pairs: helpfulness preferred in 50.3 %")
    assert line.endswith("a candidate's difference of that size means nothing.")
    assert chapters(replace(example(), candidates=(again(), small())))["Gate"][-1].endswith("was measured in it.")


def test_a_lane_that_differs_or_is_not_there_is_told() -> None:
    doubt = Blocker(code="a_a_lane_differs", needed=0.0, found=0.1, measure="helpfulness")
    doubted = replace(small(), verdict=replace(small().verdict, blockers=(doubt,), decision=Decision.INCONCLUSIVE))
    judged = next(each for each in small().comparisons if each.subject.name == "helpfulness")
    lane = replace(again(), comparisons=(judged,))
    assert "There should be no difference" in chapters(replace(example(), candidates=(lane, doubted)))["Gate"][-1]
    assert chapters(of("small"))["Gate"][-1].startswith("There is no A/A lane, production against itself")


def test_what_was_won_tied_and_lost_stands_beside_a_preference() -> None:
    verdict = chapters(of("small"))["Verdict"]
    assert any(
        "helpfulness: preferred in more than 45 %, ties half | preferred in 49.0 % [46.3 %, 51.7 %]: 610 won, 1,100 tied, "
        "649 lost" in row
        for row in verdict
    )


def test_a_value_of_both_answers_together_gets_no_advice_to_have_a_lane_alone() -> None:
    (advice, *_) = chapters(stopped_by("no_value_of_production", measure=None, blocks=False))["What to do"]
    assert "Production alone has no value of helpfulness" in advice
    for way in ("against: again", "against: bound", "kind: judge"):
        assert way in advice
