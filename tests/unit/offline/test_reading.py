"""Rows of JSON lines, JSON arrays and CSV: each with its place, what cannot be read among the others."""

import csv
import gzip
import json
from pathlib import Path
from typing import Any

import pytest
import zstandard
from hypothesis import given
from hypothesis import strategies as st

from shadowbench.errors import ConfigurationError, UnavailableError
from shadowbench.offline import reading
from shadowbench.offline.reading import plain_name, rows_of
from shadowbench.offline.rows import BadRow

ROWS = [{"a": 1, "b": "x"}, {"a": 2, "b": "é\n"}]


def written(folder: Path, name: str, data: bytes | str) -> Path:
    file = folder / name
    file.write_bytes(data.encode() if isinstance(data, str) else data)
    return file


def read(file: Path) -> list[tuple[int, Any]]:
    return [(row.number, row.why if isinstance(row, BadRow) else row.fields) for row in rows_of(file)]


LINES = "".join(json.dumps(row) + "\n" for row in ROWS)


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("a.jsonl", LINES),
        ("a.json", LINES),
        ("a.json", json.dumps(ROWS, indent=2)),
        ("a.JSONL.gz", gzip.compress(LINES.encode(), mtime=0)),
        ("a.json.zst", zstandard.compress(json.dumps(ROWS).encode())),
        ("a.ndjson", b"\xef\xbb\xbf" + LINES.encode()),
    ],
)
def test_json_comes_as_lines_or_as_an_array(tmp_path: Path, name: str, data: bytes | str) -> None:
    assert read(written(tmp_path, name, data)) == [(1, ROWS[0]), (2, ROWS[1])]


def test_a_spreadsheet_tells_its_lines_and_an_empty_field_is_absent(tmp_path: Path) -> None:
    file = written(tmp_path, "a.csv", '\ufeffa, b \n1,"x\ny"\n2,\n')
    assert read(file) == [(3, {"a": "1", "b": "x\ny"}), (4, {"a": "2", "b": None})]


def test_answers_longer_than_the_csv_modules_limit_are_read(tmp_path: Path) -> None:
    file = tmp_path / "a.csv"
    with file.open("w", newline="") as out:
        csv.writer(out).writerows([["a"], ["x" * 200_000]])
    assert [len(row["a"]) for _, row in read(file)] == [200_000]


def test_rows_know_their_file(tmp_path: Path) -> None:
    file = written(tmp_path, "gpt-4.1.jsonl.gz", gzip.compress(b"{}"))
    (row,) = rows_of(file)
    assert not isinstance(row, BadRow)
    assert (row.file, row.stem) == (str(file), "gpt-4.1")
    assert plain_name(file) == "gpt-4.1.jsonl"


def test_who_watches_is_told_how_far_it_is(tmp_path: Path) -> None:
    data = gzip.compress(b"".join(b'{"a": "%d"}\n' % number for number in range(30_000)))
    told: list[int] = []
    assert len(list(rows_of(written(tmp_path, "a.jsonl.gz", data), told.append))) == 30_000
    assert told == sorted(told)
    assert told[-1] == len(data) and told[0] < len(data)


def test_bad_lines_take_no_others_with_them(tmp_path: Path) -> None:
    found = read(written(tmp_path, "a.jsonl", b'{"a": 1}\n\n[1]\n{"a"\n{"a": "\xff"}\n{"a": 2}'))
    assert [number for number, _ in found] == [1, 3, 4, 5, 6]
    assert found[1][1] == "not a JSON object"
    assert found[2][1].startswith("not JSON: ") and found[3][1].startswith("not JSON: ")
    assert found[4][1] == {"a": 2}


def test_bad_rows_of_a_spreadsheet_take_no_others_with_them(tmp_path: Path) -> None:
    found = read(written(tmp_path, "a.csv", 'a,b\n1\n1,2,3\n"1"x,2\n3,4\n'))
    assert [why.split()[0] if isinstance(why, str) else why for _, why in found] == [
        "fewer", "more", "not", {"a": "3", "b": "4"},
    ]  # fmt: skip


def test_an_array_that_was_cut_is_told(tmp_path: Path) -> None:
    file = written(tmp_path, "a.json", '[{"a": 1}, {"a": 2')
    assert read(file) == [(1, {"a": 1}), (2, "the array has no end; the file was cut")]


def test_half_a_character_is_read_as_one_that_is_missing(tmp_path: Path) -> None:
    file = written(tmp_path, "a.jsonl", r'{"a": "x\ud83d", "b": "\ud83d\ude00", "c\uDE00": "\\ud800"}')
    assert read(file) == [(1, {"a": "x\ufffd", "b": "\U0001f600", "c\ufffd": "\\ud800"})]


def test_nan_is_read_as_published_files_have_it(tmp_path: Path) -> None:
    ((_, row),) = read(written(tmp_path, "a.json", '[{"p": NaN}]'))
    assert row["p"] != row["p"]


def test_files_that_cannot_be_read_say_what_to_do(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(ConfigurationError, match=r"a\.xlsx: answers come as \.jsonl"):
        read(written(tmp_path, "a.xlsx", ""))
    with pytest.raises(UnavailableError, match="No such file"):
        read(tmp_path / "none.jsonl")
    with pytest.raises(UnavailableError, match="damaged"):
        read(written(tmp_path, "a.jsonl.gz", gzip.compress(LINES.encode())[:-9]))
    with pytest.raises(UnavailableError, match="not UTF-8"):
        read(written(tmp_path, "a.csv", b"a\n\xff\n"))
    monkeypatch.setattr(reading, "_MAX_ROW_BYTES", 8)
    with pytest.raises(UnavailableError, match="line 1 is beyond 64 MiB"):
        read(written(tmp_path, "a.jsonl", LINES))


@given(st.lists(st.dictionaries(st.text(), st.text() | st.integers() | st.lists(st.text())), min_size=1))
def test_lines_and_arrays_say_the_same(tmp_path_factory: pytest.TempPathFactory, rows: list[dict[str, Any]]) -> None:
    folder = tmp_path_factory.mktemp("same")
    lines = written(folder, "a.jsonl", "\n".join(map(json.dumps, rows)))
    array = written(folder, "b.json", json.dumps(rows))
    assert read(lines) == read(array) == list(enumerate(rows, start=1))
