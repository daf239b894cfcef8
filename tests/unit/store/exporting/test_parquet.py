"""Parquet has the columns of the CSV, typed, and absent stays absent."""

from io import BytesIO

import arro3.io
import pytest

from shadowbench.errors import ConfigurationError
from shadowbench.records import Cost
from shadowbench.store.base import pairs_of
from shadowbench.store.exporting.parquet import kind_of, write_parquet
from shadowbench.store.flat import CSV_COLUMNS, as_csv_row
from shadowbench.store.testing import an_exchange, an_observation, invented_traffic

TRAFFIC = [
    *invented_traffic(600),
    an_exchange(
        9999, an_observation("\ud800", endpoint="small", cost=Cost(usd=0.5, reason=None)), request_body=b"\xff"
    ),
]


@pytest.fixture(scope="module")
def columns() -> dict[str, list[object]]:
    out = BytesIO()
    count = write_parquet((pair for exchange in TRAFFIC for pair in pairs_of(exchange)), out)  # type: ignore[arg-type]
    assert count == 1201
    out.seek(0)
    table = arro3.io.read_parquet(out).read_all()
    return {name: table.column(name).to_pylist() for name in table.column_names}


def test_values_are_those_of_the_csv(columns: dict[str, list[object]]) -> None:
    rows = [as_csv_row(pair) for exchange in TRAFFIC for pair in pairs_of(exchange)]
    assert tuple(columns) == CSV_COLUMNS
    for place, name in enumerate(CSV_COLUMNS):
        expected = [row[place] for row in rows]
        if name == "started_at":
            assert [moment.timestamp() for moment in columns[name]] == expected  # type: ignore[attr-defined]
        else:
            assert columns[name][:-1] == expected[:-1], name


def test_what_has_no_utf_8_is_written_all_the_same(columns: dict[str, list[object]]) -> None:
    assert columns["candidate_text"][-1] == "?"
    assert columns["request_body"][-1] == "base64:/w=="
    assert columns["candidate_cost_usd"][-1] == 0.5


@pytest.mark.parametrize(
    ("column", "kind"),
    [
        ("started_at", "time"), ("candidate_streamed", "boolean"), ("production_status", "integer"),
        ("candidate_attempts", "integer"), ("candidate_latency_s", "real"), ("production_cost_usd", "real"),
        ("inclusion_probability", "real"), ("exchange_id", "text"), ("candidate_answer", "text"),
    ],
)  # fmt: skip
def test_columns_are_typed(column: str, kind: str) -> None:
    assert kind_of(column) == kind


def test_an_error_while_reading_or_writing_is_told_as_it_was() -> None:
    def broken():  # type: ignore[no-untyped-def]
        yield from pairs_of(an_exchange())
        raise KeyError("the log")

    with pytest.raises(KeyError, match="the log"):
        write_parquet(broken(), BytesIO())

    class Full(BytesIO):
        def write(self, data: object) -> int:
            raise OSError(28, "No space left on device")

    with pytest.raises(OSError, match="No space left"):
        write_parquet(pairs_of(an_exchange()), Full())


def test_without_the_library_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(__import__("sys").modules, "arro3.io", None)
    with pytest.raises(ConfigurationError, match=r"exporting Parquet needs arro3.io.*pip install 'shadowbench-sidecar"):
        write_parquet(iter(()), BytesIO())
