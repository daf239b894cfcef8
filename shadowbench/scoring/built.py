"""The judges of a configuration, built: those with an endpoint first, then what is made of them. Pure but for imports."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from shadowbench.errors import ConfigurationError
from shadowbench.judges.base import Judge
from shadowbench.judges.calls.bodies import objection_to_parameters
from shadowbench.judges.calls.desk import EMBEDDINGS
from shadowbench.judges.calls.embeddings import EmbeddingJudge
from shadowbench.judges.cascade import Cascade
from shadowbench.judges.options import JudgeOptions
from shadowbench.judges.panel import Member, Panel
from shadowbench.judges.registry import kind_of
from shadowbench.metrics.watching import running
from shadowbench.scores import Measure

PANEL, CASCADE = "panel", "cascade"
_ASKING = frozenset({"pairwise", "rubric", "checklist", "factuality", "custom", "embedding"})
"""Kinds of ours that ask a model. Those of plugins may do without."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BuiltJudge:
    """A judge, and whether it scores all pairs. The strong judge of a cascade is asked by that alone."""

    options: JudgeOptions
    judge: Judge | Panel | Cascade
    has_lane: bool

    @property
    def name(self) -> str:
        """What its scores are called."""
        return self.options.name

    @property
    def measure(self) -> Measure:
        """What its scores are entered as."""
        return self.judge.measure


def build_judges(options: Sequence[JudgeOptions], metrics: Mapping[str, Measure]) -> Mapping[str, BuiltJudge]:
    """All judges by name, each after those that it builds on. `metrics`: measures that cascades may begin with.

    Raises ConfigurationError.
    """
    return _Builder(options, metrics).build()


class _Builder:
    def __init__(self, options: Sequence[JudgeOptions], metrics: Mapping[str, Measure]) -> None:
        self._options = {each.name: each for each in options}
        self._metrics = metrics
        self._strong = {each.strong for each in options if each.kind == CASCADE}
        self._built: dict[str, BuiltJudge] = {}
        self._under_way: list[str] = []

    def build(self) -> Mapping[str, BuiltJudge]:
        for name in self._options:
            self._one(name)
        return self._built

    def _one(self, name: str) -> BuiltJudge:
        if name in self._built:
            return self._built[name]
        if name in self._under_way:
            raise ConfigurationError(f"judges.{name}: builds on itself, by way of {', '.join(self._under_way)}")
        if name in self._metrics:
            raise ConfigurationError(f"judges.{name}: is the name of a metric, too: choose another")
        self._under_way.append(name)
        options = self._options[name]
        _check_parameters(options)
        judge = self._judge(options)
        self._under_way.pop()
        return self._built.setdefault(name, BuiltJudge(options=options, judge=judge, has_lane=name not in self._strong))

    def _judge(self, options: JudgeOptions) -> Judge | Panel | Cascade:
        if options.kind == PANEL:
            members = {each: self._one(self._known(options, each)) for each in options.members}
            if silent := [each for each, member in members.items() if not member.has_lane]:
                raise ConfigurationError(f"judges.{options.name}.members: {silent[0]} is a cascade's strong judge")
            return Panel(options, {n: Member(options=m.options, measure=m.measure) for n, m in members.items()})
        if options.kind == CASCADE:
            return Cascade(options, screen=self._screen(options), strong=self._asked(options))
        if options.endpoint is None and options.kind in _ASKING:
            raise ConfigurationError(f"judges.{options.name}.endpoint: is missing: its url and model")
        return judge_of(options)

    def _screen(self, options: JudgeOptions) -> Measure:
        if options.screen is None:
            raise ConfigurationError(
                f"judges.{options.name}.screen: is missing; it names the metric or judge to begin with"
            )
        if options.screen in self._metrics:
            return self._metrics[options.screen]
        screen = self._one(self._known(options, options.screen))
        if not screen.has_lane:
            raise ConfigurationError(f"judges.{options.name}.screen: {screen.name} is a cascade's strong judge")
        return screen.measure

    def _asked(self, options: JudgeOptions) -> Measure:
        if options.strong is None:
            raise ConfigurationError(
                f"judges.{options.name}.strong: is missing; it names the judge that is asked in doubt"
            )
        strong = self._one(self._known(options, options.strong))
        if strong.options.endpoint is None or strong.options.kind == "embedding":
            raise ConfigurationError(
                f"judges.{options.name}.strong: {strong.name} is not a judge with a model of its own"
            )
        return strong.measure

    def _known(self, options: JudgeOptions, name: str) -> str:
        if name not in self._options:
            raise ConfigurationError(f"judges.{options.name}: there is no judge {name!r}")
        return name


def _check_parameters(options: JudgeOptions) -> None:
    """Raises ConfigurationError for parameters that would undo what a question is made of."""
    endpoint = options.endpoint
    if endpoint is None:
        return
    dialect = EMBEDDINGS if options.kind == "embedding" else endpoint.dialect
    if (objection := objection_to_parameters(dialect, endpoint.parameters)) is not None:
        raise ConfigurationError(f"judges.{options.name}.endpoint.parameters.{objection}")


def judge_of(options: JudgeOptions) -> Judge:
    """A judge by itself, of its kind, which may be anybody's. Raises ConfigurationError, whatever that raises."""
    kind = kind_of(options.kind)
    try:
        with running(f"judges.{options.name}: the making of a judge of kind {options.kind}"):
            judge = kind.build(options)
            measure = judge.measure
    except ConfigurationError:
        raise
    except (Exception, SystemExit) as error:
        why = f"{type(error).__name__}: {str(error)[:200]}"
        raise ConfigurationError(
            f"judges.{options.name}: no judge of kind {options.kind} can be made ({why})"
        ) from error
    if (
        options.endpoint is not None
        and options.endpoint.dialect == EMBEDDINGS
        and not isinstance(judge, EmbeddingJudge)
    ):
        raise ConfigurationError(
            f"judges.{options.name}.endpoint.dialect: {EMBEDDINGS} makes vectors, and no verdicts; kind: embedding wants it"
        )
    if not isinstance(measure, Measure) or measure.name != options.name:
        raise ConfigurationError(f"judges.{options.name}: a judge of kind {options.kind} measures something else")
    return judge
