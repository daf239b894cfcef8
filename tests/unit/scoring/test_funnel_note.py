"""The scorer's part of the funnel."""

from pathlib import Path

from shadowbench.scoring.funnel_note import FunnelNote
from shadowbench.scoring.lane import Keeping
from shadowbench.store.opening import open_log


def test_counts_are_cumulative_over_one_workers_life(tmp_path: Path) -> None:
    log = open_log(f"sqlite:///{tmp_path}/pairs.db", "write")
    fresh = {"small": 2}
    note = FunnelNote(Keeping(owner="me", lease_s=1.0, now=lambda: 7.0), fresh, log)
    note.put()
    fresh["small"] += 3
    fresh["large"] = 1
    note.put()
    note.put()
    told = [(each.epoch, each.candidate, each.stage, each.reason, each.count) for each in log.funnel()]
    assert told == [("me:7", "large", "scored", "", 1), ("me:7", "small", "scored", "", 5)]
    log.close()
    note.put()  # nothing is new


def test_a_log_that_refuses_is_told_the_next_time(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/pairs.db"
    open_log(url, "write").close()
    reading = open_log(url, "read")
    note = FunnelNote(Keeping(owner="me", lease_s=1.0, now=lambda: 7.0), {"small": 2}, reading)
    note.put()
    assert list(reading.funnel()) == []
    reading.close()
