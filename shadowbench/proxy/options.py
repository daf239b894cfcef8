"""What a proxy worker is told by its parent."""

from __future__ import annotations

from dataclasses import dataclass, field

from shadowbench.http1.origin import OriginOptions
from shadowbench.http1.requests import ServerOptions
from shadowbench.proxy.lines import Naming


@dataclass(frozen=True, slots=True, kw_only=True)
class AccessLogOptions:
    """Which requests get a line in the log: a share of them, drawn by lot, and so many per second and worker at most."""

    sample_rate: float = 0.0
    max_per_second: int = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class ProxyOptions:
    """One worker's options. Times in seconds; file descriptors are inherited from the parent."""

    name: str = "proxy-0"
    production: OriginOptions
    server: ServerOptions = field(default_factory=ServerOptions)
    first_byte_timeout_s: float | None = None  # off: a long answer may think for minutes
    idle_timeout_s: float | None = 300.0  # between two reads of a response, stopped while the client holds us back
    preserve_host: bool = False
    drain_delay_s: float = 0.0  # keep accepting this long after the word to drain
    drain_timeout_s: float = 600.0  # then streams have this long to finish
    tls_cert: str | None = None  # towards clients
    tls_key: str | None = None
    naming: Naming = field(default_factory=Naming)  # of requests, in log lines
    access_log: AccessLogOptions = field(default_factory=AccessLogOptions)
    mirror_socket: str = ""  # empty: nothing is handed off
    hands_off: bool = True  # False: not until an operator resumes
    listen_fds: tuple[int, ...] = ()
    slots_fd: int = -1  # shared page of connection counts, one unsigned 32-bit integer per worker
    slot: int = 0
    slots: int = 1
