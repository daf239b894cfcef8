from typing import Any

import pytest

from shadowbench.metrics.base import Detailed
from shadowbench.metrics.performance import error_class, retries
from shadowbench.records import Attempt, Outcome
from shadowbench.store.testing import an_observation
from tests.compared import value
from tests.paired import paired, side


@pytest.mark.parametrize(
    ("changes", "class_"),
    [
        ({"outcome": Outcome.HTTP_ERROR, "status": 429}, "rate_limited"),
        ({"outcome": Outcome.HTTP_ERROR, "status": 529}, "overloaded"),
        ({"outcome": Outcome.HTTP_ERROR, "status": 500}, "server_error"),
        ({"outcome": Outcome.HTTP_ERROR, "status": 599}, "server_error"),
        ({"outcome": Outcome.HTTP_ERROR, "status": 401}, "not_allowed"),
        ({"outcome": Outcome.HTTP_ERROR, "status": 404}, "not_found"),
        ({"outcome": Outcome.HTTP_ERROR, "status": 413}, "too_large"),
        ({"outcome": Outcome.HTTP_ERROR, "status": 422}, "bad_request"),
        ({"outcome": Outcome.HTTP_ERROR, "status": 418}, "other_status"),
        ({"outcome": Outcome.HTTP_ERROR, "status": None}, "other_status"),
        ({"outcome": Outcome.HTTP_ERROR, "status": 504}, "timed_out"),
        ({"outcome": Outcome.HTTP_ERROR, "status": 400, "error_type": "content_filter"}, "rejected"),
        ({"outcome": Outcome.TIMED_OUT, "status": None}, "timed_out"),
        ({"outcome": Outcome.UNREACHABLE, "status": None}, "unreachable"),
        ({"outcome": Outcome.TRUNCATED}, "truncated"),
        ({"outcome": Outcome.STREAM_ERROR}, "stream_error"),
        ({"outcome": Outcome.UNPARSED}, "unparsed"),
    ],
)
def test_a_failure_has_a_class(changes: dict[str, Any], class_: str) -> None:
    said = error_class.function(side(an_observation(answer=None, reason="why", **changes)))
    assert isinstance(said, Detailed)
    assert (said.value, said.detail["class"], said.detail["reason"]) == (1, class_, "why")


def test_an_answer_is_no_failure_and_neither_is_what_says_nothing_of_the_endpoint() -> None:
    assert value(error_class, side("Riga.")) == 0
    assert value(error_class, side(an_observation(outcome=Outcome.CLIENT_CANCELLED))) == "fault_client_cancelled"
    assert value(error_class, side(an_observation(outcome=Outcome.NOT_SENT))) == "fault_not_sent"


def test_retries_are_the_candidate_s_attempts_before_this_one() -> None:
    attempt = Attempt(reason="http_error", status=503, started_s=-1.0, duration_s=0.4, cost_usd=None)
    pair = paired("Riga.", an_observation(endpoint="small", attempts=(attempt, attempt)))
    assert value(retries, pair.candidate) == 2
    assert value(retries, pair.production) == "never_retried"
    assert value(retries, side(an_observation(endpoint="small", outcome=Outcome.NOT_SENT))) == "fault_not_sent"
