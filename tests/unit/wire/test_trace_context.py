"""traceparent, as W3C has it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shadowbench.wire.trace_context import TraceContext, read_traceparent

TRACE = "0af7651916cd43dd8448eb211c80319c"
SPAN = "b7ad6b7169203331"


@pytest.mark.parametrize(
    ("value", "is_sampled"),
    [
        (f"00-{TRACE}-{SPAN}-01", True),
        (f" 00-{TRACE}-{SPAN}-01\t", True),
        (f"00-{TRACE}-{SPAN}-00", False),
        (f"00-{TRACE}-{SPAN}-03", True),  # a flag of level 2 beside it
        (f"00-{TRACE}-{SPAN}-02", False),
        (f"cc-{TRACE}-{SPAN}-01-what the future will be like", True),
    ],
)
def test_a_parent_says_where_it_stands_and_whether_it_is_kept(value: str, is_sampled: bool) -> None:
    assert read_traceparent(value) == TraceContext(TRACE, SPAN, is_sampled)


@pytest.mark.parametrize(
    "value",
    [
        None,
        "",
        f"00-{TRACE}-{SPAN}",
        f"00-{TRACE}-{SPAN}-01-more",
        f"ff-{TRACE}-{SPAN}-01",
        f"00-{'0' * 32}-{SPAN}-01",
        f"00-{TRACE}-{'0' * 16}-01",
        f"00-{TRACE.upper()}-{SPAN}-01",
        f"00-{TRACE}-{SPAN}-01, 00-{TRACE}-{SPAN}-01",
        f"00-{TRACE}-{SPAN}-01\r\nx: y",
    ],
)
def test_what_means_nothing_is_no_parent(value: str | None) -> None:
    assert read_traceparent(value) is None


@given(st.text(max_size=80))
def test_any_text_is_read_or_not(value: str) -> None:
    context = read_traceparent(value)
    assert context is None or (len(context.trace_id), len(context.span_id)) == (32, 16)
