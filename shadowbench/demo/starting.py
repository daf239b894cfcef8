"""Starting the demo's two children, and waiting until they answer."""

from __future__ import annotations

import contextlib
import http.client
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from enum import StrEnum

from shadowbench.demo import model_server
from shadowbench.demo.children import child, last_lines
from shadowbench.demo.configuration import Places
from shadowbench.errors import UnavailableError

_READY_WITHIN_S = 60.0
_HANDOFF_WITHIN_S = 10.0
_POLL_S = 0.05


class Model(StrEnum):
    """What answers the demo's requests."""

    REAL = "real"
    SCRIPTED = "scripted"


@contextlib.contextmanager
def running_model(places: Places, model: Model) -> Iterator[None]:
    """The model server. Raises UnavailableError when it does not come up."""
    # One core is left for everything else; above four threads so small a model gains nothing.
    threads = min(4, max(1, (os.cpu_count() or 1) - 1))
    module = [sys.executable, "-m", model_server.__name__]
    command = [*module, model, str(places.model_port), str(threads), str(model_server.SLOTS)]
    log = places.folder / "model.log"
    with child(command, log, os.environ) as process:
        _wait(process, places.model_port, "/v1/models", f"the model server ended at once; its log is {log}:\n", places)
        yield


@contextlib.contextmanager
def running_sidecar(places: Places) -> Iterator[None]:
    """`shadowbench serve` with the demo's configuration. Raises UnavailableError when it does not come up."""
    log = places.folder / "serve.log"
    command = [sys.executable, "-m", "shadowbench.cli", "serve", "-c", str(places.config)]
    # Variables meant for the user's own sidecar would change this one.
    ours = {name: value for name, value in os.environ.items() if not name.startswith("SHADOWBENCH_")}
    with child(command, log, ours) as process:
        _wait(process, places.admin_port, "/readyz", f"shadowbench serve ended at once; its log is {log}:\n", places)
        # Ready means that clients are served. The demo wants every one of its requests mirrored as well.
        _wait_for_handoff(places.admin_port)
        yield


def _wait(process: subprocess.Popen[bytes], port: int, path: str, complaint: str, places: Places) -> None:
    deadline = time.monotonic() + _READY_WITHIN_S
    while not _answers(port, path):
        if process.poll() is not None or time.monotonic() > deadline:
            log = places.folder / ("serve.log" if path == "/readyz" else "model.log")
            raise UnavailableError(complaint + last_lines(log))
        time.sleep(_POLL_S)


def _wait_for_handoff(admin_port: int) -> None:
    """Wait until the proxy is connected to the mirror; goes on without after a while, and the missing pairs tell."""
    deadline = time.monotonic() + _HANDOFF_WITHIN_S
    while time.monotonic() < deadline and not _is_connected(_get(admin_port, "/metrics") or ""):
        time.sleep(_POLL_S)


def _is_connected(metrics: str) -> bool:
    lines = [line for line in metrics.splitlines() if line.startswith("shadowbench_handoff_connected{")]
    return any(float(line.rpartition(" ")[2]) > 0 for line in lines)


def _answers(port: int, path: str) -> bool:
    return _get(port, path) is not None


def _get(port: int, path: str) -> str | None:
    """A page of one of the children; None while there is none."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
    try:
        connection.request("GET", path)
        response = connection.getresponse()
        text = response.read().decode()
        return text if response.status == 200 else None
    except (OSError, http.client.HTTPException):
        return None
    finally:
        connection.close()
