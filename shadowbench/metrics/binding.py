"""A metric with its options: what is run, and the measure that its scores are entered as."""

from __future__ import annotations

import hashlib
import inspect
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, Union, get_args, get_origin

import orjson

from shadowbench.errors import ConfigurationError
from shadowbench.metrics.base import Metric, Need
from shadowbench.metrics.registry import METRICS, OWN_PACKAGE
from shadowbench.metrics.watching import running
from shadowbench.scores import Measure

_NUMBERS = (int, float)


@dataclass(frozen=True, slots=True, kw_only=True)
class MetricOptions:
    """A metric as configured. `name`: what its scores are called, by default as the metric; two of one metric need it."""

    metric: str
    name: str | None = None
    options: Mapping[str, Any] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class BoundMetric:
    """A metric, the options in force, and its measure. `is_own`: it comes with this package, and spoils nothing it is given."""

    metric: Metric
    options: Mapping[str, Any]
    measure: Measure
    is_own: bool = False

    @property
    def name(self) -> str:
        """What its scores are called."""
        return self.measure.name


def bind_all(configured: Sequence[MetricOptions]) -> Sequence[BoundMetric]:
    """All of them, found and checked. Raises ConfigurationError, also when two would have one name."""
    found = METRICS.find(each.metric for each in configured)
    bound: dict[str, BoundMetric] = {}
    for each in configured:
        several = found[each.metric]
        if len(several) > 1 and (each.options or each.name):
            raise ConfigurationError(f"{each.metric} is several metrics: it takes neither a name nor options")
        for one in several:
            fresh = bind(one.plugin, each.options or {}, each.name, package=one.package)
            if fresh.name in bound:
                raise ConfigurationError(f"two metrics are called {fresh.name!r}: give one of them another name")
            bound[fresh.name] = fresh
    return tuple(bound.values())


def bind(metric: Metric, options: Mapping[str, Any], name: str | None = None, *, package: str = "") -> BoundMetric:
    """The metric with these options and the defaults of the others. Raises ConfigurationError for what it does not take.

    The measure's hash is over those options that differ from their defaults: naming a default changes nothing. A metric whose
    defaults change raises its version.
    """
    _check_kinds(metric, options)
    in_force = _in_force(metric, options)
    in_force = {key: _as_declared(metric, key, value) for key, value in in_force.items()}
    own = {
        key: value for key, value in in_force.items() if value != _defaults(metric).get(key, inspect.Parameter.empty)
    }
    about = {
        "about": metric.about,
        "package": package,
        "metric": metric.name,
        "options": own,
        "reference": Need.REFERENCE in metric.needs,  # the log looks here when a right answer is replaced
    }
    # A name may be given to another metric one day, and a package may bring one of ours: their scores must not mix.
    other = {} if name in (None, metric.name) else {"metric": metric.name}
    foreign = {} if package in ("", OWN_PACKAGE) else {"package": package}
    measure = Measure(
        name=name or metric.name,
        kind="metric",
        version=metric.version,
        config_hash=hash_of({"options": own, **other, **foreign} if other or foreign else own),
        shape=metric.shape,
        direction=metric.direction,
        low=metric.low,
        high=metric.high,
        unit=metric.unit,
        about=_canonical({key: value for key, value in about.items() if value}).decode(),
    )
    return BoundMetric(metric=metric, options=in_force, measure=measure, is_own=package == OWN_PACKAGE)


def _in_force(metric: Metric, given: Mapping[str, Any]) -> Mapping[str, Any]:
    try:
        with running(f"{metric.name}: the check of its options"):
            return metric.options(given)
    except ConfigurationError as error:
        told = str(error)
        raise ConfigurationError(told if metric.name in told else f"{metric.name}: {told}") from None
    except Exception as error:
        raise ConfigurationError(f"{metric.name}: its options cannot be used: {error}") from error


def hash_of(options: Mapping[str, Any]) -> str:
    """Names a set of options: the same for the same values in any order; empty for none."""
    return hashlib.sha256(_canonical(options)).hexdigest()[:16] if options else ""


def _canonical(value: Any) -> bytes:
    try:
        return orjson.dumps(value, option=orjson.OPT_SORT_KEYS)
    except TypeError as error:
        raise ConfigurationError(f"options of metrics are what JSON can say: {error}") from None


# ── the kinds of options ──


def _check_kinds(metric: Metric, given: Mapping[str, Any]) -> None:
    declared = _parameters(metric)
    for name, value in given.items():
        if (parameter := declared.get(name)) is None:
            continue  # said better by the metric itself
        kind = parameter.annotation
        if isinstance(kind, str) or kind is parameter.empty:  # an annotation that could not be read
            kind = type(parameter.default) if parameter.default not in (None, parameter.empty) else Any
        if not _fits(value, kind):
            raise ConfigurationError(f"{metric.name}: its option {name} must be {_told(kind)}, not {value!r}")


def _fits(value: Any, kind: Any) -> bool:
    """Whether a value of the configuration may stand for this annotation. What we do not know fits."""
    origin, arguments = get_origin(kind), get_args(kind)
    if kind is None or kind is type(None):
        return value is None
    if origin is Literal:
        return value in arguments
    if origin is Union or str(origin) == "<class 'types.UnionType'>":
        return any(_fits(value, each) for each in arguments)
    if kind in (bool, str):
        return isinstance(value, kind)
    if kind in _NUMBERS:
        return isinstance(value, (int,) if kind is int else _NUMBERS) and not isinstance(value, bool)
    plain = origin or kind
    if isinstance(plain, type) and issubclass(plain, Mapping):
        return isinstance(value, Mapping)
    if isinstance(plain, type) and issubclass(plain, Sequence | set | frozenset):
        return isinstance(value, list | tuple) and all(_fits(item, each) for item, each in _items(value, arguments))
    return True


def _items(value: Sequence[Any], arguments: tuple[Any, ...]) -> Iterator[tuple[Any, Any]]:
    return ((item, arguments[0] if arguments else Any) for item in value)


def _told(kind: Any) -> str:
    if get_origin(kind) is Literal:
        return f"one of {', '.join(map(str, get_args(kind)))}"
    return kind.__name__ if isinstance(kind, type) else str(kind).replace("typing.", "")


def _as_declared(metric: Metric, name: str, value: Any) -> Any:
    """Lists become tuples where the default is one, so that metrics may keep what they made of them by their options."""
    return tuple(value) if isinstance(_defaults(metric).get(name), tuple) and isinstance(value, list) else value


def _parameters(metric: Metric) -> Mapping[str, inspect.Parameter]:
    try:
        return inspect.signature(metric.function, eval_str=True).parameters
    except Exception:  # noqa: BLE001  names in annotations that are there for type checkers only
        return inspect.signature(metric.function).parameters


def _defaults(metric: Metric) -> Mapping[str, Any]:
    return {p.name: p.default for p in inspect.signature(metric.function).parameters.values()}
