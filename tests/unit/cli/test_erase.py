"""`erase` finds people by what they are called, hashed with the mirror's secret, and leaves no byte of theirs."""

import re
from pathlib import Path

import pytest

from shadowbench import keyed
from shadowbench.cli.erase import EraseOptions, Named, run_erase
from shadowbench.errors import ConfigurationError, UnavailableError
from shadowbench.mirror import callers
from shadowbench.mirror.head import parse_head
from shadowbench.proxy import tap
from shadowbench.store.base import each_exchange
from shadowbench.store.erasing import Clocks
from shadowbench.store.opening import open_log
from shadowbench.store.testing import an_exchange, an_observation

SALT = b"0123456789abcdef" * 2
CLOCKS = Clocks(clock=iter(range(10**9)).__next__, now=lambda: 0.0, rest=lambda seconds: None)
KEYS = (
    {"user_key": keyed.user_key(SALT, b"ada@example.org")},
    {"tenant_key": keyed.tenant_key(SALT, b"acme")},
    {"tenant_key": keyed.tenant_key(SALT, keyed.placeholder(SALT, b"Bearer sk-1"))},
    {"cluster_key": keyed.cluster_key(SALT, b"session-7")},
    {},
)


@pytest.fixture
def url(tmp_path: Path) -> str:
    """Exchanges 1 to 5, each of another owner, the last of nobody."""
    (tmp_path / "log.db.secret").write_bytes(SALT)
    (tmp_path / "log.db.secret").chmod(0o600)
    url = f"sqlite:///{tmp_path}/log.db"
    log = open_log(url, "write")
    log.append(
        [an_exchange(n, an_observation(f"words of {n}.", endpoint="small"), **keys) for n, keys in enumerate(KEYS, 1)]
    )
    log.close()
    return url


def options(url: str, tmp_path: Path, *, dry_run: bool = False, **whose: str) -> EraseOptions:
    return EraseOptions(log_url=url, whose=Named(**whose), secret_file=tmp_path / "log.db.secret", dry_run=dry_run)


def left(url: str) -> list[int]:
    log = open_log(url, "read")
    numbers = [exchange.sequence for exchange in each_exchange(log, with_bodies=False)]
    log.close()
    return numbers


@pytest.mark.parametrize(
    ("whose", "number"),
    [
        ({"user": "ada@example.org"}, 1),
        ({"tenant": "acme"}, 2),
        ({"credential": "sk-1"}, 3),
        ({"credential": "Bearer sk-1"}, 3),
        ({"credential": "bearer sk-1"}, 3),
        ({"cluster": "session-7"}, 4),
        ({"key": keyed.user_key(SALT, b"ada@example.org")}, 1),
        ({"key": keyed.cluster_key(SALT, b"session-7")}, 4),
    ],
)
def test_the_owner_is_found_and_gone(
    url: str, tmp_path: Path, capsys: pytest.CaptureFixture[str], whose: dict[str, str], number: int
) -> None:
    assert run_erase(options(url, tmp_path, dry_run=True, **whose), {}, CLOCKS) == 0
    assert capsys.readouterr().out == "1 exchange would be erased\n"
    assert left(url) == [1, 2, 3, 4, 5]
    assert run_erase(options(url, tmp_path, **whose), {}, CLOCKS) == 0
    assert capsys.readouterr().out == "1 exchange erased\n"
    assert left(url) == [n for n in range(1, 6) if n != number]
    everything = b"".join(path.read_bytes() for path in tmp_path.iterdir())
    assert b"words of %d." % number not in everything
    assert b"words of 5." in everything


