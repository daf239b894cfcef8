"""`shadowbench serve`, `proxy` and `mirror`: one parent each, with the workers of its role."""

from __future__ import annotations

import asyncio
import os
from dataclasses import replace
from pathlib import Path

from shadowbench import configuration, wiring
from shadowbench.errors import ConfigurationError, UnavailableError
from shadowbench.listening import Address, AddressTakenError
from shadowbench.supervisor import Supervisor
from shadowbench.telemetry import logs


def run_role(config: Path | None, role: wiring.Role) -> int:
    """Run `role` until it is told to stop. The exit code. Raises ConfigurationError and UnavailableError."""
    settings = configuration.load(config)
    if role != "proxy" and (missing := configuration.missing_keys(settings, os.environ)):
        raise ConfigurationError("\n".join(missing))
    plan = wiring.plan(settings, role)
    try:
        return asyncio.run(Supervisor(plan, logs.configure()).run())
    except AddressTakenError as error:
        if error.address != plan.admin:
            raise
        raise UnavailableError(f"{error} (admin.listen; {second_role(error.address)})") from None


def second_role(admin: Address) -> str:
    """How a second parent with the same configuration gets an admin address of its own."""
    other = replace(admin, port=admin.port + 1 if admin.port < 65535 else admin.port - 1)
    return f"a second role on this host needs its own: SHADOWBENCH_ADMIN__LISTEN={other}"
