"""The nouns: frozen, with absence as None, and words that are in files and stay."""

import dataclasses
import inspect

import pytest

from shadowbench import records
from shadowbench.records import Answer, Choice, Dialect, Observation, Outcome, Timing, Usage, UsageSource

NOUNS = [noun for _, noun in inspect.getmembers(records, inspect.isclass) if dataclasses.is_dataclass(noun)]


@pytest.mark.parametrize("noun", NOUNS, ids=lambda noun: noun.__name__)
def test_nouns_are_frozen_slotted_and_keyword_only(noun):
    parameters = noun.__dataclass_params__
    assert parameters.frozen and "__slots__" in vars(noun)
    assert all(field.kw_only for field in dataclasses.fields(noun))
    assert noun.__doc__ and not noun.__doc__.startswith(noun.__name__ + "(")


def test_words_in_the_log_stay_what_they_are():
    assert [str(word) for word in Outcome] == [
        *("ok", "truncated", "stream_error", "http_error", "client_cancelled"),
        *("timed_out", "unparsed", "unreachable", "not_sent"),
    ]
    assert [str(word) for word in Dialect] == [
        *("openai.chat", "openai.responses", "openai.completions", "openai.embeddings"),
        *("anthropic.messages", "ollama.chat", "ollama.generate", "ollama.embed", "gemini.generate_content", "unknown"),
    ]
    assert [str(word) for word in UsageSource] == ["reported", "missing"]


def test_every_outcome_is_explained():
    assert all(f"    {word}" in (Outcome.__doc__ or "") for word in Outcome)


def test_absent_is_none_and_never_zero():
    absent = [field.default for field in dataclasses.fields(Timing) if field.name not in ("paused_s", "loop_lag_s")]
    assert set(absent) == {None}
    assert Usage(source=UsageSource.MISSING) == records.NO_USAGE
    assert dataclasses.astuple(records.NO_USAGE)[1:] == (None,) * 5
    observation = Observation(endpoint="production", outcome=Outcome.OK)
    assert (observation.status, observation.answer, observation.body, observation.usage) == (
        None,
        None,
        None,
        records.NO_USAGE,
    )


def test_the_first_choice_of_an_answer_without_any_is_empty():
    assert Answer(choices=()).first == Choice()
    assert Answer(choices=(Choice(text="a"), Choice(text="b"))).first.text == "a"
