"""The configuration: every key, its meaning, its default and its bounds.

Keys come from `SHADOWBENCH_SECTION__KEY` environment variables and the YAML file (`configuration.py` reads both and words
the errors). Unknown keys are errors. What the keys do is the business of the options classes that `wiring.py` fills
from here.
"""

from __future__ import annotations

import math
import re
import typing
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any, Literal
from urllib.parse import urlsplit

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    ValidationInfo,
    field_validator,
    model_validator,
)
from pydantic_settings import BaseSettings, SettingsConfigDict

from shadowbench.listening import ADDRESS_FORM, parse_address

_HEADER_NAME = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
# Single underscores only, lower case: such a name can be reached as SHADOWBENCH_CANDIDATES__NAME__KEY.
_CANDIDATE_NAME = re.compile(r"[a-z0-9]+(?:[_.-][a-z0-9]+)*")
# Set by the mirror or the client protocol; a configured value would contradict them.
_RESERVED_HEADERS = frozenset(
    {"host", "content-length", "transfer-encoding", "connection", "keep-alive", "te", "trailer", "upgrade", "expect"}
)


def _check_url(text: str) -> str:
    try:
        parts = urlsplit(text)
        port = parts.port
    except ValueError as error:
        raise ValueError(f"is not a URL: {error}") from None
    if parts.scheme not in ("http", "https") or not parts.hostname or port == 0:
        raise ValueError("must be a URL like http://127.0.0.1:4000 or https://api.example.com")
    if parts.username is not None or parts.password is not None:
        raise ValueError("must not carry credentials; name an environment variable in api_key_env instead")
    if parts.query or parts.fragment:
        raise ValueError("must not have a query or fragment: the client's path and query are appended to it")
    if re.search(r"[\s\x00-\x1f\x7f]", text):
        raise ValueError("must not contain spaces or control characters")
    return text.rstrip("/")


def _check_form(value: object) -> object:
    """One sentence for everything that is no text, instead of one for each kind that it is not."""
    parts = value if isinstance(value, list) else [value]
    if not all(isinstance(part, str) for part in parts):
        raise ValueError(ADDRESS_FORM)
    return value


def _check_address(text: str) -> str:
    parse_address(text)
    return text


def _check_addresses(value: str | list[str]) -> str | list[str]:
    addresses = as_list(value)
    if not addresses:
        raise ValueError("needs at least one address, as in 127.0.0.1:8080")
    for text in addresses:
        parse_address(text)
    if len(set(addresses)) != len(addresses):
        raise ValueError("names the same address twice")
    return value


def as_list(value: str | list[str]) -> list[str]:
    """Addresses written as one string, comma-separated, or as a list."""
    parts = value.split(",") if isinstance(value, str) else value
    return [part.strip() for part in parts if part.strip()]


def _check_header_name(text: str) -> str:
    if not _HEADER_NAME.fullmatch(text):
        raise ValueError("is not a header name")
    return text.lower()


def _check_headers(headers: dict[str, str]) -> dict[str, str]:
    for name, value in headers.items():
        if not _HEADER_NAME.fullmatch(name):
            raise ValueError(f"{name!r} is not a header name")
        if name.lower() in _RESERVED_HEADERS:
            raise ValueError(f"{name!r} is set by shadowbench itself")
        if re.search(r"[\x00-\x08\x0a-\x1f\x7f]", value) or not value.isascii():
            raise ValueError(f"the value of {name!r} must be printable ASCII")
    if len({name.lower() for name in headers}) != len(headers):
        raise ValueError("names a header twice")
    return headers


def _check_sample_key(text: str) -> str:
    kind, _, name = text.partition(":")
    if text == "request" or (kind == "header" and _HEADER_NAME.fullmatch(name)):
        return text if text == "request" else f"header:{name.lower()}"
    raise ValueError("must be request, or header:NAME as in header:x-session-id")


def _check_endpoint(text: str) -> str:
    if not re.fullmatch(r"[A-Z]+ /[^\s?#]+", text):
        raise ValueError("must be a method and the end of a path, as in POST /v1/chat/completions")
    return text


