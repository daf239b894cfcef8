"""A gate as Markdown, JUnit and JSON."""

from __future__ import annotations

import json
from dataclasses import replace
from xml.etree import ElementTree

from shadowbench.report.document.verdicts import Note
from shadowbench.report.gate import gate
from shadowbench.report.gate_forms import as_json, as_junit, as_markdown
from tests.unit.report.documents import example

WHOLE = example()
RESULT = gate(WHOLE, baseline=WHOLE)


def test_markdown_begins_with_the_answer() -> None:
    text = as_markdown(RESULT, WHOLE)
    assert text.startswith("## Gate\n\n**Fail: 3 candidates, by the policy migration.**\n\n- hot: Fail\n")
    titles = [line for line in text.splitlines() if line.startswith("## ")]
    assert titles == ["## Gate", "## Verdict", "## Since the baseline", "## What to do"]


def test_only_who_was_gated_is_told_of() -> None:
    result = gate(WHOLE, only={"small"})
    assert "hot" not in as_markdown(result, WHOLE)
    suites = ElementTree.fromstring(as_junit(result, WHOLE).encode()).findall("testsuite")
    assert [suite.get("name") for suite in suites] == ["small"]
    assert [each["name"] for each in json.loads(as_json(result, WHOLE))["candidates"]] == ["small"]


def test_claims_beside_a_baseline_are_cases_of_their_own() -> None:
    suite = ElementTree.fromstring(as_junit(RESULT, WHOLE).encode()).findall("testsuite")[1]
    names = [case.get("name") for case in suite.findall("testcase")]
    assert names[0] == "helpfulness not worse than production by more than 0.05"
    assert "helpfulness not worse than it was by more than 5 %" in names
    assert len(names) == len(set(names)) == 12
    skipped = {case.get("name"): case.find("skipped") for case in suite.findall("testcase")}
    bound = skipped["json_schema_valid not worse than it was"]
    assert bound is not None
    assert "no margin was declared" in str(bound.get("message"))


def test_json_says_what_it_is_and_has_everything() -> None:
    told = json.loads(as_json(RESULT, WHOLE))
    assert (told["schema"], told["version"], told["software"]) == ("shadowbench.gate", 1, "1.2.3")
    assert (told["result"], told["policy"], told["baseline_made_at"]) == ("fail", "migration", WHOLE.made_at)
    hot = told["candidates"][0]
    assert (hot["name"], hot["result"], hot["verdict"]["decision"]) == ("hot", "fail", "may_not")
    assert hot["since"][0]["change"].keys() == {"low", "high"}


def test_what_verdicts_rest_on_is_told_in_every_form() -> None:
    values = {"pairs": 980, "used": "2", "others": "1 in 980"}
    note = Note(code="other_version", values=values, candidate="hot", measure="helpfulness")
    warned = replace(WHOLE, warnings=(note, Note(code="undeclared_policy")))
    assert "hot: 980 pairs were scored for helpfulness by another version" in as_markdown(RESULT, warned)
    (told,) = json.loads(as_json(RESULT, warned))["warnings"]
    assert (told["code"], told["candidate"], told["values"]["pairs"]) == ("other_version", "hot", 980)
    assert told["text"].startswith("hot: 980 pairs were scored")
    suites = ElementTree.fromstring(as_junit(RESULT, warned).encode()).findall("testsuite")
    said = {suite.get("name"): str(suite.findtext("system-out")) for suite in suites}
    assert "980 pairs" in said["hot"]
    assert not any("980 pairs" in text for name, text in said.items() if name != "hot")
    only = gate(WHOLE, only={"small"})
    assert "980 pairs" not in as_markdown(only, warned)


def test_the_same_result_gives_the_same_bytes() -> None:
    again = gate(example(), baseline=example())
    for form in (as_markdown, as_junit, as_json):
        assert form(again, example()) == form(RESULT, WHOLE)


def test_nobody_to_gate_is_told() -> None:
    lanes = replace(WHOLE, candidates=WHOLE.candidates[:1])
    text = as_markdown(gate(lanes), lanes)
    assert "Inconclusive: 0 candidates" in text
    assert "no candidate but production itself" in text
