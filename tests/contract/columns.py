"""Logs with everything that columns have to tell apart, and what their rows say: what columns are compared with."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

from shadowbench.records import CandidateResult, Cost, Dialect, Exchange, Observation, again
from shadowbench.scores import Score, Shape
from shadowbench.store.base import PairLog
from shadowbench.store.testing import a_measure, invented_traffic
from tests.contract.scorers import logs_in

COUNT = 300


def varied(exchange: Exchange, number: int) -> Exchange:
    """The exchange with a repeat, prices, tenants, and things absent, by its number."""
    candidates = [_varied(result, number) for result in exchange.candidates]
    if number % 5 == 0:
        repeat = replace(candidates[0].observation, endpoint=again("production"))
        candidates.insert(number % 3, replace(candidates[0], observation=repeat))
    return replace(
        exchange,
        candidates=tuple(candidates) if number % 11 else (),
        tenant_key=None if number % 4 == 0 else f"tenant-{number % 3}",
        stratum=("short", "long", None)[number % 3],
        dialect=Dialect.OPENAI_CHAT if number % 7 else Dialect.ANTHROPIC_MESSAGES,
        path=f"/v1/{number}",  # more words than a statement names
    )


def _varied(result: CandidateResult, number: int) -> CandidateResult:
    cost = Cost(usd=0.001 * number, reason=None) if number % 6 else Cost(usd=None, reason="no_usage")
    lag = replace(result.observation.timing, loop_lag_s=0.3 if number % 13 == 0 else 0.0)
    seen = replace(result.observation, cost=cost, timing=lag)
    return replace(result, observation=seen, inclusion_probability=1 / (1 + number % 9))


def scores_of(log: PairLog, measures: list[int], missing: int = 17) -> Iterator[Score]:
    """Some of each kind for every pair; none for some exchanges."""
    page = log.page(after=0, upto=log.newest(), size=10_000)
    for number, exchange in zip(page.numbers, page.exchanges, strict=True):
        for side in range(1, len(exchange.candidates) + 1):
            if number % missing:
                yield from _scores(number, side, measures)


def _scores(number: int, side: int, measures: list[int]) -> Iterator[Score]:
    first, second, third = measures
    yield Score(number, side, first, number / 7, None)  # of shape pair
    if number % 3:
        yield Score(number, side, second, -1.5, None, number / 3, None, 0.25)
    else:
        yield Score(number, side, second, None, "no_text", None, f"why_{number % 40}", 0.25)
    yield Score(number, side, third, None if number % 2 else 0.0, "odd" if number % 2 else None, 1e300, None)


def make_log(folder: Path, *, seed: int = 1, count: int = COUNT, scored: bool = True) -> tuple[str, list[int]]:
    """A log in `folder`, with a gap where exchanges were pruned; its URL and the numbers of its three measures."""
    folder.mkdir(exist_ok=True)
    with logs_in(folder) as (log, scores):
        log.append([varied(each, number) for number, each in enumerate(invented_traffic(count, seed), 1)])
        shapes = [("first", Shape.PAIR), ("second", Shape.SIDES), ("third", Shape.SIDES)]
        measures = list(scores.register([a_measure(name, shape=shape) for name, shape in shapes])) if scored else []
        if scored:
            scores.put_scores(list(scores_of(log, measures)))
        log.upkeep.delete(range(20, 40))
    return f"sqlite:///{folder}/log.db", measures


def value_of(seen: Observation, name: str) -> Any:
    """A side's column as the observation has it."""
    timing = {"latency_s": "last_byte_s", "ttft_s": "first_content_s"}.get(name, name)
    if hasattr(seen.timing, timing):
        return getattr(seen.timing, timing)
    if hasattr(seen.usage, name):
        return getattr(seen.usage, name)
    if name == "finish_reason":
        return seen.answer.first.finish_reason if seen.answer else None
    if name == "attempts":
        return len(seen.attempts)
    if name in ("cost_usd", "cost_reason"):
        return (
            getattr(seen.cost, name.removeprefix("cost_"), None)
            if name == "cost_usd"
            else seen.cost and seen.cost.reason
        )
    return seen.usage.source if name == "usage_source" else getattr(seen, name)
