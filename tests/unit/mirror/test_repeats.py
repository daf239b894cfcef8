from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shadowbench.endpoints.testing import ScriptedProvider
from shadowbench.mirror.options import BudgetOptions, CandidateOptions, MirrorOptions, StratumOptions
from shadowbench.mirror.repeats import with_repeats
from shadowbench.mirror.sampling import Bound, draw
from shadowbench.mirror.strata import Strata
from shadowbench.records import again, is_again
from tests.mirrors import candidate, mirror

PRODUCTION = CandidateOptions(name="", url="http://production", api_key_env="KEY")
A = CandidateOptions(name="a", url="http://a", sample_rate=0.5, max_per_second=10, concurrency=16, model="small")
B = CandidateOptions(name="b", url="http://b", sample_rate=0.2)
RARE = StratumOptions(name="rare", models=("o3",), rates={"a": 1.0})


def options(*candidates: CandidateOptions, strata: tuple[StratumOptions, ...] = ()) -> MirrorOptions:
    return MirrorOptions(runtime_folder="", secret_file="", candidates=candidates, strata=strata)


def test_nothing_is_repeated_unless_asked_and_where_there_is_nobody_to_compare() -> None:
    assert with_repeats(options(A), 0.0, PRODUCTION) == options(A)
    assert with_repeats(options(), 0.5, PRODUCTION) == options()


def test_each_side_is_asked_again_under_its_own_configuration_and_candidates_stay_where_they_were() -> None:
    *candidates, production, a, b = with_repeats(options(A, B), 0.1, PRODUCTION).candidates
    assert candidates == [A, B]
    assert [each.name for each in (production, a, b)] == ["production~again", "a~again", "b~again"]
    assert all(is_again(each.name) for each in (production, a, b)) and not is_again("a") and again("a") == "a~again"
    assert (a.repeats, a.url, a.model, a.config_hash) == ("a", A.url, A.model, A.config_hash)
    assert (production.repeats, production.url, production.api_key_env) == ("production", "http://production", "KEY")
    assert a.max_per_second == pytest.approx(1.0) and b.max_per_second is None
    assert a.concurrency == 3, "a share of the candidate's, and never none"


def test_production_is_asked_again_whenever_any_candidate_is() -> None:
    repeated = with_repeats(options(A, B, strata=(RARE,)), 0.1, PRODUCTION)
    strata = Strata.of(repeated.strata, repeated.candidates)
    rates = {
        model: dict(
            zip(
                [each.name for each in repeated.candidates],
                strata.at_open("/", None).settle(model).rates,
                strict=True,
            )
        )
        for model in ("gpt", "o3")
    }
    expected = {"a": 0.5, "b": 0.2, "production~again": 0.05, "a~again": 0.05, "b~again": 0.02}
    assert rates["gpt"] == pytest.approx(expected)
    rare = {"a": 1.0, "b": 0.2, "production~again": 0.1, "a~again": 0.1, "b~again": 0.02}
    assert rates["o3"] == pytest.approx(rare)


@given(point=st.integers(0, 2**64 - 1), share=st.floats(0.01, 1), admitted=st.floats(0, 1))
def test_what_is_repeated_is_copied(point: int, share: float, admitted: float) -> None:
    repeated = with_repeats(options(A, B), share, PRODUCTION).candidates
    rates = [each.sample_rate for each in repeated]
    drawn = draw(point, 0, rates, [1.0] * len(rates), Bound(admitted, False)).probabilities
    chosen = {repeated[index].name for index in drawn}
    for name in ("a", "b"):
        if again(name) in chosen:
            assert name in chosen and again("production") in chosen
    for index, probability in drawn.items():
        assert probability == min(rates[index], admitted)


async def test_a_repeat_is_another_call_of_the_same_request_and_is_paid_by_its_candidate(tmp_path: Path) -> None:
    async with ScriptedProvider() as provider, ScriptedProvider() as production:
        small = candidate(provider.url, budgets=BudgetOptions(tokens_total=10**6))
        expanded = with_repeats(options(small), 1.0, candidate(production.url, "production")).candidates
        async with mirror(tmp_path, *expanded) as rig:
            proxy = await rig.proxy()
            proxy.exchange()
            await proxy.settled()
            assert rig.service._purses["small"] is rig.service._purses["small~again"]
            assert rig.service._purses["production~again"] is not rig.service._purses["small"]
            (exchange,) = rig.logged
        assert [each.name for each in exchange.plan.candidates] == ["small", "production~again", "small~again"]
        bodies = [each.body for each in provider.requests]
        assert len(bodies) == 2 and bodies[0] == bodies[1]
        assert len(production.requests) == 1
