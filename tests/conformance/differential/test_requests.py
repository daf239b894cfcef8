"""Every named case through the worker, whole and byte by byte: what arrives is what was sent, or nothing. Covers CT-58."""

import pytest

from tests.conformance.differential.meeting import Cutting, faults_of, meet, meeting
from tests.conformance.differential.request_cases import CASES, NEXT, Case, head
from tests.integration.proxying import at_random, byte_by_byte, on_uvloop, whole

_LONG, _VERY_LONG = 4096, 50_000


def _cuts(case: Case) -> tuple[Cutting, ...]:
    """All ways that the case is worth to be cut. The two hundred mixtures of framing end with their heads."""
    if len(case.wire) > _VERY_LONG:
        return (whole,)
    return (
        (whole, at_random(1))
        if len(case.wire) > _LONG or case.section == "6.3"
        else (whole, at_random(1), byte_by_byte)
    )


@pytest.mark.parametrize("case", CASES.values(), ids=CASES.keys())
@on_uvloop
async def test_nothing_arrives_but_what_was_sent(case: Case) -> None:
    async with meeting() as (it, origin):
        for cut in _cuts(case):
            met = await meet(it, origin, case.wire, cut)
            assert not faults_of(met), met
            assert len(met.verdict.forwarded) == case.arrives, met
            assert not any(message.first[1] == b"/smuggled" for message in met.verdict.forwarded)


@pytest.mark.parametrize(
    "name",
    [
        "a length, then chunked around a request",
        "a body in chunks that is a request",
        "a trailer",
        "a bare LF in a trailer",
        "good, then a bad chunk",
        "h2c with a length",
        "h2c with chunks",
    ],
)
@on_uvloop
async def test_it_is_the_same_wherever_the_bytes_are_cut_in_two(name: str) -> None:
    case = CASES[name]
    async with meeting() as (it, origin):
        for at in range(1, len(case.wire)):
            met = await meet(it, origin, case.wire, lambda wire, at=at: (wire[:at], wire[at:]))
            assert not faults_of(met), (at, met)
            assert len(met.verdict.forwarded) == case.arrives, (at, met)


@on_uvloop
async def test_an_upgrade_to_nothing_is_no_upgrade() -> None:
    """Would production switch, what came behind the request were parsed as a request already."""
    async with meeting() as (it, origin):
        wire = head(b"Connection: Upgrade", b"Upgrade: ", first=b"GET / HTTP/1.1") + NEXT
        met = await meet(it, origin, wire)
        assert [message.values(b"upgrade") for message in met.verdict.forwarded] == [[], []]
