from __future__ import annotations

import pytest

from shadowbench.errors import ConfigurationError
from shadowbench.http1.egress import Egress, status_of
from shadowbench.http1.origin import OriginOptions, parse_egress, parse_url

HEAD = b"POST /v1/chat?x=1 HTTP/1.1\r\nHost: c.test\r\nContent-Length: 0\r\n\r\n"


def egress(url: str, proxy: str = "http://p.test:3128", credentials: str | None = None) -> Egress | None:
    options = OriginOptions(url=url, egress_proxy=proxy, egress_credentials=credentials)
    return parse_egress(options, parse_url(url))


@pytest.mark.parametrize(
    ("url", "authority", "tunnels"),
    [
        ("https://c.test", b"c.test:443", True),
        ("http://c.test", b"c.test:80", False),
        ("https://c.test:8443/v1", b"c.test:8443", True),
        ("https://[fe80::443]", b"[fe80::443]:443", True),
        ("https://b\u00fccher.test", b"xn--bcher-kva.test:443", True),
    ],
)
def test_the_proxy_is_told_host_and_port(url: str, authority: bytes, tunnels: bool) -> None:
    found = egress(url)
    assert found == Egress(host="p.test", port=3128, authority=authority, tunnels=tunnels)


def test_without_a_proxy_there_is_none() -> None:
    assert parse_egress(OriginOptions(url="http://c"), parse_url("http://c")) is None


@pytest.mark.parametrize("proxy", ["https://p:1", "http://p:1/path", "socks5://p:1", "p:1", "http://u:p@h:1"])
def test_what_is_no_egress_proxy(proxy: str) -> None:
    with pytest.raises(ConfigurationError):
        egress("http://c", proxy)


def test_a_request_over_plain_http_names_its_whole_url() -> None:
    found = egress("http://c.test:81", credentials="u:p\u00e4ss")
    assert found is not None
    assert found.addressed(HEAD) == (
        b"POST http://c.test:81/v1/chat?x=1 HTTP/1.1\r\nProxy-Authorization: Basic dTpww6Rzcw==\r\n"
        b"Host: c.test\r\nContent-Length: 0\r\n\r\n"
    )


def test_a_request_in_a_tunnel_is_nobodys_business() -> None:
    found = egress("https://c.test", credentials="u:p")
    assert found is not None and found.addressed(HEAD) == HEAD


@pytest.mark.parametrize(
    ("answer", "status"),
    [(b"HTTP/1.1 200 OK\r\n\r\n", 200), (b"HTTP/1.0 407 \r\n", 407), (b"HTTP/1.1 200", 200), (b"HTTP/2 200\r\n", 0),
     (b"HTTP/1.1\r\n", 0), (b"HTTP/1.1 abc\r\n", 0), (b"", 0), (b"SSH-2.0-x\r\n", 0)],
)  # fmt: skip
def test_what_a_proxy_answers(answer: bytes, status: int) -> None:
    assert status_of(answer) == status
