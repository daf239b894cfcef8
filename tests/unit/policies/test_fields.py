"""The keys are those of the nouns, and each is explained."""

from dataclasses import fields

import pytest
from pydantic import ValidationError

from shadowbench.policies.fields import (
    AnchorFields,
    ClaimFields,
    Fields,
    PolicyFields,
    RequirementFields,
    WatchingFields,
)
from shadowbench.report.policy import Anchor, Claim, Policy, Requirements, Watching
from tests.attribute_docstrings import unexplained


@pytest.mark.parametrize(
    ("keys", "noun", "more"),
    [
        (PolicyFields, Policy, {"extends"}),
        (ClaimFields, Claim, set()),
        (WatchingFields, Watching, set()),
        (RequirementFields, Requirements, set()),
        (AnchorFields, Anchor, set()),
    ],
)
def test_a_file_has_the_keys_of_the_noun(keys: type[Fields], noun: type, more: set[str]) -> None:
    told = {field.name for field in fields(noun) if field.compare}  # the others are how it was written
    assert set(keys.model_fields) == told | more
    assert unexplained(keys) == []


@pytest.mark.parametrize(
    "wrong",
    [
        {"alpha": 0},
        {"alpha": 0.6},
        {"alpha": True},
        {"watching": {"planned": 1}},
        {"watching": {"looks": "sometimes"}},
        {"requires": {"pairs": -1}},
        {"requires": {"most_lost": 1.5}},
        {"slices": ["path", "path"]},
        {"primary": {"a b": {"margin": 1}}},
        {"primary": [{"measure": "x", "margin": 1}]},
        {"radar": {"x": {"begin": float("nan"), "target": 1}}},
        {"gaurdrails": {}},
    ],
)
def test_what_is_out_of_bounds_is_refused(wrong: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        PolicyFields.model_validate(wrong)
