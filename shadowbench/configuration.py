"""Find, read and merge the configuration, and say in the user's words what is wrong with it."""

from __future__ import annotations

import difflib
import json
import os
import types
import typing
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import yaml
from pydantic import BaseModel, ValidationError
from pydantic.fields import FieldInfo
from pydantic_core import ErrorDetails
from pydantic_settings import BaseSettings, InitSettingsSource, PydanticBaseSettingsSource, SettingsError

from shadowbench.errors import ConfigurationError
from shadowbench.settings import Settings, conflicts

PREFIX = "SHADOWBENCH_"
DEFAULT_FILES = (Path("shadowbench.yaml"), Path("config/shadowbench.yaml"))
_MAX_FILE_BYTES = 1 << 20
# In the wheel rubrics lie within the package; in a checkout, where people edit them.
_RUBRICS = (Path(__file__).parent / "judges" / "files", Path(__file__).parents[1] / "config" / "judges")
_IMPORTS = (Path(__file__).parent / "offline" / "files", Path(__file__).parents[1] / "config" / "imports")


def load(file: Path | None = None, *, environ: Mapping[str, str] = os.environ) -> Settings:
    """The configuration from `file` (or the default places) with the environment over it. Raises ConfigurationError."""
    path = file if file is not None else _default_file(environ)
    document = _Document(path)

    class Configured(Settings):
        @classmethod
        def settings_customise_sources(
            cls,
            settings_cls: type[BaseSettings],
            init_settings: PydanticBaseSettingsSource,
            env_settings: PydanticBaseSettingsSource,
            dotenv_settings: PydanticBaseSettingsSource,
            file_secret_settings: PydanticBaseSettingsSource,
        ) -> tuple[PydanticBaseSettingsSource, ...]:
            return init_settings, env_settings, InitSettingsSource(settings_cls, init_kwargs=document.fields)

    try:
        settings = Configured()  # type: ignore[call-arg]  # its fields come from the sources above
    except ValidationError as error:
        problems = [_explain(detail, document, environ) for detail in error.errors(include_url=False)]
        raise ConfigurationError("\n".join(dict.fromkeys(problems))) from None
    except SettingsError as error:
        names = list(_not_json(environ))
        where = f"environment variable {', '.join(names)}" if names else f"environment: {error}"
        raise ConfigurationError(f"{where}: a value of several parts is not valid JSON; write it as JSON") from None
    problems = [*_bad_variables(environ), *_only_in_the_environment(settings, document, environ)]
    for keys, what in conflicts(settings):
        problems.append(f"{_variable_of(keys, environ) or document.place(keys)}: {'.'.join(keys)}: {what}")
    if problems:
        raise ConfigurationError("\n".join(problems))
    return settings


def is_there(environ: Mapping[str, str]) -> bool:
    """Whether `load` without a file would find a configuration."""
    return any(path.is_file() for path in DEFAULT_FILES) or bool(environ.get(f"{PREFIX}PRODUCTION__URL"))


def _default_file(environ: Mapping[str, str]) -> Path | None:
    if not is_there(environ):
        raise ConfigurationError(
            "no configuration: shadowbench.yaml is not here; `shadowbench init` writes one, `-c FILE` names another"
        )
    # None: configured by environment alone, as containers often are.
    return next((path for path in DEFAULT_FILES if path.is_file()), None)


def read_rubric_file(name: str, where: str) -> Mapping[str, Any]:
    """A rubric by the name of one that comes with shadowbench, or from a YAML file. Raises ConfigurationError for `where`."""
    return _read_named(name, where, "rubric", _RUBRICS)


def read_import_shape_file(name: str, where: str) -> Mapping[str, Any]:
    """What a file of answers looks like, as `read_rubric_file` finds rubrics."""
    return _read_named(name, where, "shape", _IMPORTS)


def _read_named(name: str, where: str, what: str, places: tuple[Path, ...]) -> Mapping[str, Any]:
    file = next((place / f"{name}.yaml" for place in places if (place / f"{name}.yaml").is_file()), Path(name))
    if file == Path(name) and not file.suffix:
        known = sorted({each.stem for place in places for each in place.glob("*.yaml")})
        raise ConfigurationError(f"{where}: there is no {what} {name!r}; there are: {', '.join(known)}, or a YAML file")
    try:
        return _Document(file).fields
    except ConfigurationError as error:
        raise ConfigurationError(f"{where}: {str(error).partition('; `shadowbench init`')[0]}") from None


