"""Formats by name, and what each writes."""

from io import BytesIO

import pytest

from shadowbench.errors import ConfigurationError
from shadowbench.records import again
from shadowbench.store.base import pairs_of
from shadowbench.store.exporting.formats import WRITERS, check_compression, format_of
from shadowbench.store.testing import an_exchange, an_observation


@pytest.mark.parametrize(
    ("name", "format"),
    [
        ("a.jsonl", "jsonl"), ("a.ndjson", "jsonl"), ("a.CSV", "csv"), ("s3://b/a.csv.gz", "csv"),
        ("a.jsonl.zst", "jsonl"), ("a.parquet", "parquet"), ("a", None), ("a.gz", None), ("", None),
    ],
)  # fmt: skip
def test_a_name_tells_the_format(name: str, format: str | None) -> None:
    assert format_of(name) == format


def test_parquet_is_not_compressed_twice() -> None:
    with pytest.raises(ConfigurationError, match=r"Parquet compresses its columns itself; leave .gz off"):
        check_compression("parquet", "a.parquet.gz")
    check_compression("parquet", "a.parquet")
    check_compression("csv", "a.csv.gz")


@pytest.mark.parametrize("format", ["jsonl", "csv", "parquet"])
def test_no_pairs_are_a_valid_file(format: str) -> None:
    out = BytesIO()
    assert WRITERS[format](iter(()), out) == 0  # type: ignore[index]
    assert (out.getvalue() == b"") == (format == "jsonl")


@pytest.mark.parametrize(("format", "rows"), [("jsonl", 3), ("csv", 1), ("parquet", 1)])
def test_a_table_has_a_row_a_pair_and_json_lines_keep_what_was_asked_once_more(format: str, rows: int) -> None:
    names = ("small", again("small"), again("production"))
    exchange = an_exchange(1, *(an_observation(endpoint=name) for name in names))
    out = BytesIO()
    assert WRITERS[format](pairs_of(exchange), out) == rows  # type: ignore[index]
    assert (b"~again" in out.getvalue()) == (format == "jsonl")
