"""From a reply to an entry of the log, and the one question that asks for a better form. Pure."""

from __future__ import annotations

from dataclasses import replace

from shadowbench.judges.base import Question, Reply
from shadowbench.judges.forms import Form
from shadowbench.judges.ladder import Readable, Unreadable, read_reply
from shadowbench.scores import PairRef, Preferred, Verdict

AGAIN = """\
Your reply to this could not be read. Judge once more, in three sentences at most, and reply with the one JSON object that was \
described and nothing else: no fence, no words before or after it."""


def read(question: Question, reply: Reply, form: Form) -> Readable | Unreadable:
    """What a reply states. Without text, the reason is the call's."""
    if reply.text is None:
        return Unreadable(reason=reply.reason or "no_reply")
    return read_reply(reply.text, form, prompt=question.user, structured=reply.structured)


def unscored(question: Question, pair: PairRef, measure: int, now: float, reason: str) -> Verdict:
    """The entry of a question that brought no verdict."""
    return Verdict(
        pair=pair,
        measure=measure,
        position=question.position,
        repetition=question.repetition,
        reason=reason,
        flags=question.flags,
        judged_at=now,
    )


def scored(
    question: Question,
    pair: PairRef,
    measure: int,
    now: float,
    found: Readable,
    *,
    preferred: Preferred | None = None,
    scores: tuple[tuple[str, float], ...] = (),
) -> Verdict:
    """The entry of a verdict: whom it prefers, or what it grades."""
    return Verdict(
        pair=pair,
        measure=measure,
        position=question.position,
        repetition=question.repetition,
        preferred=preferred,
        strength=found.stated.strength,
        scores=scores,
        rung="repaired" if question.repairs else found.rung,
        analysis=found.analysis,
        flags=(*question.flags, *found.flags),
        judged_at=now,
    )


def repair(question: Question, reply: Reply, form: Form) -> Question | None:
    """The same question with a plea for the form. The reply is not shown again: what it quotes would be read twice."""
    if question.repairs or reply.text is None or isinstance(read(question, reply, form), Readable):
        return None
    return replace(question, user=f"{question.user}\n\n{AGAIN}", repairs=True)
