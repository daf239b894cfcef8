"""nginx as origin, and nginx as a peer."""

from __future__ import annotations

import subprocess
from contextlib import ExitStack
from pathlib import Path

from benchmarks.processes import start, wait_for_port

COMPLETION = (
    '{"id":"chatcmpl-benchmark","object":"chat.completion","created":1700000000,"model":"m","choices":[{"index":0,'
    '"message":{"role":"assistant","content":"Paris is the capital of France, a city on the Seine."},'
    '"finish_reason":"stop"}],"usage":{"prompt_tokens":12,"completion_tokens":9,"total_tokens":21}}'
)

_MAIN = """
worker_processes 1; daemon off; pid {folder}/{name}.pid; error_log stderr crit;
events {{ worker_connections 8192; }}
http {{
  access_log off; keepalive_requests 100000000; keepalive_timeout 75; tcp_nodelay on;
  client_body_temp_path {folder}/{name}-body; proxy_temp_path {folder}/{name}-proxy;
  fastcgi_temp_path {folder}/{name}-x; uwsgi_temp_path {folder}/{name}-x; scgi_temp_path {folder}/{name}-x;
  {servers}
}}
"""

_ORIGIN = """
  server {{
    listen 127.0.0.1:{port} backlog=4096;
    location / {{ default_type application/json; return 200 '{body}'; }}
  }}
"""

# What a careful operator writes in front of a model: connections kept, nothing buffered, so that streams pass at once.
_PROXY = """
  upstream production {{ server 127.0.0.1:{upstream}; keepalive 1024; keepalive_requests 100000000; }}
  server {{
    listen 127.0.0.1:{port} backlog=4096;
    location / {{
      proxy_pass http://production; proxy_http_version 1.1; proxy_set_header Connection "";
      proxy_buffering off; proxy_request_buffering off; proxy_read_timeout 600s;
    }}
  }}
"""


def start_origin(port: int, *, folder: Path, core: int | None, stack: ExitStack) -> subprocess.Popen[bytes]:
    """An origin that answers everything with a small chat completion."""
    return _start("origin", _ORIGIN.format(port=port, body=COMPLETION), port, folder=folder, core=core, stack=stack)


def start_proxy(
    port: int, upstream: int, *, folder: Path, core: int | None, stack: ExitStack
) -> subprocess.Popen[bytes]:
    """A plain reverse proxy, no mirror."""
    servers = _PROXY.format(port=port, upstream=upstream)
    return _start("proxy", servers, port, folder=folder, core=core, stack=stack)


def _start(
    role: str, servers: str, port: int, *, folder: Path, core: int | None, stack: ExitStack
) -> subprocess.Popen[bytes]:
    name = f"nginx-{role}-{port}"
    config, log = folder / f"{name}.conf", folder / f"{name}.log"
    config.write_text(_MAIN.format(folder=folder, name=name, servers=servers))
    process = start(["nginx", "-e", "stderr", "-c", config], core=core, stack=stack, log=log)
    wait_for_port(port, process, log)
    return process
