"""Gateways for language models, in Python and in JavaScript: hundreds of requests a second, so short rounds."""

from __future__ import annotations

import json
import os
import shutil
from contextlib import ExitStack
from pathlib import Path

import yaml

from benchmarks.peers.base import Place, Process, Running
from benchmarks.processes import REPOSITORY, free_port, start, wait_for_port
from benchmarks.tools import version_of

_BUILD = REPOSITORY / "build"
_START_S = 120.0  # LiteLLM imports for half a minute
_NO_KEY = "LITELLM_DANGEROUSLY_PERMIT_WEAK_OR_UNSET_MASTER_KEY"  # it listens on loopback, and the load has no key


class LiteLLM:
    """LiteLLM's proxy, one worker, one model."""

    key, name, slow = "litellm", "LiteLLM", True
    note = "one worker, one model, no database, no callbacks, its own retries off"
    _command = Path(os.environ.get("LITELLM", _BUILD / "bench-litellm" / "bin" / "litellm"))

    def absent(self) -> str:
        return "" if self._command.exists() else why_not("litellm", "the PyPI package litellm[proxy]")

    def version(self) -> str:
        python = self._command.with_name("python")
        return "LiteLLM " + version_of([python, "-c", "import importlib.metadata as m; print(m.version('litellm'))"])

    def start(self, upstream: int, place: Place, stack: ExitStack) -> Running:
        port = free_port()
        config, log = place.folder / "litellm.yaml", place.folder / "litellm.log"
        api = {"model": "openai/m", "api_base": f"http://127.0.0.1:{upstream}/v1", "api_key": "benchmark"}
        settings = {"telemetry": False, "num_retries": 0, "request_timeout": 600}
        config.write_text(
            yaml.safe_dump({"model_list": [{"model_name": "m", "litellm_params": api}], "litellm_settings": settings})
        )
        command: list[str | Path] = [self._command, "--config", config, "--host", "127.0.0.1", "--port", str(port)]
        environ = {
            "LITELLM_LOG": "ERROR",
            "LITELLM_LOCAL_MODEL_COST_MAP": "True",
            "DISABLE_ADMIN_UI": "True",
            _NO_KEY: "true",
        }
        process = start(command, core=place.core, stack=stack, log=log, environ=environ)
        wait_for_port(port, process, log, within_s=_START_S)
        return Process(port, process)


class Portkey:
    """Portkey's gateway on Node.js."""

    key, name, slow = "portkey", "Portkey gateway", True
    note = "one Node.js process, headless; provider and host named by headers"
    _package = Path(os.environ.get("PORTKEY", _BUILD / "bench-portkey")) / "node_modules" / "@portkey-ai" / "gateway"

    def absent(self) -> str:
        if not shutil.which("node"):
            return "node is not on PATH: `sudo apt-get install nodejs npm`"
        return "" if self._package.exists() else why_not("portkey", "the npm package @portkey-ai/gateway")

    def version(self) -> str:
        package = json.loads((self._package / "package.json").read_text())
        return f"Portkey gateway {package['version']}, Node.js {version_of(['node', '--version'])}"

    def start(self, upstream: int, place: Place, stack: ExitStack) -> Running:
        port = free_port()
        log = place.folder / "portkey.log"
        command: list[str | Path] = [
            "node",
            self._package / "build" / "start-server.js",
            "--headless",
            f"--port={port}",
        ]
        environ = {"NODE_ENV": "production", "TRUSTED_CUSTOM_HOSTS": "127.0.0.1,localhost"}
        process = start(command, core=place.core, stack=stack, log=log, environ=environ)
        wait_for_port(port, process, log, within_s=_START_S)
        host = f"http://127.0.0.1:{upstream}/v1"
        return Process(port, process, {"x-portkey-provider": "openai", "x-portkey-custom-host": host})


def why_not(name: str, package: str) -> str:
    """What the installer wrote down, or how to install it."""
    reason = _BUILD / f"bench-{name}" / "why"
    if reason.exists():
        return f"{package} cannot be installed here: {reason.read_text().strip()}"
    return f"{package} is not installed: `script/bench-peers` does it"
