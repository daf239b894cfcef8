"""`shadowbench control`: what is asked, with which token, and what is printed."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from shadowbench.cli.app import app
from shadowbench.cli.asking import Place, ask, place_of
from shadowbench.cli.control import read_rates
from shadowbench.errors import ConfigurationError, UnavailableError
from shadowbench.listening import Address

STATE = {
    "version": "1",
    "role": "serve",
    "mirroring": "on",
    "overrides": {},
    "workers": [{"role": "mirror", "worker": 0, "pid": 12, "ready": True, "restarts": 3}],
    "mirror": {
        "answers": True,
        "policy_version": 77,
        "lanes": [
            {
                "name": "small",
                "sample_rate": 0.25,
                "in_force": 0.125,
                "max_per_second": None,
                "queued": 4,
                "running": 5,
                "paused": False,
                "breaker": "open",
                "budget": [
                    {"window": "hour", "spent_usd": 0.25, "left_usd": None, "left_tokens": None},
                    {"window": "day", "spent_usd": 0.5, "left_usd": 1.5, "left_tokens": 900},
                ],
                "price_unknown": True,
                "usage_unknown": False,
                "unknown_costs": 3,
                "short": {"limit": "usd_day", "reserves_usd": 2.0301, "reserves_tokens": 900},
                "last_fault": "timed_out",
            }
        ],
        "strata": [{"name": "rare", "rates": {"small": 0.75}}],
        "handoff": {"proxies": 2, "live_exchanges": 1, "held_bytes": 0},
        "recorder": {"connected": True, "full": False, "unsettled": 6},
    },
    "proxies": [],
}


class Sidecar(HTTPServer):
    """A control port that notes what it is asked, and says what it is told to."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.asked: list[tuple[str, str, str, str | None]] = []
        self.answer: tuple[int, Any] = (200, STATE)


class _Handler(BaseHTTPRequestHandler):
    server: Sidecar

    def do_GET(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length", 0))).decode()
        self.server.asked.append((self.command, self.path, body, self.headers.get("Authorization")))
        status, said = self.server.answer
        text = said if isinstance(said, bytes) else json.dumps(said).encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text)

    do_POST = do_GET

    def log_message(self, format: str, *args: Any) -> None:
        pass


@pytest.fixture
def sidecar() -> Iterator[Sidecar]:
    with Sidecar() as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))  # how soon it notices its end
        thread.start()
        try:
            yield server
        finally:
            server.shutdown()
            thread.join()


def place(sidecar: Sidecar, token: str | None = None) -> Place:
    return Place(address=Address(host="127.0.0.1", port=sidecar.server_port), token=token)


@pytest.fixture
def config(tmp_path: Path, sidecar: Sidecar) -> Path:
    file = tmp_path / "shadowbench.yaml"
    file.write_text(f"production: {{url: 'http://p'}}\ncontrol: {{listen: '127.0.0.1:{sidecar.server_port}'}}\n")
    return file


def run(*arguments: str, columns: int = 160) -> Any:
    return CliRunner().invoke(app, ["control", *arguments], catch_exceptions=True, env={"COLUMNS": str(columns)})


def test_the_state_is_a_table_for_eyes(config: Path) -> None:
    shown = run("state", "-c", str(config)).stdout
    for part in ("mirroring: on", "77", "small", "0.25", "0.125", "open", "1.50 USD, 900 tokens", "price unknown",
                 "about 2.03 USD", "0.50 USD, 3 calls of", "timed_out", "rare", "0.75", "6 unsettled", "mirror 0",
                 "12"):  # fmt: skip
        assert part in shown, part


def test_where_no_terminal_is_lines_are_whole_and_names_too(config: Path, sidecar: Sidecar) -> None:
    name = "a-candidate-with-a-name-as-long-as-they-come-in-practice"
    mirror = STATE["mirror"]
    lanes = [{**mirror["lanes"][0], "name": name}, {**mirror["lanes"][0], "name": f"{name}-2"}]
    strata = [{"name": "rare", "rates": {lane["name"]: 0.75 for lane in lanes}}]
    sidecar.answer = (200, STATE | {"mirror": mirror | {"lanes": lanes, "strata": strata}})
    lines = [line.split() for line in run("state", "-c", str(config), columns=80).stdout.splitlines()]
    assert [line[-1] for line in lines if line[0].startswith(name)] == ["timed_out", "timed_out"]
    assert ["stratum", name, f"{name}-2"] in lines and ["rare", "0.75", "0.75"] in lines


def test_the_state_is_json_for_programs(config: Path) -> None:
    assert json.loads(run("state", "-c", str(config), "--json").stdout) == STATE


