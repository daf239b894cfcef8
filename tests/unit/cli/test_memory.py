"""Memory that was freed is kept; where the C library does not know how, nothing happens."""

from __future__ import annotations

import ctypes

import pytest

from shadowbench.cli.memory import keep_freed_memory


def test_large_columns_and_the_end_of_the_heap_are_kept() -> None:
    told: list[tuple[int, int]] = []

    def mallopt(parameter: int, value: int) -> int:
        told.append((parameter, value))
        return 1

    keep_freed_memory(mallopt)
    assert told == [(-3, 32 * 2**20), (-1, 256 * 2**20)]


def test_another_c_library_is_left_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    class Musl:
        """Has no mallopt."""

    monkeypatch.setattr(ctypes, "CDLL", lambda _: Musl())
    keep_freed_memory()
