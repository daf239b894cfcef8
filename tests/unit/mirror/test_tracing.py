"""Trace contexts of copies."""

from __future__ import annotations

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shadowbench.mirror.tracing import child_of

TRACE = b"0af7651916cd43dd8448eb211c80319c"
SPAN = b"b7ad6b7169203331"


def test_a_child_keeps_the_trace_and_has_a_span_of_its_own() -> None:
    child = child_of(b"00-%b-%b-01" % (TRACE, SPAN), random.Random(1))
    assert child is not None
    version, trace, span, flags = child.split(b"-")
    assert (version, trace, flags) == (b"00", TRACE, b"00")
    assert len(span) == 16 and span != SPAN


def test_a_later_version_is_read_as_far_as_this_one_goes() -> None:
    child = child_of(b"01-%b-%b-01-more" % (TRACE, SPAN), random.Random(1))
    assert child is not None and child.startswith(b"00-" + TRACE)


@pytest.mark.parametrize(
    "value",
    [
        None,
        b"",
        b"00-%b-%b" % (TRACE, SPAN),
        b"ff-%b-%b-01" % (TRACE, SPAN),
        b"00-%b-%b-01" % (b"0" * 32, SPAN),
        b"00-%b-%b-01" % (TRACE, b"0" * 16),
        b"00-%b-%b-01" % (TRACE.upper(), SPAN),
        b"00-%b-%b-01\r\nx: y" % (TRACE, SPAN),
    ],
)
def test_what_means_nothing_has_no_child(value: bytes | None) -> None:
    assert child_of(value, random.Random(1)) is None


@given(st.binary(max_size=80))
def test_whatever_a_client_sends_is_never_copied_as_it_is(value: bytes) -> None:
    child = child_of(value, random.Random(1))
    assert child is None or (len(child) == 55 and child != value)
