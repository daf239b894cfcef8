"""The page: valid, self-contained, accessible, harmless whatever is in the log, and the same each time."""

import base64
import hashlib
import os
import re
import subprocess
import sys
from dataclasses import replace
from functools import cache
from itertools import pairwise
from xml.etree.ElementTree import Element

import html5lib
import pytest

from shadowbench.errors import ConfigurationError
from shadowbench.report import charts as drawn
from shadowbench.report.document.root import Document, Source
from shadowbench.report.document.times import SideSpend
from shadowbench.report.html import render
from shadowbench.report.policy import Looks, Policy, Watching
from tests.unit.report.documents import example, hot

_HOSTILE = "<img src=x onerror=alert(1)>\"'&\x00\x1b\u202e\ud800{{ 7*7 }}"
with_and_without_charts = pytest.mark.parametrize(
    "charts",
    [
        pytest.param(
            True, marks=pytest.mark.skipif(not drawn.installed(), reason="the extra `charts` is not installed")
        ),
        False,
    ],
    ids=["charts", "tables"],
)


def _parsed(page: str) -> Element:
    """Strictly: whatever a browser would mend is an error."""
    return html5lib.HTMLParser(strict=True, namespaceHTMLElements=False).parse(page)


@cache
def _page(charts: bool) -> str:
    """The example's page."""
    return render(example(), charts=charts)


@cache
def _tree(charts: bool) -> Element:
    return _parsed(_page(charts))


def _empty() -> Document:
    nothing = SideSpend(calls=0, usd=None)
    full = example()
    return Document(
        software="0",
        made_at=0.0,
        seed=0,
        redacted=False,
        source=Source(logs=("empty.db",), first_at=None, last_at=None),
        policy=Policy(),
        totals=replace(
            full.totals, exchanges=0, pairs=0, clusters=0, production=nothing, candidates=nothing, judges=nothing
        ),
        traffic=None,
        production_models=(),
        candidates=(),
    )


def test_sections_of_other_intervals_than_the_comparisons_say_so() -> None:
    hint = "Intervals are for a single look here"
    found = {
        section.get("id")
        for section in _tree(False).iter("section")
        if any((hint in (each.text or "")) for each in section.iter("p"))
    }
    assert found == {"times", "costs", "slices", "targets", "course", "judges"}
    once = replace(example(), policy=replace(example().policy, watching=Watching(looks=Looks.ONCE)))
    assert hint not in render(once, charts=False)


def _with_names(name: str) -> Document:
    """The example, with a name of a stranger wherever a log could bring one."""
    full = example()
    candidates = tuple(
        replace(
            each,
            name=name,
            reported_models=(name,),
            comparisons=tuple(replace(c, subject=replace(c.subject, name=name)) for c in each.comparisons),
            slices=tuple(
                replace(table, by=name, measure=name, rows=tuple(replace(row, value=name) for row in table.rows))
                for table in each.slices
            ),
            examples=tuple(replace(e, prompt=name, production=name, candidate=name, log=name) for e in each.examples),
            radar=tuple(replace(axis, measure=name) for axis in each.radar),
        )
        for each in full.candidates
    )
    return replace(
        full,
        candidates=candidates,
        production_models=(name,),
        judges=tuple(replace(judge, judge=name, model=name) for judge in full.judges),
        standpoints=tuple(replace(stand, name=name) for stand in full.standpoints),
        marks=tuple(replace(mark, before=name, after=name) for mark in full.marks),
        policy=replace(full.policy, about=name),
    )


@with_and_without_charts
def test_it_is_html_that_no_parser_has_to_mend(charts: bool) -> None:
    assert _tree(charts).find("body") is not None


def test_a_report_of_nothing_is_a_page_too() -> None:
    assert "No candidate against production" in "".join(_parsed(render(_empty())).itertext())


@with_and_without_charts
def test_it_refers_to_nothing_outside(charts: bool) -> None:
    page = _tree(charts)
    for element in page.iter():
        for name, value in element.items():
            local = str(name).rpartition("}")[2]
            if local in {"href", "src", "srcset", "data", "action", "poster", "formaction", "background"}:
                assert value.startswith("#") or value == "data:,", (element.tag, name, value)
            assert "//" not in value or local == "content", (element.tag, name, value)


@with_and_without_charts
def test_paper_promises_numbers_behind_charts_where_there_are_charts(charts: bool) -> None:
    (about,) = (
        e for e in _tree(charts).iter("p") if "on-paper" in (e.get("class") or "").split() and "Made" in (e.text or "")
    )
    assert ("numbers behind charts" in (about.text or "")) is charts
    assert "formulas, " in (about.text or "")


@with_and_without_charts
def test_nothing_in_it_can_run_and_nothing_is_styled_but_by_its_sheet(charts: bool) -> None:
    page = _tree(charts)
    assert not {"script", "iframe", "object", "embed", "base"} & {str(e.tag) for e in page.iter()}
    attributes = {str(name) for element in page.iter() for name in element.keys()}  # noqa: SIM118
    assert not [name for name in attributes if name.startswith("on") or name == "style"]


