"""The first screen: what there is, and may the traffic move?"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from shadowbench.report import words
from shadowbench.report.document.comparisons import Comparison
from shadowbench.report.document.root import Candidate, Document
from shadowbench.report.document.times import SideSpend
from shadowbench.report.document.verdicts import OF_VERDICTS, Condition, Decision, Note

_BADGES = {
    Decision.MAY: "May move",
    Decision.MAY_NOT: "May not move",
    Decision.INCONCLUSIVE: "Inconclusive",
    Decision.UNDECLARED: "Undeclared",
}
_SEVERAL = 3  # names of models that are told; the others are counted


@dataclass(frozen=True, slots=True, kw_only=True)
class Fact:
    """One number of the summary."""

    title: str
    value: str
    small: tuple[str, ...] = ()  # lines below it


@dataclass(frozen=True, slots=True, kw_only=True)
class ConditionLine:
    """One thing that must be shown."""

    role: str
    claim: str
    met: str
    tone: str
    why: str  # empty where there is nothing to add
    numbers: str
    needed: str


@dataclass(frozen=True, slots=True, kw_only=True)
class VerdictCard:
    """One candidate's verdict."""

    number: int  # of the candidate in the document, from 1
    name: str
    again: bool
    models: str
    badge: str
    tone: str
    sentence: str
    blockers: tuple[str, ...]
    beside: tuple[str, ...]  # warnings about what the verdict rests on
    conditions: tuple[ConditionLine, ...]


def facts(document: Document) -> tuple[Fact, ...]:
    """Period, models, pairs, clusters, spend."""
    return (_period(document), *_models(document), *_sizes(document), *_spends(document))


def answer(document: Document) -> tuple[tuple[str, tuple[str, ...]], ...]:
    """Who may move, who may not, and of whom it cannot be told: titles and names, for those that there are."""
    named: dict[Decision, list[str]] = {decision: [] for decision in _BADGES}
    for candidate in document.candidates:
        if not candidate.again:
            named[candidate.verdict.decision].append(candidate.name)
    return tuple((_BADGES[decision], tuple(names)) for decision, names in named.items() if names)


def cards(document: Document) -> tuple[VerdictCard, ...]:
    """Candidates, and the A/A lane, of which there is no verdict."""
    notes = [note for note in document.warnings if note.code in OF_VERDICTS]
    return tuple(_card(number, candidate, notes) for number, candidate in numbered(document))


def numbered(document: Document) -> list[tuple[int, Candidate]]:
    """Candidates with their numbers in the document, in the order of the page: the A/A lane comes last."""
    return sorted(enumerate(document.candidates, start=1), key=lambda each: each[1].again)


def comparison_of(candidate: Candidate, condition: Condition) -> Comparison | None:
    """Where the condition's numbers are."""
    claim = condition.claim
    for each in candidate.comparisons:
        named = each.subject.name == claim.measure and each.statistic is claim.statistic
        if named and each.role is condition.role and each.bound == claim.bound:
            return each
    return None


def models(names: tuple[str, ...]) -> str:
    """A few names, and how many more."""
    told = ", ".join(names[:_SEVERAL])
    return told if len(names) <= _SEVERAL else f"{told} and {len(names) - _SEVERAL} more"


def _period(document: Document) -> Fact:
    first, last = document.source.first_at, document.source.last_at
    if first is None or last is None:
        return Fact(title="Period", value=words.ABSENT)
    return Fact(
        title="Period",
        value=words.duration(last - first),
        small=(words.moment(first), f"to {words.moment(last)}"),
    )


def _models(document: Document) -> Iterator[Fact]:
    candidates = [each for each in document.candidates if not each.again]
    yield Fact(title="Production", value=models(document.production_models) or words.ABSENT)
    small = "with an A/A lane" if len(candidates) < len(document.candidates) else "without an A/A lane"
    yield Fact(
        title="Candidates", value=models(tuple(each.name for each in candidates)) or words.ABSENT, small=(small,)
    )


def _sizes(document: Document) -> Iterator[Fact]:
    totals = document.totals
    small: tuple[str, ...] = (f"of {words.count(totals.exchanges, 'exchange')}",)
    if document.traffic is not None:
        small += (f"{words.count(document.traffic.seen, 'request')} seen",)
    yield Fact(title="Pairs", value=f"{totals.pairs:,}", small=small)
    yield Fact(title="Clusters", value=f"{totals.clusters:,}", small=("independent of each other",))


def _spends(document: Document) -> Iterator[Fact]:
    totals = document.totals
    for title, spend in (
        ("Spent by production", totals.production),
        ("Spent on candidates", totals.candidates),
        ("Spent on judges", totals.judges),
    ):
        yield _spend(title, spend)


def _spend(title: str, spend: SideSpend) -> Fact:
    unknown = sum(spend.unknown.values())
    small = (words.count(spend.calls, "call"), *((f"cost of {unknown:,} not known",) if unknown else ()))
    return Fact(title=title, value=words.number(spend.usd, "USD"), small=small)


def _card(number: int, candidate: Candidate, notes: Sequence[Note]) -> VerdictCard:
    verdict = candidate.verdict
    return VerdictCard(
        number=number,
        name=candidate.name,
        again=candidate.again,
        models=models(candidate.reported_models or candidate.requested_models),
        badge="Noise floor" if candidate.again else _BADGES[verdict.decision],
        tone="undeclared" if candidate.again else verdict.decision.value,
        sentence=_AGAIN
        if candidate.again
        else " ".join(
            part for part in (words.decision(verdict.decision, candidate.name), words.because(verdict)) if part
        ),
        blockers=tuple(words.blocker(each) for each in verdict.blockers),
        beside=tuple(words.sentence(note) for note in notes if note.candidate == candidate.name),
        conditions=tuple(_condition(candidate, each) for each in verdict.conditions),
    )


_AGAIN = "Production asked once more. What differs here is noise: no candidate can be told apart by less."


def _condition(candidate: Candidate, condition: Condition) -> ConditionLine:
    found = comparison_of(candidate, condition)
    unit, scale = ("", None) if found is None else (found.subject.unit, found.effect.scale)
    numbers = "" if found is None or found.reason is not None else _numbers(found)
    why = "" if condition.reason is None else words.reason(condition.reason)
    return ConditionLine(
        role=words.role(condition.role),
        claim=words.claim(condition.claim, unit, scale),
        met=words.met(condition.met),
        tone=condition.met.value,
        why="" if why in numbers else why,
        numbers=numbers,
        needed=words.outlook(condition),
    )


def _numbers(found: Comparison) -> str:
    """The effect with what belongs beside it, and what it rests on."""
    told = [words.effect(found.effect, found.subject.unit)]
    if more := words.beside(found):
        told.append(more)
    return ", ".join([*told, words.sizes(found.n, found.clusters)])