def _check_finite(value: float) -> float:
    if not math.isfinite(value):
        raise ValueError("must be a finite number")
    return value


def _check_store_url(text: str) -> str:
    scheme, _, rest = text.partition("://")
    if scheme != "sqlite" or not rest.strip("/"):
        raise ValueError("must be sqlite:///FILE (relative) or sqlite:////FILE (absolute)")
    if "?" in rest or "#" in rest:
        raise ValueError("takes no query or fragment")
    return text


def _check_socket_mode(text: str | int) -> str:
    # YAML reads an unquoted 0660 as the number 432.
    digits = f"{text:04o}" if isinstance(text, int) else text
    if not re.fullmatch(r"0?[0-7]{3}", digits):
        raise ValueError("must be octal permissions in quotes, as in '0660'")
    return digits


def _check_candidate_name(name: str) -> str:
    if name == "production":
        raise ValueError("is the name of the other side; choose another")
    if len(name) > 40 or not _CANDIDATE_NAME.fullmatch(name):
        raise ValueError("must be at most 40 lower-case letters and digits, joined by single '_', '-' or '.'")
    return name


def _check_variable_name(name: str) -> str:
    if not re.fullmatch(r"[A-Za-z_][A-Za-z0-9_]*", name):
        # Not repeated in the message: people put the key itself here.
        raise ValueError("must be the name of an environment variable, not the key itself")
    return name


CandidateName = Annotated[str, AfterValidator(_check_candidate_name)]
VariableName = Annotated[str, AfterValidator(_check_variable_name)]
Url = Annotated[str, AfterValidator(_check_url)]
ListenAddress = Annotated[str, BeforeValidator(_check_form), AfterValidator(_check_address)]
ListenAddresses = Annotated[str | list[str], BeforeValidator(_check_form), AfterValidator(_check_addresses)]
HeaderName = Annotated[str, AfterValidator(_check_header_name)]
Seconds = Annotated[float, AfterValidator(_check_finite), Field(gt=0, le=86_400)]
SecondsOrZero = Annotated[float, AfterValidator(_check_finite), Field(ge=0, le=86_400)]


def _is_number(kind: Any) -> bool:
    return kind in (int, float) or any(_is_number(part) for part in typing.get_args(kind))


class Section(BaseModel):
    """A group of keys."""

    model_config = ConfigDict(extra="forbid", frozen=True, use_attribute_docstrings=True)

    @field_validator("*", mode="before")
    @classmethod
    def _refuse_boolean_numbers(cls, value: Any, info: ValidationInfo) -> Any:
        # YAML reads yes and on as booleans, which Python would take for 1.
        if isinstance(value, bool) and info.field_name and _is_number(cls.model_fields[info.field_name].annotation):
            raise ValueError("must be a number, not a boolean (in YAML yes, no, on and off are booleans)")
        return value


class ServerTlsSettings(Section):
    """TLS towards clients. Both files, or neither."""

    cert_file: Path | None = None
    """Certificate chain (PEM). Without it the proxy speaks plain HTTP."""
    key_file: Path | None = None
    """Its private key (PEM)."""

    @model_validator(mode="after")
    def _both_or_neither(self) -> ServerTlsSettings:
        if (self.cert_file is None) != (self.key_file is None):
            raise ValueError("needs both cert_file and key_file")
        return self


class ClientTlsSettings(Section):
    """TLS towards an endpoint whose URL is https."""

    ca_file: Path | None = None
    """Certificates to trust (PEM) instead of the system's."""
    verify: bool = True
    """Whether the endpoint's certificate is checked. Turn it off only to try something out."""


