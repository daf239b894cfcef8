"""The mirror put together: built, started, drained in order."""

from __future__ import annotations

import asyncio
import os
import random
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

from shadowbench.errors import ConfigurationError
from shadowbench.http1.origin import Origin, OriginOptions
from shadowbench.http1.resolver import Resolver
from shadowbench.http1.ticker import Ticker
from shadowbench.mirror import names
from shadowbench.mirror.call import CallContext
from shadowbench.mirror.clock import Clock
from shadowbench.mirror.dispatcher import Dispatcher
from shadowbench.mirror.lag import LagMeter
from shadowbench.mirror.lane import Lane
from shadowbench.mirror.lane_state import set_gauges
from shadowbench.mirror.memory import Memory
from shadowbench.mirror.options import CandidateOptions, MirrorOptions
from shadowbench.mirror.orders import Orders
from shadowbench.mirror.plan import Planner, Terms
from shadowbench.mirror.purse import Purse
from shadowbench.mirror.server import MirrorServer
from shadowbench.mirror.shaping import Shaper
from shadowbench.mirror.spending import open_spending
from shadowbench.secret import SECRET_ENV, load_or_create, read_secret
from shadowbench.worker import Parent

# Some starts of a recorder.
_RECORDER_WITHIN_S = 3.0
_REFRESH_S = 1.0
# How long the thread that patches large bodies may keep the loop waiting. Python's default of 5 ms would show in every stamp.
SWITCH_INTERVAL_S = 0.0002


