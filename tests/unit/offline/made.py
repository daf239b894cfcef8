"""Shapes and rows to vary in tests."""

from __future__ import annotations

from typing import Any

from shadowbench.offline.rows import Row
from shadowbench.offline.shape_files import read_shape
from shadowbench.offline.shapes import ImportShape

SCORE: dict[str, Any] = {"name": "won", "value": "p", "words": {"tie": 1.5}, "scale": {"from": [1, 2], "to": [0, 1]}}


def one_file(**changes: Any) -> ImportShape:
    """Everything stands in the rows of one file."""
    candidate = {"name": "model", "text": "theirs", "scores": [SCORE]} | changes.pop("candidate", {})
    content = {
        "name": "sheet",
        "version": 1,
        "exchange": {"prompt": "question"} | changes.pop("exchange", {}),
        "production": {"text": "ours"} | changes.pop("production", {}),
        "candidates": [candidate],
    }
    return read_shape(content | changes)


def two_files(**candidate: Any) -> ImportShape:
    """The candidates have files of their own."""
    own = {"file": "*", "name": {"file": "stem"}}
    return one_file(file="base*", key="i", candidate=own | candidate)


def a_row(number: int = 1, file: str = "sheet", **fields: Any) -> Row:
    """A row of either."""
    told = {
        "question": "Capital of Latvia?",
        "ours": "Riga.",
        "theirs": "Riga!",
        "model": "small",
        "p": 1.25,
        "i": number,
    }
    return Row(f"{file}.jsonl", file, number, told | fields)
