"""Anthropic's messages: POST /v1/messages (https://platform.claude.com/docs/en/api/messages), API version 2023-06-01. Pure.

The version matters: from 2026-10-21 on, the API refuses temperature, top_p and top_k. Newer models refuse some of them under
either version; that is an answer of the candidate's, not a matter of words.

Turns need not alternate: the API joins consecutive turns of one role, so they are written as they come. Results of tools are
the exception: all that answer one turn's calls stand together in the user turn that follows it. What the user then says is a
turn of its own, for other servers of this dialect (llama.cpp) would move it before the results.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
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
from shadowbench.wire.translation import dropped, exact_json, images, members
from shadowbench.wire.translation.members import table
from shadowbench.wire.translation.refusals import NoWord, Reason, refusals_as_values
from shadowbench.wire.translation.schemas import is_closed
from shadowbench.wire.translation.writing import (
    check_last_turn,
    fitting,
    names_of_calls,
    refuse_if,
    said,
    split_system,
    within,
)

_TOOL_NAME = re.compile(r"[a-zA-Z0-9_-]{1,128}")
_CALL_ID = re.compile(r"[a-zA-Z0-9_-]+")
_IMAGE_TYPES = frozenset({"image/jpeg", "image/png", "image/gif", "image/webp"})

_REQUEST = table(
    "model", "messages", "max_tokens", "stream", "system", "temperature", "top_p", "top_k", "stop_sequences", "tools",
    "tool_choice", "thinking", "output_config", "output_format",
    dropped=dropped.ANTHROPIC,
    refused={
        "container": Reason.STATEFUL,
        "context_management": Reason.NO_WORD_FOR_CONTEXT_MANAGEMENT,
    },
    refused_unless_empty={"mcp_servers": Reason.SERVER_TOOL},
)  # fmt: skip
_MESSAGE = table("role", "content")
_TEXT = table(
    "type", "text", dropped=dropped.ANTHROPIC_BLOCK, refused_unless_empty={"citations": Reason.NO_WORD_FOR_CITATIONS}
)
_IMAGE = table(
    "type", "source", dropped=dropped.ANTHROPIC_BLOCK, refused_unless_empty={"transformations": Reason.IMAGE_FORM}
)
_BYTES = table("type", "media_type", "data")
_LINK = table("type", "url")
_CALL = table(
    "type", "id", "name", "input", "caller",
    dropped=dropped.ANTHROPIC_BLOCK, refused={"toolset_name": Reason.TOOL_FORM},
)  # fmt: skip
_RESULT = table(
    "type", "tool_use_id", "content", "is_error",
    dropped=dropped.ANTHROPIC_BLOCK, refused={"toolset_name": Reason.TOOL_FORM},
)  # fmt: skip
_TOOL = table(
    "type", "name", "description", "input_schema", "strict",
    dropped=dropped.ANTHROPIC_TOOL,
    refused={"allowed_callers": Reason.TOOL_FORM},
    refused_unless_empty={"defer_loading": Reason.TOOL_FORM, "input_examples": Reason.TOOL_FORM},
)  # fmt: skip
_OWN_CLIENT_TOOLS = ("bash_", "text_editor_", "computer_", "memory_", "browser_")
_CHOICE = table("type", "name", "disable_parallel_tool_use")
_CONFIG = table("format", refused={"effort": Reason.NO_WORD_FOR_EFFORT})  # of all output, not of reasoning alone
_FORMAT = table("type", "schema")
_THINKING = table("type", "budget_tokens", dropped=dropped.ANTHROPIC_THINKING)
_OTHER_BLOCKS = {
    "document": Reason.DOCUMENT_FORM,
    "search_result": Reason.DOCUMENT_FORM,
    "container_upload": Reason.STATEFUL,
    "thinking": Reason.THINKING_IN_HISTORY,
    "redacted_thinking": Reason.THINKING_IN_HISTORY,
    "tool_reference": Reason.TOOL_FORM,
    "browser_state": Reason.TOOL_FORM,
    "server_tool_use": Reason.SERVER_TOOL,
    "mcp_tool_use": Reason.SERVER_TOOL,
    "mcp_tool_result": Reason.SERVER_TOOL,
    "web_search_tool_result": Reason.SERVER_TOOL,
    "web_fetch_tool_result": Reason.SERVER_TOOL,
    "code_execution_tool_result": Reason.SERVER_TOOL,
    "bash_code_execution_tool_result": Reason.SERVER_TOOL,
    "text_editor_code_execution_tool_result": Reason.SERVER_TOOL,
    "tool_search_tool_result": Reason.SERVER_TOOL,
}


@refusals_as_values
def parse(body: object) -> Conversation:
    """What a request asks for."""
    request = members.checked(body, _REQUEST)
    tools = tuple(_tool(tool) for tool in members.sequence(request.get("tools")))
    choice = members.checked_or_empty(request.get("tool_choice"), _CHOICE)
    system = _texts(request.get("system"))
    turns = [turn for message in members.sequence(request.get("messages")) for turn in _turns(message)]
    refuse_if(turns and isinstance(turns[-1], Assistant), Reason.LAST_TURN)  # the answer goes on from its words
    return Conversation(
        model=members.name(request.get("model")),
        stream=members.flag(request.get("stream")),
        turns=(System(parts=system), *turns) if system else tuple(turns),
        sampling=_sampling(request),
        tools=tools,
        tool_choice=_tool_choice(choice, tools),
        one_call_at_most=bool(tools) and members.flag(choice.get("disable_parallel_tool_use")),
        output=_output(request),
        reasoning=_reasoning(request.get("thinking")),
    )


def _texts(content: object) -> tuple[Text, ...]:
    if isinstance(content, str):
        return (Text(text=content),) if content else ()
    return tuple(_text(block) for block in members.sequence(content))


def _text(block: object) -> Text:
    if _kind(block) != "text":
        raise NoWord(_reason_for_block(block))
    return Text(text=members.text(members.checked(block, _TEXT).get("text")))


def _kind(block: object) -> str:
    return members.name(block.get("type")) if isinstance(block, dict) else ""


def _reason_for_block(block: object) -> Reason:
    return _OTHER_BLOCKS.get(_kind(block), Reason.UNKNOWN_MEMBER)


def _turns(value: object) -> list[Turn]:
    message = members.checked(value, _MESSAGE)
    role, content = message.get("role"), message.get("content")
    if role == "user":
        return _user_turns(content)
    if role == "assistant":
        return [Assistant(parts=_assistant_parts(content))]
    if role == "system":
        return [System(parts=_texts(content))]
    raise NoWord(Reason.UNKNOWN_MEMBER)


def _user_turns(content: object) -> list[Turn]:
    """The results at the start of a user's turn, and the rest as a turn of its own."""
    if isinstance(content, str):
        return [User(parts=_texts(content))]
    blocks = members.sequence(content)
    first = next((i for i, block in enumerate(blocks) if _kind(block) != "tool_result"), len(blocks))
    turns: list[Turn] = [_result(block) for block in blocks[:first]]
    rest = blocks[first:]
    refuse_if(any(_kind(block) == "tool_result" for block in rest), Reason.TOOL_FORM)
    if rest or not turns:
        turns.append(User(parts=tuple(_shown(block) for block in rest)))
    return turns


