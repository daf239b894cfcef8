"""Scores that rows bring along: their values, or why there are none, and what measured them. Pure."""

from __future__ import annotations

import json
from typing import Any, NamedTuple

from shadowbench.judges.rubrics import canonical_hash
from shadowbench.offline.rows import BadRowError, Row, Where, needed_number, plain
from shadowbench.offline.shapes import GivenScore, ImportShape
from shadowbench.records import Observation, Outcome
from shadowbench.scores import BLANK_CANDIDATE, BLANK_PRODUCTION, NO_TEXT, Measure, PairRef, Score

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
    unfounded: bool = False  # the row has a score of an answer that is not there

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

    A fault of a side is never a zero: where there is no score because there is no answer, the reason says so. Nor is it
    anything else: what a row says of an answer that is not there is not taken.
    """
    value = _value(score, score.value, row)
    produced = None if score.production is None else _value(score, score.production, row)
    if score.production is None:
        own, other = _fault(candidate, production) or _untold(value, _blank_of(candidate, production)), None
    else:
        own = _fault(candidate) or _untold(value, NO_TEXT if _is_blank(candidate) else None)
        other = _fault(production) or _untold(produced, NO_TEXT if _is_blank(production) else None)
    return Given(
        measure=measure_of(score, shape, row),
        value=value if own is None else None,
        reason=own,
        production_value=produced if other is None else None,
        production_reason=other,
        detail=_json({name: where.find(row) for name, where in score.detail.items()}),
        unfounded=(own is not None and value is not None) or (other is not None and produced is not None),
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


def _fault(*sides: Observation) -> str | None:
    faults = (seen.outcome for seen in sides if seen.outcome is not Outcome.OK)
    return next((f"fault_{outcome.value}" for outcome in faults), None)


def _untold(value: float | None, blank: str | None) -> str | None:
    """Why there is no score of answers that are there; None: there is one."""
    return (blank or NOT_GIVEN) if value is None else None


def _blank_of(candidate: Observation, production: Observation) -> str | None:
    """Which of both answers is blank, as a reason."""
    blank = _is_blank(candidate), _is_blank(production)
    return {(True, True): NO_TEXT, (True, False): BLANK_CANDIDATE, (False, True): BLANK_PRODUCTION}.get(blank)


def _is_blank(seen: Observation) -> bool:
    return seen.answer is not None and not (seen.answer.first.text or "").strip()


def _json(detail: dict[str, Any]) -> str | None:
    told = {name: value for name, value in detail.items() if value is not None}
    return json.dumps(told, ensure_ascii=False) if told else None
