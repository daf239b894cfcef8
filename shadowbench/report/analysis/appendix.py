"""Which methods a document uses, from the document itself: whatever is printed was made by a method that is explained.

Walks every estimate and all evidence there is, wherever it is; so a part that is added later is in the appendix, too.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, fields, is_dataclass
from functools import cache

from shadowbench.report.document.root import Document, MethodUsed
from shadowbench.stats.estimates import Estimate, Evidence
from shadowbench.stats.methods import Method


@dataclass(slots=True)
class _Uses:
    sizes: list[int] = field(default_factory=list)
    refused: Counter[str] = field(default_factory=Counter)


def methods_of(document: Document) -> tuple[MethodUsed, ...]:
    """In the order of `stats.methods`."""
    uses: dict[Method, _Uses] = {}
    for one in found_in(document.candidates, document.drift, document.trend, document.judges):
        mine = uses.setdefault(one.method, _Uses())
        mine.sizes.append(one.n)
        if one.reason is not None:
            mine.refused[one.reason.value] += 1
    return tuple(_used(method, uses[method]) for method in Method if method in uses)


def found_in(*things: object) -> Iterator[Estimate | Evidence]:
    """Every estimate and evidence within these, as often as it is there."""
    for thing in things:
        if isinstance(thing, Estimate | Evidence):
            yield thing
        elif isinstance(thing, Mapping):
            yield from found_in(*thing.values())
        elif isinstance(thing, tuple | list):
            yield from found_in(*thing)
        elif is_dataclass(thing) and not isinstance(thing, type):
            yield from found_in(*(getattr(thing, name) for name in _names(type(thing))))


@cache
def _names(kind: type) -> tuple[str, ...]:
    return tuple(each.name for each in fields(kind))  # a dataclass: looked at before


def _used(method: Method, uses: _Uses) -> MethodUsed:
    return MethodUsed(
        method=method,
        times=len(uses.sizes),
        least_n=min(uses.sizes),
        most_n=max(uses.sizes),
        refused=dict(sorted(uses.refused.items(), key=lambda item: (-item[1], item[0]))),
    )
