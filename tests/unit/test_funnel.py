"""What adds up, and what does not."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from shadowbench.funnel import Funnel, Leftover
from shadowbench.records import FunnelCount


def counts(epoch: str = "m", candidate: str = "", **stages: int) -> list[FunnelCount]:
    """`sampled=3`, or with a reason `not_sent__stale=2`."""
    split = {stage: stage.partition("__") for stage in stages}
    return [
        FunnelCount(epoch=epoch, candidate=candidate, stage=split[key][0], reason=split[key][2], count=count)
        for key, count in stages.items()
    ]


EXCHANGES = counts(
    opened=10, ineligible__not_json=2, eligible=8, unsampled=3, sampled=5, recorded=4, discarded__recorder_full=1
)
CALLS = counts(
    candidate="a",
    sampled=5,
    not_sent__stale=1,
    cancelled__recorder_full=1,
    dispatched=3,
    answered__ok=2,
    fault__reset=1,
    paired=3,
)


def test_with_everything_settled_nothing_is_under_way() -> None:
    assert Funnel([*EXCHANGES, *CALLS]).under_way() == []


def test_what_is_between_two_stages_is_told() -> None:
    assert Funnel(counts(opened=3, ineligible__not_json=1)).under_way() == [
        Leftover(epoch="m", candidate="", stage="opened", count=2)
    ]
    assert Funnel(counts(candidate="a", sampled=2, dispatched=2, answered__ok=1)).under_way() == [
        Leftover(epoch="m", candidate="a", stage="dispatched", count=1),
        Leftover(epoch="m", candidate="a", stage="dispatched", count=2),
    ]


def test_an_epoch_that_lost_something_is_not_hidden_by_another() -> None:
    funnel = Funnel([*counts("old", opened=2), *EXCHANGES, *counts("new", opened=1, ineligible__not_json=3)])
    assert [(left.epoch, left.count) for left in funnel.under_way()] == [("new", -2), ("old", 2)]


def test_totals_and_reasons_add_up_over_epochs() -> None:
    funnel = Funnel([*counts("a", ineligible__x=1, ineligible__y=5), *counts("b", ineligible__x=2), *CALLS])
    assert funnel.total("ineligible") == 8
    assert funnel.total("ineligible", reason="x") == 3
    assert list(funnel.reasons("ineligible").items()) == [("y", 5), ("x", 3)]
    assert (funnel.total("sampled"), funnel.total("sampled", candidate="a")) == (0, 5)
    assert funnel.candidates() == ["a"]


@given(st.lists(st.integers(0, 50), min_size=4, max_size=4))
def test_any_split_of_what_came_is_whole(parts: list[int]) -> None:
    ineligible, unsampled, recorded, discarded = parts
    sampled = recorded + discarded
    stages = {
        "opened": ineligible + unsampled + sampled,
        "ineligible__r": ineligible,
        "eligible": unsampled + sampled,
        "unsampled": unsampled,
        "sampled": sampled,
        "recorded": recorded,
        "discarded__r": discarded,
    }
    assert Funnel(counts(**stages)).under_way() == []
    assert Funnel(counts(**stages | {"opened": stages["opened"] + 1})).under_way() != []
