from __future__ import annotations

import math

from benchmarks.load import request_result

WRK = """Running 3s test @ http://127.0.0.1:1/v1/chat/completions
  1 threads and 32 connections
Requests/sec:  20000.00

RESULT {"requests":60000,"seconds":3.000000,"p50_us":1500,"p99_us":4000,"bad_status":2,"broken":1}
"""


def test_what_wrk_printed_becomes_a_window() -> None:
    window = request_result(WRK, body_bytes=300, connections=32, cpu=2.4, busy=2.7)
    assert (window.requests, window.per_second, window.p50_us, window.p99_us) == (60_000, 20_000, 1500, 4000)
    assert window.errors == 3
    assert round(window.cpu_us, 3) == 40
    assert (round(window.core_share, 3), round(window.others_share, 3)) == (0.8, 0.1)
    assert not window.saturated


def test_a_full_core_is_the_peers_limit() -> None:
    assert request_result(WRK, body_bytes=300, connections=32, cpu=2.9, busy=3.0).saturated


def test_where_nothing_was_answered_there_is_no_time() -> None:
    window = request_result(WRK.replace("60000", "0"), body_bytes=300, connections=1, cpu=0.1, busy=0.1)
    assert window.requests == 0
    assert all(math.isnan(value) for value in (window.cpu_us, window.p50_us, window.p99_us))
