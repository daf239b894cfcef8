"""The way out through a proxy: a real one, with and without TLS towards the endpoint. CT-51: never by itself."""

from __future__ import annotations

import asyncio
import shutil
import socket
import ssl

import pytest

from shadowbench.http1.client import ClientConnection
from shadowbench.http1.handlers import ResponseHandler
from shadowbench.http1.origin import ConnectFault, Origin, OriginOptions
from shadowbench.http1.resolver import Resolver
from shadowbench.http1.responses import ResponseHead
from shadowbench.http1.ticker import Ticker
from tests.forward_proxy import ForwardProxy
from tests.integration.proxying import on_uvloop
from tests.integration.workers import certificate

needs_openssl = pytest.mark.skipif(shutil.which("openssl") is None, reason="no openssl(1) to make certificates with")
REQUEST = b"GET /v1/models HTTP/1.1\r\nHost: localhost\r\n\r\n"


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> tuple[str, str, str]:
    return certificate(tmp_path_factory.mktemp("tls"))


class Endpoint:
    """Answers each request with how it was asked."""

    def __init__(self, tls: ssl.SSLContext | None = None) -> None:
        self.heads: list[str] = []
        self.names: list[str | None] = []
        self.port = 0
        self._tls = tls
        if tls is not None:
            tls.sni_callback = lambda _, name, __: self.names.append(name)

    async def start(self) -> None:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0, ssl=self._tls)
        self.port = self._server.sockets[0].getsockname()[1]

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while True:
                self.heads.append((await reader.readuntil(b"\r\n\r\n")).decode())
                writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")
        except (asyncio.IncompleteReadError, ConnectionError):
            writer.transport.abort()

    def stop(self) -> None:
        self._server.close()


class Handler(ResponseHandler):
    """Waits for one answer."""

    def __init__(self) -> None:
        self.status = 0
        self.over: asyncio.Future[str] = asyncio.get_running_loop().create_future()

    def on_head(self, head: ResponseHead) -> None:
        self.status = head.status

    def on_end(self) -> None:
        self.over.set_result("end")

    def on_fault(self, reason: str) -> None:
        self.over.set_result(reason)

    def on_body(self, data: bytes) -> None: ...
    def on_read_done(self) -> None: ...
    def on_informational(self, head: ResponseHead) -> None: ...
    def on_writable(self, writable: bool) -> None: ...
    def on_switched(self, head: ResponseHead) -> None: ...
    def on_tunnel_eof(self) -> None: ...


def origin(url: str, proxy: str | None, **given: object) -> Origin:
    loop = asyncio.get_running_loop()
    return Origin(OriginOptions(url=url, egress_proxy=proxy, **given), Ticker(loop), Resolver(loop))  # type: ignore[arg-type]


async def ask(to: Origin, connection: ClientConnection | None = None) -> ClientConnection:
    connection = connection or await to.connect()
    handler = Handler()
    connection.begin(handler)
    connection.write(to.addressed(REQUEST))
    connection.request_sent()
    assert (await handler.over, handler.status) == ("end", 200)
    return connection


@on_uvloop
async def test_plain_http_goes_as_a_whole_url_with_credentials() -> None:
    endpoint = Endpoint()
    await endpoint.start()
    async with ForwardProxy(reaches=endpoint.port) as proxy:
        to = origin("http://only-the-proxy.knows", proxy.url, egress_credentials="u:p")
        connection = await ask(to)
        assert proxy.heads[0].startswith("GET http://only-the-proxy.knows:80/v1/models HTTP/1.1\r\n")
        assert "\r\nProxy-Authorization: Basic dTpw\r\n" in proxy.heads[0]
        assert to.take() is connection, "it is kept like any other"
        connection.abort()
    endpoint.stop()


@needs_openssl
@on_uvloop
async def test_https_goes_through_a_tunnel_to_the_right_name(files: tuple[str, str, str]) -> None:
    ca, cert, key = files
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(cert, key)
    endpoint = Endpoint(context)
    await endpoint.start()
    async with ForwardProxy() as proxy:
        to = origin(f"https://localhost:{endpoint.port}", proxy.url, ca_file=ca, egress_credentials="u:p")
        connection = await ask(to)
        connection = await ask(to, to.take())
        authority = f"localhost:{endpoint.port}"
        assert proxy.heads == [
            f"CONNECT {authority} HTTP/1.1\r\nHost: {authority}\r\nProxy-Authorization: Basic dTpw\r\n\r\n"
        ], "one tunnel carries both"
        assert endpoint.names == ["localhost"]
        assert [head.partition(" HTTP")[0] for head in endpoint.heads] == ["GET /v1/models"] * 2
        assert not any("Proxy-Authorization" in head for head in endpoint.heads)
        connection.abort()
    endpoint.stop()


@needs_openssl
@on_uvloop
async def test_an_endpoint_that_is_not_who_it_says_is_no_egress_fault(files: tuple[str, str, str]) -> None:
    _, cert, key = files
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(cert, key)
    endpoint = Endpoint(context)
    await endpoint.start()
    async with ForwardProxy() as proxy:
        with pytest.raises(ConnectFault, match=r"^tls$"):
            await origin(f"https://localhost:{endpoint.port}", proxy.url).connect()
    endpoint.stop()


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        (b"HTTP/1.1 403 Forbidden\r\nContent-Length: 2\r\n\r\nno", "egress_refused"),
        (b"HTTP/1.1 502 Bad Gateway\r\n\r\n", "egress_refused"),
        (b"HTTP/1.1 407 Proxy Authentication Required\r\n\r\n", "egress_auth"),
        (b"HTTP/1.1 200 OK\r\n\r\nwho asked", "egress_refused"),
        (b"SSH-2.0-OpenSSH\r\n\r\n", "egress_refused"),
        (b"x" * 70_000, "egress_refused"),
    ],
)
def test_a_proxy_that_refuses_is_to_blame(answer: bytes, reason: str) -> None:
    @on_uvloop
    async def story() -> None:
        async with ForwardProxy(answer=answer) as proxy:
            with pytest.raises(ConnectFault, match=f"^{reason}$"):
                await origin("https://c.test", proxy.url).connect()

    story()


@on_uvloop
async def test_a_proxy_that_is_not_there_or_hangs() -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
        with pytest.raises(ConnectFault, match=r"^egress_unreachable$"):
            await origin("https://c.test", f"http://127.0.0.1:{port}").connect()
        free.listen()
        with pytest.raises(ConnectFault, match=r"^timed_out_connect$"):
            await origin("https://c.test", f"http://127.0.0.1:{port}", connect_timeout_s=0.05).connect()
    with pytest.raises(ConnectFault, match=r"^egress_unreachable$"):
        await origin("https://c.test", "http://no-such-host.invalid:1").connect()


def test_the_environment_names_no_proxy_for_us(monkeypatch: pytest.MonkeyPatch) -> None:
    """CT-51."""
    for name in ("http_proxy", "https_proxy", "all_proxy", "HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:1")

    @on_uvloop
    async def story() -> None:
        endpoint = Endpoint()
        await endpoint.start()
        (await ask(origin(f"http://127.0.0.1:{endpoint.port}", None))).abort()
        assert endpoint.heads[0].startswith("GET /v1/models HTTP/1.1")
        endpoint.stop()

    story()
