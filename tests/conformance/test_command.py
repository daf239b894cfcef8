"""The command line of the suite: what cannot be judged is said, and is no verdict."""

from __future__ import annotations

import socket

import pytest

from tests.conformance.__main__ import main

ANYWHERE = "127.0.0.1:0"


@pytest.mark.parametrize(
    "target",
    [
        "127.0.0.1:14000",
        "https://127.0.0.1:14000",
        "localhost",
        "http://",
        "http://a:b",
        "http://a:0",
        "http://a/v1",
        "http://a?x",
    ],
)
def test_a_target_that_is_none_is_a_usage_error(target: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["--target", target, "--origin-listen", ANYWHERE])
    assert ended.value.code == 2
    assert f"{target!r} is not http://HOST:PORT" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("option", "value", "told"),
    [
        ("--origin-listen", "foo", "'foo' is not HOST:PORT"),
        ("--origin-listen", "127.0.0.1:99999", "is not HOST:PORT"),
        ("--only", "CT-1x,CT-17", "no such cases: 1X"),
        ("--only", "CT-999", "no such cases: 999"),
    ],
)
def test_what_is_misspelt_is_told_in_words_of_the_user(
    option: str, value: str, told: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["--target", "http://127.0.0.1:1", option, value])
    assert ended.value.code == 2
    err = capsys.readouterr().err
    assert told in err and "invalid _" not in err


def test_where_nothing_listens_nothing_is_judged(capsys: pytest.CaptureFixture[str]) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    assert main(["--target", f"http://127.0.0.1:{port}", "--origin-listen", ANYWHERE]) == 4
    out, err = capsys.readouterr()
    assert f"nothing answers at 127.0.0.1:{port}" in err and "FAIL" not in out


def test_a_port_in_use_is_told_with_what_the_option_means(capsys: pytest.CaptureFixture[str]) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        assert main(["--target", f"http://127.0.0.1:{port}", "--origin-listen", f"127.0.0.1:{port}"]) == 4
    assert (
        f"cannot listen at 127.0.0.1:{port} (Address already in use): --origin-listen names where"
        in capsys.readouterr().err
    )
