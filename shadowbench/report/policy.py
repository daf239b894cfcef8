"""What was declared beforehand: the primary claim, the guardrails, how much worse would still do, and when one looks.

Whatever is not declared here is secondary: it is shown, corrected for being one of many, and decides nothing. Frozen nouns; the
roof makes them from `config/gates/*.yaml` or the configuration's section `report`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

SLICES = (
    "stratum",
    "path",
    "route",
    "tenant",
    "tenant_key",
    "model",
    "length",
    "tools",
    "language",
    "dialect",
    "production_reported_model",
    "production_finish_reason",
)
"""By what traffic may be sliced: what is known before anybody answers, or comes from production's side."""


class Statistic(StrEnum):
    """What of a measure is compared."""

    MEAN = "mean"
    P50 = "p50"
    P95 = "p95"
    P99 = "p99"
    TOTAL = "total"  # ratio of totals: what all of the traffic costs

    @property
    def level(self) -> float | None:
        """The level of a quantile; None: it is none."""
        return {Statistic.P50: 0.5, Statistic.P95: 0.95, Statistic.P99: 0.99}.get(self)


class Against(StrEnum):
    """What the candidate is compared with."""

    PRODUCTION = "production"
    AGAIN = "again"  # the A/A lane: is the candidate less like production than production is like itself?
    BOUND = "bound"  # a number, such as a rate of errors that is never to be exceeded


class Needs(StrEnum):
    """What must be shown."""

    NOT_WORSE = "not_worse"  # not worse than by the margin
    BETTER = "better"


class WhereAbsent(StrEnum):
    """What becomes of a claim whose measure has no value of any pair, but for failures: nobody measured it, or it does not
    apply to this traffic."""

    OPEN = "open"  # not shown: the verdict is inconclusive
    SKIP = "skip"  # the claim does not count (`Met.SKIPPED`), and every output says so


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """One thing that must be shown before the traffic may move."""

    measure: str  # a metric, a judge, or one of the log's own: error_class, latency, ttft, cost, output_tokens
    margin: float = 0.0  # how much worse would do, 0 or more: in the measure's unit, or as a share where `relative`
    relative: bool = False  # the effect is a ratio: 0.1 allows a tenth more latency
    statistic: Statistic = Statistic.MEAN
    against: Against = Against.PRODUCTION
    bound: float | None = None  # against a bound: the worst value that the candidate may have; margin is not used
    needs: Needs = Needs.NOT_WORSE
    where_absent: WhereAbsent = WhereAbsent.OPEN
    baseline_margin: float | None = None  # how much worse than in a baseline it may have become; None: as `margin`
    # Of margin, bound and baseline_margin those that were written in percent: told so, and no part of what is claimed.
    in_percent: tuple[str, ...] = field(default=(), compare=False)


class Looks(StrEnum):
    """How often one looks before one decides."""

    ANY = "any"  # whenever one likes: intervals are confidence sequences
    PLANNED = "planned"  # a number of times fixed beforehand: O'Brien-Fleming bounds
    ONCE = "once"  # a single time, when all is gathered: ordinary intervals


@dataclass(frozen=True, slots=True, kw_only=True)
class Watching:
    """When one looks. `clusters`: how many are hoped to be enough, fixed before the first look; sequences are tightest there,
    planned looks take it as all of the information."""

    looks: Looks = Looks.ANY
    clusters: int = 1000
    planned: int = 5  # how many looks, where they are planned

    @property
    def last(self) -> float:
        """Up to how many clusters the last planned look may come: half a look late."""
        return self.clusters * (1 + 0.5 / self.planned)


@dataclass(frozen=True, slots=True, kw_only=True)
class Requirements:
    """What there must be before anything is decided. Labels, and judges that people checked, are wanted for a yes alone:
    without them there is no `may`, and a `may_not` stays. Whatever else is not met makes any verdict inconclusive."""

    pairs: int = 100
    clusters: int = 50
    most_lost: float = 0.1  # share of a candidate's pairs that our own queues, budgets and bounds may have lost
    most_unscored: float = 0.1  # share of a claim's pairs that may lack a score for another reason than a failure
    labels: int = 0  # pairs with a human label
    labelled_twice: float = 0.0  # share of those that were labelled twice
    uncalibrated_judges: bool = False  # whether a judge that nobody compared with people may decide
    a_a_lane: bool = False  # whether there must be a lane of production against itself


@dataclass(frozen=True, slots=True, kw_only=True)
class Anchor:
    """What a measure has to reach to fill its axis of the radar, and where the axis begins."""

    begin: float
    target: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """All that was declared. Without a primary claim there is no verdict."""

    name: str = ""
    about: str = ""
    alpha: float = 0.05  # two-sided: intervals are at 1 − alpha
    watching: Watching = Watching()
    primary: tuple[Claim, ...] = ()  # all must be shown; superiority is corrected by Holm over candidates × primaries
    guardrails: tuple[Claim, ...] = ()  # all must be shown (intersection-union: each at alpha)
    requires: Requirements = Requirements()
    slices: tuple[str, ...] = ("stratum", "path", "tenant_key", "model", "length", "tools", "language")
    correct: str | None = None  # the measure that says whether an answer is right, for the cost of a right one
    radar: Mapping[str, Anchor] = field(default_factory=dict)

    @property
    def level(self) -> float:
        """Of intervals."""
        return 1 - self.alpha

    @property
    def claims(self) -> tuple[Claim, ...]:
        """All that must be shown."""
        return self.primary + self.guardrails
