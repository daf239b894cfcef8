"""A transport over HTTP, which reads answers with the project's own readers."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Callable, Mapping

import httpx

from shadowbench.judges.calls.faults import Came
from shadowbench.judges.calls.retry import asked_wait_s
from shadowbench.records import Dialect
from shadowbench.wire.reading import Reading, ReadingLimits, reader_for

MOST_BYTES = 8 * 1024 * 1024
"""Of an answer's body. No verdict is as long."""
MOST_VECTOR_BYTES = 128 * 1024 * 1024
"""Of vectors: 2048, which is as many as OpenAI takes at once, of 3072 numbers as text."""
_CONNECT_S = 10.0
_NOT_CONNECTED = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout, httpx.UnsupportedProtocol)
_SHOULD_RETRY = {"true": True, "false": False}


class HttpTransport:
    """One address with its headers. Uses neither proxies of the environment nor redirects, as all of the project."""

    def __init__(
        self,
        address: str,
        headers: Mapping[str, str],
        *,
        dialect: str,
        connections: int,
        unix: Callable[[], float],
        ca_file: str | None = None,
        most_bytes: int = MOST_BYTES,
    ) -> None:
        self._address = address
        self._dialect = Dialect(dialect)
        self._unix = unix
        self._most_bytes = most_bytes
        self._limits = ReadingLimits(body_bytes=most_bytes, decoded_bytes=most_bytes)
        self._client = httpx.AsyncClient(
            headers=headers,
            # A context takes some milliseconds to make, and plain HTTP needs none.
            verify=ssl.create_default_context(cafile=ca_file) if address.startswith("https") else False,
            trust_env=False,
            timeout=httpx.Timeout(None, connect=_CONNECT_S),  # the whole attempt has a time-out of its own
            limits=httpx.Limits(max_connections=connections, max_keepalive_connections=connections),
        )

    async def post(self, body: bytes, *, timeout_s: float) -> Came:
        """See `Transport`."""
        loop = asyncio.get_running_loop()
        begun_s = loop.time()
        try:
            async with asyncio.timeout(timeout_s):
                return await self._exchange(body, begun_s)
        except _NOT_CONNECTED as error:
            came = Came(fault="unreachable", was_sent=False, detail=_detail(error))
        except TimeoutError:
            came = Came(fault="timed_out", detail=f"no whole answer within {timeout_s:g} s")
        except (httpx.HTTPError, OSError) as error:
            came = Came(fault="broken", detail=_detail(error))
        return _lasting(came, loop.time() - begun_s)

    async def aclose(self) -> None:
        """See `Transport`."""
        await self._client.aclose()

    async def _exchange(self, body: bytes, begun_s: float) -> Came:
        loop = asyncio.get_running_loop()
        async with self._client.stream("POST", self._address, content=body) as response:
            reading = await self._read(response, begun_s)
        return Came(
            reading=reading,
            status=response.status_code,
            retry_after_s=asked_wait_s(response.headers, self._unix()),
            should_retry=_SHOULD_RETRY.get(response.headers.get("x-should-retry", "")),
            duration_s=loop.time() - begun_s,
        )

    async def _read(self, response: httpx.Response, begun_s: float) -> Reading:
        loop, headers = asyncio.get_running_loop(), response.headers
        # Raw bytes: the reader decodes by itself, and no further than its bound.
        reader = reader_for(
            self._dialect,
            headers.get("content-type"),
            headers.get("content-encoding"),
            response.status_code,
            self._limits,
        )
        received = 0
        async for data in response.aiter_raw():
            reader.feed(data, loop.time() - begun_s)
            received += len(data)
            if received > self._most_bytes:
                break
        return reader.finish(None)


def _detail(error: Exception) -> str:
    return str(error) or type(error).__name__


def _lasting(came: Came, duration_s: float) -> Came:
    return Came(fault=came.fault, was_sent=came.was_sent, detail=came.detail, duration_s=duration_s)
