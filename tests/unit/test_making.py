"""Records from a maker cannot be told from others."""

from __future__ import annotations

import copy
import dataclasses
import pickle
from typing import Any

import pytest

from shadowbench.making import maker_of
from shadowbench.records import CandidateResult, Exchange, Observation, Outcome, Timing, Usage, UsageSource
from shadowbench.wire.base import Parsed

FIELDS: dict[type[Any], dict[str, Any]] = {
    Timing: {"head_s": 0.5},
    Usage: {"source": UsageSource.REPORTED, "output_tokens": 3},
    Observation: {"endpoint": "production", "outcome": Outcome.OK, "body": b"{}"},
    CandidateResult: {"observation": None, "inclusion_probability": 0.5, "config_hash": "h"},
    Exchange: {each.name: each.name for each in dataclasses.fields(Exchange)},
}


@pytest.mark.parametrize("record", FIELDS)
def test_a_made_record_is_one_of_its_class_with_the_same_defaults(record: type[Any]) -> None:
    made, usual = maker_of(record)(**FIELDS[record]), record(**FIELDS[record])
    assert type(made) is record
    assert made == usual and hash(made) == hash(usual) and repr(made) == repr(usual)
    assert dataclasses.replace(made) == copy.copy(made) == pickle.loads(pickle.dumps(made)) == usual


def test_a_made_record_is_frozen() -> None:
    with pytest.raises(dataclasses.FrozenInstanceError):
        maker_of(Timing)().head_s = 1.0  # type: ignore[misc]


def test_a_made_tuple_is_one_of_its_class_with_the_same_defaults() -> None:
    made, usual = maker_of(Parsed)(ended=True, malformed="m"), Parsed(ended=True, malformed="m")
    assert type(made) is Parsed and made == usual
    assert maker_of(Parsed)(None) == Parsed(None)


@pytest.mark.parametrize("fields", [{}, {"endpoint": "a"}, {"endpoint": "a", "outcome": Outcome.OK, "more": 1}])
def test_fields_are_asked_for_as_the_class_does(fields: dict[str, Any]) -> None:
    with pytest.raises(TypeError):
        maker_of(Observation)(**fields)
