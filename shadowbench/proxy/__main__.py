"""A proxy worker: `python -m shadowbench.proxy`, started by the supervisor."""

from __future__ import annotations

import asyncio
import contextlib
import gc
import random
import resource
import socket
import ssl
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any, cast

from shadowbench.errors import ConfigurationError
from shadowbench.http1.origin import Origin
from shadowbench.http1.resolver import Resolver
from shadowbench.http1.server import ServerConnection
from shadowbench.http1.ticker import Ticker
from shadowbench.proxy.doorman import Doorman, Slots
from shadowbench.proxy.options import AccessLogOptions, ProxyOptions
from shadowbench.proxy.tap import Tap
from shadowbench.proxy.traffic import Traffic
from shadowbench.worker import Parent, from_json, run

# What is allocated after the start lives as long as a request and dies by reference count; the collector finds nothing.
_GC_THRESHOLDS = (50_000, 20, 100)
_GOODBYE_S = 5.0


async def main(parent: Parent, fields: dict[str, Any]) -> None:
    """Serve until told to drain."""
    options = from_json(ProxyOptions, fields)
    loop = asyncio.get_running_loop()
    _raise_descriptor_limit()
    ticker = Ticker(loop)
    ticker.start()
    counters = parent.counters
    origin = Origin(options.production, ticker, Resolver(loop))
    tap = None
    if options.mirror_socket:
        chance = random.Random()
        tap = Tap(Path(options.mirror_socket), name=options.name, counters=counters, chance=chance, wall=_wall)
        tap.link.on_refusal = lambda error: parent.log("warning", "the mirror was refused", error=str(error))
        tap.set_enabled(options.hands_off)
        tap.start()
    traffic = Traffic(options, origin=origin, tap=tap, ticker=ticker, counters=counters, log=parent.log)
    parent.on_message("change", lambda message: _change(tap, traffic, message))
    parent.on_message("state", lambda message: _state(tap))
    slots = Slots(options.slots_fd, options.slot, options.slots)
    traffic.on_connections = slots.hold
    sockets = [socket.socket(fileno=fd) for fd in options.listen_fds]
    doorman = Doorman(
        sockets,
        lambda: cast(asyncio.Protocol, ServerConnection(traffic, options.server)),
        slots=slots,
        counters=counters,
        tls=_server_tls(options),
    )
    parent.before_snapshot(lambda: traffic.report(counters))
    doorman.start()
    parent.ready()
    gc.set_threshold(*_GC_THRESHOLDS)  # after `ready`, which sets what suits processes that hold little
    await parent.draining.wait()
    await _drain(parent, options, traffic, doorman, tap)
    origin.close()
    ticker.stop()


def _change(tap: Tap | None, traffic: Traffic, message: Mapping[str, Any]) -> dict[str, Any]:
    """The kill switch and its end: copies that were begun are the mirror's to withdraw. And the access log."""
    if tap is not None:
        tap.set_enabled(bool(message["hands_off"]))
    traffic.log_access(from_json(AccessLogOptions, message["access_log"]))
    return _state(tap)


def _state(tap: Tap | None) -> dict[str, Any]:
    """What an operator wants to see of one proxy worker."""
    if tap is None:
        return {"enabled": False, "connected": False, "policy_version": None, "rate": 0.0, "admitted": 0.0}
    return {
        "enabled": tap.enabled,
        "connected": tap.link.ready or tap.link.full,
        "policy_version": tap.policy.version if tap.policy is not None else None,
        "rate": tap.rate,
        "admitted": tap.admitted,
    }


async def _drain(parent: Parent, options: ProxyOptions, traffic: Traffic, doorman: Doorman, tap: Tap | None) -> None:
    """Keep accepting for the drain delay, each answer with `Connection: close`; then finish, say goodbye, leave."""
    traffic.draining = True
    # The delay lets a load balancer notice. Without a parent the port must be free for the next one at once.
    await asyncio.sleep(0 if parent.is_orphan else options.drain_delay_s)
    doorman.stop()
    active = traffic.active
    if not await traffic.drained(options.drain_timeout_s):
        parent.log("warning", "drain deadline passed, requests were cut off", active_at_start=active)
    if tap is not None:
        await tap.leave(_GOODBYE_S)


def _wall() -> float:
    return time.time()  # noqa: TID251  the one clock of markers: seconds matter, nothing is measured with it


def _raise_descriptor_limit() -> None:
    """The soft limit is often 1,024; connections are bounded by the hard one."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    with contextlib.suppress(ValueError, OSError):
        resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))


def _server_tls(options: ProxyOptions) -> ssl.SSLContext | None:
    if not options.tls_cert:
        return None
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.set_alpn_protocols(["http/1.1"])
    try:
        context.load_cert_chain(options.tls_cert, options.tls_key)
    except (OSError, ssl.SSLError) as error:
        raise ConfigurationError(f"proxy.tls_cert {options.tls_cert}: {error}") from None
    return context


if __name__ == "__main__":
    run(main)
