"""What is SQLite's own in reading by columns: short transactions, refusals, memory."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from shadowbench.errors import UnavailableError
from shadowbench.store import columns_sqlite
from shadowbench.store.base import LogError
from shadowbench.store.columns_sqlite import open_columns
from shadowbench.store.testing import an_exchange, an_observation
from tests.contract.scorers import logs_in, url_in


def test_a_page_is_a_transaction_of_its_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(columns_sqlite, "PAGE", 4)
    with logs_in(tmp_path) as (log, _):
        log.append([an_exchange(number) for number in range(1, 13)])
    with closing(open_columns(url_in(tmp_path))) as columns:
        told: list[str] = []
        columns._connection.set_trace_callback(told.append)
        assert len(columns.pairs(["stratum"], upto=12)) == 12
        assert not columns._connection.in_transaction
    assert [word for word in told if word in ("BEGIN", "COMMIT")] == ["BEGIN", "COMMIT"] * 4  # the last finds nothing


def test_numbers_that_were_pruned_are_skipped_at_once(tmp_path: Path) -> None:
    with logs_in(tmp_path) as (log, _):
        log.append([an_exchange(number) for number in (1, 2)])
    with closing(sqlite3.connect(tmp_path / "log.db")) as connection:
        connection.execute("UPDATE exchanges SET number = 1000000000 WHERE number = 2")
        connection.execute("UPDATE observations SET exchange = 1000000000 WHERE exchange = 2")
        connection.execute("UPDATE sqlite_sequence SET seq = 1000000000")
        connection.commit()
    with closing(open_columns(url_in(tmp_path))) as columns:
        told: list[str] = []
        columns._connection.set_trace_callback(told.append)
        assert columns.pairs([], upto=columns.newest()).number.tolist() == [1, 1_000_000_000]
    assert len([word for word in told if word == "BEGIN"]) <= 3


def test_more_candidates_than_a_side_takes_are_refused(tmp_path: Path) -> None:
    with logs_in(tmp_path) as (log, _):
        log.append([an_exchange(1, *(an_observation(endpoint=f"c{each}") for each in range(256)))])
    with closing(open_columns(url_in(tmp_path))) as columns, pytest.raises(UnavailableError, match="more than 255"):
        columns.pairs([], upto=1)


def test_a_damaged_log_is_told_as_one(tmp_path: Path) -> None:
    with logs_in(tmp_path) as (log, _):
        log.append([an_exchange(number) for number in range(1, 200)])
    path = tmp_path / "log.db"
    with closing(open_columns(url_in(tmp_path))) as columns:
        content = bytearray(path.read_bytes())
        content[3 * 8192 :] = b"\xff" * (len(content) - 3 * 8192)
        path.write_bytes(content)
        with pytest.raises(LogError):
            columns.pairs(["stratum"], upto=200)
