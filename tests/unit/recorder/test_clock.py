"""Clock arithmetic: what counts from where, and what is absent."""

from __future__ import annotations

import numpy
import pytest
from hypothesis import given
from hypothesis import strategies as st

from shadowbench.handoff import Chunk, EndPayload, HeadPayload
from shadowbench.recorder.clock import Content, Gaps, gaps_between, origin_ns, quantile, timing_of
from shadowbench.recorder.raw import RawSide
from shadowbench.records import Timing

T0 = 50_000_000_000


def side(t0_ns: int | None = T0, *, overflow: bool = False, head_after_s: float = 0.125) -> RawSide:
    return RawSide(
        t0_ns=t0_ns,
        head=HeadPayload(T0 + round(head_after_s * 1e9), 0.004, 0.002, b""),
        parts=(),
        body_bytes=0,
        overflow=overflow,
        end=EndPayload(T0 + 3_000_000_000, 0.25, 0.01, None),
    )


def chunks(*after_s: float) -> list[Chunk]:
    return [Chunk(T0 + round(at * 1e9), b"x") for at in after_s]


def test_durations_count_from_the_last_request_byte() -> None:
    timing = timing_of(side(), chunks(0.25, 0.5, 1.0, 2.0), Content(0.5, (0.5, 1.0, 2.0)))
    assert timing == Timing(
        queue_s=0.002,
        connect_s=0.004,
        head_s=0.125,
        first_byte_s=0.25,
        first_content_s=0.5,
        last_byte_s=2.0,
        content_chunks=3,
        gap_p50_s=0.75,
        gap_p95_s=0.975,
        gap_max_s=1.0,
        paused_s=0.25,
        loop_lag_s=0.01,
    )


def test_an_empty_body_has_no_byte_times() -> None:
    timing = timing_of(side(), [], Content(None, ()))
    assert (timing.first_byte_s, timing.first_content_s, timing.last_byte_s, timing.content_chunks) == (
        None,
        None,
        None,
        0,
    )


def test_without_t0_there_are_gaps_but_no_durations() -> None:
    timing = timing_of(side(None), chunks(0.25, 0.5), Content(0.25, (0.25, 0.5)))
    assert (timing.head_s, timing.first_byte_s, timing.first_content_s, timing.last_byte_s) == (None, None, None, None)
    assert timing.gap_max_s == 0.25


def test_an_answer_before_t0_is_not_instant() -> None:
    early = side(head_after_s=-0.5)
    timing = timing_of(early, chunks(-0.25, 1.0), Content(-0.25, (-0.25, 1.0)))
    assert (timing.head_s, timing.first_byte_s, timing.first_content_s, timing.last_byte_s) == (None, None, None, 1.0)


def test_above_the_capture_bound_the_last_byte_is_the_end() -> None:
    assert timing_of(side(overflow=True), chunks(0.5), None).last_byte_s == 3.0


@pytest.mark.parametrize(("t0", "origin"), [(T0, T0), (None, T0 + 125_000_000)])
def test_times_count_from_t0_or_the_first_thing_known(t0: int | None, origin: int) -> None:
    assert origin_ns(side(t0)) == origin


def test_a_chunk_cut_for_the_frames_is_one_chunk() -> None:
    assert gaps_between((1.0, 1.0, 1.0, 3.0)) == Gaps(2, 2.0, 2.0, 2.0)


def test_one_chunk_has_no_gap() -> None:
    assert gaps_between((1.0,)) == Gaps(1)
    assert gaps_between(()) == Gaps(0)


@given(st.lists(st.floats(0, 1e6), min_size=1, max_size=50), st.floats(0, 1))
def test_quantiles_are_those_of_numpy(values: list[float], q: float) -> None:
    assert quantile(sorted(values), q) == pytest.approx(float(numpy.quantile(values, q)), rel=1e-9, abs=1e-9)
