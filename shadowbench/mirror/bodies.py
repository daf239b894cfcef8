"""The body that one candidate gets. Pure.

In this order: what the candidate's configuration leaves out goes, what is between the client and production
(`housekeeping.py`), and tools that the provider would run itself where the candidate strips them; then come the candidate's
system prompt, and translation where it speaks another dialect; then its model, renamed, set and clamped members, and what its
answer needs to be comparable. Those members are therefore named in the candidate's dialect, nested ones by dotted paths
(`options.temperature`): objects on the way are made where they are missing.

Within one dialect nothing is decoded and encoded again: numbers, key order and escapes stay the client's.

Why no request is made of it, beside the reasons of `wire.patch` (`unpatchable_…`) and `wire.translation` (`untranslatable_…`):

    engine_fields        it uses words that only one engine knows
    system_prompt_form   its dialect has no place for the candidate's system prompt, or holds one in another form
"""

from __future__ import annotations

import json
from collections.abc import Set
from dataclasses import dataclass
from typing import NamedTuple

import orjson

from shadowbench.errors import ConfigurationError
from shadowbench.making import maker_of
from shadowbench.mirror.housekeeping import BOOKINGS, ENGINE, IDENTIFIERS, PLUMBING
from shadowbench.mirror.options import CandidateOptions, Range
from shadowbench.mirror.plan import CopiedRequest
from shadowbench.mirror.prompts import place_system_prompt
from shadowbench.records import Dialect
from shadowbench.wire.patch import Patch, Unpatchable, array_of, drop_path, get_elements, set_text
from shadowbench.wire.translation import Untranslatable, translate

ENGINE_FIELDS = "engine_fields"
_REPORTS_USAGE = frozenset({Dialect.OPENAI_CHAT, Dialect.OPENAI_COMPLETIONS})
_OBFUSCATES = _REPORTS_USAGE | {Dialect.OPENAI_RESPONSES}
_STREAMS_BY_DEFAULT = frozenset({Dialect.OLLAMA_CHAT, Dialect.OLLAMA_GENERATE})
# Requests of these name no model and no stream: their path does.
_IN_PATH = frozenset({Dialect.GEMINI})


class ShapedBody(NamedTuple):
    """A request body in the candidate's dialect, and what its path may have to say."""

    body: bytes
    dialect: Dialect
    model: str | None
    stream: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Unshapable:
    """No request of this candidate's can be made of it."""

    reason: str


_shaped_body = maker_of(ShapedBody)


