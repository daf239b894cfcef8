"""`python -m tests.conformance`: see the package's docstring."""

from __future__ import annotations

import argparse
import asyncio
import sys
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from urllib.parse import urlsplit

from tests.conformance import page, table
from tests.conformance.peers import PEERS
from tests.conformance.running import Result, run
from tests.conformance.servers import Server
from tests.conformance.stand import Stand, started
from tests.conformance.titles import TITLES


def main() -> int:
    parser = _parser()
    given = parser.parse_args()
    if given.page:
        page.PATH.write_text(page.render(page.recorded()))
        print(f"wrote {page.PATH}")
        return 0
    if not given.start and not (given.target and given.origin_listen):
        parser.error("name --start PROXY, or --target URL with --origin-listen HOST:PORT")
    if given.start and (missing := PEERS[given.start].missing()):
        print(missing, file=sys.stderr)
        return 4
    results = asyncio.run(_run(given))
    print(f"\n{table.summary(results)}")
    if given.json:
        version = PEERS[given.start].version() if given.start else None
        given.json.write_text(page.as_json(given.start or given.target, version, results))
    return int(any(result.verdict == "fail" for result in results))


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m tests.conformance", description="Conformance of LLM proxies.")
    parser.add_argument("--target", metavar="URL", help="the proxy, as http://HOST:PORT")
    parser.add_argument("--origin-listen", type=_address, metavar="HOST:PORT", help="where the proxy finds production")
    parser.add_argument("--candidate-listen", type=_address, metavar="HOST:PORT", help="where its mirror sends copies")
    parser.add_argument("--start", choices=list(PEERS), help="start this proxy and judge it")
    parser.add_argument("--only", type=_numbers, metavar="CT-17,…", help="these cases")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the results")
    parser.add_argument("--patience", type=float, default=2.0, metavar="S", help="how long CT-68 streams (default: 2)")
    parser.add_argument("--page", action="store_true", help="write docs/conformance.md from the recorded results")
    return parser


def _address(text: str) -> tuple[str, int]:
    host, _, port = text.rpartition(":")
    return host or "127.0.0.1", int(port)


def _numbers(text: str) -> list[int]:
    numbers = [int(name.strip().upper().removeprefix("CT-")) for name in text.split(",")]
    if unknown := sorted(set(numbers) - TITLES.keys()):
        raise argparse.ArgumentTypeError(f"no such cases: {unknown}")
    return numbers


async def _run(given: argparse.Namespace) -> list[Result]:
    with tempfile.TemporaryDirectory(prefix="conformance-") as folder:
        async with _stand(given, Path(folder)) as stand:
            return await run(stand, given.only, lambda result: print(table.line(result), flush=True))


@asynccontextmanager
async def _stand(given: argparse.Namespace, folder: Path) -> AsyncIterator[Stand]:
    if given.start:
        peer = PEERS[given.start]
        async with started(peer, folder, with_candidate=peer.mirrors, patience_s=given.patience) as stand:
            yield stand
        return
    target = urlsplit(given.target)
    async with Server(*given.origin_listen) as origin:
        candidate = Server(*given.candidate_listen) if given.candidate_listen else None
        if candidate is not None:
            await candidate.listen()
        try:
            yield Stand(
                host=target.hostname or "127.0.0.1",
                port=target.port or 80,
                origin=origin,
                candidate=candidate,
                folder=folder,
                patience_s=given.patience,
            )
        finally:
            if candidate is not None:
                await candidate.__aexit__(None, None, None)


if __name__ == "__main__":
    sys.exit(main())
