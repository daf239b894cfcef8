"""A report survives being written, is versioned, and damaged ones are told apart."""

import json
import re
from dataclasses import replace
from pathlib import Path

import jsonschema_rs
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from shadowbench.errors import ConfigurationError
from shadowbench.report.as_json import dump, json_schema, load
from shadowbench.report.document.root import Document
from shadowbench.report.document.verdicts import Note
from tests.unit.report.documents import example

TEXT = dump(example())


def test_what_was_written_is_read_as_it_was() -> None:
    assert load(TEXT) == example()


def test_the_document_says_what_it_is() -> None:
    told = json.loads(TEXT)
    assert (told["schema"], told["version"], told["software"]) == ("shadowbench.report", 1, "1.2.3")


def test_absent_is_null() -> None:
    candidate = json.loads(TEXT)["candidates"][1]
    assert candidate["distributions"][0]["rows"][2]["candidate"]["value"] is None


def test_the_order_of_a_mapping_changes_no_byte() -> None:
    one = Note(code="x", values={"a": 1, "b": 2.5, "c": "d"})
    other = Note(code="x", values={"c": "d", "b": 2.5, "a": 1})
    assert dump(replace(example(), findings=(one,))) == dump(replace(example(), findings=(other,)))


def test_members_are_in_the_order_of_their_nouns() -> None:
    assert list(json.loads(TEXT)) == list(Document.__dataclass_fields__)


def test_a_member_that_is_not_known_is_passed_over() -> None:
    assert load(json.dumps({**json.loads(TEXT), "added_later": {"x": 1}})) == example()


def test_numpy_s_numbers_are_numbers() -> None:
    odd = replace(example(), made_at=np.float64(2.5), seed=np.int64(3))
    assert (load(dump(odd)).made_at, load(dump(odd)).seed) == (2.5, 3)


def test_half_a_surrogate_pair_of_somebodys_text_does_no_harm() -> None:
    odd = replace(example(), production_models=("a\ud800b",))
    assert load(dump(odd)).production_models == ("a?b",)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("", "a.json is not JSON"),
        (TEXT[:-20], "a.json is not JSON"),
        ("[]", "a.json is not a report of shadowbench"),
        ('{"schema": "shadowbench.summary"}', "a.json is not a report of shadowbench"),
        ('{"schema": "shadowbench.report", "version": 2}', "a.json is a report of version 2, and this is read: 1"),
        ('{"schema": "shadowbench.report", "version": 1}', r"a.json is damaged: software: .*; and \d+ more"),
        (TEXT.replace('"sent": 2400', '"sent": "many"', 1), r"damaged: candidates\.1\.counts\.sent"),
        (TEXT.replace('"decision": "may"', '"decision": "perhaps"'), r"candidates\.2\.verdict\.decision"),
    ],
)
def test_what_is_no_report_of_this_version_is_told(text: str, told: str) -> None:
    with pytest.raises(ConfigurationError, match=told):
        load(text, name="a.json")


@pytest.mark.parametrize(
    ("member", "path"),
    [
        ("made_at", "made_at"),
        ("first_at", "source.first_at"),
        ("until", "source.until"),
        ("from_at", "candidates.2.series.0.points.0.from_at"),
        ("at", "marks.0.at"),
    ],
)
@pytest.mark.parametrize("moment", ["-1e300", "1e300", "1e15", "-62135596801"])
def test_a_moment_that_no_calendar_has_is_damage(member: str, path: str, moment: str) -> None:
    damaged = re.sub(rf'"{member}": (null|[-0-9.]+)', f'"{member}": {float(moment)!r}', TEXT, count=1)
    with pytest.raises(
        ConfigurationError, match=rf"a\.json is damaged: {path}: no moment of the years 1 to 9999; make"
    ):
        load(damaged, name="a.json")


def test_of_many_moments_the_first_are_named() -> None:
    damaged = re.sub(r'"(made_at|first_at|last_at|from_at|to_at)": [-0-9.]+', r'"\1": 1e300', TEXT)
    with pytest.raises(ConfigurationError, match=r"damaged: made_at: .*; and \d+ more; make the report anew"):
        load(damaged)


@given(
    values=st.dictionaries(
        st.text(),
        st.one_of(st.text(), st.floats(allow_nan=False, allow_infinity=False), st.integers(-(2**53), 2**53)),
    ),
    name=st.text(),
)
def test_whatever_a_note_says_survives(values: dict[str, str | float | int], name: str) -> None:
    notes = (Note(code="x", values=values, candidate=name),)
    assert load(dump(replace(example(), findings=notes))).findings == notes


SCHEMA = json.loads((Path(__file__).parents[3] / "docs" / "report.schema.json").read_text("utf-8"))


def test_the_committed_schema_is_that_of_the_nouns() -> None:
    assert json_schema() == SCHEMA, "a noun of the report changed: run script/report-schema"


def test_a_report_is_as_the_schema_says() -> None:
    jsonschema_rs.validator_for(SCHEMA).validate(json.loads(TEXT))


def test_the_schema_refuses_what_is_no_report() -> None:
    validator = jsonschema_rs.validator_for(SCHEMA)
    assert not validator.is_valid({**json.loads(TEXT), "version": 2})
    assert not validator.is_valid({**json.loads(TEXT), "candidates": [{"name": "small"}]})
