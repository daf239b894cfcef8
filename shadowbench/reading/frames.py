"""Pairs and scores as frames of pandas and polars, which are imported only here and only when a frame is asked for."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from shadowbench.errors import UnavailableError
from shadowbench.reading.pairs import Pairs
from shadowbench.store.columns import Coded, ScoreColumns

if TYPE_CHECKING:
    import pandas
    import polars

    from shadowbench.reading.scores import ScoresByName


def as_pandas(pairs: Pairs, scores: ScoresByName) -> pandas.DataFrame:
    """Words are categories, times are UTC timestamps, NaN is absent."""
    try:
        import pandas
    except ImportError:
        raise _missing("pandas") from None
    columns: dict[str, Any] = {}
    for name, column in _columns(pairs, scores).items():
        columns[name] = (
            pandas.Categorical.from_codes(column.codes, categories=list(column.texts))
            if isinstance(column, Coded)
            else column
        )
    frame = pandas.DataFrame(columns)
    if "started_at" in frame:
        frame["started_at"] = pandas.to_datetime(frame["started_at"], unit="s", utc=True)
    return frame


def as_polars(pairs: Pairs, scores: ScoresByName) -> polars.DataFrame:
    """Words are categories, times are UTC timestamps, absent is null."""
    try:
        import polars
    except ImportError:
        raise _missing("polars") from None
    columns: dict[str, Any] = {}
    for name, column in _columns(pairs, scores).items():
        if isinstance(column, Coded):
            texts = np.array([*column.texts, None], dtype=object)
            columns[name] = polars.Series(name, texts[column.codes].tolist(), dtype=polars.Categorical)
        else:
            columns[name] = polars.Series(name, column, nan_to_null=True)
    frame = polars.DataFrame(columns)
    if "started_at" in frame.columns:
        microseconds = (polars.col("started_at") * 1e6).round().cast(polars.Int64)
        frame = frame.with_columns(microseconds.cast(polars.Datetime("us", "UTC")).alias("started_at"))
    return frame


def _columns(pairs: Pairs, scores: ScoresByName) -> Mapping[str, Any]:
    """Pairs, then NAME, NAME_production, NAME_reason, NAME_production_reason and NAME_probability of each measure."""
    found: dict[str, Any] = {
        name: Coded(codes=pairs[name], texts=pairs.texts[name]) if name in pairs.texts else pairs[name]
        for name in pairs
    }
    scores.load()
    for name, score in scores.items():
        found |= _of_measure(name, score)
    return found


def _of_measure(name: str, score: ScoreColumns) -> dict[str, Any]:
    return {
        name: score.value,
        f"{name}_production": score.production_value,
        f"{name}_reason": score.reason,
        f"{name}_production_reason": score.production_reason,
        f"{name}_probability": score.probability,
    }


def _missing(name: str) -> UnavailableError:
    return UnavailableError(
        f"{name} is not installed: `pip install {name}`; `pairs` and `scores` have numpy arrays without it"
    )
