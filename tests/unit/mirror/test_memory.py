from __future__ import annotations

from shadowbench.mirror.memory import Memory


def test_room_is_taken_until_there_is_none_and_comes_back() -> None:
    memory = Memory(10)
    assert memory.take(6) and not memory.take(5) and memory.take(4) and not memory.take(1)
    memory.give_back(6)
    assert memory.held == 4 and memory.take(6)
