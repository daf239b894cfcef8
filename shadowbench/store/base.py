"""What a pair log promises, whatever keeps it.

The log is a sequence of exchanges, each whole or not there, numbered in the order they became visible. A reader fixes
the newest number once and reads pages up to it: it sees one unchanging log while writers append, and holds no
transaction between pages.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal, Protocol

from shadowbench.errors import UnavailableError
from shadowbench.records import CandidateResult, Exchange, FunnelCount, Mark

Bodies = bool | Literal["request"]
"""What a page has besides answers: all headers and bodies, none of them, or the request's body alone."""

PAGE_SIZE = 256
"""Exchanges per page: some milliseconds of reading, so that no reader holds back the writer's checkpoints."""


class LogError(UnavailableError):
    """The log refused. `reason` is from a fixed set, for counting:

    disk_full   no room left on the device, or a size limit reached
    busy        another writer held the log for longer than we wait
    io_error    the device failed to read or write
    corrupt     the file is not a log, or damaged
    read_only   opened for reading, or the file may not be written
    moved       its file was moved, replaced or deleted meanwhile; open the log again
    other       anything else; the message says what
    """

    def __init__(self, reason: str, message: str) -> None:
        super().__init__(message)
        self.reason = reason


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """Some consecutive exchanges. `last` is the number to go on after; the page is the last one when `at_end`."""

    exchanges: tuple[Exchange, ...]
    numbers: tuple[int, ...]  # of these exchanges, in the same order
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
    free_bytes: int | None  # that the device has left; None where it does not say


@dataclass(frozen=True, slots=True, kw_only=True)
class LogUsage:
    """What retention decides by."""

    exchanges: int
    oldest_at: float | None  # Unix seconds; None for an empty log
    used_bytes: int  # of the file: pages that hold something
    free_bytes: int  # of the file: pages that hold nothing and are used again


@dataclass(frozen=True, slots=True, kw_only=True)
class Owner:
    """Whose exchanges: those with any of these keys, or whose request holds any of these marks.

    A mark is a placeholder, `[user:…]`, `[tenant:…]` or `hash:…`, that is the whole of a header or of a string of the body.
    """

    user_keys: tuple[str, ...] = ()
    tenant_keys: tuple[str, ...] = ()
    cluster_keys: tuple[str, ...] = ()
    marks: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Pair:
    """Production's observation (in `exchange`) and one candidate's, of the same exchange."""

    exchange: Exchange
    candidate: CandidateResult


class LogUpkeep(Protocol):
    """Taking out of a log what shall not stay. Each call is one short transaction; all raise `LogError`.

    Readers and writers of other connections go on meanwhile (`rewrite` apart): a reader that fixed where its view ends
    finds fewer.
    """

    def usage(self) -> LogUsage:
        """How much there is, in some microseconds."""

    def oldest(self, *, limit: int, before: float | None = None) -> Sequence[int]:
        """Numbers of the exchanges that started first, at most `limit`; only those that started before `before`."""

    def count_before(self, before: float) -> int:
        """How many exchanges started before `before` (Unix seconds)."""

    def owned_by(self, owner: Owner, *, after: int, upto: int) -> Sequence[int]:
        """Numbers above `after` up to `upto` of the owner's exchanges. It reads them all: ask for ranges."""

    def delete(self, numbers: Sequence[int]) -> int:
        """Take out these exchanges with all that belongs to them, durable on return; how many there were."""

    def delete_notes(self, before: float) -> None:
        """Take out marks from before `before` (Unix seconds), and funnel counts that were not renewed since."""

    def shrink(self, *, limit_bytes: int) -> int:
        """Give free space back to the file system, about `limit_bytes` of it; how much. The file is cut at a checkpoint."""

    def rewrite(self) -> None:
        """Write the log anew, so that no trace of what was deleted stays in it. Writers wait as long as that takes.

        Deleting overwrites what it deletes; copies that earlier writing left behind, as where rows moved to another page,
        only this takes away.
        """

    def checkpoint(self, *, whole: bool) -> bool:
        """Move what is in the write-ahead log into the file. `whole`: and empty it, which waits for readers.

        False when somebody stood in the way; what could be moved is moved.
        """


class PairLog(Protocol):
    """A pair log. Not thread-safe: one owner at a time; it may be another thread than the one that opened it."""

    @property
    def upkeep(self) -> LogUpkeep:
        """Pruning and erasing."""

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

    def page(self, *, after: int, upto: int, size: int = PAGE_SIZE, with_bodies: Bodies = True) -> Page:
        """Exchanges numbered above `after` up to `upto`, in order, at most `size` and fewer when they are large.

        Without bodies, headers and raw bodies are absent, answers are there; it is several times faster where those are large.
        """

    def counts(self) -> LogCounts:
        """How much is in the log now."""

    def sizes(self) -> LogSizes:
        """How large it is now."""

    def close(self) -> None:
        """Let go of it. A second call does nothing."""


def each_exchange(
    log: PairLog, *, after: int = 0, upto: int | None = None, with_bodies: Bodies = True
) -> Iterator[Exchange]:
    """All exchanges numbered above `after` up to `upto`, by default up to the newest one now."""
    upto = log.newest() if upto is None else upto
    at_end = False
    while not at_end:
        page = log.page(after=after, upto=upto, with_bodies=with_bodies)
        yield from page.exchanges
        after, at_end = page.last, page.at_end


def pairs_of(exchange: Exchange) -> Iterator[Pair]:
    """The pairs of one exchange, in the order of its candidates."""
    return (Pair(exchange=exchange, candidate=candidate) for candidate in exchange.candidates)
