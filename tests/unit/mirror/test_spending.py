from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shadowbench.errors import ConfigurationError, UnavailableError
from shadowbench.limits.budget import Amount, Spending, Window
from shadowbench.mirror.options import BudgetOptions, CandidateOptions, MirrorOptions
from shadowbench.mirror.spending import SpendingFile, open_spending


def spent(nano_usd: int, tokens: int = 0, reserved: int = 0) -> Spending:
    amount = Amount(nano_usd, tokens)
    return Spending(tuple(Window(index, amount, Amount(reserved, 0)) for index in (3, 2, 0)), Amount(7, 8))


def reopened(path: Path, name: str = "small") -> Spending:
    file = SpendingFile(path)
    spending = file.register(name)
    file.close()
    return spending


def test_what_was_spent_is_there_after_a_restart(tmp_path: Path) -> None:
    path = tmp_path / "log.budget"
    file = SpendingFile(path)
    assert file.register("small") == Spending() == file.register("large")
    file.keep("small", spent(10, 20))
    file.keep("large", spent(11, 21))
    file.keep("small", spent(12, 22))
    file.close()
    assert path.stat().st_mode & 0o777 == 0o600
    assert reopened(path, "large") == spent(11, 21)
    assert reopened(path) == spent(12, 22)
    assert reopened(path, "new") == Spending()
    assert reopened(path, "new") == Spending()
    assert reopened(path) == spent(12, 22), "candidates are found by name, not by place"


def test_what_was_reserved_counts_as_spent_after_a_restart(tmp_path: Path) -> None:
    file = SpendingFile(tmp_path / "b")
    file.register("small")
    file.keep("small", spent(10, reserved=5))
    file.close()
    assert reopened(tmp_path / "b") == spent(15)
    assert reopened(tmp_path / "b") == spent(15), "once"


_KILLED = """
import os, sys, signal
from pathlib import Path
from shadowbench.mirror.spending import SpendingFile
from tests.unit.mirror.test_spending import spent
file = SpendingFile(Path(sys.argv[1]))
file.register("small")
for n in range(1, 1001):
    file.keep("small", spent(n, reserved=1))
os.kill(os.getpid(), signal.SIGKILL)
"""


def test_a_process_that_is_killed_loses_nothing(tmp_path: Path) -> None:
    path = tmp_path / "b"
    ended = subprocess.run([sys.executable, "-c", _KILLED, str(path)], check=False, timeout=60)
    assert ended.returncode == -signal.SIGKILL
    assert reopened(path) == spent(1001)


@settings(max_examples=60, deadline=None)
@given(cut=st.integers(0, 255))
def test_a_store_that_was_cut_short_leaves_what_was_before(tmp_path_factory: pytest.TempPathFactory, cut: int) -> None:
    path = tmp_path_factory.mktemp("torn") / "b"
    file = SpendingFile(path)
    file.register("small")
    file.keep("small", spent(1))
    before = path.read_bytes()
    file.keep("small", spent(2))
    after = path.read_bytes()
    file.close()
    changed = next(at for at in range(0, len(before), 256) if before[at : at + 256] != after[at : at + 256])
    torn = bytearray(before)
    torn[changed : changed + cut] = after[changed : changed + cut]
    path.write_bytes(torn)
    assert reopened(path) in (spent(1), spent(2))


@settings(max_examples=40, deadline=None)
@given(cut=st.integers(0, 1023))
def test_a_process_killed_while_it_made_the_file_leaves_no_damage(
    tmp_path_factory: pytest.TempPathFactory, cut: int
) -> None:
    path = tmp_path_factory.mktemp("begun") / "b"
    reopened(path)
    whole = path.read_bytes()
    # Space is allocated before it is written, for the header and for a record; a record's slots are written in order.
    path.write_bytes(whole[:cut].ljust(512 if cut <= 512 else 1024, b"\0"))
    assert reopened(path) == Spending()


@pytest.mark.parametrize(
    ("content", "what"),
    [
        (b"#!/bin/sh\n", "is no budget file"),
        (b"shadowbench budget\0".ljust(32, b"\0") + b"\x02".ljust(480, b"\0"), "is no budget file of version 1"),
        (b"x" * 1024, "is no budget file"),
    ],
)
def test_a_file_of_somebody_else_is_left_alone(tmp_path: Path, content: bytes, what: str) -> None:
    path = tmp_path / "b"
    path.write_bytes(content)
    with pytest.raises(UnavailableError, match=what + ".*restore it, or move it away"):
        SpendingFile(path)
    assert path.read_bytes() == content


def test_damage_is_an_error_and_never_zero(tmp_path: Path) -> None:
    path = tmp_path / "b"
    reopened(path)
    whole = bytearray(path.read_bytes())
    path.write_bytes(whole[:-7])
    with pytest.raises(UnavailableError, match="was cut off"):
        SpendingFile(path)
    whole[512 + 20] ^= 1
    whole[512 + 256 + 20] ^= 1
    path.write_bytes(whole)
    with pytest.raises(UnavailableError, match="is damaged"):
        SpendingFile(path)


def test_two_mirrors_do_not_spend_from_one_file(tmp_path: Path) -> None:
    file = SpendingFile(tmp_path / "b")
    with pytest.raises(UnavailableError, match="in use"):
        SpendingFile(tmp_path / "b")
    file.close()
    reopened(tmp_path / "b")


def test_nothing_is_kept_after_the_end(tmp_path: Path) -> None:
    file = SpendingFile(tmp_path / "b")
    file.register("small")
    file.close()
    file.keep("small", spent(1))
    assert reopened(tmp_path / "b") == Spending()


def test_sums_beyond_all_reason_and_names_too_long(tmp_path: Path) -> None:
    file = SpendingFile(tmp_path / "b")
    file.register("small")
    file.keep("small", spent(2**70))
    with pytest.raises(ConfigurationError, match="longer than"):
        file.register("x" * 65)
    file.close()
    assert reopened(tmp_path / "b") == spent(2**64 - 1)


def options(path: Path, **budgets: float) -> MirrorOptions:
    candidate = CandidateOptions(name="small", url="http://c", budgets=BudgetOptions(**budgets))  # type: ignore[arg-type]
    return MirrorOptions(runtime_folder="r", secret_file="s", budget_file=str(path), candidates=(candidate,))


@pytest.mark.skipif(
    os.geteuid() == 0 and not Path("/proc/self").exists(), reason="needs a place that cannot be written"
)
def test_only_a_budget_needs_a_place(tmp_path: Path) -> None:
    nowhere = Path("/proc/self/nowhere/b")
    assert open_spending(options(nowhere)) is None
    with pytest.raises(UnavailableError, match="cannot use the budget file /proc/self/nowhere/b"):
        open_spending(options(nowhere, usd_total=1.0))
    file = open_spending(options(tmp_path / "b", tokens_total=1))
    assert file is not None
    file.close()
