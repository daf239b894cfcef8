"""The commands change a log that another process is writing: both come through, and nothing is lost but what shall go."""

import subprocess
import sys
import threading
from pathlib import Path

import pytest

from shadowbench import keyed
from shadowbench.recorder.lock import LogLock
from shadowbench.store.base import each_exchange
from shadowbench.store.opening import open_log
from shadowbench.store.testing import an_exchange

SALT = b"k" * 32
ADA = keyed.user_key(SALT, b"ada")


def command(folder: Path, *arguments: str) -> str:
    done = subprocess.run(
        [sys.executable, "-P", "-m", "shadowbench.cli", *arguments, "--log", "log.db"],
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=60,
        env={"PATH": "/usr/bin:/bin", "SHADOWBENCH_SECRET": SALT.hex()},
    )
    assert (done.returncode, done.stderr.count("Traceback")) == (0, 0), done.stderr
    return done.stdout + done.stderr


class Traffic:
    """A writer that holds the recorder's lock and appends until told to stop; every third exchange is ada's."""

    def __init__(self, folder: Path) -> None:
        self.written = 0
        self._log = open_log(f"sqlite:///{folder}/log.db", "write")
        self._lock = LogLock(folder / "log.db")
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._write)

    def __enter__(self) -> "Traffic":
        self._lock.take()
        self.append()
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join()
        self._log.close()
        self._lock.release()

    def append(self) -> None:
        numbers = range(self.written + 1, self.written + 31)
        self._log.append([an_exchange(n, user_key=ADA if n % 3 == 0 else None) for n in numbers])
        self.written += 30

    def _write(self) -> None:
        while not self._stop.wait(0.005):
            self.append()


def test_erasing_beside_a_writer_takes_all_that_was_there(tmp_path: Path) -> None:
    with Traffic(tmp_path) as traffic:
        before = traffic.written
        assert " erased\n" in command(tmp_path, "erase", "--user", "ada")
    log = open_log(f"sqlite:///{tmp_path}/log.db", "read")
    left = [exchange.sequence for exchange in each_exchange(log, with_bodies=False)]
    log.close()
    assert [number for number in left if number % 3] == [n for n in range(1, traffic.written + 1) if n % 3]
    assert all(number > before for number in left if number % 3 == 0)


@pytest.mark.parametrize("rewrite", [[], ["--rewrite"]])
def test_pruning_beside_a_writer_takes_the_oldest(tmp_path: Path, rewrite: list[str]) -> None:
    with Traffic(tmp_path) as traffic:
        assert " removed, " in command(tmp_path, "prune", "--keep", "20", *rewrite)
    log = open_log(f"sqlite:///{tmp_path}/log.db", "read")
    left = [exchange.sequence for exchange in each_exchange(log, with_bodies=False)]
    log.close()
    assert left == list(range(traffic.written - len(left) + 1, traffic.written + 1))
    assert len(left) >= 20


def test_importing_beside_a_writer_adds_what_is_new(tmp_path: Path) -> None:
    other = open_log(f"sqlite:///{tmp_path}/other.db", "write")
    other.append([an_exchange(10**6 + number) for number in range(600)])
    other.close()
    with Traffic(tmp_path) as traffic:
        command(tmp_path, "import", "other.db")
    log = open_log(f"sqlite:///{tmp_path}/log.db", "read")
    found = sorted(exchange.sequence for exchange in each_exchange(log, with_bodies=False))
    log.close()
    assert found == [*range(1, traffic.written + 1), *range(10**6, 10**6 + 600)]
