"""OpenAI's chat completions: POST /v1/chat/completions (https://platform.openai.com/docs/api-reference/chat/create). Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from shadowbench.wire.neutral import (
    Assistant,
    Conversation,
    Image,
    ImageBytes,
    ImageLink,
    JsonObject,
    JsonSchema,
    Reasoning,
    Refused,
    Sampling,
    System,
    Text,
    Tool,
    ToolCall,
    ToolChoice,
    ToolResult,
    Turn,
    User,
)
from shadowbench.wire.translation import dropped, images, members
from shadowbench.wire.translation.members import table
from shadowbench.wire.translation.openai_words import (
    DETAILS,
    EFFORTS,
    TOOL_NAME,
    VERBOSITIES,
    enforceable,
    read_json_schema,
    read_word,
    written_json_schema,
)
from shadowbench.wire.translation.refusals import NoWord, Reason, refusals_as_values
from shadowbench.wire.translation.writing import fitting, refuse_if, said, within

_STOPS = 4

_REQUEST = table(
    "model", "messages", "stream", "max_tokens", "max_completion_tokens", "temperature", "top_p", "seed", "stop",
    "frequency_penalty", "presence_penalty", "tools", "tool_choice", "parallel_tool_calls", "response_format",
    "reasoning_effort", "verbosity", "n", "modalities",
    dropped=dropped.OPENAI,
    refused={
        "audio": Reason.AUDIO_FORM,
        "function_call": Reason.LEGACY_FUNCTIONS,
        "moderation": Reason.NO_WORD_FOR_MODERATION,
        "prediction": Reason.NO_WORD_FOR_PREDICTION,
        "web_search_options": Reason.SERVER_TOOL,  # an empty object searches, too
    },
    refused_unless_empty={
        "functions": Reason.LEGACY_FUNCTIONS,
        "logit_bias": Reason.NO_WORD_FOR_LOGIT_BIAS,  # its tokens are numbers of one tokenizer
        "logprobs": Reason.NO_WORD_FOR_LOGPROBS,
        "top_logprobs": Reason.NO_WORD_FOR_LOGPROBS,
    },
)  # fmt: skip
_NAMED = {"name": Reason.NO_WORD_FOR_NAME}
_SAID = table("role", "content", refused_unless_empty=_NAMED)
_ASSISTANT = table(
    "role", "content", "refusal", "tool_calls",
    refused={"audio": Reason.AUDIO_FORM, "function_call": Reason.LEGACY_FUNCTIONS},
    refused_unless_empty=_NAMED | {
        "annotations": Reason.NO_WORD_FOR_CITATIONS,
        # Not OpenAI's, but what many servers of its dialect answer and clients send back.
        "reasoning": Reason.THINKING_IN_HISTORY,
        "reasoning_content": Reason.THINKING_IN_HISTORY,
        "reasoning_details": Reason.THINKING_IN_HISTORY,
    },
)  # fmt: skip
_RESULT = table("role", "content", "tool_call_id", dropped=dropped.OPENAI_TOOL_MESSAGE)
_TEXT = table("type", "text", dropped=dropped.OPENAI_PART)
_REFUSAL = table("type", "refusal")
_IMAGE = table("type", "image_url", dropped=dropped.OPENAI_PART)
_IMAGE_URL = table("url", "detail")
_OTHER_PARTS = {"input_audio": Reason.AUDIO_FORM, "file": Reason.DOCUMENT_FORM}
_CALL = table("id", "type", "function")
_CALLED = table("name", "arguments")
_TOOL = table("type", "function")
_FUNCTION = table("name", "description", "parameters", "strict")
_CHOICE = table("type", "function")
_CHOSEN = table("name")
_FORMAT = table("type", "json_schema")
_JSON_SCHEMA = table("name", "description", "schema", "strict")


@refusals_as_values
def parse(body: object) -> Conversation:
    """What a request asks for."""
    request = members.checked(body, _REQUEST)
    refuse_if(request.get("n") not in (None, 1), Reason.NO_WORD_FOR_N)
    refuse_if(any(form != "text" for form in members.sequence(request.get("modalities"))), Reason.AUDIO_FORM)
    tools = tuple(_tool(tool) for tool in members.sequence(request.get("tools")))
    effort = read_word(request.get("reasoning_effort"), EFFORTS, Reason.NO_WORD_FOR_EFFORT)
    return Conversation(
        model=members.name(request.get("model")),
        stream=members.flag(request.get("stream")),
        turns=tuple(_turn(message) for message in members.sequence(request.get("messages"))),
        sampling=_sampling(request),
        tools=tools,
        tool_choice=_tool_choice(request.get("tool_choice"), tools),
        one_call_at_most=bool(tools) and not members.flag(request.get("parallel_tool_calls"), default=True),
        output=_output(request.get("response_format")),
        reasoning=Reasoning(effort=effort) if effort else None,
        verbosity=read_word(request.get("verbosity"), VERBOSITIES, Reason.NO_WORD_FOR_VERBOSITY),
    )


def _turn(value: object) -> Turn:
    role = value.get("role") if isinstance(value, dict) else None
    if role in ("system", "developer"):
        message = members.checked(value, _SAID)
        return System(parts=_texts(message.get("content")), role=role)
    if role == "user":
        message = members.checked(value, _SAID)
        return User(parts=_user_parts(message.get("content")))
    if role == "assistant":
        return _assistant(members.checked(value, _ASSISTANT))
    if role == "tool":
        message = members.checked(value, _RESULT)
        return ToolResult(call_id=members.name(message.get("tool_call_id")), parts=_texts(message.get("content")))
    raise NoWord(Reason.LEGACY_FUNCTIONS if role == "function" else Reason.UNKNOWN_MEMBER)


def _texts(content: object) -> tuple[Text, ...]:
    if isinstance(content, str):
        return (Text(text=content),) if content else ()
    return tuple(_text(part) for part in members.sequence(content))


def _text(value: object) -> Text:
    if isinstance(value, dict) and value.get("type") == "text":
        return Text(text=members.text(members.checked(value, _TEXT).get("text")))
    raise NoWord(_reason_for_part(value))


def _reason_for_part(value: object) -> Reason:
    kind = value.get("type") if isinstance(value, dict) else None
    return _OTHER_PARTS.get(kind, Reason.UNKNOWN_MEMBER) if isinstance(kind, str) else Reason.NOT_READABLE


def _user_parts(content: object) -> tuple[Text | Image, ...]:
    if isinstance(content, str):
        return _texts(content)
    return tuple(_user_part(part) for part in members.sequence(content))


def _user_part(value: object) -> Text | Image:
    if isinstance(value, dict) and value.get("type") == "image_url":
        source = members.checked(members.checked(value, _IMAGE).get("image_url"), _IMAGE_URL)
        return images.from_url(members.text(source.get("url")), members.one_of(source.get("detail"), DETAILS))
    return _text(value)


def _assistant(message: Mapping[str, Any]) -> Assistant:
    content = message.get("content")
    parts: list[Text | Refused | ToolCall] = []
    if isinstance(content, list):
        parts.extend(_assistant_part(part) for part in content)
    else:
        parts.extend(_texts(content))
    refusal = members.optional_text(message.get("refusal"))
    if refusal:
        parts.append(Refused(text=refusal))
    parts.extend(_call(call) for call in members.sequence(message.get("tool_calls")))
    return Assistant(parts=tuple(parts))


def _assistant_part(value: object) -> Text | Refused:
    if isinstance(value, dict) and value.get("type") == "refusal":
        return Refused(text=members.text(members.checked(value, _REFUSAL).get("refusal")))
    return _text(value)


def _call(value: object) -> ToolCall:
    if isinstance(value, dict) and value.get("type") == "custom":
        raise NoWord(Reason.TOOL_FORM)
    call = members.checked(value, _CALL)
    called = members.checked(call.get("function"), _CALLED)
    return ToolCall(
        id=members.name(call.get("id")),
        name=members.name(called.get("name")),
        arguments=members.text(called.get("arguments")),
    )


def _tool(value: object) -> Tool:
    kind = value.get("type") if isinstance(value, dict) else None
    if kind != "function":
        raise NoWord(Reason.TOOL_FORM if kind == "custom" else Reason.SERVER_TOOL)
    function = members.checked(members.checked(value, _TOOL).get("function"), _FUNCTION)
    parameters = function.get("parameters")
    return Tool(
        name=members.name(function.get("name")),
        description=members.optional_text(function.get("description")),
        parameters=None if parameters is None else members.schema(parameters),
        strict=members.flag(function.get("strict")),
    )


def _tool_choice(value: object, tools: tuple[Tool, ...]) -> ToolChoice | None:
    if value is None or value == "auto":
        return None
    if value == "none":
        return ToolChoice(mode="none") if tools else None
    refuse_if(not tools, Reason.TOOL_FORM)
    if value == "required":
        return ToolChoice(mode="required")
    if not isinstance(value, dict) or value.get("type") != "function":
        raise NoWord(Reason.NO_WORD_FOR_TOOL_CHOICE)
    chosen = members.checked(members.checked(value, _CHOICE).get("function"), _CHOSEN)
    return ToolChoice(mode="named", name=members.name(chosen.get("name")))


def _output(value: object) -> JsonObject | JsonSchema | None:
    if value is None:
        return None
    form = members.checked(value, _FORMAT)
    kind = form.get("type")
    if kind == "json_schema":
        return read_json_schema(members.checked(form.get("json_schema"), _JSON_SCHEMA))
    if kind not in ("text", "json_object"):
        raise NoWord(Reason.UNKNOWN_MEMBER)
    return JsonObject() if kind == "json_object" else None


def _sampling(request: Mapping[str, Any]) -> Sampling:
    newer, older = members.whole(request.get("max_completion_tokens")), members.whole(request.get("max_tokens"))
    refuse_if(newer is not None and older is not None, Reason.NOT_READABLE)  # the API refuses both at once
    return Sampling(
        max_output_tokens=newer if newer is not None else older,
        temperature=members.number(request.get("temperature")),
        top_p=members.number(request.get("top_p")),
        seed=members.whole(request.get("seed")),
        stop=_stop(request.get("stop")),
        frequency_penalty=members.number(request.get("frequency_penalty")),
        presence_penalty=members.number(request.get("presence_penalty")),
    )


def _stop(value: object) -> tuple[str, ...]:
    return (value,) if isinstance(value, str) else tuple(members.text(stop) for stop in members.sequence(value))


@refusals_as_values
def build(conversation: Conversation) -> dict[str, Any]:
    """The request in this dialect. A stream is asked to report usage, without which its answer has no price."""
    sampling, reasoning = conversation.sampling, conversation.reasoning
    refuse_if(sampling.top_k is not None, Reason.NO_WORD_FOR_TOP_K)
    refuse_if(reasoning and reasoning.effort is None, Reason.NO_WORD_FOR_THINKING)
    refuse_if(len(sampling.stop) > _STOPS, Reason.OUT_OF_RANGE)
    return said(
        model=conversation.model,
        messages=[_message(turn) for turn in conversation.turns],
        max_completion_tokens=within(sampling.max_output_tokens, 1, float("inf")),
        temperature=within(sampling.temperature, 0, 2),
        top_p=within(sampling.top_p, 0, 1),
        seed=within(sampling.seed, -(2**63), 2**63 - 1),
        stop=list(sampling.stop) or None,
        frequency_penalty=within(sampling.frequency_penalty, -2, 2),
        presence_penalty=within(sampling.presence_penalty, -2, 2),
        tools=[_written_tool(tool) for tool in conversation.tools] or None,
        tool_choice=_written_choice(conversation.tool_choice),
        parallel_tool_calls=False if conversation.one_call_at_most else None,
        response_format=_written_output(conversation.output),
        reasoning_effort=reasoning.effort if reasoning else None,
        verbosity=conversation.verbosity,
        stream=conversation.stream or None,
        stream_options={"include_usage": True} if conversation.stream else None,
    )


def _message(turn: Turn) -> dict[str, Any]:
    if isinstance(turn, System):
        return {"role": turn.role, "content": _written_content(turn.parts)}
    if isinstance(turn, User):
        return {"role": "user", "content": _written_content(turn.parts)}
    if isinstance(turn, ToolResult):
        refuse_if(turn.is_error, Reason.NO_WORD_FOR_IS_ERROR)
        refuse_if(any(isinstance(part, ImageLink | ImageBytes) for part in turn.parts), Reason.IMAGE_FORM)
        return {"role": "tool", "tool_call_id": turn.call_id, "content": _written_content(turn.parts)}
    return _written_assistant(turn)


def _written_assistant(turn: Assistant) -> dict[str, Any]:
    calls = [part for part in turn.parts if isinstance(part, ToolCall)]
    spoken = [part for part in turn.parts if not isinstance(part, ToolCall)]
    refuse_if(turn.parts != (*spoken, *calls), Reason.TOOL_FORM)  # text after a call would move before it
    message: dict[str, Any] = {"role": "assistant"}
    message["content"] = _written_content(tuple(spoken)) if spoken or not calls else None
    if calls:
        message["tool_calls"] = [_written_call(call) for call in calls]
    return message


def _written_content(parts: tuple[Text | Image | Refused, ...]) -> str | list[dict[str, Any]]:
    if not parts:
        return ""
    if len(parts) == 1 and isinstance(parts[0], Text):
        return parts[0].text
    return [_written_part(part) for part in parts]


def _written_part(part: Text | Image | Refused) -> dict[str, Any]:
    if isinstance(part, Text):
        return {"type": "text", "text": part.text}
    if isinstance(part, Refused):
        return {"type": "refusal", "refusal": part.text}
    return {"type": "image_url", "image_url": said(url=images.as_url(part), detail=part.detail)}


def _written_call(call: ToolCall) -> dict[str, Any]:
    return {"id": call.id, "type": "function", "function": {"name": call.name, "arguments": call.arguments}}


def _written_tool(tool: Tool) -> dict[str, Any]:
    function = said(
        name=fitting(tool.name, TOOL_NAME),
        description=tool.description,
        parameters=tool.parameters,
        strict=enforceable(tool) or None,
    )
    return {"type": "function", "function": function}


def _written_choice(choice: ToolChoice | None) -> str | dict[str, Any] | None:
    if choice is None:
        return None
    return {"type": "function", "function": {"name": choice.name}} if choice.mode == "named" else choice.mode


def _written_output(output: JsonObject | JsonSchema | None) -> dict[str, Any] | None:
    if output is None:
        return None
    if isinstance(output, JsonObject):
        return {"type": "json_object"}
    return {"type": "json_schema", "json_schema": written_json_schema(output)}
