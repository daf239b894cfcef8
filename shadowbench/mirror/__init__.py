"""Calls and the clock: decides about every exchange, calls candidates with copies, and tells the recorder.

frames → `intake` (one proxy's exchanges) → `plan` (eligibility, sampling: pure) → `dispatcher` → `lane` and `call` (one
candidate each; `shaping` writes the request) → `recorder_link`. It knows frames, HTTP and the request's JSON; it must not
know what an answer means, prices, the store, or the proxy's inside.

The funnel, as signals (`mirror_exchanges_total{stage,reason}`, `lane_calls_total{candidate,stage,reason}`):

    opened                = eligible + ineligible(reason) + still arriving
    eligible              = sampled + unsampled
    sampled               = recorded + discarded(reason) + in flight
    sampled per candidate = dispatched + not_sent(reason) + cancelled(reason) + queued
    dispatched            = answered(reason) + fault(reason) + withdrawn(reason) + running

`docs` of every name are in `names`.
"""
