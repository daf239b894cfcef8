from __future__ import annotations

import copy
from typing import Any

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from shadowbench.errors import ConfigurationError
from shadowbench.judges.rubric_files import read_rubric
from shadowbench.judges.rubrics import Criterion, GradeClass, Rubric

SCORES = {1: "none", 2: "little", 3: "some", 4: "much", 5: "all"}
RUBRIC: dict[str, Any] = {
    "name": "help",
    "version": "1",
    "kind": "rubric",
    "about": "for people",
    "instructions": "Be strict.",
    "reference": "optional",
    "criteria": [{"id": "task", "text": "Done?", "weight": 2, "scores": SCORES}],
}
PAIRWISE = {"name": "p", "version": 2, "kind": "pairwise", "criteria": [{"id": "truth", "text": "is true"}]}
CHECKLIST = {
    "name": "c",
    "version": "1",
    "kind": "checklist",
    "criteria": [{"id": "good", "text": "good", "weight": 2}, {"id": "bad", "text": "bad", "weight": -1.5}],
}
FACTUALITY = {
    "name": "f",
    "version": "1",
    "kind": "factuality",
    "classes": [{"id": "a", "text": "same", "value": 1}, {"id": "b", "text": "other", "value": 0}],
}


def test_a_file_is_read_as_it_stands() -> None:
    assert read_rubric(RUBRIC) == Rubric(
        name="help",
        version="1",
        kind="rubric",
        about="for people",
        instructions="Be strict.",
        reference="optional",
        criteria=(Criterion(id="task", text="Done?", weight=2.0, scores=tuple(SCORES.items())),),
    )
    assert read_rubric(PAIRWISE).version == "2"
    assert [criterion.weight for criterion in read_rubric(CHECKLIST).criteria] == [2.0, -1.5]
    factuality = read_rubric(FACTUALITY)
    assert factuality.reference == "required"
    assert factuality.classes[0] == GradeClass(id="a", text="same", value=1.0)


WRONG: list[tuple[dict[str, Any], dict[str, Any], str]] = [
    (RUBRIC, {"name": None}, r"rubric: name is missing; it is a text"),
    (RUBRIC, {"version": None}, "rubric: version is missing"),
    (RUBRIC, {"version": True}, "rubric.version is a text, not True"),
    (RUBRIC, {"kind": "essay"}, "rubric.kind is one of pairwise, rubric, checklist, factuality, not 'essay'"),
    (RUBRIC, {"reference": "maybe"}, "rubric.reference is one of none, optional, required, not 'maybe'"),
    (RUBRIC, {"instructions": ["x"]}, "rubric.instructions is a text, not a list"),
    (RUBRIC, {"criterion": []}, "rubric: there is no key 'criterion'; there are: name, version"),
    (RUBRIC, {"criteria": []}, "rubric.criteria is a list with at least one entry, not a list"),
    (RUBRIC, {"criteria": ["task"]}, r"rubric.criteria\[0\] is a mapping, not 'task'"),
    (RUBRIC, {"classes": [1]}, "a rubric of kind rubric has no classes"),
    (FACTUALITY, {"criteria": [1]}, "a rubric of kind factuality has no criteria"),
    (FACTUALITY, {"reference": "optional"}, "rubric.reference: factuality is judged by a reference"),
    (FACTUALITY, {"classes": [{"id": "a", "text": "x", "value": 1}]}, "two classes at least, with different values"),
    (FACTUALITY, {"classes": [{"id": "a", "text": "x", "value": float("nan")}]}, r"classes\[0\].value is a number"),
    (
        CHECKLIST,
        {"criteria": [{"id": "a", "text": "x", "weight": -1}]},
        "a checklist needs a criterion with a weight above 0",
    ),
    (CHECKLIST, {"criteria": [{"id": "a", "text": "x", "weight": 0}]}, "weight is a number other than 0, not 0"),
    (CHECKLIST, {"criteria": [{"id": "a", "text": "x"}] * 2}, "the id 'a' stands twice"),
    (CHECKLIST, {"criteria": [{"id": "A b", "text": "x"}]}, "id is a name of small letters, digits and _, not 'A b'"),
    (CHECKLIST, {"criteria": [{"id": "a", "text": " "}]}, r"criteria\[0\].text is a text, not ' '"),
    (PAIRWISE, {"criteria": [{"id": "a", "text": "x", "weight": 1}]}, "there is no key 'weight'; there are: id, text"),
    (
        RUBRIC,
        {"criteria": [{"id": "a", "text": "x", "weight": -1, "scores": SCORES}]},
        "weight is a number above 0, not -1",
    ),
    (RUBRIC, {"criteria": [{"id": "a", "text": "x"}]}, "scores is missing; it is a mapping"),
    (
        RUBRIC,
        {"criteria": [{"id": "a", "text": "x", "scores": {1: "y"}}]},
        "scores is a text for each of the grades 1 to 5",
    ),
    (RUBRIC, {"criteria": [{"id": "a", "text": "x", "scores": {**SCORES, 3: ""}}]}, r"scores.3 is a text, not ''"),
]


@pytest.mark.parametrize(("content", "change", "message"), WRONG)
def test_what_is_wrong_is_told_with_its_key(content: dict[str, Any], change: dict[str, Any], message: str) -> None:
    with pytest.raises(ConfigurationError, match=message):
        read_rubric({**content, **change})


def test_the_message_calls_the_file_as_the_caller_does() -> None:
    with pytest.raises(ConfigurationError, match=r"^judges\.mine\.rubric: kind is missing"):
        read_rubric({}, "judges.mine.rubric")


def test_the_hash_is_of_what_a_judge_could_see() -> None:
    rubric = read_rubric(RUBRIC)
    laid_out = yaml.safe_load(yaml.safe_dump(RUBRIC, sort_keys=True))
    assert read_rubric(laid_out).hash == rubric.hash
    assert read_rubric({**RUBRIC, "about": "for others"}).hash == rubric.hash
    for key, value in (("name", "x"), ("version", "2"), ("instructions", "x"), ("reference", "none")):
        assert read_rubric({**RUBRIC, key: value}).hash != rubric.hash
    other = copy.deepcopy(RUBRIC)
    other["criteria"][0]["scores"][3] = "half"
    assert read_rubric(other).hash != rubric.hash


@settings(deadline=None)
@given(
    st.dictionaries(
        st.sampled_from([*RUBRIC, "classes"]), st.none() | st.text() | st.lists(st.dictionaries(st.text(), st.text()))
    )
)
def test_any_content_is_a_rubric_or_a_configuration_error(content: dict[str, Any]) -> None:
    try:
        assert isinstance(read_rubric({**FACTUALITY, **content}), Rubric)
    except ConfigurationError:
        pass
