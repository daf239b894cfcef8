"""The benchmark's load of token streams, between its own origin and itself."""

import asyncio
import os

from benchmarks.processes import free_port
from benchmarks.sse_load import Load


def test_every_chunk_of_a_window_is_timed_and_belongs_to_a_second() -> None:
    port = free_port()
    load = Load(port, streams=3, seconds=0.3)
    found = asyncio.run(load.run(port, min(os.sched_getaffinity(0)), [os.getpid()]))
    assert (found.complete, found.broken) == (3, 0)
    assert found.chunks == len(load.delays) == load.by_second[-1] > 0
    assert 0 < found.delay_p50_us <= found.delay_typical_p99_us <= found.delay_max_us


def test_a_window_has_a_part_for_each_second() -> None:
    port = free_port()
    load = Load(port, streams=1, seconds=1.6)
    asyncio.run(load.run(port, min(os.sched_getaffinity(0)), [os.getpid()]))
    assert len(load.by_second) == 2 and 0 < load.by_second[0] < load.by_second[1]
