"""The named requests against any proxy: `python -m tests.conformance.differential --target URL --origin-listen HOST:PORT`.

The proxy at URL has to forward to HOST:PORT, where this program listens. For each case it prints what reached there; it fails
when anything arrived that was not sent, or was read otherwise than it was sent. What a proxy made of malformed bytes that is
well-formed is told, and no failure. Header fields are not compared: proxies add their own.
"""

from __future__ import annotations

import argparse
import asyncio
from dataclasses import dataclass
from urllib.parse import urlsplit

from tests.conformance.differential.origin import RecordingOrigin
from tests.conformance.differential.reader import Cut, Malformed, read_requests
from tests.conformance.differential.request_cases import CASES, Case
from tests.conformance.differential.verdict import Verdict, judge_requests


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """A proxy. `quiet_s` is how long nothing has to come for it to be taken as done."""

    host: str
    port: int
    quiet_s: float = 0.3


def main() -> int:
    """Reads the command line; 1 when a case failed."""
    parser = argparse.ArgumentParser(prog="python -m tests.conformance.differential", description=__doc__)
    parser.add_argument("--target", required=True, help="the proxy, as http://HOST:PORT")
    parser.add_argument("--origin-listen", required=True, help="where the proxy forwards to, as HOST:PORT")
    parser.add_argument("--quiet", type=float, default=0.3, help="seconds without a byte after which a case is over")
    parser.add_argument("--only", default="", help="cases whose name contains this")
    given = parser.parse_args()
    url = urlsplit(given.target)
    if url.scheme != "http" or not url.hostname:
        parser.error(f"{given.target!r} is not a proxy like http://127.0.0.1:8080")
    host, _, port = given.origin_listen.rpartition(":")
    if not host or not port.isdigit():
        parser.error(f"{given.origin_listen!r} is not a place to listen like 127.0.0.1:9000")
    target = Target(host=url.hostname, port=url.port or 80, quiet_s=given.quiet)
    cases = [case for case in CASES.values() if given.only in case.name]
    return asyncio.run(_all(target, RecordingOrigin(host, int(port)), cases))


async def _all(target: Target, origin: RecordingOrigin, cases: list[Case]) -> int:
    failed = repaired = 0
    async with origin:
        for case in cases:
            verdict = await _one(target, origin, case)
            failed += bool(verdict.faults)
            repaired += bool(verdict.repairs and not verdict.faults)
            print(_line(case, verdict))
            for fault in verdict.faults:
                print(f"      {fault[:400]}")
    print(f"{len(cases)} cases, {failed} failed, {repaired} repaired")
    return 1 if failed else 0


async def _one(target: Target, origin: RecordingOrigin, case: Case) -> Verdict:
    """Cases come one after the other: what arrives in the meantime is this one's."""
    origin.take()
    try:
        reader, writer = await asyncio.open_connection(target.host, target.port)
    except OSError as error:
        raise SystemExit(f"no proxy at {target.host}:{target.port}: {error}") from None
    try:
        writer.write(case.wire)
        await _until_quiet(reader, target.quiet_s)
    except ConnectionError:
        pass  # it had enough
    finally:
        writer.close()
    await asyncio.sleep(target.quiet_s / 3)  # what it still forwards of a client that left
    return judge_requests(case.wire, origin.take(), compares_fields=False)


async def _until_quiet(reader: asyncio.StreamReader, quiet_s: float) -> None:
    try:
        while await asyncio.wait_for(reader.read(65536), quiet_s):
            pass
    except TimeoutError:
        pass  # it waits for more, or has nothing more to say


def _line(case: Case, verdict: Verdict) -> str:
    arrived = [f"{m.first[0].decode('latin-1')} {m.first[1][:40].decode('latin-1')}" for m in verdict.forwarded]
    said = read_requests(case.wire).rest
    how = (
        "malformed"
        if isinstance(said, Malformed)
        else "cut short"
        if isinstance(said, Cut) and said.has_bytes
        else "well formed"
    )
    broken = f" and {len(verdict.unfinished)} broken off" if verdict.unfinished else ""
    mark = "FAIL" if verdict.faults else "repaired" if verdict.repairs else "ok"
    return f"{mark:10}{case.section:8} {case.name} ({how}): {', '.join(arrived) or 'nothing'}{broken}"


if __name__ == "__main__":
    raise SystemExit(main())
