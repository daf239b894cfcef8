"""Writes the request that one candidate gets. Pure: chance is an argument.

The body is `bodies.py`'s, path and query are `targets.py`'s. Of the headers a short list is copied, for what is not known to be
harmless may be a credential or name the caller: so neither `Idempotency-Key` nor organisation headers are. The candidate's own
credentials are added, a child of the client's trace, and a marker by which a copy that comes back is recognised.
"""

from __future__ import annotations

import random
from typing import NamedTuple

from shadowbench import keyed
from shadowbench.errors import ConfigurationError
from shadowbench.making import maker_of
from shadowbench.mirror.bodies import BodyShaper, ShapedBody, Unshapable
from shadowbench.mirror.options import CandidateOptions
from shadowbench.mirror.plan import CopiedRequest
from shadowbench.mirror.targets import target
from shadowbench.mirror.tracing import child_of
from shadowbench.records import Dialect

__all__ = ["Shaped", "Shaper", "Unshapable"]

_ALWAYS_COPIED = (b"accept",)
_COPIED_TO_ANTHROPIC = (b"anthropic-version", b"anthropic-beta")
_COPIED = _ALWAYS_COPIED + _COPIED_TO_ANTHROPIC
_TRACE = b"traceparent"
_MOST_KNOWN = 512
DEFAULT_ANTHROPIC_VERSION = b"2023-06-01"  # the API refuses calls without one
# Computed by us, or a way to say who the caller is: not to be set by configuration.
_RESERVED = frozenset({"host", "content-length", "transfer-encoding", "connection", "content-encoding", "expect"})
# How each dialect wants its key; the others want `Authorization: Bearer`.
_KEY_HEADERS = {Dialect.ANTHROPIC_MESSAGES: b"x-api-key", Dialect.GEMINI: b"x-goog-api-key"}
_AZURE = (b".openai.azure.com", b".cognitiveservices.azure.com")


class Shaped(NamedTuple):
    """A request ready to be sent."""

    head: bytes
    body: bytes


_ready = maker_of(Shaped)


class Shaper:
    """Shapes requests for one candidate. `host` and `base_path` are its URL's."""

    def __init__(
        self,
        options: CandidateOptions,
        *,
        api_key: str | None,
        host: bytes,
        base_path: bytes,
        chance: random.Random | None = None,
    ) -> None:
        self._base_path = base_path
        self._bodies = BodyShaper(options)
        self._chance = chance or random.Random()
        self._known: dict[tuple[object, ...], bytes] = {}
        self._own_names = frozenset(name.lower().encode("latin-1") for name in options.headers)
        common = b"Host: %b\r\nAccept-Encoding: identity\r\n%b" % (host, _own_headers(options))
        is_azure = host.partition(b":")[0].endswith(_AZURE)
        self._openings = {
            dialect: common + _credential(b"api-key" if is_azure else _KEY_HEADERS.get(dialect), api_key, options)
            for dialect in Dialect
        }

    def shape(self, request: CopiedRequest, marker: bytes) -> Shaped | Unshapable:
        """The candidate's request. `marker` is the value of the loop marker header."""
        shaped = self._bodies.shape(request)
        if isinstance(shaped, Unshapable):
            return shaped
        return _ready(head=self._head(request, shaped, marker), body=shaped.body)

    def _head(self, request: CopiedRequest, shaped: ShapedBody, marker: bytes) -> bytes:
        head = request.head
        # Clients send the same few heads for ever: but for trace, marker and length, theirs is written once.
        key = (
            request.dialect._value_,
            head.path,
            head.query,
            shaped.model,
            shaped.stream,
            *map(head.headers.get, _COPIED),
        )
        opening = self._known.get(key)
        if opening is None:
            opening = self._opening(request, shaped)
            if len(self._known) >= _MOST_KNOWN:
                self._known.clear()
            self._known[key] = opening
        return b"%b%b%b: %b\r\nContent-Length: %d\r\n\r\n" % (
            opening,
            self._trace(head.get(_TRACE)),
            keyed.MARKER_HEADER,
            marker,
            len(shaped.body),
        )

    def _trace(self, traceparent: bytes | None) -> bytes:
        if traceparent is None or _TRACE in self._own_names:
            return b""
        child = child_of(traceparent, self._chance)
        return b"" if child is None else b"%b: %b\r\n" % (_TRACE, child)

    def _opening(self, request: CopiedRequest, shaped: ShapedBody) -> bytes:
        return b"POST %b HTTP/1.1\r\n%b%b" % (
            target(self._base_path, request, shaped),
            self._openings[shaped.dialect],
            self._fields(request, shaped),
        )

    def _fields(self, request: CopiedRequest, shaped: ShapedBody) -> bytes:
        # Whatever the caller announced: the body was read as JSON.
        fields = {b"content-type": b"application/json"}
        is_anthropic = shaped.dialect is Dialect.ANTHROPIC_MESSAGES
        copied: tuple[bytes, ...] = _ALWAYS_COPIED if shaped.dialect is request.dialect else ()
        if is_anthropic:
            fields[b"anthropic-version"] = DEFAULT_ANTHROPIC_VERSION
            if request.dialect is Dialect.ANTHROPIC_MESSAGES:
                copied += _COPIED_TO_ANTHROPIC
        for name in copied:
            if (value := request.head.get(name)) is not None:
                fields[name] = value
        return b"".join(b"%b: %b\r\n" % (name, value) for name, value in fields.items() if name not in self._own_names)


def _own_headers(options: CandidateOptions) -> bytes:
    lines = b""
    for name, value in options.headers.items():
        where = f"candidates.{options.name}.headers.{name}"
        if name.lower() in _RESERVED or not name.isascii() or not name or any(c in name for c in " :\t\r\n\0"):
            raise ConfigurationError(f"{where} cannot be set")
        lines += name.encode() + b": " + _header_value(value, where) + b"\r\n"
    return lines


def _credential(name: bytes | None, api_key: str | None, options: CandidateOptions) -> bytes:
    if api_key is None:
        return b""
    where = f"the value of {options.api_key_env} (candidates.{options.name}.api_key_env)"
    if name is None:
        return b"Authorization: " + _header_value(f"Bearer {api_key}", where) + b"\r\n"
    return name + b": " + _header_value(api_key, where) + b"\r\n"


def _header_value(value: str, where: str) -> bytes:
    try:
        encoded = value.strip().encode("latin-1")
    except UnicodeEncodeError:
        encoded = b"\r"
    if any(byte < 32 and byte != 9 for byte in encoded) or 127 in encoded:
        raise ConfigurationError(f"{where} is not a header value")  # and is not repeated: it may be a secret
    return encoded
