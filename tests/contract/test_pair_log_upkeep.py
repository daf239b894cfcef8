"""What every implementation of `LogUpkeep` keeps: what goes is gone, and the others never notice."""

import random
import sqlite3
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from shadowbench.records import Attempt, Exchange
from shadowbench.scores import Label, PairRef, Position, Score, Verdict
from shadowbench.store.base import LogError, Owner, PairLog, each_exchange
from shadowbench.store.opening import open_log, open_score_log
from shadowbench.store.scoring import Canary
from shadowbench.store.testing import FIRST_SECOND, a_measure, an_exchange, an_observation, invented_traffic

TRIED = Attempt(reason="status", status=429, started_s=-1.0, duration_s=0.5, cost_usd=None)


@pytest.fixture
def log(tmp_path: Path) -> Iterator[PairLog]:
    log = open_log(f"sqlite:///{tmp_path}/log.db", "write")
    yield log
    log.close()


def owned(number: int, **keys: str) -> Exchange:
    """An exchange with rows in every table, large bodies in overflow pages and small ones beside their neighbours."""
    secret = f"WORDS-OF-{keys.get('user_key', 'nobody')}-{number}-".encode()
    body = secret * random.Random(number).choice((1, 10, 100, 2000))
    seen = an_observation(
        secret.decode(), endpoint="small", attempts=(TRIED,), body=body, error_message=secret.decode()
    )
    return an_exchange(number, seen, request_body=body, production=an_observation(secret.decode(), body=body), **keys)


def numbers(log: PairLog) -> list[int]:
    return [exchange.sequence for exchange in each_exchange(log, with_bodies=False)]


def everything_in(folder: Path) -> bytes:
    return b"".join(path.read_bytes() for path in folder.iterdir())


def test_what_is_deleted_takes_all_its_rows_along(log: PairLog, tmp_path: Path) -> None:
    log.append([owned(1), owned(2), owned(3)])
    assert log.upkeep.delete([1, 3, 99]) == 2
    assert numbers(log) == [2]
    assert (log.counts().exchanges, log.counts().pairs) == (1, 1)
    connection = sqlite3.connect(tmp_path / "log.db")
    for table in ("exchanges", "requests"):
        assert connection.execute(f"SELECT count(*) FROM {table}").fetchone() == (1,)
    for table in ("observations", "responses", "attempts"):
        rows = connection.execute(f"SELECT DISTINCT exchange FROM {table}").fetchall()
        assert rows == [(2,)]
    connection.close()


def test_the_oldest_are_those_that_started_first(log: PairLog) -> None:
    log.append([an_exchange(number, started_at=FIRST_SECOND - number) for number in range(1, 6)])
    assert list(log.upkeep.oldest(limit=2)) == [5, 4]
    assert list(log.upkeep.oldest(limit=9, before=FIRST_SECOND - 3)) == [5, 4]
    assert log.upkeep.count_before(FIRST_SECOND - 3) == 2


def test_an_owner_is_found_by_any_key(log: PairLog) -> None:
    log.append(
        [
            an_exchange(1, user_key="a", tenant_key="t", cluster_key="c"),
            an_exchange(2, user_key="b", tenant_key="t", cluster_key="d"),
            an_exchange(3, user_key=None, tenant_key=None, cluster_key="a"),
        ]
    )
    find = log.upkeep.owned_by
    assert find(Owner(user_keys=("a",)), after=0, upto=9) == [1]
    assert find(Owner(tenant_keys=("t",)), after=0, upto=9) == [1, 2]
    assert find(Owner(tenant_keys=("t",)), after=1, upto=9) == [2]
    assert find(Owner(tenant_keys=("t",)), after=0, upto=1) == [1]
    assert find(Owner(user_keys=("a",), tenant_keys=("a",), cluster_keys=("a",)), after=0, upto=9) == [1, 3]
    assert find(Owner(), after=0, upto=9) == []


def test_usage_counts_what_is_there(log: PairLog) -> None:
    assert (log.upkeep.usage().exchanges, log.upkeep.usage().oldest_at) == (0, None)
    log.append([owned(number) for number in range(1, 51)])
    full = log.upkeep.usage()
    assert (full.exchanges, full.oldest_at) == (50, FIRST_SECOND + 1)
    log.upkeep.delete(list(range(1, 41)))
    less = log.upkeep.usage()
    assert (less.exchanges, less.oldest_at) == (10, FIRST_SECOND + 41)
    assert less.used_bytes + less.free_bytes == full.used_bytes + full.free_bytes
    assert less.used_bytes < full.used_bytes


def test_free_space_is_given_back_as_much_as_asked(log: PairLog, tmp_path: Path) -> None:
    log.append([owned(number) for number in range(1, 101)])
    log.upkeep.delete(list(range(1, 91)))
    free = log.upkeep.usage().free_bytes
    assert free > 500_000
    assert log.upkeep.shrink(limit_bytes=100_000) == 98_304
    assert log.upkeep.usage().free_bytes == free - 98_304
    while log.upkeep.shrink(limit_bytes=100_000):
        pass
    assert log.upkeep.usage().free_bytes == 0
    assert log.upkeep.checkpoint(whole=True)
    assert (tmp_path / "log.db").stat().st_size == log.upkeep.usage().used_bytes
    assert (tmp_path / "log.db-wal").stat().st_size == 0


