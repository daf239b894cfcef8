"""The exchanges of some files, one by one, and the rows that are none."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from hashlib import blake2b
from typing import NamedTuple

from shadowbench.offline.answers import Gathered, Told, exchange_of, seed_of, told_of, where_given
from shadowbench.offline.joining import Joined
from shadowbench.offline.rows import BadRow, BadRowError, Row, needed_word
from shadowbench.offline.shapes import CandidateShape, ImportShape
from shadowbench.records import Exchange


class Part(NamedTuple):
    """A file of a candidate's own."""

    candidate: CandidateShape
    rows: Joined


def gathered(
    shape: ImportShape, rows: Iterable[Row | BadRow], parts: Sequence[Part], *, started_at: float
) -> Iterator[Gathered | BadRow]:
    """The exchanges of `rows` with all that the parts have of them. Bad rows stand among them, those of the parts last.

    Rows that say the same are several exchanges, unless they have a request id: then they are the same one.
    """
    twins: Counter[bytes] = Counter()
    for row in rows:
        if isinstance(row, BadRow):
            yield row
            continue
        try:
            # Candidates first: their rows have their exchange, even if it is a bad one.
            found, exchange = _candidates(shape, row, parts), exchange_of(shape, row, started_at=started_at)
        except BadRowError as error:
            yield row.bad(error)
            continue
        told, bad = _all_told(found, shape, exchange)
        yield from bad
        if told:
            yield _whole(exchange, told, where_given(shape.reference, row), twins)
        elif not found:
            yield row.bad("no candidate has an answer to it")
    for part in parts:
        yield from part.rows.bad
        yield from part.rows.left()


def _candidates(shape: ImportShape, row: Row, parts: Sequence[Part]) -> list[tuple[CandidateShape, Row]]:
    """The candidates of an exchange, with the rows that they stand in."""
    found = [(candidate, row) for candidate in shape.candidates if candidate.file is None]
    if parts and shape.key is not None:
        key = needed_word(shape.key, row)
        joined = ((part.candidate, part.rows.get(key)) for part in parts)
        found += [(candidate, its_row) for candidate, its_row in joined if its_row is not None]
    return found


def _all_told(
    found: Sequence[tuple[CandidateShape, Row]], shape: ImportShape, exchange: Exchange
) -> tuple[tuple[Told, ...], list[BadRow]]:
    told: dict[str, Told] = {}
    bad: list[BadRow] = []
    for candidate, row in found:
        try:
            one = told_of(candidate, shape, row, exchange.production)
        except BadRowError as error:
            bad.append(row.bad(error))
            continue
        if one.name in told:
            bad.append(row.bad(f"the exchange has a candidate {one.name} already"))
        told.setdefault(one.name, one)
    return tuple(told.values()), bad


def _whole(exchange: Exchange, told: tuple[Told, ...], reference: str | None, twins: Counter[bytes]) -> Gathered:
    seed = seed_of(exchange)
    if exchange.request_id is None:
        names = "\0".join(each.name for each in told).encode("utf-8", "surrogatepass")
        same = blake2b(seed + names, digest_size=16).digest()
        seed += twins[same].to_bytes(4, "big")
        twins[same] += 1
    return Gathered(seed=seed, exchange=exchange, candidates=told, reference=reference)
