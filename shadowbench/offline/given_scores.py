"""Scores that rows bring along: their values, or why there are none, and what measured them. Pure."""

from __future__ import annotations

import json
from typing import Any, NamedTuple

from shadowbench.judges.rubrics import canonical_hash
from shadowbench.offline.rows import BadRowError, Row, Where, needed_number, plain
from shadowbench.offline.shapes import GivenScore, ImportShape
from shadowbench.records import Observation, Outcome
from shadowbench.scores import Measure, PairRef, Score

NOT_GIVEN = "not_given"
"""The row has no score."""


class Given(NamedTuple):
    """A score before it is known which pair of the log it is of."""

    measure: Measure
    value: float | None
    reason: str | None
    production_value: float | None
    production_reason: str | None
    detail: str | None

    def of(self, pair: PairRef, measure: int) -> Score:
        """The score of that pair, with the measure's number in the log."""
        return Score(
            number=pair.number,
            side=pair.side,
            measure=measure,
            value=self.value,
            reason=self.reason,
            production_value=self.production_value,
            production_reason=self.production_reason,
            detail=self.detail,
        )


def given_score(
    score: GivenScore, shape: ImportShape, row: Row, production: Observation, candidate: Observation
) -> Given:
    """What a candidate's row says as that score. Raises BadRowError for something that is no score of it.

    A fault of a side is never a zero: where there is no score because there is no answer, the reason says so.
    """
    value = _value(score, score.value, row)
    sides = (candidate, production) if score.production is None else (candidate,)
    reason = _reason(*sides) if value is None else None
    produced = None if score.production is None else _value(score, score.production, row)
    return Given(
        measure=measure_of(score, shape, row),
        value=value,
        reason=reason,
        production_value=produced,
        production_reason=_reason(production) if score.production is not None and produced is None else None,
        detail=_json({name: where.find(row) for name, where in score.detail.items()}),
    )


def measure_of(score: GivenScore, shape: ImportShape, row: Row) -> Measure:
    """What the score is entered as. Its hash is over how values are read, and over what the row says about who measured."""
    content = {
        "imported": shape.name,
        "value": score.value.path,
        "production": None if score.production is None else score.production.path,
        "words": dict(score.words),
        "scale": None if score.scale is None else [score.scale.first, score.scale.last],
        "about": {name: where.find(row) for name, where in score.about.items()},
    }
    return Measure(
        name=score.name,
        kind=score.kind,
        version=score.version,
        config_hash=canonical_hash(content),
        shape=score.shape,
        direction=score.direction,
        low=score.low,
        high=score.high,
        unit=score.unit,
        about=json.dumps(content, sort_keys=True, ensure_ascii=False),
    )


def _value(score: GivenScore, where: Where, row: Row) -> float | None:
    found = where.find(row)
    told = None if found is None else plain(found)
    if told is None or told == "" or told in score.absent:
        return None
    given = score.words[told] if told in score.words else _number(score, where, row)
    try:
        return _bounded(score, given)
    except ValueError as error:
        raise BadRowError(f"{where} {error}") from None


def _number(score: GivenScore, where: Where, row: Row) -> float:
    try:
        return needed_number(where, row)
    except BadRowError as error:
        known = f", nor one of {', '.join(score.words)}" if score.words else ""
        raise BadRowError(f"{error}{known}") from None


def _bounded(score: GivenScore, given: float) -> float:
    if score.scale is not None:
        return score.scale(given)
    if score.low is not None and given < score.low:
        raise ValueError(f"is at least {score.low:g}, not {given:g}")
    if score.high is not None and given > score.high:
        raise ValueError(f"is at most {score.high:g}, not {given:g}")
    return given


def _reason(*sides: Observation) -> str:
    faults = (seen.outcome for seen in sides if seen.outcome is not Outcome.OK)
    return next((f"fault_{outcome.value}" for outcome in faults), NOT_GIVEN)


def _json(detail: dict[str, Any]) -> str | None:
    told = {name: value for name, value in detail.items() if value is not None}
    return json.dumps(told, ensure_ascii=False) if told else None
