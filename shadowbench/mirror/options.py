"""What can be set about the mirror and its candidates.

Values are plain and JSON-able. Secrets do not stand here: an API key is named by its environment variable, which the worker
reads when it starts.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from hashlib import sha256

MIB = 1024 * 1024

# Full suffixes, not "/messages": POST /v1/threads/{id}/messages changes the state of a conversation and must never be copied.
DEFAULT_ENDPOINTS = (("POST", "/chat/completions"), ("POST", "/v1/messages"))


@dataclass(frozen=True, slots=True, kw_only=True)
class CandidateOptions:
    """One endpoint under test.

    `parameters` sets top-level members of the request's JSON; values are raw JSON text, None removes the member.
    """

    name: str
    url: str
    model: str | None = None  # None: the client's model is kept
    api_key_env: str | None = None  # the name of the variable, never the key
    headers: Mapping[str, str] = field(default_factory=dict)  # sent with every call
    parameters: Mapping[str, str | None] = field(default_factory=dict)
    sample_rate: float = 0.0

    queue: int = 1000  # half a second of 2,000 requests/s: bursts wait, and staleness bounds how long
    concurrency: int = 16
    connect_timeout_s: float = 5.0
    first_byte_timeout_s: float = 120.0  # a long answer that is not streamed sends nothing until it is done
    idle_timeout_s: float = 60.0
    total_timeout_s: float = 600.0  # the vendors' SDKs give up then
    max_response_bytes: int = 8 * MIB
    ca_file: str | None = None
    verify: bool = True

    @property
    def config_hash(self) -> str:
        """Names the configuration an answer was made under. Rates, queue and concurrency do not change answers."""
        return _hash(
            {
                "url": self.url,
                "model": self.model,
                "headers": sorted(self.headers.items()),
                "parameters": sorted(self.parameters.items()),
                "timeouts": [
                    self.connect_timeout_s,
                    self.first_byte_timeout_s,
                    self.idle_timeout_s,
                    self.total_timeout_s,
                ],
                "max_response_bytes": self.max_response_bytes,
            }
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class MirrorOptions:
    """Options of the mirror process."""

    runtime_folder: str  # holds mirror.sock and recorder.sock; made 0700
    secret_file: str  # 32 random bytes, 0600, created when absent
    candidates: tuple[CandidateOptions, ...] = ()
    endpoints: tuple[tuple[str, str], ...] = DEFAULT_ENDPOINTS  # (method, path suffix): everything else is not mirrored

    sample_key: str = "request"  # or "header:<name>": equal values are sampled together
    cluster_header: str | None = None  # names what groups dependent exchanges; default: the sampling header, else none
    request_id_header: str | None = None

    stale_after_s: float = 2.0  # later, a candidate would be asked under another load than production was
    max_request_bytes: int = 2 * MIB  # per request, as received and decoded
    max_held_bytes: int = 64 * MIB  # over all requests that wait for their end, a plan or a call

    drain_s: float = 20.0  # after SIGTERM: how long proxies may take to say goodbye
    finish_s: float = 10.0  # after that: how long running calls may take
    settle_s: float = 5.0  # after that: how long the recorder may take

    @property
    def mirror_socket(self) -> str:
        """Where proxies connect."""
        return f"{self.runtime_folder}/mirror.sock"

    @property
    def recorder_socket(self) -> str:
        """Where the recorder listens."""
        return f"{self.runtime_folder}/recorder.sock"

    @property
    def config_hash(self) -> str:
        """Names the configuration exchanges were chosen under."""
        return _hash(
            {
                "candidates": [[candidate.name, candidate.config_hash] for candidate in self.candidates],
                "endpoints": self.endpoints,
                "sample_key": self.sample_key,
                "cluster_header": self.cluster_header,
                "request_id_header": self.request_id_header,
                "stale_after_s": self.stale_after_s,
                "max_request_bytes": self.max_request_bytes,
            }
        )


def _hash(fields: Mapping[str, object]) -> str:
    canonical = json.dumps(fields, sort_keys=True, separators=(",", ":"))
    return sha256(canonical.encode()).hexdigest()[:16]
