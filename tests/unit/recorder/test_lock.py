"""One recorder per log."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
from pathlib import Path

import pytest

from shadowbench.errors import UnavailableError
from shadowbench.recorder.lock import HeldElsewhereError, LogLock

HOLD = """
import sys, pathlib
from shadowbench.recorder.lock import LogLock
lock = LogLock(pathlib.Path(sys.argv[1]))
lock.take()
print("held", flush=True)
sys.stdin.read()
"""


def test_the_lock_is_a_private_file_beside_the_log_with_the_pid(tmp_path: Path) -> None:
    lock = LogLock(tmp_path / "pairs.db")
    lock.take()
    lock.take()  # held already
    path = tmp_path / "pairs.db.lock"
    assert path.read_text() == f"{os.getpid()}\n"
    assert path.stat().st_mode & 0o777 == 0o600
    lock.release()
    lock.release()


def test_a_second_one_is_refused_with_the_pid_of_the_first_until_it_is_released(tmp_path: Path) -> None:
    first, second = LogLock(tmp_path / "pairs.db"), LogLock(tmp_path / "pairs.db")
    first.take()
    with pytest.raises(HeldElsewhereError, match=f"pid {os.getpid()} writes .*own store.url"):
        second.take()
    first.release()
    second.take()
    second.release()


def test_a_log_named_by_a_link_has_the_same_lock(tmp_path: Path) -> None:
    (tmp_path / "link.db").symlink_to(tmp_path / "pairs.db")
    assert LogLock(tmp_path / "link.db").path == LogLock(tmp_path / "pairs.db").path


def test_the_lock_of_a_killed_process_is_free_at_once(tmp_path: Path) -> None:
    log = tmp_path / "pairs.db"
    arguments = [sys.executable, "-c", HOLD, str(log)]
    with subprocess.Popen(arguments, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == b"held\n"
        lock = LogLock(log)
        with pytest.raises(HeldElsewhereError, match=f"pid {holder.pid} "):
            lock.take()
        holder.kill()
        holder.wait()
        lock.take()
    lock.release()


def test_an_unreadable_pid_is_said_to_be_unknown(tmp_path: Path) -> None:
    first = LogLock(tmp_path / "pairs.db")
    first.take()
    first.path.write_text("")
    with pytest.raises(HeldElsewhereError, match="pid unknown"):
        LogLock(tmp_path / "pairs.db").take()
    first.release()


@pytest.mark.parametrize("obstacle", ["no folder", "a link"])
def test_where_no_lock_file_can_be_made_the_error_says_what_to_do(tmp_path: Path, obstacle: str) -> None:
    log = tmp_path / ("nowhere/pairs.db" if obstacle == "no folder" else "pairs.db")
    if obstacle == "a link":
        (tmp_path / "pairs.db.lock").symlink_to(tmp_path / "precious")
    with pytest.raises(UnavailableError, match="check the folder") as caught:
        LogLock(log).take()
    assert not isinstance(caught.value, HeldElsewhereError)
    assert not (tmp_path / "precious").exists()


async def test_patience_waits_for_one_that_is_about_to_leave(tmp_path: Path) -> None:
    first, second = LogLock(tmp_path / "pairs.db"), LogLock(tmp_path / "pairs.db")
    first.take()
    asyncio.get_running_loop().call_later(0.15, first.release)
    await second.take_patiently()
    second.release()


async def test_patience_ends(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("shadowbench.recorder.lock._RETRY_S", 0)
    first, second = LogLock(tmp_path / "pairs.db"), LogLock(tmp_path / "pairs.db")
    first.take()
    with pytest.raises(HeldElsewhereError):
        await second.take_patiently()
    first.release()
