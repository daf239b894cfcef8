"""What is compared: one module per kind of peer, all with the shape of `base.Peer`. Another one is an entry in `PEERS`."""

from __future__ import annotations

from benchmarks.peers.base import Direct, Peer
from benchmarks.peers.gateways import LiteLLM, Portkey
from benchmarks.peers.in_envoy import Envoy
from benchmarks.peers.in_nginx import Nginx, NginxMirror
from benchmarks.peers.in_python import Aiohttp, Ours

PEERS: tuple[Peer, ...] = (
    Direct(),
    Nginx(),
    NginxMirror(),
    NginxMirror(empty_answers=True),
    Envoy(mirrored=False),
    Envoy(mirrored=True),
    Aiohttp(),
    Ours(mirrored=False),
    Ours(mirrored=True),
    Ours(mirrored=True, pure=True),
    LiteLLM(),
    Portkey(),
)
