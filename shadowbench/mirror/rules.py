"""Which requests an operator wants copied, and which not: rules of globs, compiled once. Pure.

Every part that a rule gives must match, each by any of its globs (`fnmatch`, letter case counts). Parts that the head decides
are judged when the exchange opens, so that the proxy can stop copying at once; model and JSON fields when the body is there.

A path can be spelled in many ways (`//admin`, `/%61dmin`, `/x/../admin`), and which of them production takes for the same we do
not know. So in doubt nothing is copied: an exclude rule matches when the path does as it was sent or as it is normalised
(`paths.normalised`), an include rule only when it does in both forms.
"""

from __future__ import annotations

import fnmatch
import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from shadowbench.mirror.head import RequestHead
from shadowbench.mirror.options import RuleOptions
from shadowbench.mirror.paths import normalised
from shadowbench.wire import loose_json as loose

NOT_INCLUDED = "not_included"
EXCLUDED = "excluded_"  # and the rule's name
_ABSENT = object()


def globs(patterns: Sequence[str]) -> re.Pattern[str] | None:
    """One expression for all of them; None when there are none, which leaves everything open."""
    return re.compile("|".join(map(fnmatch.translate, patterns))) if patterns else None


def fits(pattern: re.Pattern[str] | None, value: str | None) -> bool:
    """Whether the value matches. No value matches no pattern, any value matches none given."""
    return pattern is None or (value is not None and pattern.match(value) is not None)


class Body:
    """A request's body as rules look at it. The JSON is read at the first question: few rules ask."""

    __slots__ = ("_body", "_document", "model")

    def __init__(self, model: str | None, body: bytes) -> None:
        self.model = model
        self._body = body
        self._document: Any = _ABSENT

    def text_at(self, path: Sequence[str]) -> str | None:
        """A member by its dotted path, other values than strings as JSON text; None where it is missing."""
        if self._document is _ABSENT:
            self._document = loose.load(self._body)
        value = self._document
        for step in path:
            value = _member(value, step)
        if value is _ABSENT:
            return None
        return value if isinstance(value, str) else loose.dump(value)


def _member(value: object, step: str) -> object:
    if isinstance(value, dict):
        return value.get(step, _ABSENT)
    # At most nine digits: int() of a longer number is work that nobody meant.
    if isinstance(value, list) and step.isdecimal() and len(step) < 10 and int(step) < len(value):
        return value[int(step)]
    return _ABSENT


class Rule(NamedTuple):
    """One rule, compiled."""

    name: str
    path: re.Pattern[str] | None
    headers: tuple[tuple[bytes, re.Pattern[str]], ...]
    model: re.Pattern[str] | None
    fields: tuple[tuple[tuple[str, ...], re.Pattern[str]], ...]

    @staticmethod
    def of(options: RuleOptions) -> Rule:
        """As configured."""
        return Rule(
            name=options.name,
            path=globs(options.paths),
            headers=tuple((name.lower().encode("latin-1"), pattern) for name, pattern in _compiled(options.headers)),
            model=globs(options.models),
            fields=tuple((tuple(path.split(".")), pattern) for path, pattern in _compiled(options.fields)),
        )

    @property
    def needs_body(self) -> bool:
        """Whether the head alone does not decide."""
        return self.model is not None or bool(self.fields)

    def excludes_head(self, head: RequestHead, spellings: Sequence[str]) -> bool:
        """Whether nothing in the head contradicts the rule, by any spelling of the path."""
        return any(fits(self.path, path) for path in spellings) and self._fits_headers(head)

    def includes_head(self, head: RequestHead, spellings: Sequence[str]) -> bool:
        """Whether nothing in the head contradicts the rule, by every spelling of the path."""
        return all(fits(self.path, path) for path in spellings) and self._fits_headers(head)

    def _fits_headers(self, head: RequestHead) -> bool:
        return all(fits(pattern, _value(head, name)) for name, pattern in self.headers)

    def fits_body(self, body: Body) -> bool:
        """Whether nothing in the body contradicts it."""
        return fits(self.model, body.model) and all(fits(pattern, body.text_at(path)) for path, pattern in self.fields)


def _compiled(globs_by_name: Mapping[str, tuple[str, ...]]) -> Iterable[tuple[str, re.Pattern[str]]]:
    for name, patterns in globs_by_name.items():
        yield name, globs(patterns) or re.compile("")  # named without a glob: it only has to be there


def _value(head: RequestHead, name: bytes) -> str | None:
    value = head.get(name)
    return value.decode("latin-1") if value is not None else None


class Pending(NamedTuple):
    """Rules that fit the head and wait for the body. `include` is None when inclusion is settled."""

    exclude: tuple[Rule, ...]
    include: tuple[Rule, ...] | None

    def verdict(self, body: Body) -> str | None:
        """What speaks against mirroring, now that the body is there."""
        for rule in self.exclude:
            if rule.fits_body(body):
                return EXCLUDED + rule.name
        if self.include is not None and not any(rule.fits_body(body) for rule in self.include):
            return NOT_INCLUDED
        return None


SETTLED = Pending((), None)


class RuleBook(NamedTuple):
    """All rules. Without any, everything is included."""

    include: tuple[Rule, ...] = ()
    exclude: tuple[Rule, ...] = ()

    def at_open(self, head: RequestHead) -> Pending | str:
        """What waits for the body, or what in the head speaks against mirroring."""
        if not self.include and not self.exclude:
            return SETTLED
        spellings = (head.path, normalised(head.path))
        excluding = [rule for rule in self.exclude if rule.excludes_head(head, spellings)]
        for rule in excluding:
            if not rule.needs_body:
                return EXCLUDED + rule.name
        including = [rule for rule in self.include if rule.includes_head(head, spellings)]
        if self.include and not including:
            return NOT_INCLUDED
        is_included = not self.include or any(not rule.needs_body for rule in including)
        return Pending(tuple(excluding), None if is_included else tuple(including))


NO_RULES = RuleBook()
