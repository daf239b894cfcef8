"""A candidate that repeats the credentials it is called with, and people whom requests name: nothing of them is in the log.

The candidate tells its key in a refusal, in a stream, cut over its events, and as its name for the request. Redaction is off.
"""

from __future__ import annotations

import json
import subprocess
from itertools import count
from pathlib import Path

import pytest

from shadowbench.endpoints.received import Received
from shadowbench.endpoints.testing import Reply, ScriptedProvider, ScriptedServer, Step
from tests.origins import RawClient, json_request
from tests.sidecars import Sidecar, chat, command

KEY = "blue-gateway/of+ours=Zq"
HEADER = "hEaDeR5eCrEt"
USERS = ("ada.who.pays", "bob.who.asks", "cy.from.the.header")


def refusal() -> Reply:
    body = json.dumps({"error": {"message": f"invalid key {KEY}", "type": HEADER}}).encode()
    head = f"HTTP/1.1 401 No\r\nContent-Type: application/json\r\nx-request-id: {KEY}\r\nContent-Length: {len(body)}\r\n\r\n"
    return Reply(steps=[Step(data=head.encode() + body)])


def stream() -> Reply:
    pieces = ["your key ", KEY[:7], KEY[7:12], KEY[12:], " is fine, and so is ", HEADER]
    chunks = [{"model": KEY, "choices": [{"index": 0, "delta": {"content": piece}}]} for piece in pieces]
    chunks.append({"model": KEY, "choices": [{"index": 0, "delta": {}, "finish_reason": HEADER}]})
    body = "".join(f"data: {json.dumps(each)}\n\n" for each in chunks).replace("/", "\\/") + "data: [DONE]\n\n"
    head = f"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nContent-Length: {len(body)}\r\n\r\n"
    return Reply(steps=[Step(data=head.encode()), *(Step(data=bytes([each])) for each in body.encode())])


@pytest.mark.e2e
async def test_what_a_candidate_repeats_and_whom_a_request_names_is_nowhere(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("REPEATED_TEST_KEY", KEY)
    turn = count()

    def script(_: Received) -> Reply:
        return stream() if next(turn) % 2 else refusal()

    async with ScriptedProvider() as production, ScriptedServer(script) as candidate:
        small = {
            "url": candidate.url,
            "sample_rate": 1,
            "api_key_env": "REPEATED_TEST_KEY",
            "headers": {"x-extra": HEADER},
        }
        sidecar = Sidecar(
            tmp_path,
            production.url,
            candidates={"small": small},
            mirror={"duplicate_window_s": 0, "user_header": "x-end-user"},
            redaction={"enabled": False},
        )
        async with sidecar:
            for number in range(4):
                body = chat(f"Question {number}", stream=True, user=USERS[0], safety_identifier=USERS[1])
                request = json_request("/v1/chat/completions", body, ("x-end-user", USERS[2]))
                async with await RawClient.connect(sidecar.port) as client:
                    await client.ask(request)
                await sidecar.until_recorded(number + 1)
            files = {path: path.read_bytes() for path in tmp_path.glob("pairs.db*")}
            told = (await sidecar.admin("/metrics")).text + str(await sidecar.control("state"))
        received = b"".join(bytes(each.received) for each in candidate.connections)

    config = str(tmp_path / "shadowbench.yaml")
    export = [*command(), "export", "-c", config, "-o", str(tmp_path / "pairs.jsonl")]
    subprocess.run(export, check=True, capture_output=True, timeout=60)
    files |= {path: path.read_bytes() for path in [*tmp_path.glob("pairs.*"), tmp_path / "stderr.txt"]}
    assert KEY.encode() in received and HEADER.encode() in received
    statuses = [row["status"] for row in sidecar.rows("select status from observations where side = 1")]
    assert sorted(statuses) == [200, 200, 401, 401]
    texts = [row["candidate_text"] or "" for row in sidecar.rows("select candidate_text from pairs")]
    assert sum("your key [known_secret:" in text for text in texts) == 2
    for secret in (KEY, KEY.replace("/", "\\/"), HEADER, *USERS):
        assert not [path.name for path, data in files.items() if secret.encode() in data], secret
        assert secret not in told

    for whose in USERS:
        dry_run = [*command(), "erase", "-c", config, "--user", whose, "--dry-run"]
        done = subprocess.run(dry_run, check=True, capture_output=True, text=True, timeout=60)
        assert done.stdout == "4 exchanges would be erased\n"
