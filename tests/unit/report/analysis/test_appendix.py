from __future__ import annotations

from dataclasses import replace

from shadowbench.report.analysis.appendix import found_in, methods_of
from shadowbench.stats.estimates import Estimate, Evidence, Refused
from shadowbench.stats.methods import Method
from tests.unit.report.analysis import parts


def estimate(method: Method, n: int, reason: Refused | None = None) -> Estimate:
    return Estimate(method=method, level=0.95, n=n, clusters=n, reason=reason)


def test_estimates_and_evidence_are_found_wherever_they_are() -> None:
    one = estimate(Method.WILSON, 1)
    evidence = Evidence(method=Method.MSPRT, n=2, clusters=2)
    assert list(found_in({"a": [one, (evidence,)]}, None, "text", 3)) == [one, evidence]
    comparison = parts.compared()
    assert comparison.effect.once in list(found_in(comparison))


def test_methods_are_told_with_the_least_and_the_most_they_were_used_on() -> None:
    comparison = parts.compared()
    effect = replace(
        comparison.effect,
        once=estimate(Method.WOODRUFF, 5),
        deciding=estimate(Method.WOODRUFF, 50, Refused.CENSORED),
        strict=estimate(Method.WOODRUFF, 7, Refused.TOO_FEW),
    )
    candidate = replace(parts.candidate("a"), comparisons=(replace(comparison, effect=effect),))
    document = replace(parts.document(), candidates=(candidate,))
    used = {each.method: each for each in methods_of(document)}[Method.WOODRUFF]
    assert (used.times, used.least_n, used.most_n) == (3, 5, 50)
    assert used.refused == {"censored": 1, "too_few": 1}
    assert methods_of(replace(document, candidates=())) == ()
