"""What is counted of answers, by whom, and how many series that can become."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shadowbench.recorder.edges import BucketOptions
from shadowbench.recorder.histograms import MAX_TARGETS, Histograms
from shadowbench.records import Cost, Observation, Outcome, Timing, Usage, UsageSource
from shadowbench.signals import Counters, Exemplar, Trace

BUCKETS = BucketOptions(duration_s=(1.0, 2.0), first_token_s=(0.5,), gap_s=(0.1, 0.2), tokens=(10.0,), cost_usd=(0.01,))
STREAM = Observation(
    endpoint="small",
    outcome=Outcome.OK,
    streamed=True,
    timing=Timing(first_content_s=0.4, last_byte_s=1.5),
    usage=Usage(
        source=UsageSource.REPORTED,
        input_tokens=30,
        output_tokens=8,
        cached_input_tokens=20,
        cache_write_tokens=5,
        reasoning_tokens=3,
    ),
    cost=Cost(usd=0.02, reason=None),
)
TIMES = (0.4, 0.45, 0.45, 0.65, 1.5)


def reported(*seen: tuple[Observation, Sequence[float]], names: Sequence[str] = ("production", "small")) -> Counters:
    histograms, counters = Histograms(names, BUCKETS), Counters()
    for observation, times in seen:
        histograms.count(observation, times)
    histograms.report(counters)
    return counters


def buckets(counters: Counters, name: str, target: str = "small") -> dict[str, float]:
    """By edge, with `count`."""
    found = {dict(labels)["le"]: value for labels, value in counters.series(f"{name}_bucket") if labels[0][1] == target}
    return found | {"count": counters.get(f"{name}_count", (("target", target),))}


def test_an_answer_is_counted_in_every_histogram_of_its_target() -> None:
    counters = reported((STREAM, TIMES))
    assert buckets(counters, "request_duration_seconds") == {"1.0": 0, "2.0": 1, "+Inf": 1, "count": 1}
    assert buckets(counters, "time_to_first_token_seconds") == {"0.5": 1, "+Inf": 1, "count": 1}
    assert buckets(counters, "request_cost_usd") == {"0.01": 0, "+Inf": 1, "count": 1}
    assert buckets(counters, "request_input_tokens") == {"10.0": 0, "+Inf": 1, "count": 1}
    assert buckets(counters, "request_output_tokens") == {"10.0": 1, "+Inf": 1, "count": 1}
    assert buckets(counters, "request_duration_seconds", "production")["count"] == 0


def test_every_gap_counts_and_a_piece_cut_into_frames_is_one() -> None:
    counters = reported((STREAM, TIMES))
    assert buckets(counters, "chunk_gap_seconds") == {"0.1": 1, "0.2": 2, "+Inf": 3, "count": 3}
    assert counters.get("chunk_gap_seconds_sum", (("target", "small"),)) == pytest.approx(1.1)


def test_tokens_add_up_by_type_and_their_parts_are_told_apart() -> None:
    counters = reported((STREAM, ()), (STREAM, ()))
    tokens = {labels[1][1]: value for labels, value in counters.series("tokens_total") if labels[0][1] == "small"}
    parts = {labels[1][1]: value for labels, value in counters.series("token_parts_total") if labels[0][1] == "small"}
    assert tokens == {"input": 60, "output": 16}
    assert parts == {"cached_input": 40, "cache_write": 10, "reasoning": 6}


@pytest.mark.parametrize(
    ("timing", "reason"),
    [
        (replace(STREAM.timing, paused_s=0.001), "paused"),
        (replace(STREAM.timing, loop_lag_s=0.03), "late"),
    ],
)
def test_times_that_we_disturbed_are_left_out_and_counted(timing: Timing, reason: str) -> None:
    counters = reported((replace(STREAM, timing=timing), TIMES))
    for name in ("request_duration_seconds", "time_to_first_token_seconds", "chunk_gap_seconds"):
        assert buckets(counters, name)["count"] == 0
    assert counters.get("untimed_observations_total", (("target", "small"), ("reason", reason))) == 1
    assert counters.get("tokens_total", (("target", "small"), ("type", "input"))) == 30


def test_what_broke_off_has_no_duration_but_its_stream_had_times() -> None:
    counters = reported((replace(STREAM, outcome=Outcome.CLIENT_CANCELLED), TIMES))
    assert buckets(counters, "request_duration_seconds")["count"] == 0
    assert buckets(counters, "time_to_first_token_seconds")["count"] == 1
    assert buckets(counters, "chunk_gap_seconds")["count"] == 3


def test_an_answer_in_one_piece_has_no_first_token() -> None:
    counters = reported((replace(STREAM, streamed=False), (0.4,)))
    assert buckets(counters, "time_to_first_token_seconds")["count"] == 0
    assert buckets(counters, "request_duration_seconds")["count"] == 1


def test_absent_is_not_zero() -> None:
    nothing = Observation(endpoint="small", outcome=Outcome.UNREACHABLE, cost=Cost(usd=None, reason="no_usage"))
    counters = reported((nothing, ()))
    sums = [value for sample in counters.snapshot() for value in [sample.value] if sample.labels[0][1] == "small"]
    assert set(sums) == {0}


def test_all_series_are_there_from_the_start_so_that_rates_begin_at_zero() -> None:
    assert buckets(reported(), "chunk_gap_seconds") == {"0.1": 0, "0.2": 0, "+Inf": 0, "count": 0}


@given(st.lists(st.text(max_size=5), max_size=30))
def test_unknown_targets_are_other(strangers: list[str]) -> None:
    seen = [(replace(STREAM, endpoint=f"?{name}"), TIMES) for name in strangers]
    counters = reported(*seen)
    targets = {labels[0][1] for labels, _ in counters.series("tokens_total")}
    assert targets == {"production", "small"} | ({"other"} if strangers else set())
    assert counters.get("request_cost_usd_count", (("target", "other"),)) == len(strangers)


def test_the_number_of_series_is_capped_however_many_candidates_there_are() -> None:
    names = [f"c{number}" for number in range(3 * MAX_TARGETS)]
    counters = reported(*[(replace(STREAM, endpoint=name), TIMES) for name in names], names=names)
    assert len({labels for labels, _ in counters.series("request_cost_usd_count")}) == MAX_TARGETS + 1
    assert counters.get("request_cost_usd_count", (("target", "other"),)) == 2 * MAX_TARGETS
    assert counters.get("request_cost_usd_count", (("target", "c0"),)) == 1


def exemplars(counters: Counters) -> dict[tuple[str, str], Exemplar]:
    """By series and edge."""
    return {
        (each.name.removesuffix("_bucket"), dict(each.labels)["le"]): each.exemplar
        for each in counters.snapshot()
        if each.exemplar is not None
    }


def traced(at: float) -> Trace:
    return Trace((("span_id", "b7ad6b7169203331"), ("trace_id", "0af7651916cd43dd8448eb211c80319c")), at)


def test_times_and_costs_of_a_traced_answer_are_exemplars_and_of_its_gaps_the_longest() -> None:
    histograms, counters, trace = Histograms(("small",), BUCKETS), Counters(), traced(at=100)
    histograms.count(STREAM, TIMES, trace)
    histograms.report(counters)
    assert exemplars(counters) == {
        ("request_duration_seconds", "2.0"): Exemplar(1.5, trace),
        ("time_to_first_token_seconds", "0.5"): Exemplar(0.4, trace),
        ("chunk_gap_seconds", "+Inf"): Exemplar(1.5 - 0.65, trace),
        ("request_cost_usd", "+Inf"): Exemplar(0.02, trace),
    }


def test_a_bucket_keeps_its_newest_exemplar_and_an_answer_without_a_trace_takes_none_away() -> None:
    histograms, counters = Histograms(("small",), BUCKETS), Counters()
    for at in (100.0, 300.0, 200.0):
        histograms.count(STREAM, TIMES, traced(at))
    histograms.count(STREAM, TIMES)
    histograms.report(counters)
    assert {each.trace.at for each in exemplars(counters).values()} == {300}


def test_times_that_we_disturbed_are_no_exemplars() -> None:
    histograms, counters = Histograms(("small",), BUCKETS), Counters()
    histograms.count(replace(STREAM, timing=replace(STREAM.timing, paused_s=0.001)), TIMES, traced(at=100))
    histograms.report(counters)
    assert {name for name, _ in exemplars(counters)} == {"request_cost_usd"}
