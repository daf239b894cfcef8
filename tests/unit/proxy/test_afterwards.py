"""Who has something to tell tells it a moment later, together with others."""

import asyncio

from hypothesis import given
from hypothesis import strategies as st

from shadowbench.proxy.afterwards import MOST_WAITING, Afterwards
from tests.integration.proxying import eventually, on_uvloop


class Diary:
    """What happened, in order."""

    def __init__(self) -> None:
        self.entries: list[object] = []
        self.afterwards = Afterwards(lambda: self.entries.append("flush"))

    def teller(self, name: object) -> "Teller":
        return Teller(self, name)


class Teller:
    def __init__(self, diary: Diary, name: object) -> None:
        self._diary, self._name = diary, name

    def tell(self) -> None:
        self._diary.entries.append(self._name)


@on_uvloop
async def test_all_that_a_moment_brings_is_told_in_order_and_written_once():
    diary = Diary()
    for name in ("a", "b", "c"):
        diary.afterwards.add(diary.teller(name))
    assert diary.entries == [], "whoever waits for an answer goes first"
    await eventually(lambda: diary.entries)
    assert diary.entries == ["a", "b", "c", "flush"]


@on_uvloop
async def test_who_comes_after_the_others_told_waits_for_the_next_time():
    diary = Diary()
    for name in ("a", "b"):
        diary.afterwards.add(diary.teller(name))
        await eventually(lambda name=name: name in diary.entries)
    assert diary.entries == ["a", "flush", "b", "flush"]


@on_uvloop
async def test_it_can_be_told_at_once_and_then_is_not_told_again():
    diary = Diary()
    diary.afterwards.add(diary.teller("a"))
    diary.afterwards.now()
    assert diary.entries == ["a", "flush"]
    diary.afterwards.add(diary.teller("b"))
    await eventually(lambda: "b" in diary.entries)
    assert diary.entries.count("a") == diary.entries.count("b") == 1


@on_uvloop
async def test_a_write_that_fails_is_told_and_harms_nobody_whose_turn_it_is():
    faults: list[object] = []
    asyncio.get_running_loop().set_exception_handler(lambda _, context: faults.append(context["exception"]))

    def broken() -> None:
        raise RuntimeError("closed")

    diary = Diary()
    diary.afterwards = Afterwards(broken)
    for number in range(MOST_WAITING):
        diary.afterwards.add(diary.teller(number))
    assert diary.entries == list(range(MOST_WAITING))
    assert [str(fault) for fault in faults] == ["closed"]


@given(st.integers(1, 5 * MOST_WAITING))
def test_never_more_than_so_many_wait(count: int):
    async def scenario() -> None:
        diary = Diary()
        for number in range(count):
            diary.afterwards.add(diary.teller(number))
            told = [entry for entry in diary.entries if entry != "flush"]
            assert number + 1 - len(told) < MOST_WAITING
            assert told == list(range(len(told)))
        diary.afterwards.now()
        assert [entry for entry in diary.entries if entry != "flush"] == list(range(count))

    asyncio.run(scenario())
