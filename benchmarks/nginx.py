"""nginx as origin, and nginx as a peer."""

from __future__ import annotations

import subprocess
from collections import Counter
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

from benchmarks.processes import free_port, start, wait_for_port

COMPLETION = (
    '{"id":"chatcmpl-benchmark","object":"chat.completion","created":1700000000,"model":"m","choices":[{"index":0,'
    '"message":{"role":"assistant","content":"Paris is the capital of France, a city on the Seine."},'
    '"finish_reason":"stop"}],"usage":{"prompt_tokens":12,"completion_tokens":9,"total_tokens":21}}'
)

_MAIN = """
worker_processes 1; daemon off; pid {folder}/{name}.pid; error_log stderr crit;
events {{ worker_connections 8192; }}
http {{
  access_log off; client_max_body_size 64m; keepalive_requests 100000000; keepalive_timeout 75; tcp_nodelay on;
  client_body_temp_path {folder}/{name}-body; proxy_temp_path {folder}/{name}-proxy;
  fastcgi_temp_path {folder}/{name}-x; uwsgi_temp_path {folder}/{name}-x; scgi_temp_path {folder}/{name}-x;
  {servers}
}}
"""

# Answers when the body is there, as a model does: an answer that overtakes its request would be measured as something else. For
# `return` alone nginx does not wait, `mirror` does; bodies below 1,000 bytes come with their head and need no waiting.
_ORIGIN = """
  map $content_length $comes_whole {{ default 0; "~^[0-9]{{1,3}}$" 1; }}
  server {{
    listen 127.0.0.1:{port} backlog=4096;
    default_type application/json; root /nonexistent; client_body_buffer_size 1m; {log}
    location / {{ if ($comes_whole) {{ {answer} }} mirror /read; error_page 403 404 405 =200 @answer; }}
    location = /read {{ internal; return 204; }}
    location @answer {{ {answer} }}
  }}
"""

# What a careful operator writes in front of a model: connections kept, nothing buffered, so that streams pass at once. Large
# bodies are read into this buffer: the default of 16 KB makes sixteen reads of each, and triples what 256 KB cost. A mirrored
# body is read whole before anything is sent, and need not go through a file.
_PROXY = """
  upstream production {{ server 127.0.0.1:{upstream}; keepalive 1024; keepalive_requests 100000000; }}
  proxy_http_version 1.1; proxy_set_header Connection ""; proxy_read_timeout 600s;
  server {{
    listen 127.0.0.1:{port} backlog=4096;
    client_body_buffer_size 1m;
    location / {{ proxy_pass http://production; proxy_buffering off; proxy_request_buffering off; {mirror} }}
    {mirror_location}
  }}
"""
_MIRROR = "mirror /mirrored;"
_MIRROR_LOCATION = """
    location = /mirrored {{ internal; proxy_buffering on; proxy_pass http://copies$request_uri; }}
  }}
  upstream copies {{ server 127.0.0.1:{mirror}; keepalive 1024; keepalive_requests 100000000;
"""

# A line per copy; a buffered log costs the target next to nothing.
_LOG = "log_subrequest off; access_log {path} copies buffer=256k flush=200ms;"
_LOG_FORMAT = 'log_format copies "$request_method $content_length $request_length $status";'
_ANSWER, _NO_ANSWER = f"return 200 '{COMPLETION}';", "return 204;"


def start_origin(port: int, *, folder: Path, core: int | None, stack: ExitStack) -> subprocess.Popen[bytes]:
    """An origin that answers everything with a small chat completion."""
    return _start(
        "origin", _ORIGIN.format(port=port, answer=_ANSWER, log=""), port, folder=folder, core=core, stack=stack
    )


def start_proxy(
    port: int, upstream: int, *, folder: Path, core: int | None, stack: ExitStack, mirror: int | None = None
) -> subprocess.Popen[bytes]:
    """A plain reverse proxy; copies go to the loopback port `mirror`."""
    location = "" if mirror is None else _MIRROR_LOCATION.format(mirror=mirror)
    directives = "" if mirror is None else _MIRROR
    servers = _PROXY.format(port=port, upstream=upstream, mirror=directives, mirror_location=location)
    return _start("proxy", servers, port, folder=folder, core=core, stack=stack)


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """Where copies go: as fast as nginx answers, with a line in `log` for each."""

    port: int
    log: Path

    def received(self) -> dict[str, int]:
        """How many copies of what came."""
        with self.log.open() as lines:
            return dict(Counter(map(str.strip, lines)))


def start_target(*, folder: Path, core: int | None, stack: ExitStack, empty: bool = False) -> Target:
    """Start one that answers as the origin does, or with nothing."""
    port = free_port()
    target = Target(port=port, log=folder / f"copies-{port}.log")
    answer = _NO_ANSWER if empty else _ANSWER
    servers = _LOG_FORMAT + _ORIGIN.format(port=port, answer=answer, log=_LOG.format(path=target.log))
    _start("target", servers, port, folder=folder, core=core, stack=stack)
    return target


def _start(
    role: str, servers: str, port: int, *, folder: Path, core: int | None, stack: ExitStack
) -> subprocess.Popen[bytes]:
    name = f"nginx-{role}-{port}"
    config, log = folder / f"{name}.conf", folder / f"{name}.log"
    config.write_text(_MAIN.format(folder=folder, name=name, servers=servers))
    process = start(["nginx", "-e", "stderr", "-c", config], core=core, stack=stack, log=log)
    wait_for_port(port, process, log)
    return process
