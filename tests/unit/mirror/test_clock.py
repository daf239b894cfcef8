from __future__ import annotations

import random
from uuid import UUID

from shadowbench.mirror.clock import Clock, time_ordered_id


def test_wall_time_follows_the_monotonic_clock_until_refreshed() -> None:
    wall, now = [1000.0], [5_000_000_000]
    clock = Clock(lambda: wall[0], lambda: now[0])
    assert clock.unix_at(6_500_000_000) == 1001.5
    wall[0], now[0] = 2000.0, 7_000_000_000
    assert clock.unix_at(7_000_000_000) == 1002.0
    clock.refresh()
    assert clock.unix_at(7_000_000_000) == 2000.0


def test_ids_sort_by_time_and_are_version_7() -> None:
    chance = random.Random(1)
    ids = [time_ordered_id(1_700_000_000 + step / 100_000, chance) for step in range(500)]
    assert ids == sorted(ids) and len(set(ids)) == 500
    parsed = UUID(ids[0])
    assert (parsed.version, parsed.variant) == (7, "specified in RFC 4122")
    assert parsed.int >> 80 == 1_700_000_000_000
    assert len({time_ordered_id(1.0, chance) for _ in range(1000)}) == 1000
