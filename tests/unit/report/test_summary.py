"""The summary counts what was seen, on the pairs that can bear it, and says what it left out."""

from dataclasses import replace
from typing import Any

import pytest

from shadowbench.records import (
    NO_USAGE,
    Answer,
    Choice,
    Cost,
    Exchange,
    FunnelCount,
    Observation,
    Outcome,
    Timing,
    Usage,
    UsageSource,
)
from shadowbench.report.summary import CandidateSummary, CommonSpend, Fault, Spend, Traffic, summarise, why_untimed
from shadowbench.store.testing import an_exchange, an_observation, invented_traffic

SENT_AND_FAILED: dict[str, Any] = {"answer": None, "usage": NO_USAGE, "timing": Timing()}


def seen(**changes: Any) -> Observation:
    return an_observation(**{"endpoint": "small", **changes})


def took(last_byte_s: float, **more: Any) -> Timing:
    return Timing(last_byte_s=last_byte_s, first_content_s=last_byte_s / 2, **more)


def tokens(count: int | None) -> Usage:
    return Usage(source=UsageSource.REPORTED, output_tokens=count)


def only(*exchanges: Exchange) -> CandidateSummary:
    (candidate,) = summarise(exchanges).candidates
    return candidate


def test_an_empty_log_has_no_candidates() -> None:
    summary = summarise([])
    assert (summary.exchanges, summary.pairs, summary.first_at, summary.candidates) == (0, 0, None, ())


def test_candidates_are_by_name_with_the_a_a_lanes_first() -> None:
    names = ("a", "z", "m")
    exchange = an_exchange(1, *(an_observation(endpoint=name) for name in names))
    assert [candidate.name for candidate in summarise([exchange]).candidates] == ["a", "m", "z"]
    summary = summarise([exchange], frozenset({"z"}))
    assert [(c.name, c.is_production_again) for c in summary.candidates] == [("z", True), ("a", False), ("m", False)]


def test_the_time_span_is_of_the_exchanges_whatever_their_order() -> None:
    summary = summarise([an_exchange(1, started_at=30.0), an_exchange(2, started_at=10.0)])
    assert (summary.first_at, summary.last_at) == (10.0, 30.0)


def test_outcomes_are_counted_on_both_sides_over_what_was_sent() -> None:
    broken = an_observation(outcome=Outcome.HTTP_ERROR, reason="status", status=503, **SENT_AND_FAILED)
    candidate = only(
        an_exchange(1),
        an_exchange(2, seen(outcome=Outcome.TIMED_OUT, reason="timed_out_total", **SENT_AND_FAILED), production=broken),
        an_exchange(3, seen(outcome=Outcome.HTTP_ERROR, reason="status", status=429, **SENT_AND_FAILED)),
        an_exchange(4, seen(outcome=Outcome.NOT_SENT, reason="not_sent:stale", **SENT_AND_FAILED), production=broken),
        an_exchange(5, seen(outcome=Outcome.NOT_SENT, reason="queue_full", **SENT_AND_FAILED)),
    )
    assert (candidate.pairs, candidate.sent, candidate.not_sent) == (5, 3, {"queue_full": 1, "stale": 1})
    assert (candidate.production_ok, candidate.candidate_ok, candidate.both_ok) == (2, 1, 1)
    assert candidate.faults == (
        Fault(outcome="http_error", reason="429", production=0, candidate=1),
        Fault(outcome="http_error", reason="503", production=1, candidate=0),
        Fault(outcome="timed_out", reason="timed_out_total", production=0, candidate=1),
    )


def test_latency_is_of_pairs_where_both_answered() -> None:
    failed = seen(outcome=Outcome.TRUNCATED, reason="reset", timing=took(99.0))
    candidate = only(
        *(an_exchange(n, seen(timing=took(n)), production=seen(timing=took(2 * n))) for n in range(1, 41)),
        an_exchange(50, failed, production=seen(timing=took(99.0))),
    )
    assert candidate.latency_s.n == 40
    assert candidate.latency_s.candidate.p50 == 20.5
    assert candidate.latency_s.candidate.p95 == pytest.approx(38.05)
    assert candidate.latency_s.production.p50 == 41.0


