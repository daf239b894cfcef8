"""`shadowbench plan`: how many pairs it takes, and how many days they come in; from a log, or from expected numbers."""

from __future__ import annotations

import io
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Literal

import orjson

from shadowbench.cli.output import standard_output
from shadowbench.errors import ConfigurationError
from shadowbench.report.naming import not_there
from shadowbench.report.policy import Looks, Policy, Watching
from shadowbench.report.sizing import (
    MOST,
    Amount,
    Design,
    Least,
    OutOfReachError,
    Unseen,
    Variation,
    amount,
    expected,
    of_yes_or_no,
)

if TYPE_CHECKING:
    from shadowbench.cli.analysed import Asked
    from shadowbench.cli.pair_arguments import Typed
    from shadowbench.report.chapters.nouns import Chapter
    from shadowbench.report.plan import Plan

SCHEMA, VERSION = "shadowbench.plan", 1
EVERY = ""
"""The measure of a difference that is given for all."""

BOUNDS: Mapping[str, tuple[float, float]] = {
    "--power": (0.5, 0.999),
    "--alpha": (1e-6, 0.5),
    "--planned": (2, 50),
    "--clusters": (2, 1e9),
    "--difference": (-1e9, 1e9),
    "--margin": (0.0, 1e9),
    "--sd": (0.0, 1e9),
    "--discordant": (0.0, 1.0),
    "--icc": (0.0, 1.0),
    "--cluster-size": (1.0, 1e6),
    "--per-day": (0.0, 1e12),
}
"""Between what each number may lie."""
_WITHOUT_A_LOG = {"margin": "--margin", "icc": "--icc", "cluster_size": "--cluster-size", "per_day": "--per-day"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """How sure one wants to be. None: as the policy has it."""

    power: float = 0.8
    alpha: float | None = None
    looks: Looks | None = None
    planned: int | None = None
    clusters: int | None = None  # that are hoped to be enough

    def design(self, policy: Policy) -> Design:
        """With the policy's word where nobody said anything; who says how many looks are planned has planned them. Raises
        ConfigurationError for what is out of bounds, and for what these looks have no use for."""
        _check({"--power": self.power, "--alpha": self.alpha, "--planned": self.planned, "--clusters": self.clusters})
        looks = Looks.PLANNED if self.looks is None and self.planned is not None else self.looks
        changes = {"looks": looks, "planned": self.planned, "clusters": self.clusters}
        given = {name: value for name, value in changes.items() if value is not None}
        watching: Watching = replace(policy.watching, **given)  # type: ignore[arg-type]  # of Watching's own names
        if self.planned is not None and watching.looks is not Looks.PLANNED:
            raise ConfigurationError(f"--planned is of --looks planned, and these are: {watching.looks.value}")
        if self.clusters is not None and watching.looks is Looks.ONCE:
            raise ConfigurationError("--clusters is of --looks any or planned: a single look comes when all is there")
        return Design(alpha=policy.alpha if self.alpha is None else self.alpha, power=self.power, watching=watching)


@dataclass(frozen=True, slots=True, kw_only=True)
class Numbers:
    """What is expected where there is no log yet. One of `sd` and `discordant` is given."""

    margin: float = 0.0
    sd: float | None = None  # of a pair's difference
    discordant: float | None = None  # share of pairs that differ, of a question of yes or no
    icc: float = 0.0  # how alike pairs of one cluster are
    cluster_size: float = 1.0
    per_day: float | None = None  # pairs

    @property
    def are_there(self) -> bool:
        """Whether they tell how much pairs vary, and no log is to."""
        return self.sd is not None or self.discordant is not None

    def check(self) -> None:
        """Raises ConfigurationError for what is out of bounds."""
        _check(
            {
                "--margin": self.margin,
                "--sd": self.sd,
                "--discordant": self.discordant,
                "--icc": self.icc,
                "--cluster-size": self.cluster_size,
                "--per-day": self.per_day,
            }
        )


def _check(given: Mapping[str, float | None]) -> None:
    for option, value in given.items():
        least, most = BOUNDS[option]
        if value is not None and not least <= value <= most:  # nor is what is no number at all
            raise ConfigurationError(f"{option} {value:g}: must be a number from {least:g} to {most:g}")


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanOptions:
    """`asked`: a log; None: `numbers` tell, and `policy` the looks. `differences`: by how much candidates are expected to be
    better, by measure."""

    wanted: Wanted = Wanted()
    asked: Asked | None = None
    numbers: Numbers | None = None
    policy: Policy = field(default_factory=Policy)  # of numbers; a log's is among what is asked
    differences: Mapping[str, float] = field(default_factory=dict)
    form: Literal["terminal", "json"] = "terminal"


def _no_claim(declared_by: str) -> str:
    if declared_by:
        return f"{declared_by} declares no claim: add one, such as `primary: {{error_class: {{margin: 1%}}}}` (docs/gate.md)"
    return "Name a policy with --policy for the claims of a log, or give --margin with --sd or --discordant"


def run_plan(options: PlanOptions, *, now: float) -> int:
    """Print the plan; the exit code is 0, or 3 where a log has no candidate yet. Raises ConfigurationError."""
    if options.numbers is not None:
        return _from_numbers(options, options.numbers)
    if options.asked is None or not options.asked.policy.claims:
        raise ConfigurationError(f"plan for what? {_no_claim(options.asked.declared_by if options.asked else '')}")
    from shadowbench.cli.analysed import analysed
    from shadowbench.report.chapters.planning import planning
    from shadowbench.report.plan import planned

    document = analysed(replace(options.asked, verdicts_only=True), now=now)
    measures = {claim.measure for claim in document.policy.claims}
    found = planned(document, options.wanted.design(document.policy), _by_measure(options.differences, measures))
    _tell(options, _told(found), (planning(found),))
    return 0 if found.rows else 3


def check_typed(typed: Typed, numbers: Numbers) -> None:
    """Raises ConfigurationError for an option that nobody would hear, as it is of a log, or of planning without one."""
    of_logs = {"LOG": typed.logs, "--log": typed.log, "--again": typed.again, "--since": typed.since}
    unheard = [name for name, value in of_logs.items() if value]
    if numbers.are_there and unheard:
        raise ConfigurationError(
            f"{unheard[0]} is of planning from a log, and --sd and --discordant are of planning without one: leave one out"
        )
    alone = [option for name, option in _WITHOUT_A_LOG.items() if getattr(numbers, name) != getattr(Numbers(), name)]
    if alone and not numbers.are_there:
        raise ConfigurationError(
            f"{alone[0]} is of planning without a log: give --sd or --discordant with it; from a log, the policy's margins "
            "and the log's own numbers hold"
        )


def differences_of(told: Sequence[str]) -> Mapping[str, float]:
    """`0.05` for every measure, `MEASURE=0.05` for one. Raises ConfigurationError."""
    found: dict[str, float] = {}
    for each in told:
        measure, sign, number = each.rpartition("=")
        try:
            value = float(number)
        except ValueError:
            raise ConfigurationError(f"--difference {each}: write a number, or MEASURE=NUMBER") from None
        _check({"--difference": value})
        found[measure.strip() if sign else EVERY] = value
    return found


def _from_numbers(options: PlanOptions, numbers: Numbers) -> int:
    from shadowbench.report.chapters.planning import expecting

    if set(options.differences) - {EVERY}:
        raise ConfigurationError("--difference MEASURE=NUMBER is for the claims of a log; here it is a number")
    numbers.check()
    difference = options.differences.get(EVERY, 0.0)
    distance = numbers.margin + difference
    if not distance > 0:
        raise ConfigurationError(
            "how much is to be told from nothing? Give --margin, --difference, or both, above 0 in all"
        )
    policy = options.policy
    design, least = options.wanted.design(policy), Least(pairs=policy.requires.pairs, clusters=policy.requires.clusters)
    try:
        found = amount(_variation(numbers, difference), distance, design, least)
    except OutOfReachError:
        raise ConfigurationError(
            f"{distance:g} is so little beside how much pairs vary that it takes more than {MOST:,.0f} clusters: "
            "give a wider margin"
        ) from None
    _tell(options, _expected(found, design, numbers), (expecting(found, design, numbers.per_day),))
    return 0


def _variation(numbers: Numbers, difference: float) -> Variation:
    if (numbers.sd is None) is (numbers.discordant is None):
        raise ConfigurationError(
            "how much do pairs vary? Give one of --sd (of the difference) and --discordant (share that differ)"
        )
    sd, at_null, unseen = numbers.sd or 0.0, None, None
    if numbers.discordant is not None:
        try:
            sd, at_null = of_yes_or_no(numbers.discordant, difference)
            unseen = Unseen.of_yes_or_no()
        except ValueError as error:
            raise ConfigurationError(f"--discordant: {error}") from None
    return expected(sd, sd_at_null=at_null, cluster_size=numbers.cluster_size, icc=numbers.icc, unseen=unseen)


def _by_measure(given: Mapping[str, float], measures: set[str]) -> Mapping[str, float]:
    if unknown := sorted(set(given) - measures - {EVERY}):
        raise ConfigurationError(not_there(f"--difference {unknown[0]}", "no claim is of it", sorted(measures)))
    return {measure: given.get(measure, given.get(EVERY, 0.0)) for measure in measures}


def _told(plan: Plan) -> dict[str, Any]:
    return {"design": plan.design, "days": plan.days, "claims": plan.rows}


def _expected(found: Amount, design: Design, numbers: Numbers) -> dict[str, Any]:
    days = found.pairs / numbers.per_day if numbers.per_day else None
    return {"design": design, "days": days, "amount": found}


def _tell(options: PlanOptions, told: Mapping[str, Any], chapters: Sequence[Chapter]) -> None:
    if options.form == "json":
        content = {"schema": SCHEMA, "version": VERSION, **told}
        with standard_output():
            sys.stdout.write(orjson.dumps(content, option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE).decode())
        return
    from rich.console import Console

    from shadowbench.report.terminal import show_chapters

    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="replace")
    with standard_output():
        show_chapters(chapters, Console(highlight=False))
