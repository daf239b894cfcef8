"""Which schemas can be enforced."""

from typing import Any

import pytest

from shadowbench.wire.translation.schemas import is_closed, uses_only

CLOSED = {"type": "object", "properties": {"a": {"type": "string"}}, "required": ["a"], "additionalProperties": False}
OPTIONAL = CLOSED | {"required": []}
OPEN = {"type": "object", "properties": {}}


@pytest.mark.parametrize(
    ("schema", "closed", "all_required"),
    [
        (CLOSED, True, True),
        (OPTIONAL, True, False),
        (OPEN, False, False),
        ({}, True, True),
        ({"type": "string"}, True, True),
        ({"type": ["object", "null"]}, False, False),
        ({"properties": {}}, False, False),
        ({"type": "array", "items": OPEN}, False, False),
        ({"anyOf": [CLOSED, OPEN]}, False, False),
        ({"anyOf": [CLOSED, OPTIONAL]}, True, False),
        ({"$ref": "#/$defs/x", "$defs": {"x": OPEN}}, False, False),
        (CLOSED | {"properties": {"a": OPEN}}, False, False),
        (CLOSED | {"properties": 7}, False, False),
        (CLOSED | {"required": 7}, False, False),
    ],
)
def test_closed_objects_all_the_way_down(schema: dict[str, Any], closed: bool, all_required: bool) -> None:
    assert is_closed(schema, all_required=False) is closed
    assert is_closed(schema, all_required=True) is all_required


def test_keywords_are_looked_for_everywhere_but_names_of_members_are_none() -> None:
    keywords = frozenset(CLOSED)
    assert uses_only(CLOSED | {"properties": {"pattern": {"type": "string"}}}, keywords)
    assert not uses_only(CLOSED | {"properties": {"a": {"type": "string", "pattern": "x"}}}, keywords)


def test_no_depth_is_too_deep() -> None:
    schema: dict[str, Any] = OPEN
    for _ in range(50_000):
        schema = {"type": "array", "items": schema}
    assert not is_closed(schema, all_required=False)
