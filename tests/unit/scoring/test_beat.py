"""What a runner is at, seen from the other side of the page."""

import os

from shadowbench.scoring.beat import At, Beat


def test_the_other_side_sees_a_call_while_it_lasts() -> None:
    fd = Beat.make()
    runner, worker = Beat(fd), Beat(fd)
    os.close(fd)
    assert worker.look() is None
    runner.begin(2**40, 3, 5, 12.5)
    assert worker.look() == At(1, 2**40, 3, 5, 12.5)
    runner.end()
    assert worker.look() is None
    runner.begin(1, 1, 0, 13.0)
    assert worker.look() == At(2, 1, 1, 0, 13.0)
    runner.close()
    assert worker.look() is not None  # as after a crash
    worker.close()
