"""Choosing pairs: what users write, and which pairs they mean by it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import numpy as np
import pytest

from shadowbench.errors import ConfigurationError
from shadowbench.reading.choosing import Choosing, choosing, chosen, taken
from shadowbench.store.columns import Coded, PairColumns

PAIRS = PairColumns(
    number=np.array([1, 1, 2, 5]),
    side=np.array([1, 2, 1, 1], np.int16),
    columns={
        "started_at": np.array([100.0, 100.0, 200.0, 300.0]),
        "candidate": Coded(codes=np.array([0, 1, 0, 0], np.int32), texts=("small", "twin")),
        "stratum": Coded(codes=np.array([0, 0, 1, -1], np.int32), texts=("short", "long")),
    },
)


def meant(**arguments: object) -> list[int] | None:
    keep = chosen(PAIRS, choosing(**arguments))  # type: ignore[arg-type]
    return None if keep is None else np.flatnonzero(keep).tolist()


@pytest.mark.parametrize(
    ("when", "seconds"),
    [
        (1.5, 1.5),
        (10, 10),
        ("1970-01-02", 86_400.0),
        ("1970-01-01T01:00+01:00", 0.0),
        (datetime(1970, 1, 2, tzinfo=UTC), 86_400.0),
        (datetime(1970, 1, 1, 1, tzinfo=timezone(timedelta(hours=1))), 0.0),
    ],
)
def test_times_are_written_in_many_ways(when: float | str | datetime, seconds: float) -> None:
    assert choosing(since=when, until=when) == Choosing(since=seconds, until=seconds)


def test_a_time_without_a_zone_is_utc() -> None:
    assert choosing(since=datetime(1970, 1, 2)).since == 86_400.0  # noqa: DTZ001 - what a user may pass


def test_what_is_no_time_or_no_slice_is_told() -> None:
    with pytest.raises(ConfigurationError, match=r"since='yesterday' is no time; write 2026-01-31"):
        choosing(since="yesterday")
    with pytest.raises(ConfigurationError, match="until is no time"):
        choosing(until=10**400)
    with pytest.raises(ConfigurationError, match=r"names no value; write COLUMN=VALUE"):
        choosing(slice="stratum")
    with pytest.raises(ConfigurationError, match=r"slice by 'started_at': .*there are candidate, stratum"):
        meant(slice="started_at=100")


def test_nothing_said_is_everything_meant() -> None:
    assert meant() is None


def test_since_is_in_and_until_is_out() -> None:
    assert meant(since=200) == [2, 3]
    assert meant(since=100, until=200) == [0, 1]


def test_candidates_and_slices_all_must_hold() -> None:
    assert meant(candidate="small") == [0, 2, 3]
    assert meant(candidate=["small", "twin"], slice="stratum=short") == [0, 1]
    assert meant(candidate="small", slice={"stratum": ["short", "long"]}) == [0, 2]
    assert meant(slice="stratum=nobody") == []


def test_what_has_no_word_is_in_no_slice() -> None:
    assert meant(slice={"stratum": ["short", "long"]}) == [0, 1, 2]


def test_pairs_are_taken_with_all_their_columns() -> None:
    some = taken(PAIRS, np.array([False, True, False, True]))
    assert (some.number.tolist(), some.side.tolist()) == ([1, 5], [2, 1])
    candidate = some.columns["candidate"]
    assert isinstance(candidate, Coded)
    assert candidate.codes.tolist() == [1, 0]
