"""One policy laid over another, as they were written. Pure.

primary                                  stands instead of the other's: what it is about is one decision
guardrails, radar, watching, requires    key by key; null strikes out what the other has
name, about                              are each file's own
all else                                 stands instead of the other's
"""

from __future__ import annotations

import difflib
from collections.abc import Iterator, Mapping
from typing import Any

from shadowbench.policies.checking import Problem

_BY_KEY = ("guardrails", "radar", "watching", "requires")
_OWN = ("name", "about", "extends")


def laid_over(fields: Mapping[str, Any], base: Mapping[str, Any]) -> dict[str, Any]:
    """`fields`, and what `base` has besides."""
    found = {key: value for key, value in base.items() if key not in _OWN}
    for key, value in fields.items():
        found[key] = _merged(value, found.get(key)) if key in _BY_KEY else value
    return found


def struck_in_vain(fields: Mapping[str, Any], base: Mapping[str, Any]) -> Iterator[Problem]:
    """What is struck out and was never there: most likely a name that is misspelt."""
    for section in ("guardrails", "radar"):
        given, there = _mapping(fields.get(section)), _mapping(base.get(section))
        for name, value in given.items():
            if value is None and name not in there:
                close = difflib.get_close_matches(str(name), map(str, there), n=1)
                hint = f"did you mean {close[0]!r}?" if close else f"there are: {', '.join(map(str, there)) or 'none'}"
                yield (section, str(name)), f"there is nothing of this name to strike out; {hint}"


def _merged(value: Any, below: Any) -> Any:
    """Key by key as far as both are mappings. What is not is told when it is read."""
    if not isinstance(value, Mapping):
        return below if value is None else value
    found = dict(_mapping(below))
    for key, inner in value.items():
        if inner is None:
            found.pop(key, None)
        else:
            found[key] = _merged(inner, found.get(key)) if isinstance(inner, Mapping) else inner
    return found


def _mapping(value: Any) -> Mapping[Any, Any]:
    return value if isinstance(value, Mapping) else {}
