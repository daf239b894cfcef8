"""An origin's URL and its pool."""

import pytest

from shadowbench.errors import ConfigurationError
from shadowbench.http1.origin import MAX_IDLE, Location, OriginOptions, parse_url, tls_context
from tests.integration.proxying import CHUNKED, GET, LAST, OK, on_uvloop
from tests.unit.http1.wires import Bench


def location(host: str, port: int, *, tls: bool = False, base_path: bytes = b"", authority: bytes) -> Location:
    return Location(host=host, port=port, tls=tls, base_path=base_path, authority=authority)


@pytest.mark.parametrize(
    ("url", "found"),
    [
        ("http://a.test", location("a.test", 80, authority=b"a.test")),
        ("http://A.test:81/", location("a.test", 81, authority=b"A.test:81")),
        ("https://a.test/base/v1//", location("a.test", 443, tls=True, base_path=b"/base/v1", authority=b"a.test")),
        ("http://[::1]:80", location("::1", 80, authority=b"[::1]:80")),
        ("http://127.0.0.1:4000/%2F", location("127.0.0.1", 4000, base_path=b"/%2F", authority=b"127.0.0.1:4000")),
    ],
)
def test_urls(url, found):
    assert parse_url(url) == found


@pytest.mark.parametrize(
    "url",
    ["", "a.test", "//a.test", "ftp://a.test", "http://", "http://:80", "http://a:x", "http://a:99999", "http://a/?b",
     "http://a/#b", "http://u:p@a", "http://[::1", "http://a.test/caf\u00e9", "http://" + "\u00e9" * 70],
)  # fmt: skip
def test_urls_that_are_none(url):
    with pytest.raises(ConfigurationError):
        parse_url(url)


def test_tls_offers_http_1_1_alone_and_verifies():
    context = tls_context(OriginOptions(url="https://a"))
    assert context.check_hostname
    with pytest.raises(ConfigurationError, match="ca_file /nonexistent"):
        tls_context(OriginOptions(url="https://a", ca_file="/nonexistent"))


async def used(bench: Bench, count: int) -> None:
    """`count` connections, each used once and now at rest, the last one made on top."""
    clients = [bench.client() for _ in range(count)]
    for client in clients:
        client.receive(GET)
    await bench.settle()
    for wire in bench.origin.wires:
        wire.receive(OK)
        wire.take()


@on_uvloop
async def test_the_warmest_connection_is_used_first():
    bench = Bench()
    await used(bench, 3)
    for wire in reversed(bench.origin.wires):
        bench.client().receive(GET)
        assert wire.take().startswith(b"GET ")
    await bench.close()


@on_uvloop
async def test_surplus_connections_age_out_while_the_warm_one_stays():
    bench = Bench()
    await used(bench, 3)
    for _ in range(4):
        bench.ticker.pass_time(1.5)
        bench.client().receive(GET)
        bench.origin.wires[-1].receive(OK)
    await bench.settle()
    assert [wire.is_lost for wire in bench.origin.wires] == [True, True, False]
    assert bench.origin.connections == 1
    await bench.close()


@on_uvloop
async def test_a_connection_the_kernel_knows_to_be_over_is_passed_over():
    bench = Bench()
    await used(bench, 2)
    bench.origin.wires[-1].far_end.close()  # our loop was not told yet
    bench.client().receive(GET)
    assert bench.origin.wires[0].take().startswith(b"GET ")
    assert bench.origin.wires[1].was_aborted
    await bench.close()


@on_uvloop
async def test_the_pool_is_bounded():
    bench = Bench()
    await used(bench, 1)
    connection = bench.origin._idle[0]
    bench.origin._idle = [connection] * MAX_IDLE
    bench.origin._idle.pop()
    bench.origin.rest(connection)
    assert len(bench.origin._idle) == MAX_IDLE and not bench.origin.wires[0].was_aborted
    bench.origin.rest(connection)
    assert len(bench.origin._idle) == MAX_IDLE and bench.origin.wires[0].was_aborted
    bench.origin._idle = []
    await bench.close()


@on_uvloop
async def test_a_closed_origin_keeps_nothing():
    bench = Bench()
    await used(bench, 1)
    client = bench.client()
    client.receive(GET)
    wire = bench.origin.wires[0]
    bench.origin.close()
    assert not wire.was_aborted
    wire.receive(OK)
    assert client.take() == OK and wire.was_aborted
    await bench.close()


@on_uvloop
async def test_a_connection_rests_after_a_chunked_answer_and_is_let_go_when_it_ends_meanwhile():
    bench = Bench()
    client = bench.client()
    client.receive(GET)
    production = await bench.production()
    production.receive(CHUNKED + LAST)
    assert bench.origin._idle == [] and len(bench.origin._resting) == 1
    client.receive(GET)
    other = await bench.production()
    assert other is not production
    other.receive(OK)
    production.break_()
    await bench.settle()
    assert not bench.origin._resting and bench.origin.connections == 1
    await bench.close()


@on_uvloop
async def test_a_connection_that_rested_is_used_again():
    bench = Bench()
    bench.client().receive(GET)
    production = await bench.production()
    production.take()
    production.receive(CHUNKED + LAST)
    (_, connection) = bench.origin._resting.popleft()
    bench.origin._resting.append((0.0, connection))  # its rest is over
    bench.client().receive(GET)
    assert production.take().startswith(b"GET ")
    await bench.close()


@on_uvloop
async def test_an_origin_that_closes_at_once_is_distrusted_for_a_while():
    bench = Bench()
    await used(bench, 1)
    bench.origin.wires[0].end()
    await bench.settle()
    client = bench.client()
    client.receive(GET)
    production = await bench.production()
    production.receive(OK)
    assert len(bench.origin._resting) == 1, "also after an answer that was not chunked"
    bench.ticker.pass_time(61.0)
    client.receive(GET)
    again = await bench.production()
    again.receive(OK)
    assert len(bench.origin._idle) == 1
    await bench.close()