def test_a_p95_of_nineteen_pairs_is_absent() -> None:
    candidate = only(*(an_exchange(n) for n in range(19)))
    assert candidate.latency_s.n == 19
    assert candidate.latency_s.candidate.p95 is None
    assert candidate.latency_s.candidate.p50 == 0.5


def test_ttft_is_of_pairs_where_both_streamed() -> None:
    def pair(number: int, production: bool, candidate: bool) -> Exchange:
        return an_exchange(number, seen(streamed=candidate), production=seen(streamed=production))

    candidate = only(pair(1, True, True), pair(2, True, True), pair(3, True, False), pair(4, False, False))
    assert candidate.ttft_s.n == 2
    assert candidate.latency_s.n == 4


def test_paused_and_late_pairs_are_left_out_of_times_and_counted() -> None:
    candidate = only(
        an_exchange(1),
        an_exchange(2, production=seen(timing=took(1.0, paused_s=0.001))),
        an_exchange(3, seen(timing=took(1.0, loop_lag_s=0.2))),
    )
    assert candidate.untimed == {"late": 1, "paused": 1}
    assert candidate.latency_s.n == 1
    assert candidate.equal_answers.n == 3


@pytest.mark.parametrize(
    ("timing", "why"),
    [
        (took(1.0), None),
        (took(1.0, paused_s=0.0001), "paused"),
        (took(0.01, loop_lag_s=0.0099), None),  # below the floor
        (took(1.0, loop_lag_s=0.0249), None),  # 5 % of the half second to the first content is 25 ms
        (took(1.0, loop_lag_s=0.0251), "late"),
        (Timing(loop_lag_s=0.011), "late"),
    ],
)
def test_times_that_are_not_the_endpoints_alone_are_told(timing: Timing, why: str | None) -> None:
    assert why_untimed(seen(timing=timing)) == why


def test_tokens_are_of_pairs_where_both_were_reported() -> None:
    candidate = only(
        an_exchange(1, seen(usage=tokens(10)), production=seen(usage=tokens(20))),
        an_exchange(2, seen(usage=tokens(30)), production=seen(usage=tokens(20))),
        an_exchange(3, seen(usage=tokens(None)), production=seen(usage=tokens(20))),
        an_exchange(4, seen(usage=tokens(0)), production=seen(usage=NO_USAGE)),
    )
    measure = candidate.output_tokens
    assert (measure.n, measure.absent) == (2, 2)
    assert (measure.candidate.mean, measure.candidate.p50, measure.production.mean) == (20.0, 20.0, 20.0)


def test_agreement_says_how_many_pairs_it_rests_on() -> None:
    other = Answer(choices=(Choice(text="Vilnius.", finish_reason="length"),))
    wordless = Answer(choices=(Choice(finish_reason=None),))
    candidate = only(
        an_exchange(1),
        an_exchange(2, seen(answer=other)),
        an_exchange(3, seen(answer=wordless), production=seen(answer=wordless)),
        an_exchange(4, seen(answer=None)),
    )
    equal, finish = candidate.equal_answers, candidate.equal_finish_reasons
    assert (equal.n, equal.count, equal.absent, equal.share) == (3, 2, 1, 2 / 3)
    assert (finish.n, finish.count, finish.absent) == (2, 1, 2)
    assert (candidate.similarity.n, candidate.similarity.absent) == (2, 2)


def test_a_share_of_nothing_is_absent() -> None:
    candidate = only(an_exchange(1, seen(outcome=Outcome.NOT_SENT, reason="stale", **SENT_AND_FAILED)))
    assert candidate.equal_answers.share is None
    assert candidate.similarity.mean is None
    assert candidate.latency_s.production.mean is None


