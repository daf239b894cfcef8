"""Pairs to be judged, judges of every kind, and models that answer by a script."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Sequence
from dataclasses import replace
from random import Random
from typing import Any

from shadowbench.judges.base import Judge, Judgement, Question, Reply
from shadowbench.judges.options import EndpointOptions, JudgeOptions
from shadowbench.metrics.view import PairView
from shadowbench.records import Answer, Choice, Dialect, Observation
from shadowbench.scores import PairRef, Verdict
from shadowbench.store.testing import an_exchange, an_observation

ASKED = {"model": "large", "messages": [{"role": "user", "content": "Capital of Latvia?"}]}
Came = Observation | Choice | str
Model = Callable[[Question], str | None]


def pair(
    production: Came = "Riga.",
    candidate: Came = "It is Riga, on the Daugava.",
    *,
    request: Any = ASKED,
    dialect: Dialect = Dialect.OPENAI_CHAT,
    reference: str | None = None,
    number: int = 1,
) -> PairView:
    """Both sides' answers to one request. `request` is its JSON body; None: it was not kept."""
    exchange = an_exchange(
        number,
        _seen(candidate, "small"),
        dialect=dialect,
        request_body=None if request is None else json.dumps(request).encode(),
        production=_seen(production, "production"),
    )
    return PairView(exchange, exchange.candidates[0], PairRef(number, 1), reference=reference)


def _seen(came: Came, endpoint: str) -> Observation:
    if isinstance(came, Observation):
        return replace(came, endpoint=endpoint)
    choice = came if isinstance(came, Choice) else Choice(text=came)
    return an_observation(endpoint=endpoint, answer=Answer(choices=(choice,)))


def options(kind: str = "pairwise", model: str = "judge-of-nobody", **changes: Any) -> JudgeOptions:
    """A judge's options: nothing is repeated unless told."""
    endpoint = EndpointOptions(url="http://127.0.0.1:9/v1", model=model)
    return replace(JudgeOptions(name="judge", kind=kind, endpoint=endpoint, repeat_share=0.0), **changes)


def ask(judge: Judge, view: PairView, model: Model, questions: Sequence[Question] | None = None) -> list[Verdict]:
    """All verdicts on a pair, with the one repair that a judge may ask for. `questions`: as they were made before."""
    made = judge.questions(view, Random(7)) if questions is None else questions
    return [_ask(judge, view, question, model) for question in made]


def _ask(judge: Judge, view: PairView, question: Question, model: Model) -> Verdict:
    reply = _reply(model(question))
    if (again := judge.repair(question, reply)) is not None:
        question, reply = again, _reply(model(again))
    return judge.read(question, reply, view.ref, 5, 100.0)


def _reply(text: str | None) -> Reply:
    return Reply(text=text, reason="refused" if text is None else None)


def judged(judge: Judge, view: PairView, model: Model) -> Judgement:
    """What comes of it all."""
    return judge.conclude(view, ask(judge, view, model))


def says(word: str, strength: int = 1, analysis: str = "Weighed.") -> str:
    """A pairwise reply."""
    return json.dumps({"analysis": analysis, "verdict": word, "strength": strength})


def material(question: Question, name: str) -> str:
    """What stands between the marks of that name with the right code, as a careful judge finds it."""
    code = re.escape(question.nonce)
    found = re.search(rf"^<<{name} {code}>>\n(.*?)\n<<end of {name} {code}>>$", question.user, re.DOTALL | re.MULTILINE)
    assert found is not None
    return found[1]
