import os
import socket
import stat
from pathlib import Path

import pytest

from shadowbench.errors import UnavailableError
from shadowbench.listening import Address, AddressTakenError, bind, parse_address


@pytest.mark.parametrize(
    ("text", "address"),
    [
        ("127.0.0.1:8080", Address(host="127.0.0.1", port=8080)),
        ("localhost:0", Address(host="localhost", port=0)),
        ("[::1]:8080", Address(host="::1", port=8080)),
        ("unix:/run/x.sock", Address(path="/run/x.sock")),
    ],
)
def test_an_address_is_read_and_written_back(text: str, address: Address) -> None:
    assert parse_address(text) == address
    assert str(address) == text


def test_a_port_alone_means_all_interfaces() -> None:
    assert parse_address(":8080") == Address(host="0.0.0.0", port=8080)


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("8080", "HOST:PORT"),
        ("127.0.0.1", "HOST:PORT"),
        ("127.0.0.1:http", "HOST:PORT"),
        ("127.0.0.1:65536", "HOST:PORT"),
        ("127.0.0.1:８０", "HOST:PORT"),
        ("::1:8080", "in brackets"),
        ("[::g]:80", "not an IPv6 address"),
        ("unix:x.sock", "absolute path"),
        ("unix:/" + "x" * 107, "107 bytes"),
    ],
)
def test_what_is_no_address_says_why(text: str, problem: str) -> None:
    with pytest.raises(ValueError, match=problem):
        parse_address(text)


@pytest.mark.parametrize(
    ("text", "yes"), [("127.0.0.1:1", True), ("[::1]:1", True), ("unix:/x", True), ("localhost:1", True), (":1", False)]
)
def test_loopback_is_known(text: str, yes: bool) -> None:
    assert parse_address(text).is_loopback is yes


def test_a_bound_port_listens_without_blocking() -> None:
    (sock,) = bind(Address(host="127.0.0.1", port=0))
    with sock, socket.create_connection(sock.getsockname()):
        assert sock.getblocking() is False


def test_a_port_in_use_says_how_to_find_its_owner() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(UnavailableError, match=f"cannot listen at 127.0.0.1:{port}: the port is in use"):
            bind(Address(host="127.0.0.1", port=port))


def test_a_host_that_does_not_exist_is_an_error_of_ours() -> None:
    with pytest.raises(UnavailableError, match="cannot listen at"):
        bind(Address(host="256.1.1.1", port=1))


def test_ipv6_and_ipv4_listen_at_one_port() -> None:
    try:
        (six,) = bind(Address(host="::", port=0))
    except UnavailableError:
        pytest.skip("no IPv6 here")
    with six:
        (four,) = bind(Address(host="0.0.0.0", port=six.getsockname()[1]))
        four.close()


class TestUnixSocket:
    def test_it_has_the_mode_it_should(self, tmp_path: Path) -> None:
        path = tmp_path / "x.sock"
        (sock,) = bind(Address(path=str(path)), unix_mode=0o600)
        with sock:
            assert stat.S_IMODE(path.stat().st_mode) == 0o600
            assert os.listdir(tmp_path) == ["x.sock"]

    def test_a_stale_one_is_replaced(self, tmp_path: Path) -> None:
        path = tmp_path / "x.sock"
        (first,) = bind(Address(path=str(path)))
        first.close()
        (second,) = bind(Address(path=str(path)))
        with second, socket.socket(socket.AF_UNIX) as client:
            client.connect(str(path))

    def test_a_live_one_is_left_alone(self, tmp_path: Path) -> None:
        path = tmp_path / "x.sock"
        (sock,) = bind(Address(path=str(path)))
        with sock, pytest.raises(UnavailableError, match="another process answers there"):
            bind(Address(path=str(path)))

    def test_a_file_is_left_alone(self, tmp_path: Path) -> None:
        path = tmp_path / "x.sock"
        path.write_text("precious")
        with pytest.raises(UnavailableError, match="no socket"):
            bind(Address(path=str(path)))
        assert path.read_text() == "precious"

    def test_a_folder_that_is_not_there_is_an_error_of_ours(self, tmp_path: Path) -> None:
        with pytest.raises(UnavailableError, match="No such file"):
            bind(Address(path=str(tmp_path / "no" / "x.sock")))


@pytest.mark.parametrize(
    ("listen", "host", "port", "arrives"),
    [
        ("127.0.0.1:80", "127.0.0.1", 80, True),
        ("127.0.0.1:80", "localhost", 80, True),
        ("127.0.0.1:80", "LocalHost.", 80, True),
        ("localhost:80", "::1", 80, True),
        ("[::1]:80", "127.0.0.1", 80, True),
        (":80", "127.0.0.2", 80, True),
        ("[::]:80", "localhost", 80, True),
        ("127.0.0.1:80", "0.0.0.0", 80, True),
        ("10.0.0.5:80", "10.0.0.5", 80, True),
        ("127.0.0.1:80", "127.0.0.1", 81, False),
        ("127.0.0.2:80", "127.0.0.1", 80, False),
        (":80", "gateway", 80, False),
        ("unix:/x", "x", 0, False),
        ("127.0.0.1:0", "127.0.0.1", 0, False),
    ],
)
def test_a_connection_to_oneself_is_known_by_its_name(listen: str, host: str, port: int, arrives: bool) -> None:
    assert parse_address(listen).is_reached_by(host, port) is arrives


@pytest.mark.parametrize(
    ("one", "other", "clash"),
    [
        ("127.0.0.1:80", "localhost:80", True),
        (":80", "127.0.0.1:80", True),
        ("unix:/x", "unix:/x", True),
        ("unix:/x", "unix:/y", False),
        ("unix:/x", "127.0.0.1:80", False),
        ("127.0.0.1:0", "127.0.0.1:0", False),
        ("127.0.0.1:80", "127.0.0.1:81", False),
    ],
)
def test_two_addresses_of_one_place_clash(one: str, other: str, clash: bool) -> None:
    assert parse_address(one).clashes(parse_address(other)) is clash
    assert parse_address(other).clashes(parse_address(one)) is clash


def test_a_port_that_is_taken_tells_its_address() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        address = Address(host="127.0.0.1", port=taken.getsockname()[1])
        with pytest.raises(AddressTakenError, match="the port is in use") as caught:
            bind(address)
    assert caught.value.address == address
