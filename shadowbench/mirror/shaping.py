"""Writes the request that one candidate gets. Pure.

Path: when the candidate's URL has no path, the client's is used as it is; when it has one, it stands for everything before the
endpoint (`/openai/v1/chat/completions` with `http://host/v1` becomes `/v1/chat/completions`). The query is kept.

Headers: a short list is copied, for what is not known to be harmless may be a credential or name the caller. The candidate's
own credentials are added, and a marker by which a copy that comes back is recognised.

Body: members of the top-level object are replaced byte by byte, everything else stays as the client wrote it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import orjson

from shadowbench import keyed
from shadowbench.errors import ConfigurationError
from shadowbench.mirror.options import CandidateOptions
from shadowbench.mirror.plan import CopiedRequest
from shadowbench.records import Dialect
from shadowbench.wire.patch import Unpatchable, set_members, set_nested_member

COPIED_HEADERS = (b"content-type", b"accept", b"anthropic-version", b"anthropic-beta")
DEFAULT_ANTHROPIC_VERSION = b"2023-06-01"  # the API refuses calls without one
# Computed by us, or a way to say who the caller is: not to be set by configuration.
_RESERVED = frozenset({"host", "content-length", "transfer-encoding", "connection", "content-encoding", "expect"})

# What follows a base path, for the dialects whose path suffix carries a version.
_ENDPOINTS = {Dialect.OPENAI_CHAT: "/chat/completions", Dialect.ANTHROPIC_MESSAGES: "/messages"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Shaped:
    """A request ready to be sent."""

    head: bytes
    body: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Unshapable:
    """No request of this candidate's can be made of it."""

    reason: str


class Shaper:
    """Shapes requests for one candidate. `host` and `base_path` are its URL's."""

    def __init__(self, options: CandidateOptions, *, api_key: str | None, host: bytes, base_path: bytes) -> None:
        self._base_path = base_path
        self._changes = _body_changes(options)
        self._stream = _configured_stream(options)
        own = _own_headers(options)
        common = b"Host: %b\r\nAccept-Encoding: identity\r\n%b" % (host, own)
        self._bearer = common + _credential(b"Authorization", "Bearer ", api_key, options)
        self._x_api_key = common + _credential(b"x-api-key", "", api_key, options)
        self._own_names = frozenset(name.lower().encode("latin-1") for name in options.headers)

    def shape(self, request: CopiedRequest, marker: bytes) -> Shaped | Unshapable:
        """The candidate's request. `marker` is the value of the loop marker header."""
        body: bytes | Unpatchable = request.body
        changes = self._changes_for(request)
        if changes:
            body = set_members(request.body, changes)
        if not isinstance(body, Unpatchable) and self._lacks_usage(request):
            # Unasked, a stream reports no usage, and the candidate's answer would have no price.
            body = set_nested_member(body, "stream_options", "include_usage", b"true")
        if isinstance(body, Unpatchable):
            return Unshapable(reason=f"unpatchable_{body.reason}")
        return Shaped(head=self._head(request, len(body), marker), body=body)

    def _head(self, request: CopiedRequest, length: int, marker: bytes) -> bytes:
        is_anthropic = request.dialect is Dialect.ANTHROPIC_MESSAGES
        return b"%b %b HTTP/1.1\r\n%b%b%b: %b\r\nContent-Length: %d\r\n\r\n" % (
            request.head.method.encode("latin-1"),
            target(self._base_path, request),
            self._x_api_key if is_anthropic else self._bearer,
            self._copied(request, is_anthropic),
            keyed.MARKER_HEADER,
            marker,
            length,
        )

    def _copied(self, request: CopiedRequest, is_anthropic: bool) -> bytes:
        copied = b""
        for name in COPIED_HEADERS:
            value = request.head.get(name)
            if name == b"content-type":
                value = b"application/json"  # whatever the caller announced: the body was read as that
            elif name == b"anthropic-version" and value is None and is_anthropic:
                value = DEFAULT_ANTHROPIC_VERSION
            if value is not None and name not in self._own_names:
                copied += b"%b: %b\r\n" % (name, value)
        return copied

    def _changes_for(self, request: CopiedRequest) -> Mapping[str, bytes | None]:
        if self._stream is False and request.facts.stream and request.dialect is Dialect.OPENAI_CHAT:
            # An option of streams in a request that is none is an error at OpenAI.
            return {"stream_options": None, **self._changes}
        return self._changes

    def _lacks_usage(self, request: CopiedRequest) -> bool:
        if request.dialect is not Dialect.OPENAI_CHAT or "stream_options" in self._changes:
            return False
        if self._stream is None:
            return not request.facts.wants_usage
        return self._stream and (not request.facts.stream or not request.facts.wants_usage)


def target(base_path: bytes, request: CopiedRequest) -> bytes:
    """Path and query of the candidate's request."""
    head = request.head
    query = without_credentials(head.query)
    if not base_path:
        return head.path.encode("latin-1") + query
    endpoint = _ENDPOINTS.get(request.dialect, request.endpoint)
    return base_path + endpoint.encode("latin-1") + query


def without_credentials(query: bytes) -> bytes:
    """A query less the parameters whose values the proxy replaced: they were the caller's keys."""
    if b"=hash:" not in query:
        return query
    kept = b"&".join(part for part in query[1:].split(b"&") if b"=hash:" not in part)
    return b"?" + kept if kept else b""


def _body_changes(options: CandidateOptions) -> dict[str, bytes | None]:
    changes: dict[str, bytes | None] = {}
    if options.model is not None:
        changes["model"] = orjson.dumps(options.model)
    for name, text in options.parameters.items():
        if text is not None:
            _check_json(options, name, text)
        changes[name] = text.encode() if text is not None else None
    return changes


def _check_json(options: CandidateOptions, name: str, text: str) -> None:
    try:
        orjson.loads(text)
    except ValueError:
        raise ConfigurationError(f"candidates.{options.name}.parameters.{name} is not JSON: {text}") from None


def _configured_stream(options: CandidateOptions) -> bool | None:
    text = options.parameters.get("stream", "null")
    value = orjson.loads(text) if text is not None else False  # a request without the member is not streamed
    return value if isinstance(value, bool) else None


def _own_headers(options: CandidateOptions) -> bytes:
    lines = b""
    for name, value in options.headers.items():
        where = f"candidates.{options.name}.headers.{name}"
        if name.lower() in _RESERVED or not name.isascii() or not name or any(c in name for c in " :\t\r\n\0"):
            raise ConfigurationError(f"{where} cannot be set")
        lines += name.encode() + b": " + _header_value(value, where) + b"\r\n"
    return lines


def _credential(name: bytes, prefix: str, api_key: str | None, options: CandidateOptions) -> bytes:
    if api_key is None:
        return b""
    where = f"the value of {options.api_key_env} (candidates.{options.name}.api_key_env)"
    return name + b": " + _header_value(prefix + api_key, where) + b"\r\n"


def _header_value(value: str, where: str) -> bytes:
    try:
        encoded = value.strip().encode("latin-1")
    except UnicodeEncodeError:
        encoded = b"\r"
    if any(byte < 32 and byte != 9 for byte in encoded) or 127 in encoded:
        raise ConfigurationError(f"{where} is not a header value")  # and is not repeated: it may be a secret
    return encoded
