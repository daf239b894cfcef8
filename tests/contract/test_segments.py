"""Segments of a log: what is read of them is what is read of rows, whatever became of the rows meanwhile."""

from __future__ import annotations

import json
import shutil
import sqlite3
from collections.abc import Mapping, Sequence
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shadowbench.store import columns_image
from shadowbench.store.columns import Coded, ColumnLog
from shadowbench.store.columns_segments import Segments
from shadowbench.store.columns_spec import all_names
from shadowbench.store.columns_sqlite import open_columns
from shadowbench.store.opening import open_log, open_score_log
from shadowbench.store.segments import SPAN
from shadowbench.store.sqlite_segments import SqliteSegments
from shadowbench.store.testing import an_exchange
from tests.contract.columns import make_log

COUNT = 2 * SPAN + 100


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, list[int]]:
    """A log of two whole pages and a bit, and its measures. Without segments."""
    folder = tmp_path_factory.mktemp("segments")
    _, measures = make_log(folder, count=COUNT)
    path = folder / "log.db"
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        connection.execute("UPDATE measures SET done_upto = ?", (COUNT,))
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    return path, measures


@pytest.fixture
def log(made: tuple[Path, list[int]], tmp_path: Path) -> Path:
    """A copy."""
    return Path(shutil.copy(made[0], tmp_path / "log.db"))


def make_all(path: Path, measures: list[int]) -> int:
    """Make what there is to make; how many that was."""
    with closing(open_score_log(f"sqlite:///{path}", "change")) as scores:
        return sum(iter(lambda: scores.make_segment(measures, token="t"), False))


def segments_in(path: Path) -> list[tuple[str, int]]:
    with closing(sqlite3.connect(path)) as connection:
        return connection.execute("SELECT source, page FROM segments ORDER BY source, page").fetchall()


def everything(log: ColumnLog, measures: list[int], *, after: int = 0, upto: int | None = None) -> dict[str, Any]:
    """All columns of all pairs between two numbers, with scores, as Python has them."""
    pairs = log.pairs(all_names(), after=after, upto=log.newest() if upto is None else upto)
    found: dict[str, Any] = {"number": pairs.number.tolist(), "side": pairs.side.tolist()}
    found |= {name: spelled(column) for name, column in pairs.columns.items()}
    for measure, scores in log.scores(measures, pairs).items():
        fields = ("value", "production_value", "reason", "production_reason", "probability")
        found |= {f"{measure} {name}": spelled(getattr(scores, name)) for name in fields}
    return found


def spelled(column: Any) -> list[Any]:
    if isinstance(column, Coded):
        return [None if code < 0 else column.texts[code] for code in column.codes.tolist()]
    return [None if value != value else value for value in column.tolist()]


def read(path: Path, measures: list[int], **bounds: int) -> dict[str, Any]:
    with closing(open_columns(f"sqlite:///{path}")) as log:
        return everything(log, measures, **bounds)


def read_by_rows(path: Path, measures: list[int], **bounds: int) -> dict[str, Any]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Segments, "find", lambda *_: None)
        return read(path, measures, **bounds)


def assert_equal(found: Mapping[str, Any], wanted: Mapping[str, Any]) -> None:
    assert found.keys() == wanted.keys()
    for name, column in wanted.items():
        assert found[name] == column, name


def test_whole_pages_become_segments_and_say_what_their_rows_say(made: tuple[Path, list[int]], log: Path) -> None:
    before = read(log, made[1])
    assert make_all(log, made[1]) == 6
    assert segments_in(log) == [(source, page) for source in ("exchanges", "observations", "scores") for page in (0, 1)]
    assert_equal(read(log, made[1]), before)
    assert make_all(log, made[1]) == 0


def test_codes_come_in_the_same_order(made: tuple[Path, list[int]], log: Path) -> None:
    texts = []
    for _ in range(2):
        with closing(open_columns(f"sqlite:///{log}")) as opened:
            pairs = opened.pairs(all_names(), upto=opened.newest())
            scores = opened.scores(made[1], pairs)
        coded = {name: column.texts for name, column in pairs.columns.items() if isinstance(column, Coded)}
        texts.append(coded | {str(measure): each.reason.texts for measure, each in scores.items()})
        make_all(log, made[1])
    assert texts[0] == texts[1]


@pytest.mark.parametrize("after", [0, 1500])
def test_words_that_are_not_asked_for_are_not_learned(made: tuple[Path, list[int]], log: Path, after: int) -> None:
    texts = []
    for _ in range(2):
        with closing(open_columns(f"sqlite:///{log}")) as opened_log:
            pairs = opened_log.pairs(["path", "stratum", "candidate_reason"], after=after, upto=2 * SPAN)
            scores = opened_log.scores(made[1][:1], pairs)[made[1][0]]
        coded = {name: column.texts for name, column in pairs.columns.items() if isinstance(column, Coded)}
        texts.append((coded, scores.reason.texts))
        make_all(log, made[1])
    assert texts[0] == texts[1]


