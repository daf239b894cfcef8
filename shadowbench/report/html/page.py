"""The page: one file that asks nobody for anything.

Its Content-Security-Policy allows its own style sheet, by hash, and nothing else: no script runs in it, whatever an answer of
a model contains. jinja2 escapes every text, after `texts.shown` made it readable.
"""

from __future__ import annotations

import hashlib
from base64 import b64encode
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING, Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from shadowbench.errors import ConfigurationError
from shadowbench.report import charts as drawn
from shadowbench.report import words
from shadowbench.report.document.root import Candidate, Document
from shadowbench.report.html import (
    changes,
    choices,
    costing,
    examples,
    judges,
    latencies,
    matrix,
    methods,
    rankings,
    slices,
    summary,
    tables,
    targets,
    traffic,
)
from shadowbench.report.html.texts import shown
from shadowbench.report.words import remarks

if TYPE_CHECKING:
    from shadowbench.report.html.figures.plan import Figure

HOW_TO_GET_CHARTS = "pip install 'shadowbench-sidecar[charts]'"


def render(document: Document, *, charts: bool | None = None) -> str:
    """The whole page. `charts`: whether to draw them; None: where the extra is installed. Raises ConfigurationError where
    they are asked for and cannot be drawn."""
    style = Markup(_style() + _filters(len(document.candidates)))
    return (
        _environment()
        .get_template("page.html.j2")
        .render(
            document=document,
            style=style,
            style_hash=b64encode(hashlib.sha256(style.encode()).digest()).decode(),
            figures=_figures(document, charts),
            how_to_get_charts=None if charts is False or drawn.installed() else HOW_TO_GET_CHARTS,
            title=_title(document),
            **_sections(document),
        )
    )


def _figures(document: Document, charts: bool | None) -> Mapping[str, Figure]:
    if charts and not drawn.installed():
        raise ConfigurationError(
            f"charts are drawn with the extra `charts`, which is not installed: {HOW_TO_GET_CHARTS}"
        )
    if charts is False or not drawn.installed():
        return {}
    from shadowbench.report.html.figures import figures  # the extra's libraries are loaded by those who have them

    return figures(document)


def _title(document: Document) -> str:
    names = ", ".join(each.name for each in document.candidates if not each.again)
    return f"{names or 'No candidate'} against {summary.models(document.production_models) or 'production'}"


def _sections(document: Document) -> dict[str, Any]:
    """What the templates show, by name."""
    return {
        "answer": summary.answer(document),
        "facts": summary.facts(document),
        "cards": summary.cards(document),
        "warnings": choices.sentences(document.warnings),
        "findings": choices.sentences(document.findings),
        "choices": choices.choices(document),
        "reading": matrix.reading(document.policy),
        "for_a_look": remarks.for_a_look(document.policy),
        "front": choices.front(document),
        "candidates": [_candidate(number, each) for number, each in summary.numbered(document)],
        "rankings": rankings.rankings(document),
        "asked_for": remarks.asked_for(document.source),
        "marks": changes.marks(document),
        "drift": changes.drift(document),
        "quiet": changes.quiet(document),
        "trend": changes.trend(document),
        "judges": [judges.card(each) for each in document.judges],
        "funnel": traffic.funnel(document),
        "pairs": traffic.pairs(document),
        "faults": traffic.faults(document),
        "missing": traffic.missing(document),
        "formulas": methods.formulas(document),
        "policy": methods.policy(document.policy),
    }


def _candidate(number: int, candidate: Candidate) -> dict[str, Any]:
    return {
        "number": number,
        "name": candidate.name,
        "again": candidate.again,
        "matrices": matrix.matrices(candidate),
        "more": matrix.more(candidate),
        "radar": targets.targets(candidate),
        "times": [latencies.times(candidate.name, each) for each in candidate.distributions],
        "costs": None if candidate.costs is None else costing.costs_table(candidate.name, candidate.costs),
        "cost_notes": () if candidate.costs is None else tuple(remarks.costs(candidate.costs)),
        "courses": changes.courses(candidate),
        "slices": slices.slices(candidate),
        "alike": slices.alike(candidate),
        "unchanged": changes.unchanged(candidate),
        "correlations": rankings.correlations(candidate),
        "examples": examples.examples(candidate),
    }


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=PackageLoader("shadowbench.report.html"),
        autoescape=True,
        undefined=StrictUndefined,
        finalize=_finalize,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.globals["words"] = words
    environment.filters["parts"] = tables.parts
    return environment


def _finalize(value: Any) -> Any:
    """The one gate that every text goes through before it is escaped."""
    return shown(value) if isinstance(value, str) and not isinstance(value, Markup) else value


@cache
def _style() -> str:
    return files(__package__).joinpath("report.css").read_text(encoding="utf-8")


def _filters(candidates: int) -> str:
    """A candidate whose box is not ticked is not shown: without a script, in browsers that know :has()."""
    return "".join(
        f"body:has(#show-{number}:not(:checked)) .candidate-{number}{{display:none}}\n"
        for number in range(1, candidates + 1)
    )
