"""The document as JSON, for programs and for later reports, and back.

`version` changes when a member changes its meaning or goes. Members may be added: readers pass over those they do not know.
docs/report.schema.json describes it. Absent is null.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import fields, is_dataclass
from functools import cache
from typing import TYPE_CHECKING, Any

import orjson

from shadowbench.errors import ConfigurationError
from shadowbench.report.document.root import SCHEMA, VERSION, Document
from shadowbench.report.moments import on_the_calendar

if TYPE_CHECKING:
    from pydantic import TypeAdapter

_SHOWN_FAULTS = 3
_MOMENTS = frozenset({"made_at", "first_at", "last_at", "from_at", "to_at", "at", "since", "until"})
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
        document = _adapter().validate_json(text, strict=True)
    except ValidationError as error:
        raise ConfigurationError(_damaged(name, _first_faults(error))) from None
    beyond = [
        f"{place}: no moment of the years 1 to 9999" for place, at in _moments(document) if not on_the_calendar(at)
    ]
    if beyond:
        raise ConfigurationError(_damaged(name, _listed(beyond)))
    return document


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


def _damaged(name: str, faults: str) -> str:
    return f"{name} is damaged: {faults}; make the report anew"


def _first_faults(error: Any) -> str:
    faults = error.errors(include_url=False, include_input=False)
    return _listed([f"{'.'.join(map(str, fault['loc']))}: {fault['msg']}" for fault in faults])


def _listed(faults: list[str]) -> str:
    more = len(faults) - _SHOWN_FAULTS
    return "; ".join(faults[:_SHOWN_FAULTS]) + (f"; and {more} more" if more > 0 else "")


def _moments(thing: Any, *place: str) -> Iterator[tuple[str, float]]:
    """Every moment of a report, with the path to it: whoever writes one of them as a date relies on the calendar."""
    for name, value in _members(thing):
        if name in _MOMENTS and isinstance(value, int | float):
            yield ".".join((*place, name)), value
        else:
            yield from _moments(value, *place, name)


def _members(thing: Any) -> Iterable[tuple[str, Any]]:
    if is_dataclass(thing):
        return ((field.name, getattr(thing, field.name)) for field in fields(thing))
    if isinstance(thing, Mapping):
        return thing.items()
    return ((str(place), each) for place, each in enumerate(thing)) if isinstance(thing, tuple) else ()