class _Document:
    """A YAML file: its fields, and the line each key stands on."""

    def __init__(self, path: Path | None) -> None:
        self.path = path
        self.fields: dict[str, Any] = {}
        self._root: yaml.Node | None = None
        if path is not None:
            self._read(path)

    def _read(self, path: Path) -> None:
        try:
            text = path.read_bytes()
        except FileNotFoundError:
            raise ConfigurationError(f"{path}: there is no such file; `shadowbench init` writes one") from None
        except OSError as error:
            raise ConfigurationError(f"{path}: {error.strerror}") from None
        if len(text) > _MAX_FILE_BYTES:
            raise ConfigurationError(f"{path}: too large for a configuration ({len(text)} bytes)")
        try:
            self._root = yaml.compose(text, Loader=yaml.SafeLoader)
            if self._root is not None:
                self._refuse_duplicates(self._root, ())
            fields = yaml.safe_load(text)
        except yaml.MarkedYAMLError as error:
            line = f":{error.problem_mark.line + 1}" if error.problem_mark else ""
            problem = " ".join(part for part in (error.context, error.problem) if part)
            raise ConfigurationError(f"{path}{line}: not valid YAML: {problem}") from None
        except (yaml.YAMLError, ValueError, RecursionError) as error:
            raise ConfigurationError(f"{path}: not valid YAML: {str(error).splitlines()[0]}") from None
        if fields is None:
            return
        if not isinstance(fields, dict):
            raise ConfigurationError(f"{path}: a configuration is a mapping of keys, as in `production: {{url: …}}`")
        self.fields = {str(key): value for key, value in fields.items()}

    def _refuse_duplicates(self, node: yaml.Node, path: tuple[str, ...]) -> None:
        if isinstance(node, yaml.MappingNode):
            seen: dict[str, int] = {}
            for key, value in node.value:
                name, line = str(key.value), key.start_mark.line + 1
                here = (*path, name)
                if name in seen:
                    raise ConfigurationError(
                        f"{self.path}:{line}: {'.'.join(here)}: given twice, first on line {seen[name]}"
                    )
                seen[name] = line
                self._refuse_duplicates(value, here)

    def place(self, keys: tuple[str, ...]) -> str:
        """`file:line` of the deepest of `keys` that the file has."""
        if self.path is None:
            return "environment"
        node, line = self._root, None
        for wanted in keys:
            if not isinstance(node, yaml.MappingNode):
                break
            for key, value in node.value:
                if str(key.value) == wanted:
                    node, line = value, key.start_mark.line + 1
                    break
            else:
                break
        return f"{self.path}:{line}" if line else str(self.path)


# ── wording ──


def _explain(detail: ErrorDetails, document: _Document, environ: Mapping[str, str]) -> str:
    keys = _keys_of(detail["loc"])
    place = _variable_of(keys, environ) or document.place(keys)
    path = ".".join(keys)
    return f"{place}: {path}: {_problem(detail, keys)}" if path else f"{place}: {_problem(detail, keys)}"


def _keys_of(location: tuple[int | str, ...]) -> tuple[str, ...]:
    # Below a union or a key pydantic appends names of its own ("str", "list[str]", "[key]"): none of ours.
    keys: list[str] = []
    for part in location:
        model = _model_at(tuple(keys))
        if not _fields(model) and typing.get_origin(model) is not dict:
            break
        if part == "[key]":
            break
        keys.append(str(part))
    return tuple(keys)


def _problem(detail: ErrorDetails, keys: tuple[str, ...]) -> str:
    kind, message = detail["type"], detail["msg"]
    if kind == "extra_forbidden":
        return f"unknown key{_suggestion(keys[-1], list(_fields(_model_at(keys[:-1]))))}"
    if kind == "missing":
        required = [name for name, field in _fields(_model_at(keys)).items() if field.is_required()]
        return f"is required{': ' + ', '.join('.'.join((*keys, name)) for name in required) if required else ''}"
    if kind in ("model_type", "model_attributes_type", "dict_type"):
        return "must be a mapping of keys"
    if kind == "value_error":
        return message.removeprefix("Value error, ")
    return message.removeprefix("Input ").removeprefix("String ")


