from __future__ import annotations

import math
from dataclasses import replace

import pytest

from benchmarks.bodies import SMALL
from benchmarks.output import (
    answered,
    copy_rows,
    is_whole,
    not_taken,
    number,
    percent,
    request_rows,
    stream_rows,
    tables,
)
from tests.unit.benchmarks.runs import ALL_KEPT, ours, peer, report, requests, streams


@pytest.mark.parametrize(
    ("line", "whole"),
    [
        ("POST 300 138 200", True),  # came with its head, which nginx counts alone
        ("POST 8192 8331 200", True),
        ("POST 8192 8100 200", False),  # shorter than announced
        ("POST 8192 8331 400", False),
        ("GET 300 500 200", False),
        ("POST - 500 200", False),
        ("POST 300 138 204", True),
    ],
)
def test_a_copy_is_whole_when_its_announced_body_was_read(line: str, whole: bool) -> None:
    assert is_whole(line) is whole


def test_copies_are_counted_against_what_the_loads_saw_answered() -> None:
    mirroring = peer("envoy-mirror", [1000, 1000])
    mirroring.warm_up_requests = 500
    mirroring.told = {"requests": {"target": {"POST 300 138 200": 4490, "POST 300 138 400": 10}}}
    assert answered(mirroring, "requests") == 500 + 2000 + 1000 + 1000
    row = list(copy_rows(report([mirroring])))[1]
    assert row[:5] == ["envoy-mirror: requests", "4,500", "4,500", "100.00%", "10"]


def test_a_target_that_was_sent_nothing_has_no_row() -> None:
    mirroring = peer("nginx-mirror-204", [1000])
    mirroring.streams = {}
    mirroring.told = {"streams": {"target": {}}}
    assert len(list(copy_rows(report([mirroring])))) == 1


def test_a_target_that_got_nothing_of_what_was_sent_is_shown_with_zero() -> None:
    mirroring = peer("envoy-mirror", [1000])
    mirroring.told = {"streams": {"target": {}}}
    assert list(copy_rows(report([mirroring])))[1][:4] == ["envoy-mirror: streams", "1,000", "0", "0.00%"]


def test_our_copies_show_what_was_not_taken_and_why() -> None:
    found = ours([1000])
    found.told = {"requests": found.told["requests"] | {"counters": {"handoff_exchanges_total{handoff_full}": 7.0}}}
    assert list(copy_rows(report([found])))[1][-1] == "handoff_full 7"
    assert not_taken({"handoff_exchanges_total{sampled}": 5.0, "proxy_requests_total": 5.0}) == {}


def test_a_full_load_is_marked_not_hidden() -> None:
    slow = peer("nginx", [1000])
    slow.throughput[SMALL] = [requests(1000, share=0.5)]
    assert list(request_rows(report([slow]), SMALL))[1][1] == "≥ 1,000"
    busy = peer("nginx", [1000], chunk=streams(load_share=0.97))
    assert list(stream_rows(report([busy]), 500))[1][7] == "97% load limited"


def test_rows_are_as_wide_as_their_header() -> None:
    for _, rows in tables(ALL_KEPT):
        found = list(rows)
        assert {len(row) for row in found} == {len(found[0])}


def test_what_is_missing_is_a_dash() -> None:
    assert (number(math.nan), percent(None), percent(math.nan)) == ("–", "–", "–")
    direct = list(request_rows(replace(ALL_KEPT, peers=ALL_KEPT.peers[:1]), SMALL))[1]
    assert direct[2:4] == ["–", "–"]