def test_the_models_that_answered_are_named() -> None:
    candidate = only(
        an_exchange(1, seen(reported_model="b")),
        an_exchange(2, seen(reported_model="a")),
        an_exchange(3, seen(reported_model=None)),
    )
    assert candidate.candidate_models == ("a", "b")
    assert candidate.production_models == ("large-2025-09-01",)


def test_numbers_add_up_on_mixed_traffic() -> None:
    traffic = list(invented_traffic(300))
    summary = summarise(traffic)
    assert summary.pairs == 600
    for candidate in summary.candidates:
        assert candidate.sent + sum(candidate.not_sent.values()) == candidate.pairs
        assert candidate.candidate_ok + sum(fault.candidate for fault in candidate.faults) == candidate.sent
        assert candidate.production_ok + sum(fault.production for fault in candidate.faults) == candidate.sent
        timed = candidate.latency_s.n + candidate.latency_s.absent + sum(candidate.untimed.values())
        assert timed == candidate.both_ok
        for part in (candidate.output_tokens, candidate.equal_answers, candidate.similarity):
            assert part.n + part.absent == candidate.both_ok


def test_the_order_of_the_log_does_not_matter() -> None:
    traffic = list(invented_traffic(80))
    one, other = summarise(traffic), summarise(reversed(traffic))
    assert replace(one, candidates=()) == replace(other, candidates=())
    assert [c.faults for c in one.candidates] == [c.faults for c in other.candidates]
    assert [c.latency_s for c in one.candidates] == [c.latency_s for c in other.candidates]


def priced(usd: float | None, reason: str | None = None) -> Cost:
    return Cost(usd=usd, reason=reason)


def test_costs_are_compared_where_both_are_known_and_added_up_whatever_came_of_a_call() -> None:
    def pair(number: int, production: Cost | None, candidate: Cost | None, outcome: Outcome = Outcome.OK) -> Exchange:
        small = an_observation(endpoint="small", cost=candidate, outcome=outcome, reason=None)
        return an_exchange(number, small, production=an_observation(cost=production))

    candidate = only(
        pair(1, priced(0.5), priced(0.25)),
        pair(2, priced(0.5), priced(None, "unknown_model")),
        pair(3, priced(1.0), priced(2.0), Outcome.TRUNCATED),
        pair(4, None, priced(0.0)),
    )
    assert (candidate.cost_usd.n, candidate.cost_usd.absent) == (1, 2)
    assert (candidate.cost_usd.production.mean, candidate.cost_usd.candidate.mean) == (0.5, 0.25)
    assert candidate.production_spend == Spend(n=3, usd=2.0, unknown={"not_priced": 1})
    assert candidate.candidate_spend == Spend(n=3, usd=2.25, unknown={"unknown_model": 1})
    assert candidate.common_spend == CommonSpend(n=2, production_usd=1.5, candidate_usd=2.25)


def test_an_unknown_cost_is_not_nothing() -> None:
    candidate = only(an_exchange(1, an_observation(endpoint="small", cost=priced(None, "no_usage"))))
    assert candidate.candidate_spend == Spend(n=0, usd=None, unknown={"no_usage": 1})
    assert candidate.common_spend == CommonSpend(n=0, production_usd=None, candidate_usd=None)


def test_the_traffic_is_told_from_the_funnel() -> None:
    def counted(stage: str, reason: str, count: int, candidate: str = "") -> FunnelCount:
        return FunnelCount(epoch="e", candidate=candidate, stage=stage, reason=reason, count=count)

    counts = [
        counted("seen", "handed_off", 7),
        counted("seen", "endpoint", 3),
        counted("opened", "", 6),
        counted("lost", "lost_with_mirror", 1),
        counted("ineligible", "retry", 2),
        counted("sampled", "", 4),
        counted("sampled", "", 4, candidate="small"),
        counted("recorded", "", 4),
    ]
    assert summarise([]).traffic is None
    assert summarise([], funnel=counts).traffic == Traffic(
        seen=10,
        not_handed_off={"endpoint": 3},
        lost=1,
        ineligible={"retry": 2},
        unsampled={},
        sampled=4,
        recorded=4,
        discarded={},
    )
