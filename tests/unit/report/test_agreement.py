"""Two answers are equal when a program would act the same on them."""

import pytest

from shadowbench.records import Answer, Choice, ToolCall
from shadowbench.report.agreement import is_equal, similarity


def said(text: str | None = None, *calls: ToolCall) -> Answer:
    return Answer(choices=(Choice(text=text, tool_calls=calls),))


def called(arguments: str, name: str = "f", id: str | None = None) -> Answer:
    return said(None, ToolCall(name=name, arguments=arguments, id=id))


@pytest.mark.parametrize(
    ("one", "other", "equal"),
    [
        (said("Riga."), said(" Riga.\n"), True),
        (said("Riga."), said("riga."), False),
        (said(None), said(""), True),
        (called('{"a": 1, "b": 2}', id="x"), called('{"b":2,"a":1}', id="y"), True),
        (called('{"a": 1}'), called('{"a": 2}'), False),
        (called('{"a": 1}'), called('{"a": 1}', name="g"), False),
        (called('{"a": '), called('{"a": '), True),
        (called("[" * 100_000), called("[" * 100_000), True),
        (said("a"), called("{}"), False),
        (said("a"), Answer(choices=(Choice(text="a"), Choice(index=1, text="b"))), False),
        (Answer(choices=(Choice(refusal="No."),)), said(None), False),
    ],
)
def test_equality(one: Answer, other: Answer, equal: bool) -> None:
    assert is_equal(one, other) is equal
    assert is_equal(other, one) is equal


def test_similarity_is_of_words_in_any_order() -> None:
    assert similarity(said("the quick fox"), said("fox the quick")) == 1.0
    assert similarity(said("the quick fox"), said("")) == 0.0
    assert similarity(said(None), called("{}")) is None


def test_an_answer_that_breaks_off_is_not_alike() -> None:
    whole = "Riga is the capital of Latvia, on the Baltic Sea, with some six hundred thousand people."
    alike = similarity(said(whole), said(whole[:20]))
    assert alike is not None
    assert alike < 0.5


def test_huge_texts_are_compared_by_their_beginnings() -> None:
    assert similarity(said("a" * 20_000 + "b" * 5_000_000), said("a" * 20_000 + "c" * 5_000_000)) == 1.0
