"""`shadowbench serve`, `proxy` and `mirror`: one parent each, with the workers of its role."""

from __future__ import annotations

import asyncio
import os
from pathlib import Path

from shadowbench import configuration, wiring
from shadowbench.errors import ConfigurationError
from shadowbench.supervisor import Supervisor
from shadowbench.telemetry import logs


def run_role(config: Path | None, role: wiring.Role) -> int:
    """Run `role` until it is told to stop. The exit code. Raises ConfigurationError and UnavailableError."""
    settings = configuration.load(config)
    if role != "proxy" and (missing := configuration.missing_keys(settings, os.environ)):
        raise ConfigurationError("\n".join(missing))
    return asyncio.run(Supervisor(wiring.plan(settings, role), logs.configure()).run())
