"""What somebody's file looks like: where in its rows prompts, answers and given scores stand. `shape_files` reads it. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from fnmatch import fnmatchcase

from shadowbench.offline.rows import Where
from shadowbench.scores import Direction, Shape


@dataclass(frozen=True, slots=True, kw_only=True)
class Scale:
    """Given numbers from `first` to `last` become values from `low` to `high`. `first` may be the greater one."""

    first: float
    last: float
    low: float
    high: float

    def __call__(self, given: float) -> float:
        """The value. Raises ValueError for a number beyond the ends."""
        share = (given - self.first) / (self.last - self.first)
        if not 0 <= share <= 1:
            raise ValueError(f"is from {self.first:g} to {self.last:g}, not {given:g}")
        return self.low + share * (self.high - self.low)


@dataclass(frozen=True, slots=True, kw_only=True)
class GivenScore:
    """A score that the file brings along. With `production` it is of shape sides, else of the pair."""

    name: str
    kind: str  # judge | metric
    version: str
    direction: Direction
    value: Where
    production: Where | None = None
    words: Mapping[str, float] = field(default_factory=dict)  # what a given word or number counts as
    absent: frozenset[str] = frozenset()  # given words or numbers that mean: none
    scale: Scale | None = None
    low: float | None = None
    high: float | None = None
    unit: str = ""
    about: Mapping[str, Where] = field(
        default_factory=dict
    )  # who measured: rows that differ in it are of other measures
    detail: Mapping[str, Where] = field(default_factory=dict)

    @property
    def shape(self) -> Shape:
        """Whether production has a value of its own."""
        return Shape.PAIR if self.production is None else Shape.SIDES


@dataclass(frozen=True, slots=True, kw_only=True)
class SideShape:
    """One side's answer."""

    text: Where
    model: Where | None = None
    error: Where | None = None
    finish_reason: Where | None = None
    input_tokens: Where | None = None
    output_tokens: Where | None = None
    cost_usd: Where | None = None
    latency_s: Where | None = None
    ttft_s: Where | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class CandidateShape:
    """A candidate. Without `file` it stands in the rows of the exchanges; else in files of its own, joined by `key`."""

    name: Where
    side: SideShape
    file: str | None = None
    key: Where | None = None
    scores: tuple[GivenScore, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportShape:
    """A whole shape. Of the exchange: everything up to `tags`."""

    name: str
    version: str
    file: str  # which files' rows are exchanges
    key: Where | None
    prompt: Where
    system: Where | None = None
    request_id: Where | None = None
    reference: Where | None = None
    stratum: Where | None = None
    cluster: Where | None = None
    started_at: Where | None = None
    tags: Mapping[str, Where] = field(default_factory=dict)
    production: SideShape
    candidates: tuple[CandidateShape, ...]

    def part_of(self, file_name: str) -> CandidateShape | None:
        """Whose rows a file of that name has: None for those of the exchanges. Raises LookupError for nobody's."""
        if fnmatchcase(file_name, self.file):
            return None
        for candidate in self.candidates:
            if candidate.file is not None and fnmatchcase(file_name, candidate.file):
                return candidate
        raise LookupError(file_name)
