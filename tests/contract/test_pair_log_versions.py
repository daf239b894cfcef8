"""A log of an older version is read as it is, and brought forward when it is opened to write."""

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from shadowbench.records import Cost, Dialect, Exchange, Mark
from shadowbench.store.base import PairLog, each_exchange
from shadowbench.store.migrating import APPLICATION_ID, migrations, newest_version
from shadowbench.store.opening import open_log, open_score_log
from shadowbench.store.scoring import Backlog
from shadowbench.store.testing import a_measure, an_exchange, an_observation, invented_traffic

TRAFFIC = list(invented_traffic(30))
NOTHING = Backlog(pairs=0, oldest_at=None)


TABLES = {
    1: ("exchanges", "observations", "requests", "responses"),
    2: ("exchanges", "prices", "observations", "attempts", "requests", "responses", "marks", "funnel"),
    3: ("exchanges", "prices", "observations", "attempts", "requests", "responses", "marks", "funnel"),
}
MARK = Mark(at=1.0, kind="model_changed", endpoint="small", before="a", after="b")


def log_of_version(version: int, folder: Path) -> Path:
    """An older log of the invented traffic: what today's has in the tables and columns that the older version knew."""
    new, old = folder / "new.db", folder / "old.db"
    log = open_log(f"sqlite:///{new}", "write")
    log.append(TRAFFIC)
    log.put_marks([MARK])
    log.close()
    connection = sqlite3.connect(old, isolation_level=None)
    connection.execute("PRAGMA journal_mode = WAL")
    connection.executescript(
        "CREATE TABLE _sqlite_migrations (id INTEGER PRIMARY KEY, migration_set TEXT, name TEXT, applied_at TEXT);"
        "CREATE UNIQUE INDEX idx ON _sqlite_migrations (migration_set, name);"
    )
    for migration in migrations()[:version]:
        connection.executescript(migration.sql)
        row = (migration.version, "shadowbench", migration.name, "2025-10-09")
        connection.execute("INSERT INTO _sqlite_migrations VALUES (?, ?, ?, ?)", row)
    connection.execute("INSERT INTO log_meta VALUES ('schema_version', ?)", (str(version),))
    connection.execute("ATTACH ? AS new", (str(new),))
    for table in TABLES[version]:
        columns = ", ".join(row[1] for row in connection.execute(f"PRAGMA main.table_info({table})"))
        connection.execute(f"INSERT INTO main.{table} ({columns}) SELECT {columns} FROM new.{table}")
    if version >= 2:
        connection.execute("UPDATE main.kept SET (exchanges, pairs) = (SELECT exchanges, pairs FROM new.kept)")
    connection.execute(f"PRAGMA application_id = {APPLICATION_ID}")
    connection.execute(f"PRAGMA user_version = {version}")
    connection.close()
    return old


@pytest.fixture(params=TABLES)
def old(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    return log_of_version(request.param, tmp_path)


def read(log: PairLog) -> list[Exchange]:
    found = list(each_exchange(log))
    log.close()
    return found


def test_an_older_log_is_read_without_being_touched(old: Path) -> None:
    before = old.read_bytes()
    log = open_log(f"sqlite:///{old}", "read")
    assert (log.counts().exchanges, log.counts().pairs) == (30, 60)
    assert (list(log.funnel()), list(log.marks())) in (([], []), ([], [MARK]))
    assert read(log) == TRAFFIC
    assert old.read_bytes() == before


def test_what_it_did_not_record_reads_as_absent(tmp_path: Path) -> None:
    seen = read(open_log(f"sqlite:///{log_of_version(1, tmp_path)}", "read"))[0]
    assert (seen.tenant_key, seen.user_key, seen.stratum, seen.redactions) == (None, None, None, ())
    production = seen.production
    assert (production.dialect, production.cost, production.attempts) == (Dialect.UNKNOWN, None, ())


def test_opened_to_write_it_is_brought_forward_with_all_it_held(old: Path) -> None:
    log = open_log(f"sqlite:///{old}", "write")
    newer = an_exchange(99, an_observation(cost=Cost(usd=0.5, reason=None)), tenant_key="t")
    log.append([newer])
    assert (log.counts().exchanges, log.counts().pairs) == (31, 61)
    assert read(log) == [*TRAFFIC, newer]
    with sqlite3.connect(old) as connection:
        assert connection.execute("SELECT count(*), count(candidate_cost_usd) FROM pairs").fetchone() == (61, 1)
        assert connection.execute("PRAGMA user_version").fetchone() == (newest_version(),)
        assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    connection.close()


def test_a_reader_stays_where_it_was_while_the_log_is_brought_forward(old: Path) -> None:
    reader = open_log(f"sqlite:///{old}", "read")
    page = reader.page(after=0, upto=reader.newest(), size=10)
    log = open_log(f"sqlite:///{old}", "write")
    log.append([an_exchange(99)])
    rest = reader.page(after=page.last, upto=30)
    assert [*page.exchanges, *rest.exchanges] == TRAFFIC
    log.close()
    reader.close()


def test_an_older_log_has_no_scores_and_nobody_is_told_off_for_looking(old: Path) -> None:
    with closing(open_score_log(f"sqlite:///{old}", "read")) as scores:
        assert (scores.measures(), scores.scores_of([1], after=0, upto=99), scores.backlog([])) == ([], [], NOTHING)
        assert (scores.verdicts(1, after=0, upto=99), scores.reply(b"k"), scores.replies([b"k"])) == ([], None, {})
        assert scores.spending("judge").total_usd == 0.0
        assert scores.verdict_spending("judge").asked == 0
        assert scores.spending("judge", day="2026-01-31").calls == 0
        assert (scores.labels(), scores.labels("preference"), scores.references(after=0, upto=99)) == ([], [], {})
        assert (scores.canaries("may"), scores.canary_names(), scores.canary_runs("may")) == ([], [], [])
        assert scores.find_exchanges(ids=[TRAFFIC[3].id], request_ids=["client-7"]) == {TRAFFIC[3].id: 4, "client-7": 7}


def test_an_older_log_can_be_scored_once_it_is_opened_to_change(old: Path) -> None:
    with closing(open_score_log(f"sqlite:///{old}", "change")) as scores:
        measures = scores.register([a_measure()])
        assert scores.backlog(measures).pairs == 60
        claim = scores.claim(owner="w", lane="metrics", measures=measures, size=99, now=0.0, lease_s=9.0)
        assert claim is not None
        assert len(claim.missing) == 60
    assert read(open_log(f"sqlite:///{old}", "read")) == TRAFFIC