def test_nobody_is_found_by_another_secret(url: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run_erase(options(url, tmp_path, tenant="acme"), {"SHADOWBENCH_SECRET": "ab" * 32}, CLOCKS) == 0
    out, err = capsys.readouterr()
    assert out == "0 exchanges erased\n"
    assert err.startswith("No exchange matched")


def test_without_a_secret_only_a_hash_finds_anybody(url: str, tmp_path: Path) -> None:
    (tmp_path / "log.db.secret").unlink()
    with pytest.raises(UnavailableError, match=r"there is no secret file .*; name the configuration with -c"):
        run_erase(options(url, tmp_path, user="ada@example.org"), {}, CLOCKS)
    assert not (tmp_path / "log.db.secret").exists()
    assert run_erase(options(url, tmp_path, key=str(KEYS[0]["user_key"])), {}, CLOCKS) == 0
    assert left(url) == [2, 3, 4, 5]


@pytest.mark.parametrize(
    ("whose", "gone"),
    [
        ({"user": "bob"}, [6]),
        ({"user": "cy"}, [7]),
        ({"tenant": "green"}, [7]),
        ({"credential": "sk-2"}, [6, 8]),
        ({"credential": "Bearer sk-2"}, [6, 8]),
        ({"credential": "Bearer sk-3"}, [7]),
        ({"key": keyed.user_key(SALT, b"bob").upper()}, [6]),
        ({"key": f"[user:{keyed.user_key(SALT, b'bob')}]"}, [6]),
        ({"key": keyed.placeholder(SALT, b"sk-3").decode()}, [7]),
    ],
)
def test_who_is_named_beside_another_is_found_in_the_request(
    url: str, tmp_path: Path, whose: dict[str, str], gone: list[int]
) -> None:
    bob, cy = (f"[user:{keyed.user_key(SALT, name)}]" for name in (b"bob", b"cy"))
    green = f"[tenant:{keyed.tenant_key(SALT, b'green')}]"
    bearer, bare, other = (keyed.placeholder(SALT, each).decode() for each in (b"Bearer sk-2", b"sk-2", b"sk-3"))
    log = open_log(url, "change")
    log.append(
        [
            an_exchange(6, request_body=b'{"user":"%b"}' % bob.encode(), request_headers=(("authorization", bearer),)),
            an_exchange(
                7, request_body=b"\xff", request_headers=(("x-user", cy), ("x-team", green), ("x-api-key", other))
            ),
            an_exchange(8, request_body=None, request_headers=(("authorization", other + "0"), ("x-api-key", bare))),
            an_exchange(9, request_body=b'{"messages":[{"content":"who is %b?"}]}' % bob.encode()),
        ]
    )
    log.close()
    assert run_erase(options(url, tmp_path, **whose), {}, CLOCKS) == 0
    assert [n for n in range(1, 10) if n not in left(url)] == gone


@pytest.mark.parametrize("target", ["/v1?key=%s", "/v1?api_key=%s&b=1", "/v1?a=1&api-key=%s", "/v1?access_token=%s"])
@pytest.mark.parametrize(
    ("key", "as_sent"), [("sk-9", "sk-9"), ("a+b/c=", "a+b/c="), ("a+b/c=", "a%2Bb%2Fc%3D"), ("Bearer sk-9", "sk-9")]
)
def test_a_key_that_came_in_the_query_is_found(url: str, tmp_path: Path, target: str, key: str, as_sent: str) -> None:
    def hidden(match: re.Match[bytes]) -> bytes:
        return match[1] + keyed.placeholder(SALT, match[2])  # as the proxy's tap does

    line = tap._CREDENTIAL_PARAMETER.sub(hidden, f"POST {target % as_sent} HTTP/1.1".encode())
    head = parse_head(line + b"\r\nhost: x")
    log = open_log(url, "change")
    log.append([an_exchange(6, tenant_key=callers.tenant_key(SALT, None, head, callers.caller(head)))])
    log.close()
    assert run_erase(options(url, tmp_path, credential=key), {}, CLOCKS) == 0
    assert left(url) == [1, 2, 3, 4, 5]


@pytest.mark.parametrize("key", ["ada@example.org", "90de7bf356a66ea99363b98", "90de7bf356a66ea99363b987a", "zz" * 12])
def test_a_key_is_a_hash(url: str, tmp_path: Path, key: str) -> None:
    with pytest.raises(ConfigurationError, match="24 hexadecimal digits") as refused:
        run_erase(options(url, tmp_path, key=key), {}, CLOCKS)
    assert refused.value.exit_code == 2


@pytest.mark.parametrize("whose", [{}, {"user": "a", "tenant": "b"}, {"user": ""}])
def test_exactly_one_owner_is_named(url: str, tmp_path: Path, whose: dict[str, str]) -> None:
    with pytest.raises(ConfigurationError, match="whose"):
        run_erase(options(url, tmp_path, **whose), {}, CLOCKS)
