"""Plans in chapters."""

from __future__ import annotations

import re
from dataclasses import replace

from shadowbench.report.chapters.nouns import Chapter, Line, Table
from shadowbench.report.chapters.planning import expecting, planning
from shadowbench.report.plan import planned
from shadowbench.report.policy import Looks, Watching
from shadowbench.report.sizing import Design, amount, expected
from tests.unit.report.documents import example

ONCE = Design(watching=Watching(looks=Looks.ONCE))


def lines(chapter: Chapter) -> list[str]:
    return [block.text for block in chapter.blocks if isinstance(block, Line)]


def rows(chapter: Chapter) -> list[tuple[str, ...]]:
    return [row.cells for block in chapter.blocks if isinstance(block, Table) for row in block.rows]


def test_every_claim_has_a_row_with_what_it_takes_or_why_not() -> None:
    found = rows(planning(planned(example(), ONCE)))
    assert len(found) == 14
    by_claim = {(row[0], row[1].partition(":")[0].partition(" not ")[0].partition(" better ")[0]): row for row in found}
    assert by_claim["hot", "helpfulness"][2:4] == ("open", "2,400")
    assert int(by_claim["hot", "helpfulness"][4].replace(",", "")) > 2400
    assert by_claim["hot", "refusal_flip"][4] == ""
    assert "hot, refusal_flip: not measured." in lines(planning(planned(example(), ONCE)))
    assert by_claim["small", "helpfulness"][5:7] == ("0", "")
    assert by_claim["small", "cost (total)"][7].endswith(" %")


def test_what_looking_costs_is_told() -> None:
    often = Design(watching=Watching(looks=Looks.ANY, clusters=1000))
    few = Design(watching=Watching(looks=Looks.PLANNED, planned=5))
    told = {design.watching.looks: lines(planning(planned(example(), design)))[1] for design in (ONCE, often, few)}
    assert told[Looks.ONCE].endswith("with a single look.")
    assert "with looks at any time, which take " in told[Looks.ANY]
    assert re.search(
        r"with 5 planned looks, which take 1\.\d+ to \d\.\d+ times the pairs of a single one", told[Looks.PLANNED]
    )


def test_the_end_is_told() -> None:
    small = replace(example(), candidates=example().candidates[2:3])
    assert lines(planning(planned(small, ONCE)))[-1] == "Enough is there."
    assert lines(planning(planned(example(), ONCE)))[-1].startswith("How long all of it takes cannot be told")
    assert lines(planning(planned(replace(example(), candidates=()), ONCE))) == [
        "There is no candidate yet but production itself."
    ]


def test_expected_numbers_become_a_sentence() -> None:
    found = amount(expected(1 / 3), 0.03, ONCE)
    assert lines(expecting(found, ONCE, 100))[0] == "It takes 969 pairs, 9.7 d at this traffic."
    together = amount(expected(1 / 3, cluster_size=3, icc=0.1), 0.03, ONCE)
    assert lines(expecting(together, ONCE, None))[0] == "It takes 1,163 pairs in 388 clusters."


def test_what_is_taken_for_granted_is_told_and_no_plan_is_longer_than_a_year() -> None:
    slow = replace(
        example(), source=replace(example().source, last_at=(example().source.first_at or 0) + 3000 * 86_400)
    )
    chapter = planning(planned(slow, ONCE))
    assert lines(chapter)[0].startswith(
        "Candidates are expected to be as good as production, or better by --difference"
    )
    assert "more than a year" in {row[6] for row in rows(chapter)}
