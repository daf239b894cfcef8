"""The mirror between a proxy, a recorder and candidates that answer well."""

from __future__ import annotations

import json
from pathlib import Path

from shadowbench import handoff
from shadowbench.endpoints.testing import ScriptedProvider
from tests.mirrors import candidate, chat_body, mirror


async def test_an_exchange_becomes_a_pair_with_the_candidates_answer(tmp_path: Path) -> None:
    async with ScriptedProvider() as provider, mirror(tmp_path, candidate(provider.url, model="tiny")) as rig:
        proxy = await rig.proxy()
        proxy.exchange()
        await proxy.settled()

        assert (proxy.sender.recorded, proxy.sender.settled) == (1, 1)
        (exchange,) = rig.recorder.exchanges
        assert exchange.request == (chat_body(),)
        assert b"".join(chunk.data for part in exchange.sides[0].parts for chunk in handoff.read_part(part)) == (
            b'{"choices":[]}'
        )
        side = exchange.sides[1]
        assert side.t0_ns is not None and side.head is not None and side.end.reason is None
        assert side.head.head.startswith(b"HTTP/1.1 200 OK\r\n")
        assert side.head.connect_s is not None and side.head.queue_s is not None
        body = b"".join(chunk.data for part in side.parts for chunk in handoff.read_part(part))
        assert json.loads(body)["model"] == "tiny"
        (copied,) = provider.requests
        assert json.loads(copied.body) == json.loads(chat_body(model="tiny"))
        assert rig.funnel == {"opened": 1, "eligible": 1, "sampled": 1, "recorded": 1}
        assert rig.lane() == {"sampled": 1, "dispatched": 1, "answered:ok": 1}
