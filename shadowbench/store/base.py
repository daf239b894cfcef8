"""What a pair log promises, whatever keeps it.

The log is a sequence of exchanges, each whole or not there, numbered in the order they became visible. A reader fixes
the newest number once and reads pages up to it: it sees one unchanging log while writers append, and holds no
transaction between pages.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol

from shadowbench.errors import UnavailableError
from shadowbench.records import CandidateResult, Exchange, FunnelCount, Mark

PAGE_SIZE = 256
"""Exchanges per page: some milliseconds of reading, so that no reader holds back the writer's checkpoints."""


class LogError(UnavailableError):
    """The log refused. `reason` is from a fixed set, for counting:

    disk_full   no room left on the device, or a size limit reached
    busy        another writer held the log for longer than we wait
    io_error    the device failed to read or write
    corrupt     the file is not a log, or damaged
    read_only   opened for reading, or the file may not be written
    other       anything else; the message says what
    """

    def __init__(self, reason: str, message: str) -> None:
        super().__init__(message)
        self.reason = reason


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """Some consecutive exchanges. `last` is the number to go on after; the page is the last one when `at_end`."""

    exchanges: tuple[Exchange, ...]
    last: int
    at_end: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class LogCounts:
    """How much is in the log."""

    exchanges: int
    pairs: int


@dataclass(frozen=True, slots=True, kw_only=True)
class LogSizes:
    """Bytes on the device: signals. A `wal_bytes` that keeps growing means that a reader holds a transaction open."""

    file_bytes: int
    wal_bytes: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Pair:
    """Production's observation (in `exchange`) and one candidate's, of the same exchange."""

    exchange: Exchange
    candidate: CandidateResult


class PairLog(Protocol):
    """A pair log. Not thread-safe: one owner at a time; it may be another thread than the one that opened it."""

    def append(self, exchanges: Sequence[Exchange]) -> None:
        """Add exchanges in one transaction, durable on return. One whose id is in the log already is left as it is.

        Raises `LogError`, and then nothing of the batch is visible.
        """

    def put_funnel(self, counts: Sequence[FunnelCount]) -> None:
        """Set these counts, durable on return. One that was told before (same epoch, candidate, stage, reason) is replaced."""

    def put_marks(self, marks: Sequence[Mark]) -> None:
        """Add marks, durable on return. One that is in the log already is left as it is."""

    def funnel(self) -> Sequence[FunnelCount]:
        """All counts, ordered by epoch, candidate, stage and reason. Add up epochs for the whole log."""

    def marks(self) -> Sequence[Mark]:
        """All marks in the order of their time."""

    def newest(self) -> int:
        """The number of the newest exchange: where a reader's view ends. 0 for an empty log."""

    def page(self, *, after: int, upto: int, size: int = PAGE_SIZE, with_bodies: bool = True) -> Page:
        """Exchanges numbered above `after` up to `upto`, in order, at most `size` and fewer when they are large.

        Without bodies, headers and raw bodies are absent, answers are there; it is several times faster.
        """

    def counts(self) -> LogCounts:
        """How much is in the log now."""

    def sizes(self) -> LogSizes:
        """How large it is now."""

    def close(self) -> None:
        """Let go of it. A second call does nothing."""


def each_exchange(log: PairLog, *, upto: int | None = None, with_bodies: bool = True) -> Iterator[Exchange]:
    """All exchanges up to `upto`, by default up to the newest one now."""
    upto = log.newest() if upto is None else upto
    after, at_end = 0, False
    while not at_end:
        page = log.page(after=after, upto=upto, with_bodies=with_bodies)
        yield from page.exchanges
        after, at_end = page.last, page.at_end


def pairs_of(exchange: Exchange) -> Iterator[Pair]:
    """The pairs of one exchange, in the order of its candidates."""
    return (Pair(exchange=exchange, candidate=candidate) for candidate in exchange.candidates)
