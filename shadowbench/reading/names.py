"""Which columns a reader gets unless it asks for others, and how they are called."""

from __future__ import annotations

NUMBER, SIDE, LOG = "exchange_number", "candidate_side", "log"

SIDES = ("production", "candidate")

_OF_PAIR = (
    "started_at",
    "cluster_key",
    "tenant_key",
    "stratum",
    "path",
    "dialect",
    "request_bytes",
    "candidate",
    "inclusion_probability",
)
_OF_SIDE = (
    "outcome",
    "reason",
    "status",
    "requested_model",
    "reported_model",
    "finish_reason",
    "streamed",
    "latency_s",
    "ttft_s",
    "gap_p95_s",
    "input_tokens",
    "output_tokens",
    "cost_usd",
    "cost_reason",
    "disturbed",
)
USUAL = (*_OF_PAIR, *(f"{side}_{name}" for name in _OF_SIDE for side in SIDES))
"""What is read unless other columns are named: what a notebook begins with."""

FOR_REPORTS = tuple(name for name in USUAL if not name.endswith("_status"))
"""What a report needs: of a status it tells what the outcome and its reason do."""

DISTURBED = {f"{side}_disturbed": side for side in SIDES}
"""Columns that are worked out: why a side's times are not its endpoint's alone."""


def stored(names: tuple[str, ...]) -> list[str]:
    """The columns of the log that these come from; what choosing pairs goes by is always among them."""
    found = dict.fromkeys(("started_at", "candidate"))
    for name in names:
        if name in DISTURBED:
            parts = ("paused_s", "loop_lag_s", "ttft_s", "latency_s")
            found |= dict.fromkeys(f"{DISTURBED[name]}_{part}" for part in parts)
        else:
            found[name] = None
    return list(found)