@pytest.mark.parametrize("seed", range(3))
def test_what_was_deleted_is_in_no_byte_of_any_file(log: PairLog, tmp_path: Path, seed: int) -> None:
    chance = random.Random(seed)
    users = ["ada", "bob", "eve"]
    exchanges = [owned(number, user_key=chance.choice(users)) for number in range(1, 601)]
    for start in range(0, 600, 40):
        log.append(exchanges[start : start + 40])
    assert b"WORDS-OF-eve" in everything_in(tmp_path)
    found = list(log.upkeep.owned_by(Owner(user_keys=("eve",)), after=0, upto=log.newest()))
    chance.shuffle(found)
    for start in range(0, len(found), 7):
        log.upkeep.delete(found[start : start + 7])
    log.upkeep.rewrite()
    assert log.upkeep.checkpoint(whole=True)
    assert b"WORDS-OF-eve" not in everything_in(tmp_path)
    assert [e.user_key for e in each_exchange(log)].count("eve") == 0
    assert log.upkeep.usage().free_bytes == 0
    kept = [exchange for exchange in exchanges if exchange.user_key != "eve"]
    assert list(each_exchange(log)) == kept


def test_what_was_thought_of_it_is_in_no_byte_either(log: PairLog, tmp_path: Path) -> None:
    numbers = range(1, 301)
    log.append([an_exchange(number, user_key="ab"[number % 2]) for number in numbers])
    scores = open_score_log(f"sqlite:///{tmp_path}/log.db", "change")
    (measure,) = scores.register([a_measure()])
    said = {
        number: f"WORDS-OF-{'ab'[number % 2]}-{number}-" * random.Random(number).choice((1, 30)) for number in numbers
    }
    scores.put_scores([Score(n, 1, measure, 1.0, None, detail=f'{{"why":"{said[n]}"}}') for n in numbers])
    scores.put_verdicts(
        [
            Verdict(pair=PairRef(n, 1), measure=measure, position=Position.ALONE, reason="unparsed", analysis=said[n])
            for n in numbers
        ]
    )
    scores.put_labels(
        [Label(pair=PairRef(n, 1), question="q", labeller="ada", labelled_at=1.0, note=said[n]) for n in numbers]
    )
    scores.put_references({n: said[n] for n in numbers}, source="dataset")
    scores.put_canaries("may", [Canary(pair=PairRef(n, 1), expected="tie", source="human") for n in numbers])
    keys = {n: n.to_bytes(32, "big") for n in numbers}
    scores.keep_replies(
        {keys[n]: said[n].encode() for n in numbers},
        kind="judge",
        now=FIRST_SECOND + 999,
        exchanges={keys[n]: n for n in numbers if n % 3},
    )
    for start in range(0, 300, 10):
        log.upkeep.delete([number for number in numbers[start : start + 10] if number % 2])
    log.upkeep.rewrite()
    assert log.upkeep.checkpoint(whole=True)
    assert b"WORDS-OF-b" not in everything_in(tmp_path)
    assert len(scores.scores_of([measure], after=0, upto=300)) == 150
    assert len(scores.verdicts(measure, after=0, upto=300)) == 150
    assert len(scores.labels()) == len(scores.references(after=0, upto=300)) == len(scores.canaries("may")) == 150
    # Those that nobody said to be about some exchange went with the first one that was deleted.
    assert set(scores.replies(list(keys.values()))) == {keys[n] for n in numbers if n % 2 == 0 and n % 3}
    scores.close()


def test_a_reader_in_a_transaction_keeps_the_write_ahead_log_and_it_is_told(log: PairLog, tmp_path: Path) -> None:
    log.append([owned(1)])
    reader = sqlite3.connect(tmp_path / "log.db", isolation_level=None)
    reader.execute("BEGIN")
    reader.execute("SELECT count(*) FROM exchanges").fetchone()
    log.append([owned(2)])
    assert not log.upkeep.checkpoint(whole=True)
    reader.execute("COMMIT")
    assert log.upkeep.checkpoint(whole=True)
    reader.close()


def test_one_prunes_while_another_appends_and_a_third_reads(log: PairLog, tmp_path: Path) -> None:
    traffic = list(invented_traffic(400))
    whole = {exchange.id: exchange for exchange in traffic}
    reader, pruner = (open_log(f"sqlite:///{tmp_path}/log.db", mode) for mode in ("read", "write"))

    def write() -> None:
        for start in range(0, 400, 4):
            log.append(traffic[start : start + 4])

    thread = threading.Thread(target=write)
    thread.start()
    gone = 0
    try:
        while gone < 60:
            gone += pruner.upkeep.delete(pruner.upkeep.oldest(limit=3))
            pruner.upkeep.shrink(limit_bytes=10_000)
            assert all(whole[exchange.id] == exchange for exchange in each_exchange(reader))
    finally:
        thread.join()
    assert list(each_exchange(reader)) == traffic[60:]
    assert log.counts().exchanges == 340
    reader.close()
    pruner.close()


def test_a_log_that_is_read_only_cannot_be_pruned(log: PairLog, tmp_path: Path) -> None:
    log.append([owned(1)])
    reader = open_log(f"sqlite:///{tmp_path}/log.db", "read")
    with pytest.raises(LogError) as refused:
        reader.upkeep.delete([1])
    assert refused.value.reason == "read_only"
    reader.close()
