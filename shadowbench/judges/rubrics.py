"""What a judge goes by: criteria, classes, instructions. Read from `config/judges/*.yaml` by `rubric_files`. Pure."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from hashlib import sha256
from typing import Any, Literal

RubricKind = Literal["pairwise", "rubric", "checklist", "factuality"]
ReferenceUse = Literal["none", "optional", "required"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Criterion:
    """One thing to look at. A checklist's weight is below zero where meeting it is bad."""

    id: str
    text: str
    weight: float = 1.0
    scores: tuple[tuple[int, str], ...] = ()  # of rubrics: what each grade from 1 to 5 means


@dataclass(frozen=True, slots=True, kw_only=True)
class GradeClass:
    """One of several classes an answer may fall into, and what it is worth."""

    id: str
    text: str
    value: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Rubric:
    """A rubric's file."""

    name: str
    version: str
    kind: RubricKind
    about: str = ""
    instructions: str = ""
    reference: ReferenceUse = "none"
    criteria: tuple[Criterion, ...] = ()
    classes: tuple[GradeClass, ...] = ()

    @property
    def hash(self) -> str:
        """Of the content, however the file is laid out: it changes when a judge could judge otherwise."""
        content = asdict(self)
        del content["about"]
        return canonical_hash(content)


def canonical_hash(content: Mapping[str, Any]) -> str:
    """SHA-256 of plain data as canonical JSON, 16 hexadecimal digits of it."""
    text = json.dumps(content, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    return sha256(text.encode()).hexdigest()[:16]
