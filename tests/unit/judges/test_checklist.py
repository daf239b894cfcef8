from __future__ import annotations

import json

import pytest

from shadowbench.judges.checklist import build
from tests.unit.judges.judged import judged, options, pair

CHECKLIST = {
    "name": "c",
    "version": "1",
    "kind": "checklist",
    "criteria": [
        {"id": "answers", "text": "It answers.", "weight": 3},
        {"id": "kind", "text": "It is kind.", "weight": 1},
        {"id": "invents", "text": "It invents.", "weight": -2},
    ],
}
JUDGE = build(options("checklist", rubric=CHECKLIST))


@pytest.mark.parametrize(
    ("answers", "kind", "invents", "value"),
    [
        (True, True, False, 1.0),
        (True, False, False, 0.75),
        (True, True, True, 0.5),
        (False, True, True, -0.25),
        (False, False, True, -0.5),
        (False, False, False, 0.0),
    ],
)
def test_points_are_added_up_over_what_there_is_to_get(answers: bool, kind: bool, invents: bool, value: float) -> None:
    met = {"answers": answers, "kind": kind, "invents": invents}
    came = judged(JUDGE, pair(), lambda _: json.dumps({"analysis": "Read.", "met": met}))
    assert (came.value, came.production_value) == (value, value)


def test_the_bounds_are_all_faults_and_all_points() -> None:
    assert (JUDGE.measure.low, JUDGE.measure.high) == (-0.5, 1.0)


def test_a_list_without_faults_is_a_share() -> None:
    rubric = {**CHECKLIST, "criteria": CHECKLIST["criteria"][:2]}  # type: ignore[index]
    assert build(options("checklist", rubric=rubric)).measure.low == 0.0
