"""What goes into the log beside exchanges: counts of the funnel, and marks. From the frame to the writer. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import orjson

from shadowbench import handoff
from shadowbench.errors import ProtocolError
from shadowbench.records import FunnelCount, Mark

# Far above what a mirror of many candidates has; a bound for a store that fails and a peer that is mad.
MAX_COUNTS = 20_000
MAX_MARKS = 1_000

_Key = tuple[str, str, str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Notes:
    """Some of each."""

    counts: Sequence[FunnelCount] = ()
    marks: Sequence[Mark] = ()

    def __len__(self) -> int:
        return len(self.counts) + len(self.marks)


class Notepad:
    """Notes that wait for the log. Not thread-safe."""

    def __init__(self) -> None:
        self._counts: dict[_Key, FunnelCount] = {}
        self._marks: list[Mark] = []
        self._dropped = 0  # for want of room, since the last `take`

    def __bool__(self) -> bool:
        return bool(self._counts or self._marks)

    def add(self, notes: Notes) -> None:
        """Keep these. Counts are cumulative: the larger one of a key is the newer."""
        for count in notes.counts:
            self._add_count(count)
        self._marks += notes.marks
        self._dropped += max(0, len(self._marks) - MAX_MARKS)
        del self._marks[MAX_MARKS:]

    def take(self) -> tuple[Notes, int]:
        """All that waits, and how many more there would be if there had been room."""
        notes = Notes(counts=tuple(self._counts.values()), marks=tuple(self._marks))
        self._counts.clear()
        self._marks.clear()
        dropped, self._dropped = self._dropped, 0
        return notes, dropped

    def _add_count(self, count: FunnelCount) -> None:
        key = (count.epoch, count.candidate, count.stage, count.reason)
        there = self._counts.get(key)
        if there is None and len(self._counts) >= MAX_COUNTS:
            self._dropped += 1
        elif there is None or there.count <= count.count:
            self._counts[key] = count


def read_funnel(payload: bytes) -> Notes:
    """Payload of FUNNEL: [[epoch, candidate, stage, reason, count], …]. Raises ProtocolError."""
    try:
        return Notes(counts=tuple(_counts(orjson.loads(payload))))
    except (TypeError, ValueError) as error:
        raise ProtocolError(f"a funnel frame cannot be read: {error!r}") from None


def read_mark(payload: bytes) -> Notes:
    """Payload of MARK: the members of a `records.Mark`. Raises ProtocolError."""
    fields = handoff.read_json(payload)
    try:
        mark = Mark(
            at=float(fields["at"]),
            kind=_text(fields["kind"]),
            endpoint=_optional_text(fields.get("endpoint")),
            before=_optional_text(fields.get("before")),
            after=_optional_text(fields.get("after")),
        )
    except (KeyError, TypeError, ValueError, OverflowError) as error:
        raise ProtocolError(f"a mark frame cannot be read: {error!r}") from None
    return Notes(marks=(mark,))


def _counts(rows: Any) -> Iterable[FunnelCount]:
    for epoch, candidate, stage, reason, count in rows:
        if not isinstance(count, int) or count < 0:
            raise ValueError(f"a count is {count!r}")
        yield FunnelCount(
            epoch=_text(epoch), candidate=_text(candidate), stage=_text(stage), reason=_text(reason), count=count
        )


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise TypeError(f"text expected, not {type(value).__name__}")
    return value


def _optional_text(value: object) -> str | None:
    return None if value is None else _text(value)
