"""Proxies that the suite can start itself, each as a careful operator would set it up for streaming LLM traffic."""

from tests.conformance.peers.base import Peer
from tests.conformance.peers.envoy import Envoy, EnvoyMirror
from tests.conformance.peers.nginx import Nginx, NginxMirror
from tests.conformance.peers.own import Shadowbench

PEERS: dict[str, type[Peer]] = {peer.name: peer for peer in (Shadowbench, Nginx, NginxMirror, Envoy, EnvoyMirror)}

__all__ = ["PEERS", "Peer"]
