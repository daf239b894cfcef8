"""Finding plugins: ours, others', and what is wrong with them."""

import sys
from collections.abc import Iterator
from pathlib import Path
from textwrap import dedent

import pytest

from shadowbench.errors import ConfigurationError
from shadowbench.metrics.registry import METRICS, OWN_PACKAGE

DECLARED = """
    from shadowbench.metrics.base import metric
    from shadowbench.scores import Direction, Shape

    def declared(name):
        def function(pair):
            return 1.0
        return metric(version="1", shape=Shape.PAIR, direction=Direction.HIGHER, low=0, high=1, name=name)(function)
"""


@pytest.fixture
def install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[object]:
    """Puts a package with entry points on the path, as an installer would."""
    monkeypatch.syspath_prepend(str(tmp_path))
    before = set(sys.modules)

    def installed(package: str, code: str, **points: str) -> None:
        module = package.replace("-", "_")
        (tmp_path / f"{module}.py").write_text(dedent(DECLARED) + dedent(code))
        info = tmp_path / f"{module}-1.dist-info"
        info.mkdir()
        (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {package}\nVersion: 1\n")
        lines = [f"{name} = {module}:{attribute}" for name, attribute in points.items()]
        (info / "entry_points.txt").write_text("\n".join(["[shadowbench.metrics]", *lines]))

    yield installed
    for name in set(sys.modules) - before:
        del sys.modules[name]


def names_of(*wanted: str) -> list[tuple[str, str]]:
    return [(each.plugin.name, each.package) for found in METRICS.find(wanted).values() for each in found]


def test_our_own_come_the_same_way_as_others() -> None:
    assert names_of("exact_match", "latency") == [("exact_match", OWN_PACKAGE), ("latency", OWN_PACKAGE)]


def test_every_metric_of_ours_is_offered_under_one_name() -> None:
    offered = [each.plugin.name for each in METRICS.all_offered()]
    assert len(offered) == len(set(offered)) > 50


def test_metrics_of_other_packages_are_found_by_their_name_and_by_that_of_their_bundle(install) -> None:  # type: ignore[no-untyped-def]
    install(
        "others-one", "loud = declared('loud')\nBUNDLE = (declared('soft'), declared('low'))", loud="loud", b="BUNDLE"
    )
    assert names_of("loud", "low") == [("loud", "others-one"), ("low", "others-one")]


def test_a_place_goes_around_installed_packages_and_may_be_several(install) -> None:  # type: ignore[no-untyped-def]
    install("others-two", "class Here:\n    both = (declared('x'), declared('exact_match'))")
    assert names_of("others_two:Here.both") == [("x", "others_two"), ("exact_match", "others_two")]


def test_nothing_is_imported_that_is_not_asked_for(install) -> None:  # type: ignore[no-untyped-def]
    install("others-three", "raise RuntimeError('imported')", other="BUNDLE")
    assert names_of("exact_match") == [("exact_match", OWN_PACKAGE)]
    assert "others_three" not in sys.modules


def test_a_package_that_is_broken_is_named_when_it_may_be_the_one(install) -> None:  # type: ignore[no-untyped-def]
    install("others-four", "raise SystemExit('no')", quiet="quiet")
    with pytest.raises(ConfigurationError, match=r"(?s)no metric 'quiet'.*package others-four: .* \(SystemExit: no\)"):
        names_of("quiet")


def test_what_is_no_metric_is_told(install) -> None:  # type: ignore[no-untyped-def]
    install("others-five", "BUNDLE = ('soft', 3)")
    with pytest.raises(ConfigurationError, match=r"others_five:BUNDLE is neither a metric nor a tuple of such"):
        names_of("others_five:BUNDLE")
    with pytest.raises(ConfigurationError, match=r"others_five:GONE cannot be loaded \(AttributeError"):
        names_of("others_five:GONE")


def test_a_module_that_is_not_there_is_told_with_where_to_put_it() -> None:
    with pytest.raises(
        ConfigurationError, match=r"\(ModuleNotFoundError: No module named 'nowhere'\); install .*PYTHONPATH$"
    ):
        names_of("nowhere:metric")


def test_two_of_one_name_are_refused_with_both_packages(install) -> None:  # type: ignore[no-untyped-def]
    install("others-six", "mine = declared('exact_match')", exact_match="mine")
    with pytest.raises(ConfigurationError, match=rf"called 'exact_match': of others-six and of {OWN_PACKAGE};"):
        names_of("exact_match")


def test_an_unknown_name_is_told_with_the_nearest_and_where_all_are() -> None:
    with pytest.raises(ConfigurationError) as told:
        names_of("exactmatch")
    assert str(told.value) == (
        "there is no metric 'exactmatch'; did you mean exact_match or exact_match_reference?; "
        "all are in docs/metrics-catalogue.md; one of your own is named as module:attribute"
    )


def test_what_is_like_nothing_is_told_shortly_all_the_same() -> None:
    with pytest.raises(
        ConfigurationError, match=r"^there is no metric '!'; there are \d+, and none is called alike; all"
    ):
        names_of("!")


def test_others_are_those_of_other_packages(install) -> None:  # type: ignore[no-untyped-def]
    assert not METRICS.has_others()
    install("others-seven", "loud = declared('loud')", loud="loud")
    assert METRICS.has_others()
