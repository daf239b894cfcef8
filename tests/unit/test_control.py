"""The control port's door: who may ask, how, and what is never told."""

from __future__ import annotations

import asyncio
import io
import json
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import pytest
from aiohttp import web

from shadowbench import control as control_module
from shadowbench.control import Access, ControlServer, is_own_host, refusal
from shadowbench.errors import ConfigurationError, UnavailableError
from shadowbench.listening import Address, bind
from shadowbench.signals import Counters
from shadowbench.telemetry import logs

TOKEN = "s3cret-tökén"
ACTIONS = ("pause", "resume", "kill", "reload")


@dataclass
class Controlled:
    """Notes what it is asked for."""

    asked: list[Any] = field(default_factory=list)
    raises: Exception | None = None

    async def _note(self, what: Any) -> dict[str, Any]:
        if self.raises is not None:
            raise self.raises
        self.asked.append(what)
        return {"did": what}

    async def state(self) -> dict[str, Any]:
        return await self._note("state")

    async def pause(self) -> dict[str, Any]:
        return await self._note("pause")

    async def resume(self) -> dict[str, Any]:
        return await self._note("resume")

    async def kill(self) -> dict[str, Any]:
        return await self._note("kill")

    async def rates(self, fields: Mapping[str, Any]) -> dict[str, Any]:
        return await self._note(dict(fields))

    async def reload(self) -> dict[str, Any]:
        return await self._note("reload")


@dataclass
class Answer:
    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def said(self) -> Any:
        return json.loads(self.body)


class Port:
    """A control server, asked by bytes: so that every header can be wrong."""

    def __init__(self, access: Access) -> None:
        self.controlled = Controlled()
        self.counters = Counters()
        self.log = io.StringIO()
        self._sockets = bind(Address(host="127.0.0.1", port=0))
        self.port: int = self._sockets[0].getsockname()[1]
        self.server = ControlServer(
            self.controlled, self._sockets, access=access, counters=self.counters, log=logs.configure(self.log)
        )

    async def send(self, wire: bytes) -> bytes:
        async with asyncio.timeout(20):
            reader, writer = await asyncio.open_connection("127.0.0.1", self.port)
            writer.write(wire)
            answer = await reader.read()
            writer.close()
            return answer

    async def ask(self, method: str, path: str, body: bytes = b"", **headers: str | None) -> Answer:
        given: dict[str, str | None] = {"host": f"127.0.0.1:{self.port}", "connection": "close"}
        if body:
            given |= {"content-length": str(len(body)), "content-type": "application/json"}
        given |= {name.replace("_", "-"): value for name, value in headers.items()}
        lines = [f"{method} {path} HTTP/1.1", *(f"{n}: {v}" for n, v in given.items() if v is not None)]
        wire = await self.send("\r\n".join([*lines, "", ""]).encode() + body)
        head, _, rest = wire.partition(b"\r\n\r\n")
        status, *fields = head.decode().split("\r\n")
        pairs = (line.partition(": ") for line in fields)
        return Answer(int(status.split(" ")[1]), {name.lower(): value for name, _, value in pairs}, rest)

    def counted(self) -> dict[tuple[str, str], float]:
        return {
            (dict(sample.labels)["action"], dict(sample.labels)["result"]): sample.value
            for sample in self.counters.snapshot()
        }


@asynccontextmanager
async def port(access: Access = Access(host="127.0.0.1")) -> AsyncIterator[Port]:  # noqa: B008  it is frozen
    opened = Port(access)
    await opened.server.start()
    try:
        yield opened
    finally:
        await opened.server.stop()


async def test_each_action_is_a_post_and_the_state_a_get() -> None:
    async with port() as control:
        assert (await control.ask("GET", "/v1/state")).said == {"did": "state"}
        for action in ACTIONS:
            answer = await control.ask("POST", f"/v1/{action}")
            assert (answer.status, answer.said) == (200, {"did": action})
        asked = {"candidates": {"small": 0.2}}
        assert (await control.ask("POST", "/v1/rates", json.dumps(asked).encode())).said == {"did": asked}
        assert control.counted() == {(action, "ok"): 1 for action in ("state", "rates", *ACTIONS)}


async def test_answers_are_not_kept_by_anybody() -> None:
    async with port() as control:
        headers = (await control.ask("GET", "/v1/state")).headers
    assert headers["content-type"].startswith("application/json")
    assert (headers["cache-control"], headers["x-content-type-options"]) == ("no-store", "nosniff")
    assert not any(name.startswith("access-control") for name in headers)


