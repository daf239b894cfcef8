"""Which pairs a measure has anything to say about: its scope. A failure counts nowhere else.

A reason that lies in the request (no reference, no tools, no schema asked for) speaks for the pair, whichever side has it, and
so does a value of either side: what one side could be measured by, the other could. Where a side failed, the measure may never
have come as far as to look at the request. What tells nothing then (the one reason of both sides together; two failures) is in
scope as often as the pairs that both sides answered: such a failure weighs by that share. It is no guess about any one of
them; over all of them the mean is that of the requests that the measure is for.

That share is an estimate, too, of the same pairs: each moves the mean directly, and by way of the share (`SharedScope`). A
standard error that takes the share for known is too large where failures are many and few requests are in scope: of what the
share adds, the failures' part and that of the answers cancel for the most.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

import numpy as np

from shadowbench.reading.versions import NEVER_LOOKED_AT, OTHER_VERSION
from shadowbench.report.analysis.arms import Arm
from shadowbench.stats.clusters import Clusters
from shadowbench.stats.columns import BoolArray, FloatArray, IntArray
from shadowbench.store.columns import Coded

NOT_LOOKED_AT = NEVER_LOOKED_AT | {OTHER_VERSION}
"""Reasons of scores that were never asked for: the pair is no part of the measure's sample."""

NOT_MEANT = frozenset({
    "declares_entities", "embeddings", "json_not_asked", "never_retried", "no_reference", "no_repeat", "no_request",
    "no_schema", "no_tools", "no_user_text", "not_streamed", "target_not_json", "unclear_question",
})  # fmt: skip
"""Reasons that lie in the request: the measure has nothing to say about such a pair, whoever answers it."""


NOT_ITS_OWN = frozenset({"paused", "late"})
"""Reasons of times that lie with us or with a slow client, whichever model answers. That an answer to a request for a stream
came whole (`not_streamed`) is the endpoint's."""

NEITHER_ANSWERED = "neither_answered"
"""Reason of a preference where both sides failed: nobody can prefer one nothing to another, and it is no tie either, or else an
outage of both would hide how often a worse candidate lost where it answered."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SharedScope:
    """Which of a measure's pairs weigh by the share in scope, and what that share was found from."""

    untold: BoolArray  # (n,): of the pairs that count
    moved: FloatArray  # (clusters,): each one's influence on the logarithm of the share
    beyond: float  # Σ of its squares over clusters that have no pair that counts

    def among(self, chosen: BoolArray, codes: IntArray) -> SharedScope:
        """Of the chosen pairs alone, whose clusters are numbered anew; `codes` are those of all."""
        kept = _of_clusters(self.moved, codes[chosen])
        beyond = self.beyond + float(self.moved @ self.moved - kept @ kept)
        return SharedScope(untold=self.untold[chosen], moved=kept, beyond=max(0.0, beyond))


@dataclass(frozen=True, slots=True, kw_only=True)
class Scope:
    """Of one measure over an arm's pairs."""

    outside: BoolArray  # (n,): a reason says so
    share: float  # in scope, of those that failed and do not tell
    told: BoolArray | None = None  # (n,): the pairs that the share is of; None: everything is in scope

    def may_count(self, untold: BoolArray) -> BoolArray:
        """Where a failure counts."""
        return ~self.outside if self.share else ~(self.outside | untold)

    def weights(self, given: FloatArray, untold: BoolArray) -> FloatArray:
        """With those that do not tell at their share: the same array where that is all."""
        return np.where(untold, given * self.share, given) if self.share < 1 and untold.any() else given

    def shared(self, given: FloatArray, untold: BoolArray, places: IntArray, clusters: Clusters) -> SharedScope | None:
        """What the share's own uncertainty takes, of the pairs in these places; None where no weight depends on it. `given`,
        `untold` and `clusters` are of all of the arm's pairs."""
        some = untold[places]
        if self.told is None or not 0 < self.share < 1 or not some.any():
            return None
        weights = np.where(self.told, given, 0.0)
        moved = clusters.totals(weights * (~self.outside - self.share)) / (float(weights.sum()) * self.share)
        kept = _of_clusters(moved, clusters.codes[places])
        return SharedScope(untold=some, moved=kept, beyond=max(0.0, float(moved @ moved - kept @ kept)))


def scope_of(
    sides: Sequence[tuple[Coded, BoolArray]], valued: BoolArray, arm: Arm, looked_at: BoolArray, weights: FloatArray
) -> Scope:
    """`sides`: the reasons of each, and where it failed; of both together one column. `valued`: where there is a value."""
    outside = np.any([has_reason(reasons, NOT_MEANT) for reasons, _ in sides], axis=0)
    if not outside.any():
        return Scope(outside=outside, share=1.0)
    # A reason that failures have, too, was looked for before the fault: those without it are not outside by it.
    told = {text for reasons, failed in sides for text in _texts(reasons, failed)} & NOT_MEANT
    also_of_failures = np.any([has_reason(reasons, told) for reasons, _ in sides], axis=0)
    answered = looked_at & arm.answered & ~also_of_failures
    within, beyond = float(weights[answered & valued].sum()), float(weights[answered & outside].sum())
    share = within / (within + beyond) if within + beyond else 1.0
    return Scope(outside=outside, share=share, told=answered & (valued | outside))


def _of_clusters(moved: FloatArray, codes: IntArray) -> FloatArray:
    """Of the clusters that have a pair, in their order."""
    used = np.zeros(len(moved), np.bool_)
    used[codes] = True
    return moved[used]


def has_reason(column: Coded, words: Collection[str]) -> BoolArray:
    """Where a value is absent for one of these reasons."""
    wanted = np.array([text in words for text in column.texts] + [False])  # the last: code −1
    if not wanted.any():  # mostly: no reason of this kind was ever met
        return np.zeros(len(column.codes), np.bool_)
    return np.asarray(wanted[column.codes])


def _texts(column: Coded, where: BoolArray) -> set[str]:
    counts = np.bincount(column.codes[where] + 1, minlength=len(column.texts) + 1)[1:]
    return {text for text, count in zip(column.texts, counts, strict=True) if count}
