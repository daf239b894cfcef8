from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest

from shadowbench.errors import ConfigurationError
from shadowbench.judges.calls.desk import over_http, prices_of, secret_of
from shadowbench.pricing import PriceEntry, PricingOptions
from shadowbench.scores import PairRef
from shadowbench.signals import Counters
from tests.unit.judges.calls.desks import Script, Stand, chat, endpoint, question
from tests.virtual_time import run

SECRET = "sk-1234567890"


def test_the_key_is_the_environments() -> None:
    assert secret_of("j", endpoint(), {}) is None
    assert secret_of("j", endpoint(api_key_env="K"), {"K": f" {SECRET}\n"}) == SECRET


@pytest.mark.parametrize("value", [None, "", "  ", "a\nb", "schlüssel"])
def test_a_key_that_is_none_is_an_error_that_does_not_repeat_it(value: str | None) -> None:
    with pytest.raises(ConfigurationError, match=r"judge j: .*K") as error:
        secret_of("j", endpoint(api_key_env="K"), {} if value is None else {"K": value})
    assert not value or not value.strip() or value not in str(error.value)


def stand(**more: Any) -> Stand:
    return Stand(Script([chat("x")], after_s=1.0), environ={"K": SECRET, "L": "other"}, **more)


async def ask_many(here: Stand, *judges: Any, each: int = 4) -> None:
    askers = [here.desk.asker(name, options) for name, options in judges]
    async with asyncio.TaskGroup() as group:
        for asker in askers:
            for number in range(each):
                group.create_task(asker.ask(question(f"{number}"), pair=PairRef(number, 1), purpose="verdict"))


@pytest.mark.parametrize(
    ("second", "most"),
    [
        ({}, 2),  # the same endpoint
        ({"temperature": 0.5}, 2),
        ({"concurrency": 1}, 1),  # the lowest holds
        ({"model": "n"}, 4),
        ({"url": "http://other.test/v1"}, 4),
        ({"api_key_env": "L"}, 4),
    ],
)
def test_judges_of_the_same_endpoint_and_key_share_its_limits(second: dict[str, Any], most: int) -> None:
    async def story() -> None:
        here, first = stand(), {"concurrency": 2, "api_key_env": "K", "cache": "off"}
        await ask_many(here, ("one", endpoint(**first)), ("two", endpoint(**(first | second))))
        assert here.script.most_under_way == most

    run(story())


def test_each_judge_has_its_own_budget() -> None:
    async def story() -> None:
        here = stand()
        poor = here.desk.asker("poor", endpoint(budget_usd=0.0))
        rich = here.desk.asker("rich", endpoint(budget_usd=9.0))
        assert (await poor.ask(question(), pair=None, purpose="verdict")).reason == "budget"
        assert (await rich.ask(question(), pair=None, purpose="verdict")).text == "x"

    run(story())


def test_what_is_true_now_is_told() -> None:
    async def story() -> None:
        here = stand(counters=Counters())
        asking = asyncio.get_running_loop().create_task(
            ask_many(here, ("one", endpoint(concurrency=3, cache="off")), each=2)
        )
        await asyncio.sleep(0.5)
        here.desk.report()
        gauges = {sample.name: sample.value for sample in here.counters.snapshot() if sample.kind == "gauge"}
        assert gauges == {"judge_in_flight": 2, "judge_concurrency_allowed": 3}
        await asking
        assert here.counters.get("judge_calls_total", (("judge", "one"), ("outcome", "ok"))) == 2
        assert here.counters.get("judge_cost_usd_total", (("judge", "one"),)) == pytest.approx(2 * (10e-6 + 50e-6))

    run(story())


def test_closing_gives_up_all_connections() -> None:
    async def story() -> None:
        here = stand()
        async with here.desk:
            here.desk.asker("one", endpoint())
            assert not here.script.closed
        assert here.script.closed

    run(story())


def test_makers_of_vectors_give_no_verdicts_and_the_other_way_round() -> None:
    async def story() -> None:
        with pytest.raises(ConfigurationError, match=r"judges\.one\.endpoint\.dialect"):
            stand().desk.asker("one", endpoint(dialect="openai.embeddings"))
        with pytest.raises(ConfigurationError, match=r"judges\.one\.endpoint\.dialect"):
            stand().desk.embedder("one", endpoint(), batch=4)

    run(story())


@pytest.mark.parametrize("content", [None, "none"])
def test_a_file_of_authorities_that_cannot_be_used_is_said_at_once(tmp_path: Path, content: str | None) -> None:
    file = tmp_path / "ca.pem"
    if content is not None:
        file.write_text(content)
    with pytest.raises(ConfigurationError, match=r"https://a.test: ca_file .*ca\.pem cannot be used"):
        over_http(endpoint(url="https://a.test?key=secret", ca_file=str(file)), {}, lambda: 0.0)


def test_a_price_may_be_of_one_judge_alone() -> None:
    entry = PriceEntry(models=("*",), endpoint="one", input_per_mtok=3.0, output_per_mtok=4.0)
    pricing = PricingOptions(entries=(entry,))
    mine, other = prices_of(pricing, "one", endpoint(model="?")), prices_of(pricing, "two", endpoint(model="?"))
    assert mine.rates is not None and mine.rates.input_usd == pytest.approx(3e-6)
    assert other.rates is None


def test_known_models_have_known_prices() -> None:
    known = prices_of(PricingOptions(), "j", endpoint(url="https://api.openai.com/v1", model="gpt-4o-mini"))
    assert known.rates is not None and known.rates.input_usd == pytest.approx(0.15e-6)
