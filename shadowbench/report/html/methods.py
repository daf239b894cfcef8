"""The appendix: every formula that was used and on how much, and the policy as it was declared."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from shadowbench.report import words
from shadowbench.report.document.root import Document, MethodUsed
from shadowbench.report.policy import Looks, Policy, Requirements
from shadowbench.report.words import remarks
from shadowbench.stats.methods import ABOUT

_LOOKS = {
    Looks.ANY: "whenever one likes: intervals hold at all looks at once",
    Looks.PLANNED: "a number of times that was fixed beforehand",
    Looks.ONCE: "a single time, when all is gathered",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Formula:
    """One method that was used."""

    name: str
    answers: str
    formula: str
    source: str
    used: str
    refused_when: str


def formulas(document: Document) -> tuple[Formula, ...]:
    """Every method of the document, in its order."""
    return tuple(map(_formula, document.methods))


def policy(declared: Policy) -> tuple[tuple[str, tuple[str, ...]], ...]:
    """What was declared, as titles and their lines."""
    return tuple((title, tuple(lines)) for title, lines in _policy(declared) if lines)


def _formula(used: MethodUsed) -> Formula:
    about = ABOUT[used.method]
    return Formula(
        name=used.method.value,
        answers=about.answers,
        formula=about.formula,
        source=about.source,
        used=remarks.method_used(used),
        refused_when=about.refused,
    )


def _policy(declared: Policy) -> Iterator[tuple[str, list[str]]]:
    yield "Name", [each for each in (declared.name, declared.about) if each]
    yield "Primary", [words.claim(each) for each in declared.primary]
    yield "Guardrails", [words.claim(each) for each in declared.guardrails]
    watching = declared.watching
    yield (
        "Looks",
        [f"{_LOOKS[watching.looks]}; tuned for {words.count(watching.clusters, 'cluster')}", f"α = {declared.alpha:g}"],
    )
    yield "Required before anything is decided", list(_requirements(declared.requires))
    yield "Slices", [", ".join(declared.slices)] if declared.slices else []
    yield "A right answer is one by", [declared.correct] if declared.correct else []
    yield (
        "Radar",
        [f"{name}: from {anchor.begin:g} to {anchor.target:g}" for name, anchor in sorted(declared.radar.items())],
    )


def _requirements(requires: Requirements) -> Iterator[str]:
    yield f"at least {words.sizes(requires.pairs, requires.clusters)}"
    yield f"at most {words.share(requires.most_lost)} of pairs lost on our side"
    yield f"at most {words.share(requires.most_unscored)} of a claim's pairs without a score, failures apart"
    if requires.labels:
        yield f"{words.count(requires.labels, 'pair')} labelled by people"
    if requires.labelled_twice:
        yield f"{words.share(requires.labelled_twice)} of them labelled twice"
    if requires.a_a_lane:
        yield "a lane of production against itself"
    yield (
        "judges that nobody compared with people may decide"
        if requires.uncalibrated_judges
        else "judges that were compared with people"
    )
