"""Judges are asked one question each, and only when that is wanted."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import pytest

from shadowbench.cli.checks import Finding, Verdict
from shadowbench.cli.checks.judges import check
from shadowbench.judges.calls.faults import Came
from shadowbench.judges.options import EndpointOptions
from shadowbench.settings import Settings
from tests.unit.judges.calls.desks import Script, chat, refusal, vectors

PRICE = {"input_per_mtok": 1.0, "output_per_mtok": 10.0}
VERDICT = json.dumps({"analysis": "Riga is.", "verdict": "A"})


def settings(**judges: Any) -> Settings:
    return Settings(production={"url": "http://p"}, scoring={"judges": judges})


def endpoint(**changes: Any) -> dict[str, Any]:
    return {"url": "http://judge.test/v1", "model": "m", "price": PRICE} | changes


class Transports:
    """Hands out scripts by the judge's model, and remembers what was sent."""

    def __init__(self, **plays: Came) -> None:
        self.scripts = {model: Script([play]) for model, play in plays.items()}
        self.options: list[EndpointOptions] = []

    def __call__(self, options: EndpointOptions, headers: Mapping[str, str], unix: Any) -> Script:
        self.options.append(options)
        return self.scripts[options.model]


def found(plays: dict[str, Came], environ: Mapping[str, str] | None = None, **judges: Any) -> list[Finding]:
    return list(check(settings(**judges), environ or {}, ask=True, new_transport=Transports(**plays)))


def test_a_judge_that_gives_a_verdict_is_all_right() -> None:
    [finding] = found({"m": chat(VERDICT, tokens=(100, 20))}, quality={"endpoint": endpoint()})
    assert (finding.subject, finding.verdict) == ("judge quality", Verdict.OK)
    assert finding.what.startswith("m at http://judge.test/v1 gave a verdict that was held to the schema in ")
    assert finding.what.endswith(" ms, for 0.000300 USD")


def test_the_question_is_put_as_the_judge_is_configured_once_and_not_from_memory() -> None:
    transports = Transports(m=chat(VERDICT))
    judge = {"endpoint": endpoint(parameters={"top_p": 0.5}, max_output_tokens=77, tries=9, timeout_s=500)}
    list(check(settings(quality=judge), {}, ask=True, new_transport=transports))
    [sent] = transports.scripts["m"].sent
    assert (sent["top_p"], sent["max_tokens"], sent["response_format"]["type"]) == (0.5, 77, "json_schema")
    [options] = transports.options
    assert (options.tries, options.timeout_s, options.cache) == (1, 30.0, "off")


def test_a_judge_is_asked_with_its_own_prompt_and_schema() -> None:
    transports = Transports(m=chat(json.dumps({"analysis": "Short.", "verdict": "A", "strength": 1})))
    judges = {"better": {"kind": "pairwise", "rubric": "pairwise", "endpoint": endpoint()}}
    [finding] = check(settings(**judges), {}, ask=True, new_transport=transports)
    assert finding.verdict is Verdict.OK
    [sent] = transports.scripts["m"].sent
    told = "".join(message["content"] for message in sent["messages"])
    assert "You compare two responses" in told and "Tallinn." in told and "capital of Latvia" in told
    assert "strength" in sent["response_format"]["json_schema"]["schema"]["properties"]
    graded = {"grade": {"kind": "rubric", "rubric": "helpfulness", "endpoint": endpoint()}}
    [finding] = found({"m": chat(VERDICT)}, **graded)  # a verdict, and not in this judge's form
    assert finding.verdict is Verdict.FAIL and "cannot be read as a verdict" in finding.what


def test_what_a_failure_cost_is_told_too() -> None:
    [finding] = found({"m": chat("Well …", tokens=(100, 20))}, quality={"endpoint": endpoint()})
    assert finding.verdict is Verdict.FAIL and finding.what.endswith(", for 0.000300 USD")


