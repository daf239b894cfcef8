"""nginx as production: a server that nobody here wrote, over plain HTTP and TLS, beside the same request sent directly."""

from __future__ import annotations

import contextlib
import http.client
import os
import random
import shutil
import socket
import ssl
import subprocess
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.sidecars import Sidecar, free_ports

NGINX = shutil.which("nginx", path=f"{os.environ.get('PATH', '')}:/usr/sbin")
OPENSSL = shutil.which("openssl")

pytestmark = [
    pytest.mark.verify,
    pytest.mark.skipif(NGINX is None, reason="nginx is not installed"),
    pytest.mark.skipif(OPENSSL is None, reason="openssl is not installed"),
]

# Connections end early and often, so that reuse meets their end.
CONFIG = """
daemon off;
pid {folder}/nginx.pid;
error_log {folder}/error.log;
worker_processes 1;
events {{ worker_connections 256; }}
http {{
  access_log off;
  default_type application/octet-stream;
  types {{ application/json json; text/event-stream sse; }}
  client_body_temp_path {folder}/body; proxy_temp_path {folder}/proxy; fastcgi_temp_path {folder}/fastcgi;
  uwsgi_temp_path {folder}/uwsgi; scgi_temp_path {folder}/scgi;
  gzip on; gzip_types application/json; gzip_min_length 100;
  keepalive_requests 7;
  keepalive_timeout 2s;
  server {{
    listen 127.0.0.1:{plain};
    listen 127.0.0.1:{tls} ssl;
    ssl_certificate {folder}/cert.pem;
    ssl_certificate_key {folder}/key.pem;
    root {folder}/www;
    location /echo {{ add_header X-Host $host; add_header X-Method $request_method; return 200 "$request_uri\\n"; }}
    location /moved {{ return 302 /echo; }}
    location /gone {{ return 410; }}
    location /hangup {{ return 444; }}
  }}
}}
"""


@dataclass(frozen=True, kw_only=True)
class Nginx:
    plain: int
    tls: int
    ca_file: Path


@pytest.fixture(scope="module")
def nginx(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Nginx]:
    folder = tmp_path_factory.mktemp("nginx")
    assert NGINX and OPENSSL
    subprocess.run(
        [
            *(OPENSSL, "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=localhost"),
            *("-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1"),
            *("-keyout", str(folder / "key.pem"), "-out", str(folder / "cert.pem")),
        ],
        check=True,
        capture_output=True,
    )
    www = folder / "www"
    www.mkdir()
    (www / "large.bin").write_bytes(random.Random(1).randbytes(3_000_000))
    (www / "words.json").write_text('{"words": "%s"}' % ("shadow bench " * 20_000))
    (www / "empty.bin").touch()
    for path in (folder, www):  # workers of a root nginx are nobody
        path.chmod(0o755)
    folder.parent.chmod(0o755)
    plain, tls = free_ports(2)
    (folder / "nginx.conf").write_text(CONFIG.format(folder=folder, plain=plain, tls=tls))
    user = ["-g", "user root;"] if os.geteuid() == 0 else []
    process = subprocess.Popen([NGINX, "-p", str(folder), "-c", str(folder / "nginx.conf"), *user])
    try:
        _await_port(plain)
        yield Nginx(plain=plain, tls=tls, ca_file=folder / "cert.pem")
    finally:
        process.terminate()
        process.wait(timeout=10)


def _await_port(port: int) -> None:
    deadline = time.monotonic() + 10
    while time.monotonic() < deadline:
        with contextlib.suppress(OSError):
            socket.create_connection(("127.0.0.1", port)).close()
            return
        time.sleep(0.02)
    raise AssertionError("nginx did not start")


@dataclass(frozen=True, kw_only=True)
class Request:
    method: str
    path: str
    headers: tuple[tuple[str, str], ...] = ()
    body: bytes | None = None


