"""What has to be known about a pair to weigh a judge's word on it: small, so that there may be many. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import lru_cache
from typing import NamedTuple

from shadowbench.judges.families import families_of
from shadowbench.judges.showing import Showing, is_shown, show
from shadowbench.metrics.view import Side
from shadowbench.records import Exchange, Observation
from shadowbench.scores import PairRef
from shadowbench.scoring.views import views

_SHOWING = Showing(max_characters=1 << 30)


class PairFacts(NamedTuple):
    """Of one pair. Lengths are characters of what was said, tool calls with their arguments included."""

    cluster: str
    candidate: str
    route: str
    production_length: int
    candidate_length: int
    production_families: frozenset[str]
    candidate_families: frozenset[str]
    both_answered: bool
    identical: bool = False  # both answers read the same: there is nothing to prefer
    language: str | None = None  # of the production answer, where that was asked for


def facts_of(
    exchange: Exchange, number: int, language_of: Callable[[str], str | None] | None = None
) -> Iterator[tuple[PairRef, PairFacts]]:
    """The facts of each pair of an exchange; the language where there is a function to tell it."""
    for view in views(exchange, number):
        production, candidate = view.production.observation, view.candidate.observation
        lengths = _length(production), _length(candidate)
        shown = is_shown(view.production) and is_shown(view.candidate)
        yield (
            view.ref,
            PairFacts(
                cluster=exchange.cluster_key,
                candidate=candidate.endpoint,
                route=exchange.path,
                production_length=lengths[0],
                candidate_length=lengths[1],
                production_families=_families(production.requested_model, production.reported_model),
                candidate_families=_families(candidate.requested_model, candidate.reported_model),
                both_answered=shown,
                identical=shown and lengths[0] == lengths[1] and _said(view.production) == _said(view.candidate),
                language=language_of(view.production.text or "") if language_of else None,
            ),
        )


@lru_cache(maxsize=1024)  # a log has few models
def _families(*models: str | None) -> frozenset[str]:
    return families_of(models)


def _said(side: Side) -> str:
    return show(side, _SHOWING).text


def _length(seen: Observation) -> int:
    if seen.answer is None:
        return 0
    first = seen.answer.first
    said = (first.text, first.refusal, *(call.arguments for call in first.tool_calls))
    return sum(len(text) for text in said if text)