def _model_at(keys: tuple[str, ...]) -> Any:
    """The type of the value at `keys`."""
    model: Any = Settings
    for key in keys:
        if typing.get_origin(model) is dict:
            model = typing.get_args(model)[1]
        else:
            field = _fields(model).get(key)
            model = _given(field.annotation) if field else None
    return model


def _given(annotation: Any) -> Any:
    """What `annotation` is where it is not null: a section that may be absent has keys all the same."""
    kinds = [kind for kind in typing.get_args(annotation) if kind is not type(None)]
    return kinds[0] if len(kinds) == 1 and typing.get_origin(annotation) is types.UnionType else annotation


def _fields(model: Any) -> Mapping[str, FieldInfo]:
    return model.model_fields if isinstance(model, type) and issubclass(model, BaseModel) else {}


def _suggestion(key: str, valid: list[str]) -> str:
    close = difflib.get_close_matches(key, valid, n=1, cutoff=0.6)
    if close:
        return f"; did you mean {close[0]!r}?"
    return f"; known here: {', '.join(valid)}" if valid else ""


def _variable_of(keys: tuple[str, ...], environ: Mapping[str, str]) -> str | None:
    """The environment variable that set `keys` or a group around them, if one did."""
    names = {name.upper() for name in environ}
    for depth in range(len(keys), 0, -1):
        variable = PREFIX + "__".join(keys[:depth]).upper()
        if variable in names:
            return f"environment variable {variable}"
    return None


def _bad_variables(environ: Mapping[str, str]) -> Iterator[str]:
    # Only names with "__" are surely meant for us: Kubernetes sets SHADOWBENCH_PORT and the like for a service so named.
    for name in sorted(environ):
        section, *nested = name.upper().removeprefix(PREFIX).lower().split("__")
        if not name.upper().startswith(PREFIX) or not nested:
            continue
        if section not in Settings.model_fields:
            yield (
                f"environment variable {name}: there is no section {section!r}"
                f"{_suggestion(section, list(Settings.model_fields))}"
            )
        elif section == "candidates" and nested[1:2] == ["parameters"] and len(nested) > 2:
            # Each value would arrive as a string: temperature "0.5" instead of 0.5.
            yield f"environment variable {name}: set all parameters at once, as JSON, in …__PARAMETERS"


def _not_json(environ: Mapping[str, str]) -> Iterator[str]:
    """The variables of sections, lists and mappings whose values are no JSON."""
    for name, value in sorted(environ.items()):
        if not name.upper().startswith(PREFIX):
            continue
        kind = _model_at(tuple(name.upper().removeprefix(PREFIX).lower().split("__")))
        if _fields(kind) or typing.get_origin(kind) in (dict, list, tuple):
            try:
                json.loads(value)
            except ValueError:
                yield name


# What makes a candidate another thing than production.
_MAKES_A_CANDIDATE = frozenset(
    {"url", "model", "parameters", "headers", "dialect", "leave_out", "rename", "clamp", "system_prompt"}
)


def _only_in_the_environment(settings: Settings, document: _Document, environ: Mapping[str, str]) -> Iterator[str]:
    """A misspelt name in a variable would make a candidate of its own: production, called a second time."""
    if any(name.upper() == f"{PREFIX}CANDIDATES" for name in environ):
        return  # written as a whole, where its names stand beside each other
    written = document.fields.get("candidates") or {}
    for name, candidate in settings.candidates.items():
        if name in written or candidate.model_fields_set & _MAKES_A_CANDIDATE:
            continue
        first = f"{PREFIX}CANDIDATES__{name}__".upper()
        variable = next((each for each in sorted(environ) if each.upper().startswith(first)), first)
        close = difflib.get_close_matches(name, list(written), n=1, cutoff=0.6)
        hint = f"did you mean {close[0]!r}? Otherwise give" if close else "give"
        yield (
            f"environment variable {variable}: there is no candidate {name!r} in the file, and nothing here tells it from "
            f"production; {hint} its url or model, too"
        )