@pytest.mark.parametrize(
    ("came", "what", "fix"),
    [
        (
            refusal(401, "No such key."),
            "http://judge.test/v1: not_allowed 401 (invalid_request_error No such key.)",
            "check the key in KEY",
        ),
        (
            refusal(404, "No such model."),
            "http://judge.test/v1: not_found 404 (invalid_request_error No such model.)",
            "check url and model",
        ),
        (
            refusal(400, "Bad top_p."),
            "http://judge.test/v1: rejected 400 (invalid_request_error Bad top_p.)",
            "check model and parameters",
        ),
        (
            refusal(429),
            "http://judge.test/v1: rate_limited 429 (invalid_request_error By script.)",
            "docs/judge-calls.md, section 2",
        ),
        (
            refusal(500),
            "http://judge.test/v1: server_error 500 (invalid_request_error By script.)",
            "docs/judge-calls.md, section 2",
        ),
        (Came(fault="unreachable"), "http://judge.test/v1: unreachable", "check url, and that it runs"),
        (chat("Well …"), "its reply cannot be read as a verdict (reply_no_json)", "docs/judges.md, section 3"),
        (chat('{"analysis":', finish="length"), "gave no answer (cut)", "raise endpoint.max_output_tokens"),
    ],
)
def test_what_is_wrong_is_a_failure_with_its_remedy(came: Came, what: str, fix: str) -> None:
    judge = {"endpoint": endpoint(api_key_env="KEY")}
    [finding] = found({"m": came}, {"KEY": "sk-long-enough"}, quality=judge)
    assert (finding.verdict, finding.subject) == (Verdict.FAIL, "judge quality")
    assert what in finding.what and fix in finding.fix
    assert "sk-long-enough" not in finding.what + finding.fix


def test_a_budget_without_room_for_one_call_and_a_price_that_nobody_knows_are_failures() -> None:
    judges = {
        "poor": {"endpoint": endpoint(budget_usd=0.000001)},
        "odd": {"endpoint": endpoint(model="nobody-knows", price=None, budget_usd=1)},
    }
    plays = {"m": chat(VERDICT), "nobody-knows": chat(VERDICT)}
    poor, odd = list(check(settings(**judges), {}, ask=True, new_transport=lambda o, h, u: Script([plays[o.model]])))
    assert (poor.verdict, poor.fix) == (Verdict.FAIL, "raise its budget: it has no room for one call")
    assert (odd.verdict, odd.fix) == (Verdict.FAIL, "give endpoint.price, or set unpriced: allow")


def test_an_endpoint_of_vectors_is_asked_for_one() -> None:
    judge = {"kind": "embedding", "endpoint": endpoint()}
    [finding] = found({"m": vectors([0.5, 0.5, 0.1])}, alike=judge)
    assert finding.verdict is Verdict.OK and "gave a vector of 3 numbers" in finding.what


def test_without_the_word_nobody_is_asked_and_it_is_told_what_that_would_cost() -> None:
    def nobody(*_: object) -> Any:
        pytest.fail("a call")

    judges = {
        "quality": {"endpoint": endpoint(max_output_tokens=1000)},
        "all": {"kind": "panel", "members": ["quality"]},
    }
    [finding] = check(settings(**judges), {}, ask=False, new_transport=nobody)
    assert finding.verdict is Verdict.OK
    assert finding.what.startswith("not asked; `shadowbench doctor --judges` puts one question to each: 0.01")
    assert finding.what.endswith(" USD at most")
    odd = {"endpoint": endpoint(model="nobody-knows", price=None)}
    [finding] = check(settings(odd=odd), {}, ask=False, new_transport=nobody)
    assert finding.what.endswith("0.0000 USD at most, and what odd may cost, whose price nobody knows")


def test_a_key_that_is_missing_is_told_without_a_call_and_the_others_are_asked() -> None:
    judges = {"a": {"endpoint": endpoint(api_key_env="NOT_SET")}, "b": {"endpoint": endpoint(model="other")}}
    a, b = found({"other": chat(VERDICT)}, **judges)
    assert (a.verdict, a.what, a.fix) == (Verdict.FAIL, "the environment variable NOT_SET is not set", "export it")
    assert b.verdict is Verdict.OK


def test_a_configuration_that_cannot_be_asked_with_is_told() -> None:
    [finding] = found({}, quality={"endpoint": endpoint(), "rubric": "/nowhere.yaml"})
    assert (finding.verdict, finding.fix) == (Verdict.FAIL, "mend that; nobody was asked")


def test_where_there_is_nobody_to_ask_nobody_is() -> None:
    assert found({}) == []
