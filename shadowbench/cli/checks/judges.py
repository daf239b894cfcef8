"""Judges' endpoints: one question to each about a tiny pair, where that is asked for, since it costs money.

Judges of our kinds are asked as they are configured, with their own prompt and schema. Others' code does not run here: their
endpoints get a question of ours.
"""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass, replace
from tempfile import TemporaryDirectory

from shadowbench import wiring
from shadowbench.cli.checks import Finding, fail, ok
from shadowbench.cli.checks.example_pair import example_pair
from shadowbench.errors import ConfigurationError, ShadowbenchError
from shadowbench.judges.base import EndpointDownError, Judge, Question, Reply
from shadowbench.judges.calls.accepted import first_accepted
from shadowbench.judges.calls.addresses import public
from shadowbench.judges.calls.bodies import body_of, embeddings_body, most_outputs
from shadowbench.judges.calls.books import InLoop
from shadowbench.judges.calls.costs import Ask, most_usd
from shadowbench.judges.calls.desk import EMBEDDINGS, Desk, NewTransport, Surroundings, over_http, prices_of
from shadowbench.judges.forms import WordForm
from shadowbench.judges.ladder import Unreadable
from shadowbench.judges.options import EndpointOptions, JudgeOptions
from shadowbench.judges.reading import read
from shadowbench.pricing import PricingOptions
from shadowbench.scores import Position
from shadowbench.scoring.built import judge_of
from shadowbench.settings import Settings
from shadowbench.signals import Counters
from shadowbench.store.opening import open_log, open_score_log
from shadowbench.store.scoring import ScoreLog