def _shown(block: object) -> Text | Image:
    return _image(members.checked(block, _IMAGE)) if _kind(block) == "image" else _text(block)


def _image(block: Mapping[str, Any]) -> Image:
    kind = _kind(block.get("source"))
    if kind == "base64":
        source = members.checked(block["source"], _BYTES)
        return ImageBytes(media_type=members.text(source.get("media_type")), base64=members.text(source.get("data")))
    if kind == "url":
        return ImageLink(url=members.text(members.checked(block["source"], _LINK).get("url")))
    raise NoWord(Reason.STATEFUL if kind == "file" else Reason.UNKNOWN_MEMBER)


def _result(value: object) -> ToolResult:
    block = members.checked(value, _RESULT)
    content = block.get("content")
    shown = _texts(content) if isinstance(content, str) else tuple(_shown(part) for part in members.sequence(content))
    return ToolResult(
        call_id=members.name(block.get("tool_use_id")), parts=shown, is_error=members.flag(block.get("is_error"))
    )


def _assistant_parts(content: object) -> tuple[Text | ToolCall, ...]:
    if isinstance(content, str):
        return _texts(content)
    return tuple(_call(block) if _kind(block) == "tool_use" else _text(block) for block in members.sequence(content))


def _call(value: object) -> ToolCall:
    block = members.checked(value, _CALL)
    refuse_if(block.get("caller") not in (None, {"type": "direct"}), Reason.SERVER_TOOL)
    return ToolCall(
        id=members.name(block.get("id")),
        name=members.name(block.get("name")),
        arguments=exact_json.write_arguments(block.get("input")),
    )


