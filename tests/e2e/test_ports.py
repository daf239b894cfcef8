"""Both ports of a running sidecar, every path and method, with secrets wherever one can put them: no answer, no log line and no
signal holds one."""

from __future__ import annotations

import asyncio
import http.client
import json
from pathlib import Path
from typing import Any

import pytest
import yaml

from shadowbench.endpoints.testing import Fault, ScriptedProvider, ScriptedServer, answer
from tests.origins import RawClient, json_request
from tests.sidecars import Sidecar, chat, eventually

CANARY = "cAnArY-7f3a9e-Zq"
TOKEN = f"{CANARY}-token-of-the-control-port"
CHAT = "/v1/chat/completions"
PATHS = ("/", "/livez", "/readyz", "/metrics", "/v1", "/v1/rates", "/v1/pause", "/v1/resume", "/v1/state", "/nowhere")
METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")
BODIES: tuple[bytes | None, ...] = (
    None,
    b"{}",
    f'{{"candidates": {{"small": "{CANARY}"}}}}'.encode(),
    f'"{CANARY}"'.encode(),
    b'{"candidates": {"small": 0.5}}',
)
HEADERS = (
    ("Authorization", f"Bearer {CANARY}-1"),
    ("x-api-key", f"{CANARY}-2"),
    ("Cookie", f"session={CANARY}-3"),
    ("x-note", f"{CANARY}-4"),
    ("x-team", f"{CANARY}-5"),
)


def config(candidate: str) -> dict[str, Any]:
    """Secrets in every part that takes free text."""
    return {
        "candidates": {
            "small": {
                "url": candidate,
                "sample_rate": 1,
                "api_key_env": "CANARY_TEST_KEY",
                "headers": {"x-api-key": f"{CANARY}-6", "x-note": f"{CANARY}-7"},
                "parameters": {"note": f"{CANARY}-8"},
                "system_prompt": f"{CANARY}-9",
            },
        },
        "mirror": {"exclude": {"theirs": {"headers": {"authorization": f"{CANARY}-10"}}}},
        "redaction": {"patterns": {"badge": f"{CANARY}-11"}},
        "proxy": {"access_log": {"sample_rate": 1.0}},
    }


async def traffic(sidecar: Sidecar) -> None:
    """Answers, streams, refusals, and clients that send nonsense."""
    for number in range(6):
        async with await RawClient.connect(sidecar.port) as client:
            said = chat(f"{CANARY}-12 {number}", stream=bool(number % 2))
            await client.ask(json_request(f"{CHAT}?key={CANARY}-13", said, *HEADERS))
    reader, writer = await asyncio.open_connection("127.0.0.1", sidecar.port)
    writer.write(f"POST {CHAT}?key={CANARY} HTTP/1.1\r\nHost: a\r\nBad Name: {CANARY}\r\n\r\n".encode())
    await reader.read()
    writer.close()


def walk(port: int, *, token: bool) -> str:
    """Everything that a port says to everything that one can ask, heads included."""
    said = []
    for path in PATHS:
        for method in METHODS:
            for body in BODIES if method == "POST" else BODIES[:1]:
                connection = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
                headers = {"Content-Type": "application/json", "x-note": CANARY}
                if token:
                    headers["Authorization"] = f"Bearer {TOKEN}"
                connection.request(method, f"{path}?key={CANARY}", body, headers)
                response = connection.getresponse()
                said.append(f"{method} {path} {response.status} {response.getheaders()} {response.read()!r}")
                connection.close()
    return "\n".join(said)


async def test_no_answer_of_either_port_holds_a_secret(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CANARY_TEST_KEY", f"{CANARY}-14")
    monkeypatch.setenv("CANARY_TEST_TOKEN", TOKEN)
    moods = iter([None, Fault.SERVER_ERROR, Fault.GARBAGE, None, Fault.RESET_MID_BODY, Fault.NO_HTTP] * 9)
    async with (
        ScriptedProvider() as production,
        ScriptedServer(lambda asked: answer(asked, fault=next(moods))) as candidate,
    ):
        sidecar = Sidecar(tmp_path, production.url, **config(candidate.url))
        sidecar.config["control"]["token_env"] = "CANARY_TEST_TOKEN"
        async with sidecar:
            await traffic(sidecar)
            await sidecar.until_recorded(6)
            await production.stop()
            await traffic(sidecar)
            admin = await asyncio.to_thread(walk, sidecar.admin_port, token=False)
            strangers = await asyncio.to_thread(walk, sidecar.control_port, token=False)
            operators = await asyncio.to_thread(walk, sidecar.control_port, token=True)
            bearer = {"Authorization": f"Bearer {TOKEN}"}
            reloads = [await sidecar.control("reload", **bearer) for _ in rewritten(sidecar)]
            await eventually(lambda: sidecar.stderr.count('"event": "request"') >= 12)
            told = sidecar.stderr
        at_candidate = b"".join(bytes(each.received) for each in candidate.connections).decode("latin-1")
    # The secrets were there, and the walk went through everything, or all of this would prove nothing.
    assert all(f"{CANARY}-{number}" in at_candidate for number in (6, 7, 8, 9, 12, 14))
    assert "GET /metrics 200" in admin and "POST /metrics 405" in admin
    assert "GET /v1/state 200" in operators and "POST /v1/rates 200" in operators and "POST /v1/rates 400" in operators
    assert " 200 " not in strangers and strangers.count(" 401 ") == len(strangers.splitlines())
    assert [status for status, _ in reloads] == [200, 400, 400]
    for name, text in {
        "admin": admin,
        "strangers": strangers,
        "operators": operators,
        "reloads": json.dumps(reloads),
        "stderr": told,
    }.items():
        assert CANARY not in text, f"{name}: {text[max(0, text.find(CANARY) - 300) : text.find(CANARY) + 50]}"


def rewritten(sidecar: Sidecar) -> Any:
    """The configuration's file as somebody edits it: another rule, a key where a variable's name belongs, no YAML."""
    path = sidecar.folder / "shadowbench.yaml"
    changed = sidecar.config | {"mirror": {"exclude": {"theirs": {"headers": {"authorization": f"{CANARY}-15"}}}}}
    yield path.write_text(yaml.safe_dump(changed))
    yield path.write_text(yaml.safe_dump(sidecar.config | {"control": {"token_env": f"{CANARY} 16"}}))
    yield path.write_text(f"production: {{url: *{CANARY}}}\n")
