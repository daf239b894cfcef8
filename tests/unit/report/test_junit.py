"""Verdicts as JUnit XML: what readers of it agree on, and nothing that XML cannot have."""

from dataclasses import replace
from xml.etree import ElementTree

from hypothesis import given
from hypothesis import strategies as st

from shadowbench.report.document.root import Document
from shadowbench.report.document.verdicts import Blocker, Decision, Verdict
from shadowbench.report.junit import render
from tests.unit.report.documents import example, small, young

ATTRIBUTES = ["id", "package", "name", "timestamp", "hostname", "tests", "failures", "errors", "skipped", "time"]


def parsed(document: Document) -> ElementTree.Element:
    return ElementTree.fromstring(render(document))


def suites() -> dict[str, ElementTree.Element]:
    return {suite.attrib["name"]: suite for suite in parsed(example())}


def test_each_candidate_is_a_suite_and_the_a_a_lane_is_none() -> None:
    assert list(suites()) == ["hot", "small", "young"]


def test_shown_passes_refuted_fails_open_is_skipped() -> None:
    told = {name: [suite.attrib[key] for key in ("tests", "failures", "skipped")] for name, suite in suites().items()}
    assert told == {"hot": ["6", "3", "3"], "small": ["6", "0", "0"], "young": ["6", "0", "6"]}
    for suite in suites().values():
        assert len(suite.findall("testcase/failure")) == int(suite.attrib["failures"])
        assert len(suite.findall("testcase/skipped")) == int(suite.attrib["skipped"])


def test_what_fails_says_why_with_its_numbers() -> None:
    failure = suites()["hot"].find("testcase/failure")
    assert failure is not None
    told = "errors not worse than production by more than 0.01: refuted. +0.080 [+0.064, +0.096], 2,400 pairs"
    assert failure.attrib["message"].startswith(told)
    assert failure.attrib["type"] == "refuted"
    assert failure.text == failure.attrib["message"]


def test_marks_that_turn_the_direction_are_named() -> None:
    suite = parsed(replace(example(), candidates=(replace(small(), name="a\u202eb"),)))[0]
    assert suite.attrib["name"] == "a⟨U+202E⟩b"


def test_requirements_that_are_not_met_are_skipped_cases() -> None:
    case = suites()["young"].find("testcase")
    assert case is not None
    assert case.attrib["name"] == "requirement, too few pairs"
    skipped = case.find("skipped")
    assert skipped is not None
    assert skipped.attrib["message"] == "Too few pairs: 90; it takes at least 500."


def test_where_nothing_was_declared_that_is_told() -> None:
    undeclared = replace(small(), verdict=Verdict(decision=Decision.UNDECLARED))
    suite = parsed(replace(example(), candidates=(undeclared,)))[0]
    assert [suite.attrib["tests"], suite.attrib["skipped"]] == ["1", "1"]


def test_elements_and_attributes_are_those_of_the_common_schema() -> None:
    root = parsed(example())
    assert (root.tag, root.attrib) == ("testsuites", {})
    for number, suite in enumerate(root):
        assert list(suite.attrib) == ATTRIBUTES
        assert suite.attrib["id"] == str(number)
        assert suite.attrib["timestamp"] == "2025-11-03T01:00:00"  # UTC, and no zone
        tags = [child.tag for child in suite]
        assert tags == ["properties", *["testcase"] * int(suite.attrib["tests"]), "system-out", "system-err"]
        for case in suite.iter("testcase"):
            assert set(case.attrib) == {"classname", "name", "time"}
            assert len(case) <= 1
        for found in suite.iter("property"):
            assert set(found.attrib) == {"name", "value"}


def test_the_same_report_gives_the_same_bytes() -> None:
    assert render(example()) == render(example())
    assert render(example()).startswith('<?xml version="1.0" encoding="UTF-8"?>\n<testsuites>')


@given(st.text(), st.text())
def test_whatever_a_name_has_in_it_the_xml_can_be_read(name: str, measure: str) -> None:
    blocked = Verdict(
        decision=Decision.INCONCLUSIVE, blockers=(Blocker(code=name, needed=1, found=0, measure=measure),)
    )
    document = replace(example(), candidates=(replace(young(), name=f"a{name}\x00", verdict=blocked),))
    suite = ElementTree.fromstring(render(document).encode())[0]
    assert suite.attrib["name"].startswith("a")
