"""The dashboards as they are committed, and what a sidecar tells Prometheus."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[3]
FOLDER = ROOT / "config" / "grafana"
FROZEN = ROOT / "tests" / "unit" / "telemetry" / "series.txt"
NAMES = ("overview", "comparison", "operations")
OF_PROMETHEUS = {"up", "scrape_duration_seconds"}
"""What Prometheus itself notes of every scrape."""
SCRAPED = frozenset({"job", "instance"})

Json = dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """A query of a panel."""

    board: str
    panel: str
    ref: str
    expression: str
    legend: str
    instant: bool

    def __str__(self) -> str:
        return f"{self.board}: {self.panel} ({self.ref})"


def board(name: str) -> Json:
    """A dashboard's JSON."""
    found: Json = json.loads((FOLDER / f"{name}.json").read_text("utf-8"))
    return found


def panels(name: str) -> list[Json]:
    """Its panels, without the rows between them."""
    return [each for each in board(name)["panels"] if each["type"] != "row"]


def targets() -> Iterator[Target]:
    """All queries of all dashboards."""
    for name in NAMES:
        for panel in panels(name):
            for each in panel["targets"]:
                yield Target(
                    board=name,
                    panel=panel["title"],
                    ref=each["refId"],
                    expression=each["expr"],
                    legend=each["legendFormat"],
                    instant=each["instant"],
                )


def series() -> dict[str, frozenset[str]]:
    """The labels of every series that there can be, those of the scrape among them; histograms and summaries by their parts."""
    found = dict.fromkeys(OF_PROMETHEUS, SCRAPED)
    for line in FROZEN.read_text("utf-8").splitlines():
        name, kind, *rest = line.split()
        labels = SCRAPED | set(rest[0].split(",") if rest else ())
        if kind in ("histogram", "summary"):
            found |= {f"{name}_sum": labels, f"{name}_count": labels}
        else:
            found[name] = labels
        if kind == "histogram":
            found[f"{name}_bucket"] = labels | {"le"}
    return found


def plain(expression: str, *, window: str = "5m", period: str = "1h") -> str:
    """An expression with Grafana's own durations filled in; its variables stand within quotes, and may stay."""
    return expression.replace("$__rate_interval", window).replace("$__range", period)
