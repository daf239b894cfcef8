"""Where the calls of a dialect go, given a base URL as people write it. Pure.

    dialect                what the SDK appends     a base without a path     a base that ends in a version
    openai.chat            /chat/completions        /v1 is put before it      as it stands
    openai.embeddings      /embeddings              /v1 is put before it      as it stands
    anthropic.messages     /v1/messages             as it stands              its /v1 is not doubled

A base that is the whole address already stays as it is, and a query (Azure's api-version) stays where it was.
"""

from __future__ import annotations

from urllib.parse import urlsplit, urlunsplit

_OPENAI = {"openai.chat": "/chat/completions", "openai.embeddings": "/embeddings"}
_MESSAGES = "/messages"
_VERSION = "/v1"


def address_of(url: str, dialect: str) -> str:
    """The address of the calls of `dialect` below the base `url`."""
    parts = urlsplit(url)
    path = _path(parts.path.rstrip("/"), dialect)
    return urlunsplit((parts.scheme, parts.netloc, path, parts.query, ""))


def public(url: str) -> str:
    """A URL as it may be shown: without user, password and query."""
    parts = urlsplit(url)
    port = "" if parts.port is None else f":{parts.port}"
    return urlunsplit((parts.scheme, f"{parts.hostname or ''}{port}", parts.path, "", ""))


def _path(base: str, dialect: str) -> str:
    if dialect in _OPENAI:
        suffix = _OPENAI[dialect]
        return base if base.endswith(suffix) else (base or _VERSION) + suffix
    if base.endswith(_VERSION + _MESSAGES):
        return base
    return base.removesuffix(_VERSION) + _VERSION + _MESSAGES