class MirrorService:
    """One mirror process, without the process. Build it on the loop that it shall run on."""

    def __init__(
        self, options: MirrorOptions, parent: Parent, environ: Mapping[str, str], chance: random.Random | None = None
    ) -> None:
        loop = asyncio.get_running_loop()
        self.options = options
        self._parent = parent
        self._chance = chance or random.Random()
        self._clock = Clock()
        self._ticker = Ticker(loop)
        self._lag = LagMeter(loop)
        self._loop = loop
        self.memory = Memory(options.max_held_bytes)
        self._refresh_timer: asyncio.TimerHandle | None = None
        salt = _secret(options, environ)
        # The start's second, above what the mirror before us told: exchanges opened under its rates are told apart.
        terms = Terms.of(options, salt, max(int(self.unix_now), options.version_above + 1))
        self.server = MirrorServer(
            planner=Planner(terms),
            memory=self.memory,
            clock=self._clock,
            counters=parent.counters,
            loop=loop,
            log=parent.log,
        )
        self.dispatcher = Dispatcher(
            recorder_socket=Path(options.recorder_socket),
            name=f"mirror-{os.getpid()}",
            config_hash=options.config_hash,
            loop=loop,
            clock=self._clock,
            counters=parent.counters,
            chance=self._chance,
            settled=self.server.settled,
            drop=self.server.drop,
        )
        self.server.dispatcher = self.dispatcher
        self.dispatcher.strained = self.server.planner.thinning.strain
        self.dispatcher.unanswered = lambda fingerprint: self.server.planner.unanswered(fingerprint, self.unix_now)
        self._pool = ThreadPoolExecutor(1, "shaping")
        self._origins: list[Origin] = []
        self._spending = open_spending(options)
        self._purses: dict[str, Purse] = {}
        resolver = Resolver(loop)
        self.dispatcher.lanes = [
            self._lane(side, candidate, salt, resolver, environ)
            for side, candidate in enumerate(options.candidates, start=1)
        ]
        self.orders = Orders(self)
        if not options.enabled:
            self._call_or_not()
        parent.before_snapshot(self._set_gauges)

    def _lane(
        self, side: int, candidate: CandidateOptions, salt: bytes, resolver: Resolver, environ: Mapping[str, str]
    ) -> Lane:
        origin = Origin(
            OriginOptions(
                url=candidate.url,
                connect_timeout_s=candidate.connect_timeout_s,
                ca_file=candidate.ca_file,
                verify=candidate.verify,
                egress_proxy=candidate.egress_proxy,
                egress_credentials=_egress_credentials(candidate, environ),
            ),
            self._ticker,
            resolver,
        )
        self._origins.append(origin)
        return Lane(
            CallContext(
                options=candidate,
                origin=origin,
                salt=salt,
                loop=self._loop,
                clock=self._clock,
                lag=self._lag,
                chance=self._chance,
            ),
            side=side,
            shaper=Shaper(
                candidate,
                api_key=_api_key(candidate, environ),
                host=origin.host,
                base_path=origin.base_path,
                chance=self._chance,
            ),
            sink=self.dispatcher,
            stale_after_s=self.options.stale_after_s,
            pool=self._pool,
            counters=self._parent.counters,
            purse=self._purse(candidate),
        )

    def _purse(self, candidate: CandidateOptions) -> Purse:
        """A candidate's own. What repeats its calls comes later in the options, and spends from the same."""
        purse = self._purses.get(candidate.repeats) or Purse(candidate, self._spending)
        self._purses[candidate.name] = purse
        return purse

    async def start(self) -> None:
        """Reach for the recorder, and listen. Raises UnavailableError."""
        self._ticker.start()
        self._lag.start()
        self._refresh()
        recorder = self.dispatcher.recorder.sender
        recorder.start()
        # Both start at once, and what proxies hand over before the recorder is there would be read and thrown away. One
        # that stays away must not keep the mirror from saying so in its counters.
        await recorder.until_ready(_RECORDER_WITHIN_S)
        await self.server.listen(Path(self.options.mirror_socket))

    # ── what changes while it runs ──

    @property
    def policy_version(self) -> int:
        """In force."""
        return self.server.planner.terms.version

    @property
    def unix_now(self) -> float:
        """Unix seconds."""
        return self._clock.unix_at(self._clock.now_ns())

    def shares_in_force(self) -> list[float]:
        """By candidate: the rate outside of strata, as caps and load have thinned it; 0 while nothing is copied."""
        planner = self.server.planner
        if not self.options.enabled:
            return [0.0] * len(self.options.candidates)
        return [rate * share for rate, share in zip(planner.terms.rates, planner.thinning.shares, strict=True)]

    def change(self, options: MirrorOptions) -> None:
        """Take over what is live of `options`, in a new version of the policy. Raises ConfigurationError."""
        if replace(options, version_above=self.options.version_above) == self.options:
            self._call_or_not()  # an operator may resume what stopped by itself
            return  # told twice: a new version would say that something changed
        self.server.planner.change(options, self.unix_now)
        self.options = options
        self.dispatcher.config_hash = options.config_hash
        self.server.announce()
        self._call_or_not()

    def withdraw_all(self, reason: str) -> None:
        """The kill switch: nothing waits, nothing runs."""
        for lane in self.dispatcher.lanes:
            lane.cancel_all(reason)

    def _call_or_not(self) -> None:
        for lane in self.dispatcher.lanes:
            if self.options.enabled:
                lane.resume()
            else:
                lane.pause()

    async def stop(self) -> None:
        """Serve until the proxies have left; then finish calls, then settlements; each within its deadline."""
        await self.server.until_empty(self.options.drain_s)
        self.server.stop_listening()
        await asyncio.gather(*(lane.drain(self.options.finish_s) for lane in self.dispatcher.lanes))
        await self.dispatcher.recorder.until_settled(self.options.settle_s)
        self.orders.send_marks()
        self.dispatcher.tell_funnel()
        await self.dispatcher.recorder.leave(self.options.settle_s)
        self.server.close()
        for origin in self._origins:
            origin.close()
        if self._spending is not None:
            self._spending.close()
        self._pool.shutdown(wait=False, cancel_futures=True)
        self._ticker.stop()
        self._lag.stop()
        if self._refresh_timer is not None:
            self._refresh_timer.cancel()

    def _refresh(self) -> None:
        self._clock.refresh()
        self.orders.send_marks()
        self.dispatcher.tell_funnel()
        self._refresh_timer = self._loop.call_later(_REFRESH_S, self._refresh)

    def _set_gauges(self) -> None:
        counters = self._parent.counters
        thinning = self.server.planner.thinning
        thinning.advance(self._clock.unix_at(self._clock.now_ns()))
        for lane, share in zip(self.dispatcher.lanes, thinning.shares, strict=True):
            set_gauges(lane.state(), counters)
            counters.gauge(names.SHARE, share, (("candidate", lane.options.name),))
        counters.gauge(names.PROXIES, self.server.connections)
        counters.gauge(names.LIVE, self.server.live)
        counters.gauge(names.HELD_BYTES, self.memory.held)
        counters.gauge(names.UNSETTLED, self.dispatcher.recorder.unsettled)
        counters.gauge(names.LAG, self._lag.worst.worst_ns / 1e9)
        self._lag.worst.worst_ns = 0


def _secret(options: MirrorOptions, environ: Mapping[str, str]) -> bytes:
    given = environ.get(SECRET_ENV)
    return read_secret(given) if given else load_or_create(Path(options.secret_file))


def _api_key(candidate: CandidateOptions, environ: Mapping[str, str]) -> str | None:
    if candidate.api_key_env is None:
        return None
    api_key = environ.get(candidate.api_key_env)
    if not api_key:
        key = "mirror.repeats.production_api_key_env"
        if candidate.repeats != "production":
            key = f"candidates.{candidate.repeats or candidate.name}.api_key_env"
        raise ConfigurationError(f"{key}: {candidate.api_key_env} is not set")
    return api_key


def _egress_credentials(candidate: CandidateOptions, environ: Mapping[str, str]) -> str | None:
    name = candidate.egress_proxy_auth_env
    if name is None:
        return None
    credentials = environ.get(name)
    if not credentials or ":" not in credentials:
        raise ConfigurationError(f"candidates.{candidate.name}.egress_proxy_auth_env: {name} must hold USER:PASSWORD")
    return credentials
