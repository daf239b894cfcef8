"""From the content of a rubric's file to a rubric, or to a sentence that names the key that is wrong. Pure.

name: helpfulness
version: "1"
kind: rubric                 # pairwise | rubric | checklist | factuality
about: for people            # not in the hash
instructions: more for the judge
reference: none              # none | optional | required: the right answer, where one is known
criteria:                    # all kinds but factuality
  - id: task
    text: what to look at
    weight: 1                # rubric, checklist; of a checklist below zero where it is bad
    scores: {1: "…", 2: "…", 3: "…", 4: "…", 5: "…"}   # rubric
classes:                     # factuality
  - {id: a, text: "…", value: 0.4}
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeVar, get_args

from shadowbench.errors import ConfigurationError
from shadowbench.judges.rubrics import Criterion, GradeClass, ReferenceUse, Rubric, RubricKind

GRADES = (1, 2, 3, 4, 5)
_KINDS: tuple[RubricKind, ...] = get_args(RubricKind)
_REFERENCES: tuple[ReferenceUse, ...] = get_args(ReferenceUse)
_ID = re.compile(r"[a-z][a-z0-9_]{0,39}")
_Word = TypeVar("_Word", bound=str)
_Item = TypeVar("_Item")


class Entry:
    """A mapping of a file that is read key by key; what is wrong is told with the path to it."""

    def __init__(self, value: object, where: str, known: Sequence[str]) -> None:
        self.where = where
        if not isinstance(value, Mapping):
            raise ConfigurationError(f"{where} is a mapping, not {_told(value)}")
        if unknown := [key for key in value if key not in known]:
            raise ConfigurationError(f"{where}: there is no key {unknown[0]!r}; there are: {', '.join(known)}")
        self._value: Mapping[str, Any] = value

    def has(self, key: str) -> bool:
        """Whether the key is given."""
        return self._value.get(key) is not None

    def text(self, key: str, default: str | None = None) -> str:
        """A text that is not blank, without the white space around it."""
        value = self._value.get(key, default)
        if not isinstance(value, str) or not (value.strip() or default == ""):
            raise self.wrong(key, "a text")
        return value.strip()

    def version(self) -> str:
        """The version: a text, or a number as YAML makes of it without quotes."""
        value = self._value.get("version")
        if isinstance(value, (int, float)) and not isinstance(value, bool):
            return str(value)
        return self.text("version")

    def id(self) -> str:
        """A name for replies: small letters, digits and _, at most 40."""
        value = self._value.get("id")
        if not isinstance(value, str) or not _ID.fullmatch(value):
            raise self.wrong("id", "a name of small letters, digits and _")
        return value

    def one_of(self, key: str, words: Sequence[_Word], default: _Word | None = None) -> _Word:
        """One of several words."""
        value = self._value.get(key, default)
        if (found := next((word for word in words if word == value), None)) is None:
            raise self.wrong(key, f"one of {', '.join(words)}")
        return found

    def number(self, key: str, default: float | None = None) -> float:
        """A finite number."""
        value = self._value.get(key, default)
        if isinstance(value, bool) or not isinstance(value, (int, float)) or not math.isfinite(value):
            raise self.wrong(key, "a number")
        return float(value)

    def items(self, key: str, read: Callable[[object, str], _Item]) -> tuple[_Item, ...]:
        """A list with something in it."""
        value = self._value.get(key)
        if not isinstance(value, list) or not value:
            raise self.wrong(key, "a list with at least one entry")
        return tuple(read(item, f"{self.where}.{key}[{n}]") for n, item in enumerate(value))

    def mapping(self, key: str) -> Mapping[Any, Any]:
        """A mapping with something in it."""
        value = self._value.get(key)
        if not isinstance(value, Mapping) or not value:
            raise self.wrong(key, "a mapping")
        return value

    def wrong(self, key: str, wanted: str) -> ConfigurationError:
        """The error of a key."""
        if self._value.get(key) is None:
            return ConfigurationError(f"{self.where}: {key} is missing; it is {wanted}")
        return ConfigurationError(f"{self.where}.{key} is {wanted}, not {_told(self._value[key])}")


def read_rubric(content: Mapping[str, Any], where: str = "rubric") -> Rubric:
    """The rubric that a file holds. Raises ConfigurationError; `where` is how the message calls the file."""
    head = Entry(
        content, where, ("name", "version", "kind", "about", "instructions", "reference", "criteria", "classes")
    )
    kind = head.one_of("kind", _KINDS)
    if head.has(other := "criteria" if kind == "factuality" else "classes"):
        raise ConfigurationError(f"{where}: a rubric of kind {kind} has no {other}")
    rubric = Rubric(
        name=head.text("name"),
        version=head.version(),
        kind=kind,
        about=head.text("about", ""),
        instructions=head.text("instructions", ""),
        reference=head.one_of("reference", _REFERENCES, "required" if kind == "factuality" else "none"),
        criteria=() if kind == "factuality" else head.items("criteria", lambda i, at: _criterion(i, at, kind)),
        classes=head.items("classes", _class) if kind == "factuality" else (),
    )
    _check(rubric, where)
    return rubric


def _criterion(item: object, where: str, kind: RubricKind) -> Criterion:
    known = {"pairwise": ("id", "text"), "checklist": ("id", "text", "weight")}
    entry = Entry(item, where, known.get(kind, ("id", "text", "weight", "scores")))
    weight = entry.number("weight", 1.0)
    if weight == 0 or (weight < 0 and kind != "checklist"):
        raise entry.wrong("weight", "a number other than 0" if kind == "checklist" else "a number above 0")
    scores = _scores(entry) if kind == "rubric" else ()
    return Criterion(id=entry.id(), text=entry.text("text"), weight=weight, scores=scores)


def _scores(entry: Entry) -> tuple[tuple[int, str], ...]:
    given = {str(grade): text for grade, text in entry.mapping("scores").items()}
    if given.keys() != {str(grade) for grade in GRADES}:
        raise entry.wrong("scores", "a text for each of the grades 1 to 5")
    texts = Entry(given, f"{entry.where}.scores", tuple(map(str, GRADES)))
    return tuple((grade, texts.text(str(grade))) for grade in GRADES)


def _class(item: object, where: str) -> GradeClass:
    entry = Entry(item, where, ("id", "text", "value"))
    return GradeClass(id=entry.id(), text=entry.text("text"), value=entry.number("value"))


def _check(rubric: Rubric, where: str) -> None:
    ids = [*(criterion.id for criterion in rubric.criteria), *(one.id for one in rubric.classes)]
    if twice := next((name for name in ids if ids.count(name) > 1), None):
        raise ConfigurationError(f"{where}: the id {twice!r} stands twice")
    if rubric.kind == "checklist" and not any(criterion.weight > 0 for criterion in rubric.criteria):
        raise ConfigurationError(f"{where}.criteria: a checklist needs a criterion with a weight above 0")
    if rubric.kind == "factuality" and len({item.value for item in rubric.classes}) < 2:
        raise ConfigurationError(f"{where}.classes: two classes at least, with different values")
    if rubric.kind == "factuality" and rubric.reference != "required":
        raise ConfigurationError(f"{where}.reference: factuality is judged by a reference; it is required")


def _told(value: object) -> str:
    return repr(value) if isinstance(value, (str, int, float, bool)) else f"a {type(value).__name__}"
