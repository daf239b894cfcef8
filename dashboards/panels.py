"""What a panel is, and how Grafana has it as JSON (schema version 41). Pure."""

from __future__ import annotations

import string
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

Json = dict[str, Any]

DATASOURCE: Json = {"type": "prometheus", "uid": "${datasource}"}
GOOD, ODD, BAD = "green", "orange", "red"


@dataclass(frozen=True, slots=True, kw_only=True)
class Query:
    """One expression and what its series are called. `instant`: of the end of the shown time alone."""

    expression: str
    legend: str
    instant: bool = False
    as_table: bool = False

    def to_json(self, ref: str) -> Json:
        """As `targets` have it. Exemplars are asked for where there can be some: along histograms' lines."""
        return {
            "datasource": DATASOURCE,
            "editorMode": "code",
            "exemplar": "_bucket{" in self.expression and not self.instant,
            "expr": self.expression,
            "format": "table" if self.as_table else "time_series",
            "instant": self.instant,
            "legendFormat": self.legend,
            "range": not self.instant,
            "refId": ref,
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where a panel lies on the grid of 24 columns."""

    x: int
    y: int
    width: int
    height: int

    def to_json(self) -> Json:
        """As `gridPos`."""
        return {"h": self.height, "w": self.width, "x": self.x, "y": self.y}


@dataclass(frozen=True, slots=True, kw_only=True)
class Panel:
    """`limits`: from which value on which colour holds, ascending; below the first it is good. `nothing`: what stands there
    where no query has a value. `repeat`: the variable of whose values each has such a panel."""

    kind: str
    title: str
    description: str
    queries: Sequence[Query]
    unit: str
    width: int = 8
    height: int = 8
    limits: Sequence[tuple[float, str]] = ()
    nothing: str = "No data"
    repeat: str | None = None
    defaults: Mapping[str, Any] = field(default_factory=dict)
    overrides: Sequence[Json] = ()
    options: Mapping[str, Any] = field(default_factory=dict)
    transformations: Sequence[Json] = ()

    def to_json(self, number: int, place: Place) -> Json:
        """As `panels` have it. `number`: unique in its dashboard."""
        repeated = {"repeat": self.repeat, "repeatDirection": "h", "maxPerRow": 24 // self.width} if self.repeat else {}
        return {
            "datasource": DATASOURCE,
            "description": self.description,
            "fieldConfig": {"defaults": self._defaults(), "overrides": list(self.overrides)},
            "gridPos": place.to_json(),
            "id": number,
            "options": dict(self.options),
            "targets": [query.to_json(ref) for ref, query in zip(string.ascii_uppercase, self.queries, strict=False)],
            "title": self.title,
            "transformations": list(self.transformations),
            "type": self.kind,
            **repeated,
        }

    def _defaults(self) -> Json:
        steps: list[Json] = [{"color": GOOD, "value": None}]
        steps += [{"color": colour, "value": value} for value, colour in self.limits]
        return {
            "mappings": [],
            "noValue": self.nothing,
            "thresholds": {"mode": "absolute", "steps": steps},
            "unit": self.unit,
            **self.defaults,
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Section:
    """A row's title and what is under it, from left to right; a new line begins where the next does not fit."""

    title: str
    panels: Sequence[Panel]

    def to_json(self, number: int, place: Place) -> Json:
        """The row itself."""
        return {
            "collapsed": False,
            "gridPos": place.to_json(),
            "id": number,
            "panels": [],
            "title": self.title,
            "type": "row",
        }
