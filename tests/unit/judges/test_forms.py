from __future__ import annotations

import json
from typing import Any

import jsonschema_rs
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shadowbench.judges.forms import Form, GradesForm, NumberForm, Stated, WordForm
from shadowbench.judges.strict_json import object_of

PAIRWISE = WordForm(mark="verdict", words=("A", "B", "tie"), with_strength=True)
CLASS = WordForm(mark="class", words=("a", "b"))
GRADES = GradesForm(mark="scores", names=("task", "tone"), grades=(1, 2, 3, 4, 5))
MET = GradesForm(mark="met", names=("task", "tone"), grades=None)
NUMBER = NumberForm(mark="score", low=0.0, high=10.0)
FORMS: list[Form] = [PAIRWISE, CLASS, GRADES, MET, NUMBER]


@pytest.mark.parametrize(
    ("form", "members", "stated"),
    [
        (PAIRWISE, {"verdict": "A", "strength": 2}, Stated(word="A", strength=2)),
        (PAIRWISE, {"verdict": "tie", "strength": 1.0}, Stated(word="tie", strength=1)),
        (PAIRWISE, {"verdict": "B"}, Stated(word="B", strength=None)),
        (PAIRWISE, {"verdict": "B", "strength": None}, Stated(word="B", strength=None)),
        (CLASS, {"class": "b"}, Stated(word="b")),
        (GRADES, {"scores": {"tone": 5, "task": 2.0}}, Stated(numbers=(("task", 2.0), ("tone", 5.0)))),
        (MET, {"met": {"task": True, "tone": False}}, Stated(numbers=(("task", 1.0), ("tone", 0.0)))),
        (NUMBER, {"score": 7.5}, Stated(numbers=(("score", 7.5),))),
        (NUMBER, {"score": 0}, Stated(numbers=(("score", 0.0),))),
    ],
)
def test_what_is_stated_is_read(form: Form, members: dict[str, Any], stated: Stated) -> None:
    assert form.read(members) == stated


@pytest.mark.parametrize(
    ("form", "members"),
    [
        (PAIRWISE, {}),
        (PAIRWISE, {"verdict": "a", "strength": 1}),
        (PAIRWISE, {"verdict": "Response 1", "strength": 1}),
        (PAIRWISE, {"verdict": ["A"], "strength": 1}),
        (PAIRWISE, {"verdict": None, "strength": 1}),
        (PAIRWISE, {"verdict": "A", "strength": 3}),
        (PAIRWISE, {"verdict": "A", "strength": 0}),
        (PAIRWISE, {"verdict": "A", "strength": True}),
        (PAIRWISE, {"verdict": "A", "strength": "2"}),
        (PAIRWISE, {"verdict": "A", "strength": [1]}),
        (PAIRWISE, {"verdict": "A", "strength": 1, "confidence": 0.9}),
        (CLASS, {"class": "c"}),
        (CLASS, {"class": "a", "strength": 1}),
        (GRADES, {"scores": {"task": 2}}),
        (GRADES, {"scores": {"task": 2, "tone": 5, "more": 1}}),
        (GRADES, {"scores": {"task": 2, "tone": 6}}),
        (GRADES, {"scores": {"task": 2, "tone": 4.5}}),
        (GRADES, {"scores": {"task": 2, "tone": True}}),
        (GRADES, {"scores": {"task": 2, "tone": "5"}}),
        (GRADES, {"scores": {"task": 2, "tone": None}}),
        (GRADES, {"scores": [2, 5]}),
        (GRADES, {"task": 2, "tone": 5}),
        (MET, {"met": {"task": 1, "tone": 0}}),
        (NUMBER, {"score": 10.01}),
        (NUMBER, {"score": -1}),
        (NUMBER, {"score": float("nan")}),
        (NUMBER, {"score": True}),
        (NUMBER, {"score": "7"}),
        (NUMBER, {"score": 10**400}),
        (NUMBER, {"score": -(10**400)}),
        (GRADES, {"scores": {"task": 2, "tone": 10**400}}),
        (PAIRWISE, {"verdict": "A", "strength": 10**400}),
    ],
)
def test_what_is_of_another_form_is_no_verdict(form: Form, members: dict[str, Any]) -> None:
    assert form.read(members) is None


@pytest.mark.parametrize("form", FORMS, ids=lambda form: form.mark)
def test_the_example_cannot_be_taken_for_a_verdict(form: Form) -> None:
    assert object_of(form.example) is None
    assert f'"{form.mark}":' in form.example


@settings(deadline=None)
@given(st.sampled_from(FORMS), st.data())
def test_the_schema_allows_just_what_is_read(form: Form, data: st.DataObject) -> None:
    """But for bounds of numbers, which vendors' schemas do not take, and a strength that is missing."""
    values = st.sampled_from(["A", "tie", "a", "c", 0, 1, 2, 5, 6, 2.5, True, None])
    grades = st.dictionaries(st.sampled_from(["task", "tone", "more"]), values)
    names = st.sampled_from([form.mark, "strength", "more"])
    members = data.draw(st.dictionaries(names, values | grades, max_size=3))
    allowed = jsonschema_rs.is_valid(form.schema, json.loads(json.dumps({"analysis": "…", **members})))
    if allowed and form is not NUMBER:
        assert form.read(members) is not None
    if form.read(members) is not None and not (form is PAIRWISE and members.get("strength") is None):
        assert allowed


@pytest.mark.parametrize("form", FORMS, ids=lambda form: form.mark)
def test_the_analysis_comes_first_and_all_is_required(form: Form) -> None:
    assert next(iter(form.schema["properties"])) == "analysis"
    assert form.schema["required"] == list(form.schema["properties"])
    assert form.schema["additionalProperties"] is False
