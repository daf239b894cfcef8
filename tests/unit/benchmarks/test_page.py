from __future__ import annotations

from dataclasses import replace

from benchmarks.page import markdown, verdict
from benchmarks.promises import Promise
from benchmarks.worker import Copied
from tests.unit.benchmarks.runs import ALL_KEPT, ours


def test_a_page_says_first_that_all_was_kept() -> None:
    page = markdown(ALL_KEPT)
    assert "**All 13 promises below were kept in this run.**" in page
    assert "{" not in page


def test_a_page_says_plainly_what_was_not_kept() -> None:
    page = markdown(replace(ALL_KEPT, peers=[*ALL_KEPT.peers[:-1], ours([1000.0] * 3)]))
    assert "**3 of 13 promises were NOT kept in this run:**" in page
    line = next(line for line in page.splitlines() if line.startswith("| ≥ 3.5 × the requests/s of aiohttp"))
    assert "| 0.20 (0.20–0.20);" in line
    assert line.endswith("| **no** |")


def test_a_page_names_interpreter_and_absent_peers() -> None:
    page = markdown(ALL_KEPT)
    assert "run on the same Python 3.11.2, optimised (--enable-optimizations)" in page
    assert "| Portkey gateway | node is not on PATH |" in page


def test_promises_that_were_not_measured_are_not_counted() -> None:
    kept = [Promise(text="a", found="1", kept=True), Promise(text="b", found="–", kept=None)]
    assert verdict(kept) == "**All 1 promises below were kept in this run.**"


def with_copies(offered: int, accepted: int) -> str:
    """The page of a run where our peer counted so much at the small size."""
    *others, last = ALL_KEPT.peers
    copied = {"requests, 300 B": Copied(offered=offered, accepted=accepted)}
    return markdown(replace(ALL_KEPT, peers=[*others, replace(last, copied=copied)]))


def test_a_table_of_a_size_that_was_handed_off_in_part_says_so_beside_it() -> None:
    assert "were handed off (see Copies)" not in with_copies(1000, 999)
    sections = {part.splitlines()[0]: part for part in with_copies(1000, 70).split("\n## ")}
    told = "only 7.00% were handed off (see Copies)"
    assert told in sections["Requests with bodies of 300 B"]


def test_a_peer_that_mirrors_nothing_has_no_share_of_copies() -> None:
    assert "of these, requests, 300 B" in with_copies(10, 10)
    assert "of these, requests, 300 B" not in with_copies(0, 0)
