"""nginx as a reverse proxy, with and without its `mirror` directive."""

from __future__ import annotations

import shutil
from contextlib import ExitStack

from benchmarks import nginx
from benchmarks.peers.base import Place, Process, Running
from benchmarks.peers.mirroring import Mirroring
from benchmarks.processes import free_port
from benchmarks.tools import version_of


class Nginx:
    """What a careful operator writes in front of a model."""

    slow = False

    def __init__(self, *, mirrored: bool) -> None:
        self._mirrored = mirrored
        self.key = "nginx-mirror" if mirrored else "nginx"
        self.name = "nginx `mirror`" if mirrored else "nginx"
        plain = "one worker, upstream keepalive, `proxy_buffering off`, no access log"
        self.note = "the same with `mirror` of 100 %, `client_body_buffer_size 1m`" if mirrored else plain

    def absent(self) -> str:
        return "" if shutil.which("nginx") else "nginx is not on PATH: `sudo apt-get install nginx-light`"

    def version(self) -> str:
        return version_of(["nginx", "-v"]).removeprefix("nginx version: ")

    def start(self, upstream: int, place: Place, stack: ExitStack) -> Running:
        port = free_port()
        where = {"folder": place.folder, "core": place.core, "stack": stack}
        if not self._mirrored:
            return Process(port, nginx.start_proxy(port, upstream, **where))
        target = nginx.start_target(folder=place.folder, core=place.load_core, stack=stack)
        return Mirroring(port, nginx.start_proxy(port, upstream, mirror=target.port, **where), target)
