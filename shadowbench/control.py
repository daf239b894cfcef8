"""The control port of a parent: `/v1/…` for operators, JSON in and out. Imported after the workers were started.

Who may ask is decided before anything else is looked at, each request by itself:

1. Host must name this machine (loopback by name or address, or the configured host), whatever the port. A page that had its
   own name point here (DNS rebinding) sends that name. Where all interfaces are listened at, any address will do: only
   names can be rebound.
2. Origin, which browsers add, must be absent or this very server. A page elsewhere (CSRF) sends its own.
3. The token, where one is configured, in constant time.

Only POST changes anything, and a body must call itself JSON, which no HTML form can.
"""

from __future__ import annotations

import asyncio
import hmac
import ipaddress
import json
import socket
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol

from aiohttp import ClientPayloadError, hdrs, web

from shadowbench.errors import ConfigurationError, UnavailableError
from shadowbench.serving import HEADERS, Serving
from shadowbench.signals import Counters
from shadowbench.worker import describe

if TYPE_CHECKING:
    from structlog.typing import FilteringBoundLogger

_MAX_BODY_BYTES = 64 * 1024
_BODY_WITHIN_S = 5.0
_LOOPBACK_NAME = "localhost"
_BEARER = "bearer "
_ACTIONS = frozenset({"state", "pause", "resume", "kill", "rates", "reload"})

Fields = dict[str, Any]


class Controlled(Protocol):
    """What is steered. Each answers once it holds.

    Raises ConfigurationError for what cannot be, UnavailableError when a worker did not confirm.
    """

    async def state(self) -> Fields: ...
    async def pause(self) -> Fields: ...
    async def resume(self) -> Fields: ...
    async def kill(self) -> Fields: ...
    async def rates(self, fields: Mapping[str, Any]) -> Fields: ...
    async def reload(self) -> Fields: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Access:
    """Who may ask. `host` is the configured one, "" where all interfaces are listened at; `token` None asks for none."""

    host: str = ""
    token: str | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Refusal:
    """Why a request is not looked at: `code` for signals and programs."""

    status: int
    code: str
    message: str


def refusal(access: Access, headers: Mapping[str, Sequence[str]]) -> Refusal | None:
    """The first of the rules above that `headers` (lower-case name → values) break."""
    hosts, origins = headers.get("host", ()), headers.get("origin", ())
    if len(hosts) != 1 or not is_own_host(hosts[0], access.host):
        return Refusal(
            status=403,
            code="host",
            message="the Host header does not name this sidecar: ask it by its address or as localhost",
        )
    if origins and list(origins) not in ([f"http://{hosts[0]}"], [f"https://{hosts[0]}"]):
        return Refusal(status=403, code="origin", message="requests of other web pages are refused")
    if access.token is not None and not _is_token(headers.get("authorization", ()), access.token):
        given = bool(headers.get("authorization"))
        said = "the token was refused: it is another one" if given else "needs the header Authorization: Bearer TOKEN"
        return Refusal(status=401, code="token", message=said)
    return None


def is_own_host(header: str, configured: str) -> bool:
    """Whether a Host header names this machine; `configured` is "" where all interfaces are listened at."""
    name = header.strip().lower()
    if name.startswith("["):
        name, bracket, port = name[1:].partition("]")
        if not bracket or (port and not _is_port(port)):
            return False
        return _is_own_address(name, configured)
    name, colon, port = name.partition(":")
    if colon and not _is_port(f":{port}"):
        return False
    name = name.removesuffix(".")
    return name in (_LOOPBACK_NAME, configured.lower() or _LOOPBACK_NAME) or _is_own_address(name, configured)


def _is_port(text: str) -> bool:
    return text.startswith(":") and text[1:].isascii() and (text[1:].isdigit() or not text[1:])


def _is_own_address(text: str, configured: str) -> bool:
    try:
        address = ipaddress.ip_address(text)
    except ValueError:
        return False
    return address.is_loopback or not configured or text == configured.lower()


def _is_token(values: Sequence[str], token: str) -> bool:
    given = values[0] if len(values) == 1 else ""
    if not given.lower().startswith(_BEARER):
        return False
    said = given[len(_BEARER) :].strip()
    return hmac.compare_digest(said.encode("utf-8", "surrogateescape"), token.encode("utf-8", "surrogateescape"))


