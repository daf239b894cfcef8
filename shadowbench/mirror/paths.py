"""Which request paths may be copied: those on the list of endpoints, and never those of stored resources. Pure.

The list holds path suffixes, for gateways put prefixes in front. A suffix alone is not safe: "/messages" also ends
`POST /v1/threads/{id}/messages`, which changes a conversation. So a path whose first segment after the version names a stored
resource (OpenAI's and Anthropic's API references, Ollama's routes) is refused, whatever the list says.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import NamedTuple
from urllib.parse import unquote_to_bytes

from shadowbench.mirror.options import DEFAULT_ENDPOINTS
from shadowbench.records import Dialect
from shadowbench.wire.paths import dialect_of

# Creating, changing or running something that is kept; also after a gateway's own prefix.
_STORED = frozenset(
    [
        "files",
        "uploads",
        "batches",
        "assistants",
        "threads",
        "runs",
        "vector_stores",
        "conversations",
        "containers",
        "fine_tuning",
        "fine-tunes",
        "evals",
        "skills",
        "videos",
        "realtime",
        "chatkit",
        "organization",
    ]
)
# The same, with names that gateways use in prefixes of their own, as Azure does: only right after a version, and never before
# "/chat/completions", which ends no path of those resources.
_STORED_AFTER_VERSION = frozenset(
    ["sessions", "agents", "memory_stores", "environments", "vaults", "tunnels", "deployments", "organizations"]
)
# Where the resource itself is on the list: what follows its name is an id, or one of these.
_GENERATING = {"chat": 2, "responses": 1, "messages": 1}
_OLLAMA_STORED = frozenset(["pull", "push", "create", "copy", "delete", "blobs"])
_CHAT = "/chat/completions"
_VERSION = re.compile(r"v\d+[a-z0-9]*")
_SUFFIXES = frozenset(suffix for _, suffix in DEFAULT_ENDPOINTS)


# How often a path is decoded at most: gateways that decode and pass on may each undo one layer.
_LAYERS = 3


class Endpoint(NamedTuple):
    """What a copied request is asked of."""

    suffix: str  # of the list
    dialect: Dialect


def find_endpoint(endpoints: Sequence[tuple[str, str]], method: str, path: str) -> Endpoint | str:
    """The entry of the list that `path` falls under, or why it is not copied: method_path | stateful_path.

    The longest suffix counts, known ones included: "/completions" on the list does not mean "/chat/completions".
    """
    bare = path.removesuffix("/")
    listed = {suffix for allowed, suffix in endpoints if allowed == method}
    matching = [suffix for suffix in listed | _SUFFIXES if bare.endswith(suffix)]
    longest = max(matching, key=len, default=None)
    if longest is None or longest not in listed:
        return "method_path"
    return "stateful_path" if _is_stateful(bare, longest) else Endpoint(longest, dialect_of(bare))


def normalised(path: str) -> str:
    """A path (latin-1, as heads carry it) as a server may read it: decoded, as UTF-8, without empty and dot segments."""
    if "%" not in path and "//" not in path and "/." not in path and path.isascii():
        return path
    return _without_empty_and_dots(_decoded(path))


def _decoded(path: str) -> str:
    raw = path.encode("latin-1")
    for _ in range(_LAYERS):
        decoded = unquote_to_bytes(raw)
        if decoded == raw:
            break
        raw = decoded
    return raw.decode("utf-8", "replace")


def _without_empty_and_dots(path: str) -> str:
    kept: list[str] = []
    segments = path.split("/")
    for segment in segments:
        if segment == "..":
            del kept[-1:]
        elif segment not in ("", "."):
            kept.append(segment)
    ends_in_folder = kept and segments[-1] in ("", ".", "..")
    return "/" + "/".join(kept) + ("/" if ends_in_folder else "")


def _is_stateful(path: str, suffix: str) -> bool:
    segments = [segment for segment in _decoded(path).split("/") if segment]
    if "." in segments or ".." in segments:
        return True  # production may read another path in it than we do
    versions = [at for at, segment in enumerate(segments) if _VERSION.fullmatch(segment)]
    rest = segments[versions[-1] + 1 :] if versions else segments
    if rest[:1] == ["openai"]:
        rest = rest[1:]  # Azure's
    return bool(rest) and _is_stored(rest, is_strict=bool(versions) and suffix != _CHAT)


def _is_stored(rest: Sequence[str], *, is_strict: bool) -> bool:
    first = rest[0]
    if first in _STORED or (is_strict and first in _STORED_AFTER_VERSION):
        return True
    if first == "api" and len(rest) > 1:
        return rest[1] in _OLLAMA_STORED
    return first in _GENERATING and len(rest) > _GENERATING[first]
