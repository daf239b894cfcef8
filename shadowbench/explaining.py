"""What pydantic finds wrong, in the words and keys of whoever wrote the file. `root`: the model of the whole file. Pure."""

from __future__ import annotations

import difflib
import types
import typing
from collections.abc import Mapping
from typing import Any

from pydantic import BaseModel
from pydantic.fields import FieldInfo
from pydantic_core import ErrorDetails


def keys_of(location: tuple[int | str, ...], root: type[BaseModel]) -> tuple[str, ...]:
    """Where a problem is, in the file's own keys."""
    # Below a union or a key pydantic appends names of its own ("str", "list[str]", "[key]"): none of ours.
    keys: list[str] = []
    for part in location:
        model = type_at(tuple(keys), root)
        if not (fields_of(model) or typing.get_origin(model) is dict or fields_of(_entry(model))):
            break
        if part == "[key]":
            break
        keys.append(str(part))
    return tuple(keys)


def problem_of(detail: ErrorDetails, keys: tuple[str, ...], root: type[BaseModel]) -> str:
    """What is wrong there."""
    kind, message = detail["type"], detail["msg"]
    if kind == "extra_forbidden":
        return f"unknown key{suggestion(keys[-1], list(fields_of(type_at(keys[:-1], root))))}"
    if kind == "missing":
        required = [name for name, field in fields_of(type_at(keys, root)).items() if field.is_required()]
        return f"is required{': ' + ', '.join('.'.join((*keys, name)) for name in required) if required else ''}"
    if kind in ("model_type", "model_attributes_type", "dict_type"):
        return "must be a mapping of keys"
    if kind == "value_error":
        return message.removeprefix("Value error, ")
    return message.removeprefix("Input ").removeprefix("String ")


def type_at(keys: tuple[str, ...], root: type[BaseModel]) -> Any:
    """The type of the value at `keys`."""
    model: Any = root
    for key in keys:
        if typing.get_origin(model) is dict:
            model = typing.get_args(model)[1]
        elif (entry := _entry(model)) is not None:
            model = entry
        else:
            field = fields_of(model).get(key)
            model = _present(field.annotation) if field else None
    return model


def _entry(annotation: Any) -> Any:
    """What an entry of a list is; None: it is no list."""
    if typing.get_origin(annotation) is not list:
        return None
    kind = typing.get_args(annotation)[0]
    return typing.get_args(kind)[0] if typing.get_origin(kind) is typing.Annotated else kind


def _present(annotation: Any) -> Any:
    """What `annotation` is where it is not null: a section that may be absent has keys all the same."""
    kinds = [kind for kind in typing.get_args(annotation) if kind is not type(None)]
    return kinds[0] if len(kinds) == 1 and typing.get_origin(annotation) is types.UnionType else annotation


def fields_of(model: Any) -> Mapping[str, FieldInfo]:
    """The keys of a group; of anything else none."""
    return model.model_fields if isinstance(model, type) and issubclass(model, BaseModel) else {}


def suggestion(key: str, valid: list[str]) -> str:
    """The key that was most likely meant, else all there are; begins with a semicolon."""
    close = difflib.get_close_matches(key, valid, n=1, cutoff=0.6)
    if close:
        return f"; did you mean {close[0]!r}?"
    return f"; known here: {', '.join(valid)}" if valid else ""
