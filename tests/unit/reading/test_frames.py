"""Frames: what the arrays say, with words as categories; and what is said where no library for them is installed."""

from __future__ import annotations

import sys
from collections.abc import Iterator

import numpy as np
import pytest

import shadowbench
from shadowbench.errors import UnavailableError
from shadowbench.reading.log import ReadLog
from tests.contract.columns import make_log


@pytest.fixture(scope="module")
def log(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ReadLog]:
    url, _ = make_log(tmp_path_factory.mktemp("frames"), count=60)
    with shadowbench.read(url) as log:
        yield log


def test_a_frame_of_pandas_has_a_row_for_each_pair(log: ReadLog) -> None:
    pandas = pytest.importorskip("pandas")
    frame = log.to_pandas()
    assert len(frame) == log.pairs.n
    assert frame["candidate"].astype(str).tolist() == log.pairs.words("candidate").tolist()
    np.testing.assert_array_equal(frame["second_production"], log.scores["second"].production_value)
    assert frame["stratum"].isna().sum() == (log.pairs["stratum"] < 0).sum()
    assert frame["started_at"].iloc[0] == pandas.Timestamp(log.pairs["started_at"][0], unit="s", tz="UTC")
    assert set(frame["second_reason"].dropna()) >= {"no_text", "not_scored"}


def test_a_frame_of_polars_has_a_row_for_each_pair(log: ReadLog) -> None:
    pytest.importorskip("polars")
    frame = log.to_polars()
    assert frame.height == log.pairs.n
    assert frame["candidate"].to_list() == log.pairs.words("candidate").tolist()
    assert frame["second"].null_count() == np.isnan(log.scores["second"].value).sum()
    assert frame["stratum"].null_count() == (log.pairs["stratum"] < 0).sum()
    assert frame["started_at"][0].timestamp() == pytest.approx(log.pairs["started_at"][0], abs=1e-6)


@pytest.mark.parametrize("library", ["pandas", "polars"])
def test_without_the_library_it_says_what_to_install(
    log: ReadLog, library: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, library, None)
    with pytest.raises(UnavailableError, match=f"{library} is not installed: `pip install {library}`"):
        getattr(log, f"to_{library}")()
