"""Clock arithmetic of an observation: absolute nanoseconds → seconds since its own t0. Pure. See DESIGN "The clock"."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from typing import NamedTuple

from shadowbench.handoff import Chunk
from shadowbench.making import maker_of
from shadowbench.recorder.raw import RawSide
from shadowbench.records import Timing


class Gaps(NamedTuple):
    """How long the reader waited between chunks that carried content. Absent below two chunks."""

    chunks: int | None
    p50_s: float | None = None
    p95_s: float | None = None
    max_s: float | None = None


_NO_GAPS = Gaps(None)
_FEW_CHUNKS = (Gaps(0), Gaps(1))


class Content(NamedTuple):
    """What the wire reading says about when content came, in seconds after `origin_ns`."""

    first_s: float | None
    times: Sequence[float]


_timing = maker_of(Timing)


def origin_ns(side: RawSide) -> int:
    """What the times given to a reader count from: t0, or the first thing known where the request never went out whole."""
    if side.t0_ns is not None:
        return side.t0_ns
    return side.head.head_ns if side.head is not None else side.end.end_ns


def timing_of(side: RawSide, chunks: Sequence[Chunk], content: Content | None) -> Timing:
    """All durations of one side. `chunks` are the body's, in order.

    A moment before t0 has no duration: an endpoint that answers before it has the whole request is not "instant".
    Above the capture bound the last byte that was kept is not the last that came, so `last_byte_s` is the end's.
    """
    t0, head, end = side.t0_ns, side.head, side.end
    gaps = gaps_between(content.times) if content is not None else _NO_GAPS
    first_ns, last_ns = (chunks[0].at_ns, chunks[-1].at_ns) if chunks else (None, None)
    if side.overflow:
        last_ns = end.end_ns
    first_s = content.first_s if content is not None and t0 is not None else None
    return _timing(
        queue_s=head.queue_s if head is not None else None,
        connect_s=head.connect_s if head is not None else None,
        head_s=_since(t0, head.head_ns if head is not None else None),
        first_byte_s=_since(t0, first_ns),
        first_content_s=first_s if first_s is not None and first_s >= 0 else None,
        last_byte_s=_since(t0, last_ns),
        content_chunks=gaps.chunks,
        gap_p50_s=gaps.p50_s,
        gap_p95_s=gaps.p95_s,
        gap_max_s=gaps.max_s,
        paused_s=end.paused_s,
        loop_lag_s=end.lag_s,
    )


def gaps_between(times: Sequence[float]) -> Gaps:
    """Gaps between content chunks. Equal times are one chunk that was cut to fit into frames."""
    if len(times) < 2:
        return _FEW_CHUNKS[len(times)]
    distinct = [at for index, at in enumerate(times) if index == 0 or at != times[index - 1]]
    if len(distinct) < 2:
        return Gaps(len(distinct))
    gaps = sorted(later - earlier for earlier, later in itertools.pairwise(distinct))
    return Gaps(len(distinct), quantile(gaps, 0.5), quantile(gaps, 0.95), gaps[-1])


def quantile(ordered: Sequence[float], q: float) -> float:
    """Quantile of sorted values by linear interpolation between neighbours (Hyndman and Fan's type 7, numpy's default)."""
    place = q * (len(ordered) - 1)
    below = int(place)
    above = min(below + 1, len(ordered) - 1)
    return ordered[below] + (place - below) * (ordered[above] - ordered[below])


def _since(t0: int | None, moment: int | None) -> float | None:
    if t0 is None or moment is None or moment < t0:
        return None
    return (moment - t0) / 1e9
