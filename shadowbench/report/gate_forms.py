"""A gate's result as Markdown, JUnit XML and JSON. The same result, the same bytes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, replace

import orjson

from shadowbench.report import junit, markdown, words
from shadowbench.report.chapters.gating import baseline_told, beside, gating, of_gated, since_title, since_told, unit_of
from shadowbench.report.document.root import Document
from shadowbench.report.document.verdicts import Met
from shadowbench.report.gate import CandidateResult, GateResult
from shadowbench.report.junit import Case

SCHEMA, VERSION = "shadowbench.gate", 1


def as_markdown(result: GateResult, document: Document) -> str:
    """For comments and job summaries."""
    return markdown.render_chapters(gating(result, document))


def as_junit(result: GateResult, document: Document) -> str:
    """A suite for each candidate that was gated; claims beside a baseline are cases of their own."""
    gated = replace(document, candidates=tuple(of_gated(result, document)))
    baseline = " ".join(baseline_told(result))
    about = {"baseline": baseline} if baseline else {}
    return junit.render(gated, {each.name: _cases(each, gated) for each in result.candidates}, about)


def as_json(result: GateResult, document: Document) -> str:
    """`version` changes when a member changes its meaning or goes; members may be added."""
    about: Mapping[str, object] = {
        "schema": SCHEMA,
        "version": VERSION,
        "software": document.software,
        "made_at": document.made_at,
        "logs": document.source.logs,
        "first_at": document.source.first_at,
        "last_at": document.source.last_at,
        "since": document.source.since,
        "until": document.source.until,
        "slice": document.source.slice,
    }
    told = {name: getattr(result, name) for name in GateResult.__dataclass_fields__}
    warnings = [{**asdict(note), "text": words.sentence(note)} for note in beside(result, document)]
    return orjson.dumps(
        {**about, **told, "warnings": warnings}, option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE
    ).decode()


def _cases(found: CandidateResult, document: Document) -> Sequence[Case]:
    (candidate,) = (each for each in document.candidates if each.name == found.name)
    cases = []
    for since in found.since:
        unit = unit_of(candidate, since)
        told = since_told(since, unit)
        cases.append(
            Case(
                name=since_title(since, unit),
                failure=told if since.met is Met.REFUTED else None,
                skipped=told if since.met in (Met.OPEN, Met.SKIPPED) else None,
            )
        )
    return cases
