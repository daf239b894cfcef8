"""Whoever waits for plugins knows whose code runs."""

import pytest

from shadowbench.metrics.watching import running, watched


def test_what_runs_is_told_before_it_does_and_when_it_is_over() -> None:
    told: list[str] = []
    with watched(told.append), running("the import of x:y"):
        assert told == ["the import of x:y"]
    assert told == ["the import of x:y", ""]


def test_it_is_over_as_well_when_it_raises() -> None:
    told: list[str] = []
    with watched(told.append), pytest.raises(ZeroDivisionError), running("a division"):
        raise ZeroDivisionError
    assert told[-1] == ""


def test_nobody_need_listen_and_nobody_does_after() -> None:
    told: list[str] = []
    with watched(told.append):
        pass
    with running("something"):
        pass
    assert told == []
