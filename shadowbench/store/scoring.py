"""What a pair log promises to those who score it: leases, scores that stand once, calls that are all accounted for.

Each call is made of short transactions, and visible to all on return; all raise `LogError`. Readers and the recorder go on
meanwhile. What a crash of the process leaves is whole. What a crash of the machine may take back costs no money and nobody's
work: leases and scores (they are made again), kept replies, and how a call ended (its reservation goes on counting).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from shadowbench.scores import (
    CallResult,
    JudgeCall,
    KnownMeasure,
    Label,
    Measure,
    PairRef,
    Score,
    Spending,
    Verdict,
    VerdictSpending,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """A worker's right to score the exchanges `first` to `last`, as long as it renews the lease."""

    lease: int
    owner: str
    lane: str
    first: int
    last: int
    missing: Mapping[
        PairRef, tuple[int, ...]
    ]  # the measures that a pair has no score of yet; pairs with none are left out


@dataclass(frozen=True, slots=True, kw_only=True)
class Backlog:
    """What waits to be scored: signals."""

    pairs: int  # at least one measure is missing
    oldest_at: float | None  # when the exchange of the oldest of them started


@dataclass(frozen=True, slots=True, kw_only=True)
class Canary:
    """One pair of a frozen set, and what a judge is to say about it."""

    pair: PairRef
    expected: str  # production | candidate | tie, or a number as text
    source: str  # human | judge


@dataclass(frozen=True, slots=True, kw_only=True)
class CanaryRun:
    """What came of asking a judge about a frozen set once more."""

    name: str
    measure: int
    ran_at: float
    items: int
    answered: int
    kappa: float | None
    low: float | None
    high: float | None
    agreement: float | None
    drifted: bool
    detail: str  # JSON object; it outlives the exchanges: no words of theirs


class Scores(Protocol):
    """Measures, leases and scores."""

    def register(self, measures: Sequence[Measure]) -> Sequence[int]:
        """The numbers of these measures, which are put into the log where they are new."""

    def measures(self) -> Sequence[KnownMeasure]:
        """All measures, by number."""

    def claim(
        self, *, owner: str, lane: str, measures: Sequence[int], size: int, now: float, lease_s: float
    ) -> Claim | None:
        """The next at most `size` exchanges with pairs that lack a score of `measures` and are under nobody's lease of `lane`.

        None: there is nothing to do now. Leases that ran out before `now` are void and taken over.
        """

    def renew(self, claim: Claim, *, now: float, lease_s: float) -> bool:
        """Keep the lease. False: it ran out and another has taken it; settling what was done is harmless all the same."""

    def settle(self, claim: Claim, scores: Sequence[Score], *, last: bool = True) -> int:
        """Put scores, and give the lease back with the `last` of them. How many were new: one that stands is left as it is.

        Scores of pairs that were deleted meanwhile are passed over.
        """

    def put_scores(self, scores: Sequence[Score]) -> int:
        """Put scores that nobody claimed, as from another log; as `settle` does."""

    def elect(self, *, owner: str, lane: str, now: float, lease_s: float) -> bool:
        """Whether `owner` is the one who does what only one is to do, for `lease_s` from now. Who is asks again before that;
        `release` gives it back."""

    def release(self, owner: str) -> None:
        """Give back all leases of a worker that leaves."""

    def backlog(self, measures: Sequence[int]) -> Backlog:
        """What lacks a score of any of these, claimed or not; the pairs of a claim count until it is settled.

        Beyond some thousand exchanges the number is worked out from the log's average.
        """

    def scores_of(self, measures: Sequence[int], *, after: int, upto: int) -> Sequence[Score]:
        """The scores of these measures for exchanges numbered above `after` up to `upto`, by exchange, side and measure."""