def _tool(value: object) -> Tool:
    kind = value.get("type") if isinstance(value, dict) else None
    if kind not in (None, "custom"):
        own = isinstance(kind, str) and kind.startswith(_OWN_CLIENT_TOOLS)
        raise NoWord(Reason.TOOL_FORM if own else Reason.SERVER_TOOL)
    tool = members.checked(value, _TOOL)
    return Tool(
        name=members.name(tool.get("name")),
        description=members.optional_text(tool.get("description")),
        parameters=members.schema(tool.get("input_schema")),
        strict=members.flag(tool.get("strict")),
    )


def _tool_choice(choice: Mapping[str, Any], tools: tuple[Tool, ...]) -> ToolChoice | None:
    kind = choice.get("type") if choice else "auto"
    if kind == "auto" or (kind == "none" and not tools):
        return None
    refuse_if(not tools, Reason.TOOL_FORM)
    if kind == "tool":
        return ToolChoice(mode="named", name=members.name(choice.get("name")))
    if kind not in ("any", "none"):
        raise NoWord(Reason.UNKNOWN_MEMBER)
    return ToolChoice(mode="required" if kind == "any" else "none")


def _output(request: Mapping[str, Any]) -> JsonSchema | None:
    """`output_format` is what `output_config.format` was called in its beta."""
    config = members.checked_or_empty(request.get("output_config"), _CONFIG)
    now, then = config.get("format"), request.get("output_format")
    refuse_if(now is not None and then is not None, Reason.NOT_READABLE)
    if now is None and then is None:
        return None
    form = members.checked(then if now is None else now, _FORMAT)
    if form.get("type") != "json_schema":
        raise NoWord(Reason.UNKNOWN_MEMBER)
    return JsonSchema(schema=members.schema(form.get("schema")), strict=True)


def _reasoning(value: object) -> Reasoning | None:
    if value is None:
        return None
    thinking = members.checked(value, _THINKING)
    kind = thinking.get("type")
    if kind == "disabled":
        return Reasoning(effort="none")
    if kind != "enabled":
        raise NoWord(Reason.NO_WORD_FOR_THINKING)
    budget = members.whole(thinking.get("budget_tokens"))
    refuse_if(budget is None, Reason.NOT_READABLE)
    return Reasoning(budget_tokens=budget)


def _sampling(request: Mapping[str, Any]) -> Sampling:
    return Sampling(
        max_output_tokens=members.whole(request.get("max_tokens")),
        temperature=members.number(request.get("temperature")),
        top_p=members.number(request.get("top_p")),
        top_k=members.whole(request.get("top_k")),
        stop=tuple(members.text(stop) for stop in members.sequence(request.get("stop_sequences"))),
    )


@refusals_as_values
def build(conversation: Conversation) -> dict[str, Any]:
    """The request in this dialect, which cannot leave the bound of the answer's length to the vendor: the caller sets one."""
    sampling = conversation.sampling
    refuse_if(sampling.seed is not None, Reason.NO_WORD_FOR_SEED)
    refuse_if(sampling.frequency_penalty or sampling.presence_penalty, Reason.NO_WORD_FOR_PENALTY)  # 0 is none
    refuse_if(conversation.verbosity, Reason.NO_WORD_FOR_VERBOSITY)
    refuse_if(any(not stop.strip() for stop in sampling.stop), Reason.NO_WORD_FOR_STOP)  # white space alone
    check_last_turn(conversation)
    systems, turns = split_system(conversation.turns)
    refuse_if(not turns, Reason.NO_TURN)
    names_of_calls(turns)  # a result without its call is refused by the API
    return said(
        model=conversation.model,
        max_tokens=within(sampling.max_output_tokens, 1, float("inf")),
        system=_written_texts([part for system in systems for part in system.parts]) if systems else None,
        messages=_messages(turns),
        temperature=within(sampling.temperature, 0, 1),
        top_p=within(sampling.top_p, 0, 1),
        top_k=within(sampling.top_k, 0, float("inf")),
        stop_sequences=list(sampling.stop) or None,
        tools=[_written_tool(tool) for tool in conversation.tools] or None,
        tool_choice=_written_choice(conversation),
        output_config=_written_output(conversation.output),
        thinking=_written_thinking(conversation.reasoning),
        stream=conversation.stream or None,
    )


def _messages(turns: Sequence[Turn]) -> list[dict[str, Any]]:
    messages: list[dict[str, Any]] = []
    answering = False  # whether the last message holds results
    for turn in turns:
        if isinstance(turn, ToolResult):
            if not answering:
                messages.append({"role": "user", "content": []})
            messages[-1]["content"].append(_written_result(turn))
        else:
            messages.append(_written_message(turn))
        answering = isinstance(turn, ToolResult)
    return messages


