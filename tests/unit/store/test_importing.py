"""Batches are bounded, and a bad line stops or is passed over."""

import gzip
from dataclasses import replace
from io import BytesIO
from typing import BinaryIO, cast

import pytest

from shadowbench.errors import UnavailableError
from shadowbench.records import Exchange
from shadowbench.store.base import pairs_of
from shadowbench.store.exporting.compression import decompressing
from shadowbench.store.flat import as_json_line
from shadowbench.store.importing import BATCH, Lines, batched
from shadowbench.store.testing import an_exchange, invented_traffic


def lines(exchanges: list[Exchange]) -> bytes:
    return b"".join(as_json_line(pair) for exchange in exchanges for pair in pairs_of(exchange))


def test_batches_are_bounded_in_number() -> None:
    sizes = [len(batch) for batch in batched(map(an_exchange, range(2 * BATCH + 1)))]
    assert sizes == [BATCH, BATCH, 1]


def test_batches_are_bounded_in_bytes() -> None:
    large = (an_exchange(number, request_body=b"x" * 5_000_000) for number in range(8))
    assert [len(batch) for batch in batched(large)] == [4, 4]


def test_an_exchange_is_never_cut_in_two() -> None:
    traffic = list(invented_traffic(BATCH + 3))  # two lines each
    batches = list(Lines("x").batches(BytesIO(lines(traffic))))
    assert [len(batch) for batch in batches] == [BATCH, 3]
    assert [exchange for batch in batches for exchange in batch] == traffic


def test_a_bad_line_is_told_with_its_number_and_its_batch_is_not_given() -> None:
    traffic = list(map(an_exchange, range(BATCH + 10)))
    file = BytesIO(lines(traffic[:-1]) + b"\n{}\n" + lines(traffic[-1:]))
    reader = Lines("pairs.jsonl")
    given = reader.batches(file)
    assert len(next(given)) == BATCH
    with pytest.raises(UnavailableError, match=rf"pairs.jsonl:{BATCH + 11}: request is missing; nothing of this batch"):
        next(given)


def test_bad_lines_are_counted_when_they_are_passed_over() -> None:
    good = an_exchange(1)
    reader = Lines("x", skip_bad=True)
    (batch,) = reader.batches(BytesIO(b"{}\n" + lines([good]) + b"oh\n"))
    assert batch == [good]
    assert reader.bad == 2


def test_a_last_line_without_its_end_is_a_line() -> None:
    (batch,) = Lines("x").batches(BytesIO(lines([an_exchange(1)]).rstrip()))
    assert batch == [an_exchange(1)]


def test_a_file_that_was_cut_off_is_told() -> None:
    packed = gzip.compress(lines([replace(an_exchange(n), method=str(n) * 9) for n in range(500)]))
    reader = Lines("x.gz")
    file = decompressing(cast(BinaryIO, BytesIO(packed[: len(packed) // 2])), ".gz")
    with pytest.raises(UnavailableError, match=r"x.gz is damaged after line \d+"):
        list(reader.batches(file))
