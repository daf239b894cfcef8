from __future__ import annotations

from collections import Counter

from benchmarks.verification import matching, recorded

SIGNALS = {
    'shadowbench_handoff_exchanges_total{decision="sampled",role="proxy",worker="0"}': 38.0,
    'shadowbench_handoff_exchanges_total{decision="handoff_full",role="proxy",worker="0"}': 2.0,
    'shadowbench_recorder_exchanges_total{reason="",result="recorded",role="recorder",worker="0"}': 37.0,
    'shadowbench_recorder_unpriced_total{reason="unknown_model",target="small",role="recorder",worker="0"}': 37.0,
}


def test_a_copy_that_differs_or_comes_twice_is_not_identical() -> None:
    sent = Counter([("POST", "/", "a"), ("POST", "/", "b"), ("POST", "/", "c")])
    received = Counter([("POST", "/", "a"), ("POST", "/", "a"), ("GET", "/", "b"), ("POST", "/", "d")])
    assert matching(sent, received) == 1


def test_signals_tell_offered_handed_off_recorded_and_dropped() -> None:
    found = recorded(SIGNALS, pairs=37)
    assert (found.offered, found.handed_off, found.recorded, found.pairs) == (40, 38, 37, 37)
    assert found.dropped == {"handoff_exchanges handoff_full": 2.0}
