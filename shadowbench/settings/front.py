"""Where clients and operators connect."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

from pydantic import AfterValidator, Field, model_validator

from shadowbench.settings.checking import check_socket_mode
from shadowbench.settings.kinds import ListenAddress, ListenAddresses, Seconds, SecondsOrZero, Share, VariableName
from shadowbench.settings.section import Section


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


class AccessLogSettings(Section):
    """A line in the log for some of the requests: which, how it ended, how large, how long. No bodies, no headers, no keys."""

    sample_rate: Share = 0.0
    """Share of the requests, drawn by lot. 0: none; faults are logged in any case."""
    max_per_second: Annotated[int, Field(ge=1, le=10_000)] = 100
    """Most lines per second and worker. What is above it, or what nobody takes from standard error, is dropped and counted."""


class ProxySettings(Section):
    """Where clients connect, and the bounds on what they may send."""

    listen: ListenAddresses = "127.0.0.1:8080"
    """Where clients connect: HOST:PORT, [IPv6]:PORT, :PORT (all interfaces), unix:/PATH; several as a list."""
    socket_mode: Annotated[str | int, AfterValidator(check_socket_mode)] = "0660"
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
    access_log: AccessLogSettings = AccessLogSettings()
    """A line in the log for some of the requests. A reload changes it while running."""


class AdminSettings(Section):
    """Health and metrics of this parent process."""

    listen: ListenAddress | None = "127.0.0.1:9464"
    """Where /livez, /readyz and /metrics are served; null turns them off. A second role on the same host
    needs its own."""


class ControlSettings(Section):
    """Lanes, rates, pause and the kill switch, for operators."""

    listen: ListenAddress | None = "127.0.0.1:9465"
    """Where the control port listens; null turns it off. Without a token it must be loopback."""
    token_env: VariableName | None = None
    """Environment variable with the token that callers must send (Authorization: Bearer …). Required where the port
    is not loopback."""
