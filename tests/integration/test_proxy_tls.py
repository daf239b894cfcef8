"""TLS towards production and towards clients, with a CA of our own."""

import asyncio
import shutil
import ssl

import pytest

from tests.integration.proxying import (
    CHUNKED,
    GET,
    LAST,
    OK,
    Peer,
    Stage,
    chunks,
    eventually,
    head,
    on_uvloop,
    post,
    stage,
)
from tests.integration.workers import certificate

pytestmark = pytest.mark.skipif(shutil.which("openssl") is None, reason="no openssl(1) to make certificates with")


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    return certificate(tmp_path_factory.mktemp("tls"))


class TlsPeer(Peer):
    """A peer that speaks TLS, over streams."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader, self._writer = reader, writer
        self._came = bytearray()

    async def send(self, data: bytes, cut=None) -> None:
        self._writer.write(data)
        await self._writer.drain()

    async def _more(self) -> None:
        data = await self._reader.read(1 << 16)
        if not data:
            raise EOFError(f"ended behind {bytes(self._came[-1000:])!r}")
        self._came += data

    async def rest(self) -> bytes:
        while data := await self._reader.read(1 << 16):
            self._came += data
        return self._take(len(self._came))

    def close(self) -> None:
        self._writer.close()

    def reset(self) -> None:
        self._writer.transport.abort()


class TlsOrigin:
    """Production behind TLS."""

    def __init__(self, cert: str, key: str) -> None:
        self._context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        self._context.load_cert_chain(cert, key)
        self._arrived: asyncio.Queue[TlsPeer] = asyncio.Queue()
        self.peers: list[TlsPeer] = []
        self.port = 0

    async def start(self):
        self._server = await asyncio.start_server(self._arrive, "127.0.0.1", 0, ssl=self._context)
        self.port = self._server.sockets[0].getsockname()[1]
        return self

    async def _arrive(self, reader, writer) -> None:
        self.peers.append(TlsPeer(reader, writer))
        self._arrived.put_nowait(self.peers[-1])

    async def accept(self) -> TlsPeer:
        return await self._arrived.get()

    async def stop(self) -> None:
        self._server.close()
        for peer in self.peers:
            peer.reset()
        await asyncio.sleep(0)


async def tls_client(it: Stage, ca: str) -> TlsPeer:
    context = ssl.create_default_context(cafile=ca)
    context.set_alpn_protocols(["h2", "http/1.1"])
    host, port = it.listening.getsockname()
    client = TlsPeer(*await asyncio.open_connection(host, port, ssl=context, server_hostname="localhost"))
    it._clients.append(client)
    return client


def server_context(cert: str, key: str) -> ssl.SSLContext:
    from shadowbench.proxy.__main__ import _server_tls
    from shadowbench.proxy.options import OriginOptions, ProxyOptions

    context = _server_tls(ProxyOptions(production=OriginOptions(url="http://x"), tls_cert=cert, tls_key=key))
    assert context is not None
    return context


@pytest.mark.parametrize("name", ["localhost", "127.0.0.1"])
@on_uvloop
async def test_production_is_reached_over_tls_and_its_connections_are_kept(files, name):
    ca, cert, key = files
    origin = await TlsOrigin(cert, key).start()
    body = bytes(range(256)) * 4000
    async with stage(production={"url": f"https://{name}:{origin.port}", "ca_file": ca}) as it:
        client = await it.client()
        sending = asyncio.get_running_loop().create_task(client.send(post(body) + GET))
        production = await origin.accept()
        got = await production.message()
        assert got.endswith(body) and b"\r\nHost: %b:%d\r\n" % (name.encode(), origin.port) in got
        await sending
        await production.send(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % len(body) + body)
        assert (await client.message()).endswith(body)
        assert (await production.message()).startswith(b"GET ")
        await production.send(OK)
        assert await client.message() == OK
        it.pass_time(50.0)  # longer than plain connections are kept
        assert len(it.origin._idle) == 1
        await origin.stop()


@on_uvloop
async def test_production_that_closes_at_rest_is_noticed_over_tls(files):
    ca, cert, key = files
    origin = await TlsOrigin(cert, key).start()
    async with stage(production={"url": f"https://localhost:{origin.port}", "ca_file": ca}) as it:
        client = await it.client()
        await client.send(GET)
        production = await origin.accept()
        await production.message()
        await production.send(OK)
        await client.message()
        production.close()
        await eventually(lambda: it.origin.connections == 0)
        await client.send(GET)
        again = await origin.accept()
        await again.message()
        await again.send(OK)
        assert await client.message() == OK
        await origin.stop()


@pytest.mark.parametrize("given", ["no CA", "another name"])
@on_uvloop
async def test_a_certificate_we_cannot_trust_is_a_502(files, given):
    ca, cert, key = files
    origin = await TlsOrigin(cert, key).start()
    options = {"url": f"https://localhost:{origin.port}"} if given == "no CA" else {
        "url": f"https://127.0.0.2:{origin.port}", "ca_file": ca,
    }  # fmt: skip
    if given == "another name":
        origin._server.close()
        origin._server = await asyncio.start_server(origin._arrive, "127.0.0.2", origin.port, ssl=origin._context)
    async with stage(production=options) as it:
        client = await it.client()
        await client.send(post())
        assert b"x-shadowbench-fault: production_tls\r\n" in await client.message()
        await origin.stop()


@on_uvloop
async def test_verification_can_be_switched_off(files):
    _, cert, key = files
    origin = await TlsOrigin(cert, key).start()
    async with stage(production={"url": f"https://localhost:{origin.port}", "verify": False}) as it:
        client = await it.client()
        await client.send(GET)
        production = await origin.accept()
        await production.message()
        await production.send(OK)
        assert await client.message() == OK
        await origin.stop()


@pytest.mark.parametrize("ending", ["close", "reset"])
@on_uvloop
async def test_chunks_that_break_off_over_tls_have_no_end_at_the_client(files, ending):
    ca, cert, key = files
    origin = await TlsOrigin(cert, key).start()
    async with stage(production={"url": f"https://localhost:{origin.port}", "ca_file": ca}) as it:
        client = await it.client()
        await client.send(GET)
        production = await origin.accept()
        await production.message()
        await production.send(CHUNKED + chunks(b"first"))
        await client.until(b"first\r\n")
        getattr(production, ending)()
        assert await client.rest() == b""
        await origin.stop()


@on_uvloop
async def test_clients_are_served_over_tls(files):
    ca, cert, key = files
    body = bytes(range(256)) * 4000
    async with stage(tls=server_context(cert, key)) as it:
        client = await tls_client(it, ca)
        assert client._writer.get_extra_info("ssl_object").selected_alpn_protocol() == "http/1.1"
        sending = asyncio.get_running_loop().create_task(client.send(post(body) + GET))
        production = await it.production.accept()
        assert (await production.message()).endswith(body)
        await sending
        await production.send(CHUNKED + chunks(b"one"))
        assert (await client.until(b"one\r\n")).endswith(chunks(b"one"))
        await production.send(LAST)
        await client.until(LAST)
        production = await it.production.asked(production)
        await production.message()
        await production.send(OK)
        assert await client.message() == OK
        await client.send(head("Connection: close", first="GET / HTTP/1.1"))
        await production.message()
        await production.send(OK)
        assert (await client.rest()).endswith(b"\r\nConnection: close\r\n\r\nok")
        client.close()


@pytest.mark.parametrize("leave", ["close", "reset"])
@on_uvloop
async def test_a_tls_client_that_leaves_cancels_the_call(files, leave):
    ca, cert, key = files
    async with stage(tls=server_context(cert, key)) as it:
        client = await tls_client(it, ca)
        await client.send(post())
        production = await it.production.accept()
        await production.message()
        getattr(client, leave)()
        assert (await production.ending())[0] == b""
        await it.at_rest()


@on_uvloop
async def test_a_tls_client_sees_that_a_body_without_an_end_of_its_own_broke_off(files):
    ca, cert, key = files
    async with stage(tls=server_context(cert, key)) as it:
        client = await tls_client(it, ca)
        await client.send(GET)
        production = await it.production.accept()
        await production.message()
        await production.send(b"HTTP/1.1 200 OK\r\n\r\nhalf")
        await client.until(b"half")
        production.reset()
        with pytest.raises(ConnectionError):
            await client.rest()
        client.reset()


@on_uvloop
async def test_a_tls_client_that_reads_nothing_costs_bounded_memory(files):
    ca, cert, key = files
    body = b"x" * 30_000_000
    async with stage(tls=server_context(cert, key)) as it:
        client = await tls_client(it, ca)
        client._writer.transport.pause_reading()
        await client.send(GET)
        production = await it.production.accept()
        await production.message()
        answer = b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % len(body) + body
        sending = asyncio.get_running_loop().create_task(production.send(answer))
        await eventually(lambda: it.connection.current is not None and bool(it.connection.current._paused_at))
        assert it.connection.transport.get_write_buffer_size() < 1_200_000 and not sending.done()
        client._writer.transport.resume_reading()
        assert await client.read(len(answer)) == answer
        await sending
        client.reset()


@on_uvloop
async def test_a_refused_upload_over_tls_gets_its_answer(files):
    ca, cert, key = files
    async with stage(tls=server_context(cert, key)) as it:
        client = await tls_client(it, ca)
        await client.send(head("Content-Length: 10", "Content-Length: 10") + b"x" * 5)
        assert (await client.message()).startswith(b"HTTP/1.1 400 ")
        client.reset()


@on_uvloop
async def test_what_is_no_tls_is_counted_and_harms_nobody(files):
    ca, cert, key = files
    async with stage(tls=server_context(cert, key)) as it:
        client = await it.client()
        await client.send(GET)
        await client.ending()
        await eventually(lambda: it.counted("proxy_accept_errors_total", reason="handshake") == 1)
        good = await tls_client(it, ca)
        await good.send(GET)
        production = await it.production.accept()
        await production.message()
        await production.send(OK)
        assert await good.message() == OK
        good.reset()
