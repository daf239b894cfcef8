"""nginx as a reverse proxy, with and without its `mirror` directive."""

from __future__ import annotations

import shutil
from contextlib import ExitStack

from benchmarks import nginx
from benchmarks.peers.base import Place, Process, Running
from benchmarks.peers.mirroring import Copies, Mirroring
from benchmarks.processes import free_port
from benchmarks.tools import version_of


class Nginx:
    """What a careful operator writes in front of a model."""

    slow = False
    key = name = "nginx"
    note = "one worker, upstream keepalive, `proxy_buffering off`, no access log"

    def absent(self) -> str:
        return "" if shutil.which("nginx") else "nginx is not on PATH: `sudo apt-get install nginx-light`"

    def version(self) -> str:
        return version_of(["nginx", "-v"]).removeprefix("nginx version: ")

    def start(self, upstream: int, place: Place, stack: ExitStack) -> Running:
        port = free_port()
        return Process(port, nginx.start_proxy(port, upstream, folder=place.folder, core=place.core, stack=stack))


class NginxMirror(Nginx):
    """The same with copies. To a target that answers with a body, nginx connects anew for each copy, for it reads none."""

    def __init__(self, *, empty_answers: bool = False) -> None:
        self._empty_answers = empty_answers
        self.key = "nginx-mirror-204" if empty_answers else "nginx-mirror"
        self.name = "nginx `mirror`, empty answers" if empty_answers else "nginx `mirror`"
        self.note = (
            "the same, but its target answers 204: then nginx keeps its connections"
            if empty_answers
            else "the same with `mirror` of 100 %, `client_body_buffer_size 1m`; it connects anew for each copy, since it does "
            "not read the answers"
        )

    def start(self, upstream: int, place: Place, stack: ExitStack) -> Running:
        port, copies = free_port(), Copies(place, stack, empty=self._empty_answers)
        process = nginx.start_proxy(
            port, upstream, folder=place.folder, core=place.core, stack=stack, mirror=copies.port
        )
        return Mirroring(port, process, copies)