def _written_message(turn: System | User | Assistant) -> dict[str, Any]:
    if isinstance(turn, Assistant):
        return {"role": "assistant", "content": _written_assistant(turn)}
    return {"role": "user", "content": _written_texts(turn.parts)}


def _written_texts(parts: Sequence[Text | Image]) -> str | list[dict[str, Any]]:
    if len(parts) == 1 and isinstance(parts[0], Text) and parts[0].text:
        return parts[0].text
    return _written_blocks(parts)


def _written_blocks(parts: Sequence[Text | Image]) -> list[dict[str, Any]]:
    refuse_if(not parts, Reason.EMPTY_TEXT)
    return [_written_text(part) if isinstance(part, Text) else _written_image(part) for part in parts]


def _written_text(part: Text) -> dict[str, Any]:
    refuse_if(not part.text, Reason.EMPTY_TEXT)
    return {"type": "text", "text": part.text}


def _written_image(image: Image) -> dict[str, Any]:
    if isinstance(image, ImageLink):
        refuse_if(image.detail, Reason.NO_WORD_FOR_IMAGE_DETAIL)
        return {"type": "image", "source": {"type": "url", "url": image.url}}
    data = images.as_bytes(image, _IMAGE_TYPES)
    return {"type": "image", "source": {"type": "base64", "media_type": data.media_type, "data": data.base64}}


def _written_result(turn: ToolResult) -> dict[str, Any]:
    return said(
        type="tool_result",
        tool_use_id=fitting(turn.call_id, _CALL_ID),
        content=_written_texts(turn.parts) if turn.parts else None,
        is_error=turn.is_error or None,
    )


def _written_assistant(turn: Assistant) -> str | list[dict[str, Any]]:
    if len(turn.parts) == 1 and isinstance(turn.parts[0], Text) and turn.parts[0].text:
        return turn.parts[0].text
    refuse_if(not turn.parts, Reason.EMPTY_TEXT)
    return [_written_spoken(part) for part in turn.parts]


def _written_spoken(part: Text | Refused | ToolCall) -> dict[str, Any]:
    if isinstance(part, Text):
        return _written_text(part)
    if isinstance(part, Refused):
        raise NoWord(Reason.NO_WORD_FOR_REFUSAL)
    return {
        "type": "tool_use",
        "id": fitting(part.id, _CALL_ID),
        "name": part.name,
        "input": exact_json.read_arguments(part.arguments),
    }


def _written_tool(tool: Tool) -> dict[str, Any]:
    schema = {"type": "object", "properties": {}} if tool.parameters is None else tool.parameters
    refuse_if(schema.get("type") != "object", Reason.TOOL_FORM)
    refuse_if(tool.strict and not is_closed(schema, all_required=False), Reason.SCHEMA_STRICTNESS)
    return said(
        name=fitting(tool.name, _TOOL_NAME),
        description=tool.description,
        input_schema=schema,
        strict=tool.strict or None,
    )


def _written_choice(conversation: Conversation) -> dict[str, Any] | None:
    choice = conversation.tool_choice
    if choice is not None and choice.mode == "none":
        return {"type": "none"}
    one = {"disable_parallel_tool_use": True} if conversation.one_call_at_most else {}
    if choice is None:
        return {"type": "auto"} | one if one else None
    return ({"type": "tool", "name": choice.name} if choice.mode == "named" else {"type": "any"}) | one


def _written_output(output: JsonObject | JsonSchema | None) -> dict[str, Any] | None:
    if output is None:
        return None
    if isinstance(output, JsonObject):
        raise NoWord(Reason.NO_WORD_FOR_JSON_OBJECT)
    refuse_if(output.description, Reason.NO_WORD_FOR_SCHEMA_DESCRIPTION)
    enforced = output.strict and is_closed(output.schema, all_required=False)
    refuse_if(not enforced, Reason.SCHEMA_STRICTNESS)
    return {"format": {"type": "json_schema", "schema": output.schema}}


def _written_thinking(reasoning: Reasoning | None) -> dict[str, Any] | None:
    if reasoning is None:
        return None
    if reasoning.budget_tokens is not None:
        return {"type": "enabled", "budget_tokens": reasoning.budget_tokens}
    refuse_if(reasoning.effort != "none", Reason.NO_WORD_FOR_EFFORT)
    return {"type": "disabled"}
