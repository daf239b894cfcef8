"""Who is told what arrives: about a response, about a request, and about the connections of a worker.

Base classes, and no protocols: compiled code calls a class's methods at once, and looks up a protocol's by their names.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from shadowbench.natives import mypyc_attr

if TYPE_CHECKING:
    from shadowbench.http1.heads import Refusal
    from shadowbench.http1.requests import RequestHead
    from shadowbench.http1.responses import ResponseHead
    from shadowbench.http1.server import ServerConnection
    from shadowbench.http1.ticker import Ticker


@mypyc_attr(allow_interpreted_subclasses=True)
class ResponseHandler:
    """Who is told about a response. After `on_end` or `on_fault` nothing more is said."""

    __slots__ = ()

    def on_informational(self, head: ResponseHead) -> None:
        """A 1xx other than 101."""
        raise NotImplementedError

    def on_head(self, head: ResponseHead) -> None:
        """The final response's head."""
        raise NotImplementedError

    def on_body(self, data: bytes) -> None:
        """A piece of the body, de-chunked, still content-encoded."""
        raise NotImplementedError

    def on_end(self) -> None:
        """The response is complete."""
        raise NotImplementedError

    def on_read_done(self) -> None:
        """No more events from this read of either socket: write what has gathered."""
        raise NotImplementedError

    def on_fault(self, reason: str) -> None:
        """Instead of `on_end`: reset, truncated, bad_response, or stale (a reused connection died before any byte)."""
        raise NotImplementedError

    def on_writable(self, writable: bool) -> None:
        """The origin takes (does not take) more request bytes."""
        raise NotImplementedError

    def on_switched(self, head: ResponseHead) -> None:
        """101: from now on bytes pass as they are, through `on_body` and `write`."""
        raise NotImplementedError

    def on_tunnel_eof(self) -> None:
        """The origin's half of the tunnel is over."""
        raise NotImplementedError


@mypyc_attr(allow_interpreted_subclasses=True)
class RequestHandler(ResponseHandler):
    """Who is told about a request, from its head on, and about its response. Never called again after it called `finish`."""

    __slots__ = ()

    asks_upgrade: bool  # its head asked for another protocol
    has_answered: bool  # a response head went out

    def awaits_continue(self) -> bool:
        """Whether the client waits for word that production wants the body, as it may: it is not late then."""
        raise NotImplementedError

    def on_request_body(self, data: bytes) -> None:
        """A piece of the request body, de-chunked."""
        raise NotImplementedError

    def on_request_end(self) -> None:
        """The request is complete."""
        raise NotImplementedError

    def on_client_writable(self, writable: bool) -> None:
        """The client takes (does not take) more response bytes."""
        raise NotImplementedError

    def on_tunnel_data(self, data: bytes) -> None:
        """Bytes after an upgrade."""
        raise NotImplementedError

    def on_client_eof(self) -> None:
        """The client's half of the tunnel is over."""
        raise NotImplementedError

    def check(self, now: float) -> None:
        """Called about twice a second while the request is under way: look at its time-outs."""
        raise NotImplementedError

    def on_client_gone(self, reason: str) -> None:
        """The client left, or sent nonsense in its body: stop all work for it."""
        raise NotImplementedError


@mypyc_attr(allow_interpreted_subclasses=True)
class ServerHost:
    """What all connections of a worker share."""

    ticker: Ticker
    draining: bool

    def begin(self, connection: ServerConnection, head: RequestHead) -> RequestHandler:
        """A request has its turn."""
        raise NotImplementedError

    def opened(self, connection: ServerConnection) -> None:
        """A connection was made."""
        raise NotImplementedError

    def closed(self, connection: ServerConnection) -> None:
        """A connection is gone."""
        raise NotImplementedError

    def refused(self, refusal: Refusal) -> None:
        """A request was answered by us; for counting."""
        raise NotImplementedError

    def trailers_dropped(self, count: int) -> None:
        """Trailer fields were dropped; for counting."""
        raise NotImplementedError
