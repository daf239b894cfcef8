"""Sends one file: reads the log, writes the pairs, puts the file where it belongs, moves the bookmark."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import cast

from shadowbench.errors import ConfigurationError, UnavailableError
from shadowbench.exporter.bookmark import bookmark_of, load, save
from shadowbench.exporter.lock import BookmarkLock
from shadowbench.exporter.options import ExporterOptions
from shadowbench.exporter.shipment import Bookmark, Shipment, missed_of, next_shipment
from shadowbench.store.base import LogError, Pair, PairLog, each_exchange, pairs_of
from shadowbench.store.exporting.compression import compressing, ending_of
from shadowbench.store.exporting.formats import WRITERS, Format
from shadowbench.store.exporting.objects import ObjectError
from shadowbench.store.exporting.places import gathering, put
from shadowbench.store.opening import open_log, path_of


@dataclass(frozen=True, slots=True, kw_only=True)
class Shipped:
    """One step of an export: a file, or None where a range of the log had no pairs. `missed`: exchanges that were removed from
    the log before they could be exported."""

    name: str | None
    pairs: int
    missed: int = 0


class Shipper:
    """Exports one log. `now`: Unix seconds. Not thread-safe: one step at a time."""

    def __init__(self, options: ExporterOptions, *, now: Callable[[], float]) -> None:
        self._options = options
        self._now = now
        self._path = path_of(options.store_url)
        self._file = bookmark_of(self._path)
        self.lock = BookmarkLock(self._path)

    def step(self) -> Shipped | None:
        """Send the next file; None when all is sent. Raises UnavailableError or OSError; a next step tries again.

        Call it with the lock held: two that work on one bookmark would send pairs twice, and none at all.
        """
        log = open_log(self._options.store_url, "read")
        try:
            return self._next(log)
        finally:
            log.close()

    def _next(self, log: PairLog) -> Shipped | None:
        bookmark = load(self._file)
        shipment = next_shipment(
            bookmark,
            log.newest(),
            at=self._now(),
            format=self._options.format,
            max_exchanges=self._options.max_exchanges,
        )
        if shipment is None:
            return None
        missed = missed_of(bookmark, shipment, _oldest(log, shipment))
        if shipment != bookmark.pending:
            save(self._file, replace(bookmark, after=shipment.after, pending=shipment))
        count = self._send(log, shipment)
        save(self._file, Bookmark(after=shipment.upto))
        return Shipped(name=shipment.name if count else None, pairs=count, missed=missed)

    def _send(self, log: PairLog, shipment: Shipment) -> int:
        with gathering(self._path.parent) as file:
            with compressing(file, ending_of(shipment.name)) as out:
                count = WRITERS[cast(Format, self._options.format)](_pairs(log, shipment), out)
            if count:
                put(self._options.url, shipment.name, file)
        return count


def _oldest(log: PairLog, shipment: Shipment) -> int:
    """The number of the oldest exchange in the log; what comes after the shipment does not matter."""
    page = log.page(after=0, upto=shipment.upto, size=1, with_bodies=False)
    return page.last if page.exchanges else shipment.upto + 1


def _pairs(log: PairLog, shipment: Shipment) -> Iterator[Pair]:
    for exchange in each_exchange(log, after=shipment.after, upto=shipment.upto):
        yield from pairs_of(exchange)


def reason_of(error: Exception) -> str:
    """Why an export failed, for counting: log | denied | not_found | unreachable | disk | configuration | other."""
    if isinstance(error, ObjectError):
        return error.reason
    if isinstance(error, ConfigurationError):
        return "configuration"
    if isinstance(error, LogError | UnavailableError):
        return "log"
    return "disk" if isinstance(error, OSError) else "other"
