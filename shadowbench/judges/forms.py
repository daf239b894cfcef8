"""What shape a verdict has: its JSON Schema for the model, and a strict reading of what came. Pure.

Schemas keep to what all vendors' structured outputs take: every member required, none besides, enumerations instead of bounds.
The reading is as strict, but for a `strength` that is missing (it counts nowhere) and for white space. What is not stated
is not guessed: "b", "Response 2" and 4.5 of 5 grades are no verdicts.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

ANALYSIS = "analysis"


@dataclass(frozen=True, slots=True, kw_only=True)
class Stated:
    """What a verdict says: a word, or numbers by name."""

    word: str | None = None
    strength: int | None = None
    numbers: tuple[tuple[str, float], ...] = ()


class Form(Protocol):
    """The shape of one kind's verdicts."""

    @property
    def mark(self) -> str:
        """The member whose presence makes an object a verdict, good or bad."""

    @property
    def schema(self) -> Mapping[str, Any]:
        """JSON Schema of the reply, with the analysis before everything else."""

    @property
    def example(self) -> str:
        """The shape for people and models, with … where something is to be filled in. It is no JSON, on purpose."""

    def read(self, members: Mapping[str, Any]) -> Stated | None:
        """What an object says apart from its analysis; None: it is not of this shape."""


@dataclass(frozen=True, slots=True, kw_only=True)
class WordForm:
    """One word of several: a preference with its strength, a class."""

    mark: str
    words: tuple[str, ...]
    with_strength: bool = False

    @property
    def schema(self) -> Mapping[str, Any]:
        """The word, and how sure."""
        members: dict[str, Any] = {self.mark: {"type": "string", "enum": list(self.words)}}
        if self.with_strength:
            members["strength"] = {"type": "integer", "enum": [1, 2]}
        return _object({ANALYSIS: {"type": "string"}, **members})

    @property
    def example(self) -> str:
        """As in the prompt."""
        strength = ', "strength": 1 | 2' if self.with_strength else ""
        return f'{{"{ANALYSIS}": "…", "{self.mark}": {" | ".join(map(_quoted, self.words))}{strength}}}'

    def read(self, members: Mapping[str, Any]) -> Stated | None:
        """The word; a strength that is missing is absent, one that is wrong spoils the verdict."""
        word, strength = members.get(self.mark), members.get("strength")
        known = {self.mark, "strength"} if self.with_strength else {self.mark}
        if members.keys() - known or not isinstance(word, str) or word not in self.words:
            return None
        if strength is not None and (isinstance(strength, bool) or strength not in (1, 2)):
            return None
        return Stated(word=word, strength=None if strength is None else int(strength))


@dataclass(frozen=True, slots=True, kw_only=True)
class GradesForm:
    """A whole number for each of several criteria, or a yes or no, which count as 1 and 0."""

    mark: str
    names: tuple[str, ...]
    grades: tuple[int, ...] | None  # allowed numbers; None: yes or no

    @property
    def schema(self) -> Mapping[str, Any]:
        """One member for each criterion."""
        one = {"type": "boolean"} if self.grades is None else {"type": "integer", "enum": list(self.grades)}
        return _object({ANALYSIS: {"type": "string"}, self.mark: _object(dict.fromkeys(self.names, one))})

    @property
    def example(self) -> str:
        """As in the prompt."""
        allowed = "true | false" if self.grades is None else " | ".join(map(str, self.grades))
        inner = ", ".join(f'"{name}": {allowed}' for name in self.names)
        return f'{{"{ANALYSIS}": "…", "{self.mark}": {{{inner}}}}}'

    def read(self, members: Mapping[str, Any]) -> Stated | None:
        """All criteria and no others, each with an allowed grade."""
        grades = members.get(self.mark)
        if members.keys() != {self.mark} or not isinstance(grades, dict) or grades.keys() != set(self.names):
            return None
        numbers = [(name, self._number(grades[name])) for name in self.names]
        known = tuple((name, number) for name, number in numbers if number is not None)
        return Stated(numbers=known) if len(known) == len(numbers) else None

    def _number(self, grade: object) -> float | None:
        if self.grades is None:
            return float(grade) if isinstance(grade, bool) else None
        if isinstance(grade, bool) or not isinstance(grade, (int, float)) or grade not in self.grades:
            return None
        return float(grade)


@dataclass(frozen=True, slots=True, kw_only=True)
class NumberForm:
    """One number within bounds."""

    mark: str
    low: float
    high: float

    @property
    def schema(self) -> Mapping[str, Any]:
        """Bounds are told in words: not every vendor takes them in schemas."""
        about = f"from {self.low:g} to {self.high:g}"
        return _object({ANALYSIS: {"type": "string"}, self.mark: {"type": "number", "description": about}})

    @property
    def example(self) -> str:
        """As in the prompt."""
        return f'{{"{ANALYSIS}": "…", "{self.mark}": a number from {self.low:g} to {self.high:g}}}'

    def read(self, members: Mapping[str, Any]) -> Stated | None:
        """The number, finite and within bounds."""
        number = members.get(self.mark)
        if members.keys() != {self.mark} or isinstance(number, bool) or not isinstance(number, (int, float)):
            return None
        # Bounds first: a whole number of hundreds of digits compares, and makes no float.
        if not self.low <= number <= self.high or not math.isfinite(number):
            return None
        return Stated(numbers=((self.mark, float(number)),))


def _object(members: Mapping[str, Any]) -> dict[str, Any]:
    required: Sequence[str] = list(members)
    return {"type": "object", "properties": dict(members), "required": required, "additionalProperties": False}


def _quoted(word: str) -> str:
    return f'"{word}"'