class JudgeBook(Protocol):
    """Calls, money, verdicts, and what need not be asked again."""

    def reserve(self, call: JudgeCall, *, limit_usd: float | None, day_limit_usd: float | None = None) -> int | None:
        """Enter a call that is about to be made; its number. None: with it the judge could cost more than a limit."""

    def settle_call(self, number: int, result: CallResult, *, now: float) -> None:
        """Say how it ended. A second time changes nothing."""

    def spending(self, judge: str, *, day: str | None = None) -> Spending:
        """What the judge cost so far, or on one UTC day (2026-01-31; open calls are of all days)."""

    def verdict_spending(self, judge: str) -> VerdictSpending:
        """What the judge's verdicts cost so far. Reads all calls: not for a worker."""

    def put_verdicts(self, verdicts: Sequence[Verdict]) -> None:
        """Put verdicts; one that stands (pair, judge, position, repetition) is left as it is."""

    def verdicts(self, measure: int, *, after: int, upto: int) -> Sequence[Verdict]:
        """A judge's verdicts on exchanges numbered above `after` up to `upto`, by exchange, side, position, repetition."""

    def reply(self, key: bytes) -> bytes | None:
        """A kept reply."""

    def replies(self, keys: Sequence[bytes]) -> Mapping[bytes, bytes]:
        """Those of these that are kept."""

    def keep_replies(
        self, replies: Mapping[bytes, bytes], *, kind: str, now: float, exchanges: Mapping[bytes, int] | None = None
    ) -> None:
        """Keep replies; a newer one of the same key replaces the older.

        `exchanges`: key → number of the exchange that was asked about. The reply is forgotten with it, for it may quote it. One
        that is not said to be about any is forgotten with the first exchange that goes and is older than the reply.
        """

    def forget_replies(self, before: float) -> int:
        """Take out what was kept before then; how many."""


class Knowledge(Protocol):
    """What is known without a model: labels of people, right answers, frozen sets."""

    def put_labels(self, labels: Sequence[Label]) -> int:
        """Put labels; how many were new. One of the same person, pair, question and round replaces the one before."""

    def labels(self, question: str | None = None) -> Sequence[Label]:
        """All labels, or one question's, by the time they were given."""

    def put_references(self, references: Mapping[int, str], *, source: str) -> int:
        """Put right answers by exchange number, replacing those that were there; how many exchanges the log has of them.

        Scores that were absent as `no_reference` there are taken out, and their pairs wait for these measures again; where an
        answer is replaced by another, so are those of metrics that compare with it. Judges' stand: to ask again costs.
        """

    def references(self, *, after: int, upto: int) -> Mapping[int, str]:
        """Right answers of exchanges numbered above `after` up to `upto`."""

    def find_exchanges(self, *, ids: Sequence[str] = (), request_ids: Sequence[str] = ()) -> Mapping[str, int]:
        """Numbers of exchanges by their id and by the client's request id (the newest of several)."""

    def put_canaries(self, name: str, canaries: Sequence[Canary]) -> None:
        """Freeze a set. Raises ConfigurationError when one of that name is there."""

    def canaries(self, name: str) -> Sequence[Canary]:
        """A frozen set; empty when there is none."""

    def canary_names(self) -> Sequence[str]:
        """All frozen sets."""

    def put_canary_run(self, run: CanaryRun) -> None:
        """Keep what came of a run."""

    def canary_runs(self, name: str, measure: int | None = None) -> Sequence[CanaryRun]:
        """Runs of a set, by time."""


class Segmenting(Protocol):
    """What makes reading by columns quick (`store/segments.py`)."""

    def make_segment(self, measures: Sequence[int], *, token: str) -> bool:
        """Make the next segment of what is over: all exchanges of a page are there, and scored by these measures. False: there
        is none to make now, or somebody changed what it was made of. `token` tells this try from all others."""


class ScoreLog(Scores, JudgeBook, Knowledge, Segmenting, Protocol):
    """All of it. Not thread-safe: one owner at a time; it may be another thread than the one that opened it."""

    def close(self) -> None:
        """Let go of it. A second call does nothing."""
