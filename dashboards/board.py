"""What stands around the panels: variables, links and marks, the same on all dashboards. Pure."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass

from dashboards.layout import placed
from dashboards.panels import DATASOURCE, Json, Section
from dashboards.promql import series

SCHEMA_VERSION = 41  # Grafana 11 and 12; newer ones read it
TAG = "shadowbench"


@dataclass(frozen=True, slots=True, kw_only=True)
class Variable:
    """A choice above the panels, of a label's values. `only`: a regular expression of the values that are offered."""

    name: str
    label: str
    of: str  # an expression whose series have the label
    values: str  # the label
    only: str = ""

    def to_json(self) -> Json:
        """As `templating` has it: several may be chosen, all are at first, and the list follows the shown time."""
        query = f"label_values({self.of}, {self.values})"
        return {
            "allValue": ".+",
            "current": {"selected": True, "text": ["All"], "value": ["$__all"]},
            "datasource": DATASOURCE,
            "hide": 0,
            "includeAll": True,
            "label": self.label,
            "multi": True,
            "name": self.name,
            "options": [],
            "query": {"qryType": 1, "query": query, "refId": "PrometheusVariableQueryEditor-VariableQuery"},
            "refresh": 2,
            "regex": self.only,
            "skipUrlSync": False,
            "sort": 1,
            "type": "query",
        }


_DATASOURCE_VARIABLE: Json = {
    "current": {"selected": True, "text": "default", "value": "default"},
    "hide": 0,
    "includeAll": False,
    "label": "Data source",
    "multi": False,
    "name": "datasource",
    "options": [],
    "query": "prometheus",
    "refresh": 1,
    "regex": "",
    "skipUrlSync": False,
    "type": "datasource",
}
JOB = Variable(name="job", label="Job", of="shadowbench_build_info", values="job")
INSTANCE = Variable(name="instance", label="Instance", of='shadowbench_build_info{job=~"$job"}', values="instance")
TARGET = Variable(
    name="target", label="Candidate", of=series("target_info"), values="target", only="/^(?!production$).+/"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Mark:
    """Moments that are marked on all lines."""

    name: str
    expression: str
    text: str
    colour: str

    def to_json(self) -> Json:
        """As `annotations` have it."""
        return {
            "datasource": DATASOURCE,
            "enable": True,
            "hide": False,
            "iconColor": self.colour,
            "name": self.name,
            "target": {"expr": self.expression, "interval": "1m", "refId": "Anno"},
            "textFormat": self.text,
            "titleFormat": self.name,
            "useValueForTime": False,
        }


_OF_GRAFANA: Json = {
    "builtIn": 1,
    "datasource": {"type": "grafana", "uid": "-- Grafana --"},
    "enable": True,
    "hide": True,
    "iconColor": "rgba(0, 211, 255, 1)",
    "name": "Annotations & Alerts",
    "type": "dashboard",
}
_APPLIED = series("config_reloads_total", 'result="applied"')
# Over two of the steps, so that a moment between two of them is not missed.
MARKS = (
    Mark(
        name="Configuration applied",
        expression=f"sum by (instance) (increase({_APPLIED}[2m])) > 0",
        text="{{instance}}",
        colour="blue",
    ),
    Mark(
        name="Process started again",
        expression=f"sum by (instance, role) (increase({series('worker_restarts_total')}[2m])) > 0",
        text="{{role}} of {{instance}}",
        colour="red",
    ),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Board:
    """A dashboard. `uid` and `title` never change: people link to it."""

    uid: str
    title: str
    description: str
    sections: Sequence[Section]
    variables: Sequence[Variable]

    def to_json(self) -> Json:
        """What Grafana imports."""
        return {
            "annotations": {"list": [_OF_GRAFANA, *(mark.to_json() for mark in MARKS)]},
            "description": self.description,
            "editable": False,
            "fiscalYearStartMonth": 0,
            "graphTooltip": 1,
            "id": None,
            "links": [_to_the_others()],
            "panels": placed(self.sections),
            "refresh": "30s",
            "schemaVersion": SCHEMA_VERSION,
            "tags": [TAG],
            "templating": {"list": [_DATASOURCE_VARIABLE, *(each.to_json() for each in self.variables)]},
            "time": {"from": "now-3h", "to": "now"},
            "timepicker": {},
            "timezone": "browser",
            "title": self.title,
            "uid": self.uid,
            "version": 1,
            "weekStart": "",
        }

    def text(self) -> str:
        """The file."""
        return json.dumps(self.to_json(), indent=1, ensure_ascii=False, sort_keys=True) + "\n"


def _to_the_others() -> Json:
    """Links to all dashboards of our tag, with the time and the choices that hold here."""
    return {
        "asDropdown": False,
        "icon": "dashboard",
        "includeVars": True,
        "keepTime": True,
        "tags": [TAG],
        "targetBlank": False,
        "title": "Shadowbench",
        "tooltip": "",
        "type": "dashboards",
        "url": "",
    }
