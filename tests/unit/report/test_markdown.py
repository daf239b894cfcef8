"""Markdown for pull requests: nothing that comes from a log is markup, and it fits."""

import re
from dataclasses import replace
from html import unescape

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from shadowbench.report.document.comparisons import Comparison
from shadowbench.report.document.root import Candidate, Document
from shadowbench.report.document.verdicts import Note
from shadowbench.report.markdown import LIMIT, render, text
from tests.unit.report.documents import example, small

_GFM = MarkdownIt("commonmark").enable(["table", "strikethrough"])
JOINER = "\u2060"
OWN_TAGS = {"details", "/details", "summary", "/summary", "b", "/b", "sub", "/sub", "br"}


def drawn(markdown: str) -> str:
    """As HTML, without how cells are set."""
    return re.sub(r"<(t[dh]) [^>]*>", r"<\1>", str(_GFM.render(markdown)))


def test_the_verdict_comes_first() -> None:
    told = render(example())
    assert told.startswith(
        "## Verdict\n\nMay the support assistant move to a smaller model?\n\n**This traffic may not move"
    )
    assert told.index("## Verdict") < told.index("## Summary") < told.index("## Key findings")


def test_tables_are_tables() -> None:
    html = drawn(render(example()))
    assert html.count("<table>") > 10
    assert "<td>refuted</td>" in html
    for row in re.findall(r"<tr>.*?</tr>", html, re.DOTALL)[:20]:
        assert row.count("<t") >= 3


def test_intervals_stay_in_one_piece() -> None:
    assert (
        "| preferred in 44\u00a0% \\[36\u00a0%,\u00a052\u00a0%]: 610 won, 1,100 tied, 649 lost; the interval"
        in render(example())
    )


def test_a_pipe_in_a_name_makes_no_cell() -> None:
    html = drawn(render(example()))
    assert "<td>sql | parses</td>" in html


@pytest.mark.parametrize(
    "told",
    [
        "<b>x</b> &amp; <script>alert(1)</script>",
        "`code` *strong* _em_ __strong__ ~~gone~~",
        "![image](https://e.org/x.png) [link](javascript:alert(1)) [ref]: x [^1]",
        "| a | b |",
        "\\| \\` back",
        "$x$ and $$y$$",
        "ends with a backslash \\",
        "<!-- hidden --> <https://e.org>",
    ],
)
def test_text_is_shown_as_it_is(told: str) -> None:
    html = drawn(f"x {text(told)} x")
    assert unescape(html).replace(JOINER, "") == f"<p>x {told} x</p>\n"


@pytest.mark.parametrize(
    ("told", "shown"),
    [
        ("@root", "@\u2060root"),
        ("#12", "#\u206012"),
        (":tada:", ":\u2060tada:"),
        ("at 00:00:42", "at 00:00:42"),
        ("https://e.org", "https\u2060://e.org"),
        ("www.e.org", "www\u2060.e.org"),
        ("refusal_flip", "refusal_flip"),
    ],
)
def test_names_and_addresses_are_no_links(told: str, shown: str) -> None:
    assert text(told) == shown


@given(st.text())
def test_whatever_is_told_is_one_line_without_markup(told: str) -> None:
    html = drawn(f"| a | b |\n|---|---|\n| x{text(told)}x | y |\n")
    assert html.count("<td>") == 2
    assert not re.search(r"<(?!/?(table|thead|tbody|tr|th|td)>)", html)


@pytest.mark.parametrize(
    "told", ["# no heading", "- no item", "+ no item", "1. no item", "2) no item", "---", "===", "=", "> no"]
)
def test_a_line_that_begins_like_markup_is_none(told: str) -> None:
    document = replace(example(), candidates=(), warnings=(), policy=replace(example().policy, about=told))
    first = drawn(render(document)).split("\n")[1]
    assert first == f"<p>{told.replace('>', '&gt;')}</p>"


def test_no_html_but_our_own_gets_in() -> None:
    evil = Note(code="</details><img src=x onerror=alert(1)>", values={"x": "<b>|`"})
    told = render(replace(example(), findings=(evil,), candidates=(named("<i>|x|</i>\n\n# y"),)))
    assert {tag.split()[0] for tag in re.findall(r"<([^>]*)>", told)} <= OWN_TAGS
    assert told.count("<details>") == told.count("</details>")


def named(name: str) -> Candidate:
    return replace(small(), name=name)


def many(count: int) -> Document:
    comparisons = tuple(_numbered(small().comparisons[0], number) for number in range(count))
    return replace(example(), candidates=(replace(small(), comparisons=comparisons),))


def _numbered(comparison: Comparison, number: int) -> Comparison:
    return replace(comparison, subject=replace(comparison.subject, name=f"measure_{number}"))


def test_what_does_not_fit_is_left_out_and_that_is_told() -> None:
    told = render(many(400))
    assert len(told) <= LIMIT < 65_536
    assert told.startswith("## Verdict")
    assert "_Left out, as it would not fit: comparison with production" in told
    assert told.count("<details>") == told.count("</details>")


def test_everything_fits_usually() -> None:
    assert "would not fit" not in render(example())


def test_the_same_report_gives_the_same_bytes() -> None:
    assert render(example()) == render(example())
