"""`shadowbench serve`, `proxy` and `mirror`: one parent each, with the workers of its role."""

from __future__ import annotations

import asyncio
import os
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from shadowbench import configuration, environment, wiring
from shadowbench.errors import ConfigurationError, UnavailableError
from shadowbench.listening import Address, AddressTakenError
from shadowbench.steering import Steering
from shadowbench.supervisor import Plan, Supervisor
from shadowbench.telemetry import logs
from shadowbench.wiring import places

if TYPE_CHECKING:
    from structlog.typing import FilteringBoundLogger

    from shadowbench.settings import Settings


def run_role(config: Path | None, role: wiring.Role) -> int:
    """Run `role` until it is told to stop. The exit code. Raises ConfigurationError and UnavailableError."""
    settings = configuration.load(config)
    if role in ("serve", "mirror") and (problems := environment.problems(settings, os.environ)):
        raise ConfigurationError("\n".join(problems))
    plan = wiring.plan(settings, role)
    log = logs.configure()
    if role in ("serve", "mirror"):
        tell_of_folder(settings, log)
    supervisor = Supervisor(plan, log)
    if role != "score":  # what is steered is traffic
        supervisor.steered = Steering(settings, role, crew=supervisor, read=lambda: configuration.load(config), log=log)
    try:
        return asyncio.run(supervisor.run())
    except AddressTakenError as error:
        key = {plan.admin: "admin.listen", plan.control: "control.listen"}.get(error.address)
        if key is None:
            raise
        raise UnavailableError(f"{error} ({key}; {second_role(plan)})") from None


def tell_of_folder(settings: Settings, log: FilteringBoundLogger) -> None:
    """Say that a start makes the pair log's folder: where a volume is missing, all would go onto another disk."""
    folder = places.folder_to_make(settings)
    if folder is not None:
        sentence = "the pair log's folder does not exist and is made; if a volume should be there, it is not mounted"
        log.warning(sentence, folder=str(folder), within=str(places.nearest(folder)))


def second_role(plan: Plan) -> str:
    """How a second parent with the same configuration gets addresses of its own."""
    own = {
        "SHADOWBENCH_ADMIN__LISTEN": plan.admin,
        "SHADOWBENCH_CONTROL__LISTEN": plan.control,
    }
    # Beyond both, so that the two stay apart; by default 9466 and 9467.
    step = 2 if plan.control is not None else 1
    moved = [f"{name}={_moved(address, step)}" for name, address in own.items() if address is not None]
    return f"a second role on this host needs its own: {' '.join(moved)}"


def _moved(address: Address, step: int) -> Address:
    if address.path:
        return replace(address, path=f"{address.path}.2")
    return replace(address, port=address.port + step if address.port + step <= 65535 else address.port - step)