class ProxySettings(Section):
    """Where clients connect, and the bounds on what they may send."""

    listen: ListenAddresses = "127.0.0.1:8080"
    """Where clients connect: HOST:PORT, [IPv6]:PORT, :PORT (all interfaces), unix:/PATH; several as a list."""
    socket_mode: Annotated[str | int, AfterValidator(_check_socket_mode)] = "0660"
    """Permissions of a unix socket in `listen`, octal."""
    workers: Annotated[int, Field(ge=1, le=64)] = 1
    """Proxy processes. One serves thousands of requests per second; more than there are cores is no use."""
    tls: ServerTlsSettings = ServerTlsSettings()
    """TLS towards clients."""
    host_header: Literal["rewrite", "preserve"] = "rewrite"
    """What production sees as Host: its own name (rewrite), or what the client sent (preserve)."""
    max_head_bytes: Annotated[int, Field(ge=1024, le=1 << 20)] = 128 * 1024
    """Largest request head; a larger one gets 431."""
    max_headers: Annotated[int, Field(ge=8, le=10_000)] = 256
    """Most header lines in a request head."""
    head_timeout_s: Seconds = 30.0
    """How long a client may take to send a request head."""
    body_timeout_s: Seconds = 60.0
    """Longest silence of a client within a request body."""
    client_idle_s: Seconds = 300.0
    """How long a client connection may rest between requests."""
    drain_delay_s: SecondsOrZero = 0.0
    """At shutdown: how long new requests are still taken, with Connection: close, until load balancers noticed."""
    drain_timeout_s: Seconds = 25.0
    """At shutdown: how long running requests may take to finish, after the delay."""


class AdminSettings(Section):
    """Health and metrics of this parent process."""

    listen: ListenAddress | None = "127.0.0.1:9464"
    """Where /livez, /readyz and /metrics are served; null turns them off. A second role on the same host
    needs its own."""


class ProductionSettings(Section):
    """The endpoint whose answer the client gets."""

    url: Url
    """Base URL of production. The client's path and query are appended to it."""
    connect_timeout_s: Seconds = 5.0
    """How long connecting, TLS included, may take before the client gets 502."""
    first_byte_timeout_s: Seconds | None = None
    """How long production may take to begin its answer before the client gets 504; null waits for ever."""
    idle_timeout_s: Seconds | None = 300.0
    """Longest silence within an answer that has begun; null waits for ever."""
    pool_idle_s: Seconds | None = None
    """How long a connection to production rests before it is closed; null: 4 s for http, 55 s for https."""
    pool_max_age_s: Seconds = 300.0
    """How old a connection to production may become before it is replaced."""
    tls: ClientTlsSettings = ClientTlsSettings()
    """TLS towards production."""


class CandidateSettings(Section):
    """An endpoint under test."""

    url: Url | None = None
    """Base URL; null is production's."""
    model: Annotated[str, Field(min_length=1)] | None = None
    """Model name to ask for; null keeps the client's."""
    api_key_env: VariableName | None = None
    """Environment variable with the candidate's API key. The caller's credentials are never forwarded."""
    sample_rate: Annotated[float, AfterValidator(_check_finite), Field(ge=0, le=1)] = 0.0
    """Share of eligible requests that are copied, 0 to 1. Nothing is mirrored until asked."""
    parameters: dict[str, Any] = {}
    """Members of the request's JSON to set, e.g. {temperature: 0}; null removes a member."""
    headers: Annotated[dict[str, str], AfterValidator(_check_headers)] = {}
    """Headers to add to the candidate's requests."""
    queue: Annotated[int, Field(ge=1, le=100_000)] = 1000
    """Requests that may wait for the candidate; more are counted and not sent."""
    concurrency: Annotated[int, Field(ge=1, le=10_000)] = 16
    """Requests at the candidate at one time."""
    connect_timeout_s: Seconds = 5.0
    """How long connecting, TLS included, may take."""
    first_byte_timeout_s: Seconds = 120.0
    """How long the candidate may take to begin its answer. One that is not streamed begins when it is done."""
    idle_timeout_s: Seconds = 60.0
    """Longest silence within an answer that has begun."""
    total_timeout_s: Seconds = 600.0
    """How long a call may take in all."""
    max_response_bytes: Annotated[int, Field(ge=1024, le=1 << 30)] = 8 * 1024 * 1024
    """Largest answer that is read; a longer one is cut and recorded as a fault."""
    tls: ClientTlsSettings = ClientTlsSettings()
    """TLS towards the candidate."""


