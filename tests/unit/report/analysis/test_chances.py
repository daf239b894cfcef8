from __future__ import annotations

from shadowbench.report.analysis.chances import chance_of


def test_the_same_seed_and_name_give_the_same_and_others_others() -> None:
    def first(*names: str, seed: int = 1) -> float:
        return float(chance_of(seed, *names).random())

    assert first("small", "latency") == first("small", "latency")
    assert len({first("small"), first("twin"), first("small", seed=2), first("small", "latency")}) == 4
    assert first("a", "bc") != first("ab", "c")
