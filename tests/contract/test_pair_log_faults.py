"""A writer killed at any moment, and a device without room: the log stays readable and holds whole records only."""

import os
import random
import resource
import signal
import sqlite3
import subprocess
import sys
import time
from pathlib import Path

import pytest

from shadowbench.store.base import LogError, each_exchange
from shadowbench.store.opening import open_log
from shadowbench.store.testing import an_exchange, invented_traffic

WRITER = """
import sys
from itertools import count
from shadowbench.store.opening import open_log
from shadowbench.store.testing import invented_traffic

log = open_log(sys.argv[1], "write")
traffic = invented_traffic(10**9, seed=int(sys.argv[2]))
done = 0
while True:
    batch = [next(traffic) for _ in range(5)]
    log.append(batch)
    done += len(batch)
    print(done, flush=True)  # what is durable is announced, as the recorder acknowledges
"""


def test_a_writer_killed_at_any_moment_leaves_whole_records_and_all_that_were_announced(tmp_path: Path) -> None:
    path = tmp_path / "log.db"
    chance = random.Random(7)
    announced = 0
    for _ in range(6):
        command = [sys.executable, "-c", WRITER, f"sqlite:///{path}", "3"]
        writer = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        assert writer.stdout is not None
        first = writer.stdout.readline()  # it runs; now let it get some way
        assert first
        time.sleep(chance.uniform(0, 0.15))  # the moment of death is the point of this test, not a wait for something
        writer.send_signal(signal.SIGKILL)
        lines = [first, *writer.stdout]
        writer.wait()
        writer.stdout.close()
        complete = [int(line) for line in lines if line.endswith("\n")]
        announced = max(announced, complete[-1])

        log = open_log(f"sqlite:///{path}", "read")
        found = list(each_exchange(log))
        log.close()
        assert len(found) >= announced
        assert len(found) % 5 == 0
        assert found == list(invented_traffic(len(found), seed=3))
        connection = sqlite3.connect(path)
        assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        connection.close()


def test_a_writer_killed_while_it_makes_the_log_leaves_one_that_can_be_completed(tmp_path: Path) -> None:
    script = (
        "import sys; from shadowbench.store.opening import open_log; print(flush=True); open_log(sys.argv[1], 'write')"
    )
    chance = random.Random(8)
    for attempt in range(5):
        path = tmp_path / f"{attempt}.db"
        maker = subprocess.Popen([sys.executable, "-c", script, f"sqlite:///{path}"], stdout=subprocess.PIPE)
        assert maker.stdout is not None
        maker.stdout.readline()
        time.sleep(chance.uniform(0, 0.3))
        maker.kill()
        maker.wait()
        maker.stdout.close()
        log = open_log(f"sqlite:///{path}", "write")
        log.append([an_exchange()])
        assert log.counts().exchanges == 1
        log.close()


def test_a_full_log_refuses_the_batch_and_keeps_the_rest(tmp_path: Path) -> None:
    log = open_log(f"sqlite:///{tmp_path}/log.db", "write")
    log.append(list(invented_traffic(20)))
    connection = log._connection  # type: ignore[attr-defined]
    pages = connection.execute("PRAGMA page_count").fetchone()[0]
    connection.execute(f"PRAGMA max_page_count = {pages + 10}")
    with pytest.raises(LogError, match="the device is full; free some space") as refused:
        log.append([an_exchange(1000), an_exchange(1001, request_body=b"x" * 1_000_000)])
    assert refused.value.reason == "disk_full"
    assert list(each_exchange(log)) == list(invented_traffic(20))

    log.append([an_exchange(1000)])  # what fits still goes in
    connection.execute("PRAGMA max_page_count = 1000000")
    log.append([an_exchange(1000), an_exchange(1001, request_body=b"x" * 1_000_000)])
    assert log.counts().exchanges == 22
    log.close()


def _append_until_refused(path: Path, limit: int) -> int:
    """Exit code: 0 when a full device was reported with its reason and the log was whole after it."""
    log = open_log(f"sqlite:///{path}", "write")
    resource.setrlimit(resource.RLIMIT_FSIZE, (limit, resource.RLIM_INFINITY))
    stored = 0
    for number in range(1, 10_000):
        try:
            log.append([an_exchange(number, request_body=os.urandom(20_000))])
            stored = number
        except LogError as error:
            whole = [exchange.sequence for exchange in each_exchange(log)] == list(range(1, stored + 1))
            return 0 if error.reason in ("disk_full", "io_error") and whole else 3
    return 4


def test_a_file_that_may_not_grow_refuses_and_goes_on_when_it_may(tmp_path: Path) -> None:
    path = tmp_path / "log.db"
    here = Path(__file__)
    script = (
        f"import importlib.util as u, sys; from pathlib import Path; s = u.spec_from_file_location('t', {str(here)!r}); "
        "m = u.module_from_spec(s); s.loader.exec_module(m); "
        "sys.exit(m._append_until_refused(Path(sys.argv[1]), 2_000_000))"
    )
    assert subprocess.run([sys.executable, "-c", script, str(path)], check=False).returncode == 0
    log = open_log(f"sqlite:///{path}", "write")
    before = log.counts().exchanges
    assert before > 10
    log.append([an_exchange(50_000)])
    assert log.counts().exchanges == before + 1
    log.close()


def test_a_writer_that_holds_the_log_is_reported_as_busy(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("shadowbench.store.opening.BUSY_TIMEOUT_S", 0.01)
    log = open_log(f"sqlite:///{tmp_path}/log.db", "write")
    other = sqlite3.connect(tmp_path / "log.db", isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    with pytest.raises(LogError, match="only one recorder may own it") as refused:
        log.append([an_exchange()])
    assert refused.value.reason == "busy"
    other.execute("ROLLBACK")
    other.close()
    log.append([an_exchange()])
    assert log.counts().exchanges == 1
    log.close()


def test_many_may_make_the_same_log_at_once(tmp_path: Path) -> None:
    script = (
        "import sys; from shadowbench.store.opening import open_log; from shadowbench.store.testing import an_exchange; "
        "import sqlite_utils; print(flush=True); sys.stdin.read(); "
        "log = open_log(sys.argv[1], 'write'); log.append([an_exchange(int(sys.argv[2]))]); log.close()"
    )
    url = f"sqlite:///{tmp_path}/log.db"
    makers = [
        subprocess.Popen(
            [sys.executable, "-c", script, url, str(number)], stdin=subprocess.PIPE, stdout=subprocess.PIPE
        )
        for number in range(4)
    ]
    for maker in makers:
        assert maker.stdout is not None
        maker.stdout.readline()
    for maker in makers:  # all are loaded: off they go
        assert maker.stdin is not None
        maker.stdin.close()
    for maker in makers:
        assert maker.wait() == 0
        assert maker.stdout is not None
        maker.stdout.close()
    log = open_log(url, "read")
    assert sorted(exchange.sequence for exchange in each_exchange(log)) == [0, 1, 2, 3]
    log.close()
