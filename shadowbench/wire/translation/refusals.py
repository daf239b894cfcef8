"""Why a request is not translated. The codes become signal labels: a fixed set, never a client's words. Pure."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from functools import wraps
from typing import ParamSpec, TypeVar

_P = ParamSpec("_P")
_R = TypeVar("_R")


class Reason(StrEnum):
    """`no_word_for_*`: the request says something that the other dialect cannot. The rest:

    no_translation      these two dialects have no translation at all
    not_readable        not JSON, a member twice, or a value that is not what the source's API takes
    unknown_member      a member, part, item or role that the source's table does not list
    stateful            it builds on what lies at production's provider (earlier responses, stored prompts, files)
    server_tool         a tool that the provider runs
    legacy_functions    OpenAI's functions from before there were tools
    tool_form           a tool, call or result in a shape that the target does not take
    tool_arguments      a call's arguments are not a JSON object, and the target takes nothing else
    image_form          an image by link, of a media type or in a place that the target does not take
    document_form       a file or document
    audio_form          audio, in or out
    empty_text          a text without characters, which the target refuses
    system_position     instructions after the conversation began, and the target takes them at its start only
    no_turn             nothing said at all, or instructions alone and the target wants something to answer
    last_turn           the last turn is the model's: some dialects continue it, others answer it
    thinking_in_history earlier thinking, which only its own provider can read
    schema_strictness   a schema that one side enforces and the other only suggests, or could not enforce
    out_of_range        a number or a count that the target does not take
    """

    NO_TRANSLATION = "no_translation"
    NOT_READABLE = "not_readable"
    UNKNOWN_MEMBER = "unknown_member"
    STATEFUL = "stateful"
    SERVER_TOOL = "server_tool"
    LEGACY_FUNCTIONS = "legacy_functions"
    TOOL_FORM = "tool_form"
    TOOL_ARGUMENTS = "tool_arguments"
    IMAGE_FORM = "image_form"
    DOCUMENT_FORM = "document_form"
    AUDIO_FORM = "audio_form"
    EMPTY_TEXT = "empty_text"
    SYSTEM_POSITION = "system_position"
    NO_TURN = "no_turn"
    LAST_TURN = "last_turn"
    THINKING_IN_HISTORY = "thinking_in_history"
    SCHEMA_STRICTNESS = "schema_strictness"
    OUT_OF_RANGE = "out_of_range"
    NO_WORD_FOR_CITATIONS = "no_word_for_citations"
    NO_WORD_FOR_CONTEXT_MANAGEMENT = "no_word_for_context_management"
    NO_WORD_FOR_EFFORT = "no_word_for_effort"
    NO_WORD_FOR_IMAGE_DETAIL = "no_word_for_image_detail"
    NO_WORD_FOR_IS_ERROR = "no_word_for_is_error"
    NO_WORD_FOR_JSON_OBJECT = "no_word_for_json_object"
    NO_WORD_FOR_LOGIT_BIAS = "no_word_for_logit_bias"
    NO_WORD_FOR_LOGPROBS = "no_word_for_logprobs"
    NO_WORD_FOR_MODERATION = "no_word_for_moderation"
    NO_WORD_FOR_N = "no_word_for_n"
    NO_WORD_FOR_NAME = "no_word_for_name"
    NO_WORD_FOR_OPTION = "no_word_for_option"
    NO_WORD_FOR_PARALLEL_TOOL_CALLS = "no_word_for_parallel_tool_calls"
    NO_WORD_FOR_PENALTY = "no_word_for_penalty"
    NO_WORD_FOR_PHASE = "no_word_for_phase"
    NO_WORD_FOR_PREDICTION = "no_word_for_prediction"
    NO_WORD_FOR_REFUSAL = "no_word_for_refusal"
    NO_WORD_FOR_SCHEMA_DESCRIPTION = "no_word_for_schema_description"
    NO_WORD_FOR_SEED = "no_word_for_seed"
    NO_WORD_FOR_STOP = "no_word_for_stop"
    NO_WORD_FOR_STRICT = "no_word_for_strict"
    NO_WORD_FOR_THINKING = "no_word_for_thinking"
    NO_WORD_FOR_TOOL_CHOICE = "no_word_for_tool_choice"
    NO_WORD_FOR_TOP_K = "no_word_for_top_k"
    NO_WORD_FOR_TRUNCATION = "no_word_for_truncation"
    NO_WORD_FOR_VERBOSITY = "no_word_for_verbosity"


@dataclass(frozen=True, slots=True, kw_only=True)
class Untranslatable:
    """A request that cannot be said in the other dialect as it was meant. `reason` is one of `Reason`."""

    reason: str


class NoWord(Exception):
    """Found deep inside a request. Never leaves this package."""

    def __init__(self, reason: Reason) -> None:
        super().__init__(reason)
        self.reason = reason


def refusals_as_values(function: Callable[_P, _R]) -> Callable[_P, _R | Untranslatable]:
    """`function`, answering what it raises as NoWord."""

    @wraps(function)
    def guarded(*args: _P.args, **kwargs: _P.kwargs) -> _R | Untranslatable:
        try:
            return function(*args, **kwargs)
        except NoWord as found:
            return Untranslatable(reason=found.reason)

    return guarded
