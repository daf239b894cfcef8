from __future__ import annotations

from shadowbench.judges.calls.costs import Charge
from shadowbench.judges.calls.counting import Tally
from shadowbench.judges.calls.lanes import Lane
from shadowbench.signals import Counters


def test_each_event_is_counted_under_its_judge() -> None:
    counters = Counters()
    tally = Tally(counters, "j")
    tally.called("ok", Charge(usd=0.5))
    tally.called("ok", Charge(usd=0.25))
    tally.called("cancelled", Charge(usd=None, reason="unknown_model"))
    tally.retried("rate_limited")
    tally.cached()
    tally.refused("budget")
    tally.paused("overloaded")
    tally.report(Lane(concurrency=3, per_minute=None))
    assert {(sample.name, *dict(sample.labels).values()): sample.value for sample in counters.snapshot()} == {
        ("judge_calls_total", "j", "ok"): 2,
        ("judge_calls_total", "j", "cancelled"): 1,
        ("judge_cost_usd_total", "j"): 0.75,
        ("judge_unpriced_total", "j", "unknown_model"): 1,
        ("judge_retries_total", "j", "rate_limited"): 1,
        ("judge_cached_total", "j"): 1,
        ("judge_refused_total", "j", "budget"): 1,
        ("judge_pauses_total", "j", "overloaded"): 1,
        ("judge_in_flight", "j"): 0,
        ("judge_concurrency_allowed", "j"): 3,
    }
