"""Requests that ask for another protocol and have a body.

Java's client asks for h2c on each POST. We do not switch, so that what follows is the body and not another protocol; but the
parser takes it for one, and stops behind the head.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import httptools

from shadowbench.http1.requests import RequestHead

if TYPE_CHECKING:
    from shadowbench.http1.server import ServerConnection


def behind_head(connection: ServerConnection, head: RequestHead) -> httptools.HttpRequestParser:
    """A parser that goes on behind `head`, which another one has parsed, with its body. `connection` is told the events."""
    framing = b"Transfer-Encoding: chunked" if head.chunked else b"Content-Length: %b" % (head.length or b"0")
    parser = httptools.HttpRequestParser(_BehindHead(connection))
    parser.feed_data(b"POST / HTTP/1.1\r\n%b\r\n\r\n" % framing)
    return parser


class _BehindHead:
    """Parser events of a connection, from the end of the first head on: that one stands in for the one parsed before."""

    def __init__(self, connection: ServerConnection) -> None:
        self._connection = connection
        self._in_stand_in = True
        self.on_body = connection.on_body
        self.on_message_complete = connection.on_message_complete

    def on_message_begin(self) -> None:
        if not self._in_stand_in:
            self._connection.on_message_begin()

    def on_url(self, url: bytes) -> None:
        if not self._in_stand_in:
            self._connection.on_url(url)

    def on_header(self, name: bytes, value: bytes) -> None:
        if not self._in_stand_in:
            self._connection.on_header(name, value)

    def on_headers_complete(self) -> None:
        if not self._in_stand_in:
            self._connection.on_headers_complete()
        self._in_stand_in = False
