"""`python -m tests.conformance`: see the package's docstring."""

from __future__ import annotations

import argparse
import asyncio
import os
import sys
import tempfile
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from urllib.parse import SplitResult, urlsplit

from tests.conformance import page, table
from tests.conformance.peers import PEERS
from tests.conformance.running import Result, run
from tests.conformance.servers import Server
from tests.conformance.stand import Stand, started
from tests.conformance.titles import TITLES

_CONNECT_S = 5.0
_MOST_PORT = 65535


class CannotRunError(Exception):
    """Nothing can be judged; the sentence says why."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Judge, print, and say the verdict as an exit code: 0 pass, 1 fail, 2 usage, 4 could not run."""
    parser = _parser()
    given = parser.parse_args(arguments)
    if given.page:
        page.PATH.write_text(page.render(page.recorded()))
        print(f"wrote {page.PATH}")
        return 0
    if not given.start and not (given.target and given.origin_listen):
        parser.error("name --start PROXY, or --target URL with --origin-listen HOST:PORT")
    if given.start and (missing := PEERS[given.start].missing()):
        print(missing, file=sys.stderr)
        return 4
    try:
        results = asyncio.run(_run(given))
    except CannotRunError as why:
        print(why, file=sys.stderr)
        return 4
    print(f"\n{table.summary(results)}")
    if given.json:
        version = PEERS[given.start].version() if given.start else None
        given.json.write_text(page.as_json(given.start or given.target.geturl(), version, results))
    return int(any(result.verdict == "fail" for result in results))


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m tests.conformance", description="Conformance of LLM proxies.")
    parser.add_argument("--target", type=_target, metavar="URL", help="the proxy, as http://HOST:PORT")
    parser.add_argument("--origin-listen", type=_address, metavar="HOST:PORT", help="where the proxy finds production")
    parser.add_argument("--candidate-listen", type=_address, metavar="HOST:PORT", help="where its mirror sends copies")
    parser.add_argument("--start", choices=list(PEERS), help="start this proxy and judge it")
    parser.add_argument("--only", type=_numbers, metavar="CT-17,…", help="these cases")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the results")
    parser.add_argument("--patience", type=float, default=2.0, metavar="S", help="how long CT-68 streams (default: 2)")
    parser.add_argument("--page", action="store_true", help="write docs/conformance.md from the recorded results")
    return parser


def _target(text: str) -> SplitResult:
    url = urlsplit(text)
    try:
        is_meant = url.scheme == "http" and bool(url.hostname) and url.port != 0
    except ValueError:  # a port that is none
        is_meant = False
    if not is_meant or url.path.strip("/") or url.query or url.fragment:
        raise argparse.ArgumentTypeError(
            f"{text!r} is not http://HOST:PORT: the suite speaks plain HTTP/1.1 to one address"
        )
    return url


def _address(text: str) -> tuple[str, int]:
    host, _, port = text.rpartition(":")
    if not port.isdecimal() or int(port) > _MOST_PORT:
        raise argparse.ArgumentTypeError(f"{text!r} is not HOST:PORT")
    return host.strip("[]") or "127.0.0.1", int(port)


def _numbers(text: str) -> list[int]:
    names = [name.strip().upper().removeprefix("CT-") for name in text.split(",")]
    if unknown := [name for name in names if not name.isdecimal() or int(name) not in TITLES]:
        raise argparse.ArgumentTypeError(f"no such cases: {', '.join(unknown)}; they are called CT-{min(TITLES):02}, …")
    return [int(name) for name in names]


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
    host, port = given.target.hostname, given.target.port or 80
    async with AsyncExitStack() as stack:
        origin = await _listening(stack, given.origin_listen, "--origin-listen")
        candidate = None
        if given.candidate_listen:
            candidate = await _listening(stack, given.candidate_listen, "--candidate-listen")
        await _reach(host, port)
        yield Stand(host=host, port=port, origin=origin, candidate=candidate, folder=folder, patience_s=given.patience)


async def _listening(stack: AsyncExitStack, address: tuple[str, int], option: str) -> Server:
    try:
        return await stack.enter_async_context(Server(*address))
    except OSError as error:
        role = "production" if option == "--origin-listen" else "the candidate"
        raise CannotRunError(
            f"cannot listen at {address[0]}:{address[1]} ({os.strerror(error.errno or 0)}): {option} names where the suite "
            f"itself listens, as {role}; let the proxy forward to a free port, and name that"
        ) from None


async def _reach(host: str, port: int) -> None:
    """A proxy that is not there fails no case: nothing was judged."""
    try:
        async with asyncio.timeout(_CONNECT_S):
            _, writer = await asyncio.open_connection(host, port)
    except OSError as error:  # a TimeoutError is one
        why = os.strerror(error.errno) if (error.errno or 0) > 0 else error.strerror or "timed out"
        raise CannotRunError(f"nothing answers at {host}:{port} ({why}): start the proxy first") from None
    writer.close()


if __name__ == "__main__":
    sys.exit(main())
