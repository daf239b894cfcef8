"""Memory that was freed is kept, and given back when that is asked for; another C library is left alone. Garbage that holds
itself is looked for again afterwards."""

from __future__ import annotations

import ctypes
import gc

import pytest

from shadowbench.cli.memory import give_back_freed_memory, keep_freed_memory, uncollected


class Glibc:
    """Notes what it is told."""

    def __init__(self) -> None:
        self.told: list[tuple[int, ...]] = []

    def mallopt(self, parameter: int, value: int) -> int:
        self.told.append((parameter, value))
        return 1

    def malloc_trim(self, pad: int) -> int:
        self.told.append((pad,))
        return 1


class Musl:
    """Has neither."""


def test_large_columns_and_the_end_of_the_heap_are_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    libc = Glibc()
    monkeypatch.setattr(ctypes, "CDLL", lambda _: libc)
    keep_freed_memory()
    assert libc.told == [(-3, 32 * 2**20), (-1, 256 * 2**20)]


def test_all_that_is_free_is_given_back(monkeypatch: pytest.MonkeyPatch) -> None:
    libc = Glibc()
    monkeypatch.setattr(ctypes, "CDLL", lambda _: libc)
    give_back_freed_memory()
    assert libc.told == [(0,)]


def test_another_c_library_is_left_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ctypes, "CDLL", lambda _: Musl())
    keep_freed_memory()
    give_back_freed_memory()


def test_garbage_is_not_looked_for_meanwhile_whatever_happens() -> None:
    assert gc.isenabled()
    with pytest.raises(ZeroDivisionError), uncollected():
        assert not gc.isenabled()
        raise ZeroDivisionError
    assert gc.isenabled()


def test_who_does_without_already_goes_on_without() -> None:
    gc.disable()
    try:
        with uncollected():
            pass
        assert not gc.isenabled()
    finally:
        gc.enable()