@pytest.mark.parametrize("action", [*ACTIONS, "rates"])
@pytest.mark.parametrize("method", ["GET", "HEAD", "PUT", "DELETE", "PATCH", "OPTIONS"])
async def test_nothing_but_post_changes_anything(action: str, method: str) -> None:
    async with port() as control:
        answer = await control.ask(method, f"/v1/{action}")
        assert (answer.status, answer.headers["allow"]) == (405, "POST")
        assert control.controlled.asked == []


@pytest.mark.parametrize("path", ["/", "/v1", "/v1/stat", "/v2/state", "/v1/state/", "/metrics"])
async def test_there_is_nothing_else(path: str) -> None:
    async with port() as control:
        assert (await control.ask("GET", path)).status == 404
        assert set(control.counted()) == {("other", "not_found")}


# ── who asks ──


@pytest.mark.parametrize(
    "host",
    [None, "", "evil.example", "evil.example:9465", "127.0.0.1.evil.example", "localhost.evil.example", "10.0.0.7",
     "[::ffff:10.0.0.7]", "127.0.0.1:x", "[::1", "[::1]x", "127.0.0.1@evil.example", "0x7f.1"],
)  # fmt: skip
async def test_another_host_is_refused_for_it_may_be_rebound(host: str | None) -> None:
    async with port() as control:
        answer = await control.ask("POST", "/v1/kill", host=host)
        assert answer.status in (400, 403)
        assert control.controlled.asked == []


async def test_two_hosts_are_refused() -> None:
    async with port() as control:
        wire = await control.send(
            b"GET /v1/state HTTP/1.1\r\nHost: localhost\r\nHost: evil.example\r\nConnection: close\r\n\r\n"
        )
        assert wire.split(b" ")[1] in (b"400", b"403")
        assert control.controlled.asked == []


@pytest.mark.parametrize(
    ("host", "configured", "own"),
    [
        ("localhost", "127.0.0.1", True),
        ("LOCALHOST:1", "127.0.0.1", True),
        ("localhost.:1", "127.0.0.1", True),
        ("127.0.0.2:9", "127.0.0.1", True),
        ("[::1]:9465", "127.0.0.1", True),
        ("bench.internal:9465", "bench.internal", True),
        ("Bench.Internal", "bench.internal", True),
        ("10.0.0.7", "10.0.0.7", True),
        ("10.0.0.8", "10.0.0.7", False),
        ("10.0.0.7", "127.0.0.1", False),
        ("10.0.0.7:80", "", True),  # all interfaces: any address, no name
        ("[fd00::7]", "", True),
        ("bench.internal", "", False),
        ("", "", False),
        (":80", "", False),
    ],
)
def test_own_hosts(host: str, configured: str, own: bool) -> None:
    assert is_own_host(host, configured) is own


@pytest.mark.parametrize("origin", ["http://evil.example", "null", "http://localhost", "http://127.0.0.1:1", "", "*"])
@pytest.mark.parametrize(("method", "path"), [("GET", "/v1/state"), ("POST", "/v1/kill")])
async def test_another_origin_is_refused(method: str, path: str, origin: str) -> None:
    async with port() as control:
        answer = await control.ask(method, path, origin=origin)
        assert (answer.status, answer.said["error"]) == (403, "origin")
        assert control.controlled.asked == []


async def test_the_same_origin_may_ask() -> None:
    async with port() as control:
        assert (await control.ask("POST", "/v1/pause", origin=f"http://127.0.0.1:{control.port}")).status == 200


@pytest.mark.parametrize(
    "authorization",
    [None, "", TOKEN, f"Basic {TOKEN}", "Bearer", "Bearer ", f"Bearer {TOKEN}x", f"Bearer {TOKEN[:-1]}", f"Bearer x {TOKEN}"],
)  # fmt: skip
async def test_without_the_token_nobody_is_heard(authorization: str | None) -> None:
    async with port(Access(host="127.0.0.1", token=TOKEN)) as control:
        for method, path in (("GET", "/v1/state"), ("POST", "/v1/kill"), ("GET", "/v1/nothing"), ("GET", "/v1/kill")):
            answer = await control.ask(method, path, authorization=authorization)
            assert (answer.status, answer.said["error"]) == (401, "token")
            assert answer.headers["www-authenticate"] == "Bearer"
        assert control.controlled.asked == []


@pytest.mark.parametrize("scheme", ["Bearer", "bearer", "BEARER"])
async def test_with_the_token_one_is_heard(scheme: str) -> None:
    async with port(Access(host="127.0.0.1", token=TOKEN)) as control:
        assert (await control.ask("POST", "/v1/kill", authorization=f"{scheme} {TOKEN}")).status == 200
        assert control.controlled.asked == ["kill"]


