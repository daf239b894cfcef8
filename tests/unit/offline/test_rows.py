"""Where in a row something stands, and what is none."""

import math
from typing import Any

import pytest

from shadowbench.offline.rows import (
    BadRowError,
    Row,
    Where,
    amount,
    count,
    moment,
    needed_number,
    needed_word,
    number,
    plain,
    word,
)


def a_row(**fields: Any) -> Row:
    return Row("d/model.jsonl", "model", 7, fields)


def test_a_value_is_found_in_members_in_the_files_name_or_is_fixed() -> None:
    row = a_row(a=1, b={"c": [{"d": 2}]}, **{"e.f": 3})
    assert Where(path="a").find(row) == 1
    assert Where(path="b.c.0.d").find(row) == 2
    assert Where(path="e.f").find(row) == 3
    assert Where(stem=True).find(row) == "model"
    assert Where(value="x").find(row) == "x"


@pytest.mark.parametrize("path", ["z", "b.z", "b.c.1", "b.c.-1", "a.b"])
def test_what_is_not_there_is_none_and_named_where_it_is_needed(path: str) -> None:
    row = a_row(a=1, b={"c": [0]})
    assert Where(path=path).find(row) is None
    with pytest.raises(BadRowError, match=f"no '{path}'; there are: a, b"):
        Where(path=path).need(row)


def test_null_and_nan_are_there_and_mean_nothing() -> None:
    row = a_row(a=None, b=math.nan)
    assert Where(path="a").need(row) is None
    assert Where(path="b").need(row) is None


def test_a_word_is_the_same_from_json_and_from_a_spreadsheet() -> None:
    assert [plain(each) for each in (3, 3.0, " 3 ", 0.5, True, "x")] == ["3", "3", "3", "0.5", "true", "x"]
    assert word(Where(path="a"), a_row(a=" ")) is None
    assert word(None, a_row()) is None
    with pytest.raises(BadRowError, match="'a' is empty"):
        needed_word(Where(path="a"), a_row(a=""))
    with pytest.raises(BadRowError, match="no word but a list"):
        word(Where(path="a"), a_row(a=[1]))


def test_numbers_come_as_numbers_or_as_text() -> None:
    a = Where(path="a")
    assert number(a, a_row(a="0.25")) == 0.25
    assert number(a, a_row(a=" ")) is None
    assert number(None, a_row()) is None
    assert amount(a, a_row(a=0)) == 0
    assert count(a, a_row(a="12")) == 12


@pytest.mark.parametrize("bad", ["many", True, math.inf, [1], 10**400])
def test_what_is_no_number_is_told(bad: object) -> None:
    with pytest.raises(BadRowError, match="'a' is a number, not"):
        needed_number(Where(path="a"), a_row(a=bad))


def test_amounts_are_not_below_zero_and_counts_are_whole() -> None:
    with pytest.raises(BadRowError, match="'a' is below 0: -1"):
        amount(Where(path="a"), a_row(a=-1))
    with pytest.raises(BadRowError, match=r"'a' is a whole number, not 1\.5"):
        count(Where(path="a"), a_row(a=1.5))


def test_a_moment_is_seconds_or_a_date_of_utc() -> None:
    a = Where(path="a")
    assert moment(a, a_row(a=1.5e9)) == moment(a, a_row(a="1500000000")) == 1.5e9
    assert moment(a, a_row(a="1970-01-02")) == moment(a, a_row(a="1970-01-02T01:00+01:00")) == 86400
    assert moment(a, a_row(a=None)) is None
    with pytest.raises(BadRowError, match="'a' is a time, not 'soon'"):
        moment(a, a_row(a="soon"))


@pytest.mark.parametrize("at", [1767225600000, "1767225600000", 1e18, 1e23, -1e12])
def test_milliseconds_are_no_moment(at: object) -> None:
    with pytest.raises(
        BadRowError, match=r"'at': -?[19]\d+ is no time in Unix seconds; milliseconds are to be divided"
    ):
        moment(Where(path="at"), a_row(at=at))


def test_a_bad_row_has_its_place() -> None:
    assert tuple(a_row().bad("no")) == ("d/model.jsonl", 7, "no")
