"""Work in slices ends, and what a slice refuses undoes that slice alone."""

import sqlite3
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

from shadowbench.store.base import LogError
from shadowbench.store.sqlite_desk import SqliteDesk, as_json


class Desk(SqliteDesk):
    """With a clock by which each row takes a hundredth of a second: slices get small."""

    def __init__(self) -> None:
        connection = sqlite3.connect(":memory:", isolation_level=None)
        connection.execute("CREATE TABLE things (thing INTEGER UNIQUE)")
        self.rests: list[float] = []
        super().__init__(connection, Path("x"), clock=lambda: connection.total_changes * 0.01, rest=self.rests.append)

    def put(self, things: Sequence[int]) -> int:
        def some(part: Sequence[int]) -> int:
            return self._put("INSERT INTO things VALUES (?) ON CONFLICT DO NOTHING", [(thing,) for thing in part])

        return self._put_in_slices(some, things, synced=False)

    def things(self) -> list[int]:
        return [thing for (thing,) in self._rows("SELECT thing FROM things ORDER BY thing")]


@pytest.fixture
def desk() -> Iterator[Desk]:
    desk = Desk()
    yield desk
    desk.close()


@pytest.mark.parametrize("count", [0, 1, 7, 8, 9, 24, 100])
def test_everything_is_put_once_whatever_the_slices(desk: Desk, count: int) -> None:
    assert desk.put(range(count)) == count
    assert desk.put(range(count + 3)) == 3
    assert desk.things() == list(range(count + 3))


def test_there_is_a_rest_between_slices_and_none_around_them(desk: Desk) -> None:
    desk.put(range(5))
    assert desk.rests == []
    desk.put(range(100, 120))
    assert len(desk.rests) > 2


def test_nothing_to_put_takes_no_turn_at_writing(desk: Desk) -> None:
    said: list[str] = []
    desk._connection.set_trace_callback(said.append)
    assert desk.put([]) == 0
    assert said == []


def test_a_slice_that_is_refused_is_undone(desk: Desk) -> None:
    with pytest.raises(LogError):
        desk.put([1, 2, "x" * 3, object()])  # type: ignore[list-item]
    assert desk.things() == []
    assert not desk._connection.in_transaction


def test_a_list_is_told_as_json() -> None:
    assert as_json(["a", 'b"', 3]) == '["a","b\\"",3]'
