"""A log of the version before is read as it is, and brought forward when it is opened to write."""

import sqlite3
from pathlib import Path

import pytest

from shadowbench.records import Cost, Dialect, Exchange
from shadowbench.store.base import PairLog, each_exchange
from shadowbench.store.migrating import APPLICATION_ID, migrations, newest_version
from shadowbench.store.opening import open_log
from shadowbench.store.testing import an_exchange, an_observation, invented_traffic

TRAFFIC = list(invented_traffic(30))


@pytest.fixture
def old(tmp_path: Path) -> Path:
    """A version-1 log of the invented traffic: what version 2 has in the columns that version 1 knew."""
    new, old = tmp_path / "new.db", tmp_path / "old.db"
    log = open_log(f"sqlite:///{new}", "write")
    log.append(TRAFFIC)
    log.close()
    connection = sqlite3.connect(old, isolation_level=None)
    connection.execute("PRAGMA journal_mode = WAL")
    connection.executescript(migrations()[0].sql)
    connection.executescript(
        "CREATE TABLE _sqlite_migrations (id INTEGER PRIMARY KEY, migration_set TEXT, name TEXT, applied_at TEXT);"
        "CREATE UNIQUE INDEX idx ON _sqlite_migrations (migration_set, name);"
        "INSERT INTO _sqlite_migrations VALUES (1, 'shadowbench', '0001_pair_log', '2025-10-09');"
        "INSERT INTO log_meta VALUES ('schema_version', '1');"
    )
    connection.execute("ATTACH ? AS new", (str(new),))
    for table in ("exchanges", "observations", "requests", "responses"):
        columns = ", ".join(row[1] for row in connection.execute(f"PRAGMA main.table_info({table})"))
        connection.execute(f"INSERT INTO main.{table} ({columns}) SELECT {columns} FROM new.{table}")
    connection.execute(f"PRAGMA application_id = {APPLICATION_ID}")
    connection.execute("PRAGMA user_version = 1")
    connection.close()
    return old


def read(log: PairLog) -> list[Exchange]:
    found = list(each_exchange(log))
    log.close()
    return found


def test_the_log_of_the_version_before_is_read_without_being_touched(old: Path) -> None:
    before = old.read_bytes()
    log = open_log(f"sqlite:///{old}", "read")
    assert (log.counts().exchanges, log.counts().pairs) == (30, 60)
    assert (list(log.funnel()), list(log.marks())) == ([], [])
    assert read(log) == TRAFFIC
    assert old.read_bytes() == before


def test_what_it_did_not_record_reads_as_absent(old: Path) -> None:
    seen = read(open_log(f"sqlite:///{old}", "read"))[0]
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