def test_a_mirror_that_does_not_answer_is_told(config: Path, sidecar: Sidecar) -> None:
    sidecar.answer = (200, STATE | {"mirror": {"answers": False, "reason": "mirror did not answer within 2 s"}})
    assert "mirror did not answer within 2 s" in run("state", "-c", str(config)).stdout


@pytest.mark.parametrize("action", ["pause", "resume", "kill", "reload"])
def test_changes_are_posted_and_what_holds_is_printed(config: Path, sidecar: Sidecar, action: str) -> None:
    sidecar.answer = (
        200,
        {"mirroring": "paused", "policy_version": 5, "applied": ["mirror.enabled"], "needs_restart": ["proxy.workers"]},
    )
    shown = run(action, "-c", str(config)).stdout
    assert sidecar.asked == [("POST", f"/v1/{action}", "", None)]
    assert shown.splitlines() == [
        "mirroring is paused, policy version 5", "changed: mirror.enabled", "needs a restart: proxy.workers"
    ]  # fmt: skip


def test_rates_are_sent_as_the_control_port_reads_them(config: Path, sidecar: Sidecar) -> None:
    sidecar.answer = (200, {"mirroring": "on", "policy_version": 5, "changed": ["candidates.small.sample_rate"]})
    shown = run("rates", "small=0.2", "rare:=1", "rare:small=0.5", "-c", str(config)).stdout
    (asked,) = sidecar.asked
    assert json.loads(asked[2]) == {
        "candidates": {"small": 0.2},
        "strata": {"rare": {"sample_rate": 1.0, "rates": {"small": 0.5}}},
    }
    assert "changed: candidates.small.sample_rate" in shown


@pytest.mark.parametrize(
    "text", ["small", "small=", "=1", "small=x", "small=1.5", "small=-1", "small=nan", "small=inf"]
)
def test_what_is_no_rate_is_refused_before_anything_is_sent(text: str) -> None:
    with pytest.raises(ConfigurationError, match="write NAME=RATE"):
        read_rates([text])


# ── asking ──


def test_the_token_comes_from_the_configurations_variable(tmp_path: Path, sidecar: Sidecar) -> None:
    file = tmp_path / "x.yaml"
    file.write_text("production: {url: 'http://p'}\ncontrol: {listen: '0.0.0.0:9', token_env: THE_TOKEN}\n")
    found = place_of(file, f"127.0.0.1:{sidecar.server_port}", {"THE_TOKEN": "hush\n"})
    ask(found, "state")
    assert sidecar.asked[0][3] == "Bearer hush"
    assert "hush" not in repr(found)
    with pytest.raises(ConfigurationError, match="THE_TOKEN is not set"):
        place_of(file, None, {})


def test_a_control_port_that_is_off_is_told(tmp_path: Path) -> None:
    file = tmp_path / "x.yaml"
    file.write_text("production: {url: 'http://p'}\ncontrol: {listen: null}\n")
    with pytest.raises(ConfigurationError, match=r"control\.listen is null"):
        place_of(file, None, {})
    with pytest.raises(ConfigurationError, match="--address nonsense"):
        place_of(file, "nonsense", {})


def test_nobody_there_is_an_error_that_says_what_to_look_at(sidecar: Sidecar) -> None:
    with pytest.raises(UnavailableError, match=r"nobody listens at 127\.0\.0\.1:1: is the sidecar running"):
        ask(Place(address=Address(host="127.0.0.1", port=1)), "state")
    with pytest.raises(UnavailableError, match="nobody listens at unix:/nowhere"):
        ask(Place(address=Address(path="/nowhere")), "state")


@pytest.mark.parametrize(
    ("status", "said", "kind", "message"),
    [
        (400, {"message": "candidates: there is no 'x'"}, ConfigurationError, "there is no 'x'"),
        (401, {"message": "needs"}, ConfigurationError, "control.token_env"),
        (503, {"message": "the mirror did not answer"}, UnavailableError, "the mirror did not answer"),
        (200, b"<html>", UnavailableError, "is no control port"),
        (404, b"", UnavailableError, "is no control port"),
    ],
)
def test_each_refusal_is_an_error_of_its_own(
    sidecar: Sidecar, status: int, said: Any, kind: type[Exception], message: str
) -> None:
    sidecar.answer = (status, said)
    with pytest.raises(kind, match=message):
        ask(place(sidecar), "pause")


def test_a_wrong_token_is_called_that_and_not_repeated(sidecar: Sidecar) -> None:
    sidecar.answer = (401, {"message": "the token was refused"})
    with pytest.raises(ConfigurationError, match=r"refused the token: .* holds another one here") as caught:
        ask(place(sidecar, "hush"), "pause")
    assert "hush" not in str(caught.value)
