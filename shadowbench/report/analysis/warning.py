"""What a reader must know before trusting the numbers: the setup, what is contradicted, what is missing, what changed."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from shadowbench.report.analysis import circumstances, doubting
from shadowbench.report.document.root import Candidate, Document
from shadowbench.report.document.verdicts import Note
from shadowbench.report.policy import Policy

_Doubt = Callable[[Candidate, Policy], Iterator[Note]]

_CONTRADICTED: tuple[_Doubt, ...] = (
    doubting.of_slices, doubting.of_answered_only, doubting.of_people, doubting.of_noise,
)  # fmt: skip
_MISSING: tuple[_Doubt, ...] = (
    doubting.of_losses, doubting.of_failures, doubting.of_missing, doubting.of_costs, doubting.of_times,
    doubting.of_sizes,
)  # fmt: skip


def warnings(document: Document) -> tuple[Note, ...]:
    """All warnings. Those of one kind stand together, by candidate."""
    lanes = [each for each in document.candidates if each.again]
    candidates = [each for each in document.candidates if not each.again]
    policy = document.policy
    return (
        *circumstances.of_policy(policy),
        *circumstances.of_margins(candidates),
        *(note for lane in lanes for note in doubting.of_lane(lane, policy)),
        *circumstances.of_judges(document.judges),
        *_of_each(_CONTRADICTED, candidates, policy),
        *_of_each(_MISSING, candidates, policy),
        *circumstances.of_traffic(document.traffic),
        *circumstances.of_counters(document),
        *circumstances.of_draws(document),
        *circumstances.of_marks(document.marks),
        *circumstances.of_drift(document.drift),
    )


def _of_each(doubts: tuple[_Doubt, ...], candidates: list[Candidate], policy: Policy) -> Iterator[Note]:
    for doubt in doubts:
        for candidate in candidates:
            yield from doubt(candidate, policy)
