"""An origin that keeps every byte and answers what the strict reader takes for a request, and only that."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from typing import Self

from tests.conformance.differential.reader import Malformed, Message, read_request

_BODY = b"received"
ANSWER = b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%b" % (len(_BODY), _BODY)
_ANSWER_TO_HEAD = b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % len(_BODY)


@dataclass(slots=True)
class Arrival:
    """What came over one connection."""

    data: bytearray = field(default_factory=bytearray)
    is_over: bool = False


class RecordingOrigin:
    """Listens, records, answers. A connection on which something malformed came is closed, as servers do."""

    def __init__(self, host: str = "127.0.0.1", port: int = 0) -> None:
        self._place = (host, port)
        self._server: asyncio.Server | None = None
        self._writers: set[asyncio.StreamWriter] = set()
        self.arrivals: list[Arrival] = []

    async def __aenter__(self) -> Self:
        self._server = await asyncio.start_server(self._serve, *self._place, limit=1 << 22)
        return self

    async def __aexit__(self, *_: object) -> None:
        assert self._server is not None
        self._server.close()
        for writer in self._writers:
            writer.transport.abort()
        while self._writers:  # noqa: ASYNC110  each sees its end in one of the next turns
            await asyncio.sleep(0)

    @property
    def port(self) -> int:
        assert self._server is not None
        return int(self._server.sockets[0].getsockname()[1])

    def take(self) -> list[bytes]:
        """What came over each connection since the last call. Connections that live on begin anew."""
        came = [bytes(arrival.data) for arrival in self.arrivals if arrival.data]
        self.arrivals = [arrival for arrival in self.arrivals if not arrival.is_over]
        for arrival in self.arrivals:
            arrival.data.clear()
        return came

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._writers.add(writer)
        arrival = Arrival()
        self.arrivals.append(arrival)
        unread = b""
        try:
            while data := await reader.read(65536):
                arrival.data += data
                unread += data
                while isinstance(read := read_request(unread), Message):
                    unread = unread[read.end :]
                    writer.write(_ANSWER_TO_HEAD if read.first[0] == b"HEAD" else ANSWER)
                if isinstance(read, Malformed):
                    break
        except ConnectionError:
            pass  # a proxy that cancels
        finally:
            arrival.is_over = True
            self._writers.discard(writer)
            writer.close()
