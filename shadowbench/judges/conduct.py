"""How judges of all kinds go about a pair: whom they refuse, what they see, which pairs they are asked about twice. Pure."""

from __future__ import annotations

from dataclasses import dataclass, replace

from shadowbench.errors import ConfigurationError
from shadowbench.judges.conversation import conversation_of
from shadowbench.judges.draws import is_drawn
from shadowbench.judges.families import families_of
from shadowbench.judges.identity import judge_family
from shadowbench.judges.marks import Marks
from shadowbench.judges.options import JudgeOptions
from shadowbench.judges.rubrics import ReferenceUse
from shadowbench.judges.showing import DEFAULT_CHARACTERS, Showing, Shown, cut, is_shown, show, tidy
from shadowbench.judges.suspicion import is_suspicious
from shadowbench.metrics.view import PairView, Side

OPTIONS = frozenset({"max_characters"})
"""Of every kind that shows answers."""
_LEAST_CHARACTERS = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class Conduct:
    """The part of a judge's configuration that is the same for all kinds."""

    judge: str
    family: str | None
    excludes_own_family: bool
    flags_own_family: bool
    repeat_share: float
    showing: Showing
    reference: ReferenceUse
    mark: str  # of the verdict's form

    def objection(self, pair: PairView) -> str | None:
        """Why a pair is not judged at all, whatever its sides are like."""
        if conversation_of(pair.request) is None:
            return "no_request"
        if self.reference == "required" and not (pair.reference or "").strip():
            return "no_reference"
        return "own_family" if self.excludes_own_family and self._is_own(pair) else None

    def objection_to(self, side: Side) -> str | None:
        """Why a side cannot be judged: it failed, or has nothing that is read (vectors)."""
        if not side.is_answer:
            return f"fault_{side.observation.outcome}"
        return None if is_shown(side) else "no_text"

    def show(self, side: Side) -> Shown:
        """A side's answer as it is shown."""
        return show(side, self.showing)

    def setting(self, pair: PairView, marks: Marks) -> str:
        """What comes before the answers: the marks' code, the conversation, the reference."""
        parts = (marks.notice, self.conversation(pair, marks), self.known_answer(pair, marks))
        return "\n\n".join(filter(None, parts))

    def conversation(self, pair: PairView, marks: Marks) -> str:
        """The request, between marks."""
        return marks.around("conversation", self._conversation(pair).text)

    def known_answer(self, pair: PairView, marks: Marks) -> str:
        """The right answer, between marks, where one is known and the judge is to see it; else nothing."""
        if self.reference == "none" or not (pair.reference or "").strip():
            return ""
        return marks.around("reference", cut(tidy(pair.reference or ""), self.showing.max_characters).text)

    def flags(self, pair: PairView, *sides: Side) -> tuple[str, ...]:
        """What verdicts on these sides are marked with.

        own_family            the judge is of a contestant's family
        cut                   an answer or the conversation was too long to be shown whole
        suspicious_output     an answer speaks to its judge; suspicious_production, suspicious_candidate: whose
        """
        found = ["own_family"] if self.flags_own_family and self._is_own(pair) else []
        if self._conversation(pair).is_cut or any(self.show(side).is_cut for side in sides):
            found.append("cut")
        for side in sides:
            if is_suspicious(self.show(side).text, self.mark):
                found += ["suspicious_output", f"suspicious_{'production' if side is pair.production else 'candidate'}"]
        return tuple(dict.fromkeys(found))

    def repetitions(self, pair: PairView) -> range:
        """0 is the verdict that counts; 1, for the share of pairs drawn, measures the judge's noise."""
        return range(2 if is_drawn(self.repeat_share, "repeat", self.judge, pair) else 1)

    def _conversation(self, pair: PairView) -> Shown:
        """Cut first: agents send megabytes, and only what is shown need be tidy."""
        shown = cut(conversation_of(pair.request) or "", self.showing.max_characters)
        return replace(shown, text=tidy(shown.text))

    def _is_own(self, pair: PairView) -> bool:
        observations = (pair.production.observation, pair.candidate.observation)
        models = [name for seen in observations for name in (seen.requested_model, seen.reported_model)]
        return self.family is not None and self.family in families_of(models)


def conduct_of(options: JudgeOptions, *, reference: ReferenceUse, mark: str) -> Conduct:
    """The conduct that options ask for. Raises ConfigurationError."""
    if unknown := sorted(options.options.keys() - OPTIONS):
        known = ", ".join(sorted(OPTIONS))
        raise ConfigurationError(f"judges.{options.name}.options has no {unknown[0]!r}; there are: {known}")
    characters = options.options.get("max_characters", DEFAULT_CHARACTERS)
    if isinstance(characters, bool) or not isinstance(characters, int) or characters < _LEAST_CHARACTERS:
        raise ConfigurationError(
            f"judges.{options.name}.options.max_characters is a whole number from {_LEAST_CHARACTERS}, not {characters!r}"
        )
    return Conduct(
        judge=options.name,
        family=judge_family(options),
        excludes_own_family=options.own_family == "exclude",
        flags_own_family=options.own_family == "flag",
        repeat_share=options.repeat_share,
        showing=Showing(
            max_characters=characters,
            strip_markdown=options.strip_markdown,
            redact_identity=options.redact_identity,
        ),
        reference=reference,
        mark=mark,
    )