_FORM = WordForm(mark="verdict", words=("A", "B", "tie"))
_TEXT = "Riga"
QUESTION = Question(
    system=f"You judge answers. Reply with one JSON object and nothing else: {_FORM.example}",
    user='What is the capital of Latvia?\nA: "Riga."\nB: "Tallinn."\nWhich answer is right? One short sentence of analysis.',
    schema=_FORM.schema,
    position=Position.ALONE,
)
_OURS = frozenset({"pairwise", "rubric", "checklist", "factuality", "custom"})
_PATIENCE_S = 30.0
_HINTED = ("not_allowed", "no_credit", "not_found", "unreachable", "rejected")  # their messages end with what to do
_LOOK_UP = "docs/judge-calls.md, section 2, says what it means"
_READ = "docs/judges.md, section 3, says what a reply has to be; another model may keep to it"
_UNREADABLE = "unreadable_verdict"
_FIXES = {
    _UNREADABLE: _READ,
    "budget": "raise its budget: it has no room for one call",
    "unpriced": "give endpoint.price, or set unpriced: allow",
    "cut": "raise endpoint.max_output_tokens: models that think need some thousands",
    "rejected": "check endpoint.parameters, temperature and seed",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class _Asked:
    """What a judge is asked. `judge`: who reads the reply; None: the reply is read as that to our own question."""

    endpoint: EndpointOptions
    question: Question
    judge: Judge | None


def check(
    settings: Settings, environ: Mapping[str, str], *, ask: bool, new_transport: NewTransport = over_http
) -> Iterator[Finding]:
    """Findings about each judge that has an endpoint; where they are not asked, one that says what asking costs."""
    if not (settings.scoring.enabled or ask):
        return
    try:
        options = wiring.scoring_options(settings)
    except ConfigurationError as error:
        if ask:
            yield fail("judges", str(error), "mend that; nobody was asked")
        return
    try:
        asked = {each.name: _asked_of(each) for each in options.judges if each.endpoint is not None}
    except ConfigurationError as error:
        if ask:
            yield fail("judges", str(error), "mend that; nobody was asked")
        return
    if not asked:
        return
    if not ask:
        yield ok(
            "judges",
            f"not asked; `shadowbench doctor --judges` puts one question to each: {_most(asked, options.pricing)}",
        )
        return
    yield from asyncio.run(_ask_all(asked, options.pricing, environ, new_transport))


def _asked_of(options: JudgeOptions) -> _Asked:
    assert options.endpoint is not None
    endpoint = _as_asked(options.endpoint, options.kind)
    if options.kind not in _OURS:
        return _Asked(endpoint=endpoint, question=QUESTION, judge=None)
    judge = judge_of(options)
    return _Asked(endpoint=endpoint, question=judge.questions(example_pair(), random.Random())[0], judge=judge)


def _as_asked(endpoint: EndpointOptions, kind: str) -> EndpointOptions:
    """Once, for not so long, and not from memory; all else as configured."""
    asked = replace(endpoint, tries=1, cache="off", timeout_s=min(endpoint.timeout_s, _PATIENCE_S))
    return replace(asked, dialect="openai.embeddings") if kind == "embedding" else asked


def _most(asked: Mapping[str, _Asked], pricing: PricingOptions) -> str:
    """What asking all of them costs at most, in words."""
    costs = {name: _most_usd(name, each, pricing) for name, each in asked.items()}
    unknown = [name for name, usd in costs.items() if usd is None]
    known = sum(usd for usd in costs.values() if usd is not None)
    told = f"{known:.4f} USD at most"
    return f"{told}, and what {', '.join(unknown)} may cost, whose price nobody knows" if unknown else told


def _most_usd(name: str, asked: _Asked, pricing: PricingOptions) -> float | None:
    endpoint = asked.endpoint
    rates = prices_of(pricing, name, endpoint).rates
    if rates is None:
        return None
    is_chat = endpoint.dialect != EMBEDDINGS
    accepted = first_accepted(endpoint.dialect, structured=endpoint.structured)
    body = body_of(endpoint, asked.question, accepted) if is_chat else embeddings_body(endpoint, [_TEXT])
    outputs = most_outputs(endpoint) if is_chat else 0
    return most_usd(
        rates,
        Ask(
            endpoint=name,
            model=endpoint.model,
            body_bytes=len(body),
            max_output_tokens=outputs,
            timeout_s=endpoint.timeout_s,
        ),
    )


async def _ask_all(
    asked: Mapping[str, _Asked],
    pricing: PricingOptions,
    environ: Mapping[str, str],
    new_transport: NewTransport,
) -> Sequence[Finding]:
    with _passing_log() as book:
        here = Surroundings(
            book=InLoop(book),
            pricing=pricing,
            environ=environ,
            counters=Counters(),
            owner="doctor",
            unix=_unix_now,
            chance=random.random,
        )
        async with Desk(here, new_transport) as desk:
            return await asyncio.gather(*(_ask(desk, book, name, each) for name, each in asked.items()))


@contextmanager
def _passing_log() -> Iterator[ScoreLog]:
    """A log for what these calls cost. It is not the one of pairs: the doctor looks, and leaves that as it is."""
    with TemporaryDirectory(prefix="shadowbench-") as folder:
        url = f"sqlite:///{folder}/calls.db"
        open_log(url, "write").close()
        with closing(open_score_log(url, "change")) as book:
            yield book


async def _ask(desk: Desk, book: ScoreLog, name: str, asked: _Asked) -> Finding:
    found = await _outcome(desk, name, asked)
    spent = book.spending(name)
    if not spent.calls:
        return found
    cost = "at a cost that nobody knows" if spent.unpriced else f"for {spent.usd:.6f} USD"
    return replace(found, what=f"{found.what}, {cost}")


async def _outcome(desk: Desk, name: str, asked: _Asked) -> Finding:
    subject, endpoint, began = f"judge {name}", asked.endpoint, time.monotonic()
    try:
        trouble, said = await (_vectors if endpoint.dialect == EMBEDDINGS else _verdict)(desk, name, asked)
    except ConfigurationError as error:
        return _with_remedy(subject, error, f"change scoring.judges.{name}.endpoint")
    except EndpointDownError as error:
        if error.reason in _HINTED:
            return _with_remedy(subject, error, _LOOK_UP)
        return fail(subject, str(error).removeprefix(f"{subject}: "), _LOOK_UP)
    if trouble is not None:
        return fail(subject, f"{endpoint.model} at {public(endpoint.url)}: {said}", _FIXES.get(trouble, _LOOK_UP))
    took_ms = (time.monotonic() - began) * 1000
    return ok(subject, f"{endpoint.model} at {public(endpoint.url)} gave {said} in {took_ms:.0f} ms")


def _with_remedy(subject: str, error: ShadowbenchError, otherwise: str) -> Finding:
    """An error whose message mostly ends with what to do."""
    what, told, remedy = str(error).removeprefix(f"{subject}: ").rpartition("; ")
    return fail(subject, what, remedy) if told else fail(subject, remedy, otherwise)


async def _verdict(desk: Desk, name: str, asked: _Asked) -> tuple[str | None, str]:
    """What is in the way of a verdict, as a code, and in words; None: words about the verdict."""
    reply = await desk.asker(name, asked.endpoint).ask(asked.question, pair=None, purpose="canary")
    if reply.text is None:
        return reply.reason or "no_reply", f"gave no answer ({reply.reason})"
    reason, rung = _read(asked, reply)
    if reason is not None:
        return _UNREADABLE, f"its reply cannot be read as a verdict ({reason})"
    return None, "a verdict that was held to the schema" if reply.structured else f"a readable verdict ({rung})"


def _read(asked: _Asked, reply: Reply) -> tuple[str | None, str | None]:
    """Why the reply is no verdict, or how it was read."""
    if asked.judge is None:
        found = read(asked.question, reply, _FORM)
        return (found.reason, None) if isinstance(found, Unreadable) else (None, found.rung)
    verdict = asked.judge.read(asked.question, reply, example_pair().ref, 0, 0.0)
    return verdict.reason, verdict.rung


async def _vectors(desk: Desk, name: str, asked: _Asked) -> tuple[str | None, str]:
    """As `_verdict`, for vectors."""
    vector = (await desk.embedder(name, asked.endpoint, batch=1).vectors({_TEXT: 0}))[_TEXT]
    if isinstance(vector, str):
        return vector, f"gave no vector ({vector})"
    return None, f"a vector of {len(vector) // 4} numbers"


def _unix_now() -> float:
    return time.time_ns() / 1e9
