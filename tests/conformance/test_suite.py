"""The suite itself, against proxies whose faults are known: what should fail does, and a proxy that hangs stops nothing."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path

from tests.conformance import page, table
from tests.conformance.messages import Body, Head, head_of, message, request_body, response_body
from tests.conformance.running import CHECKS, Result, added_up, run
from tests.conformance.servers import Server
from tests.conformance.stand import Stand
from tests.conformance.titles import TITLES

Handle = Callable[[asyncio.StreamReader, asyncio.StreamWriter, int], Awaitable[None]]
BodyOf = Callable[[Head, bytes], Body | None]


async def judged(handle: Handle, folder: Path, numbers: list[int]) -> dict[str, str]:
    """The verdicts of cases against a proxy, all at the same time: cases do not disturb each other."""
    async with _in_front(handle, folder) as stand:
        many = await asyncio.gather(*(run(stand, [number]) for number in numbers))
    return {result.case: result.verdict for results in many for result in results}


@asynccontextmanager
async def _in_front(handle: Handle, folder: Path) -> AsyncIterator[Stand]:
    tasks: set[asyncio.Task[None]] = set()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        tasks.add(task)
        try:
            await handle(reader, writer, origin.port)
        except (OSError, asyncio.IncompleteReadError):
            pass  # a peer left
        finally:
            writer.close()

    async with Server() as origin:
        server = await asyncio.start_server(serve, "127.0.0.1", 0)
        try:
            port = server.sockets[0].getsockname()[1]
            yield Stand(host="127.0.0.1", port=port, origin=origin, candidate=None, folder=folder, patience_s=0.1)
        finally:
            server.close()
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)


# ── proxies ──


async def pipe(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, origin: int) -> None:
    """Bytes in, the same bytes out, in both directions."""
    up_reader, up_writer = await asyncio.open_connection("127.0.0.1", origin)
    copies = [asyncio.ensure_future(_copy(*ends)) for ends in ((reader, up_writer), (up_reader, writer))]  # noqa: TID251  # kept
    try:
        await asyncio.wait(copies, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for copy in copies:
            copy.cancel()
        await asyncio.gather(*copies, return_exceptions=True)
        up_writer.close()


async def _copy(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    while data := await reader.read(65536):
        writer.write(data)


async def collector(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, origin: int) -> None:
    """What a beginner writes: collects requests and answers whole, adds a header, loses spellings, tries again."""
    while True:
        head, body = await _message(reader, lambda head, rest: request_body(head, rest))
        lines = tuple((name.decode().lower(), value.decode("latin-1")) for name, value in head.headers)
        request = message(head.line.decode(), (*lines, ("accept-encoding", "gzip")), body)
        for _ in range(2):
            try:
                writer.write(await _asked(origin, request))
                break
            except (OSError, EOFError):
                continue
        else:
            return


async def _asked(origin: int, request: bytes) -> bytes:
    reader, writer = await asyncio.open_connection("127.0.0.1", origin)
    try:
        writer.write(request)
        head, body = await _message(reader, lambda head, rest: response_body(head, rest, ended=False, is_head=False))
        kept = tuple((n.decode(), v.decode("latin-1")) for n, v in head.headers if n.lower() != b"transfer-encoding")
        length = () if head.get(b"content-length") else (("Content-Length", str(len(body))),)
        return message(head.line.decode(), (*kept, *length), body)
    finally:
        writer.close()


async def _message(reader: asyncio.StreamReader, body_of: BodyOf) -> tuple[Head, bytes]:
    buffer = bytearray()
    while (head := head_of(buffer)) is None or (body := body_of(head, bytes(buffer[head.size :]))) is None:
        data = await reader.read(65536)
        if not data:
            raise EOFError
        buffer += data
    return head, body.data


async def hung(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, origin: int) -> None:
    """Accepts, and does nothing."""
    await asyncio.Event().wait()


# ── what the suite says of them ──


async def test_a_pipe_is_transparent_but_no_proxy(tmp_path: Path) -> None:
    seen = await judged(pipe, tmp_path, [1, 2, 3, 7, 17, 21, 40, 41, 43, 45, 47, 49, 50, 54, 57, 58, 61, 66, 68, 69])
    assert [case for case, verdict in seen.items() if verdict == "fail"] == ["CT-40", "CT-58"]


async def test_a_proxy_that_collects_retries_and_edits_is_found_out(tmp_path: Path) -> None:
    fails = [7, 19, 43, 49, 61, 67]
    seen = await judged(collector, tmp_path, [2, 42, 50, *fails])
    assert [case for case, verdict in seen.items() if verdict == "pass"] == ["CT-02", "CT-42", "CT-50"]


async def test_a_proxy_that_hangs_fails_its_cases_and_the_suite_goes_on(tmp_path: Path) -> None:
    assert set((await judged(hung, tmp_path, [7, 19, 54])).values()) == {"fail"}


async def test_what_needs_a_mirror_or_shadowbench_does_not_apply_to_others(tmp_path: Path) -> None:
    seen = await judged(pipe, tmp_path, [5, 59, 74, 82, 90])
    assert set(seen.values()) == {"n/a"}


# ── adding up and telling ──


def _result(verdict: str, reason: str = "") -> Result:
    return Result(case="CT-17", verdict=verdict, reason=reason)


def test_a_case_fails_when_one_of_its_checks_does_and_passes_when_one_could_be_judged() -> None:
    assert added_up(17, [_result("pass"), _result("fail", "a"), _result("fail", "b")]) == _result("fail", "a; b")
    assert added_up(17, [_result("n/a", "a"), _result("pass")]) == _result("pass")
    assert added_up(17, [_result("n/a", "a"), _result("n/a", "a")]) == _result("n/a", "a")


def test_a_line_tells_the_case_and_what_was_seen() -> None:
    assert table.line(_result("fail", "late")).splitlines()[1].strip() == "late"
    assert table.line(_result("pass")).startswith("CT-17  pass  nothing is buffered")
    assert table.summary([_result("pass"), _result("fail")]) == "1 passed, 1 failed, 0 not applicable"


def test_results_come_back_from_their_file() -> None:
    results = [_result("fail", "ž")]
    kept = page.from_json(page.as_json("nginx", "1.2", results))
    assert (kept.proxy, kept.version, kept.results) == ("nginx", "1.2", {"CT-17": results[0]})


def test_every_check_says_where_it_is() -> None:
    assert len({check.where for check in CHECKS}) == len(CHECKS)
    assert all(len(title) <= 100 for title in TITLES.values())
