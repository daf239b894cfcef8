"""What users wrote and models answered, without secrets and personal data: the whole exchange, before it is appended.

Most exchanges hold nothing, and are told so by one search over all bodies and texts. Both are needed: an answer is put together
from events or parts, so what it holds may be cut over several of them in the body.

A body must not tell what its answer no longer does. Every placeholder of the answer has to stand in the body too; where it does
not (a stream that was captured in part, parts of a message that are one text only together) the body is not kept.

The last check does not trust the rules: what still has the shape of a known credential is withheld, and counted as a leak.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from shadowbench.recorder.identities import IdentityRedactor
from shadowbench.recorder.options import RecorderOptions
from shadowbench.recorder.redact import CredentialRedactor, Redactor
from shadowbench.records import Answer, CandidateResult, Choice, Exchange, Observation, ToolCall
from shadowbench.redaction.known import known_kind
from shadowbench.redaction.redactor import Redactor as TextRedactor
from shadowbench.redaction.redactor import redactor_of
from shadowbench.redaction.tally import Tally, kind_of
from shadowbench.secret import SECRET_BYTES, SECRET_ENV, secret_of
from shadowbench.signals import Counters

WITHHELD = "[withheld]"


def redactor_for(options: RecorderOptions, environ: Mapping[str, str]) -> Redactor:
    """The redactor of these options. Raises ConfigurationError for kinds and patterns that cannot be used."""
    salt = _salt(options, environ)
    content: Redactor = CredentialRedactor()
    if options.redaction.enabled or known_kind(options.known_secrets) is not None:
        content = ContentRedactor(redactor_of(options.redaction, salt, options.known_secrets))
    return IdentityRedactor(salt, content, user_header=options.user_header, tenant_header=options.tenant_header)


def _salt(options: RecorderOptions, environ: Mapping[str, str]) -> bytes:
    if options.secret_file is not None or environ.get(SECRET_ENV):
        return secret_of(Path(options.secret_file or ""), environ)
    return secrets.token_bytes(SECRET_BYTES)  # placeholders are then comparable within this process's life only


@dataclass(slots=True)
class _Work:
    """What was done to one side, or to the request."""

    told: Tally = field(default_factory=Tally)  # in what was read: texts
    body: Tally = field(default_factory=Tally)  # in the body that is kept
    dropped: str | None = None  # why the body is not kept
    leaks: int = 0


class ContentRedactor:
    """Redacts texts and bodies. `CredentialRedactor` runs before it."""

    def __init__(self, texts: TextRedactor) -> None:
        self._texts = texts
        self._headers = CredentialRedactor()

    def redact(self, exchange: Exchange, counters: Counters) -> Exchange:
        """See `Redactor`."""
        exchange = self._headers.redact(exchange, counters)
        if self._texts.knows_secrets and self._texts.holds_known(_words_of(exchange)):
            exchange = self._without_known(exchange, counters)
        return exchange if self._is_clean(exchange) else self._redacted(exchange, counters)

    def _without_known(self, exchange: Exchange, counters: Counters) -> Exchange:
        """Words that are kept as endpoints said them, without the secrets of the configuration."""
        work = _Work()
        production = self._with_words(exchange.production, work)
        candidates = [
            replace(each, observation=self._with_words(each.observation, work)) for each in exchange.candidates
        ]
        return replace(
            exchange,
            request_id=self._texts.word(exchange.request_id, work.told),
            production=production,
            candidates=tuple(candidates),
            redactions=_count_work(counters, exchange.redactions, [work]),
        )

    def _with_words(self, seen: Observation, work: _Work) -> Observation:
        answer = seen.answer
        if answer is not None:
            choices = [
                replace(each, finish_reason=self._texts.word(each.finish_reason, work.told)) for each in answer.choices
            ]
            answer = replace(answer, choices=tuple(choices))
        return replace(seen, answer=answer, provider_request_id=self._texts.word(seen.provider_request_id, work.told))

    def _is_clean(self, exchange: Exchange) -> bool:
        """Whether `_redacted` would find nothing. True is certain."""
        sides = [exchange.production, *[each.observation for each in exchange.candidates]]
        if any(map(_is_unread_stream, sides)):
            return False
        texts = _texts_of_request(exchange)
        for seen in sides:
            texts += _texts_of(seen)
            texts.append(seen.requested_model)
        return self._texts.is_clean(texts, [exchange.request_body, *[seen.body for seen in sides]])

    def _redacted(self, exchange: Exchange, counters: Counters) -> Exchange:
        asked, production = _Work(), _Work()
        answered = [_Work() for _ in exchange.candidates]
        changed = self._request(exchange, asked)
        seen = self._observation(exchange.production, production)
        candidates = [self._candidate(each, work) for each, work in zip(exchange.candidates, answered, strict=True)]
        works = [asked, production, *answered]
        if not any(work.told or work.body or work.dropped or work.leaks for work in works):
            return exchange
        _count_findings(counters, asked, production, answered)
        redactions = _count_work(counters, exchange.redactions, works)
        return replace(changed, production=seen, candidates=tuple(candidates), redactions=redactions)

    def _request(self, exchange: Exchange, work: _Work) -> Exchange:
        own_id = _own_id(exchange)
        if self._any_suspicious(_texts_of_request(exchange)):
            headers = tuple((name, self._text(value, work)) for name, value in exchange.request_headers)
            exchange = replace(
                exchange,
                path=self._text(exchange.path, work),
                request_id=self._text(own_id, work) if own_id else exchange.request_id,
                request_headers=headers,
            )
        body = exchange.request_body
        if body and self._texts.is_suspicious(body):
            exchange = replace(exchange, request_body=self._body(body, work))
        return exchange

    def _candidate(self, result: CandidateResult, work: _Work) -> CandidateResult:
        seen = self._observation(result.observation, work)
        return result if seen is result.observation else replace(result, observation=seen)

    def _observation(self, seen: Observation, work: _Work) -> Observation:
        body_suspicious = bool(seen.body) and self._texts.is_suspicious(seen.body or b"")
        changed = seen
        if self._any_suspicious(_texts_of(seen)):
            changed = self._observation_texts(seen, work)
        if self._any_suspicious([seen.requested_model]):
            # Asked of us, not told by the endpoint: its body need not hold it.
            changed = replace(changed, requested_model=self._text(seen.requested_model or "", _Work()))
        if seen.body and (body_suspicious or work.told or _is_unread_stream(seen)):
            changed = self._observation_body(changed, seen.body, work)
        return changed

    def _observation_texts(self, seen: Observation, work: _Work) -> Observation:
        return replace(
            seen,
            answer=None if seen.answer is None else self._answer(seen.answer, work),
            error_type=self._optional(seen.error_type, work),
            error_message=self._optional(seen.error_message, work),
            reported_model=self._optional(seen.reported_model, work),
            fingerprint=self._optional(seen.fingerprint, work),
        )

    def _observation_body(self, seen: Observation, body: bytes, work: _Work) -> Observation:
        kept = self._body(body, work, is_stream=bool(seen.streamed))
        if kept is not None and not all(mark.encode() in kept for mark in work.told.placeholders):
            kept, work.body = None, Tally()
            work.dropped = "stream_body_dropped" if seen.streamed else "body_dropped"
        return seen if kept == body else replace(seen, body=kept)

    def _answer(self, answer: Answer, work: _Work) -> Answer:
        return replace(answer, choices=tuple(self._choice(choice, work) for choice in answer.choices))

    def _choice(self, choice: Choice, work: _Work) -> Choice:
        return replace(
            choice,
            text=self._optional(choice.text, work),
            reasoning=self._optional(choice.reasoning, work),
            refusal=self._optional(choice.refusal, work),
            tool_calls=tuple(self._tool_call(call, work) for call in choice.tool_calls),
        )

    def _tool_call(self, call: ToolCall, work: _Work) -> ToolCall:
        return replace(
            call,
            name=self._text(call.name, work),
            arguments=self._text(call.arguments, work),
            id=self._optional(call.id, work),
        )

    def _optional(self, text: str | None, work: _Work) -> str | None:
        return None if text is None else self._text(text, work)

    def _text(self, text: str, work: _Work) -> str:
        redacted = self._texts.text(text, work.told)
        if self._texts.holds_credential(redacted.encode("utf-8", "replace")):
            work.leaks += 1
            return WITHHELD
        return redacted

    def _body(self, body: bytes, work: _Work, *, is_stream: bool = False) -> bytes | None:
        redacted = (self._texts.stream if is_stream else self._texts.body)(body, work.body)
        if self._texts.holds_credential(redacted):
            work.leaks += 1
            work.body = Tally()
            return None
        return redacted

    def _any_suspicious(self, texts: Iterable[str | None]) -> bool:
        joined = "\n".join([text for text in texts if text])
        return bool(joined) and self._texts.is_suspicious(joined.encode("utf-8", "replace"))


def _own_id(exchange: Exchange) -> str | None:
    """The request's id, when it is not the provider's."""
    return None if exchange.request_id == exchange.production.provider_request_id else exchange.request_id


def _words_of(exchange: Exchange) -> list[str | None]:
    """What is kept as it is, whatever it looks like."""
    words = [exchange.request_id]
    for seen in (exchange.production, *[each.observation for each in exchange.candidates]):
        words.append(seen.provider_request_id)
        if seen.answer is not None:
            words += [choice.finish_reason for choice in seen.answer.choices]
    return words


def _texts_of_request(exchange: Exchange) -> list[str | None]:
    return [exchange.path, _own_id(exchange), *[value for _, value in exchange.request_headers]]


def _texts_of(seen: Observation) -> list[str | None]:
    texts = [seen.error_type, seen.error_message, seen.reported_model, seen.fingerprint]
    for choice in seen.answer.choices if seen.answer else ():
        texts += (choice.text, choice.reasoning, choice.refusal)
        for call in choice.tool_calls:
            texts += (call.name, call.arguments, call.id)
    return texts


def _is_unread_stream(seen: Observation) -> bool:
    """Nobody knows what stands over several of its events."""
    return bool(seen.streamed and seen.body) and seen.answer is None


def _count_findings(counters: Counters, asked: _Work, production: _Work, answered: Iterable[_Work]) -> None:
    """Distinct values by where they were found; of an answer only those that it did not have from the request."""
    given = _values(asked)
    sides = [("production", production), *(("candidate", work) for work in answered)]
    for where, values in [("request", given), *((where, _values(work) - given) for where, work in sides)]:
        for mark in values:
            counters.add("recorder_findings_total", (("kind", kind_of(mark)), ("where", where)))


def _values(work: _Work) -> set[str]:
    return work.told.placeholders.keys() | work.body.placeholders.keys()


def _count_work(
    counters: Counters, before: tuple[tuple[str, int], ...], works: Iterable[_Work]
) -> tuple[tuple[str, int], ...]:
    total, stand = Tally(), dict(before)
    for work in works:
        total.include(work.told)
        total.include(work.body)
        if work.leaks:
            counters.add("recorder_leaks_total", (), work.leaks)
        if work.dropped:
            counters.add("recorder_redactions_total", (("kind", work.dropped),))
    for kind, count in total.by_kind().items():
        counters.add("recorder_redactions_total", (("kind", kind),), count)
        stand[kind] = stand.get(kind, 0) + count
    return tuple(sorted(stand.items()))
