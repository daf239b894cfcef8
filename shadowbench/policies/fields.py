"""The keys of a policy file, with their bounds. What they mean is `report.policy`'s; docs/gate.md tells it to users."""

from __future__ import annotations

import math
import re
from typing import Annotated

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, PlainValidator

from shadowbench.explaining import suggestion
from shadowbench.policies.amounts import Amount, read_amount
from shadowbench.report.policy import (
    SLICES,
    Against,
    Looks,
    Needs,
    Policy,
    Requirements,
    Statistic,
    Watching,
    WhereAbsent,
)

_NAME = re.compile(r"(?=.{1,60}\Z)[A-Za-z0-9]+(?:[_.-]+[A-Za-z0-9]+)*")
_DECLARED, _WATCHING, _REQUIRED = Policy(), Watching(), Requirements()  # the defaults


def _no_boolean(value: object) -> object:
    if isinstance(value, bool):
        raise ValueError("must be a number, not a boolean (in YAML yes, no, on and off are booleans)")
    return value


def _finite(value: float) -> float:
    if not math.isfinite(value):
        raise ValueError("must be a finite number")
    return value


def _check_name(name: str) -> str:
    if not _NAME.fullmatch(name):
        raise ValueError("must be a name of at most 60 letters and digits, joined by '_', '-' or '.'")
    return name


def _check_slices(names: list[str]) -> list[str]:
    if unknown := next((name for name in names if name not in SLICES), None):
        raise ValueError(f"there is no property {unknown!r} to slice by{suggestion(unknown, list(SLICES))}")
    if twice := next((name for name in names if names.count(name) > 1), None):
        raise ValueError(f"names {twice!r} twice")
    return names


Name = Annotated[str, AfterValidator(_check_name)]
Number = Annotated[float, BeforeValidator(_no_boolean), AfterValidator(_finite)]
Share = Annotated[float, BeforeValidator(_no_boolean), Field(ge=0, le=1)]
Written = Annotated[Amount, PlainValidator(read_amount)]


class Fields(BaseModel):
    """A group of keys."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class ClaimFields(Fields):
    """One thing that must be shown. Its name is the measure, unless `measure` says otherwise."""

    measure: Annotated[str, Field(min_length=1, max_length=200)] | None = None
    """A metric, a judge, or one of the log's own: error_class, latency, ttft, gap_p95, cost, output_tokens."""
    margin: Written | None = None
    """How much worse would still do. There is no default."""
    relative: bool | None = None
    """The margin is a share of production's value. null: of totals it is, else not."""
    statistic: Statistic = Statistic.MEAN
    """What of the measure is compared."""
    against: Against = Against.PRODUCTION
    """What the candidate is compared with."""
    bound: Written | None = None
    """With `against: bound`: the worst value that the candidate may have."""
    needs: Needs = Needs.NOT_WORSE
    """What must be shown."""
    where_absent: WhereAbsent = WhereAbsent.OPEN
    """What becomes of the claim where nothing was measured."""
    baseline_margin: Written | None = None
    """How much worse than in an earlier report it may have become; null: as `margin`."""


class WatchingFields(Fields):
    """When one looks."""

    looks: Looks = _WATCHING.looks
    """Whenever one likes, a planned number of times, or once."""
    clusters: Annotated[int, BeforeValidator(_no_boolean), Field(ge=2, le=1_000_000_000)] = _WATCHING.clusters
    """How many clusters are hoped to be enough."""
    planned: Annotated[int, BeforeValidator(_no_boolean), Field(ge=2, le=50)] = _WATCHING.planned
    """How many looks are planned."""


class RequirementFields(Fields):
    """What there must be before anything is decided."""

    pairs: Annotated[int, BeforeValidator(_no_boolean), Field(ge=0)] = _REQUIRED.pairs
    """Pairs that were sent."""
    clusters: Annotated[int, BeforeValidator(_no_boolean), Field(ge=0)] = _REQUIRED.clusters
    """Independent clusters among them."""
    most_lost: Share = _REQUIRED.most_lost
    """Share of the pairs that our own queues, budgets and bounds may have lost."""
    most_unscored: Share = _REQUIRED.most_unscored
    """Share of a claim's pairs that may lack a score for another reason than a failure."""
    labels: Annotated[int, BeforeValidator(_no_boolean), Field(ge=0)] = _REQUIRED.labels
    """Pairs that people labelled."""
    labelled_twice: Share = _REQUIRED.labelled_twice
    """Share of these that were labelled twice."""
    uncalibrated_judges: bool = _REQUIRED.uncalibrated_judges
    """Whether a judge that nobody compared with people may decide."""
    a_a_lane: bool = _REQUIRED.a_a_lane
    """Whether there must be a lane of production against itself."""


class AnchorFields(Fields):
    """Where an axis of the radar begins, and what fills it."""

    begin: Number
    """Its beginning."""
    target: Number
    """What fills it."""


class PolicyFields(Fields):
    """A policy file."""

    extends: str | None = None
    """A preset, or a file, that this one is laid over."""
    name: str | None = None
    """What reports call it; null: the file's name."""
    about: str = ""
    """For people."""
    alpha: Annotated[float, BeforeValidator(_no_boolean), Field(gt=0, le=0.5)] = _DECLARED.alpha
    """Chance of a false alarm, two-sided."""
    watching: WatchingFields = WatchingFields()
    """When one looks."""
    primary: dict[Name, ClaimFields] = {}
    """What it is about, by name."""
    guardrails: dict[Name, ClaimFields] = {}
    """What must not become worse, by name."""
    requires: RequirementFields = RequirementFields()
    """What there must be before anything is decided."""
    slices: Annotated[list[str], AfterValidator(_check_slices)] = list(_DECLARED.slices)
    """By which properties of the traffic reports are split."""
    correct: str | None = None
    """The measure that says whether an answer is right, for the cost of a right one."""
    radar: dict[str, AnchorFields] = {}
    """Axes of the radar by measure."""
