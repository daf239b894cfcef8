"""OpenAI's responses: POST /v1/responses (https://platform.openai.com/docs/api-reference/responses/create). Pure.

Requests that build on what OpenAI stored are refused; requests written here carry everything and store nothing.

Tools are strict here unless they say otherwise, and then OpenAI rewrites their schemas until they can be. So a tool that does
not say is taken as strict when its schema is strict already; with any other schema nobody outside knows what was asked.
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
from shadowbench.wire.translation.schemas import is_closed
from shadowbench.wire.translation.writing import fitting, refuse_if, said, within

_LEAST_BOUND = 16  # of tokens; the API refuses less

_REQUEST = table(
    "model", "input", "instructions", "stream", "max_output_tokens", "temperature", "top_p", "tools", "tool_choice",
    "parallel_tool_calls", "text", "reasoning", "include", "truncation",
    dropped=dropped.OPENAI,
    refused={
        "background_options": Reason.STATEFUL,
        "conversation": Reason.STATEFUL,
        "previous_response_id": Reason.STATEFUL,
        "prompt": Reason.STATEFUL,
        "image": Reason.IMAGE_FORM,
        "max_tool_calls": Reason.SERVER_TOOL,
        "moderation": Reason.NO_WORD_FOR_MODERATION,
    },
    refused_unless_empty={
        "background": Reason.STATEFUL,
        "context_management": Reason.NO_WORD_FOR_CONTEXT_MANAGEMENT,
        "top_logprobs": Reason.NO_WORD_FOR_LOGPROBS,
    },
)  # fmt: skip
_MESSAGE = table("type", "role", "content", dropped=dropped.RESPONSES_ITEM, refused={"phase": Reason.NO_WORD_FOR_PHASE})
_OF_A_TOOLSET = {"caller": Reason.SERVER_TOOL, "namespace": Reason.TOOL_FORM}
_LATER = {"async": Reason.TOOL_FORM}
_CALL = table(
    "type",
    "call_id",
    "name",
    "arguments",
    dropped=dropped.RESPONSES_ITEM,
    refused=_OF_A_TOOLSET,
    refused_unless_empty=_LATER,
)
_RESULT = table("type", "call_id", "output", dropped=dropped.RESPONSES_RESULT, refused=_OF_A_TOOLSET)
_TEXT = table("type", "text", dropped=dropped.OPENAI_PART)
_IMAGE = table("type", "image_url", "detail", dropped=dropped.OPENAI_PART, refused={"file_id": Reason.STATEFUL})
_SPOKEN = table(
    "type", "text", dropped=dropped.RESPONSES_TEXT, refused_unless_empty={"annotations": Reason.NO_WORD_FOR_CITATIONS}
)
_REFUSAL = table("type", "refusal")
_OTHER_PARTS = {"input_file": Reason.DOCUMENT_FORM, "input_audio": Reason.AUDIO_FORM}
_OTHER_ITEMS = {
    "reasoning": Reason.THINKING_IN_HISTORY,
    "compaction": Reason.THINKING_IN_HISTORY,
    "item_reference": Reason.STATEFUL,
} | dict.fromkeys(
    ("custom_tool_call", "custom_tool_call_output", "additional_tools", "local_shell_call", "local_shell_call_output",
     "shell_call", "shell_call_output", "apply_patch_call", "apply_patch_call_output", "computer_call",
     "computer_call_output"),
    Reason.TOOL_FORM,
) | dict.fromkeys(
    ("web_search_call", "file_search_call", "code_interpreter_call", "image_generation_call", "mcp_list_tools",
     "mcp_approval_request", "mcp_approval_response", "mcp_call", "tool_search_call", "tool_search_output", "program",
     "program_output"),
    Reason.SERVER_TOOL,
)  # fmt: skip
_TOOL = table(
    "type", "name", "description", "parameters", "strict",
    refused={"allowed_callers": Reason.TOOL_FORM, "output_schema": Reason.TOOL_FORM},
    refused_unless_empty=_LATER | {"defer_loading": Reason.TOOL_FORM},
)  # fmt: skip
_CHOICE = table("type", "name")
_OUTPUT = table("format", "verbosity")
_FORMAT = table("type", "name", "description", "schema", "strict")
_REASONING = table(
    "effort",
    dropped=dropped.RESPONSES_REASONING,
    refused={"context": Reason.NO_WORD_FOR_THINKING, "mode": Reason.NO_WORD_FOR_THINKING},
)


@refusals_as_values
def parse(body: object) -> Conversation:
    """What a request asks for."""
    request = members.checked(body, _REQUEST)
    refuse_if("message.output_text.logprobs" in members.sequence(request.get("include")), Reason.NO_WORD_FOR_LOGPROBS)
    refuse_if(request.get("truncation") not in (None, "disabled"), Reason.NO_WORD_FOR_TRUNCATION)
    tools = tuple(_tool(tool) for tool in members.sequence(request.get("tools")))
    text = members.checked_or_empty(request.get("text"), _OUTPUT)
    reasoning = members.checked_or_empty(request.get("reasoning"), _REASONING)
    effort = read_word(reasoning.get("effort"), EFFORTS, Reason.NO_WORD_FOR_EFFORT)
    return Conversation(
        model=members.name(request.get("model")),
        stream=members.flag(request.get("stream")),
        turns=(*_instructions(request.get("instructions")), *_turns(request.get("input"))),
        sampling=Sampling(
            max_output_tokens=members.whole(request.get("max_output_tokens")),
            temperature=members.number(request.get("temperature")),
            top_p=members.number(request.get("top_p")),
        ),
        tools=tools,
        tool_choice=_tool_choice(request.get("tool_choice"), tools),
        one_call_at_most=bool(tools) and not members.flag(request.get("parallel_tool_calls"), default=True),
        output=_output(text.get("format")),
        reasoning=Reasoning(effort=effort) if effort else None,
        verbosity=read_word(text.get("verbosity"), VERBOSITIES, Reason.NO_WORD_FOR_VERBOSITY),
    )


def _instructions(value: object) -> tuple[Turn, ...]:
    """OpenAI calls them "a system (or developer) message" before the input."""
    words = members.optional_text(value)
    return (System(parts=(Text(text=words),)),) if words else ()


def _turns(value: object) -> list[Turn]:
    if isinstance(value, str):
        return [User(parts=_texts(value))]
    turns: list[Turn] = []
    for item in members.sequence(value):
        kind = item.get("type") if isinstance(item, dict) else None
        if kind == "function_call":
            _add_call(turns, _call(item))
        elif kind == "function_call_output":
            turns.append(_result(members.checked(item, _RESULT)))
        elif kind in (None, "message"):
            turns.append(_message(members.checked(item, _MESSAGE)))
        else:
            raise NoWord(_reason(kind, _OTHER_ITEMS))
    return turns


def _reason(kind: object, known: Mapping[str, Reason]) -> Reason:
    return known.get(kind, Reason.UNKNOWN_MEMBER) if isinstance(kind, str) else Reason.NOT_READABLE


def _add_call(turns: list[Turn], call: ToolCall) -> None:
    """A call belongs to the turn of the model that it follows."""
    if turns and isinstance(turns[-1], Assistant):
        turns[-1] = Assistant(parts=(*turns[-1].parts, call))
    else:
        turns.append(Assistant(parts=(call,)))


def _call(value: object) -> ToolCall:
    item = members.checked(value, _CALL)
    return ToolCall(
        id=members.name(item.get("call_id")),
        name=members.name(item.get("name")),
        arguments=members.text(item.get("arguments")),
    )


def _result(item: Mapping[str, Any]) -> ToolResult:
    return ToolResult(call_id=members.name(item.get("call_id")), parts=_parts(item.get("output")))


def _message(item: Mapping[str, Any]) -> Turn:
    role, content = item.get("role"), item.get("content")
    if role in ("system", "developer"):
        parts = _parts(content)
        refuse_if(not all(isinstance(part, Text) for part in parts), Reason.IMAGE_FORM)
        return System(parts=tuple(part for part in parts if isinstance(part, Text)), role=role)
    if role == "user":
        return User(parts=_parts(content))
    if role == "assistant":
        return Assistant(parts=_spoken(content))
    raise NoWord(Reason.UNKNOWN_MEMBER)


def _texts(content: str) -> tuple[Text, ...]:
    return (Text(text=content),) if content else ()


def _parts(content: object) -> tuple[Text | Image, ...]:
    if isinstance(content, str):
        return _texts(content)
    return tuple(_part(part) for part in members.sequence(content))


def _part(value: object) -> Text | Image:
    kind = value.get("type") if isinstance(value, dict) else None
    if kind == "input_text":
        return Text(text=members.text(members.checked(value, _TEXT).get("text")))
    if kind == "input_image":
        part = members.checked(value, _IMAGE)
        return images.from_url(members.text(part.get("image_url")), members.one_of(part.get("detail"), DETAILS))
    raise NoWord(_reason(kind, _OTHER_PARTS))


def _spoken(content: object) -> tuple[Text | Refused, ...]:
    if isinstance(content, str):
        return _texts(content)
    return tuple(_spoken_part(part) for part in members.sequence(content))


def _spoken_part(value: object) -> Text | Refused:
    kind = value.get("type") if isinstance(value, dict) else None
    if kind == "output_text":
        return Text(text=members.text(members.checked(value, _SPOKEN).get("text")))
    if kind == "refusal":
        return Refused(text=members.text(members.checked(value, _REFUSAL).get("refusal")))
    raise NoWord(Reason.UNKNOWN_MEMBER)


def _tool(value: object) -> Tool:
    kind = value.get("type") if isinstance(value, dict) else None
    if kind != "function":
        raise NoWord(Reason.TOOL_FORM if kind == "custom" else Reason.SERVER_TOOL)
    tool = members.checked(value, _TOOL)
    parameters = tool.get("parameters")
    schema = None if parameters is None else members.schema(parameters)
    return Tool(
        name=members.name(tool.get("name")),
        description=members.optional_text(tool.get("description")),
        parameters=schema,
        strict=_is_strict(tool.get("strict"), schema),
    )


def _is_strict(said_so: object, schema: Mapping[str, Any] | None) -> bool:
    refuse_if(said_so is None and not is_closed(schema or {}, all_required=True), Reason.SCHEMA_STRICTNESS)
    return members.flag(said_so, default=True)


def _tool_choice(value: object, tools: tuple[Tool, ...]) -> ToolChoice | None:
    if value is None or value == "auto" or (value == "none" and not tools):
        return None
    refuse_if(not tools, Reason.TOOL_FORM)
    if value == "none":
        return ToolChoice(mode="none")
    if value == "required":
        return ToolChoice(mode="required")
    if not isinstance(value, dict) or value.get("type") != "function":
        raise NoWord(Reason.NO_WORD_FOR_TOOL_CHOICE)
    return ToolChoice(mode="named", name=members.name(members.checked(value, _CHOICE).get("name")))


def _output(value: object) -> JsonObject | JsonSchema | None:
    if value is None:
        return None
    form = members.checked(value, _FORMAT)
    kind = form.get("type")
    if kind == "json_schema":
        return read_json_schema(form)
    if kind not in ("text", "json_object"):
        raise NoWord(Reason.UNKNOWN_MEMBER)
    return JsonObject() if kind == "json_object" else None


@refusals_as_values
def build(conversation: Conversation) -> dict[str, Any]:
    """The request in this dialect. Nothing of it is stored."""
    sampling, reasoning = conversation.sampling, conversation.reasoning
    refuse_if(sampling.top_k is not None, Reason.NO_WORD_FOR_TOP_K)
    refuse_if(sampling.seed is not None, Reason.NO_WORD_FOR_SEED)
    refuse_if(sampling.stop, Reason.NO_WORD_FOR_STOP)
    refuse_if(sampling.frequency_penalty or sampling.presence_penalty, Reason.NO_WORD_FOR_PENALTY)  # 0 is none
    refuse_if(reasoning and reasoning.effort is None, Reason.NO_WORD_FOR_THINKING)
    return said(
        model=conversation.model,
        input=[item for turn in conversation.turns for item in _items(turn)],
        max_output_tokens=within(sampling.max_output_tokens, _LEAST_BOUND, float("inf")),
        temperature=within(sampling.temperature, 0, 2),
        top_p=within(sampling.top_p, 0, 1),
        tools=[_written_tool(tool) for tool in conversation.tools] or None,
        tool_choice=_written_choice(conversation.tool_choice),
        parallel_tool_calls=False if conversation.one_call_at_most else None,
        text=said(format=_written_output(conversation.output), verbosity=conversation.verbosity) or None,
        reasoning={"effort": reasoning.effort} if reasoning else None,
        stream=conversation.stream or None,
        store=False,
    )


def _items(turn: Turn) -> list[dict[str, Any]]:
    if isinstance(turn, System):
        return [{"role": turn.role, "content": _written_content(turn.parts)}]
    if isinstance(turn, User):
        return [{"role": "user", "content": _written_content(turn.parts)}]
    if isinstance(turn, Assistant):
        return _written_assistant(turn)
    refuse_if(turn.is_error, Reason.NO_WORD_FOR_IS_ERROR)
    return [{"type": "function_call_output", "call_id": turn.call_id, "output": _written_content(turn.parts)}]


def _written_content(parts: Sequence[Text | Image]) -> str | list[dict[str, Any]]:
    if not parts:
        return ""
    if len(parts) == 1 and isinstance(parts[0], Text):
        return parts[0].text
    return [_written_part(part) for part in parts]


def _written_part(part: Text | Image) -> dict[str, Any]:
    if isinstance(part, Text):
        return {"type": "input_text", "text": part.text}
    return {"type": "input_image", "image_url": images.as_url(part), "detail": part.detail or "auto"}


def _written_assistant(turn: Assistant) -> list[dict[str, Any]]:
    """Its words as a message, its calls as items after it."""
    calls = [part for part in turn.parts if isinstance(part, ToolCall)]
    spoken = [part for part in turn.parts if not isinstance(part, ToolCall)]
    refuse_if(turn.parts != (*spoken, *calls), Reason.TOOL_FORM)  # text after a call would move before it
    items = [_written_call(call) for call in calls]
    if spoken or not calls:
        items.insert(0, {"role": "assistant", "content": _written_spoken(spoken)})
    return items


def _written_spoken(parts: Sequence[Text | Refused]) -> str | list[dict[str, Any]]:
    if not parts:
        return ""
    if len(parts) == 1 and isinstance(parts[0], Text):
        return parts[0].text
    return [
        {"type": "output_text", "text": part.text}
        if isinstance(part, Text)
        else {"type": "refusal", "refusal": part.text}
        for part in parts
    ]


def _written_call(call: ToolCall) -> dict[str, Any]:
    return {"type": "function_call", "call_id": call.id, "name": call.name, "arguments": call.arguments}


def _written_tool(tool: Tool) -> dict[str, Any]:
    return {
        "type": "function",
        "name": fitting(tool.name, TOOL_NAME),
        "parameters": tool.parameters,
        "strict": enforceable(tool),
    } | said(description=tool.description)


def _written_choice(choice: ToolChoice | None) -> str | dict[str, Any] | None:
    if choice is None:
        return None
    return {"type": "function", "name": choice.name} if choice.mode == "named" else choice.mode


def _written_output(output: JsonObject | JsonSchema | None) -> dict[str, Any] | None:
    if output is None:
        return None
    if isinstance(output, JsonObject):
        return {"type": "json_object"}
    return {"type": "json_schema"} | written_json_schema(output)
