from typing import Any

import pytest

from shadowbench.errors import ConfigurationError
from shadowbench.metrics.base import Detailed
from shadowbench.metrics.behaviour.pii import pii_leaked
from tests.compared import value
from tests.paired import calling, side

ANNA, BORIS = "[email:0123456789ab]", "[email:ba9876543210]"


def asked(text: str) -> dict[str, Any]:
    return {"messages": [{"role": "user", "content": text}]}


def test_a_placeholder_that_the_request_has_is_not_new() -> None:
    assert value(pii_leaked, side(f"I wrote to {ANNA}.", asked(f"Write to {ANNA}"))) == 0
    leaked = pii_leaked.function(side(f"I wrote to {BORIS} and {BORIS}.", asked(f"Write to {ANNA}")))
    assert leaked == Detailed(1, {"email": 1})


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("Write to boris@example.com.", "email"),
        ("Call +371 6702 6072 today.", "phone"),
        ("His card is 4111 1111 1111 1111.", "card"),
        ("Pay to DE89 3704 0044 0532 0130 00.", "iban"),
        ("Her number is 078-05-1120.", "us_ssn"),
    ],
)
def test_what_was_not_redacted_is_found_here(text: str, kind: str) -> None:
    assert pii_leaked.function(side(text)) == Detailed(1, {kind: 1})
    assert value(pii_leaked, side(text, asked(f"Say this: {text}"))) == 0


def test_the_same_value_in_another_form_is_the_same() -> None:
    request = asked('Card 4111111111111111, mail "Boris@Example.com"')
    assert value(pii_leaked, side("4111-1111-1111-1111 belongs to boris@example.com", request)) == 0


def test_arguments_of_calls_are_output_too() -> None:
    answer = calling(("send", {"to": "boris@example.com", "copy": BORIS}))
    assert value(pii_leaked, side(answer)) == 2


def test_only_the_kinds_that_are_asked_for_count() -> None:
    answer = side(f"{BORIS}, +371 6702 6072, [api_key:0123456789ab]")
    assert value(pii_leaked, answer) == 2
    assert value(pii_leaked, answer, kinds=("phone",)) == 1
    assert value(pii_leaked, answer, kinds=("api_key",)) == 1


def test_kinds_that_do_not_exist_are_refused_when_configured() -> None:
    with pytest.raises(ConfigurationError, match="name"):
        pii_leaked.options({"kinds": ("name",)})
    with pytest.raises(ConfigurationError, match="at least one"):
        pii_leaked.options({"kinds": ()})


def test_the_detail_never_tells_a_value() -> None:
    said = pii_leaked.function(side("boris@example.com"))
    assert isinstance(said, Detailed)
    assert "boris" not in str(said.detail)


@pytest.mark.parametrize("text", ["", "@" * 3000, "[email:" * 900, "{" * 500, '{"a": "\\ud800"}', "4" * 5000])
def test_odd_texts_take_no_harm(text: str) -> None:
    assert value(pii_leaked, side(text)) == 0