def test_a_damaged_segment_is_none(made: tuple[Path, list[int]], log: Path) -> None:
    make_all(log, made[1])
    with closing(opened(log)) as connection:
        connection.execute("UPDATE segments SET columns = x'0102030405060708' WHERE page = 0")
    assert_equal(read(log, made[1]), read_by_rows(log, made[1]))


def test_a_log_that_is_emptied_meanwhile_has_nothing_to_make(made: tuple[Path, list[int]], log: Path) -> None:
    class Emptied(SqliteSegments):
        def _due(self, measures: Sequence[int]) -> dict[str, tuple[int, int]]:
            found = super()._due(measures)
            with closing(opened(log)) as connection:
                connection.execute("DELETE FROM exchanges")
            return found

    with closing(Emptied(opened(log), log)) as maker:
        assert not maker.make_segment(made[1], token="t")


def test_of_whole_pages_no_row_is_read(
    made: tuple[Path, list[int]], log: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_all(log, made[1])
    monkeypatch.setattr(columns_image.Images, "matrix", None)
    assert len(read(log, made[1], upto=2 * SPAN)["number"]) > SPAN


@pytest.mark.parametrize(
    ("after", "upto"),
    [(0, 1), (5, 30), (100, SPAN), (SPAN - 3, SPAN + 3), (SPAN, SPAN + 1), (7, COUNT), (COUNT - 5, COUNT)],
)
def test_a_part_of_the_log_is_read_by_number(made: tuple[Path, list[int]], log: Path, after: int, upto: int) -> None:
    make_all(log, made[1])
    assert_equal(read(log, made[1], after=after, upto=upto), read_by_rows(log, made[1], after=after, upto=upto))


@pytest.mark.parametrize("some", [[0], [2, 0], [1]])
def test_some_measures_are_read(made: tuple[Path, list[int]], log: Path, some: list[int]) -> None:
    make_all(log, made[1])
    measures = [made[1][place] for place in some]
    assert_equal(read(log, [*measures, 4711]), read_by_rows(log, [*measures, 4711]))


CHANGES = {
    "a cost": "UPDATE observations SET cost_usd = 9 WHERE exchange = 50 AND side = 1",
    "an exchange": "UPDATE exchanges SET stratum = 'new' WHERE number = 50",
    "a score": "UPDATE scores SET value = 9, reason = NULL WHERE exchange = 50",
    "a score that goes": "DELETE FROM scores WHERE exchange = 50",
    "a score that comes": "INSERT INTO scores (exchange, side, measure, value) VALUES (50 + 1, 1, 1, 0.5)",
    "an exchange that goes": "DELETE FROM exchanges WHERE number = 50",
    "a candidate that goes": "DELETE FROM observations WHERE exchange = 50 AND side = 1",
    "a score that is replaced": (
        "INSERT OR REPLACE INTO scores (exchange, side, measure, value) SELECT exchange, side, measure, 7.5 FROM scores"
        " WHERE exchange = 50"
    ),
}


@pytest.mark.parametrize("change", CHANGES)
def test_what_changes_is_read_from_then_on(made: tuple[Path, list[int]], log: Path, change: str) -> None:
    make_all(log, made[1])
    before = read(log, made[1])
    with closing(sqlite3.connect(log, isolation_level=None)) as connection:
        assert connection.execute(CHANGES[change]).rowcount > 0
    changed = read(log, made[1])
    assert changed != before
    assert_equal(changed, read_by_rows(log, made[1]))
    gone = 6 - len(segments_in(log))
    assert 0 < gone <= 3
    assert make_all(log, made[1]) == gone
    assert_equal(read(log, made[1]), changed)


@settings(max_examples=6)
@given(st.lists(st.tuples(st.sampled_from([*CHANGES, "make"]), st.integers(1, COUNT)), max_size=8))
def test_whatever_happens_segments_say_what_rows_say(
    made: tuple[Path, list[int]], tmp_path_factory: pytest.TempPathFactory, steps: list[tuple[str, int]]
) -> None:
    log = Path(shutil.copy(made[0], tmp_path_factory.mktemp("any") / "log.db"))
    make_all(log, made[1])
    with closing(sqlite3.connect(log, isolation_level=None)) as connection:
        for step, number in steps:
            if step == "make":
                make_all(log, made[1])
            else:
                try:
                    connection.execute(CHANGES[step].replace("50", str(number)))
                except sqlite3.IntegrityError:
                    pass  # it came before
    assert_equal(read(log, made[1]), read_by_rows(log, made[1]))


class Interrupted(SqliteSegments):
    """Somebody else has the log between the begin of a segment and its end."""

    def __init__(self, *given: Any, meanwhile: Any) -> None:
        super().__init__(*given)
        self._meanwhile = meanwhile

    def _read_rows(self, source: str, page: int) -> Any:
        rows = super()._read_rows(source, page)
        self._meanwhile()
        return rows


def opened(path: Path) -> sqlite3.Connection:
    return sqlite3.connect(path, isolation_level=None)


def test_a_row_that_changes_while_its_segment_is_made_leaves_none(made: tuple[Path, list[int]], log: Path) -> None:
    def change() -> None:
        with closing(opened(log)) as connection:
            connection.execute("UPDATE exchanges SET stratum = 'new' WHERE number = 50")

    with closing(Interrupted(opened(log), log, meanwhile=change)) as maker:
        assert not maker.make_segment(made[1], token="t"), "and it is not tried again at once"
    assert segments_in(log) == []


def test_one_that_was_left_half_made_is_no_segment_and_is_made_again(made: tuple[Path, list[int]], log: Path) -> None:
    def die() -> None:
        raise KeyboardInterrupt

    with closing(Interrupted(opened(log), log, meanwhile=die)) as maker, pytest.raises(KeyboardInterrupt):
        maker.make_segment(made[1], token="t")
    assert segments_in(log) == [("exchanges", 0)]
    assert_equal(read(log, made[1]), read_by_rows(log, made[1]))
    assert make_all(log, made[1]) == 6
    assert_equal(read(log, made[1]), read_by_rows(log, made[1]))


def test_of_two_who_make_the_same_neither_ends_what_the_other_began_after_a_change(
    made: tuple[Path, list[int]], log: Path
) -> None:
    def change_and_begin() -> None:
        with closing(opened(log)) as connection:
            connection.execute("UPDATE exchanges SET stratum = 'new' WHERE number = 50")
            connection.execute("INSERT INTO segments VALUES ('exchanges', 0, 'other', NULL)")

    with closing(Interrupted(opened(log), log, meanwhile=change_and_begin)) as maker:
        maker.make_segment(made[1], token="t")
    with closing(opened(log)) as connection:
        assert connection.execute("SELECT token, columns FROM segments").fetchall() == [("other", None)]


def test_what_is_not_scored_to_its_end_is_no_segment_of_scores(made: tuple[Path, list[int]], log: Path) -> None:
    with closing(opened(log)) as connection:
        connection.execute("UPDATE measures SET done_upto = ? WHERE id = ?", (2 * SPAN - 1, made[1][1]))
    make_all(log, made[1])
    assert [page for source, page in segments_in(log) if source == "scores"] == [0]


def test_a_page_whose_beginning_was_pruned_is_left_alone(made: tuple[Path, list[int]], log: Path) -> None:
    with closing(open_log(f"sqlite:///{log}", "change")) as opened_log:
        opened_log.upkeep.delete(range(1, 20))
    make_all(log, made[1])
    assert {page for _, page in segments_in(log)} == {1}
    assert_equal(read(log, made[1]), read_by_rows(log, made[1]))


def test_what_is_appended_after_the_newest_was_deleted_is_on_no_page_that_is_made(
    made: tuple[Path, list[int]], log: Path
) -> None:
    with closing(open_log(f"sqlite:///{log}", "write")) as opened_log:
        opened_log.upkeep.delete(range(2 * SPAN + 1, COUNT + 1))
        make_all(log, made[1])
        opened_log.append([an_exchange(COUNT)])
        assert opened_log.newest() == COUNT + 1, "numbers are not used again"
    assert_equal(read(log, made[1]), read_by_rows(log, made[1]))


def test_pages_without_exchanges_are_passed_over(made: tuple[Path, list[int]], log: Path) -> None:
    with closing(open_log(f"sqlite:///{log}", "change")) as opened_log:
        opened_log.upkeep.delete(range(SPAN + 1, 2 * SPAN + 1))
    with closing(opened(log)) as connection:
        far = 10**9
        for table, column in (("observations", "exchange"), ("scores", "exchange"), ("exchanges", "number")):
            connection.execute(f"UPDATE {table} SET {column} = {far} + {column} WHERE {column} > {2 * SPAN}")
        connection.execute("UPDATE measures SET done_upto = 2000000000")
    assert make_all(log, made[1]) == 3
    assert {page for _, page in segments_in(log)} == {0}
    assert_equal(read(log, made[1]), read_by_rows(log, made[1]))


def test_whoever_is_erased_is_in_no_segment(made: tuple[Path, list[int]], log: Path) -> None:
    make_all(log, made[1])
    with closing(opened(log)) as connection:
        ((key,),) = connection.execute("SELECT cluster_key FROM exchanges WHERE number = 50").fetchall()
        numbers = connection.execute("SELECT json_group_array(number) FROM exchanges WHERE cluster_key = ?", (key,))
        mine = json.loads(numbers.fetchone()[0])
    with closing(open_log(f"sqlite:///{log}", "change")) as opened_log:
        opened_log.upkeep.delete(mine)
        opened_log.upkeep.checkpoint(whole=True)
    assert key.encode() not in log.read_bytes()
    make_all(log, made[1])
    assert key.encode() not in log.read_bytes()


def test_columns_that_a_segment_lacks_are_read_by_rows(made: tuple[Path, list[int]], log: Path) -> None:
    make_all(log, made[1])
    with closing(opened(log)) as connection:
        first = connection.execute("SELECT columns FROM segments WHERE source = 'exchanges' AND page = 0").fetchone()[0]
        assert b'"stratum"' in first
        connection.execute(
            "UPDATE segments SET columns = ? WHERE source = 'exchanges' AND page = 0",
            (first.replace(b'"stratum"', b'"strange"'),),
        )
    assert_equal(read(log, made[1]), read_by_rows(log, made[1]))
