"""Which metrics are left out for a while."""

from shadowbench.scoring.suspensions import STRIKES, Suspensions


def test_a_metric_that_hangs_again_and_again_is_left_out_for_a_minute() -> None:
    told = Suspensions()
    assert [told.strike(4, now=10.0) for _ in range(STRIKES)] == [False, False, True]
    assert told.is_suspended(4, now=69.0)
    assert not told.is_suspended(3, now=69.0)
    assert told.count(now=69.0) == 1
    assert not told.is_suspended(4, now=70.0)


def test_after_that_one_hang_suspends_it_for_twice_as_long_up_to_an_hour() -> None:
    told, now, lengths = Suspensions(), 0.0, []
    told.strike(4, now)
    told.strike(4, now)
    for _ in range(9):
        assert told.strike(4, now)
        length = next(s for s in range(60, 7200, 60) if not told.is_suspended(4, now + s))
        lengths.append(length)
        now += length
    assert lengths == [60, 120, 240, 480, 960, 1920, 3600, 3600, 3600]


def test_calls_that_end_make_up_for_those_that_did_not() -> None:
    told = Suspensions()
    told.strike(4, now=0.0)
    told.strike(4, now=0.0)
    told.passed(4, 99)
    told.passed(4, 1)
    assert not told.strike(4, now=0.0)
    told.passed(4, 100)
    told.passed(4, 100)
    assert [told.strike(4, now=0.0) for _ in range(3)] == [False, False, True]


def test_calls_of_a_metric_without_fault_are_nothing_to_remember() -> None:
    told = Suspensions()
    told.passed(1, 1000)
    assert [told.strike(1, now=0.0) for _ in range(3)] == [False, False, True]
