"""Finds metrics by name among installed packages, or at `module:attribute`.

Packages offer metrics as entry points of the group `shadowbench.metrics`; ours come the same way. An entry point is a metric
or a tuple of them. Nothing is imported that is not asked for, as far as that can be known: an entry point called like the
metric goes first, then our own bundles one by one, then those of other packages.
"""

from __future__ import annotations

import importlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from importlib.metadata import EntryPoint, entry_points
from typing import Any

from shadowbench.errors import ConfigurationError
from shadowbench.metrics.base import Metric

GROUP = "shadowbench.metrics"
OWN_PACKAGE = "shadowbench-sidecar"


class BrokenPluginError(ConfigurationError):
    """A package offers metrics that cannot be loaded."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """A metric and where it comes from: an installed package, or the module that the configuration names."""

    metric: Metric
    package: str


def find(names: Iterable[str]) -> Mapping[str, Sequence[Found]]:
    """The metrics that each name means: one, or all of a tuple at `module:attribute`. Raises ConfigurationError."""
    wanted = list(dict.fromkeys(names))
    found = {name: at(name) for name in wanted if ":" in name}
    offered = _offered([name for name in wanted if ":" not in name])
    return {name: found[name] if name in found else (offered[name],) for name in wanted}


def at(place: str) -> Sequence[Found]:
    """What is at `module:attribute`. Raises ConfigurationError."""
    point = EntryPoint(name=place, value=place, group=GROUP)
    module = place.partition(":")[0]
    return tuple(Found(metric=metric, package=module) for metric in _loaded(point, f"metric {place}"))


def all_offered() -> Sequence[Found]:
    """Every metric of every installed package, by name. Imports them all. Raises ConfigurationError."""
    known: dict[str, Found] = {}
    for point in _points():
        _take(known, point)
    return [known[name] for name in sorted(known)]


def _offered(wanted: Sequence[str]) -> Mapping[str, Found]:
    known: dict[str, Found] = {}
    broken: list[str] = []
    for point in _in_order(wanted, _points()):
        if point.name in wanted or any(name not in known for name in wanted):
            try:
                _take(known, point)
            except BrokenPluginError as error:
                broken.append(str(error))  # it may have nothing to do with what is wanted
    for name in wanted:
        if name not in known:
            there_are = ", ".join(sorted(known)) or "none"
            why = f"there is no metric {name!r}; there are: {there_are}, or module:attribute"
            raise ConfigurationError("\n".join([why, *broken]))
    return known


def _in_order(wanted: Sequence[str], points: Iterable[EntryPoint]) -> list[EntryPoint]:
    def rank(point: EntryPoint) -> tuple[int, str, str]:
        first = 0 if point.name in wanted else 1 if _package(point) == OWN_PACKAGE else 2
        return first, _package(point), point.name

    return sorted(points, key=rank)


def _points() -> Iterable[EntryPoint]:
    # A package that two folders of the path have would be listed twice.
    seen = {(_package(point), point.name, point.value): point for point in entry_points(group=GROUP)}
    return seen.values()


def _take(known: dict[str, Found], point: EntryPoint) -> None:
    package = _package(point)
    for metric in _loaded(point, f"the package {package}"):
        other = known.get(metric.name)
        if other is not None and other.metric is not metric:
            raise ConfigurationError(
                f"two metrics are called {metric.name!r}: of {other.package} and of {package}; "
                "uninstall one, or name the one you mean as module:attribute"
            )
        known[metric.name] = Found(metric=metric, package=package)


def _loaded(point: EntryPoint, what: str) -> Sequence[Metric]:
    try:
        loaded: Any = importlib.import_module(point.module)
        for part in point.attr.split("."):
            loaded = getattr(loaded, part)
    except (Exception, SystemExit) as error:
        why = f"{type(error).__name__}: {str(error)[:200]}"
        raise BrokenPluginError(f"{what}: its metrics at {point.value} cannot be loaded ({why})") from error
    metrics = loaded if isinstance(loaded, tuple | list) else (loaded,)
    if not metrics or not all(isinstance(metric, Metric) for metric in metrics):
        raise BrokenPluginError(
            f"{what}: {point.value} is neither a metric nor a tuple of metrics; see docs/plugins.md"
        )
    return metrics


def _package(point: EntryPoint) -> str:
    return point.dist.name if point.dist is not None else point.module
