"""Verdicts as JUnit XML, for what shows tests: a suite for each candidate, a case for each condition.

Shown passes, refuted fails; skipped, with its reason, is what is open, what the policy lets be skipped, and every requirement
that is not met. The elements, their order and their attributes are those that Ant's, Jenkins' and GitLab's readers share:
`testsuites` has no attributes, every suite has all of `id`, `package`, `name`, `timestamp` (UTC, without a zone), `hostname`,
`tests`, `failures`, `errors`, `skipped` and `time`, and within it `properties`, cases, `system-out`, `system-err`. Nothing was
run, so all times are zero.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from xml.etree import ElementTree

from shadowbench.report import words
from shadowbench.report.chapters.verdicts import comparison_of
from shadowbench.report.document.root import Candidate, Document
from shadowbench.report.document.verdicts import OF_VERDICTS, Decision, Met
from shadowbench.report.visible import unturned
from shadowbench.report.words import remarks

# What XML 1.0 cannot have (W3C XML 1.0, 2.2 Char), surrogates among it.
_NOT_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_REPLACEMENT = "\N{REPLACEMENT CHARACTER}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """One condition or requirement. Neither `failure` nor `skipped`: it holds."""

    name: str
    failure: str | None = None
    skipped: str | None = None


def render(
    document: Document,
    more: Mapping[str, Sequence[Case]] = MappingProxyType({}),
    about: Mapping[str, str] = MappingProxyType({}),
) -> str:
    """The XML, with its declaration, in UTF-8's characters. `more`: further cases by candidate; `about`: further properties of
    every suite."""
    root = ElementTree.Element("testsuites")
    for number, candidate in enumerate(each for each in document.candidates if not each.again):
        suite = _suite(document, candidate, number, more.get(candidate.name, ()))
        suite[0].extend(_property(name, value) for name, value in about.items())
        root.append(suite)
    ElementTree.indent(root)
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{ElementTree.tostring(root, encoding="unicode")}\n'


def cases(candidate: Candidate) -> Iterator[Case]:
    """All that must be shown of a candidate, and what stands in the way."""
    if candidate.verdict.decision is Decision.UNDECLARED:
        yield Case(name="verdict", skipped=words.decision(candidate.verdict.decision, candidate.name))
    for blocker in candidate.verdict.blockers:
        of = f": {words.measure_title(blocker.measure)}" if blocker.measure else ""
        yield Case(name=f"requirement, {words.blocker_title(blocker.code)}{of}", skipped=words.blocker(blocker))
    for condition in candidate.verdict.conditions:
        comparison = comparison_of(candidate, condition)
        told = words.condition(condition, comparison)
        yield Case(
            name=words.claim(condition.claim, comparison.subject.unit if comparison else ""),
            failure=told if condition.met is Met.REFUTED else None,
            skipped=told if condition.met in (Met.OPEN, Met.SKIPPED) else None,
        )


def _suite(document: Document, candidate: Candidate, number: int, more: Sequence[Case]) -> ElementTree.Element:
    found = [*cases(candidate), *more]
    suite = ElementTree.Element("testsuite", _attributes(document, candidate, number, found))
    properties = ElementTree.SubElement(suite, "properties")
    properties.extend(_property(name, value) for name, value in _properties(document, candidate))
    for case in found:
        suite.append(_case(case, candidate))
    ElementTree.SubElement(suite, "system-out").text = _legal(_verdict(document, candidate))
    ElementTree.SubElement(suite, "system-err")
    return suite


def _attributes(document: Document, candidate: Candidate, number: int, found: Sequence[Case]) -> dict[str, str]:
    return {
        "id": str(number),
        "package": "shadowbench",
        "name": _legal(candidate.name),
        "timestamp": words.moment(document.made_at).removesuffix("Z"),
        "hostname": "localhost",
        "tests": str(len(found)),
        "failures": str(sum(case.failure is not None for case in found)),
        "errors": "0",
        "skipped": str(sum(case.skipped is not None for case in found)),
        "time": "0",
    }


def _properties(document: Document, candidate: Candidate) -> Iterator[tuple[str, str]]:
    yield "shadowbench", document.software
    yield "policy", document.policy.name
    yield "decision", candidate.verdict.decision.value
    yield "logs", ", ".join(document.source.logs)
    yield "period", remarks.period(document.source)
    if asked_for := remarks.asked_for(document.source):
        yield "of it", asked_for
    yield "pairs", str(candidate.counts.sent)
    yield "clusters", str(candidate.counts.clusters)


def _property(name: str, value: str) -> ElementTree.Element:
    return ElementTree.Element("property", {"name": name, "value": _legal(value)})


def _case(case: Case, candidate: Candidate) -> ElementTree.Element:
    told = {"classname": _legal(f"shadowbench.{candidate.name}"), "name": _legal(case.name), "time": "0"}
    element = ElementTree.Element("testcase", told)
    if case.failure is not None:
        failure = ElementTree.SubElement(element, "failure", {"message": _legal(case.failure), "type": "refuted"})
        failure.text = _legal(case.failure)
    elif case.skipped is not None:
        ElementTree.SubElement(element, "skipped", {"message": _legal(case.skipped)})
    return element


def _verdict(document: Document, candidate: Candidate) -> str:
    """In a sentence, and below it what must be known of what it rests on."""
    decision = words.decision(candidate.verdict.decision, candidate.name)
    beside = (note for note in document.warnings if note.code in OF_VERDICTS and note.candidate == candidate.name)
    return "\n".join([decision, *map(words.sentence, beside)])


def _legal(text: str) -> str:
    return unturned(_NOT_XML.sub(_REPLACEMENT, text))
