"""The names of the mirror's signals, and what each says. `telemetry/` and the documentation read this table.

Label values come from fixed sets: reason codes of this package, candidate names of the configuration.
"""

from __future__ import annotations

EXCHANGES = "mirror_exchanges_total"
CALLS = "lane_calls_total"
RETRIES = "lane_retries_total"
GOODBYES_MISSED = "mirror_proxies_lost_total"
REFUSALS = "mirror_refusals_total"
LATE_FRAMES = "mirror_late_frames_total"
MISCOUNTED_ACKS = "mirror_miscounted_acks_total"
QUEUE_DEPTH = "lane_queue_depth"
RUNNING = "lane_running"
SHARE = "lane_share_ratio"
PROXIES = "mirror_proxies"
LIVE = "mirror_live_exchanges"
HELD_BYTES = "mirror_held_request_bytes"
UNSETTLED = "mirror_unsettled_exchanges"
LAG = "mirror_loop_lag_seconds"
BREAKER_OPEN = "lane_breaker_open"
BUDGET_LEFT = "lane_budget_left_usd"

SIGNALS = {
    EXCHANGES: "exchanges by the stage they reached; labels stage and reason",
    CALLS: "candidate calls by the stage they reached; labels candidate, stage and reason",
    RETRIES: "attempts that came to nothing and were followed by another; labels candidate and reason",
    GOODBYES_MISSED: "proxy connections that ended without a goodbye",
    REFUSALS: "proxy connections that were closed by us; label reason (peer_user, version, protocol)",
    LATE_FRAMES: "frames of exchanges that were already settled or dropped: normal after a drop",
    MISCOUNTED_ACKS: "settlements the recorder reported beyond the exchanges it was given",
    QUEUE_DEPTH: "requests waiting in a lane; label candidate",
    RUNNING: "calls under way in a lane; label candidate",
    SHARE: "share of what its rate chooses that load and cap leave a candidate in this second; label candidate",
    PROXIES: "proxy connections that stand",
    LIVE: "exchanges whose production side has not ended",
    HELD_BYTES: "request bytes held until every candidate was called",
    UNSETTLED: "exchanges told to the recorder and not yet settled by it",
    LAG: "worst event-loop lag since the last snapshot",
    BREAKER_OPEN: "1 while a lane leaves its candidate alone because it failed; label candidate",
    BUDGET_LEFT: "what a candidate may still cost, reservations taken off; labels candidate and window (hour, day, total)",
}
