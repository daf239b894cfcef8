"""h11's view of a connection: a second reader, written by others, that has to find the same requests."""

from __future__ import annotations

from dataclasses import dataclass

import h11


@dataclass(frozen=True, slots=True, kw_only=True)
class Opinion:
    """The requests that h11 found whole: method, target, body. `fault` is what stopped it, if anything did."""

    requests: tuple[tuple[bytes, bytes, bytes], ...]
    fault: str | None


def opinion(data: bytes) -> Opinion:
    """Read what a client sent over one connection, answering each request."""
    connection = h11.Connection(h11.SERVER, max_incomplete_event_size=1 << 20)
    connection.receive_data(data)
    requests: list[tuple[bytes, bytes, bytes]] = []
    try:
        while (found := _request(connection)) is not None:
            requests.append(found)
            if not _answer(connection):
                break
    except h11.RemoteProtocolError as error:
        return Opinion(requests=tuple(requests), fault=str(error))
    return Opinion(requests=tuple(requests), fault=None)


def _request(connection: h11.Connection) -> tuple[bytes, bytes, bytes] | None:
    head: h11.Request | None = None
    body = b""
    while True:
        event = connection.next_event()
        if isinstance(event, h11.Request):
            head = event
        elif isinstance(event, h11.Data):
            body += bytes(event.data)
        elif isinstance(event, h11.EndOfMessage):
            assert head is not None
            return head.method, head.target, body
        else:  # it needs more, or is paused behind a request that closes
            return None


def _answer(connection: h11.Connection) -> bool:
    """Whether another request may follow."""
    connection.send(h11.Response(status_code=200, headers=[("Content-Length", "0")]))
    connection.send(h11.EndOfMessage())
    if connection.our_state is not h11.DONE or connection.their_state is not h11.DONE:
        return False
    connection.start_next_cycle()
    return True
