"""Reads policies: by name, from a file, or inline; each laid over what it extends; with all that is wrong at once."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from shadowbench.errors import ConfigurationError
from shadowbench.explaining import keys_of, problem_of
from shadowbench.policies.checking import Keys, conflicts
from shadowbench.policies.extending import laid_over, struck_in_vain
from shadowbench.policies.fields import PolicyFields
from shadowbench.policies.making import policy_from
from shadowbench.report.policy import Policy
from shadowbench.yaml_files import named_file, names_in

# In the wheel presets lie within the package; in a checkout, where people edit them.
_PRESETS = (Path(__file__).parents[1] / "report" / "gates", Path(__file__).parents[2] / "config" / "gates")

Place = Callable[[Keys], str]
"""Where a key stands, from the keys to it: `file:line`."""


def preset_names() -> Sequence[str]:
    """The policies that come with shadowbench."""
    return names_in(_PRESETS)


def read_policy(given: str | Mapping[str, Any], where: str) -> Policy:
    """The policy of a preset's name, of a YAML file, or as written inline. `where` it was named: a key or an option. Raises
    ConfigurationError with all that is wrong, by file and line."""
    return _read(_layers(given, where, lambda keys: ""))


def faults_of(given: Mapping[str, Any], where: str, place: Place) -> Sequence[str]:
    """What is wrong with a policy that is written inline, a sentence each. `where`: the keys that lead to it, with dots."""
    try:
        _read(_layers(given, where, place))
    except ConfigurationError as error:
        return str(error).splitlines()
    return ()


@dataclass(frozen=True, slots=True, kw_only=True)
class _Layer:
    """One policy as it was written. Inline, its keys begin with `within`."""

    name: str
    fields: Mapping[str, Any]
    place: Place
    within: Keys = ()
    path: Path | None = None

    def depth(self, keys: Keys) -> int:
        """How many of `keys` it has."""
        value: Any = self.fields
        for depth, key in enumerate(keys):
            if not isinstance(value, Mapping) or key not in value:
                return depth
            value = value[key]
        return len(keys)

    def told(self, keys: Keys, what: str) -> str:
        """A problem with its place."""
        path = (*self.within, *keys)
        return ": ".join(part for part in (self.place(path), ".".join(path), what) if part)


def _layers(given: object, where: str, place: Place) -> Sequence[_Layer]:
    """What is given, then what that extends, and so on."""
    layers: list[_Layer] = []
    while given is not None:
        if isinstance(given, Mapping):
            layer = _Layer(name="configured", fields=given, place=place, within=tuple(where.split(".")))
        else:
            layer = _from_file(given, where, beside=_folder_of(layers))
        if layer.path is not None and any(layer.path == other.path for other in layers):
            raise ConfigurationError(f"{where}: {given} extends itself in the end")
        layers.append(layer)
        given = layer.fields.get("extends")
        where = layer.told(("extends",), "")
    return layers


def _from_file(name: object, where: str, *, beside: Path) -> _Layer:
    if not isinstance(name, str):
        raise ConfigurationError(f"{where}: must be the name of a policy, or a YAML file")
    file = named_file(name, where, "policy", _PRESETS, beside)
    path = None if file.path is None else file.path.resolve()
    return _Layer(name="" if path is None else path.stem, fields=file.fields, place=file.place, path=path)


def _folder_of(layers: Sequence[_Layer]) -> Path:
    """What a file extends is seen from its own folder."""
    return layers[-1].path.parent if layers and layers[-1].path is not None else Path()


def _read(layers: Sequence[_Layer]) -> Policy:
    merged: Mapping[str, Any] = {}
    problems: list[str] = []
    for layer in reversed(layers):
        problems += [layer.told(keys, what) for keys, what in struck_in_vain(layer.fields, merged)]
        merged = laid_over(layer.fields, merged)
    try:
        fields = PolicyFields.model_validate(merged)
    except ValidationError as error:
        for detail in error.errors(include_url=False):
            keys = keys_of(detail["loc"], PolicyFields)
            problems.append(_whose(keys, layers).told(keys, problem_of(detail, keys, PolicyFields)))
        raise ConfigurationError("\n".join(dict.fromkeys(problems))) from None
    problems += [_whose(keys, layers).told(keys, what) for keys, what in conflicts(fields)]
    if problems:
        raise ConfigurationError("\n".join(problems))
    return policy_from(fields, layers[0].name)


def _whose(keys: Keys, layers: Sequence[_Layer]) -> _Layer:
    """The layer that says it: the first of those that have most of the keys."""
    return max(layers, key=lambda layer: layer.depth(keys))
