import pytest
from hypothesis import given
from hypothesis import strategies as st

from shadowbench.metrics.structure.html_tags import html_valid, is_balanced
from tests.compared import pair, value

PAGE = """<!DOCTYPE html>
<html lang=en>
<head><meta charset="utf-8"><title>a < b</title><link rel=x href='y>z'>
<script>if (a < b && c > d) { document.write("<div>") }</script>
<body class="a">
<!-- <div> -->
<p>one<p>two<br>
<ul><li>a<li>b<ul><li>c</ul></ul>
<table><thead><tr><th>x<tbody><tr><td>1<td>2<tr><td>3</table>
<DIV>x</div><svg><path d="M0"/><g><circle/></g></svg>
<dl><dt>a<dd>b<dt>c<dd><p>d</dl>
"""


@pytest.mark.parametrize(
    "text",
    [
        PAGE,
        "<p>hi",
        "<p>hi</p>",
        "text <b>bold</b> text",
        "<br/>",
        "<ul><li><p>a<li>b</ul>",
        "<my-tag data-x=1></my-tag>",
    ],
)
def test_what_the_standard_lets_out_is_not_missed(text: str) -> None:
    assert is_balanced(text)


@pytest.mark.parametrize(
    "text",
    [
        "<div>",
        "<div><b>x</div></b>",
        "</p>",
        "<b>x</i>",
        "<br></br>",
        "<div/>",  # HTML has no elements that close themselves, but the void ones
        "<div",
        "<a href='x>y</a>",
        "<!-- no end",
        "<script>x",
        "1 < 2 <b>x</b>",
        "no markup at all",
        "<!DOCTYPE html>",
    ],
)
def test_what_does_not_fit_is_seen(text: str) -> None:
    assert not is_balanced(text)


def test_it_is_a_metric_with_a_bound_that_allows_a_fence() -> None:
    assert value(html_valid, pair("", PAGE).candidate) == 1
    assert value(html_valid, pair("", "```html\n<p>x\n```").candidate, fenced=True) == 1
    assert value(html_valid, pair("", "<p>x</p> and text").candidate) == 1
    assert value(html_valid, pair("", "<p>" * 40_000).candidate) == "too_long"


@given(st.lists(st.sampled_from(["div", "b", "section", "em", "svg"]), min_size=1, max_size=20))
def test_elements_within_each_other_fit_until_one_end_is_lost(names: list[str]) -> None:
    starts, ends = [f"<{name}>" for name in names], [f"</{name}>" for name in reversed(names)]
    assert is_balanced("".join(starts + ends))
    assert not is_balanced("".join(starts + ends[1:]))
    assert not is_balanced("".join(starts[1:] + ends))


@given(st.text(st.sampled_from("<>/!-abp=\"' \n[]C"), max_size=60))
def test_no_text_breaks_it(text: str) -> None:
    is_balanced(text)


@pytest.mark.parametrize(
    "text",
    [
        *("<a " * 33_000, "<!--" * 25_000, "<a b='" * 16_000, "<html>" * 16_000, "<svg/>" * 16_000),
        *("<script>" * 12_000, "<" * 100_000, "<p><b>" * 16_000, "<li><p>" * 14_000, "<script></script>" * 5_000),
    ],
)
def test_no_text_takes_long(text: str) -> None:
    is_balanced(text)