REQUESTS = [
    Request(method="GET", path="/large.bin"),
    Request(method="GET", path="/large.bin", headers=(("Range", "bytes=100-299"),)),
    Request(method="GET", path="/large.bin", headers=(("Range", "bytes=0-9,20-29"),)),
    Request(method="GET", path="/large.bin", headers=(("If-Modified-Since", "Fri, 01 Jan 2100 00:00:00 GMT"),)),
    Request(method="HEAD", path="/large.bin"),
    Request(method="GET", path="/words.json", headers=(("Accept-Encoding", "gzip"),)),
    Request(method="GET", path="/words.json"),
    Request(method="GET", path="/empty.bin"),
    Request(method="GET", path="/echo/a%20b?x=1&y=%C3%A4"),
    Request(method="POST", path="/echo", body=b"x" * 100_000),
    Request(method="POST", path="/large.bin", body=b"x"),
    Request(method="GET", path="/moved"),
    Request(method="GET", path="/gone"),
    Request(method="GET", path="/nowhere"),
    Request(method="OPTIONS", path="/echo"),
    Request(method="DELETE", path="/words.json"),
]

# Of one hop, or of one moment.
NOT_COMPARED = {"connection", "keep-alive", "date", "transfer-encoding"}


@dataclass(frozen=True, kw_only=True)
class Answer:
    status: int
    reason: str
    headers: list[tuple[str, str]]
    body: bytes


def ask(connection: http.client.HTTPConnection, request: Request, host: str) -> Answer:
    headers = {"Host": host, "Accept-Encoding": "identity", **dict(request.headers)}
    connection.request(request.method, request.path, request.body, headers)
    response = connection.getresponse()
    body = response.read()
    # nginx draws a new boundary for each multipart answer.
    kind = response.headers.get("content-type", "")
    if "boundary=" in kind:
        body = body.replace(kind.partition("boundary=")[2].encode(), b"BOUNDARY")
    kept = [(k, v.partition("boundary=")[0]) for k, v in response.headers.items() if k.lower() not in NOT_COMPARED]
    return Answer(status=response.status, reason=response.reason, headers=kept, body=body)


@pytest.mark.parametrize("scheme", ["http", "https"])
async def test_what_nginx_says_arrives_unchanged(nginx: Nginx, tmp_path: Path, scheme: str) -> None:
    port = nginx.plain if scheme == "http" else nginx.tls
    production = {"url": f"{scheme}://127.0.0.1:{port}", "tls": {"ca_file": str(nginx.ca_file)}}
    direct = (
        http.client.HTTPConnection("127.0.0.1", port)
        if scheme == "http"
        else http.client.HTTPSConnection(
            "127.0.0.1", port, context=ssl.create_default_context(cafile=str(nginx.ca_file))
        )
    )
    async with Sidecar(tmp_path, "", production=production) as sidecar:
        through = http.client.HTTPConnection("127.0.0.1", sidecar.port)
        host = f"127.0.0.1:{port}"  # what the proxy sends to nginx as Host
        try:
            for request in REQUESTS:
                assert ask(through, request, host) == ask(direct, request, host), request
        finally:
            through.close()
            direct.close()


async def test_no_request_fails_where_nginx_closes_its_connections_early(nginx: Nginx, tmp_path: Path) -> None:
    async with Sidecar(tmp_path, f"http://127.0.0.1:{nginx.plain}") as sidecar:
        through = http.client.HTTPConnection("127.0.0.1", sidecar.port)
        request = Request(method="GET", path="/echo")
        statuses = {ask(through, request, "x").status for _ in range(200)}
        time.sleep(2.2)  # longer than nginx keeps a connection
        statuses |= {ask(through, request, "x").status for _ in range(20)}
        through.close()
        assert statuses == {200}
        assert await sidecar.total("shadowbench_proxy_production_faults_total") == 0


async def test_a_server_that_hangs_up_is_a_502(nginx: Nginx, tmp_path: Path) -> None:
    async with Sidecar(tmp_path, f"http://127.0.0.1:{nginx.plain}") as sidecar:
        through = http.client.HTTPConnection("127.0.0.1", sidecar.port)
        assert ask(through, Request(method="GET", path="/hangup"), "x").status == 502
        through.close()


async def test_a_certificate_that_nobody_vouches_for_is_a_502(nginx: Nginx, tmp_path: Path) -> None:
    async with Sidecar(tmp_path, f"https://127.0.0.1:{nginx.tls}") as sidecar:
        through = http.client.HTTPConnection("127.0.0.1", sidecar.port)
        assert ask(through, Request(method="GET", path="/echo"), "x").status == 502
        through.close()
