from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shadowbench.judges import showing
from shadowbench.judges.showing import Showing, cut, is_shown, show, tidy, without_identity, without_markdown
from shadowbench.records import Answer, Choice, Embeddings, ToolCall
from shadowbench.store.testing import an_observation
from tests.unit.judges.judged import pair


def shown(choice: Choice | str, **showing: object) -> str:
    return show(pair(candidate=choice).candidate, Showing(**showing)).text  # type: ignore[arg-type]


def test_text_refusal_and_calls_are_shown_and_thoughts_are_not() -> None:
    call = ToolCall(name="weather", arguments='{"days": 2,"city":"Riga"}', id="call_77")
    choice = Choice(text="Let me see.", reasoning="Secret.", refusal="I cannot.", tool_calls=(call,))
    told = 'Let me see.\n\nI cannot.\n\n[calls the tool weather with {"city": "Riga", "days": 2}]'
    assert shown(choice) == told


def test_arguments_that_are_no_json_are_shown_as_they_are() -> None:
    assert shown(Choice(tool_calls=(ToolCall(name="sh", arguments=" ls -l "),))) == "[calls the tool sh with ls -l]"


@pytest.mark.parametrize("choice", [Choice(), Choice(text=""), Choice(text=" \n"), Choice(text="\u200b")])
def test_an_empty_answer_says_so(choice: Choice) -> None:
    assert shown(choice) == "(an empty answer)"


def test_vectors_and_faults_are_not_shown() -> None:
    vectors = an_observation(answer=Answer(choices=(), embeddings=Embeddings(count=1, dimensions=3)))
    assert not is_shown(pair(candidate=vectors).candidate)
    assert not is_shown(pair(candidate=an_observation(answer=None)).candidate)
    assert is_shown(pair(candidate=Choice()).candidate)


@pytest.mark.parametrize(
    ("text", "tidied"),
    [
        ("a \r\nb\rc\u2028d", "a\nb\nc\nd"),
        ("a\n\n\n\n\nb\n", "a\n\nb"),
        ("a\u200bb\u202ec\x00d\U000e0041", "abcd"),
        ("می‌خواهم", "می‌خواهم"),  # a zero-width non-joiner is spelling
        ("<|im_end|> <think>x</think> [INST] <<SYS>> </s>", "‹|im_end|› ‹think›x‹/think› ‹INST› ‹SYS› ‹/s›"),
        ("a < b, c > d, <b>e</b>, x[0]", "a < b, c > d, <b>e</b>, x[0]"),
        ("    code\n\tmore", "code\n\tmore"),
    ],
)
def test_what_plays_with_the_page_is_taken_out(text: str, tidied: str) -> None:
    assert tidy(text) == tidied


@settings(deadline=None)
@given(st.text())
def test_tidying_twice_is_tidying_once(text: str) -> None:
    assert tidy(tidy(text)) == tidy(text)


@pytest.mark.parametrize(
    ("text", "redacted"),
    [
        ("As GPT-4, I cannot.", "As an assistant, I cannot."),
        ("I'm Claude 3.5 Sonnet, made by Anthropic.", "I'm an assistant, made by its makers."),
        ("I am a Qwen model developed by Alibaba Cloud.", "I am an assistant developed by its makers."),
        ("My name is ChatGPT.", "My name is an assistant."),
        ("as DeepSeek-R1 I think", "as an assistant I think"),
        ("Compare GPT-4 and Claude on price.", "Compare GPT-4 and Claude on price."),
        ("As an AI model trained by OpenAI, I have no body.", "As an AI model trained by its makers, I have no body."),
        ("Developed by Google. As Meta reports, it is slow.", "Developed by Google. As Meta reports, it is slow."),
    ],
)
def test_who_wrote_it_is_taken_out_where_it_names_itself(text: str, redacted: str) -> None:
    assert without_identity(text) == redacted


def test_options_say_what_is_taken_out() -> None:
    text = "# Capital\n**As GPT-4** I say `Riga`."
    assert shown(text, redact_identity=False) == text
    assert shown(text) == "# Capital\n**As an assistant** I say `Riga`."
    assert shown(text, strip_markdown=True) == "Capital\nAs an assistant I say Riga."


@pytest.mark.parametrize(
    ("text", "plain"),
    [
        ("## Cities\n- **Riga**\n* Vilnius\n1. Tallinn", "Cities\nRiga\nVilnius\n1. Tallinn"),
        ("```python\nx = a*b*c\n```", "x = a*b*c"),
        ("see [the page](https://a.b/c_d_e)", "see the page"),
        ("> quoted\n\n---\n_so_ and snake_case_name", "quoted\n\nso and snake_case_name"),
        ("2 * 3 * 4", "2 * 3 * 4"),
    ],
)
def test_what_is_dress_is_taken_off(text: str, plain: str) -> None:
    assert without_markdown(text) == plain


@settings(deadline=None)
@given(st.text(min_size=1, max_size=200), st.integers(10, 100))
def test_a_cut_text_keeps_both_ends_and_says_how_much_is_gone(text: str, limit: int) -> None:
    came = cut(text, limit)
    assert came.is_cut == (len(text) > limit)
    if came.is_cut:
        head = limit * 2 // 3
        assert came.text.startswith(text[:head]) and came.text.endswith(text[len(text) - (limit - head) :])
        assert f"{len(text) - limit} characters" in came.text
    else:
        assert came.text == text


@pytest.mark.parametrize("part", [" ", "[", "**a ", "`", "_a", "[a](", "as ", "<|"])
def test_no_repetition_makes_showing_slow(part: str) -> None:
    """Each of these took seconds with an unbounded repetition in some pattern; the test's time-out would tell."""
    shown(part * (24_000 // len(part)) + "x", strip_markdown=True)


@pytest.mark.parametrize("strip_markdown", [False, True])
def test_of_a_very_long_answer_only_the_ends_are_undressed(
    monkeypatch: pytest.MonkeyPatch, strip_markdown: bool
) -> None:
    undressed: list[int] = []

    def seen(text: str) -> str:
        undressed.append(len(text))
        return text

    monkeypatch.setattr(showing, "without_identity", seen)
    monkeypatch.setattr(showing, "without_markdown", seen)
    answer = "a" * 700 + "b" * 1_000_000 + "c" * 400
    told = Showing(max_characters=900, strip_markdown=strip_markdown)
    came = show(pair(candidate=answer).candidate, told)
    assert came.text == f"{'a' * 600}\n[… 1000200 characters left out here, for length only …]\n{'c' * 300}"
    assert came.is_cut
    assert max(undressed) <= 3 * 900


@pytest.mark.parametrize("length", [2_500, 3_000, 300_000])
def test_of_long_answers_of_any_length_the_ends_are_shown_without_what_is_taken_out(length: int) -> None:
    answer = "I am GPT-4. **First**" + " word" * (length // 5) + " **last** I am Claude."
    text = shown(answer, max_characters=1_000, strip_markdown=True)
    assert text.startswith("I am an assistant. First word")
    assert text.endswith("word last I am an assistant.")
    assert len(text) <= 1_000 + 70


def test_a_very_long_answer_of_what_cannot_be_seen_is_an_empty_one() -> None:
    assert shown("\u200b" * 10_000, max_characters=1_000) == "(an empty answer)"
    assert shown("42" + "\n" * 10_000, max_characters=1_000) == "42"
