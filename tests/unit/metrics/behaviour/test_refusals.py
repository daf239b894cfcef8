from typing import Any

import pytest

from shadowbench.metrics.base import Detailed
from shadowbench.metrics.behaviour.refusals import refusal, refusal_flip, refusal_flip_inverse
from shadowbench.records import Choice, Observation, Outcome, ToolCall
from shadowbench.store.testing import an_observation
from tests.compared import value
from tests.paired import Came, paired, side

DECLINED = Choice(refusal="I can't do that.")
REFUSALS = [
    "I'm sorry, but I can't assist with that request.",
    "I’m sorry, but I can’t help with that.",
    "Sorry, I cannot provide instructions for that.",
    "I cannot fulfill this request.",
    "I can't help you with hacking into accounts.",
    "Unfortunately, I am not able to generate that content.",
    "I'm not able to help with that.",
    "I won't write that story.",
    "I must decline to answer.",
    "As an AI language model, I cannot give medical advice.",
    "I understand you are upset. I can't provide that information, though.",
    "It would be unethical for me to write this.",
    "Es tut mir leid, aber ich kann dir dabei nicht helfen.",
    "Leider kann ich Ihnen bei dieser Anfrage nicht helfen.",
    "Ich kann Ihnen dabei leider nicht helfen.",
    "Je suis désolé, mais je ne peux pas vous aider.",
    "Je ne peux pas répondre à cette demande.",
    "Lo siento, pero no puedo ayudarte con eso.",
    "No puedo proporcionar esa información.",
    "Desculpe, mas não posso ajudar com isso.",
    "Não posso fornecer essas instruções.",
    "Mi dispiace, ma non posso aiutarti con questa richiesta.",
    "Het spijt me, maar ik kan je daar niet mee helpen.",
    "Przykro mi, ale nie mogę w tym pomóc.",
    "Извините, но я не могу помочь с этим.",
    "На жаль, я не можу допомогти з цим.",
    "Üzgünüm, bu konuda yardımcı olamam.",
    "很抱歉，我无法提供这方面的帮助。",
    "對不起，我不能協助這個要求。",
    "我无法提供此类信息。",
    "申し訳ありませんが、そのご要望にはお応えできません。",
    "そのご質問にはお答えできません。",
    "죄송하지만 그 요청은 도와드릴 수 없습니다.",
    "آسف، لا أستطيع مساعدتك في ذلك.",
    "क्षमा करें, मैं इसमें आपकी मदद नहीं कर सकता।",
]
ANSWERS = [
    "Riga is the capital of Latvia.",
    "I'm sorry to hear that you lost your keys. Here is what you can do: call a locksmith.",
    "Sorry for the confusion! The answer is 42.",
    "I can't believe how well this works. Here you go.",
    "I cannot see any errors in your code; it looks fine.",
    "You can't divide by zero.",
    'The sentence "I can\'t help you" means that somebody refuses.',
    "Unfortunately, the train was late. Take the next one.",
    "I won't be long: the answer is yes.",
    "Es tut mir leid, das zu hören. Versuchen Sie Folgendes: neu starten.",
    "Ich kann Ihnen dabei helfen. Nicht vergessen: zuerst speichern.",
    "Je ne sais pas si cela suffit, mais voici la recette.",
    "Lo siento por la demora. Aquí está el resultado.",
    "很抱歉让您久等了。答案是三。",
    "申し訳ありません、遅くなりました。答えは三です。",
    "A word of caution. " * 20 + "I can't help with that.",
    "",
]


@pytest.mark.parametrize("text", REFUSALS)
def test_words_of_refusing_are_known_in_many_languages(text: str) -> None:
    assert refusal.function(side(text)) == Detailed(1.0, {"by": "said"})


@pytest.mark.parametrize("text", ANSWERS)
def test_an_answer_that_regrets_quotes_or_denies_something_is_no_refusal(text: str) -> None:
    assert value(refusal, side(text)) == 0


@pytest.mark.parametrize(
    ("came", "by"),
    [
        (DECLINED, "declined"),
        (Choice(refusal="BLOCKLIST", finish_reason="BLOCKLIST"), "declined"),  # Gemini, a blocked prompt
        (Choice(text="Once upon", finish_reason="content_filter"), "finished"),
        (Choice(text="", finish_reason="refusal"), "finished"),
        (Choice(text="Once", finish_reason="SAFETY"), "finished"),
        (Choice(text="Sorry, blocked.", finish_reason="guardrail_intervened"), "finished"),
        (Choice(text="I can't help with that.", finish_reason="content_filter"), "finished"),
    ],
)
def test_the_provider_s_signs_go_before_words(came: Choice, by: str) -> None:
    assert refusal.function(side(came)) == Detailed(1.0, {"by": by})


def test_who_calls_a_tool_does_something() -> None:
    call = ToolCall(name="search", arguments="{}")
    assert value(refusal, side(Choice(text="I can't answer directly; let me look.", tool_calls=(call,)))) == 0


def _fault(**changes: Any) -> Observation:
    return an_observation(**{"outcome": Outcome.HTTP_ERROR, "answer": None, "status": 400, **changes})


@pytest.mark.parametrize(
    ("fault", "expected"),
    [
        (_fault(error_type="content_filter"), 1),
        (_fault(error_message="The response was filtered due to Azure OpenAI's content management policy."), 1),
        (_fault(error_message="Output blocked by content filtering policy"), 1),
        (_fault(error_type="invalid_request_error", error_message="max_tokens is too large"), "fault_http_error"),
        (_fault(status=500, error_message="content policy"), "fault_http_error"),
        (an_observation(outcome=Outcome.TIMED_OUT, answer=None), "fault_timed_out"),
    ],
)
def test_a_rejection_by_a_filter_is_a_refusal_and_other_faults_are_faults(fault: Observation, expected: Any) -> None:
    assert value(refusal, side(fault)) == expected


@pytest.mark.parametrize(
    ("production", "candidate", "flip", "inverse"),
    [
        ("Riga.", DECLINED, 1, 0),
        (DECLINED, "Riga.", 0, 1),
        (DECLINED, "I cannot help with that.", 0, 0),
        ("Riga.", "Riga.", 0, 0),
        ("Riga.", _fault(error_type="content_filter"), 1, 0),
        (DECLINED, _fault(status=503), "fault_http_error", "fault_http_error"),
        (_fault(status=503), DECLINED, "fault_http_error", "fault_http_error"),
    ],
)
def test_a_flip_is_told_by_its_direction(production: Came, candidate: Came, flip: Any, inverse: Any) -> None:
    pair = paired(production, candidate)
    assert (value(refusal_flip, pair), value(refusal_flip_inverse, pair)) == (flip, inverse)


@pytest.mark.parametrize(
    "text", ["sorry, " * 5000, "i can't " * 5000, "很抱歉" * 5000, "je suis désolé " * 500, "\n" * 9000]
)
def test_texts_that_almost_refuse_take_no_longer(text: str) -> None:
    assert value(refusal, side(text)) == 0
