"""Exchanges of another log, or of exported lines, into a log: in bounded batches, each one transaction."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import BinaryIO

from shadowbench.errors import UnavailableError
from shadowbench.records import Exchange
from shadowbench.store.base import PairLog
from shadowbench.store.exporting.compression import DAMAGE
from shadowbench.store.lines import BadLineError, exchange_of_line, joined

BATCH = 256
_BATCH_BYTES = 16 * 1024 * 1024
_MAX_LINE_BYTES = 512 * 1024 * 1024


@dataclass(slots=True)
class Lines:
    """Reads exported lines of the file called `name`, and counts the bad ones that it passes over."""

    name: str
    skip_bad: bool = False
    number: int = 0
    bad: int = 0

    def batches(self, file: BinaryIO) -> Iterator[list[Exchange]]:
        """The exchanges, some at a time. Raises UnavailableError at the first bad line unless those are passed over."""
        return batched(joined(self._exchanges(file)))

    def _exchanges(self, file: BinaryIO) -> Iterator[Exchange]:
        for line in self._lines(file):
            self.number += 1
            if not line.strip():
                continue
            try:
                yield exchange_of_line(line)
            except BadLineError as error:
                if not self.skip_bad:
                    raise UnavailableError(
                        f"{self.name}:{self.number}: {error}; nothing of this batch was imported. Mend the line, or pass "
                        "over such lines with --skip-bad; what is in the log already is not added twice"
                    ) from None
                self.bad += 1

    def _lines(self, file: BinaryIO) -> Iterator[bytes]:
        try:
            while line := file.readline(_MAX_LINE_BYTES):
                if len(line) == _MAX_LINE_BYTES:
                    raise UnavailableError(f"{self.name}:{self.number + 1}: a line beyond 512 MiB; is this an export?")
                yield line
        except DAMAGE as error:
            raise UnavailableError(f"{self.name} is damaged after line {self.number}: {error}") from None


def batched(exchanges: Iterable[Exchange]) -> Iterator[list[Exchange]]:
    """The exchanges in lists that are bounded in number and bytes."""
    batch: list[Exchange] = []
    room = _BATCH_BYTES
    for exchange in exchanges:
        batch.append(exchange)
        room -= _bytes_of(exchange)
        if len(batch) == BATCH or room < 0:
            yield batch
            batch, room = [], _BATCH_BYTES
    if batch:
        yield batch


def exchanges_of(source: PairLog) -> Iterator[list[Exchange]]:
    """All exchanges of another log as it is now, some at a time."""
    after, upto, at_end = 0, source.newest(), False
    while not at_end:
        page = source.page(after=after, upto=upto)
        if page.exchanges:
            yield list(page.exchanges)
        after, at_end = page.last, page.at_end


def copy_notes(source: PairLog, log: PairLog) -> None:
    """Marks and funnel counts of another log."""
    log.put_marks(source.marks())
    log.put_funnel(source.funnel())


def _bytes_of(exchange: Exchange) -> int:
    bodies = (exchange.request_body, exchange.production.body, *(each.observation.body for each in exchange.candidates))
    return sum(len(body) for body in bodies if body)
