"""What the next file holds, and its name. Pure.

The name is fixed before the file is written, and kept in the bookmark: a file that was sent just before a crash is sent again
under the same name, over itself, and no pair is in two files.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime

ENDINGS = {"jsonl": ".jsonl.gz", "csv": ".csv.gz", "parquet": ".parquet"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Shipment:
    """Exchanges numbered above `after` up to `upto`, in a file called `name`."""

    after: int
    upto: int
    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Bookmark:
    """How far the log has been exported, and the file that may be half on its way."""

    after: int = 0
    pending: Shipment | None = None


def next_shipment(bookmark: Bookmark, newest: int, *, at: float, format: str, max_exchanges: int) -> Shipment | None:
    """What to send next; None when all is sent. `newest`: the log's newest number; `at`: Unix seconds, for the name.

    A log that is younger than the bookmark is another one: it is sent from its start.
    """
    after = bookmark.after if bookmark.after <= newest else 0
    pending = bookmark.pending
    if pending is not None and pending.upto <= newest and pending.after == after and _is_of(pending, format):
        return pending
    if newest <= after:
        return None
    upto = min(newest, after + max_exchanges)
    return Shipment(after=after, upto=upto, name=name_of(after, upto, at=at, format=format))


def missed_of(bookmark: Bookmark, shipment: Shipment, oldest: int) -> int:
    """How many exchanges of the shipment were removed before they could be sent. `oldest`: the log's oldest number.

    Numbers are given one after the other, and retention takes the oldest: what is missing between the bookmark and the oldest
    went unsent. Before the first export nothing is missed, nor in another log.
    """
    has_begun = shipment == bookmark.pending or (bookmark.after > 0 and shipment.after == bookmark.after)
    return max(0, min(oldest, shipment.upto + 1) - shipment.after - 1) if has_begun else 0


def _is_of(shipment: Shipment, format: str) -> bool:
    return shipment.name.endswith(ENDINGS[format])


def name_of(after: int, upto: int, *, at: float, format: str) -> str:
    """A name that sorts by time and then by number: `pairs-20251009T120000Z-000000000001-000000000500.jsonl.gz`."""
    time = datetime.fromtimestamp(at, UTC).strftime("%Y%m%dT%H%M%SZ")
    return f"pairs-{time}-{after + 1:012d}-{upto:012d}{ENDINGS[format]}"


def retry_delay_s(failures: int, every_s: float) -> float:
    """How long to wait after so many failures in a row: doubling from five seconds, never longer than the schedule."""
    return min(every_s, 5.0 * float(1 << min(failures - 1, 10)))
