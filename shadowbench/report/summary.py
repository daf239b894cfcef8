"""The pair log in numbers, candidate by candidate. Pure: exchanges in, a frozen summary out.

Every number states how many pairs it rests on, and what was left out and why. Pairs count alike: nothing is weighted, tested
or judged here.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from math import fsum
from statistics import fmean

from shadowbench.funnel import HANDED_OFF, Funnel
from shadowbench.metrics.disturbance import why_untimed
from shadowbench.records import CandidateResult, Cost, Exchange, FunnelCount, Observation, Outcome, is_again
from shadowbench.report.agreement import is_equal, similarity
from shadowbench.report.quantiles import quantile


@dataclass(frozen=True, slots=True, kw_only=True)
class Distribution:
    """One side's values. A quantile is None when there are too few values for it."""

    mean: float | None
    p50: float | None
    p95: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """The same measure on both sides of the same `n` pairs; in `absent` pairs one side or both lack it."""

    n: int
    absent: int
    production: Distribution
    candidate: Distribution


@dataclass(frozen=True, slots=True, kw_only=True)
class Share:
    """How many of `n` pairs; `absent` pairs could not be looked at."""

    n: int
    count: int
    absent: int

    @property
    def share(self) -> float | None:
        """None when there is nothing to divide by."""
        return self.count / self.n if self.n else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Similarity:
    """The mean of `agreement.similarity` over `n` pairs."""

    n: int
    mean: float | None
    absent: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """How often one side ended in one way other than an answer."""

    outcome: str
    reason: str | None
    production: int
    candidate: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Spend:
    """What one side's calls cost, whatever came of them. `unknown`: calls without a known cost, by reason."""

    n: int
    usd: float | None  # None when no cost is known
    unknown: Mapping[str, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class CommonSpend:
    """What both sides cost in the same `n` pairs: those where both costs are known, whatever came of the calls."""

    n: int
    production_usd: float | None  # None when there is no such pair
    candidate_usd: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Traffic:
    """What became of all requests, from the log's funnel. See `shadowbench.funnel` for the stages."""

    seen: int
    not_handed_off: Mapping[str, int]  # by the proxy's reason
    lost: int
    ineligible: Mapping[str, int]
    unsampled: Mapping[str, int]
    sampled: int
    recorded: int
    discarded: Mapping[str, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class CandidateSummary:
    """One candidate against production.

    `pairs` = `not_sent` + `sent`; faults and shares of answers are over `sent`, everything after them over `both_ok`.
    """

    name: str
    is_production_again: bool  # the A/A lane: its differences are noise
    pairs: int
    sent: int
    not_sent: Mapping[str, int]  # by reason
    production_ok: int
    candidate_ok: int
    both_ok: int
    faults: tuple[Fault, ...]
    untimed: Mapping[str, int]  # pairs left out of latency and ttft, by reason
    latency_s: Comparison
    ttft_s: Comparison  # pairs where both sides streamed
    output_tokens: Comparison
    cost_usd: Comparison  # per pair
    production_spend: Spend  # of the exchanges that the candidate was sent
    candidate_spend: Spend
    common_spend: CommonSpend
    equal_answers: Share
    similarity: Similarity
    equal_finish_reasons: Share
    production_models: tuple[str, ...]  # as reported
    candidate_models: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Summary:
    """The whole log. The A/A lanes come first, then the others by name."""

    exchanges: int
    first_at: float | None  # Unix seconds
    last_at: float | None
    candidates: tuple[CandidateSummary, ...]
    traffic: Traffic | None = None  # None: the log has no funnel, as those of the first release

    @property
    def pairs(self) -> int:
        """All pairs, sent or not."""
        return sum(candidate.pairs for candidate in self.candidates)


def summarise(
    exchanges: Iterable[Exchange],
    production_again: frozenset[str] = frozenset(),
    funnel: Sequence[FunnelCount] = (),
) -> Summary:
    """Read every exchange once. `production_again`: the names of candidates that are production itself."""
    tallies: dict[str, _Tally] = {}
    count, first_at, last_at = 0, None, None
    for exchange in exchanges:
        count += 1
        first_at = exchange.started_at if first_at is None else min(first_at, exchange.started_at)
        last_at = exchange.started_at if last_at is None else max(last_at, exchange.started_at)
        for result in exchange.candidates:
            if is_again(result.observation.endpoint):
                continue
            tallies.setdefault(result.observation.endpoint, _Tally()).add(exchange.production, result)
    names = sorted(tallies, key=lambda name: (name not in production_again, name))
    return Summary(
        exchanges=count,
        first_at=first_at,
        last_at=last_at,
        candidates=tuple(tallies[name].summary(name, name in production_again) for name in names),
        traffic=_traffic(Funnel(funnel)) if funnel else None,
    )


def _traffic(funnel: Funnel) -> Traffic:
    not_handed_off = funnel.reasons("seen")
    not_handed_off.pop(HANDED_OFF, None)
    return Traffic(
        seen=funnel.total("seen"),
        not_handed_off=not_handed_off,
        lost=funnel.total("lost"),
        ineligible=funnel.reasons("ineligible"),
        unsampled=funnel.reasons("unsampled"),
        sampled=funnel.total("sampled"),
        recorded=funnel.total("recorded"),
        discarded=funnel.reasons("discarded"),
    )


@dataclass(slots=True)
class _Both:
    """Values of one measure, pair by pair, and how many pairs had no value on one side or both."""

    production: list[float] = field(default_factory=list)
    candidate: list[float] = field(default_factory=list)
    absent: int = 0

    def add(self, production: float | None, candidate: float | None) -> None:
        if production is None or candidate is None:
            self.absent += 1
            return
        self.production.append(production)
        self.candidate.append(candidate)

    def spend(self) -> CommonSpend:
        """The values as costs."""
        usd = [fsum(side) if side else None for side in (self.production, self.candidate)]
        return CommonSpend(n=len(self.production), production_usd=usd[0], candidate_usd=usd[1])

    def comparison(self) -> Comparison:
        sides = (self.production, self.candidate)
        production, candidate = (_distribution(values) for values in sides)
        return Comparison(n=len(self.production), absent=self.absent, production=production, candidate=candidate)


def _distribution(values: list[float]) -> Distribution:
    return Distribution(mean=fmean(values) if values else None, p50=quantile(values, 0.5), p95=quantile(values, 0.95))


@dataclass(slots=True)
class _Hits:
    """A yes-or-no measure; None is neither."""

    answers: Counter[bool | None] = field(default_factory=Counter)

    def share(self) -> Share:
        yes, no = self.answers[True], self.answers[False]
        return Share(n=yes + no, count=yes, absent=self.answers[None])


@dataclass(slots=True)
class _Spent:
    """What one side cost so far."""

    known: list[float] = field(default_factory=list)
    unknown: Counter[str] = field(default_factory=Counter)

    def add(self, cost: Cost | None) -> None:
        if cost is not None and cost.usd is not None:
            self.known.append(cost.usd)
        else:
            self.unknown[(cost.reason if cost is not None else None) or "not_priced"] += 1

    def spend(self) -> Spend:
        usd = fsum(self.known) if self.known else None
        return Spend(n=len(self.known), usd=usd, unknown=dict(sorted(self.unknown.items())))


@dataclass(slots=True)
class _Tally:
    """What is counted for one candidate while the log goes by."""

    pairs: int = 0
    ok: Counter[str] = field(default_factory=Counter)
    not_sent: Counter[str] = field(default_factory=Counter)
    production_faults: Counter[tuple[str, str | None]] = field(default_factory=Counter)
    candidate_faults: Counter[tuple[str, str | None]] = field(default_factory=Counter)
    untimed: Counter[str] = field(default_factory=Counter)
    latency: _Both = field(default_factory=_Both)
    ttft: _Both = field(default_factory=_Both)
    tokens: _Both = field(default_factory=_Both)
    cost: _Both = field(default_factory=_Both)
    production_spend: _Spent = field(default_factory=_Spent)
    candidate_spend: _Spent = field(default_factory=_Spent)
    common_spend: _Both = field(default_factory=_Both)
    equal: _Hits = field(default_factory=_Hits)
    finish: _Hits = field(default_factory=_Hits)
    similarities: list[float] = field(default_factory=list)
    dissimilar: int = 0  # pairs without text on either side
    production_models: set[str] = field(default_factory=set)
    candidate_models: set[str] = field(default_factory=set)

    def add(self, production: Observation, result: CandidateResult) -> None:
        candidate = result.observation
        self.pairs += 1
        if candidate.outcome is Outcome.NOT_SENT:
            self.not_sent[_reason_not_sent(candidate)] += 1
            return
        _count(production, self.production_faults, self.production_models)
        _count(candidate, self.candidate_faults, self.candidate_models)
        self.production_spend.add(production.cost)
        self.candidate_spend.add(candidate.cost)
        self.common_spend.add(_usd(production), _usd(candidate))
        self.ok["production"] += production.outcome is Outcome.OK
        self.ok["candidate"] += candidate.outcome is Outcome.OK
        if production.outcome is candidate.outcome is Outcome.OK:
            self.ok["both"] += 1
            self._add_times(production, candidate)
            self.tokens.add(production.usage.output_tokens, candidate.usage.output_tokens)
            self.cost.add(_usd(production), _usd(candidate))
            self._add_answers(production, candidate)

    def _add_times(self, production: Observation, candidate: Observation) -> None:
        why = why_untimed(production) or why_untimed(candidate)
        if why:
            self.untimed[why] += 1
            return
        self.latency.add(production.timing.last_byte_s, candidate.timing.last_byte_s)
        if production.streamed and candidate.streamed:
            self.ttft.add(production.timing.first_content_s, candidate.timing.first_content_s)

    def _add_answers(self, production: Observation, candidate: Observation) -> None:
        one, other = production.answer, candidate.answer
        if one is None or other is None:
            self.equal.answers[None] += 1
            self.finish.answers[None] += 1
            self.dissimilar += 1
            return
        self.equal.answers[is_equal(one, other)] += 1
        reasons = one.first.finish_reason, other.first.finish_reason
        self.finish.answers[None if None in reasons else reasons[0] == reasons[1]] += 1
        alike = similarity(one, other)
        if alike is None:
            self.dissimilar += 1
        else:
            self.similarities.append(alike)

    def summary(self, name: str, is_production_again: bool) -> CandidateSummary:
        alike = self.similarities
        return CandidateSummary(
            name=name,
            is_production_again=is_production_again,
            pairs=self.pairs,
            sent=self.pairs - self.not_sent.total(),
            not_sent=dict(sorted(self.not_sent.items())),
            production_ok=self.ok["production"],
            candidate_ok=self.ok["candidate"],
            both_ok=self.ok["both"],
            faults=_faults(self.production_faults, self.candidate_faults),
            untimed=dict(sorted(self.untimed.items())),
            latency_s=self.latency.comparison(),
            ttft_s=self.ttft.comparison(),
            output_tokens=self.tokens.comparison(),
            cost_usd=self.cost.comparison(),
            production_spend=self.production_spend.spend(),
            candidate_spend=self.candidate_spend.spend(),
            common_spend=self.common_spend.spend(),
            equal_answers=self.equal.share(),
            similarity=Similarity(n=len(alike), mean=fmean(alike) if alike else None, absent=self.dissimilar),
            equal_finish_reasons=self.finish.share(),
            production_models=tuple(sorted(self.production_models)),
            candidate_models=tuple(sorted(self.candidate_models)),
        )


def _usd(seen: Observation) -> float | None:
    return None if seen.cost is None else seen.cost.usd


def _reason_not_sent(seen: Observation) -> str:
    return (seen.reason or "unknown").removeprefix("not_sent:")


def _count(seen: Observation, faults: Counter[tuple[str, str | None]], models: set[str]) -> None:
    if seen.reported_model is not None:
        models.add(seen.reported_model)
    if seen.outcome is Outcome.OK:
        return
    reason = str(seen.status) if seen.outcome is Outcome.HTTP_ERROR and seen.status else seen.reason
    faults[str(seen.outcome), reason] += 1


def _faults(
    production: Counter[tuple[str, str | None]], candidate: Counter[tuple[str, str | None]]
) -> tuple[Fault, ...]:
    kinds = sorted(production | candidate, key=lambda kind: (kind[0], kind[1] or ""))
    return tuple(
        Fault(outcome=kind[0], reason=kind[1], production=production[kind], candidate=candidate[kind]) for kind in kinds
    )
