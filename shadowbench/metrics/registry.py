"""Finds metrics, and other kinds of plugins, by name among installed packages, or at `module:attribute`.

Packages offer them as entry points of a group, for metrics `shadowbench.metrics`; ours come the same way. An entry point is a
metric or a tuple of them. Nothing is imported that is not asked for, as far as that can be known: an entry point called like
the metric goes first, then our own bundles one by one, then those of other packages.
"""

from __future__ import annotations

import difflib
import importlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from importlib.metadata import EntryPoint, entry_points
from typing import Any, Generic, Protocol, TypeVar

from shadowbench.errors import ConfigurationError
from shadowbench.metrics.base import Metric
from shadowbench.metrics.watching import running

OWN_PACKAGE = "shadowbench-sidecar"


class Named(Protocol):
    """What a plugin declares has a name."""

    @property
    def name(self) -> str:
        """By which configurations name it."""


T = TypeVar("T", bound=Named)


class BrokenPluginError(ConfigurationError):
    """A package offers plugins that cannot be loaded."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Found(Generic[T]):
    """A plugin and where it comes from: an installed package, or the module that the configuration names."""

    plugin: T
    package: str


_FEW = 20
_NEAREST = 3
_INSTALL = "; install it where shadowbench runs, or put its folder on PYTHONPATH"
_LIKE = 0.5  # of 1, as difflib has it


class Registry(Generic[T]):
    """Plugins of one kind. `noun`: what messages call them; `catalogue`: where people read about all of them."""

    def __init__(self, group: str, kind: type[T], noun: str, catalogue: str) -> None:
        self._group = group
        self._kind = kind
        self._noun = noun
        self._catalogue = catalogue

    def find(self, names: Iterable[str]) -> Mapping[str, Sequence[Found[T]]]:
        """What each name means: one plugin, or all of a tuple at `module:attribute`. Raises ConfigurationError."""
        wanted = list(dict.fromkeys(names))
        found = {name: self._at(name) for name in wanted if ":" in name}
        offered = self._offered([name for name in wanted if ":" not in name])
        return {name: found[name] if name in found else (offered[name],) for name in wanted}

    def all_offered(self) -> Sequence[Found[T]]:
        """Those of every installed package, by name. Imports them all. Raises ConfigurationError."""
        known: dict[str, Found[T]] = {}
        for point in self._points():
            self._take(known, point)
        return [known[name] for name in sorted(known)]

    def has_others(self) -> bool:
        """Whether packages other than ours offer any."""
        return any(_package(point) != OWN_PACKAGE for point in self._points())

    def _at(self, place: str) -> Sequence[Found[T]]:
        point = EntryPoint(name=place, value=place, group=self._group)
        package = place.partition(":")[0]
        return tuple(Found(plugin=plugin, package=package) for plugin in self._loaded(point, f"{self._noun} {place}"))

    def _offered(self, wanted: Sequence[str]) -> Mapping[str, Found[T]]:
        known: dict[str, Found[T]] = {}
        broken: list[str] = []
        for point in _in_order(wanted, self._points()):
            if point.name in wanted or not _are_found(wanted, known, _package(point)):
                try:
                    self._take(known, point)
                except BrokenPluginError as error:
                    broken.append(str(error))  # it may have nothing to do with what is wanted
        for name in wanted:
            if name not in known:
                why = f"there is no {self._noun} {name!r}; {_others_than(name, sorted(known))}"
                where = f"all are in {self._catalogue}; one of your own is named as module:attribute"
                raise ConfigurationError("\n".join([f"{why}; {where}", *broken]))
        return known

    def _points(self) -> Iterable[EntryPoint]:
        # A package that two folders of the path have would be listed twice.
        return {(_package(point), point.name, point.value): point for point in entry_points(group=self._group)}.values()

    def _take(self, known: dict[str, Found[T]], point: EntryPoint) -> None:
        package = _package(point)
        for plugin in self._loaded(point, f"the package {package}"):
            other = known.get(plugin.name)
            if other is not None and other.plugin is not plugin:
                raise ConfigurationError(
                    f"two plugins ({self._noun}) are called {plugin.name!r}: of {other.package} and of {package}; "
                    "uninstall one, or name the one you mean as module:attribute"
                )
            known[plugin.name] = Found(plugin=plugin, package=package)

    def _loaded(self, point: EntryPoint, what: str) -> Sequence[T]:
        try:
            with running(f"{what}: the import of {point.value}"):
                loaded: Any = importlib.import_module(point.module)
                for part in point.attr.split("."):
                    loaded = getattr(loaded, part)
        except (Exception, SystemExit) as error:
            why = f"{type(error).__name__}: {str(error)[:200]}"
            remedy = _INSTALL if isinstance(error, ModuleNotFoundError) else ""
            raise BrokenPluginError(
                f"{what}: what it offers at {point.value} cannot be loaded ({why}){remedy}"
            ) from error
        plugins = loaded if isinstance(loaded, tuple | list) else (loaded,)
        if not plugins or not all(isinstance(plugin, self._kind) for plugin in plugins):
            raise BrokenPluginError(
                f"{what}: {point.value} is neither a {self._noun} nor a tuple of such; see docs/plugins.md"
            )
        return plugins


METRICS = Registry("shadowbench.metrics", Metric, "metric", "docs/metrics-catalogue.md")
"""Of metrics."""


def _others_than(name: str, known: Sequence[str]) -> str:
    """What there is instead: of a few all, of many the most alike."""
    if len(known) <= _FEW:
        return f"there are: {', '.join(known) or 'none'}"
    alike = difflib.get_close_matches(name, known, n=_NEAREST, cutoff=_LIKE)
    return f"did you mean {' or '.join(alike)}?" if alike else f"there are {len(known)}, and none is called alike"


def _are_found(wanted: Sequence[str], known: Mapping[str, Found[T]], package: str) -> bool:
    """Whether a package need not be looked into: all names are known, and none of ours is taken by somebody else."""
    if package == OWN_PACKAGE:
        return all(name in known and known[name].package == OWN_PACKAGE for name in wanted)
    return all(name in known for name in wanted)


def _in_order(wanted: Sequence[str], points: Iterable[EntryPoint]) -> list[EntryPoint]:
    def rank(point: EntryPoint) -> tuple[int, str, str]:
        first = 0 if point.name in wanted else 1 if _package(point) == OWN_PACKAGE else 2
        return first, _package(point), point.name

    return sorted(points, key=rank)


def _package(point: EntryPoint) -> str:
    return point.dist.name if point.dist is not None else point.module
