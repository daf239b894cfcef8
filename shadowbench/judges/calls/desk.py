"""Makes the askers of one worker. What belongs to an endpoint is shared by all judges that ask it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

from shadowbench.errors import ConfigurationError
from shadowbench.judges.calls.addresses import address_of, public
from shadowbench.judges.calls.asker import EndpointAsker
from shadowbench.judges.calls.attempts import Attempts, Prices
from shadowbench.judges.calls.bodies import headers_of
from shadowbench.judges.calls.books import Bookkeeper
from shadowbench.judges.calls.caller import Caller
from shadowbench.judges.calls.counting import Tally
from shadowbench.judges.calls.embedder import Embedder
from shadowbench.judges.calls.flights import Flights
from shadowbench.judges.calls.lanes import Lane
from shadowbench.judges.calls.transport import Transport
from shadowbench.judges.options import EndpointOptions
from shadowbench.pricing import Pricer, PricingOptions, rates_for
from shadowbench.signals import Counters

EMBEDDINGS = "openai.embeddings"
_SHORTEST_SECRET = 8  # characters
NewTransport = Callable[[EndpointOptions, Mapping[str, str], Callable[[], float]], Transport]


@dataclass(frozen=True, slots=True, kw_only=True)
class Surroundings:
    """What all calls of a worker have in common. `unix` and `chance` are its clock and its dice."""

    book: Bookkeeper
    pricing: PricingOptions
    environ: Mapping[str, str]
    counters: Counters
    owner: str  # the worker, in the log
    unix: Callable[[], float]
    chance: Callable[[], float]


def over_http(options: EndpointOptions, headers: Mapping[str, str], unix: Callable[[], float]) -> Transport:
    """A transport to the endpoint. Raises ConfigurationError when its file of authorities is none."""
    # Here, for a worker without judges does without httpx.
    from shadowbench.judges.calls.http_transport import MOST_BYTES, MOST_VECTOR_BYTES, HttpTransport

    try:
        return HttpTransport(
            address_of(options.url, options.dialect),
            headers,
            dialect=options.dialect,
            connections=max(1, options.concurrency),
            unix=unix,
            ca_file=options.ca_file,
            most_bytes=MOST_VECTOR_BYTES if options.dialect == EMBEDDINGS else MOST_BYTES,
        )
    except OSError as error:  # not there, or no certificates in it
        where = f"{public(options.url)}: ca_file {options.ca_file} cannot be used"
        raise ConfigurationError(f"{where}: {error.strerror or error}; it is to hold certificates as PEM") from None


class Desk:
    """Hands out askers. Use it as `async with`, or call `aclose`."""

    def __init__(self, surroundings: Surroundings, new_transport: NewTransport = over_http) -> None:
        self._here = surroundings
        self._new_transport = new_transport
        self._lanes: dict[tuple[str, str | None, str], Lane] = {}
        self._flights = Flights()
        self._transports: list[Transport] = []
        self._users: list[tuple[Tally, Lane]] = []

    def asker(self, judge: str, options: EndpointOptions) -> EndpointAsker:
        """Who asks in the name of `judge`. Raises ConfigurationError when its key is not there."""
        if options.dialect == EMBEDDINGS:
            raise ConfigurationError(f"judges.{judge}.endpoint.dialect: {EMBEDDINGS} makes vectors, and no verdicts")
        caller, tally = self._caller(judge, options)
        here = self._here
        return EndpointAsker(options, caller=caller, book=here.book, flights=self._flights, tally=tally, unix=here.unix)

    def embedder(self, judge: str, options: EndpointOptions, *, batch: int) -> Embedder:
        """Who gets vectors in the name of `judge`, of at most `batch` texts a call. Raises ConfigurationError."""
        if options.dialect != EMBEDDINGS:
            raise ConfigurationError(f"judges.{judge}.endpoint.dialect: vectors come by {EMBEDDINGS}")
        caller, tally = self._caller(judge, options)
        here = self._here
        return Embedder(options, caller=caller, book=here.book, tally=tally, unix=here.unix, batch=batch)

    def report(self) -> None:
        """Set the gauges to what is true now."""
        for tally, lane in self._users:
            tally.report(lane)

    async def aclose(self) -> None:
        """Give up all connections."""
        while self._transports:
            await self._transports.pop().aclose()

    async def __aenter__(self) -> Desk:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.aclose()

    def _caller(self, judge: str, options: EndpointOptions) -> tuple[Caller, Tally]:
        here, key = self._here, secret_of(judge, options, self._here.environ)
        lane, tally = self._lane(options, key), Tally(here.counters, judge)
        transport = self._new_transport(options, headers_of(options, key), here.unix)
        self._transports.append(transport)
        self._users.append((tally, lane))
        attempts = Attempts(
            judge, options, owner=here.owner, transport=transport, book=here.book,
            prices=prices_of(here.pricing, judge, options), tally=tally, unix=here.unix,
        )  # fmt: skip
        secrets = _secrets(options, key)
        caller = Caller(judge, options, attempts=attempts, lane=lane, tally=tally, chance=here.chance, secrets=secrets)
        return caller, tally

    def _lane(self, options: EndpointOptions, key: str | None) -> Lane:
        name = (address_of(options.url, options.dialect), key, options.model)
        lane = self._lanes.get(name)
        if lane is None:
            lane = Lane(concurrency=options.concurrency, per_minute=options.requests_per_minute)
            return self._lanes.setdefault(name, lane)
        lane.tighten(concurrency=options.concurrency, per_minute=options.requests_per_minute)
        return lane


def secret_of(judge: str, options: EndpointOptions, environ: Mapping[str, str]) -> str | None:
    """The endpoint's key. Raises ConfigurationError, which does not repeat it, when it is not there or is none."""
    name = options.api_key_env
    if name is None:
        return None
    key = environ.get(name, "").strip()
    if not key:
        raise ConfigurationError(f"judge {judge}: the environment variable {name} is not set; export it")
    if not (key.isascii() and key.isprintable()):
        raise ConfigurationError(f"judge {judge}: {name} holds characters that no header can have")
    return key


def _secrets(options: EndpointOptions, key: str | None) -> tuple[str, ...]:
    """What no message may repeat: the key, and what configured headers hold, where it is long enough to be another."""
    return tuple(
        each for each in (key, *options.headers.values()) if each is not None and len(each) >= _SHORTEST_SECRET
    )


def prices_of(pricing: PricingOptions, judge: str, options: EndpointOptions) -> Prices:
    """What is known of the endpoint's prices. Entries of the configuration name it by its judge."""
    known = replace(pricing, urls={**pricing.urls, judge: options.url})
    return Prices(endpoint=judge, pricer=Pricer(known), rates=rates_for(known, judge, options.model))