class ControlServer:
    """Serves `controlled` on sockets that are bound already."""

    def __init__(
        self,
        controlled: Controlled,
        sockets: Sequence[socket.socket],
        *,
        access: Access,
        counters: Counters,
        log: FilteringBoundLogger,
    ) -> None:
        self._controlled = controlled
        self._access = access
        self._counters = counters
        self._log = log
        app = web.Application(middlewares=[self._guard], client_max_size=_MAX_BODY_BYTES)
        app.add_routes(
            [
                web.get("/v1/state", self._plain(controlled.state), allow_head=False),
                web.post("/v1/pause", self._plain(controlled.pause)),
                web.post("/v1/resume", self._plain(controlled.resume)),
                web.post("/v1/kill", self._plain(controlled.kill)),
                web.post("/v1/rates", self._rates),
                web.post("/v1/reload", self._plain(controlled.reload)),
            ]
        )
        self._serving = Serving(app, sockets, on_bug=self._on_bug)

    async def start(self) -> None:
        """Begin to serve."""
        await self._serving.start()

    async def stop(self) -> None:
        """End, closing the sockets."""
        await self._serving.stop()

    # ── before and after every request ──

    @web.middleware
    async def _guard(
        self, request: web.Request, handler: Callable[[web.Request], Awaitable[web.StreamResponse]]
    ) -> Any:
        headers = {name.lower(): request.headers.getall(name) for name in request.headers}
        refused = refusal(self._access, headers)
        if refused is not None:
            return self._refuse(request, refused.status, refused.code, refused.message)
        try:
            response = await handler(request)
        except web.HTTPException as error:
            return self._refuse(request, error.status, _code(error.status), error.reason, error)
        except ConfigurationError as error:
            return self._refuse(request, 400, "invalid", str(error))
        except UnavailableError as error:
            return self._refuse(request, 503, "unavailable", str(error))
        except _LeftError:
            return self._refuse(request, 400, "left", "the body broke off")
        except Exception as error:  # noqa: BLE001  a bug of ours: told in the log, not to callers
            self._on_bug(error)
            return self._refuse(request, 500, "error", "failed; the log says why")
        self._count(request, "ok")
        return response

    def _on_bug(self, error: BaseException) -> None:
        self._log.error("a control request failed", error=describe(error))

    def _refuse(
        self, request: web.Request, status: int, code: str, message: str, error: web.HTTPException | None = None
    ) -> web.Response:
        self._count(request, code)
        headers = dict(HEADERS)
        if status == 401:
            headers[hdrs.WWW_AUTHENTICATE] = "Bearer"
        if error is not None and hdrs.ALLOW in error.headers:
            headers[hdrs.ALLOW] = error.headers[hdrs.ALLOW]
        return web.json_response({"error": code, "message": message}, status=status, headers=headers)

    def _count(self, request: web.Request, result: str) -> None:
        action = request.path.removeprefix("/v1/")
        labels = (("action", action if action in _ACTIONS else "other"), ("result", result))
        self._counters.add("control_requests_total", labels)

    # ── what is asked ──

    def _plain(self, act: Callable[[], Awaitable[Fields]]) -> Callable[[web.Request], Awaitable[web.Response]]:
        async def handle(request: web.Request) -> web.Response:
            if await _body(request):
                raise ConfigurationError(f"{request.path} takes no arguments")
            return web.json_response(await act(), headers=HEADERS)

        return handle

    async def _rates(self, request: web.Request) -> web.Response:
        return web.json_response(await self._controlled.rates(await _body(request)), headers=HEADERS)


class _LeftError(Exception):
    """Whoever asked hung up before the request was whole."""


async def _body(request: web.Request) -> Fields:
    """The body's members; none where there is no body. Raises ConfigurationError, and aiohttp's 413 when it is too large."""
    if (request.content_length or 0) > _MAX_BODY_BYTES:
        raise web.HTTPRequestEntityTooLarge(max_size=_MAX_BODY_BYTES, actual_size=request.content_length or 0)
    try:
        async with asyncio.timeout(_BODY_WITHIN_S):
            text = await request.read()
    except (ConnectionError, ClientPayloadError, web.RequestPayloadError):
        raise _LeftError from None
    except TimeoutError:
        raise ConfigurationError(f"the body did not come within {_BODY_WITHIN_S:g} s") from None
    if not text:
        return {}
    if request.content_type != "application/json":
        raise web.HTTPUnsupportedMediaType(reason="the body must be of Content-Type: application/json")
    try:
        fields = json.loads(text)
    except (ValueError, RecursionError):
        raise ConfigurationError("the body is not JSON") from None
    if not isinstance(fields, dict):
        raise ConfigurationError('the body must be an object, as in {"candidates": {"small": 0.2}}')
    return fields


def _code(status: int) -> str:
    return {404: "not_found", 405: "method", 413: "too_large", 415: "content_type"}.get(status, "bad_request")
