"""What is SQLite's own in upkeep: plans of the statements, and where a rewrite keeps its copy."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from shadowbench.store.base import PairLog
from shadowbench.store.opening import open_log
from shadowbench.store.queries import statements
from shadowbench.store.testing import an_exchange, invented_traffic


@pytest.fixture
def log(tmp_path: Path) -> Iterator[PairLog]:
    folder = tmp_path / "it's here"
    folder.mkdir()
    log = open_log(f"sqlite:///{folder}/log.db", "write")
    log.append(list(invented_traffic(50)))
    yield log
    log.close()


@pytest.mark.parametrize(
    ("name", "parameters"),
    [
        ("oldest", {"before": 1e12, "limit": 5}),
        ("count_before", {"before": 1e12}),
        ("owned_by", {"after": 0, "upto": 9, "users": "[]", "tenants": "[]", "clusters": "[]", "marks": "[]"}),
        ("delete_exchanges", ("[1,2]",)),
    ],
)
def test_statements_search_and_sort_nothing(log: PairLog, name: str, parameters: object) -> None:
    connection = log._connection  # type: ignore[attr-defined]
    steps = [row[3] for row in connection.execute(f"EXPLAIN QUERY PLAN {statements('pair_log')[name]}", parameters)]
    assert steps
    assert not [step for step in steps if "SCAN exchanges" in step or "ORDER BY" in step]


def test_a_rewrite_keeps_its_copy_beside_the_log(log: PairLog) -> None:
    log.append([an_exchange(1000 + number, request_body=os.urandom(200_000)) for number in range(20)])
    connection, open_files = log._connection, set()  # type: ignore[attr-defined]

    def look() -> int:
        for descriptor in os.listdir("/proc/self/fd"):
            try:
                open_files.add(os.readlink(f"/proc/self/fd/{descriptor}"))
            except OSError:
                pass  # the one of the listing itself
        return 0

    connection.set_progress_handler(look, 100)
    log.upkeep.rewrite()
    connection.set_progress_handler(None, 0)
    copies = {os.path.dirname(name) for name in open_files if "etilqs" in name}
    assert copies == {str(Path(log._path).parent)}  # type: ignore[attr-defined]
