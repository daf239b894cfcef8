"""The nouns that travel between the jobs: exchange, observation, pair, and what an answer consists of.

All are frozen. Times are seconds on CLOCK_MONOTONIC relative to an observation's own t0 (the moment the last request byte
was handed to the socket) unless the name says otherwise; `*_ns` are absolute CLOCK_MONOTONIC nanoseconds; `*_at` is wall time
(Unix seconds), for ordering and display only. `None` always means "absent", never zero.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

_AGAIN = "~again"


def again(endpoint: str) -> str:
    """The name under which an endpoint is asked once more, to see how much it agrees with itself."""
    return endpoint + _AGAIN


def is_again(endpoint: str) -> bool:
    """Whether this observation is a repeat: no side of a pair."""
    return endpoint.endswith(_AGAIN)


class Dialect(StrEnum):
    """A wire format."""

    OPENAI_CHAT = "openai.chat"
    OPENAI_RESPONSES = "openai.responses"
    OPENAI_COMPLETIONS = "openai.completions"
    OPENAI_EMBEDDINGS = "openai.embeddings"
    ANTHROPIC_MESSAGES = "anthropic.messages"
    OLLAMA_CHAT = "ollama.chat"
    OLLAMA_GENERATE = "ollama.generate"
    OLLAMA_EMBED = "ollama.embed"
    GEMINI = "gemini.generate_content"  # of candidates only: no client's request is read as it
    UNKNOWN = "unknown"


class Outcome(StrEnum):
    """How one endpoint's work on a request ended. Exactly one per observation.

    ok                a whole, readable answer
    truncated         the transport or the stream ended before the answer's own end mark
    stream_error      HTTP 200, then an error inside the stream
    http_error        a status of 400 or above
    client_cancelled  the client left first
    timed_out         one of our time-outs ran out (`reason` names it)
    unparsed          bytes arrived in full and are not what the dialect says
    unreachable       no response at all: refused, reset, TLS, DNS (`reason` names it)
    not_sent          the mirror decided not to send (`reason` names it); candidates only
    """

    OK = "ok"
    TRUNCATED = "truncated"
    STREAM_ERROR = "stream_error"
    HTTP_ERROR = "http_error"
    CLIENT_CANCELLED = "client_cancelled"
    TIMED_OUT = "timed_out"
    UNPARSED = "unparsed"
    UNREACHABLE = "unreachable"
    NOT_SENT = "not_sent"


class UsageSource(StrEnum):
    """Where token counts come from."""

    REPORTED = "reported"
    MISSING = "missing"


@dataclass(frozen=True, slots=True, kw_only=True)
class Usage:
    """Token counts in one meaning for all providers.

    `input_tokens` includes cached ones (OpenAI's meaning; Anthropic's parts are added up). A count that the provider did not
    report is None.
    """

    source: UsageSource
    input_tokens: int | None = None
    output_tokens: int | None = None
    cached_input_tokens: int | None = None
    cache_write_tokens: int | None = None
    reasoning_tokens: int | None = None


NO_USAGE = Usage(source=UsageSource.MISSING)


@dataclass(frozen=True, slots=True, kw_only=True)
class ToolCall:
    """One call the model asks for. `arguments` is the text as sent: it may not be JSON."""

    name: str
    arguments: str
    id: str | None = None
    kind: str = "function"  # function | custom | legacy_function | server


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """One of `n` alternatives of an answer."""

    index: int = 0
    text: str | None = None
    reasoning: str | None = None
    refusal: str | None = None
    tool_calls: tuple[ToolCall, ...] = ()
    finish_reason: str | None = None  # the provider's own word


@dataclass(frozen=True, slots=True, kw_only=True)
class Embeddings:
    """The shape of an embeddings answer. The vectors themselves are in the body only."""

    count: int
    dimensions: int | None  # of the first vector


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What a model said. `choices` is ordered by index; most answers have one, those of embeddings none."""

    choices: tuple[Choice, ...]
    embeddings: Embeddings | None = None

    @property
    def first(self) -> Choice:
        """The first choice, or an empty one."""
        return self.choices[0] if self.choices else Choice()


