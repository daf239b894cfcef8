from __future__ import annotations

from dataclasses import replace

import pytest

from benchmarks.promises import Promise, promises
from benchmarks.report import Report
from benchmarks.worker import Copied
from tests.unit.benchmarks.runs import ALL_KEPT, COURSE, ours, peer, report, streams

_DELAY = "≤ 1 × the p99 delay per chunk of Envoy mirroring, 500 streams"


def by_text(found: Report) -> dict[str, Promise]:
    return {promise.text: promise for promise in promises(found)}


def broken(found: Report) -> list[str]:
    return [promise.text for promise in promises(found) if promise.kept is False]


def with_ours(ours_instead: object) -> Report:
    return replace(ALL_KEPT, peers=[*ALL_KEPT.peers[:-1], ours_instead])


def test_a_run_that_keeps_all_has_no_broken_promise() -> None:
    assert broken(ALL_KEPT) == []
    assert len(list(promises(ALL_KEPT))) == 13


@pytest.mark.parametrize(
    ("per_second", "expected"),
    [
        (
            [17_900] * 3,
            [
                "≥ 1.8 × the requests/s of Envoy mirroring, small bodies",
                "≥ 3 × the requests/s of nginx `mirror`, small bodies",
            ],
        ),
        ([18_000] * 3, []),
        ([18_000, 18_000, 1], []),  # the median counts, one bad round does not
    ],
)
def test_requests_are_promised_as_the_median_of_ratios(per_second: list[float], expected: list[str]) -> None:
    assert broken(with_ours(ours(per_second))) == expected


def test_a_ratio_is_shown_with_its_range_over_rounds() -> None:
    assert by_text(ALL_KEPT)["≥ 1.8 × the requests/s of Envoy mirroring, small bodies"].found == (
        "2.00 (1.90–2.10); its CPU per request is 1.00 (1.00–1.00) × ours"
    )


def test_a_peer_that_was_not_measured_keeps_no_promise() -> None:
    found = replace(ALL_KEPT, peers=[each for each in ALL_KEPT.peers if each.key != "envoy-mirror"])
    promise = by_text(found)["≥ 1.8 × the requests/s of Envoy mirroring, small bodies"]
    assert (promise.found, promise.kept) == ("not measured", False)


def test_a_slow_median_at_one_connection_breaks_both_of_its_promises() -> None:
    assert len([text for text in broken(with_ours(ours([20_000] * 3, p50_us=120))) if "one connection" in text]) == 2
    assert len([text for text in broken(with_ours(ours([20_000] * 3, p50_us=110))) if "one connection" in text]) == 1


def test_chunks_are_promised_against_nginx_in_cpu_and_envoy_in_delay() -> None:
    dear = broken(with_ours(ours([20_000] * 3, chunk=streams(cpu_us=24.1))))
    late = broken(with_ours(ours([20_000] * 3, chunk=streams(p99_us=501))))
    assert dear == ["≤ 1.2 × the CPU per chunk of nginx without mirror, 500 streams"]
    assert late == [_DELAY, f"{_DELAY}, in the middle second"]


def test_stalls_break_the_promise_of_all_seconds_and_not_that_of_the_middle_one() -> None:
    assert broken(with_ours(ours([20_000] * 3, chunk=streams(stalled_us=99_500)))) == [_DELAY]


def test_memory_after_a_thousand_streams_is_promised_in_megabytes() -> None:
    assert broken(with_ours(ours([20_000] * 3, mib=115))) == ["≤ 120 MB after 1,000 streams"]
    assert broken(with_ours(ours([20_000] * 3, mib=114))) == []


def test_what_a_short_course_does_not_measure_is_neither_kept_nor_broken() -> None:
    course = replace(COURSE, streams=COURSE.streams[:1])
    assert by_text(replace(ALL_KEPT, course=course))["≤ 120 MB after 1,000 streams"].kept is None


def test_less_than_99_percent_handed_off_is_a_broken_promise() -> None:
    lossy = ours([20_000] * 3)
    lossy.copied["500 streams"] = Copied(offered=1000, accepted=980)
    assert broken(with_ours(lossy)) == ["≥ 99 % of exchanges handed off (500 streams)"]
    assert by_text(with_ours(lossy))["≥ 99 % of exchanges handed off (500 streams)"].found == "98.00%"


def test_what_was_handed_off_before_is_not_counted_again() -> None:
    before, after = Copied(offered=100, accepted=40), Copied(offered=300, accepted=240)
    assert after.since(before).share == 1.0
    assert Copied(offered=0, accepted=0).share is None


def test_a_run_without_ours_keeps_nothing_that_compares() -> None:
    assert len(broken(report([peer("nginx", [1.0])]))) == 11
