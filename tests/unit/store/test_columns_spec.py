"""Which columns there are: every name is found in its table, and codes packed three by three come out again."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from shadowbench.store.columns_spec import BITS, OF_CANDIDATE, OF_EXCHANGE, OF_SIDE, all_names, packed, unpacked, wanted
from shadowbench.store.opening import open_log


def test_columns_are_sorted_by_their_tables() -> None:
    want = wanted(["stratum", "production_latency_s", "candidate_latency_s", "inclusion_probability"])
    assert set(want.exchange) == {"stratum"}
    assert set(want.side) == {"candidate", "latency_s", "inclusion_probability"}
    assert want.side["latency_s"].column == "last_byte_s"


@pytest.mark.parametrize(
    "name", ["latency_s", "production_candidate", "candidate_started_at", "production_", "", "side"]
)
def test_a_name_that_is_none_is_refused(name: str) -> None:
    with pytest.raises(ValueError, match="no column"):
        wanted([name])


def test_names_are_those_of_the_view_of_pairs(tmp_path: Path) -> None:
    """But for what the view leaves out, which has names of the same form."""
    open_log(f"sqlite:///{tmp_path}/log.db", "write").close()
    with closing(sqlite3.connect(tmp_path / "log.db")) as connection:
        view = {row[0] for row in connection.execute("SELECT name FROM pragma_table_info('pairs')")}
    numbers = set(all_names())
    words = {"exchange_id", "request_id", "started_at_utc", "exchange_number", "candidate_side"}
    texts = {name for name in view if name.endswith(("_body", "_text", "_answer", "_message", "_provider_request_id"))}
    assert view - numbers == words | texts


def test_kinds_are_what_the_tables_say(tmp_path: Path) -> None:
    """A column said to be real is of type REAL: only then it needs no conversion."""
    open_log(f"sqlite:///{tmp_path}/log.db", "write").close()
    with closing(sqlite3.connect(tmp_path / "log.db")) as connection:
        for table, sources in (("exchanges", OF_EXCHANGE), ("observations", {**OF_SIDE, **OF_CANDIDATE})):
            types = {row[1]: row[2] for row in connection.execute(f"PRAGMA table_info({table})")}
            names = {"real": "REAL", "whole": "INTEGER", "word": "TEXT", "key": "TEXT"}
            assert {types[each.column] == names[each.kind] for each in sources.values()} == {True}


@given(codes=st.lists(st.integers(-1, 2**BITS - 2), min_size=1, max_size=7))
def test_codes_are_packed_and_unpacked(codes: list[int]) -> None:
    expressions = packed([str(code + 1) for code in codes], lambda code, unit: f"{code} * {unit}")
    numbers = [np.array([float(eval(each))]) for each in expressions]
    assert [int(unpacked(numbers[place // 3], place % 3)[0]) for place in range(len(codes))] == codes
