"""Which pairs are meant: by time, by candidate, by a slice of the traffic. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime

import numpy as np
from numpy.typing import NDArray

from shadowbench.errors import ConfigurationError
from shadowbench.store.columns import Coded, PairColumns

When = float | str | datetime
Slice = str | Mapping[str, str | Sequence[str]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Choosing:
    """What a pair has to be; None and nothing: anything."""

    since: float | None = None  # Unix seconds; this moment is in
    until: float | None = None  # and this one is out
    words: Mapping[str, frozenset[str]] = field(default_factory=dict)  # by column: one of these


def choosing(
    *,
    since: When | None = None,
    until: When | None = None,
    candidate: str | Sequence[str] | None = None,
    slice: Slice | None = None,
) -> Choosing:
    """Read what a user wrote. Raises ConfigurationError for a time or a slice that cannot be meant."""
    words = _sliced(slice)
    if candidate is not None:
        words["candidate"] = _several(candidate)
    return Choosing(since=_seconds(since, "since"), until=_seconds(until, "until"), words=words)


def _seconds(when: When | None, name: str) -> float | None:
    if when is None:
        return None
    if isinstance(when, int | float):
        try:
            return float(when)
        except OverflowError:
            raise ConfigurationError(f"{name} is no time: Unix seconds have ten digits now") from None
    if isinstance(when, str):
        try:
            when = datetime.fromisoformat(when)
        except ValueError:
            raise ConfigurationError(
                f"{name}={when!r} is no time; write 2026-01-31 or 2026-01-31T14:30+01:00"
            ) from None
    return (when if when.tzinfo else when.replace(tzinfo=UTC)).timestamp()


def _sliced(slice: Slice | None) -> dict[str, frozenset[str]]:
    if slice is None:
        return {}
    if isinstance(slice, str):
        column, sign, word = slice.partition("=")
        if not sign:
            raise ConfigurationError(f"slice={slice!r} names no value; write COLUMN=VALUE, such as stratum=long")
        return {column.strip(): frozenset([word.strip()])}
    return {column: _several(words) for column, words in slice.items()}


def _several(words: str | Sequence[str]) -> frozenset[str]:
    return frozenset([words] if isinstance(words, str) else words)


def chosen(pairs: PairColumns, choice: Choosing) -> NDArray[np.bool_] | None:
    """Which pairs are meant, shape (n,); None: all. Raises ConfigurationError for a slice by a column without words."""
    if choice.since is None and choice.until is None and not choice.words:
        return None
    keep = np.ones(len(pairs), np.bool_)
    started_at = pairs.columns["started_at"]
    assert isinstance(started_at, np.ndarray)
    if choice.since is not None:
        keep &= started_at >= choice.since
    if choice.until is not None:
        keep &= started_at < choice.until
    for name, words in choice.words.items():
        keep &= _has(pairs, name, words)
    return keep


def _has(pairs: PairColumns, name: str, words: frozenset[str]) -> NDArray[np.bool_]:
    column = pairs.columns.get(name)
    if not isinstance(column, Coded):
        names = ", ".join(name for name, column in pairs.columns.items() if isinstance(column, Coded))
        raise ConfigurationError(f"slice by {name!r}: that is no column of words; there are {names}")
    wanted = np.array([text in words for text in column.texts] + [False])  # the last: code -1, no word
    return np.asarray(wanted[column.codes], np.bool_)


def taken(pairs: PairColumns, keep: NDArray[np.bool_]) -> PairColumns:
    """These pairs alone."""
    return PairColumns(
        number=pairs.number[keep],
        side=pairs.side[keep],
        columns={
            name: Coded(codes=column.codes[keep], texts=column.texts) if isinstance(column, Coded) else column[keep]
            for name, column in pairs.columns.items()
        },
    )
