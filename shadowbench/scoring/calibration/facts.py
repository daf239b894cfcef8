"""What has to be known about a pair to weigh a judge's word on it: small, so that there may be many. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import lru_cache
from typing import NamedTuple

from shadowbench.judges.families import families_of
from shadowbench.judges.showing import Showing, is_shown, show
from shadowbench.metrics.view import PairView
from shadowbench.records import Exchange, Observation
from shadowbench.scores import PairRef
from shadowbench.scoring.views import views


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
    identical: bool = False  # both answers read the same where they are shown: there is nothing to prefer
    language: str | None = None  # of the production answer, where that was asked for


def facts_of(
    exchange: Exchange,
    number: int,
    language_of: Callable[[str], str | None] | None = None,
    showing: Showing | None = None,
) -> Iterator[tuple[PairRef, PairFacts]]:
    """The facts of each pair of an exchange; the language where there is a function to tell it, and whether both answers read
    the same where it is told how they are shown."""
    for view in views(exchange, number):
        production, candidate = view.production.observation, view.candidate.observation
        shown = is_shown(view.production) and is_shown(view.candidate)
        yield (
            view.ref,
            PairFacts(
                cluster=exchange.cluster_key,
                candidate=candidate.endpoint,
                route=exchange.path,
                production_length=_length(production),
                candidate_length=_length(candidate),
                production_families=_families(production.requested_model, production.reported_model),
                candidate_families=_families(candidate.requested_model, candidate.reported_model),
                both_answered=shown,
                identical=shown and showing is not None and _read_alike(view, showing),
                language=language_of(view.production.text or "") if language_of else None,
            ),
        )


@lru_cache(maxsize=1024)  # a log has few models
def _families(*models: str | None) -> frozenset[str]:
    return families_of(models)


def _read_alike(view: PairView, showing: Showing) -> bool:
    """Whether nobody who is shown both can tell them apart: neither lengths nor line ends nor names that are left out count."""
    one, other = view.production, view.candidate
    return one.first == other.first or show(one, showing) == show(other, showing)


def _length(seen: Observation) -> int:
    if seen.answer is None:
        return 0
    first = seen.answer.first
    said = (first.text, first.refusal, *(call.arguments for call in first.tool_calls))
    return sum(len(text) for text in said if text)
