"""The lane of metrics: claims stretches of the log, has a runner score them, settles."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Mapping, Sequence

from shadowbench.errors import UnavailableError
from shadowbench.making import maker_of
from shadowbench.metrics.running import FAILURES, absent
from shadowbench.scores import Measure, PairRef, Score
from shadowbench.scoring.distributions import Distributions
from shadowbench.scoring.lane import IDLE, SUSPENDED, TAKEN, Keeping, Rest
from shadowbench.scoring.ledger import Ledger
from shadowbench.scoring.messages import Done, Task
from shadowbench.scoring.running import MetricRunner, RunnerDiedError
from shadowbench.scoring.suspensions import Suspensions
from shadowbench.signals import Counters
from shadowbench.store.scoring import Claim
from shadowbench.worker import log as tell

LANE = "metrics"
CLAIM_SIZE = 256
"""Exchanges of a claim: some tenths of a second of work, and a few transactions."""

_score = maker_of(Score)
_DEATHS = 3  # of a runner at nothing in particular, in a row: it will not work


class MetricLane:
    """A lane of all configured metrics."""

    name = LANE
    needs = ()

    def __init__(self, ledger: Ledger, runner: MetricRunner, keeping: Keeping, counters: Counters) -> None:
        self._ledger = ledger
        self._runner = runner
        self._keeping = keeping
        self._counters = counters
        self._distributions = Distributions(counters)
        self.fresh: Counter[str] = Counter()  # pairs that this worker was the first to score, by candidate
        self._suspensions = Suspensions()
        self._measures: Sequence[Measure] = ()
        self._ids: Sequence[int] = ()
        self._places: Mapping[int, int] = {}  # measure → its metric's place

    @property
    def measures(self) -> Sequence[Measure]:
        """What it measures; `numbers` has their numbers in the log. Both are there once it was started."""
        return self._measures

    @property
    def numbers(self) -> Sequence[int]:
        """See `measures`."""
        return self._ids

    async def start(self) -> None:
        """Start the runner and enter the measures."""
        self._measures = await self._runner.start()
        self._ids = await self._ledger.do(lambda log: log.register(self._measures))
        self._places = {measure: place for place, measure in enumerate(self._ids)}

    async def step(self) -> Rest | None:
        """Claim, score, settle. What lacks nothing but the scores of metrics that are suspended waits until that is over."""
        keeping, ids = self._keeping, [self._ids[place] for place in self._called()]
        claim = await self._ledger.do(
            lambda log: log.claim(
                owner=keeping.owner,
                lane=LANE,
                measures=ids,
                size=CLAIM_SIZE,
                now=keeping.now(),
                lease_s=keeping.lease_s,
            )
        )
        if claim is None:
            if (await self._ledger.do(lambda log: log.backlog(ids))).pairs:
                return TAKEN
            if len(ids) < len(self._ids) and (await self._ledger.do(lambda log: log.backlog(self._ids))).pairs:
                return SUSPENDED  # else those that are suspended have left nothing out
            return IDLE
        async with self._ledger.keeping(claim, lease_s=keeping.lease_s, now=keeping.now):
            await self._score(claim)
        await self._ledger.do(lambda log: log.settle(claim, []))
        return None

    async def report(self) -> None:
        """What waits, and how long; what waits for metrics that are suspended, and for nothing else, is told apart."""
        called = [self._ids[place] for place in self._called()]
        whole = backlog = await self._ledger.do(lambda log: log.backlog(called))
        if len(called) < len(self._ids):
            whole = await self._ledger.do(lambda log: log.backlog(self._ids))
        age_s = 0.0 if backlog.oldest_at is None else max(0.0, self._keeping.now() - backlog.oldest_at)
        self._counters.gauge("scoring_backlog_pairs", backlog.pairs, (("lane", LANE),))
        self._counters.gauge("scoring_backlog_age_seconds", age_s, (("lane", LANE),))
        self._counters.gauge("scoring_suspended_pairs", max(0, whole.pairs - backlog.pairs))
        self._counters.gauge("scoring_suspended_metrics", self._suspensions.count(time.monotonic()))
        self._counters.gauge("scoring_runner_resident_bytes", self._runner.resident_bytes)

    async def stop(self) -> None:
        """End the runner."""
        await self._runner.stop()

    # ── one claim ──

    async def _score(self, claim: Claim) -> None:
        """Enter scores of all that the claim lacks. What a runner leaves undone, because a call did not end or a while has
        passed, is asked for again."""
        left = {ref: [self._places[each] for each in missing] for ref, missing in claim.missing.items()}
        references = await self._ledger.do(lambda log: log.references(after=claim.first - 1, upto=claim.last))
        crashed: set[tuple[PairRef, int]] = set()
        deaths = 0
        while True:
            called = self._called()
            self._set_aside(left, called)
            if not left:
                return
            first, last = min(left).number, max(left).number
            task = Task(first=first, last=last, whole=len(called), pairs=left, references=references)
            try:
                done = await self._runner.run(task)
            except RunnerDiedError as death:
                deaths = 0 if death.culprit is not None else deaths + 1
                await self._enter(claim, self._blamed(death, left, deaths, crashed))
                continue
            await self._enter(claim, self._taken(done, left), done.names)
            if done.complete:
                return  # what is still left was deleted meanwhile

    async def _enter(self, claim: Claim, scores: Sequence[Score], names: Mapping[PairRef, str] | None = None) -> None:
        """`names`: the candidates of pairs with values."""
        if scores:
            await self._ledger.do(lambda log: log.settle(claim, scores, last=False))
            self._count(scores, names or {})

    def _called(self) -> Sequence[int]:
        """The places of the metrics that are not suspended."""
        now = time.monotonic()
        return [place for place in range(len(self._ids)) if not self._suspensions.is_suspended(place, now)]

    def _set_aside(self, left: dict[PairRef, list[int]], called: Sequence[int]) -> None:
        """Take out of what is left the metrics that are suspended. Nothing is entered: what has no score is claimed again."""
        if len(called) == len(self._ids):
            return
        for ref, places in list(left.items()):
            for place in set(places).difference(called):
                self._drop(left, ref, place)

    def _blamed(
        self,
        death: RunnerDiedError,
        left: dict[PairRef, list[int]],
        deaths: int,
        crashed: set[tuple[PairRef, int]],
    ) -> list[Score]:
        """The absence of the score that the runner died of. A process may be killed by anybody: whoever was at work in it is
        called once more (`crashed` remembers) before it is to blame."""
        self._counters.add("scoring_runner_deaths_total", (("reason", "overdue" if death.is_overdue else "crashed"),))
        if death.culprit is None:
            if deaths >= _DEATHS:
                raise UnavailableError("the process that runs metrics ends again and again; is there enough memory?")
            return []
        ref, place = PairRef(death.culprit.number, death.culprit.side), death.culprit.metric
        if not death.is_overdue and (ref, place) not in crashed:
            crashed.add((ref, place))
            return []
        reason = "timed_out" if death.is_overdue else "crashed"
        self._strike(place, reason)
        self._drop(left, ref, place)
        return [self._absent(ref, place, reason)]

    def _taken(self, done: Done, left: dict[PairRef, list[int]]) -> list[Score]:
        """The runner's scores, with measures for places."""
        self.fresh.update(done.fresh)
        calls = [0] * len(self._ids)
        for score in done.scores:
            if score.reason == "timed_out" or score.production_reason == "timed_out":
                self._strike(score.measure, "timed_out")
            else:
                calls[score.measure] += 1
            if not done.complete:
                self._drop(left, PairRef(score.number, score.side), score.measure)
        for place, count in enumerate(calls):
            self._suspensions.passed(place, count)
        ids = self._ids
        return [
            _score(
                s.number,
                s.side,
                ids[s.measure],
                s.value,
                s.reason,
                s.production_value,
                s.production_reason,
                1.0,
                s.detail,
            )
            for s in done.scores
        ]

    def _drop(self, left: dict[PairRef, list[int]], ref: PairRef, place: int) -> None:
        places = left.get(ref)
        if places is not None and place in places:
            places.remove(place)
            if not places:
                del left[ref]

    def _strike(self, place: int, reason: str) -> None:
        if self._suspensions.strike(place, time.monotonic()):
            tell("warning", "a metric is suspended for a while", metric=self._measures[place].name, reason=reason)

    def _absent(self, ref: PairRef, place: int, reason: str) -> Score:
        return absent(ref, self._ids[place], self._measures[place].shape, reason)

    def _count(self, scores: Sequence[Score], names: Mapping[PairRef, str]) -> None:
        self._distributions.count(
            (self._measures[self._places[score.measure]], names[ref], score)
            for score in scores
            if (ref := PairRef(score.number, score.side)) in names
        )
        for (measure, outcome), count in Counter((score.measure, _outcome(score)) for score in scores).items():
            name = self._measures[self._places[measure]].name
            self._counters.add("scores_total", (("metric", name), ("outcome", outcome)), count)


def _outcome(score: Score) -> str:
    """As signals have it: one side's value is a score, and one side's fault of the metric a failure."""
    if score.reason in FAILURES or score.production_reason in FAILURES:
        return "failed"
    return "absent" if score.value is None and score.production_value is None else "scored"
