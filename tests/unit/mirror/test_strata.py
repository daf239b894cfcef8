from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from shadowbench.mirror.options import CandidateOptions, StratumOptions
from shadowbench.mirror.strata import Strata

A = CandidateOptions(name="a", url="http://a", sample_rate=0.5)
OFF = CandidateOptions(name="off", url="http://b", sample_rate=0.0)
NAMES = st.sampled_from(["x", "y", "*", "x*"])
STRATUM = st.builds(
    StratumOptions,
    name=st.uuids().map(str),
    paths=st.lists(NAMES, max_size=1).map(tuple),
    tenants=st.lists(NAMES, max_size=1).map(tuple),
    models=st.lists(NAMES, max_size=1).map(tuple),
    sample_rate=st.none() | st.floats(0, 1),
    rates=st.dictionaries(st.sampled_from(["a", "off"]), st.floats(0, 1)),
)


def test_a_candidate_s_rate_goes_before_the_stratum_s_and_that_before_its_own() -> None:
    def rates(**given: object) -> tuple[float, ...]:
        stratum = StratumOptions(name="s", paths=("*",), **given)  # type: ignore[arg-type]
        return Strata.of([stratum], [A, OFF]).at_open("/", None).settle(None).rates

    assert rates(sample_rate=0.9, rates={"a": 0.1}) == (0.1, 0.0)
    assert rates(sample_rate=0.9) == (0.9, 0.0), "what samples nothing is not switched on by a stratum"
    assert rates(rates={"off": 0.2}) == (0.5, 0.2), "unless it is named"


def test_without_strata_everything_is_one() -> None:
    possible = Strata.of([], [A, OFF]).at_open("/", None)
    assert possible.settle("m").name is None and possible.ceiling == 0.5
    assert Strata.of([], []).at_open("/", None).ceiling == 0.0


@given(
    strata=st.lists(STRATUM, max_size=4),
    path=st.sampled_from(["x", "y", "z"]),
    tenant=st.sampled_from([None, "x", "y"]),
    model=st.sampled_from([None, "x", "xx", "z"]),
)
def test_the_first_that_matches_counts_and_what_is_possible_bounds_it(
    strata: list[StratumOptions], path: str, tenant: str | None, model: str | None
) -> None:
    def matches(globs: tuple[str, ...], value: str | None) -> bool:
        return not globs or (value is not None and (globs[0] in ("*", value) or (globs[0] == "x*" and value[0] == "x")))

    found = Strata.of(strata, [A, OFF])
    possible = found.at_open(path, tenant)
    stratum = possible.settle(model)
    fitting = [
        each.name
        for each in strata
        if matches(each.paths, path) and matches(each.tenants, tenant) and matches(each.models, model)
    ]
    assert stratum.name == (fitting[0] if fitting else None)
    assert max(stratum.rates) <= possible.ceiling <= found.ceiling


def test_what_cannot_be_reached_does_not_raise_the_ceiling() -> None:
    strata = [
        StratumOptions(name="low", paths=("/low",), sample_rate=0.1),
        StratumOptions(name="high", models=("o1",), sample_rate=0.9),
    ]
    found = Strata.of(strata, [A, OFF])
    assert found.at_open("/low", None).ceiling == 0.1
    assert found.at_open("/other", None).ceiling == found.ceiling == 0.9


def test_all_spellings_of_a_path_are_one_route() -> None:
    strata = Strata.of([StratumOptions(name="admin", paths=("/admin/*",), sample_rate=0.1)], [A])
    for path in ("/admin/x", "//admin/x", "/%61dmin/x", "/admin%2Fx"):
        assert strata.at_open(path, None).settle(None).name == "admin"
