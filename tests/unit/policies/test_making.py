"""From keys to the policy."""

from shadowbench.policies.fields import PolicyFields
from shadowbench.policies.making import policy_from
from shadowbench.report.policy import Against, Anchor, Claim, Looks, Needs, Policy, Statistic, Watching, WhereAbsent


def test_an_empty_file_declares_nothing_and_has_the_defaults() -> None:
    assert policy_from(PolicyFields(), "mine") == Policy(name="mine")


def test_every_key_reaches_the_policy() -> None:
    fields = PolicyFields.model_validate(
        {
            "name": "all of it",
            "about": " For people. ",
            "alpha": 0.01,
            "watching": {"looks": "planned", "clusters": 400, "planned": 4},
            "primary": {"quality": {"margin": "3%", "baseline_margin": 0.01}},
            "guardrails": {
                "slow": {"measure": "latency", "statistic": "p99", "relative": True, "margin": "20%"},
                "bill": {"measure": "cost", "statistic": "total", "needs": "better", "where_absent": "skip"},
                "flips": {"measure": "refusal_flip", "against": "again", "margin": 0.01},
                "errors": {"measure": "error_class", "against": "bound", "bound": "2%"},
            },
            "requires": {"pairs": 7, "labels": 5, "labelled_twice": 0.5, "uncalibrated_judges": True, "a_a_lane": True},
            "slices": ["path"],
            "correct": "exact_match_reference",
            "radar": {"latency": {"begin": 6, "target": 0.5}},
        }
    )
    made = policy_from(fields, "file")
    assert (made.name, made.about, made.alpha) == ("all of it", "For people.", 0.01)
    assert made.watching == Watching(looks=Looks.PLANNED, clusters=400, planned=4)
    assert made.primary == (Claim(measure="quality", margin=0.03, baseline_margin=0.01),)
    assert made.guardrails == (
        Claim(measure="latency", margin=0.2, relative=True, statistic=Statistic.P99),
        Claim(
            measure="cost",
            statistic=Statistic.TOTAL,
            relative=True,
            needs=Needs.BETTER,
            where_absent=WhereAbsent.SKIP,
        ),
        Claim(measure="refusal_flip", against=Against.AGAIN, margin=0.01),
        Claim(measure="error_class", against=Against.BOUND, bound=0.02),
    )
    assert (made.requires.pairs, made.requires.labels, made.requires.labelled_twice) == (7, 5, 0.5)
    assert made.requires.uncalibrated_judges
    assert made.requires.a_a_lane
    assert (made.slices, made.correct) == (("path",), "exact_match_reference")
    assert made.radar == {"latency": Anchor(begin=6.0, target=0.5)}
