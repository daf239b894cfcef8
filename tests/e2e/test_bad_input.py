"""What is malformed gets its clear answer, never reaches production, and disturbs nobody else."""

import asyncio
from pathlib import Path

from shadowbench.endpoints.testing import ScriptedProvider
from tests.origins import RawClient, json_request
from tests.sidecars import Sidecar, chat, eventually

PATH = "/v1/chat/completions"
START = b"POST /v1/chat/completions HTTP/1.1\r\nHost: a\r\n"
MALFORMED = {
    "no HTTP at all": b"\x16\x03\x01\x02\x00\x01\x00\r\n\r\n",
    "length and chunks": START + b"Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    "two lengths": START + b"Content-Length: 5\r\nContent-Length: 6\r\n\r\nhello!",
    "no host": b"POST /v1/chat/completions HTTP/1.1\r\nContent-Length: 0\r\n\r\n",
    "two hosts": START + b"Host: b\r\nContent-Length: 0\r\n\r\n",
    "a space before the colon": START + b"Content-Length : 0\r\n\r\n",
    "a folded header": START + b"X-A: b\r\n c\r\nContent-Length: 0\r\n\r\n",
}


async def test_bad_input_gets_its_answer_and_nobody_else_notices(tmp_path: Path) -> None:
    proxy = {"head_timeout_s": 1, "max_head_bytes": 8192}
    candidates = {"twin": {"sample_rate": 1}}
    async with ScriptedProvider() as production, ScriptedProvider() as twin:
        candidates["twin"]["url"] = twin.url
        async with Sidecar(tmp_path, production.url, candidates=candidates, proxy=proxy) as sidecar:
            async with await RawClient.connect(sidecar.port) as bystander:
                for name, wire in MALFORMED.items():
                    # What has garbage in a method's place might have a method that is not known here.
                    assert await answered(sidecar, wire) == (501 if name == "no HTTP at all" else 400), name
                    assert (await bystander.ask(json_request(PATH, chat(name)))).status == 200
                unknown = START + b"Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n"
                assert await answered(sidecar, unknown) == 501, "a coding that we do not know"
                assert await answered(sidecar, START + b"X-Long: " + b"x" * 9000 + b"\r\n\r\n") == 431
                assert await answered(sidecar, START) in (408, None), "a head that never ends"
                before = len(production.requests)
                assert before == len(MALFORMED), "production saw the bystander only"
                # Not ours to judge: production answers, and the copy is dropped for a counted reason.
                broken = START + b"Content-Length: 5\r\n\r\n{oops"
                assert (await bystander.ask(broken)).status == 404
                assert (await bystander.ask(json_request("/v1/unknown", {}))).status == 404
            await sidecar.until_recorded(before)

            async def counted() -> bool:
                discarded = await sidecar.total("shadowbench_mirror_exchanges_total", 'reason="not_json"')
                return discarded >= 1 and await sidecar.total("shadowbench_proxy_refused_requests_total") >= 9

            await eventually(counted)


async def answered(sidecar: Sidecar, wire: bytes) -> int | None:
    """The status of the answer; None when the connection ended without one. It has to end either way."""
    async with await RawClient.connect(sidecar.port) as client:
        client.writer.write(wire)
        async with asyncio.timeout(10):
            answer = await client.reader.read()
    return int(answer.split(b" ", 2)[1]) if answer else None
