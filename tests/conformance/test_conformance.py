"""The suite against shadowbench, one test per case; the page says what the suite saw."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from pathlib import Path

import pytest

from tests.conformance import page
from tests.conformance.peers import PEERS
from tests.conformance.running import CHECKS, Result, run
from tests.conformance.stand import started
from tests.conformance.titles import SECTIONS, TITLES, name_of

# Cases that shadowbench does not pass yet. They stand on the page as failures; one that passes fails its test here.
FAILING: dict[int, str] = {}

CASES = [
    pytest.param(
        number, id=name_of(number), marks=pytest.mark.xfail(reason=FAILING[number]) if number in FAILING else ()
    )
    for number in TITLES
]


@pytest.fixture(scope="module")
def results(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Result]:
    """One run of the cases that are asked for, against one sidecar; of all, when the page is to be compared."""
    here = [item for item in request.session.items if item.path == request.path]
    asked = {item.callspec.params["number"] for item in here if "number" in getattr(item, "callspec", _NO).params}
    needs_all = any(item.name == test_the_page_says_what_this_run_saw.__name__ for item in here)

    async def judge() -> list[Result]:
        folder = tmp_path_factory.mktemp("conformance")
        async with started(PEERS["shadowbench"], folder, with_candidate=True) as stand:
            return await run(stand, None if needs_all else asked)

    return {result.case: result for result in asyncio.run(judge())}


class _NO:
    params: dict[str, object] = {}  # noqa: RUF012  # of a test without parameters


@pytest.mark.parametrize("number", CASES)
def test_shadowbench_does_what_the_case_says(number: int, results: dict[str, Result]) -> None:
    result = results[name_of(number)]
    assert result.verdict != "fail", f"{name_of(number)} {TITLES[number]}: {result.reason}"


def test_the_page_says_what_this_run_saw(results: dict[str, Result]) -> None:
    kept = page.recorded()
    seen = replace(kept[0], version=PEERS["shadowbench"].version(), results=results)
    assert page.PATH.read_text() == page.render([seen, *kept[1:]]), "python -m tests.conformance --page writes it anew"


def test_every_case_is_judged_and_stands_in_one_section() -> None:
    assert {check.number for check in CHECKS} == set(TITLES) == set(range(1, 94))
    assert [number for numbers in SECTIONS.values() for number in numbers] == sorted(TITLES)


def test_only_known_cases_fail() -> None:
    shadowbench = page.recorded()[0]
    failed = {name for name, result in shadowbench.results.items() if result.verdict == "fail"}
    assert failed == {name_of(number) for number in FAILING}


@pytest.mark.verify
@pytest.mark.timeout(400)
@pytest.mark.parametrize("name", [name for name in PEERS if name != "shadowbench"])
def test_others_do_what_the_page_says(name: str, tmp_path: Path) -> None:
    peer = PEERS[name]
    if missing := peer.missing():
        pytest.skip(missing)
    kept = page.from_json((page.RESULTS / f"{name}.json").read_text())

    async def judge() -> list[Result]:
        async with started(peer, tmp_path, with_candidate=peer.mirrors) as stand:
            return await run(stand)

    seen = {result.case: result for result in asyncio.run(judge())}
    differs = {
        case: (result.verdict, result.reason)
        for case, result in seen.items()
        if result.verdict != kept.results[case].verdict
    }
    assert not differs, f"{name} {peer.version()} does not do what the page says of {kept.version}"


@pytest.mark.verify
def test_nginx_mirror_stalls_a_connection_while_its_target_hangs(tmp_path: Path) -> None:
    peer = PEERS["nginx-mirror"]
    if missing := peer.missing():
        pytest.skip(missing)

    async def judge() -> list[Result]:
        async with started(peer, tmp_path, with_candidate=True) as stand:
            return await run(stand, [59])

    (result,) = asyncio.run(judge())
    assert result.verdict == "fail"
    assert "the connection's next request" in result.reason
