import pytest

from shadowbench.metrics.base import Detailed
from shadowbench.metrics.behaviour.languages import language, language_agreement, language_of
from tests.compared import value
from tests.paired import paired, side

TEXTS = {
    "en": "Riga is the capital of Latvia and lies by the sea.",
    "de": "Riga ist die Hauptstadt von Lettland und liegt am Meer.",
    "fr": "Riga est la capitale de la Lettonie et se trouve au bord de la mer.",
    "es": "Riga es la capital de Letonia y está junto al mar.",
    "it": "Riga è la capitale della Lettonia e si trova sul mare.",
    "pt": "Riga é a capital da Letônia e fica à beira do mar.",
    "nl": "Riga is de hoofdstad van Letland en ligt aan de zee.",
    "pl": "Ryga jest stolicą Łotwy i leży nad morzem.",
    "ru": "Рига — столица Латвии, она расположена у моря.",
    "ja": "リガはラトビアの首都で、海に面した美しい街です。",
    "zh": "里加是拉脱维亚的首都，位于海边，是一座非常美丽的城市。",
    "ko": "리가는 라트비아의 수도이며 바닷가에 있는 아름다운 도시입니다.",
    "ar": "ريغا هي عاصمة لاتفيا وتقع على البحر.",
}


def asked(text: str) -> dict[str, object]:
    return {"messages": [{"role": "system", "content": "Réponds toujours."}, {"role": "user", "content": text}]}


@pytest.mark.parametrize("code", TEXTS)
def test_a_sentence_is_enough_to_tell_the_language(code: str) -> None:
    assert language_of(TEXTS[code]) == code


def test_the_answer_is_held_against_the_user_s_last_message() -> None:
    answered = language.function(side(TEXTS["de"], asked(TEXTS["de"])))
    assert answered == Detailed(1.0, {"asked": "de", "answered": "de"})
    assert value(language, side(TEXTS["en"], asked(TEXTS["de"]))) == 0


def test_what_cannot_be_told_is_absent() -> None:
    assert value(language, side(TEXTS["en"], {"messages": []})) == "no_user_text"
    assert value(language, side(TEXTS["en"], asked("Hi!"))) == "unclear_question"
    assert value(language, side("42", asked(TEXTS["en"]))) == "unclear_answer"


def test_both_sides_are_compared_without_the_request() -> None:
    assert value(language_agreement, paired(TEXTS["fr"], TEXTS["fr"], None)) == 1
    assert value(language_agreement, paired(TEXTS["fr"], TEXTS["it"], None)) == 0
    assert value(language_agreement, paired(TEXTS["fr"], "Oui.", None)) == "unclear_answer"


@pytest.mark.parametrize(
    "text",
    [
        "```python\nfor value in the_list_of_all_values:\n    print(value)\n```\n",
        "https://example.com/this/is/the/way/to/the/english/page\n",
        "`while true do this and that with those` [email:0123456789ab]\n",
    ],
)
def test_code_links_and_placeholders_have_no_language(text: str) -> None:
    assert language_of(text + TEXTS["de"]) == "de"
    assert language_of(text) is None


def test_words_in_capitals_are_words() -> None:
    assert language_of(TEXTS["en"].upper()) == "en"


def test_languages_that_are_taken_for_each_other_count_as_one() -> None:
    norwegian = "Hva heter hovedstaden i Norge, og hvor mange mennesker bor det i byen i dag?"
    danish = "Hovedstaden i Norge hedder Oslo, og der bor omkring syv hundrede tusind mennesker i byen."
    assert value(language, side(danish, asked(norwegian))) == 1


@pytest.mark.parametrize(
    "text", ["", " ", "\n" * 500, "```" * 2000, "`" * 5000, "\x00" * 100, "🎈" * 500, "a" * 20, "1234 " * 99]
)
def test_texts_without_words_take_no_harm(text: str) -> None:
    assert language_of(text) in (None, "en", "de", "fr", "it", "es", "vi", "ceb", "fi")
