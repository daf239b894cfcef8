"""Findings are claims that passed their rule, most important first; where none did, that is the finding."""

from collections.abc import Sequence
from itertools import permutations

from shadowbench.report.analysis.deciding import decide
from shadowbench.report.analysis.finding import findings
from shadowbench.report.document.comparisons import Comparison, Origin, Role, Scale
from shadowbench.report.document.root import Candidate
from shadowbench.report.policy import Against, Claim, Needs, Policy, Statistic
from shadowbench.scores import Direction
from tests.unit.report.analysis.parts import candidate, card, compared, counts, document, effect

RUBRIC = Claim(measure="rubric", margin=0.05)
ERRORS = Claim(measure="errors", against=Against.BOUND, bound=0.02)
POLICY = Policy(primary=(RUBRIC,), guardrails=(ERRORS,))


def decided(name: str, comparisons: Sequence[Comparison], policy: Policy = POLICY) -> Candidate:
    return candidate(name, comparisons, verdict=decide(comparisons, counts(), policy))


def rubric(*interval: float, role: Role = Role.PRIMARY, **others: object) -> Comparison:
    return compared("rubric", (interval[0], interval[1]), role=role, **others)  # type: ignore[arg-type]


def errors(*interval: float) -> Comparison:
    return compared(
        "errors", (interval[0], interval[1]), role=Role.GUARDRAIL, scale=Scale.LEVEL, against=Against.BOUND,
        direction=Direction.LOWER,
    )  # fmt: skip


def found(*comparisons: Comparison, policy: Policy = POLICY, **others: object) -> list[str]:
    notes = findings(document([decided("small", comparisons, policy)], policy=policy, **others))
    return [note.code for note in notes]


def test_where_nothing_is_shown_that_is_the_finding() -> None:
    assert found(rubric(-0.1, 0.1), errors(0.0, 0.1)) == ["no_claim_supported"]
    assert [note.code for note in findings(document())] == ["no_claim_supported"]


def test_what_was_declared_is_told_by_how_it_came_out() -> None:
    assert found(rubric(-0.02, 0.02), errors(0.0, 0.01)) == ["non_inferior", "within_bound"]
    assert found(rubric(0.02, 0.04), errors(0.03, 0.05)) == ["better", "beyond_bound"]
    assert found(rubric(-0.2, -0.1)) == ["inferior"]
    assert found(rubric(-0.04, -0.01)) == ["worse"]  # by less than the margin


def test_a_bound_is_told_with_its_number() -> None:
    [note] = findings(document([decided("small", [errors(0.0, 0.01)])], policy=POLICY))
    assert (note.code, note.values["bound"]) == ("within_bound", 0.02)


def test_a_little_worse_is_told_with_the_margin_that_allows_it() -> None:
    [note] = findings(document([decided("small", [rubric(-0.04, -0.01)])], policy=POLICY))
    assert (note.values["allowed"], note.values["margin"]) == (1, 0.05)


def test_what_should_have_been_better_and_is_worse() -> None:
    policy = Policy(primary=(Claim(measure="rubric", needs=Needs.BETTER),))
    assert found(rubric(-0.04, -0.01, p_adjusted=0.01), policy=policy) == ["worse"]
    assert found(rubric(0.01, 0.04, p_adjusted=0.01), policy=policy) == ["better"]
    assert found(rubric(0.01, 0.04, p_adjusted=0.2), policy=policy) == ["no_claim_supported"]


def test_secondary_measures_count_only_when_corrected_for_their_number() -> None:
    length = compared("length", (10, 20), direction=Direction.NEITHER, p_adjusted=0.01)
    chance = compared("bleu", (0.01, 0.02), p_adjusted=0.06)
    unlike = compared("token_f1", (0.6, 0.7), scale=Scale.LEVEL)
    assert found(length, chance, unlike) == ["higher"]


def test_a_measure_is_told_once_beside_what_was_declared_about_it() -> None:
    faster, usual = (
        compared("latency", (-2, -1), p_adjusted=p, statistic=statistic, direction=Direction.LOWER)
        for p, statistic in ((0.02, Statistic.MEAN), (0.01, Statistic.P50))
    )
    notes = findings(document([candidate(comparisons=[faster, usual])]))
    assert [note.values["statistic"] for note in notes] == ["p50"]
    again = compared("rubric", (0.02, 0.04), p_adjusted=0.001, statistic=Statistic.P50)
    assert found(rubric(-0.02, 0.02), again) == ["non_inferior"]
    assert found(rubric(-0.2, 0.2), again) == ["better"]  # nothing declared was found, so this is news


def test_secondary_findings_are_in_the_order_of_their_evidence() -> None:
    weak, strong = (compared(name, (0.01, 0.02), p_adjusted=p) for name, p in (("bleu", 0.04), ("chrf", 0.001)))
    notes = findings(document([candidate(comparisons=[weak, strong])]))
    assert [note.measure for note in notes] == ["chrf", "bleu"]


def test_what_production_shows_against_itself_is_no_finding() -> None:
    noisy = rubric(0.01, 0.03, noise=effect((0.02, 0.05)))
    assert found(noisy) == ["non_inferior"]  # which is true all the same
    assert found(compared("bleu", (0.01, 0.03), p_adjusted=0.01, noise=effect((0.02, 0.05)))) == ["no_claim_supported"]


def test_nothing_is_found_that_rests_on_a_judge_nobody_checked() -> None:
    judged = compared("helpfulness", (0.6, 0.7), scale=Scale.PREFERENCE, origin=Origin.JUDGE, p_adjusted=0.001)
    assert found(judged) == ["no_claim_supported"]
    assert found(judged, judges=(card("helpfulness"),)) == ["better"]


def test_lanes_find_nothing() -> None:
    lane = candidate("again", [compared("bleu", (0.01, 0.02), p_adjusted=0.001)], again=True)
    assert [note.code for note in findings(document([lane]))] == ["no_claim_supported"]


def test_primary_claims_of_all_candidates_come_before_any_guardrail() -> None:
    both = [decided(name, [rubric(-0.02, 0.02), errors(0.0, 0.01)]) for name in ("large", "small")]
    notes = findings(document(both, policy=POLICY))
    assert [(note.candidate, note.measure) for note in notes] == [
        ("large", "rubric"),
        ("small", "rubric"),
        ("large", "errors"),
        ("small", "errors"),
    ]


def test_the_order_of_candidates_changes_no_finding() -> None:
    every = [
        decided("large", [rubric(0.02, 0.04), errors(0.0, 0.01)]),
        decided("small", [rubric(-0.2, -0.1)]),
        decided("young", [rubric(-0.2, 0.2)]),
    ]
    notes = [findings(document(order, policy=POLICY)) for order in permutations(every)]
    assert all(sorted(map(repr, each)) == sorted(map(repr, notes[0])) for each in notes)
