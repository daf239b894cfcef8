"""Pairs leave as JSON lines and CSV rows."""

import csv
import io
import json
import sqlite3
from pathlib import Path
from typing import Any

from shadowbench.records import Answer, Choice, Outcome
from shadowbench.store.base import Pair, pairs_of
from shadowbench.store.flat import CSV_COLUMNS, as_csv_row, as_json_line
from shadowbench.store.opening import open_log
from shadowbench.store.testing import an_exchange, an_observation, invented_traffic


def the_pair(**changes: Any) -> Pair:
    return next(pairs_of(an_exchange(1, an_observation(endpoint="small", **changes))))


def test_a_json_line_has_all_of_the_pair() -> None:
    line = as_json_line(the_pair(outcome=Outcome.OK))
    assert line.endswith(b"}\n")
    assert line.count(b"\n") == 1
    document = json.loads(line)
    assert list(document) == ["exchange", "request", "production", "candidate", "inclusion_probability", "config_hash"]
    assert document["exchange"]["cluster_key"] == "cluster-1"
    assert document["request"]["headers"] == [["content-type", "application/json"], ["authorization", "hash:5f1c"]]
    assert document["candidate"]["endpoint"] == "small"
    assert document["candidate"]["answer"]["choices"][0]["text"] == "Riga."
    assert document["candidate"]["timing"]["last_byte_s"] == 0.5
    assert document["candidate"]["timing"]["queue_s"] is None
    assert json.loads(document["production"]["body"]) == {"choices": [{"message": {"content": "Riga."}}]}


def test_bodies_that_are_not_text_are_base64() -> None:
    document = json.loads(as_json_line(the_pair(body=b"\xff\x00")))
    assert document["candidate"]["body"] is None
    assert document["candidate"]["body_base64"] == "/wA="


def test_a_lone_surrogate_is_an_escape() -> None:
    answer = Answer(choices=(Choice(text="a\ud800"),))
    document = json.loads(as_json_line(the_pair(answer=answer)))
    assert document["candidate"]["answer"]["choices"][0]["text"] == "a\ud800"


def test_csv_columns_and_values_are_those_of_the_view(tmp_path: Path) -> None:
    traffic = list(invented_traffic(60))
    log = open_log(f"sqlite:///{tmp_path}/log.db", "write")
    log.append(traffic)
    log.close()
    connection = sqlite3.connect(tmp_path / "log.db")
    cursor = connection.execute("SELECT * FROM pairs ORDER BY exchange_number, candidate_side")
    names = [column[0] for column in cursor.description]
    assert set(names) - set(CSV_COLUMNS) == {"started_at_utc", "exchange_number", "candidate_side"}
    assert set(CSV_COLUMNS) <= set(names)
    from_view = [dict(zip(names, row, strict=True)) for row in cursor]
    connection.close()
    from_pairs = [
        dict(zip(CSV_COLUMNS, as_csv_row(pair), strict=True)) for exchange in traffic for pair in pairs_of(exchange)
    ]
    assert from_pairs == [{name: row[name] for name in CSV_COLUMNS} for row in from_view]


def test_fields_with_quotes_commas_and_line_feeds_come_back() -> None:
    nasty = 'He said "no",\r\nthen left\n;\t=1+1'
    answer = Answer(choices=(Choice(text=nasty),))
    out = io.StringIO(newline="")
    csv.writer(out).writerow(as_csv_row(the_pair(answer=answer)))
    (row,) = csv.reader(io.StringIO(out.getvalue(), newline=""))
    assert dict(zip(CSV_COLUMNS, row, strict=True))["candidate_text"] == nasty
