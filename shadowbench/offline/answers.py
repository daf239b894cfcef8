"""A row as an exchange and its candidates' results, with names that follow from the content. Pure.

What was asked is written down as a request of OpenAI's chat, whatever it was gathered with: so metrics and judges find it.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import Any
from uuid import UUID

from shadowbench.judges.rubrics import canonical_hash
from shadowbench.offline.given_scores import NOT_GIVEN, Given, given_score
from shadowbench.offline.rows import (
    BadRowError,
    Row,
    Where,
    amount,
    count,
    moment,
    needed_word,
    word,
)
from shadowbench.offline.shapes import CandidateShape, ImportShape, SideShape
from shadowbench.records import (
    NO_USAGE,
    Answer,
    CandidateResult,
    Choice,
    Cost,
    Dialect,
    Exchange,
    Observation,
    Outcome,
    Timing,
    Usage,
    UsageSource,
    is_again,
)

PRODUCTION = "production"
NO_ANSWER = "no_answer"
"""The row has no text: the side has not answered."""
CALL_FAILED = "call_failed"
"""Why the cost of a side without an answer is not known, where the row does not tell it."""

_DIGITS = 24


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """A candidate's answer, with the scores that its row gives it."""

    result: CandidateResult
    scores: tuple[Given, ...]

    @property
    def name(self) -> str:
        """The candidate's name."""
        return self.result.observation.endpoint


@dataclass(frozen=True, slots=True, kw_only=True)
class Gathered:
    """An exchange as a file tells it. `seed`: what its ids in a log are made from."""

    seed: bytes
    exchange: Exchange  # without candidates
    candidates: tuple[Told, ...]
    reference: str | None


def exchange_of(shape: ImportShape, row: Row, *, started_at: float) -> Exchange:
    """The row as an exchange without candidates and without an id. `started_at`: for rows that do not tell the time.

    Raises BadRowError.
    """
    messages = _messages(shape, row)
    production = observation_of(shape.production, row, PRODUCTION)
    tags = {name: found for name, where in shape.tags.items() if (found := word(where, row)) is not None}
    body = {"model": production.requested_model, "messages": messages} | ({"metadata": tags} if tags else {})
    told_at = moment(shape.started_at, row)
    return Exchange(
        id="",
        started_at=started_at if told_at is None else told_at,
        method="POST",
        path="/v1/chat/completions",
        dialect=Dialect.OPENAI_CHAT,
        request_id=word(shape.request_id, row),
        cluster_key=_cluster_key(word(shape.cluster, row), messages),
        stratum=word(shape.stratum, row),
        epoch=f"import:{shape.name}",
        sequence=row.number,
        policy_version=0,
        config_hash=canonical_hash({"imported": shape.name, "version": shape.version}),
        request_body=_utf8({name: value for name, value in body.items() if value is not None}),
        request_headers=(),
        production=production,
        candidates=(),
    )


def told_of(candidate: CandidateShape, shape: ImportShape, row: Row, production: Observation) -> Told:
    """A candidate's answer and scores in a row of its file. Raises BadRowError."""
    name = needed_word(candidate.name, row)
    if name == PRODUCTION or is_again(name):
        raise BadRowError(f"{name!r} cannot be a candidate's name; it means something else in a log")
    seen = observation_of(candidate.side, row, name)
    about = {"imported": shape.name, "candidate": name, "model": seen.requested_model}
    return Told(
        result=CandidateResult(observation=seen, inclusion_probability=1.0, config_hash=canonical_hash(about)),
        scores=tuple(given_score(score, shape, row, production, seen) for score in candidate.scores),
    )


def seed_of(exchange: Exchange) -> bytes:
    """What makes an exchange this one: what was asked, under which id, and what production said.

    Not its time, nor its tags: a second import that tells them otherwise is of the same exchanges.
    """
    told = exchange.production.answer
    asked = json.loads(exchange.request_body or b"{}").get("messages")
    parts = (asked, exchange.request_id, None if told is None else told.first.text)
    return sha256(repr(parts).encode("utf-8", "surrogatepass")).digest()


def id_of(seed: bytes, part: int) -> str:
    """A UUID of version 8 (RFC 9562, section 5.8: ours to fill) out of a hash. `part`: see `placing`."""
    bits = int.from_bytes(sha256(seed + part.to_bytes(4, "big")).digest()[:16], "big")
    bits = bits & ~(0xF << 76) | (0x8 << 76)  # version
    bits = bits & ~(0x3 << 62) | (0x2 << 62)  # variant
    return str(UUID(int=bits))


def observation_of(side: SideShape, row: Row, endpoint: str) -> Observation:
    """One side's answer, or that there is none. Raises BadRowError."""
    text = side.text.need(row)
    if text is not None and not isinstance(text, str):
        raise BadRowError(f"{side.text} is a text, not {text!r:.80}")
    model = word(side.model, row)
    return Observation(
        endpoint=endpoint,
        **_outcome(text, side, row),
        usage=_usage(side, row),
        timing=Timing(first_content_s=amount(side.ttft_s, row), last_byte_s=amount(side.latency_s, row)),
        requested_model=model,
        reported_model=model,
        dialect=Dialect.OPENAI_CHAT,
        cost=_cost(amount(side.cost_usd, row), answered=text is not None),
    )


def _outcome(text: str | None, side: SideShape, row: Row) -> dict[str, Any]:
    if text is None:
        return {"outcome": Outcome.UNREACHABLE, "reason": NO_ANSWER, "error_message": word(side.error, row)}
    choice = Choice(text=text, finish_reason=word(side.finish_reason, row))
    return {"outcome": Outcome.OK, "answer": Answer(choices=(choice,))}


def _usage(side: SideShape, row: Row) -> Usage:
    given, made = count(side.input_tokens, row), count(side.output_tokens, row)
    if given is None and made is None:
        return NO_USAGE
    return Usage(source=UsageSource.REPORTED, input_tokens=given, output_tokens=made)


def _cost(usd: float | None, *, answered: bool) -> Cost:
    """What the row says it cost. Nothing is priced here, so nothing is said of prices and tokens either."""
    return Cost(usd=usd, reason=None if usd is not None else NOT_GIVEN if answered else CALL_FAILED)


def _messages(shape: ImportShape, row: Row) -> Sequence[Mapping[str, Any]]:
    prompt = shape.prompt.need(row)
    system = where_given(shape.system, row)
    first = [] if system is None else [{"role": "system", "content": system}]
    if isinstance(prompt, str) and prompt:
        return [*first, {"role": "user", "content": prompt}]
    if isinstance(prompt, list) and prompt and all(map(_is_message, prompt)):
        return [*first, *prompt]
    raise BadRowError(f"{shape.prompt} is a text or a list of messages with role and content, not {prompt!r:.80}")


def _is_message(item: object) -> bool:
    return isinstance(item, Mapping) and isinstance(item.get("role"), str) and "content" in item


def _cluster_key(told: str | None, messages: Sequence[Mapping[str, Any]]) -> str:
    """Rows of one prompt depend on each other; so do rows that say so."""
    about = _utf8(messages) if told is None else told.encode("utf-8", "surrogatepass")
    return sha256(about).hexdigest()[:_DIGITS]


def _utf8(value: object) -> bytes:
    return json.dumps(value, ensure_ascii=False, sort_keys=False).encode("utf-8", "surrogatepass")


def where_given(where: Where | None, row: Row) -> str | None:
    """The text of a member as it stands, such as a right answer."""
    found = None if where is None else where.find(row)
    if found is None or isinstance(found, str):
        return found
    return json.dumps(found, ensure_ascii=False)
