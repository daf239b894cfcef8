"""The document as JSON, for programs and for later reports, and back.

`version` changes when a member changes its meaning or goes. Members may be added: readers pass over those they do not know.
docs/report.schema.json describes it. Absent is null.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from functools import cache
from typing import TYPE_CHECKING, Any

import orjson

from shadowbench.errors import ConfigurationError
from shadowbench.report.document.root import SCHEMA, VERSION, Document

if TYPE_CHECKING:
    from pydantic import TypeAdapter

_SHOWN_FAULTS = 3
_DIALECT = "https://json-schema.org/draft/2020-12/schema"
_ABOUT = "What `shadowbench report --format json` writes. Money is USD, times are seconds, moments Unix seconds."


def dump(document: Document) -> str:
    """One indented object. Members are in the order of their nouns, keys of mappings sorted: same report, same bytes."""
    options = orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE | orjson.OPT_SERIALIZE_NUMPY
    return orjson.dumps(_plain(document), option=options).decode()


def load(text: str | bytes, *, name: str = "the report") -> Document:
    """What was dumped. `name`: of the file, for messages. Raises ConfigurationError for what is no report of this version."""
    from pydantic import ValidationError

    _check_version(_parsed(text, name), name)
    try:
        return _adapter().validate_json(text, strict=True)
    except ValidationError as error:
        raise ConfigurationError(f"{name} is damaged: {_first_faults(error)}; make the report anew") from None


def json_schema() -> dict[str, Any]:
    """JSON Schema (2020-12) of what `dump` writes, from the nouns themselves."""
    found = _untitled(_adapter().json_schema(mode="serialization"))
    nouns = found.pop("$defs")
    found["properties"] |= {"schema": {"const": SCHEMA}, "version": {"const": VERSION}}
    found["required"] = ["schema", "version", *found["required"]]
    return {"$schema": _DIALECT, "title": SCHEMA, **found, "description": _ABOUT, "$defs": nouns}


@cache
def _adapter() -> TypeAdapter[Document]:
    """Pydantic is imported by those alone who read reports: writing one does not wait for it."""
    from pydantic import TypeAdapter

    return TypeAdapter(Document)


def _plain(thing: Any) -> Any:
    """Of what orjson writes without a choice of its own."""
    if is_dataclass(thing):
        return {field.name: _plain(getattr(thing, field.name)) for field in fields(thing)}
    if isinstance(thing, Mapping):
        return {str(key): _plain(value) for key, value in sorted(thing.items())}
    if isinstance(thing, (tuple, list)):
        return [_plain(each) for each in thing]
    return thing.encode("utf-8", "replace").decode() if type(thing) is str else thing  # half a surrogate pair is "?"


def _untitled(schema: Any) -> Any:
    """Without titles: they repeat the names."""
    if isinstance(schema, list):
        return [_untitled(each) for each in schema]
    if not isinstance(schema, dict):
        return schema
    return {key: _untitled(value) for key, value in schema.items() if key != "title" or isinstance(value, dict)}


def _parsed(text: str | bytes, name: str) -> Any:
    try:
        return orjson.loads(text)
    except orjson.JSONDecodeError as error:
        raise ConfigurationError(f"{name} is not JSON: {error}; a report is made with --format json") from None


def _check_version(found: Any, name: str) -> None:
    told = found if isinstance(found, dict) else {}
    if told.get("schema") != SCHEMA:
        raise ConfigurationError(f"{name} is not a report of shadowbench; one is made with `report --format json`")
    if told.get("version") != VERSION:
        raise ConfigurationError(
            f"{name} is a report of version {told.get('version')}, and this is read: {VERSION}; make it anew from its log"
        )


def _first_faults(error: Any) -> str:
    faults = error.errors(include_url=False, include_input=False)
    told = [f"{'.'.join(map(str, fault['loc']))}: {fault['msg']}" for fault in faults[:_SHOWN_FAULTS]]
    more = len(faults) - len(told)
    return "; ".join(told) + (f"; and {more} more" if more else "")