def test_two_tokens_are_none() -> None:
    headers = {"host": ["localhost"], "authorization": [f"Bearer {TOKEN}", f"Bearer {TOKEN}"]}
    refused = refusal(Access(token=TOKEN), headers)
    assert refused is not None
    assert refused.status == 401


async def test_the_token_is_in_no_log_and_no_answer(
    capfd: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(0)
    access = Access(host="127.0.0.1", token=TOKEN)
    async with port(access) as control:
        control.controlled.raises = RuntimeError("a bug")
        bearer = f"Bearer {TOKEN}"
        answers = [
            await control.ask("GET", "/v1/state", authorization=bearer),
            await control.ask("POST", "/v1/pause", b"{", authorization=bearer),
        ]
        broken = await control.send(f"GET /v1/state HTTP/1.1\r\nAuthorization: Bearer {TOKEN}\x00\r\n\r\n".encode())
        assert broken.split(b" ")[1] == b"400"
    out, err = capfd.readouterr()
    assert [answer.status for answer in answers] == [500, 400]
    told = control.log.getvalue() + out + err + caplog.text + repr(access)
    assert TOKEN.split("-")[0] not in told
    assert TOKEN.encode() not in b"".join(answer.body for answer in answers)
    assert "RuntimeError" in control.log.getvalue()


# ── what they send ──


@pytest.mark.parametrize("body", [b"{", b"[]", b'"x"', b"1", b"null", b"\xff", b"[" * 60_000])
@pytest.mark.parametrize("action", ["rates", "kill"])
async def test_junk_is_refused(action: str, body: bytes) -> None:
    async with port() as control:
        answer = await control.ask("POST", f"/v1/{action}", body)
        assert (answer.status, answer.said["error"]) == (400, "invalid")
        assert control.controlled.asked == []


async def test_arguments_where_none_are_taken_are_refused() -> None:
    async with port() as control:
        assert (await control.ask("POST", "/v1/kill", b'{"candidates": ["small"]}')).status == 400
        assert (await control.ask("POST", "/v1/kill", b"{}")).status == 200


@pytest.mark.parametrize("kind", ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data", None])
async def test_a_body_that_a_form_could_send_is_refused(kind: str | None) -> None:
    async with port() as control:
        answer = await control.ask("POST", "/v1/rates", b'{"candidates": {}}', content_type=kind)
        assert (answer.status, answer.said["error"]) == (415, "content_type")
        assert control.controlled.asked == []


async def test_a_body_that_is_too_large_is_refused_however_it_is_framed() -> None:
    large = b'{"candidates": {"' + b"x" * 70_000 + b'": 1}}'
    async with port() as control:
        assert (await control.ask("POST", "/v1/rates", large)).status == 413
        chunked = b"%x\r\n%s\r\n0\r\n\r\n" % (len(large), large)
        answer = await control.ask("POST", "/v1/rates", chunked, content_length=None, transfer_encoding="chunked")
        assert (answer.status, answer.said["error"]) == (413, "too_large")
        assert control.controlled.asked == []


async def test_a_body_that_says_it_is_too_large_is_not_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(control_module, "_BODY_WITHIN_S", 60.0)
    async with port() as control:
        answer = await control.ask("POST", "/v1/rates", content_length="99999999999", content_type="application/json")
        assert (answer.status, answer.said["error"]) == (413, "too_large")


async def test_who_leaves_before_the_body_is_whole_is_no_error_of_ours(monkeypatch: pytest.MonkeyPatch) -> None:
    reading, read = asyncio.Event(), web.Request.read

    async def told(request: web.Request) -> bytes:
        reading.set()
        return await read(request)

    monkeypatch.setattr(web.Request, "read", told)
    async with port() as control:
        async with asyncio.timeout(20):
            _, writer = await asyncio.open_connection("127.0.0.1", control.port)
            writer.write(
                b"POST /v1/kill HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n"
                b"Content-Length: 20\r\n\r\n{"
            )
            await reading.wait()
            writer.transport.abort()
            while not control.counted():  # noqa: ASYNC110  the server's doing
                await asyncio.sleep(0.01)
        assert control.counted() == {("kill", "left"): 1}
        assert (control.log.getvalue(), control.controlled.asked) == ("", [])


async def test_what_cannot_be_and_what_is_not_confirmed_are_two_answers() -> None:
    async with port() as control:
        control.controlled.raises = ConfigurationError("no such name")
        assert (await control.ask("POST", "/v1/pause")).said == {"error": "invalid", "message": "no such name"}
        control.controlled.raises = UnavailableError("the mirror did not answer")
        answer = await control.ask("POST", "/v1/pause")
        assert (answer.status, answer.said["message"]) == (503, "the mirror did not answer")
        assert control.counted() == {("pause", "invalid"): 1, ("pause", "unavailable"): 1}
