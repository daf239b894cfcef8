"""Whatever workers do and in whatever order, crashes, deletions and new measures among it: each pair gets each score once."""

from __future__ import annotations

import shutil
import tempfile
from contextlib import ExitStack, closing
from dataclasses import replace
from pathlib import Path

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, consumes, initialize, invariant, rule

from shadowbench.store.opening import open_log, open_score_log
from shadowbench.store.scoring import Claim, ScoreLog
from shadowbench.store.testing import a_measure, an_exchange, an_observation
from tests.contract.scorers import drain, everything, pairs_in, scored, scores_for, take, url_in

LANES = ("metrics", "judge")
LEASE_S = 10.0


class Workers(RuleBasedStateMachine):
    """Two lanes with a set of measures each; three connections; claims that are settled, in part, late, twice or never."""

    claims: Bundle[tuple[Claim, float]] = Bundle("claims")  # with the time until which the lease is live

    @initialize()
    def begin(self) -> None:
        self.folder = Path(tempfile.mkdtemp())
        self.stack = ExitStack()
        self.stack.callback(shutil.rmtree, self.folder)
        self.log = self.stack.enter_context(closing(open_log(url_in(self.folder), "write")))
        self.workers: list[ScoreLog] = [
            self.stack.enter_context(closing(open_score_log(url_in(self.folder), "change"))) for _ in range(3)
        ]
        self.measures: dict[str, list[int]] = {lane: [] for lane in LANES}
        self.written = self.names = 0
        self.now = 0.0
        self.live: dict[int, tuple[Claim, float]] = {}
        for lane in LANES:
            self.a_measure_comes(lane)

    @rule(lane=st.sampled_from(LANES))
    def a_measure_comes(self, lane: str) -> None:
        self.names += 1
        self.measures[lane] += self.workers[0].register([a_measure(f"m{self.names}")])

    @rule(candidates=st.lists(st.integers(0, 2), min_size=1, max_size=6))
    def the_recorder_appends(self, candidates: list[int]) -> None:
        batch = []
        for count in candidates:
            self.written += 1
            seen = [an_observation(endpoint=name) for name in ("a", "b")[:count]]
            exchange = an_exchange(self.written, *seen)
            batch.append(exchange if seen else replace(exchange, candidates=()))
        self.log.append(batch)

    @rule(data=st.data())
    def some_are_deleted(self, data: st.DataObject) -> None:
        if self.log.newest():
            self.log.upkeep.delete(data.draw(st.lists(st.integers(1, self.log.newest()), max_size=4)))

    @rule(seconds=st.sampled_from([1.0, 4.0, 11.0]))
    def time_passes(self, seconds: float) -> None:
        self.now += seconds

    @rule(
        target=claims,
        worker=st.integers(0, 2),
        lane=st.sampled_from(LANES),
        size=st.integers(1, 5),
        share=st.integers(1, 9),
    )
    def one_claims(self, worker: int, lane: str, size: int, share: int) -> tuple[Claim, float] | None:
        wanted = self.measures[lane][:share]  # an older worker may know fewer measures
        claim = take(
            self.workers[worker], wanted, owner=str(worker), lane=lane, size=size, now=self.now, lease_s=LEASE_S
        )
        if claim is None:
            return None
        for other, until in self.live.values():
            apart = claim.last < other.first or other.last < claim.first
            assert apart or other.lane != lane or until < self.now
        self.live[claim.lease] = (claim, self.now + LEASE_S)
        return claim, self.now + LEASE_S

    @rule(claim=claims, data=st.data())
    def one_settles_in_part(self, claim: tuple[Claim, float] | None, data: st.DataObject) -> None:
        if claim is not None:
            scores = scores_for(claim[0])
            some = data.draw(st.lists(st.sampled_from(scores), max_size=5))
            self.workers[int(claim[0].owner)].settle(claim[0], some, last=False)

    @rule(claim=consumes(claims), share=st.sampled_from([0.0, 0.5, 1.0, 1.0, 1.0]))
    def one_settles(self, claim: tuple[Claim, float] | None, share: float) -> None:
        if claim is not None:
            scores = scores_for(claim[0])
            self.workers[int(claim[0].owner)].settle(claim[0], scores[: round(len(scores) * share)])
            self.live.pop(claim[0].lease, None)

    @rule(claim=claims)
    def one_renews(self, claim: tuple[Claim, float] | None) -> None:
        if claim is None:
            return
        kept = self.workers[int(claim[0].owner)].renew(claim[0], now=self.now, lease_s=LEASE_S)
        if claim[0].lease in self.live:
            assert kept or self.live[claim[0].lease][1] < self.now
            if kept:
                self.live[claim[0].lease] = (claim[0], self.now + LEASE_S)

    @rule(worker=st.integers(0, 2))
    def one_leaves(self, worker: int) -> None:
        self.workers[worker].release(str(worker))
        self.live = {lease: each for lease, each in self.live.items() if each[0].owner != str(worker)}

    @rule(worker=st.integers(0, 2))
    def one_crashes(self, worker: int) -> None:
        """Its leases stay, and so do its claims in the hands of whoever settles late."""
        self.workers[worker].close()
        self.workers[worker] = self.stack.enter_context(closing(open_score_log(url_in(self.folder), "change")))

    @invariant()
    def what_is_called_done_is_done(self) -> None:
        if not hasattr(self, "log"):
            return
        pairs = pairs_in(self.log)
        for known in self.workers[0].measures():
            found = scored(self.workers[0], [known.id], known.done_upto)
            assert found == sorted((n, side, known.id) for n, side in pairs if n <= known.done_upto)

    def teardown(self) -> None:
        if not hasattr(self, "log"):
            return
        try:
            for lane in LANES:
                drain(self.workers[1], self.measures[lane], lane=lane, now=self.now + LEASE_S + 1.0)
            for measures in self.measures.values():
                assert scored(self.workers[2], measures) == everything(self.log, measures)
                assert self.workers[2].backlog(measures).pairs == 0
        finally:
            self.stack.close()


TestWorkers = Workers.TestCase
TestWorkers.settings = settings(
    max_examples=25, stateful_step_count=40, deadline=None, suppress_health_check=list(HealthCheck)
)
