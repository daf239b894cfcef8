"""The funnel: what became of every request, from the proxy that saw it to the pair in the log. Pure.

    of a proxy worker (epoch: its life)
        seen          every request; reason: what was decided about its copy, `handed_off` among them
        lost          handed off, and not acknowledged when the connection to the mirror ended (a part of handed_off)

    of a mirror (epoch: its life)
        opened        came from a proxy
        ineligible    may not be copied; reason
        eligible      nothing speaks against it: opened, less ineligible
        unsampled     was not drawn for any candidate; reason
        sampled       was drawn for at least one
        recorded      is in the log
        discarded     was drawn, and is not in the log; reason

    of a mirror, for each candidate
        sampled       was drawn for it
        not_sent      was not sent; reason
        cancelled     left the queue because nobody wanted the answer; reason
        dispatched    was sent
        answered      the whole of an answer came; reason: ok, http_4xx, http_5xx
        fault         no whole answer came; reason
        withdrawn     the call was given up because nobody wanted the answer; reason
        paired        was sent, and is in the log beside production's answer
        unpaired      was sent, and is not; reason

    of a recorder (epoch: its connection to a mirror)
        unheard       is in the log, and the mirror was gone before it could be told: a part of lost, or of discarded

    of a scorer, for each candidate
        scored        got its first scores, or the reasons why it has none: a part of paired

`under_way` is what is left over where something still happens; with everything settled all of it is zero, and a number that
is not says that something vanished without a reason. It is never below zero.

What was handed off ends once: in `lost`, or in one of the mirror's ends, which it tells the recorder before it acknowledges
them.

    handed_off = lost + ineligible + unsampled + recorded + discarded

So this holds when a mirror was killed, too. `opened`, `eligible` and `sampled` are no ends: what died with a mirror stays
under way in its epoch for ever, and is in `lost` as well. What the recorder stored of that is `unheard`, but for what it had
acknowledged to the mirror, and the mirror to nobody: `lost` less `unheard` is a bound from above for what is missing in the
log.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from shadowbench.records import FunnelCount

HANDED_OFF = "handed_off"  # of stage seen: the reason that is none
UNHEARD = "unheard"

# What flows in = what flows out + what is under way.
_OF_EXCHANGES = {
    "opened": ("ineligible", "eligible"),
    "eligible": ("unsampled", "sampled"),
    "sampled": ("recorded", "discarded"),
}
_OF_CANDIDATES = {
    "sampled": ("not_sent", "cancelled", "dispatched"),
    "dispatched": ("answered", "fault", "withdrawn"),
}
_OF_PAIRS = {"dispatched": ("paired", "unpaired")}


@dataclass(frozen=True, slots=True, kw_only=True)
class Leftover:
    """How many of `stage` are in none of the stages after it."""

    epoch: str
    candidate: str
    stage: str
    count: int


class Funnel:
    """Counts by stage. Those of several epochs add up."""

    def __init__(self, counts: Iterable[FunnelCount]) -> None:
        self._counts = tuple(counts)

    def total(self, stage: str, *, candidate: str = "", reason: str | None = None) -> int:
        """How many reached a stage, for any reason or for one."""
        return sum(
            each.count
            for each in self._counts
            if each.stage == stage and each.candidate == candidate and reason in (None, each.reason)
        )

    def reasons(self, stage: str, *, candidate: str = "") -> dict[str, int]:
        """A stage by reason, most frequent first; reasons that nothing had are left out."""
        found: dict[str, int] = defaultdict(int)
        for each in self._counts:
            if each.stage == stage and each.candidate == candidate and each.count:
                found[each.reason] += each.count
        return dict(sorted(found.items(), key=lambda item: (-item[1], item[0])))

    def candidates(self) -> list[str]:
        """Those that anything was drawn for."""
        return sorted({each.candidate for each in self._counts} - {""})

    def under_way(self) -> list[Leftover]:
        """Where something is between two stages; empty when everything came to an end with a reason."""
        stages: dict[tuple[str, str], dict[str, int]] = defaultdict(lambda: defaultdict(int))
        for each in self._counts:
            stages[each.epoch, each.candidate][each.stage] += each.count
        found: list[Leftover] = []
        for (epoch, candidate), by_stage in sorted(stages.items()):
            for rules in (_OF_CANDIDATES, _OF_PAIRS) if candidate else (_OF_EXCHANGES,):
                found += _leftovers(epoch, candidate, by_stage, rules)
        return found


def _leftovers(
    epoch: str, candidate: str, by_stage: Mapping[str, int], rules: Mapping[str, tuple[str, ...]]
) -> list[Leftover]:
    rests = {stage: by_stage.get(stage, 0) - sum(by_stage.get(n, 0) for n in nexts) for stage, nexts in rules.items()}
    return [
        Leftover(epoch=epoch, candidate=candidate, stage=stage, count=rest) for stage, rest in rests.items() if rest
    ]
