"""The peer that one would write first: aiohttp's server in front, aiohttp's client behind.

`python -m benchmarks.aiohttp_proxy PORT UPSTREAM`

As fast as aiohttp's own means make it, so that the comparison is fair: uvloop, the low-level server without routing, no access
log, no limit on connections, bodies streamed as they arrive both ways and never decompressed; one that has arrived with its
head
is passed on in one piece, which spares aiohttp a good part of its work on short ones.
"""

from __future__ import annotations

import asyncio
import gc
import sys
from collections.abc import Sequence

import aiohttp
import uvloop
from aiohttp import web
from multidict import CIMultiDict, CIMultiDictProxy

_HOP_BY_HOP = frozenset(
    {"connection", "keep-alive", "proxy-connection", "te", "trailer", "transfer-encoding", "upgrade", "host"}
)


class Proxy:
    """Forwards to one upstream."""

    def __init__(self, upstream: str, session: aiohttp.ClientSession) -> None:
        self._upstream = upstream
        self._session = session

    async def handle(self, request: web.BaseRequest) -> web.StreamResponse:
        """One request."""
        try:
            async with self._session.request(
                request.method,
                self._upstream + request.raw_path,
                headers=_end_to_end(request.headers),
                data=self._body(request),
                allow_redirects=False,
            ) as answer:
                return await self._relay(request, answer)
        except aiohttp.ClientError:
            return web.Response(status=502)
        except ConnectionError:
            return web.Response(status=499)  # the client went away; nobody reads this

    def _body(self, request: web.BaseRequest) -> aiohttp.StreamReader | bytes | None:
        if not request.can_read_body:
            return None
        content = request.content
        return content.read_nowait() if content.is_eof() else content

    async def _relay(self, request: web.BaseRequest, answer: aiohttp.ClientResponse) -> web.StreamResponse:
        if answer.content.is_eof():
            body = answer.content.read_nowait()
            return web.Response(
                status=answer.status, reason=answer.reason, headers=_end_to_end(answer.headers), body=body
            )
        response = web.StreamResponse(status=answer.status, reason=answer.reason, headers=_end_to_end(answer.headers))
        await response.prepare(request)
        async for chunk in answer.content.iter_any():
            await response.write(chunk)
        await response.write_eof()
        return response


def _end_to_end(headers: CIMultiDictProxy[str]) -> CIMultiDict[str]:
    return CIMultiDict([(name, value) for name, value in headers.items() if name.lower() not in _HOP_BY_HOP])


async def serve(port: int, upstream: str) -> None:
    """Serve for ever."""
    connector = aiohttp.TCPConnector(limit=0)
    # aiohttp would add these when the client sent none; a proxy invents no headers.
    skip = ("User-Agent", "Accept", "Accept-Encoding")
    async with aiohttp.ClientSession(
        connector=connector,
        auto_decompress=False,
        skip_auto_headers=skip,
        timeout=aiohttp.ClientTimeout(total=None),
        cookie_jar=aiohttp.DummyCookieJar(),
    ) as session:
        server = web.Server(Proxy(upstream, session).handle, access_log=None)
        runner = web.ServerRunner(server)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", port, backlog=4096).start()
        gc.collect()
        gc.freeze()
        await asyncio.Event().wait()


def main(arguments: Sequence[str]) -> None:
    """Serve as the command line says."""
    uvloop.run(serve(int(arguments[0]), arguments[1]))


if __name__ == "__main__":
    main(sys.argv[1:])