class MirrorSettings(Section):
    """Which exchanges are copied, and how they are grouped."""

    sample_key: Annotated[str, AfterValidator(_check_sample_key)] = "request"
    """What draws the lot: request (each by itself), or header:NAME (all requests with one value together)."""
    cluster_header: HeaderName | None = None
    """Header that groups dependent exchanges (session, user), for honest intervals; null: the one of sample_key, if any."""
    request_id_header: HeaderName | None = None
    """Client header whose value identifies an exchange in the log; null uses production's x-request-id."""
    endpoints: list[Annotated[str, AfterValidator(_check_endpoint)]] = [
        "POST /chat/completions",
        "POST /v1/messages",
    ]
    """Method and end of the path of requests that may be copied. Everything else is only forwarded."""
    stale_after_s: Seconds = 2.0
    """A copy that waited longer than this since its request came is not sent: it would meet another world."""
    max_request_bytes: Annotated[int, Field(ge=1024, le=1 << 28)] = 2 * 1024 * 1024
    """Largest request body that is copied."""
    max_held_bytes: Annotated[int, Field(ge=1 << 20, le=1 << 36)] = 64 * 1024 * 1024
    """What all copies that wait or run may hold in the mirror's memory; more are counted and not sent."""
    secret_file: Path | None = None
    """File with the secret that keys sampling and the placeholders of credentials; made when absent. null: the pair
    log's name with .secret after it."""


class StoreSettings(Section):
    """The pair log."""

    url: Annotated[str, AfterValidator(_check_store_url)] = "sqlite:///shadowbench.db"
    """Where pairs are kept: sqlite:///FILE (relative to the working folder) or sqlite:////FILE (absolute)."""


class RuntimeSettings(Section):
    """What the processes of one sidecar share while they run."""

    folder: Path | None = None
    """Private folder (0700) of the sockets between the processes; null: $XDG_RUNTIME_DIR/shadowbench, or one in /tmp.
    Proxies and the mirror they feed name the same folder; two sidecars on one machine name different ones."""


class Settings(BaseSettings):
    """The whole configuration."""

    model_config = SettingsConfigDict(
        extra="forbid",
        frozen=True,
        use_attribute_docstrings=True,
        env_prefix="SHADOWBENCH_",
        env_nested_delimiter="__",
        env_parse_none_str="null",
    )

    proxy: ProxySettings = ProxySettings()
    """Where clients connect."""
    admin: AdminSettings = AdminSettings()
    """Health and metrics."""
    production: ProductionSettings
    """The endpoint whose answer the client gets."""
    candidates: dict[CandidateName, CandidateSettings] = {}
    """Endpoints under test by name; the name is the signal label and the report column."""
    mirror: MirrorSettings = MirrorSettings()
    """Which exchanges are copied."""
    store: StoreSettings = StoreSettings()
    """The pair log."""
    runtime: RuntimeSettings = RuntimeSettings()
    """What the processes share while they run."""


def conflicts(settings: Settings) -> Iterator[tuple[tuple[str, ...], str]]:
    """Values that are sound alone and not together: the key to change, and what is wrong with it."""
    listens = [parse_address(text) for text in as_list(settings.proxy.listen)]
    urls: dict[tuple[str, ...], str] = {("production", "url"): settings.production.url}
    urls |= {("candidates", name, "url"): each.url for name, each in settings.candidates.items() if each.url}
    for keys, url in urls.items():
        parts = urlsplit(url)
        port = parts.port or (443 if parts.scheme == "https" else 80)
        for address in listens:
            if address.is_reached_by(parts.hostname or "", port):
                yield keys, f"{url} is proxy.listen ({address}) itself: requests would go round in circles"
                break
    if settings.admin.listen is not None:
        admin = parse_address(settings.admin.listen)
        if any(admin.clashes(address) for address in listens):
            yield ("admin", "listen"), f"{admin} is one of proxy.listen ({settings.proxy.listen}): choose another port"
