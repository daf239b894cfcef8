"""What can be set about exports over OTLP."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from importlib.util import find_spec

from shadowbench.errors import ConfigurationError

_INSTALL = "pip install 'shadowbench-sidecar[otel]'"
_NEEDED = ("opentelemetry.sdk", "opentelemetry.exporter.otlp.proto.http")


@dataclass(frozen=True, slots=True, kw_only=True)
class Destination:
    """What stands behind a target's name, in OpenTelemetry's words. "" where it is not known."""

    target: str
    address: str
    port: int
    provider: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class OtlpOptions:
    """Options of exports."""

    endpoint: str  # base URL: /v1/traces and /v1/metrics are appended
    headers: Mapping[str, str] = field(default_factory=dict)
    headers_env: Mapping[str, str] = field(default_factory=dict)  # name → environment variable that holds the value
    sample: float = 1.0
    metrics: bool = True
    every_s: float = 60.0  # between exports of metrics
    timeout_s: float = 10.0  # of an export, with all it tries again
    resource: Mapping[str, str] = field(default_factory=dict)
    ca_file: str | None = None
    destinations: tuple[Destination, ...] = ()

    max_waiting: int = 2048  # exchanges, of about 4 KB each
    flush_s: float = 3.0  # at the end: how long what waits may take


def check_extra() -> None:
    """Raises ConfigurationError when the libraries are missing. Imports none of them."""
    for name in _NEEDED:
        if not _is_installed(name):
            raise ConfigurationError(f"telemetry.otlp needs {name}, which is not installed: {_INSTALL}")


def _is_installed(name: str) -> bool:
    try:
        # A part of a namespace: another part of it may be there alone.
        return find_spec(name) is not None
    except ModuleNotFoundError:
        return False
