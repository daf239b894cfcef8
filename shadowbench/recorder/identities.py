"""Whom a request names, as the log keeps it: placeholders by which somebody's exchanges are found and erased.

A request may name several users (`user`, `safety_identifier`, `metadata.user_id`, a header) and carry several credentials, and
the log has one `user_key` and one `tenant_key` beside it. So what names somebody is stored as `[user:…]` or `[tenant:…]` with
24 hexadecimal digits: those of the key that the same value has in these columns. Headers that name people by other means, or
hold tokens, become `hash:…`, as credentials do. This holds whether redaction is on or off.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from functools import lru_cache
from typing import Any

from shadowbench import keyed
from shadowbench.recorder.redact import Redactor
from shadowbench.records import CandidateResult, Exchange, Observation
from shadowbench.redaction.finder import search_of
from shadowbench.signals import Counters
from shadowbench.wire import loose_json as loose
from shadowbench.wire.patch import Patch, Unpatchable

# Addresses and accounts of people, and what is given out once for each of them.
_PERSONAL = frozenset(
    {
        "x-forwarded-for",
        "x-real-ip",
        "forwarded",
        "true-client-ip",
        "cf-connecting-ip",
        "x-client-ip",
        "baggage",
        "authentication",
        "idempotency-key",
        "x-idempotency-key",
    }
)
_USER = "x-user-id"  # of end users, by convention
_TOKENS = "x-jwt"  # x-jwt, x-jwt-assertion, x-jwt-payload, …
_HASHED = re.compile(r"hash:[0-9a-f]{24}|redacted")

# OpenAI's field for it, its older one, Anthropic's.
_PATHS = (("user",), ("safety_identifier",), ("metadata", "user_id"))
_NAMES_SOMEBODY = search_of(r'"(?:user|safety_identifier|user_id)"[ \t\r\n]*:')
_MEMBER = re.compile(rb'("(?:user|safety_identifier|user_id)"\s*+:\s*+)("[^"\\]*+(?:\\.[^"\\]*+)*+")', re.DOTALL)


class IdentityRedactor:
    """Puts placeholders where somebody is named, and hands on to what takes out everything else."""

    def __init__(self, salt: bytes, inner: Redactor, *, user_header: str | None, tenant_header: str | None) -> None:
        self._salt = salt
        self._inner = inner
        self._headers: Mapping[str | None, str] = {_USER: "user", tenant_header: "tenant", user_header: "user"}
        self._kind = lru_cache(maxsize=1024)(self._kind_of)  # clients send the same few names for ever

    def redact(self, exchange: Exchange, counters: Counters) -> Exchange:
        """See `Redactor`."""
        changes: dict[str, Any] = {}
        if any(map(self._kind, [name for name, _ in exchange.request_headers])):
            changes["request_headers"] = tuple(
                [
                    each if (kind := self._kind(each[0])) is None else (each[0], self._value(kind, each[1]))
                    for each in exchange.request_headers
                ]
            )
        body = exchange.request_body
        if body and _NAMES_SOMEBODY(body):
            changes |= self._bodies(exchange, body)
        return self._inner.redact(replace(exchange, **changes) if changes else exchange, counters)

    def _kind_of(self, name: str) -> str | None:
        name = name.lower()
        if kind := self._headers.get(name):
            return kind
        return "hash" if name in _PERSONAL or name.startswith(_TOKENS) else None

    def _value(self, kind: str, value: str) -> str:
        if not value or _HASHED.fullmatch(value):
            return value  # a credential's own placeholder finds it too
        data = value.encode("latin-1", "replace")
        return keyed.placeholder(self._salt, data).decode() if kind == "hash" else self._mark(kind, data)

    def _mark(self, kind: str, value: bytes) -> str:
        key_of = keyed.user_key if kind == "user" else keyed.tenant_key
        return f"[{kind}:{key_of(self._salt, value)}]"

    def _bodies(self, exchange: Exchange, body: bytes) -> dict[str, Any]:
        """The bodies that change: the request's, and of answers that repeat its members (OpenAI's Responses do)."""
        marks: dict[str, bytes] = {}
        changed = self._request(body, marks)
        if not marks:
            return {}
        return {
            "request_body": changed,
            "production": _without(exchange.production, marks),
            "candidates": tuple([_result_without(each, marks) for each in exchange.candidates]),
        }

    def _request(self, body: bytes, marks: dict[str, bytes]) -> bytes:
        """The request's body. What was named is added to `marks`: the value, and what stands for it, quoted."""
        patch = Patch.of(body)
        if isinstance(patch, Unpatchable):  # cut off, or with members twice: whatever looks like one
            return _MEMBER.sub(lambda match: match[1] + (self._quoted(match[2], marks) or match[2]), body)
        for path in _PATHS:
            given = patch.get_path(path)
            quoted = None if given is None else self._quoted(given, marks)
            if quoted is not None:
                patch.set_path(path, quoted)
        return patch.render() if marks else body

    def _quoted(self, raw: bytes, marks: dict[str, bytes]) -> bytes | None:
        name = _text(raw)
        if name is None:
            return None
        marks[name] = f'"{self._mark("user", name.encode("utf-8", "surrogatepass"))}"'.encode()
        return marks[name]


def _text(raw: bytes) -> str | None:
    """The string of a raw JSON value, as the mirror hashes it."""
    try:
        return loose.as_name(loose.load(raw))
    except loose.NotJson:
        return None


def _result_without(result: CandidateResult, marks: Mapping[str, bytes]) -> CandidateResult:
    seen = _without(result.observation, marks)
    return result if seen is result.observation else replace(result, observation=seen)


def _without(seen: Observation, marks: Mapping[str, bytes]) -> Observation:
    """An observation whose body repeats no member that names one of these."""
    if not seen.body or not _NAMES_SOMEBODY(seen.body):
        return seen
    body = _MEMBER.sub(lambda match: match[1] + marks.get(_text(match[2]) or "", match[2]), seen.body)
    return seen if body == seen.body else replace(seen, body=body)
