"""The bound over everything the recorder holds."""

from __future__ import annotations

from shadowbench.recorder.memory import Memory


def test_the_limit_may_be_reached_but_not_passed() -> None:
    memory = Memory(10)
    assert memory.take(10)
    assert not memory.take(1)
    memory.give_back(4)
    assert memory.take(4)
    assert memory.used == 10


def test_what_is_refused_is_not_taken() -> None:
    memory = Memory(10)
    assert not memory.take(11)
    assert memory.used == 0
