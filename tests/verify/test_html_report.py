"""The HTML report in a real browser: it asks nobody for anything, and nothing sticks out of a narrow screen.

`script/look` takes the pictures that people look at.
"""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import pytest

from shadowbench.report.charts import installed
from shadowbench.report.document.root import Document
from shadowbench.report.html import render
from tests.chromium import CHROMIUM, browser
from tests.unit.report.documents import example

pytestmark = [
    pytest.mark.verify,
    pytest.mark.skipif(CHROMIUM is None, reason="Chromium is not installed (Debian package chromium)"),
    pytest.mark.skipif(not installed(), reason="the extra `charts` is not installed"),
]

MOST_PAGES = 15  # of the example, which has everything

# What is wider than the screen and cannot be moved by itself.
_STICKING_OUT = """
[...document.querySelectorAll("body *")].filter(each => {
  const box = each.getBoundingClientRect();
  return box.width && box.right > document.documentElement.clientWidth + 1
    && !each.closest(".scroll, .text, .skip, .unseen, nav, thead");
}).map(each => `${each.tagName} ${each.className.baseVal ?? each.className} ${each.textContent.slice(0, 40)}`).slice(0, 5)
"""


_ENDLESS = "supercalifragilistic" * 20


def _with_endless_words() -> Document:
    """Names, slices and answers that nobody can break at a space."""
    full = example()
    candidates = tuple(
        replace(
            each,
            name=_ENDLESS,
            reported_models=(_ENDLESS,),
            comparisons=tuple(replace(c, subject=replace(c.subject, name=_ENDLESS)) for c in each.comparisons),
            slices=tuple(replace(s, rows=tuple(replace(r, value=_ENDLESS) for r in s.rows)) for s in each.slices),
            examples=tuple(replace(e, prompt=_ENDLESS, production=_ENDLESS, candidate=_ENDLESS) for e in each.examples),
        )
        for each in full.candidates
    )
    judges = tuple(replace(judge, judge=_ENDLESS, model=_ENDLESS) for judge in full.judges)
    stands = tuple(replace(stand, name=_ENDLESS) for stand in full.standpoints)
    return replace(full, candidates=candidates, judges=judges, standpoints=stands, production_models=(_ENDLESS,))


def _written(document: Document, folder: Path) -> Path:
    path = folder / "report.html"
    path.write_text(render(document), encoding="utf-8")
    return path


@pytest.fixture
def report(tmp_path: Path) -> Path:
    return _written(example(), tmp_path)


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
@pytest.mark.parametrize("width", [360, 768, 1280])
async def test_nothing_sticks_out_sideways(report: Path, tmp_path: Path, width: int, dark: bool) -> None:
    async with browser(tmp_path / "profile") as page:
        await page.open(report, width=width, dark=dark)
        assert await page.ask(_STICKING_OUT) == []
        assert await page.ask("document.documentElement.scrollWidth") <= width


@pytest.mark.parametrize("width", [360, 1280])
async def test_words_without_an_end_do_not_stick_out_either(tmp_path: Path, width: int) -> None:
    path = _written(_with_endless_words(), tmp_path)
    async with browser(tmp_path / "profile") as page:
        await page.open(path, width=width)
        assert await page.ask(_STICKING_OUT) == []
        assert await page.ask("document.documentElement.scrollWidth") <= width


async def test_the_page_asks_nobody_and_breaks_no_rule_of_its_own_policy(report: Path, tmp_path: Path) -> None:
    async with browser(tmp_path / "profile") as page:
        await page.open(report, width=1280)
        asked = [url for url in page.requests if not url.startswith("data:")]
        assert asked == [report.resolve().as_uri()]
        assert page.complaints == []


async def test_the_style_sheet_and_the_colours_of_charts_are_in_force(report: Path, tmp_path: Path) -> None:
    """A policy that does not know the sheet by its hash would drop it without a word to the reader."""
    curve = 'getComputedStyle(document.querySelector(".chart path[stroke^=var]")).stroke'
    async with browser(tmp_path / "profile") as page:
        await page.open(report, width=1280)
        assert await page.ask('getComputedStyle(document.querySelector(".card")).borderTopStyle') == "solid"
        light = await page.ask(curve)
        await page.open(report, width=1280, dark=True)
        assert light != await page.ask(curve)


async def test_a_candidate_can_be_left_out_without_a_script(report: Path, tmp_path: Path) -> None:
    visible = '[...document.querySelectorAll(".candidate-2")].some(each => each.offsetParent !== null)'
    async with browser(tmp_path / "profile") as page:
        await page.open(report, width=1280)
        assert await page.ask(visible)
        await page.ask('document.querySelector("#show-2").checked = false')
        assert not await page.ask(visible)


async def test_it_prints(report: Path, tmp_path: Path) -> None:
    async with browser(tmp_path / "profile") as page:
        await page.open(report, width=1280)
        paper = await page.print()
    assert paper.startswith(b"%PDF")
    assert 3 <= len(re.findall(rb"/Type\s*/Page\b", paper)) <= MOST_PAGES
