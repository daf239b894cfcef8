from __future__ import annotations

from shadowbench.mirror.options import CandidateOptions, MirrorOptions, StratumOptions
from shadowbench.mirror.terms import Terms

OPTIONS = MirrorOptions(
    runtime_folder="r",
    secret_file="s",
    candidates=(
        CandidateOptions(name="a", url="http://a", sample_rate=0.2, max_per_second=5.0, server_tools="strip"),
        CandidateOptions(name="b", url="http://b"),
    ),
    strata=(StratumOptions(name="s", paths=("*",), rates={"b": 0.7}),),
    sample_key="header: X-User ",
    tenant_header=" X-Tenant",
    opt_out_header="X-No",
)


def test_options_are_compiled_once() -> None:
    terms = Terms.of(OPTIONS, bytes(32), 7)
    assert terms.rates == (0.2, 0.0) and terms.caps == (5.0, None) and terms.strips == (True, False)
    assert terms.tenant_header == b"x-tenant" and terms.eligibility.opt_out_header == b"x-no"
    assert terms.cluster_header == b"x-user", "requests that are sampled together are not independent"
    assert [name for name, _ in terms.candidates] == ["a", "b"]


def test_the_policy_is_an_upper_bound_over_strata() -> None:
    policy = Terms.of(OPTIONS, bytes(32), 7).policy()
    assert (policy.version, policy.rate, policy.salt) == (7, 0.7, bytes(32))