def test_the_policy_allows_its_own_sheet_by_hash_and_nothing_else() -> None:
    page = _tree(False)
    policy = next(e for e in page.iter("meta") if e.get("http-equiv") == "Content-Security-Policy").get("content", "")
    sheet = page.find("head/style")
    assert sheet is not None and sheet.text is not None
    digest = base64.b64encode(hashlib.sha256(sheet.text.encode()).digest()).decode()
    assert policy == (
        f"default-src 'none'; style-src 'sha256-{digest}'; img-src data:; base-uri 'none'; form-action 'none'"
    )


@with_and_without_charts
def test_names_and_answers_of_strangers_are_text(charts: bool) -> None:
    text = render(_with_names(_HOSTILE), charts=charts)
    text.encode()
    page = _parsed(text)
    assert not list(page.iter("img"))
    assert "{{ 7*7 }}" in "".join(page.itertext())
    assert not re.search("[\x00\x1b\u202e]", text)


def test_scripts_in_answers_are_shown_and_controls_are_visible() -> None:
    page = _tree(False)
    answers = ["".join(each.itertext()) for each in page.iter("div") if "text" in (each.get("class") or "").split()]
    assert any("<script>alert(1)</script>" in answer for answer in answers)
    assert any("⟨U+001B⟩[31mI⟨U+001B⟩[0m cannot ``` do that⟨U+202E⟩." in answer for answer in answers)


def test_words_that_differ_are_marked() -> None:
    full = example()
    pair = replace(hot().examples[0], candidate="It left our house on Tuesday.")
    page = _parsed(render(replace(full, candidates=(replace(hot(), examples=(pair,)),)), charts=False))
    marked = {name: ["".join(each.itertext()) for each in page.iter(name)][1:] for name in ("del", "ins")}
    assert marked == {"del": ["Monday"], "ins": ["Tuesday"]}


def test_what_is_hidden_is_said_to_be_and_not_there() -> None:
    full = example()
    hidden = tuple(
        replace(
            each,
            examples=tuple(
                replace(e, prompt=None, production=None, candidate=None, hidden=True) for e in each.examples
            ),
        )
        for each in full.candidates
    )
    page = render(replace(full, candidates=hidden, redacted=True), charts=False)
    assert "parcel" not in page
    assert "Prompts and answers were left out." in page
    assert "Hidden: prompts and answers were left out of this report." in page


def test_without_charts_the_page_says_how_to_get_them(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(drawn, "installed", lambda: False)
    assert "pip install 'shadowbench-sidecar[charts]'" in "".join(_parsed(render(example())).itertext())


def test_charts_that_are_asked_for_and_cannot_be_drawn_are_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(drawn, "installed", lambda: False)
    with pytest.raises(ConfigurationError, match=r"pip install 'shadowbench-sidecar\[charts\]'"):
        render(example(), charts=True)


@with_and_without_charts
def test_names_in_the_page_are_unique_and_those_that_are_referred_to_exist(charts: bool) -> None:
    page = _tree(charts)
    ids = [value for element in page.iter() if (value := element.get("id"))]
    assert len(ids) == len(set(ids))
    referred = [element.get("href", "#")[1:] for element in page.iter("a")]
    referred += [name for element in page.iter() for name in (element.get("aria-labelledby") or "").split()]
    referred += re.findall(r"url\(#([^)]+)\)", _page(charts))
    assert set(referred) <= set(ids)


def test_headings_are_in_order() -> None:
    page = _tree(False)
    levels = [int(str(element.tag)[1]) for element in page.iter() if re.fullmatch("h[1-6]", str(element.tag))]
    assert levels[0] == 1 and levels.count(1) == 1
    assert all(after <= before + 1 for before, after in pairwise(levels))


def test_every_table_has_a_caption_and_every_heading_of_it_a_scope() -> None:
    page = _tree(False)
    tables = list(page.iter("table"))
    assert tables
    for table in tables:
        caption = table.find("caption")
        assert caption is not None and caption.text
        assert all(
            heading.get("scope") in {"col", "row"} and "".join(heading.itertext()) for heading in table.iter("th")
        )
        assert all(row.find("th") is not None for row in table.iter("tr"))


@pytest.mark.skipif(not drawn.installed(), reason="the extra `charts` is not installed")
def test_every_chart_has_a_title_and_a_description_with_its_numbers() -> None:
    page = _tree(True)
    charts = [element for element in page.iter() if str(element.tag).rpartition("}")[2] == "svg"]
    assert len(charts) >= 10
    for chart in charts:
        title, description = list(chart)[:2]
        assert chart.get("role") == "img"
        assert title.text and description.text and re.search(r"\d", description.text)


@with_and_without_charts
def test_the_same_report_is_the_same_bytes(charts: bool) -> None:
    assert render(example(), charts=charts) == _page(charts)


@with_and_without_charts
def test_the_same_report_is_the_same_bytes_in_another_process(charts: bool) -> None:
    script = (
        "import sys, hashlib; from tests.unit.report.documents import example; from shadowbench.report.html import render; "
        f"sys.stdout.write(hashlib.sha256(render(example(), charts={charts}).encode()).hexdigest())"
    )
    told = {
        subprocess.run(
            [sys.executable, "-c", script], env=os.environ | {"PYTHONHASHSEED": seed}, capture_output=True, check=True
        ).stdout
        for seed in ("1234",)
    }
    assert told == {hashlib.sha256(_page(charts).encode()).hexdigest().encode()}
