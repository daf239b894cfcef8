"""Pairs that were judged by judges of known habits, and labelled by people."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from shadowbench.scores import (
    KnownMeasure,
    Label,
    PairRef,
    Position,
    Preferred,
    Score,
    Shape,
    Spending,
    Verdict,
)
from shadowbench.scoring.calibration.card import Evidence
from shadowbench.scoring.calibration.facts import PairFacts
from shadowbench.scoring.calibration.sayings import both_orders
from shadowbench.store.testing import a_measure

P, C, TIE = Preferred.PRODUCTION, Preferred.CANDIDATE, Preferred.TIE
NO_SPENDING = Spending(calls=0, usd=0.0, unpriced=0, open_calls=0, open_usd=0.0)
Judging = Callable[[int], tuple[Preferred, Preferred]]


def judge(name: str = "strict", *, shape: Shape = Shape.PAIR, **about: Any) -> KnownMeasure:
    measure = a_measure(name, kind="judge", shape=shape, low=0.0, high=1.0, about=json.dumps(about))
    return KnownMeasure(id=1, measure=measure, done_upto=0)


def facts(count: int, **changes: Any) -> dict[PairRef, PairFacts]:
    """Pairs in whose length nothing lies: the longer side is now this one, now that one."""
    plain = PairFacts("", "small", "/v1/chat/completions", 100, 100, frozenset(), frozenset(), True)
    return {
        PairRef(n, 1): plain._replace(cluster=f"c{n // 2}", candidate_length=60 + (n * 37) % 80)._replace(**changes)
        for n in range(1, count + 1)
    }


def verdicts(count: int, judging: Judging, *, repetition: int = 0) -> list[Verdict]:
    """Both orders of each pair: what the judge says with production first, and with the candidate first."""
    orders = (Position.PRODUCTION_FIRST, Position.CANDIDATE_FIRST)
    return [
        Verdict(pair=PairRef(n, 1), measure=1, position=order, repetition=repetition, preferred=preferred)
        for n in range(1, count + 1)
        for order, preferred in zip(orders, judging(n), strict=True)
    ]


def scores_of(given: Sequence[Verdict]) -> list[Score]:
    return [Score(*pair, 1, both.points, None) for pair, both in both_orders(given).items()]


def label(number: int, preferred: Preferred | None = None, labeller: str = "ann", **changes: Any) -> Label:
    plain = {"pair": PairRef(number, 1), "question": "preference", "labelled_at": 0.0}
    return Label(**{**plain, "labeller": labeller, "preferred": preferred, **changes})


def evidence(
    judging: Judging,
    count: int = 60,
    *,
    labels: Sequence[Label] = (),
    known: KnownMeasure | None = None,
    told: Mapping[PairRef, PairFacts] | None = None,
    **changes: Any,
) -> Evidence:
    said = verdicts(count, judging)
    parts: dict[str, Any] = {
        "known": known or judge(),
        "scores": scores_of(said),
        "verdicts": said,
        "labels": labels,
        "facts": facts(count) if told is None else told,
        "spending": NO_SPENDING,
    }
    return Evidence(**{**parts, **changes})
