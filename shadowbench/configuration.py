"""Find, read and merge the configuration, and say in the user's words what is wrong with it.

Settings are imported by who uses them: they take a third of a second, and who only asks whether there is a configuration, such
as a report of a log that was named, has no use for them.
"""

from __future__ import annotations

import difflib
import json
import os
import typing
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from shadowbench.errors import ConfigurationError
from shadowbench.explaining import fields_of, keys_of, problem_of, suggestion, type_at
from shadowbench.policies.reading import faults_of
from shadowbench.yaml_files import YamlFile, named_file

if TYPE_CHECKING:
    from pydantic_settings import BaseSettings, PydanticBaseSettingsSource

    from shadowbench.settings import Settings

PREFIX = "SHADOWBENCH_"
_POLICY = "report.policy"
DEFAULT_FILES = (Path("shadowbench.yaml"), Path("config/shadowbench.yaml"), Path("/etc/shadowbench/shadowbench.yaml"))
# In the wheel rubrics lie within the package; in a checkout, where people edit them.
_RUBRICS = (Path(__file__).parent / "judges" / "files", Path(__file__).parents[1] / "config" / "judges")
_IMPORTS = (Path(__file__).parent / "offline" / "files", Path(__file__).parents[1] / "config" / "imports")


def load(file: Path | None = None, *, environ: Mapping[str, str] = os.environ) -> Settings:
    """The configuration from `file` (or the default places) with the environment over it. Raises ConfigurationError."""
    from pydantic_settings import InitSettingsSource, SettingsError

    from shadowbench.settings import Settings, conflicts

    path = file if file is not None else _default_file(environ)
    document = YamlFile(path)

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
    if isinstance(settings.report.policy, dict):
        problems += faults_of(
            settings.report.policy, _POLICY, lambda keys: _variable_of(keys, environ) or document.place(keys)
        )
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
    return named_file(name, where, "rubric", _RUBRICS).fields


def read_import_shape_file(name: str, where: str) -> Mapping[str, Any]:
    """What a file of answers looks like, as `read_rubric_file` finds rubrics."""
    return named_file(name, where, "shape", _IMPORTS).fields


# ── wording ──


def _explain(detail: ErrorDetails, document: YamlFile, environ: Mapping[str, str]) -> str:
    from shadowbench.settings import Settings

    keys = keys_of(detail["loc"], Settings)
    place = _variable_of(keys, environ) or document.place(keys)
    path = ".".join(keys)
    return (
        f"{place}: {path}: {problem_of(detail, keys, Settings)}"
        if path
        else f"{place}: {problem_of(detail, keys, Settings)}"
    )


def _variable_of(keys: tuple[str, ...], environ: Mapping[str, str]) -> str | None:
    """The environment variable that set `keys` or a group around them, if one did."""
    names = {name.upper() for name in environ}
    for depth in range(len(keys), 0, -1):
        variable = PREFIX + "__".join(keys[:depth]).upper()
        if variable in names:
            return f"environment variable {variable}"
    return None


def _bad_variables(environ: Mapping[str, str]) -> Iterator[str]:
    from shadowbench.settings import Settings

    # Only names with "__" are surely meant for us: Kubernetes sets SHADOWBENCH_PORT and the like for a service so named.
    for name in sorted(environ):
        section, *nested = name.upper().removeprefix(PREFIX).lower().split("__")
        if not name.upper().startswith(PREFIX) or not nested:
            continue
        if section not in Settings.model_fields:
            yield (
                f"environment variable {name}: there is no section {section!r}"
                f"{suggestion(section, list(Settings.model_fields))}"
            )
        elif section == "candidates" and nested[1:2] == ["parameters"] and len(nested) > 2:
            # Each value would arrive as a string: temperature "0.5" instead of 0.5.
            yield f"environment variable {name}: set all parameters at once, as JSON, in …__PARAMETERS"


def _not_json(environ: Mapping[str, str]) -> Iterator[str]:
    """The variables of sections, lists and mappings whose values are no JSON."""
    from shadowbench.settings import Settings

    for name, value in sorted(environ.items()):
        if not name.upper().startswith(PREFIX):
            continue
        kind = type_at(tuple(name.upper().removeprefix(PREFIX).lower().split("__")), Settings)
        if fields_of(kind) or typing.get_origin(kind) in (dict, list, tuple):
            try:
                json.loads(value)
            except ValueError:
                yield name


# What makes a candidate another thing than production.
_MAKES_A_CANDIDATE = frozenset(
    {"url", "model", "parameters", "headers", "dialect", "leave_out", "rename", "clamp", "system_prompt"}
)


def _only_in_the_environment(settings: Settings, document: YamlFile, environ: Mapping[str, str]) -> Iterator[str]:
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
