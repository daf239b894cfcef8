"""How much work fits a slice of time."""

from hypothesis import given
from hypothesis import strategies as st

from shadowbench.store.pace import SLICE_S, Pace, next_size


class Machine:
    """Work that takes `each_s` a piece, on a clock of its own."""

    def __init__(self, each_s: float) -> None:
        self.each_s = each_s
        self.now = 0.0
        self.slices: list[float] = []

    def clock(self) -> float:
        return self.now

    def work(self, size: int) -> int:
        self.slices.append(size * self.each_s)
        self.now += size * self.each_s
        return size


@given(st.floats(1e-6, 0.01))
def test_slices_come_near_their_time_and_never_pass_it(each_s: float) -> None:
    machine = Machine(each_s)
    pace = Pace(machine.clock)
    for _ in range(20):
        pace.run(machine.work)
    assert max(machine.slices[1:]) <= SLICE_S  # the first one knows nothing yet
    assert pace.size == 4096 or machine.slices[-1] >= SLICE_S * 0.2


def test_work_that_becomes_slow_gets_less_at_once() -> None:
    machine = Machine(0.0001)
    pace = Pace(machine.clock)
    for _ in range(10):
        pace.run(machine.work)
    machine.each_s = 0.01
    pace.run(machine.work)
    pace.run(machine.work)
    assert machine.slices[-1] == machine.each_s


def test_a_slice_that_ran_out_of_work_changes_nothing() -> None:
    machine = Machine(0.001)
    pace = Pace(machine.clock)
    before = pace.size
    assert pace.run(lambda size: 0) == 0
    assert pace.run(lambda size: machine.work(1)) == 1
    assert pace.size == before


def test_a_single_piece_that_is_too_long_is_still_done() -> None:
    assert next_size(1, 3.0, SLICE_S) == 1
