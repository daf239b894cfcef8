"""YAML files that users write: their keys, and the line that each stands on."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import yaml

from shadowbench.errors import ConfigurationError

_MAX_FILE_BYTES = 1 << 20
_NAMED = re.compile(r"(alias|tag) '.*'", re.DOTALL)


class YamlFile:
    """Its fields, and the line each key stands on. Raises ConfigurationError for what is no mapping in YAML."""

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
            text.decode()
        except UnicodeDecodeError as error:
            raise ConfigurationError(f"{path}: not UTF-8 at byte {error.start}: save it as UTF-8") from None
        try:
            self._root = yaml.compose(text, Loader=yaml.SafeLoader)
            if self._root is None:
                return
            self._refuse_duplicates(self._root, ())
            fields = yaml.SafeLoader("").construct_document(self._root)
        except yaml.MarkedYAMLError as error:
            line = f":{error.problem_mark.line + 1}" if error.problem_mark else ""
            problem = " ".join(part for part in (error.context, error.problem) if part)
            # A password that begins with * or ! is an alias or a tag to YAML, and would be repeated.
            problem = _NAMED.sub(r"\1; put values that begin with * or ! in quotes", problem)
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
            if isinstance(node, yaml.SequenceNode) and wanted.isdecimal() and int(wanted) < len(node.value):
                node = node.value[int(wanted)]
                line = node.start_mark.line + 1
                continue
            if not isinstance(node, yaml.MappingNode):
                break
            # What `<<` merged into it comes first, and holds where nothing after it does.
            for key, value in reversed(node.value):
                if str(key.value) == wanted:
                    node, line = value, key.start_mark.line + 1
                    break
            else:
                break
        return f"{self.path}:{line}" if line else str(self.path)


def named_file(name: str, where: str, what: str, places: Sequence[Path], beside: Path = Path()) -> YamlFile:
    """The file of this name in one of `places`; else the one at this path, seen from the folder `beside`. Raises
    ConfigurationError for `where`, which named it; `what`: what kind of file that is."""
    path = next((place / f"{name}.yaml" for place in places if (place / f"{name}.yaml").is_file()), beside / name)
    if path == beside / name and not path.suffix:
        known = ", ".join(names_in(places))
        raise ConfigurationError(f"{where}: there is no {what} {name!r}; there are: {known}, or a YAML file")
    try:
        return YamlFile(path)
    except ConfigurationError as error:
        told = str(error).partition("; `shadowbench init`")[0].partition(", as in `production")[0]
        raise ConfigurationError(f"{where}: {told.replace('a configuration is', f'a {what} is')}") from None


def names_in(places: Sequence[Path]) -> Sequence[str]:
    """The files that are there by name."""
    return sorted({each.stem for place in places for each in place.glob("*.yaml")})
