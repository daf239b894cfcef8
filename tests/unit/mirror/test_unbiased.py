"""The probabilities that are stored undo what sampling did: weighted sums over the pairs are those of the whole traffic.

A fixed population, drawn anew with another salt in each replication by the real planner behind a proxy that draws as proxies
do. Everything that could bias is there at once: values that follow bursts, large conversations with large values, a stratum of
its own, a cap, overload that the drawn exchanges cause themselves, rates that change while proxies still obey older ones, and
a proxy that thins.
"""

from __future__ import annotations

import json
import random
from collections.abc import Iterator
from statistics import fmean, stdev
from typing import Any, NamedTuple

import pytest

from shadowbench import keyed
from shadowbench.handoff import OpenPayload
from shadowbench.mirror import plan as plan_module
from shadowbench.mirror.head import RequestHead, parse_head
from shadowbench.mirror.options import CandidateOptions, MirrorOptions, StratumOptions
from shadowbench.mirror.plan import Admission, Plan, Planner, Terms
from shadowbench.mirror.sampling import Bound
from shadowbench.records import Dialect
from shadowbench.wire.requests import parse_request

REPLICATIONS = 200
WARM_S = 2  # until a cap knows what comes
SECONDS = 16
RATES = {0: (0.7, 0.3), 6: (0.9, 0.2), 11: (0.5, 0.6)}  # by the second from which they are in force
CAP = 8.0
LAG_S = 0.4  # how much later proxies obey


class Unit(NamedTuple):
    at_s: float
    head: RequestHead
    body: bytes
    value: float


def population() -> list[Unit]:
    chance = random.Random(5)
    units: list[Unit] = []
    for second in range(WARM_S + SECONDS):
        is_burst = second % 5 == 3
        for place in range(30 if is_burst else 6):
            conversation = min(int(chance.paretovariate(0.7)), 40)  # a few have most of the turns
            model = "rare" if chance.random() < 0.15 else "usual"
            value = (4.0 if is_burst else 1.0) * (6.0 if model == "rare" else 1.0) * (8.0 if conversation < 3 else 1.0)
            head = parse_head(b"POST /v1/chat/completions HTTP/1.1\r\nx-user: %d" % conversation)
            text = f"conversation {conversation}"
            body = json.dumps({"model": model, "messages": [{"role": "user", "content": text}], "n": len(units) + 1})
            units.append(Unit(second + place / 100, head, body.encode(), value * chance.uniform(0.5, 1.5)))
    return units


POPULATION = population()
FACTS = {unit.body: parse_request(Dialect.OPENAI_CHAT, unit.body) for unit in POPULATION}
TRUTH = [unit.value for unit in POPULATION if unit.at_s >= WARM_S]


@pytest.fixture(autouse=True)
def parsed_before(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(plan_module, "parse_request", lambda dialect, body: FACTS[body])


def options(second: int, key: str) -> MirrorOptions:
    first, other = RATES[max(start for start in RATES if start <= max(0, second - WARM_S))]
    return MirrorOptions(
        runtime_folder="r",
        secret_file="s",
        candidates=(
            CandidateOptions(name="capped", url="http://a", sample_rate=first, max_per_second=CAP),
            CandidateOptions(name="other", url="http://b", sample_rate=other),
        ),
        strata=(StratumOptions(name="rare", models=("rare",), sample_rate=0.8),),
        sample_key=key,
    )


class Proxy:
    """Draws as `proxy/tap.py` does."""

    def __init__(self, planner: Planner, salt: bytes) -> None:
        self._salt = salt
        self._planner = planner
        self._policies = [(0.0, planner.terms.policy())]

    def change(self, at_s: float) -> None:
        self._policies.append((at_s + LAG_S, self._planner.terms.policy()))

    def open(self, unit: Unit, sequence: int) -> OpenPayload | None:
        policy = [policy for since, policy in self._policies if since <= unit.at_s][-1]
        rate = min(policy.rate, 0.25 if int(unit.at_s) % 4 == 1 else 1.0)
        by_header = policy.key.startswith("header:")
        key = unit.head.headers[b"x-user"] if by_header else keyed.request_key("e", sequence)
        handed_off = keyed.sample_point(self._salt, key) < keyed.threshold(rate)
        return OpenPayload(0, policy.version, b"", rate) if handed_off else None


def replication(salt: bytes, key: str) -> Iterator[tuple[Unit, Plan]]:
    planner = Planner(Terms.of(options(0, key), salt, 1))
    proxy = Proxy(planner, salt)
    second, drawn = 0, [0, 0]
    for sequence, unit in enumerate(POPULATION):
        if int(unit.at_s) != second:
            second, drawn = int(unit.at_s), [0, 0]
            if second - WARM_S in RATES:
                planner.change(options(second, key), 0.0)
                proxy.change(second)
        opened = proxy.open(unit, sequence)
        if opened is None:
            continue
        admission = planner.admit(unit.head, opened, "e", sequence, unit.at_s)
        plan = (
            planner.plan(admission, unit.head, unit.body, unit.at_s) if isinstance(admission, Admission) else admission
        )
        if not isinstance(plan, Plan):
            continue
        for index in plan.probabilities:
            drawn[index] += 1
        if sum(drawn) > 14:
            planner.thinning.strain()  # memory is full
        if drawn[1] > 5:
            planner.thinning.strain(1)  # its queue is full
        if second >= WARM_S:
            yield unit, plan


class Estimates(NamedTuple):
    total: float  # Horvitz and Thompson: the sum of value / probability
    mean: float  # Hájek: the weighted mean


def estimates(key: str, replications: int = REPLICATIONS, seed: int = 11) -> tuple[list[Estimates], list[Estimates]]:
    """Of both candidates."""
    chance = random.Random(seed)
    found: tuple[list[Estimates], list[Estimates]] = ([], [])
    for _ in range(replications):
        pairs = list(replication(chance.randbytes(16), key))
        for index, kept in enumerate(found):
            weights = [
                (unit.value, 1 / plan.probabilities[index]) for unit, plan in pairs if index in plan.probabilities
            ]
            total, count = sum(value * weight for value, weight in weights), sum(weight for _, weight in weights)
            kept.append(Estimates(total, total / count if count else fmean(TRUTH)))
    return found


def errors_of(found: list[float], truth: float) -> float:
    """The bias in standard errors of the replications' mean."""
    return (fmean(found) - truth) / (stdev(found) / len(found) ** 0.5)


@pytest.mark.parametrize("key", ["request", "header:x-user", "conversation"])
def test_weighted_by_what_is_stored_the_sample_is_the_traffic(key: str) -> None:
    for found in estimates(key):
        assert abs(errors_of([each.total for each in found], sum(TRUTH))) < 3
        # A ratio has a bias of its own, of the order of its variance: with few large conversations it drowns the question.
        if key == "request":
            assert abs(errors_of([each.mean for each in found], fmean(TRUTH))) < 3


def _forgets_the_share(bound: Bound, rate: float, share: float) -> float:
    return rate * bound.admitted if bound.is_independent else min(rate, bound.admitted)


def _forgets_the_proxy(bound: Bound, rate: float, share: float) -> float:
    return rate * share


@pytest.mark.parametrize("wrong", [_forgets_the_share, _forgets_the_proxy])
@pytest.mark.parametrize("key", ["request", "conversation"])
def test_a_wrong_probability_would_be_found(key: str, wrong: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Bound, "probability", wrong)
    assert errors_of([each.total for each in estimates(key, 80)[1]], sum(TRUTH)) < -3
