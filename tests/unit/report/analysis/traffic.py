"""A log of pairs with times, costs and words, and its arms as analysis finds them."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from shadowbench.funnel import Funnel
from shadowbench.records import FunnelCount
from shadowbench.report.analysis.arms import Arm, arms_of
from shadowbench.store.columns import Coded
from tests.unit.report.analysis.invented import a_log

DAY = 86_400.0


def a_traffic(n: int, *, seen: int | None = None, **columns: Any) -> tuple[Any, Arm]:
    """n pairs over two days, and their first candidate's arm: both sides answer streams in a second for a cent, and every
    request was drawn. `seen`: what proxies counted; None: nobody counted."""
    given: dict[str, Any] = {
        "candidate": ["small"] * n,
        "candidate_reason": [None] * n,
        "started_at": np.linspace(0, 2 * DAY, n) if n != 1 else np.zeros(1),
        "inclusion_probability": np.ones(n),
        "stratum": [None] * n,
        "path": ["/v1/chat/completions"] * n,
        "request_bytes": np.full(n, 500.0),
    }
    for side in ("production", "candidate"):
        given |= {
            f"{side}_outcome": ["ok"] * n,
            f"{side}_finish_reason": ["stop"] * n,
            f"{side}_streamed": np.ones(n),
            f"{side}_latency_s": np.ones(n),
            f"{side}_ttft_s": np.full(n, 0.2),
            f"{side}_gap_p95_s": np.full(n, 0.03),
            f"{side}_input_tokens": np.full(n, 100.0),
            f"{side}_output_tokens": np.full(n, 50.0),
            f"{side}_cost_usd": np.full(n, 0.01),
            f"{side}_cost_reason": [None] * n,
            f"{side}_disturbed": Coded(codes=np.full(n, -1, np.int32), texts=("paused", "late")),
        }
    log = a_log(n, **(given | columns))
    if seen is not None:
        log = replace(log, funnel=Funnel([FunnelCount(epoch="p", candidate="", stage="seen", reason="", count=seen)]))
    arms = arms_of(log, ())
    return log, arms[0] if arms else None  # type: ignore[return-value]


def disturbed(n: int, **places: list[int]) -> Coded:
    """Why times are not the endpoint's own, by the places where it is so."""
    codes = np.full(n, -1, np.int32)
    for why, at in places.items():
        codes[at] = ("paused", "late").index(why)
    return Coded(codes=codes, texts=("paused", "late"))


def words(n: int, usual: str, **places: list[int]) -> list[str]:
    """A column of one word, with others in some places."""
    found = [usual] * n
    for word, at in places.items():
        for place in at:
            found[place] = word
    return found


def numbers(n: int, usual: float, *places: tuple[int, float]) -> np.ndarray:
    """A column of one number, with others in some places."""
    found = np.full(n, usual)
    for place, value in places:
        found[place] = value
    return found
