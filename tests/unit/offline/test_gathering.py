"""Exchanges out of rows: one file or several, good rows whatever the others are."""

import io
from collections.abc import Sequence

from shadowbench.offline.answers import Gathered
from shadowbench.offline.gathering import Part, gathered
from shadowbench.offline.joining import Joined
from shadowbench.offline.rows import BadRow, Row, Where
from shadowbench.offline.shapes import ImportShape
from tests.unit.offline.made import a_row, one_file, two_files


def run(
    shape: ImportShape, rows: Sequence[Row | BadRow], *files: Sequence[Row | BadRow]
) -> tuple[list[Gathered], list[BadRow]]:
    parts = [Part(shape.candidates[0], Joined(file, Where(path="i"), io.BytesIO())) for file in files]
    found = list(gathered(shape, rows, parts, started_at=5.0))
    return [each for each in found if isinstance(each, Gathered)], [each for each in found if isinstance(each, BadRow)]


def names(found: Gathered) -> list[str]:
    return [each.name for each in found.candidates]


def test_each_row_of_one_file_is_an_exchange() -> None:
    good, bad = run(one_file(exchange={"reference": "right"}), [a_row(1, right="Riga"), a_row(2, question="?")])
    assert [(names(each), each.reference) for each in good] == [(["small"], "Riga"), (["small"], None)]
    assert [each.candidates[0].scores[0].value for each in good] == [0.25, 0.25]
    assert bad == []


def test_several_files_of_candidates_meet_in_one_exchange() -> None:
    small = [a_row(number, file="small", p=1) for number in (2, 1)]
    large = [a_row(1, file="large", p=2)]
    good, bad = run(two_files(), [a_row(1), a_row(2)], small, large)
    assert [names(each) for each in good] == [["small", "large"], ["small"]]
    assert [each.scores[0].value for each in good[0].candidates] == [0.0, 1.0]
    assert bad == []


def test_nothing_is_lost_silently() -> None:
    small = [a_row(1, file="small", p=9), a_row(2, file="small"), a_row(4, file="small"), a_row(2, file="small")]
    large = [a_row(1, file="large")]
    rows = [a_row(1), BadRow("base.jsonl", 2, "not JSON"), a_row(2, question=None), a_row(3)]
    good, bad = run(two_files(), rows, small, large)
    assert [names(each) for each in good] == [["large"]]
    assert [(row.file, row.number, row.why) for row in bad] == [
        ("small.jsonl", 1, "'p' is from 1 to 2, not 9"),
        ("base.jsonl", 2, "not JSON"),
        ("sheet.jsonl", 2, "'question' is a text or a list of messages with role and content, not None"),
        ("sheet.jsonl", 3, "no candidate has an answer to it"),
        ("small.jsonl", 2, "'i' 2 stands in row 2, too"),
        ("small.jsonl", 4, "there is no exchange with 'i' 4"),
    ]


def test_two_files_of_one_candidate_are_told() -> None:
    good, bad = run(two_files(), [a_row(1)], [a_row(1, file="small")], [a_row(1, file="small")])
    assert [names(each) for each in good] == [["small"]]
    assert [row.why for row in bad] == ["the exchange has a candidate small already"]


def test_rows_that_say_the_same_are_several_exchanges_each_time_the_same_ones() -> None:
    rows = [a_row(1), a_row(2), a_row(3, model="large")]
    seeds = [each.seed for each in run(one_file(), rows)[0]]
    assert seeds[0] != seeds[1]
    assert seeds[0] == seeds[2]  # another candidate of the first
    assert seeds == [each.seed for each in run(one_file(), rows)[0]]


def test_rows_of_one_request_id_are_one_exchange() -> None:
    shape = one_file(exchange={"request_id": "i"})
    one, same, other = (each.seed for each in run(shape, [a_row(1), a_row(1), a_row(2)])[0])
    assert one == same != other