class BodyShaper:
    """Shapes bodies for one candidate. Raises ConfigurationError where its parameters are not JSON."""

    def __init__(self, options: CandidateOptions) -> None:
        self._options = options
        self._dialect = Dialect(options.dialect) if options.dialect is not None else None
        self._model = orjson.dumps(options.model) if options.model is not None else None
        self._parameters = {name: _raw(options, name, text) for name, text in options.parameters.items()}
        dropped = BOOKINGS | PLUMBING
        self._leave_out = [path.split(".") for path in options.leave_out]
        self._dropped = dropped if options.keep_identifiers else dropped | IDENTIFIERS
        self._touched = self._dropped | ENGINE | {"stream_options"}
        self._sets_model_at_most = not (
            self._leave_out
            or options.dialect
            or options.parameters
            or options.rename
            or options.clamp
            or options.system_prompt is not None
        )

    def shape(self, request: CopiedRequest) -> ShapedBody | Unshapable:
        """The candidate's body."""
        return self._shape_at_once(request) or self._shape(request)

    def _shape_at_once(self, request: CopiedRequest) -> ShapedBody | None:
        """For most requests, where the model is all that changes: a tenth of the mirror's work per exchange less."""
        facts = request.facts
        if (
            not self._sets_model_at_most
            or facts.stream
            or facts.server_tools
            or request.dialect is Dialect.OPENAI_RESPONSES
            or not facts.members.isdisjoint(self._touched)
        ):
            return None
        body = request.body if self._model is None else set_text(request.body, "model", self._model)
        if body is None:
            return None
        model = self._options.model or facts.model
        return _shaped_body(body=body, dialect=request.dialect, model=model, stream=False)

    def _shape(self, request: CopiedRequest) -> ShapedBody | Unshapable:
        patch = Patch.of(request.body)
        if self._leave_out and not isinstance(patch, Unpatchable):
            body = request.body
            for path in self._leave_out:
                body = drop_path(body, path)
            patch = Patch.of_checked(body)
        if isinstance(patch, Unpatchable):
            return _unpatchable(patch)
        reason = self._clean(patch, request)
        if reason is not None:
            return Unshapable(reason=reason)
        dialect, streams = self._dialect or request.dialect, request.facts.stream
        if dialect is not request.dialect:
            translated = translate(
                request.dialect, dialect, patch.render(), default_max_tokens=self._options.default_max_tokens
            )
            if isinstance(translated, Untranslatable):
                return Unshapable(reason=f"untranslatable_{translated.reason}")
            streams = translated.stream
            patch = Patch.of(translated.body)
            if isinstance(patch, Unpatchable):
                return _unpatchable(patch)
        return self._fit(patch, dialect, self._options.model or request.facts.model, streams)

    # ── in the client's dialect ──

    def _clean(self, patch: Patch, request: CopiedRequest) -> str | None:
        options = self._options
        if patch.names() & ENGINE:
            if options.engine_fields == "skip":
                return ENGINE_FIELDS
            if options.engine_fields == "drop":
                patch.drop_all(ENGINE)
        patch.drop_all(self._dropped)
        if request.facts.server_tools and options.server_tools == "strip":
            _strip_server_tools(patch, frozenset(request.facts.server_tools))
        if options.system_prompt is None:
            return None
        return place_system_prompt(patch, request.dialect, options.system_prompt, options.system_prompt_mode)

    # ── in the candidate's ──

    def _fit(self, patch: Patch, dialect: Dialect, model: str | None, streams: bool) -> ShapedBody | Unshapable:
        if self._model is not None and dialect not in _IN_PATH:
            patch.set("model", self._model)
        fault = self._rename_and_set(patch, dialect)
        if fault is not None:
            return _unpatchable(fault)
        for name, bounds in self._options.clamp.items():
            _clamp(patch, name.split("."), bounds)
        if dialect is Dialect.OPENAI_RESPONSES:
            # Stored by default, at the candidate's provider, for whoever has its key.
            patch.set("store", b"false")
        streams = self._streams(patch, dialect, streams)
        if dialect in _OBFUSCATES and "stream_options" not in self._parameters:
            fault = _fit_stream_options(patch, dialect, streams, self._parameters.keys())
            if fault is not None:
                return _unpatchable(fault)
        return ShapedBody(body=patch.render(), dialect=dialect, model=model, stream=streams)

    def _rename_and_set(self, patch: Patch, dialect: Dialect) -> Unpatchable | None:
        for old, new in self._options.rename.items():
            fault = patch.rename_path(old.split("."), new.split("."))
            if fault is not None:
                return fault
        for name, value in self._parameters.items():
            if value is None:
                patch.drop_path(name.split("."))
            elif name != "stream" or dialect not in _IN_PATH:
                fault = patch.set_path(name.split("."), value)
                if fault is not None:
                    return fault
        return None

    def _streams(self, patch: Patch, dialect: Dialect, streams: bool) -> bool:
        if dialect in _IN_PATH:
            return {b"true": True, b"false": False}.get(self._parameters.get("stream") or b"", streams)
        asked = patch.get("stream")
        return asked == b"true" or (asked in (None, b"null") and dialect in _STREAMS_BY_DEFAULT)


def _fit_stream_options(patch: Patch, dialect: Dialect, streams: bool, configured: Set[str]) -> Unpatchable | None:
    if not streams:
        # An option of streams in a request that is none is an error at OpenAI.
        patch.drop("stream_options")
        return None
    inside = patch.inside("stream_options")
    if isinstance(inside, Unpatchable):
        return inside
    if dialect in _REPORTS_USAGE and "stream_options.include_usage" not in configured:
        # Unasked, a stream reports no usage, and the candidate's answer would have no price.
        inside.set("include_usage", b"true")
    if "stream_options.include_obfuscation" not in configured:
        # Random padding, on by default, would be counted as the candidate's bytes.
        inside.set("include_obfuscation", b"false")
    patch.set("stream_options", inside.render())
    return None


def _strip_server_tools(patch: Patch, kinds: frozenset[str]) -> None:
    patch.drop("web_search_options")
    patch.drop("mcp_servers")
    tools = get_elements(patch.get("tools") or b"null")
    if tools is None:
        return
    kept = [tool for tool in tools if _type_of(tool) not in kinds]
    if kept:
        patch.set("tools", array_of(kept))
    else:
        for name in ("tools", "tool_choice", "parallel_tool_calls"):
            patch.drop(name)


def _type_of(tool: bytes) -> str | None:
    found = json.loads(tool)
    kind = found.get("type") if isinstance(found, dict) else None
    return kind if isinstance(kind, str) else None


def _clamp(patch: Patch, path: list[str], bounds: Range) -> None:
    raw = patch.get_path(path)
    if raw is None or raw[:1] not in b"-0123456789":
        return
    value = float(raw)
    bound = bounds.least if bounds.least is not None and value < bounds.least else None
    bound = bounds.most if bounds.most is not None and value > bounds.most else bound
    if bound is not None:
        # A count stays a whole number: servers refuse 1024.0 tokens.
        patch.set_path(path, orjson.dumps(int(bound) if bound.is_integer() else bound))


def _raw(options: CandidateOptions, name: str, text: str | None) -> bytes | None:
    if text is None:
        return None
    try:
        orjson.loads(text)
    except ValueError:
        raise ConfigurationError(f"candidates.{options.name}.parameters.{name} is not JSON: {text}") from None
    return text.encode()


def _unpatchable(fault: Unpatchable) -> Unshapable:
    return Unshapable(reason=f"unpatchable_{fault.reason}")
