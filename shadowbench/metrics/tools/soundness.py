"""Whether what an answer calls can be run: by the request's own tools."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence

from shadowbench.metrics.base import Absent, Detailed, Need, Value, metric
from shadowbench.metrics.schemas import SchemaError, is_valid
from shadowbench.metrics.tools.calls import Call, calls_of
from shadowbench.metrics.view import Side
from shadowbench.scores import Direction, Shape
from shadowbench.wire.request_tools import OfferedTool


@metric(version="1", shape=Shape.SIDES, direction=Direction.HIGHER, low=0, high=1, needs=(Need.REQUEST,))
def tool_schema_valid(side: Side) -> Value:
    """Share of an answer's calls that fit the tools of the request: such a tool is there, and its schema takes the arguments.

    Absent as `no_calls` where it calls nothing, `no_schema` where none of its calls can be checked (the schema is no valid
    one, or refers to something that is elsewhere). The detail counts what is wrong.
    """
    calls = calls_of(side)
    if not calls:
        return Absent("no_calls")
    offered = {tool.name: tool for tool in side.request.tools}
    found = Counter(_fault(call, offered) for call in calls)
    checked = len(calls) - found["no_schema"]
    return Detailed(found["valid"] / checked, dict(found)) if checked else Absent("no_schema")


@metric(version="1", shape=Shape.SIDES, direction=Direction.LOWER, low=0, high=1, needs=(Need.REQUEST,))
def hallucinated_tool_name(side: Side) -> Value:
    """Whether an answer calls a tool that the request does not offer."""
    calls = calls_of(side)
    if not calls:
        return False if side.request.tools else Absent("no_tools")
    made_up = _made_up(calls, side.request.tools)
    return Detailed(1.0, {"calls": len(calls), "made_up": made_up}) if made_up else False


def _made_up(calls: Sequence[Call], tools: Sequence[OfferedTool]) -> int:
    names = {tool.name for tool in tools}
    return sum(call.name not in names for call in calls)


def _fault(call: Call, offered: Mapping[str, OfferedTool]) -> str:
    """What is wrong with a call: unknown_tool | not_json | not_an_object | not_by_schema | no_schema | valid (nothing)."""
    tool = offered.get(call.name)
    if tool is None:
        return "unknown_tool"
    if tool.takes_text:
        return "valid"
    if not call.is_json or not isinstance(call.arguments, dict):
        return "not_an_object" if call.is_json else "not_json"
    try:
        return "valid" if tool.parameters is None or is_valid(call.arguments, tool.parameters) else "not_by_schema"
    except SchemaError:
        return "no_schema"
