"""One policy over another."""

from hypothesis import given
from hypothesis import strategies as st

from shadowbench.policies.extending import laid_over, struck_in_vain

BASE = {
    "name": "base",
    "about": "of the base",
    "alpha": 0.1,
    "primary": {"pairwise": {"margin": 0.05}},
    "guardrails": {"latency_p95": {"measure": "latency", "margin": "20%", "relative": True}, "cost": {"margin": 0.1}},
    "requires": {"pairs": 300, "clusters": 100},
    "slices": ["path", "model"],
}


def test_nothing_over_it_leaves_all_but_its_name() -> None:
    assert laid_over({}, BASE) == {key: value for key, value in BASE.items() if key not in ("name", "about")}


def test_primary_claims_stand_instead() -> None:
    over = {"primary": {"quality": {"margin": 0.03}}}
    assert laid_over(over, BASE)["primary"] == over["primary"]


def test_guardrails_change_key_by_key() -> None:
    found = laid_over({"guardrails": {"latency_p95": {"margin": "30%"}, "empty": {"margin": 0.01}}}, BASE)
    assert found["guardrails"] == {
        "latency_p95": {"measure": "latency", "margin": "30%", "relative": True},
        "cost": {"margin": 0.1},
        "empty": {"margin": 0.01},
    }


def test_null_strikes_out() -> None:
    found = laid_over(
        {"guardrails": {"cost": None, "latency_p95": {"relative": None}}, "requires": {"pairs": None}}, BASE
    )
    assert found["guardrails"] == {"latency_p95": {"measure": "latency", "margin": "20%"}}
    assert found["requires"] == {"clusters": 100}


def test_lists_and_numbers_stand_instead() -> None:
    found = laid_over({"alpha": 0.01, "slices": ["tenant_key"]}, BASE)
    assert (found["alpha"], found["slices"]) == (0.01, ["tenant_key"])


def test_what_is_no_mapping_is_left_for_who_reads_it() -> None:
    found = laid_over({"guardrails": 3, "requires": None}, BASE)
    assert (found["guardrails"], found["requires"]) == (3, BASE["requires"])
    assert laid_over({"guardrails": {"x": {"margin": 1}}}, {"guardrails": 3})["guardrails"] == {"x": {"margin": 1}}


def test_neither_is_changed() -> None:
    before = repr(BASE)
    laid_over({"guardrails": {"cost": None}}, BASE)
    assert repr(BASE) == before


def test_what_is_struck_out_must_have_been_there() -> None:
    told = dict(struck_in_vain({"guardrails": {"cots": None, "cost": None}, "radar": {"x": None}}, BASE))
    assert told == {
        ("guardrails", "cots"): "there is nothing of this name to strike out; did you mean 'cost'?",
        ("radar", "x"): "there is nothing of this name to strike out; there are: none",
    }


values = st.one_of(st.none(), st.integers(), st.text(max_size=3))
claims = st.dictionaries(st.sampled_from("abc"), st.one_of(st.none(), st.dictionaries(st.sampled_from("xyz"), values)))
policies = st.fixed_dictionaries({}, optional={"primary": claims, "guardrails": claims, "alpha": st.floats(0, 1)})


@given(policies, policies)
def test_laid_over_once_more_it_stays_the_same(fields: dict[str, object], base: dict[str, object]) -> None:
    once = laid_over(fields, laid_over(base, {}))
    assert laid_over(fields, once) == once
    assert None not in dict(once.get("guardrails", {})).values()
