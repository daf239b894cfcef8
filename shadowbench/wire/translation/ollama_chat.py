"""Ollama's chat: POST /api/chat (https://docs.ollama.com/api/chat). Pure.

A message is one text with images before it. Several texts, or images after a text, become several messages of one role, as
when Ollama itself reads OpenAI's dialect. Calls and their results belong together by their order here: ids of other dialects
are left away where that order says the same, and made from it on the way back.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from shadowbench.wire.neutral import (
    Assistant,
    Conversation,
    Image,
    JsonObject,
    JsonSchema,
    Reasoning,
    Refused,
    Sampling,
    System,
    Text,
    Tool,
    ToolCall,
    ToolResult,
    Turn,
    User,
)
from shadowbench.wire.translation import dropped, exact_json, images, members
from shadowbench.wire.translation.members import table
from shadowbench.wire.translation.refusals import NoWord, Reason, refusals_as_values
from shadowbench.wire.translation.writing import check_last_turn, names_of_calls, only_text, refuse_if, said, within

_IMAGE_TYPES = frozenset({"image/jpeg", "image/png", "image/webp"})
_EFFORTS = frozenset({"low", "medium", "high"})
_UNBOUNDED = -1  # num_predict's own default

_REQUEST = table(
    "model", "messages", "stream", "format", "options", "tools", "think",
    dropped=dropped.OLLAMA,
    refused={"truncate": Reason.NO_WORD_FOR_TRUNCATION, "shift": Reason.NO_WORD_FOR_TRUNCATION},
    refused_unless_empty={
        "logprobs": Reason.NO_WORD_FOR_LOGPROBS,
        "top_logprobs": Reason.NO_WORD_FOR_LOGPROBS,
    },
)  # fmt: skip
_OPTIONS = table(
    "num_predict", "temperature", "top_p", "top_k", "seed", "stop", "frequency_penalty", "presence_penalty",
    dropped=dropped.OLLAMA_OPTIONS,
    refused=dict.fromkeys(
        ("num_ctx", "num_keep", "min_p", "typical_p", "repeat_last_n", "repeat_penalty", "mirostat", "mirostat_eta",
         "mirostat_tau", "tfs_z", "penalize_newline"),
        Reason.NO_WORD_FOR_OPTION,
    ),
)  # fmt: skip
_SAID = table("role", "content")
_USER = table("role", "content", "images")
_ASSISTANT = table(
    "role", "content", "tool_calls",
    refused_unless_empty={"thinking": Reason.THINKING_IN_HISTORY, "images": Reason.IMAGE_FORM},
)  # fmt: skip
_RESULT = table("role", "content", "tool_name", "tool_call_id", refused_unless_empty={"images": Reason.IMAGE_FORM})
_CALL = table("id", "type", "function")
_CALLED = table("name", "arguments", dropped=dropped.OLLAMA_CALLED)
_TOOL = table("type", "function")
_FUNCTION = table("name", "description", "parameters")


@refusals_as_values
def parse(body: object) -> Conversation:
    """What a request asks for. Answers are streamed unless it says no."""
    request = members.checked(body, _REQUEST)
    turns = _turns(members.sequence(request.get("messages")))
    refuse_if(turns and isinstance(turns[-1], Assistant), Reason.LAST_TURN)  # the answer goes on from its words
    return Conversation(
        model=members.name(request.get("model")),
        stream=members.flag(request.get("stream"), default=True),
        turns=tuple(turns),
        sampling=_sampling(members.checked_or_empty(request.get("options"), _OPTIONS)),
        tools=tuple(_tool(tool) for tool in members.sequence(request.get("tools"))),
        output=_output(request.get("format")),
        reasoning=_reasoning(request.get("think")),
    )


def _turns(messages: Sequence[object]) -> list[Turn]:
    turns: list[Turn] = []
    open_calls: list[ToolCall] = []
    for place, value in enumerate(messages):
        role = value.get("role") if isinstance(value, dict) else None
        if role == "tool":
            turns.append(_result(members.checked(value, _RESULT), open_calls))
            continue
        turn = _turn(value, role, place)
        open_calls = [part for part in turn.parts if isinstance(part, ToolCall)]
        turns.append(turn)
    return turns


def _turn(value: object, role: object, place: int) -> System | User | Assistant:
    if role == "system":
        return System(parts=_texts(members.checked(value, _SAID)))
    if role == "user":
        message = members.checked(value, _USER)
        shown = [images.from_base64(members.text(image)) for image in members.sequence(message.get("images"))]
        return User(parts=(*shown, *_texts(message)))
    if role == "assistant":
        message = members.checked(value, _ASSISTANT)
        calls = [_call(call, f"call_{place}_{i}") for i, call in enumerate(members.sequence(message.get("tool_calls")))]
        return Assistant(parts=(*_texts(message), *calls))
    raise NoWord(Reason.UNKNOWN_MEMBER)


def _texts(message: Mapping[str, Any]) -> tuple[Text, ...]:
    content = members.optional_text(message.get("content"))
    return (Text(text=content),) if content else ()


def _call(value: object, made_id: str) -> ToolCall:
    call = members.checked(value, _CALL)
    called = members.checked(call.get("function"), _CALLED)
    return ToolCall(
        id=members.optional_text(call.get("id")) or made_id,
        name=members.name(called.get("name")),
        arguments=exact_json.write_arguments(called.get("arguments")),
    )


def _result(message: Mapping[str, Any], open_calls: list[ToolCall]) -> ToolResult:
    """The result of the first open call that it fits; that one is then closed."""
    name, id = members.optional_text(message.get("tool_name")), members.optional_text(message.get("tool_call_id"))
    fits = (call for call in open_calls if call.name == (name or call.name) and call.id == (id or call.id))
    call = next(fits, None)
    if call is None:
        raise NoWord(Reason.TOOL_FORM)
    open_calls.remove(call)
    return ToolResult(call_id=call.id, parts=_texts(message))


def _tool(value: object) -> Tool:
    tool = members.checked(value, _TOOL)
    refuse_if(tool.get("type") != "function", Reason.TOOL_FORM)
    function = members.checked(tool.get("function"), _FUNCTION)
    parameters = function.get("parameters")
    return Tool(
        name=members.name(function.get("name")),
        description=members.optional_text(function.get("description")),
        parameters=None if parameters is None else members.schema(parameters),
    )


def _output(value: object) -> JsonObject | JsonSchema | None:
    if value is None or value == "":
        return None
    return JsonObject() if value == "json" else JsonSchema(schema=members.schema(value), strict=True)


def _reasoning(value: object) -> Reasoning | None:
    if value is None:
        return None
    if value is False:
        return Reasoning(effort="none")
    if not isinstance(value, str) or value not in _EFFORTS:
        raise NoWord(Reason.NO_WORD_FOR_THINKING)
    return Reasoning(effort=value)


def _sampling(options: Mapping[str, Any]) -> Sampling:
    bound = members.whole(options.get("num_predict"))
    refuse_if(bound is not None and bound < _UNBOUNDED, Reason.NO_WORD_FOR_OPTION)
    stop = options.get("stop")
    return Sampling(
        max_output_tokens=None if bound == _UNBOUNDED else bound,
        temperature=members.number(options.get("temperature")),
        top_p=members.number(options.get("top_p")),
        top_k=members.whole(options.get("top_k")),
        seed=members.whole(options.get("seed")),
        stop=tuple(members.text(word) for word in members.sequence([stop] if isinstance(stop, str) else stop)),
        frequency_penalty=members.number(options.get("frequency_penalty")),
        presence_penalty=members.number(options.get("presence_penalty")),
    )


@refusals_as_values
def build(conversation: Conversation) -> dict[str, Any]:
    """The request in this dialect."""
    refuse_if(conversation.tool_choice, Reason.NO_WORD_FOR_TOOL_CHOICE)
    refuse_if(conversation.one_call_at_most, Reason.NO_WORD_FOR_PARALLEL_TOOL_CALLS)
    refuse_if(conversation.verbosity, Reason.NO_WORD_FOR_VERBOSITY)
    check_last_turn(conversation)
    options = _written_options(conversation.sampling)
    return said(
        model=conversation.model,
        messages=_messages(conversation.turns),
        stream=conversation.stream,
        tools=[_written_tool(tool) for tool in conversation.tools] or None,
        format=_written_output(conversation.output),
        think=_written_reasoning(conversation.reasoning),
        options=options or None,
    )


def _messages(turns: Sequence[Turn]) -> list[dict[str, Any]]:
    names = names_of_calls(turns)
    messages: list[dict[str, Any]] = []
    open_ids: list[str] = []
    for turn in turns:
        if isinstance(turn, ToolResult):
            refuse_if(open_ids[:1] != [turn.call_id], Reason.TOOL_FORM)  # only the order tells whose result it is
            messages.append(_written_result(turn, names[open_ids.pop(0)]))
            continue
        refuse_if(open_ids, Reason.TOOL_FORM)
        open_ids = [part.id for part in turn.parts if isinstance(part, ToolCall)]
        messages.extend(_written_assistant(turn) if isinstance(turn, Assistant) else _written_turn(turn))
    return messages


def _written_turn(turn: System | User) -> list[dict[str, Any]]:
    """As many messages as it takes to keep the order of texts and images."""
    role = "system" if isinstance(turn, System) else "user"
    messages: list[dict[str, Any]] = []
    shown: list[str] = []
    for part in turn.parts:
        if isinstance(part, Text):
            messages.append({"role": role, "content": part.text} | said(images=shown or None))
            shown = []
        else:
            shown.append(_written_image(part))
    if shown or not messages:
        messages.append({"role": role, "content": ""} | said(images=shown or None))
    return messages


def _written_image(image: Image) -> str:
    return images.as_bytes(image, _IMAGE_TYPES).base64


def _written_assistant(turn: Assistant) -> list[dict[str, Any]]:
    calls = [part for part in turn.parts if isinstance(part, ToolCall)]
    texts = [part for part in turn.parts if isinstance(part, Text)]
    refuse_if(any(isinstance(part, Refused) for part in turn.parts), Reason.NO_WORD_FOR_REFUSAL)
    refuse_if(turn.parts != (*texts, *calls), Reason.TOOL_FORM)  # text after a call would move before it
    messages: list[dict[str, Any]] = [{"role": "assistant", "content": part.text} for part in texts]
    if not messages:
        messages.append({"role": "assistant", "content": ""})
    if calls:
        messages[-1]["tool_calls"] = [_written_call(call) for call in calls]
    return messages


def _written_call(call: ToolCall) -> dict[str, Any]:
    return {"function": {"name": call.name, "arguments": exact_json.read_arguments(call.arguments)}}


def _written_result(turn: ToolResult, name: str) -> dict[str, Any]:
    refuse_if(turn.is_error, Reason.NO_WORD_FOR_IS_ERROR)
    return {"role": "tool", "tool_name": name, "content": only_text(turn)}


def _written_tool(tool: Tool) -> dict[str, Any]:
    refuse_if(tool.strict, Reason.NO_WORD_FOR_STRICT)
    parameters = {"type": "object", "properties": {}} if tool.parameters is None else tool.parameters
    function = said(name=tool.name, description=tool.description, parameters=parameters)
    return {"type": "function", "function": function}


def _written_output(output: JsonObject | JsonSchema | None) -> str | Mapping[str, Any] | None:
    if output is None or isinstance(output, JsonObject):
        return "json" if output else None
    refuse_if(output.description, Reason.NO_WORD_FOR_SCHEMA_DESCRIPTION)
    refuse_if(not output.strict, Reason.SCHEMA_STRICTNESS)  # every answer is held to it
    return output.schema


def _written_reasoning(reasoning: Reasoning | None) -> str | bool | None:
    if reasoning is None:
        return None
    if reasoning.effort == "none":
        return False
    refuse_if(reasoning.effort is None, Reason.NO_WORD_FOR_THINKING)
    refuse_if(reasoning.effort not in _EFFORTS, Reason.NO_WORD_FOR_EFFORT)
    return reasoning.effort


def _written_options(sampling: Sampling) -> dict[str, Any]:
    return said(
        num_predict=within(sampling.max_output_tokens, 1, 2**31 - 1),
        temperature=sampling.temperature,
        top_p=sampling.top_p,
        top_k=sampling.top_k,
        seed=sampling.seed,
        stop=list(sampling.stop) or None,
        frequency_penalty=sampling.frequency_penalty,
        presence_penalty=sampling.presence_penalty,
    )
