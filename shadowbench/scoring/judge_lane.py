"""The lane of one judge: claims a few pairs at a time, has them judged, settles each as it is done."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence

import orjson

from shadowbench.judges.base import Judgement
from shadowbench.judges.draws import is_put
from shadowbench.judges.options import JudgeOptions
from shadowbench.metrics.view import PairView
from shadowbench.scores import Measure, Score, Shape
from shadowbench.scoring.distributions import Distributions
from shadowbench.scoring.judging import Judging, LaterError
from shadowbench.scoring.lane import IDLE, TAKEN, Keeping, Rest
from shadowbench.scoring.ledger import Ledger
from shadowbench.scoring.views import views
from shadowbench.signals import Counters
from shadowbench.store.base import PairLog
from shadowbench.store.scoring import Claim
from shadowbench.worker import log as tell

NOT_DRAWN = "not_drawn"
OTHER_CANDIDATE = "other_candidate"
_CLAIM_SIZE = 64
# Waiting changes nothing in a run that is to end.
_OVER = frozenset({"budget", "unpriced"})


class JudgeLane:
    """One judge's. `reading`: to read pairs from, nobody else's. `needs`: lanes whose scores it builds on."""

    def __init__(
        self,
        options: JudgeOptions,
        measure: Measure,
        number: int,
        *,
        judging: Judging,
        ledger: Ledger,
        reading: PairLog,
        keeping: Keeping,
        counters: Counters,
        needs: Sequence[str] = (),
    ) -> None:
        self.name = options.name
        self.needs = tuple(needs)
        self._options = options
        self._measure = measure
        self._number = number
        self._judging = judging
        self._ledger = ledger
        self._reading = reading
        self._keeping = keeping
        self._counters = counters
        self._distributions = Distributions(counters)
        self._told: str | None = None  # why it rests, as was said last

    async def step(self) -> Rest | None:
        """Claim, judge, settle."""
        keeping, measures = self._keeping, [self._number]
        claim = await self._ledger.do(
            lambda log: log.claim(
                owner=keeping.owner,
                lane=self.name,
                measures=measures,
                size=self._claim_size(),
                now=keeping.now(),
                lease_s=keeping.lease_s,
            )
        )
        if claim is None:
            backlog = await self._ledger.do(lambda log: log.backlog(measures))
            return TAKEN if backlog.pairs else IDLE
        try:
            async with self._ledger.keeping(claim, lease_s=keeping.lease_s, now=keeping.now):
                return await self._judge(claim)
        finally:
            await self._ledger.do(lambda log: log.settle(claim, []))

    async def report(self) -> None:
        """What waits, and how long."""
        backlog = await self._ledger.do(lambda log: log.backlog([self._number]))
        age_s = 0.0 if backlog.oldest_at is None else max(0.0, self._keeping.now() - backlog.oldest_at)
        self._counters.gauge("scoring_backlog_pairs", backlog.pairs, (("lane", self.name),))
        self._counters.gauge("scoring_backlog_age_seconds", age_s, (("lane", self.name),))

    def _claim_size(self) -> int:
        """Few enough that a crash repeats little, enough to keep all connections busy."""
        endpoint = self._options.endpoint
        return (
            _CLAIM_SIZE if endpoint is None or self._options.kind == "embedding" else max(8, 2 * endpoint.concurrency)
        )

    async def _judge(self, claim: Claim) -> Rest | None:
        references = await self._ledger.do(lambda log: log.references(after=claim.first - 1, upto=claim.last))
        pairs = await asyncio.to_thread(_pairs, self._reading, claim, references)
        judged = [pair for pair in pairs if self._set_aside(pair) is None]
        await self._settle(claim, [self._absent(pair) for pair in pairs if self._set_aside(pair) is not None])

        async def put(pair: PairView, judgement: Judgement) -> None:
            score = self._score(pair, judgement)
            await self._settle(claim, [score])
            self._distributions.count([(self._measure, pair.candidate.observation.endpoint, score)])

        try:
            if judged:
                await self._judging.judge(judged, put)
        except LaterError as later:
            return self._rest(later)
        self._told = None
        return None

    def _set_aside(self, pair: PairView) -> str | None:
        """Why a pair is not for this judge."""
        candidates = self._options.candidates
        if candidates and pair.candidate.observation.endpoint not in candidates:
            return OTHER_CANDIDATE
        return None if is_put(self._options.sample_rate, pair) else NOT_DRAWN

    def _absent(self, pair: PairView) -> Score:
        reason = self._set_aside(pair)
        probability = self._options.sample_rate if reason == NOT_DRAWN else 1.0
        return self._score(pair, Judgement(value=None, reason=reason, production_reason=reason), probability)

    def _score(self, pair: PairView, judgement: Judgement, probability: float | None = None) -> Score:
        has_sides = self._measure.shape is Shape.SIDES
        drawn = self._options.sample_rate if probability is None else probability
        detail = orjson.dumps(judgement.detail).decode() if judgement.detail else None
        return Score(
            number=pair.ref.number,
            side=pair.ref.side,
            measure=self._number,
            value=judgement.value,
            reason=judgement.reason,
            production_value=judgement.production_value if has_sides else None,
            production_reason=judgement.production_reason if has_sides else None,
            probability=min(drawn, judgement.probability),  # one lot for both: `draws`
            detail=detail,
        )

    async def _settle(self, claim: Claim, scores: Sequence[Score]) -> None:
        if not scores:
            return
        await self._ledger.do(lambda log: log.settle(claim, scores, last=False))
        for score in scores:
            outcome = "scored" if score.reason is None and score.production_reason is None else "absent"
            self._counters.add("scores_total", (("metric", self.name), ("outcome", outcome)))

    def _rest(self, later: LaterError) -> Rest:
        if later.why != self._told and not self.needs:
            tell("warning", "a judge rests", judge=self.name, reason=later.why, why=str(later), for_s=later.for_s)
        self._told = later.why
        return Rest(why=later.why, for_s=later.for_s, is_over=later.why in _OVER)


def _pairs(log: PairLog, claim: Claim, references: Mapping[int, str]) -> list[PairView]:
    """The pairs of a claim."""
    sides: dict[int, set[int]] = {}
    for ref in claim.missing:
        sides.setdefault(ref.number, set()).add(ref.side)
    found: list[PairView] = []
    after, at_end = claim.first - 1, False
    while not at_end:
        page = log.page(after=after, upto=claim.last, with_bodies="request")
        for number, exchange in zip(page.numbers, page.exchanges, strict=True):
            if number in sides:
                found += views(exchange, number, sides[number], reference=references.get(number))
        after, at_end = page.last, page.at_end
    return found
