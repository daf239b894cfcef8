"""From exchanges of the log to pairs as metrics and judges see them. Pure."""

from __future__ import annotations

from collections.abc import Collection, Iterator

from shadowbench.metrics.view import PairView
from shadowbench.records import CandidateResult, Exchange, Observation, again, is_again
from shadowbench.scores import PairRef


def views(
    exchange: Exchange, number: int, sides: Collection[int] | None = None, *, reference: str | None = None
) -> Iterator[PairView]:
    """The pairs of one exchange, all or those of these sides. Repeats are no pairs; they are in their pair's view."""
    repeats = {r.observation.endpoint: r.observation for r in exchange.candidates if is_again(r.observation.endpoint)}
    for side, result in enumerate(exchange.candidates, start=1):
        if is_again(result.observation.endpoint) or (sides is not None and side not in sides):
            continue
        yield _view(exchange, result, PairRef(number, side), reference, repeats)


def _view(
    exchange: Exchange,
    result: CandidateResult,
    ref: PairRef,
    reference: str | None,
    repeats: dict[str, Observation],
) -> PairView:
    return PairView(
        exchange,
        result,
        ref,
        reference=reference,
        production_again=repeats.get(again(exchange.production.endpoint)),
        candidate_again=repeats.get(again(result.observation.endpoint)),
    )
