"""Pairs as a Parquet file: the columns of a CSV export, typed."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from io import UnsupportedOperation
from itertools import islice
from typing import Any, BinaryIO

from shadowbench.store.base import Pair
from shadowbench.store.exporting import extra
from shadowbench.store.flat import CSV_COLUMNS, as_csv_row

_WHAT = "exporting Parquet"
_BATCH_PAIRS = 128
_GROUP_PAIRS = 1024
"""Pairs per row group. A group is held in memory, compressed, until it is written: some MB, bodies of usual size."""

_INTEGERS = ("policy_version", "candidate_attempts")
_INTEGER_ENDINGS = ("_status", "_tokens", "_response_bytes")
_REAL = ("inclusion_probability",)
_REAL_ENDINGS = ("_s", "_usd")


def kind_of(column: str) -> str:
    """What a column holds: time, boolean, integer, real or text."""
    if column == "started_at":
        return "time"
    if column.endswith("_streamed"):
        return "boolean"
    if column in _INTEGERS or column.endswith(_INTEGER_ENDINGS):
        return "integer"
    if column in _REAL or column.endswith(_REAL_ENDINGS):
        return "real"
    return "text"


def write_parquet(pairs: Iterator[Pair], out: BinaryIO) -> int:
    """Write all pairs; how many there were. Raises ConfigurationError without the extra `export`."""
    core, io = extra("arro3.core", _WHAT), extra("arro3.io", _WHAT)
    schema = core.Schema([core.Field(name, _type(core, kind_of(name)), nullable=True) for name in CSV_COLUMNS])
    counts: list[int] = []

    def batches() -> Iterator[Any]:
        while some := list(islice(pairs, _BATCH_PAIRS)):
            counts.append(len(some))
            yield _batch(core, schema, some)

    guard = _Guard(out)
    reader = core.RecordBatchReader.from_batches(schema, guard.each(batches()))
    io.write_parquet(reader, guard, compression="zstd(3)", max_row_group_size=_GROUP_PAIRS)
    if guard.failure is not None:
        raise guard.failure
    return sum(counts)


def _batch(core: Any, schema: Any, pairs: list[Pair]) -> Any:
    columns = zip(*(as_csv_row(pair) for pair in pairs), strict=True)
    arrays = [_array(core, kind_of(name), list(values)) for name, values in zip(CSV_COLUMNS, columns, strict=True)]
    return core.RecordBatch.from_arrays(arrays, schema=schema)


def _type(core: Any, kind: str) -> Any:
    types = core.DataType
    return {
        "time": lambda: types.timestamp("us", tz="UTC"),
        "boolean": types.bool,
        "integer": types.int64,
        "real": types.float64,
        "text": types.utf8,
    }[kind]()


_FIT: dict[str, Callable[[Any], Any]] = {
    "time": lambda seconds: round(seconds * 1e6),
    "boolean": bool,
    "integer": int,
    "real": float,
    # A lone surrogate has no UTF-8.
    "text": lambda text: str(text).encode("utf-8", "replace").decode(),
}


def _array(core: Any, kind: str, values: list[Any]) -> Any:
    fit = _FIT[kind]
    fitted = [None if value is None else fit(value) for value in values]
    if kind == "time":
        return core.Array(fitted, type=core.DataType.int64()).cast(_type(core, kind))
    return core.Array(fitted, type=_type(core, kind))


class _Guard:
    """The output file and the batches, and the first error that either raised.

    The library turns what is raised within its calls into errors of its own, or panics. So nothing is: after an error the
    batches end and what is written is thrown away, until the library has come to its end and the error can be told.
    """

    def __init__(self, out: BinaryIO) -> None:
        self._out = out
        self.failure: Exception | None = None

    def each(self, batches: Iterator[Any]) -> Iterator[Any]:
        try:
            for batch in batches:
                if self.failure is not None:
                    return
                yield batch
        except Exception as error:  # noqa: BLE001  told by `write_parquet`
            self.failure = error

    def write(self, data: Any) -> int:
        if self.failure is None:
            try:
                self._out.write(bytes(data))
            except Exception as error:  # noqa: BLE001  told by `write_parquet`
                self.failure = error
        return len(data)

    def flush(self) -> None:
        """Left to whoever opened the file."""

    def seek(self, offset: int, whence: int = 0) -> int:
        # The library asks whether there is one, and writes from the start to the end.
        raise UnsupportedOperation("a file that is written in order")
