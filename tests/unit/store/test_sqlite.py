"""What is SQLite's own: refused batches, numbers, plans of the statements."""

import math
from pathlib import Path

import pytest

from shadowbench.records import Cost
from shadowbench.store.base import LogError, each_exchange
from shadowbench.store.opening import open_log
from shadowbench.store.queries import statements
from shadowbench.store.rows import PRICE, STREAMED, rows_of
from shadowbench.store.sqlite import bound_observations
from shadowbench.store.testing import an_exchange, an_observation, invented_traffic


def test_a_batch_that_is_refused_leaves_no_transaction_open(tmp_path: Path) -> None:
    log = open_log(f"sqlite:///{tmp_path}/log.db", "write")
    with pytest.raises(LogError):
        log.append([an_exchange(1), an_exchange(2, method=None)])
    log.append([an_exchange(3)])
    assert log.counts().exchanges == 1
    log.close()


def test_numbers_are_not_used_again_after_pruning(tmp_path: Path) -> None:
    log = open_log(f"sqlite:///{tmp_path}/log.db", "write")
    log.append([an_exchange(1), an_exchange(2)])
    connection = log._connection  # type: ignore[attr-defined]
    for table, column in (("observations", "exchange"), ("exchanges", "number")):
        connection.execute(f"DELETE FROM {table} WHERE {column} > 0")
    assert log.newest() == 2
    log.append([an_exchange(3)])
    assert log.newest() == 3
    log.close()


def test_of_an_observation_only_plain_numbers_and_texts_are_bound() -> None:
    """The driver looks for an adapter of anything else, and an observation has many a None."""
    priced = Cost(usd=0.25, reason=None, price="a price")
    seen = [an_observation(streamed=streamed, cost=priced) for streamed in (True, False, None)]
    rows = rows_of([an_exchange(number, each, production=each) for number, each in enumerate(seen)], 1)
    bound = bound_observations(rows, {"a price": 7})
    assert {type(value) for row in bound for value in row} <= {int, float, str}
    assert [row[STREAMED] for row in bound[:4]] == [1, 1, 0, 0]
    assert all(math.isnan(row[STREAMED]) for row in bound[4:])
    assert {row[PRICE] for row in bound} == {7}


@pytest.mark.parametrize("known_before", [False, True])
def test_a_price_is_one_row_that_all_its_observations_name(tmp_path: Path, known_before: bool) -> None:
    log = open_log(f"sqlite:///{tmp_path}/log.db", "write")
    priced, other = [an_observation(cost=Cost(usd=0.25, reason=None, price=price)) for price in ("one", "two")]
    if known_before:
        log.append([an_exchange(1, other, production=other), an_exchange(2, priced, production=priced)])
    log.append([an_exchange(3, other, production=priced), an_exchange(4)])
    found = list(each_exchange(log))[-2:]
    assert [each.production.cost for each in found] == [priced.cost, None]
    assert found[0].candidates[0].observation.cost == other.cost
    assert len(log._connection.execute("SELECT price FROM prices").fetchall()) == 2  # type: ignore[attr-defined]
    log.close()


@pytest.mark.parametrize(
    "name",
    ["page_of_exchanges", "observations_of_exchange", "request_of_exchange", "request_body", "bodies_of_exchange"],
)
def test_readers_search_and_never_scan(tmp_path: Path, name: str) -> None:
    log = open_log(f"sqlite:///{tmp_path}/log.db", "write")
    log.append(list(invented_traffic(5)))
    parameters = {"after": 0, "upto": 9, "size": 2} if name == "page_of_exchanges" else (1,)
    plan = log._connection.execute(f"EXPLAIN QUERY PLAN {statements('pair_log')[name]}", parameters)  # type: ignore[attr-defined]
    steps = [row[3] for row in plan]
    assert steps
    assert not [step for step in steps if step.startswith("SCAN") or "TEMP B-TREE" in step]
    log.close()


def test_what_is_absent_is_null_and_what_is_not_is_not(tmp_path: Path) -> None:
    log = open_log(f"sqlite:///{tmp_path}/log.db", "write")
    log.append([an_exchange(1, tenant_key=None, stratum="")])
    connection = log._connection  # type: ignore[attr-defined]
    kinds = "typeof(tenant_key), typeof(stratum), typeof(redactions), typeof(sequence)"
    assert connection.execute(f"SELECT {kinds} FROM exchanges").fetchone() == ("null", "text", "null", "integer")
    assert connection.execute("SELECT typeof(cost_usd) FROM observations").fetchall() == [("null",)] * 2
    log.close()