@dataclass(frozen=True, slots=True, kw_only=True)
class Timing:
    """Durations of one observation in seconds. See DESIGN "The clock"."""

    queue_s: float | None = None  # waited in a lane before dispatch; candidates only
    connect_s: float | None = None  # None when a pooled connection was used
    head_s: float | None = None  # t0 → first response head byte parsed
    first_byte_s: float | None = None  # t0 → first body byte
    first_content_s: float | None = None  # t0 → first text, reasoning, refusal or tool-argument byte (TTFT)
    last_byte_s: float | None = None  # t0 → last body byte (latency)
    content_chunks: int | None = None  # chunks that carried content
    gap_p50_s: float | None = None  # inter-chunk gaps between content chunks
    gap_p95_s: float | None = None
    gap_max_s: float | None = None
    paused_s: float = 0.0  # reading of this response was paused by us (a slow client)
    loop_lag_s: float = 0.0  # worst event-loop lag in its window


NO_TIMING = Timing()


@dataclass(frozen=True, slots=True, kw_only=True)
class Cost:
    """What an observation cost its endpoint's owner, or why that is not known."""

    usd: float | None  # of all attempts
    # given when usd is None: unknown_model | no_usage | partial_usage | price_has_no_rate; of what was imported not_given |
    # call_failed
    reason: str | None
    price: str | None = None  # JSON: what was multiplied; {"source", "model", "input_per_mtok", …}, USD


@dataclass(frozen=True, slots=True, kw_only=True)
class Attempt:
    """A call that was begun and did not become the observation: it was tried again."""

    reason: str  # why it ended, a code from a fixed set
    status: int | None  # of its answer, when one came
    started_s: float  # relative to the observation's t0: negative
    duration_s: float
    cost_usd: float | None  # None: not known


@dataclass(frozen=True, slots=True, kw_only=True)
class Observation:
    """What one endpoint did with a request: an answer or a fault, its timings and usage."""

    endpoint: str  # "production", or the candidate's name
    outcome: Outcome
    reason: str | None = None  # a code from a fixed set; always given unless the outcome is ok
    status: int | None = None
    error_type: str | None = None  # the provider's own error type or code
    error_message: str | None = None
    streamed: bool | None = None
    answer: Answer | None = None
    usage: Usage = NO_USAGE
    timing: Timing = NO_TIMING
    requested_model: str | None = None
    reported_model: str | None = None
    fingerprint: str | None = None
    provider_request_id: str | None = None
    response_bytes: int = 0
    body: bytes | None = None  # response body, content-decoded; None when none was captured
    body_truncated: bool = False  # capture stopped at a bound
    dialect: Dialect = Dialect.UNKNOWN  # that this side spoke
    cost: Cost | None = None  # None: nothing was priced (not sent)
    attempts: tuple[Attempt, ...] = ()  # that came before this one; candidates only


@dataclass(frozen=True, slots=True, kw_only=True)
class CandidateResult:
    """One candidate's side of a pair, with what is needed to weigh it."""

    observation: Observation
    inclusion_probability: float
    config_hash: str  # of the candidate's configuration


@dataclass(frozen=True, slots=True, kw_only=True)
class Exchange:
    """One client request and production's answer, and the candidates' answers to copies of it: one entry of the pair log."""

    id: str  # time-ordered UUID (version 7), made by the mirror
    started_at: float  # Unix seconds
    method: str
    path: str  # path without the query
    dialect: Dialect
    request_id: str | None  # from the configured client header, else production's x-request-id
    cluster_key: str  # keyed hash of what groups dependent pairs
    tenant_key: str | None = (
        None  # keyed hash of whose traffic it is: the configured header's value, else the credential
    )
    user_key: str | None = None  # keyed hash of the end user the request names, if it does
    stratum: str | None = None  # the sampling stratum it fell into; None: none of them
    epoch: str  # the proxy connection it came by
    sequence: int  # its number within the epoch
    policy_version: int
    config_hash: str  # of the mirror's configuration
    request_body: bytes | None  # content-decoded; None when over the capture bound
    request_headers: tuple[tuple[str, str], ...]  # credentials replaced by keyed hashes
    production: Observation
    candidates: tuple[CandidateResult, ...]
    redactions: tuple[tuple[str, int], ...] = ()  # kind of secret or personal data → how many placeholders stand in it


@dataclass(frozen=True, slots=True, kw_only=True)
class Mark:
    """Something that changed while pairs were gathered: a line across a time series."""

    at: float  # Unix seconds
    kind: str  # model_changed | fingerprint_changed | policy_changed | mirroring_paused | mirroring_resumed | …
    endpoint: str | None  # whom it concerns; None: everything
    before: str | None
    after: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class FunnelCount:
    """How many exchanges of one process reached a stage, and why they went no further. Cumulative over `epoch`."""

    epoch: str  # one life of one process
    candidate: str  # "" for stages before candidates
    stage: str
    reason: str  # "" where the stage says it all
    count: int
