"""What OpenAI's Responses API refuses, told in its own words and error shape.

As `openai_rules`, for the other API: the SDK's own types with unknown keys forbidden, and what
servers and clients report beyond them.
"""

import functools
import re
from collections.abc import Callable
from typing import Any

import typing_extensions
from openai.types.responses import input_token_count_params as count_params
from openai.types.responses import response_create_params as params
from pydantic import TypeAdapter

from tests.e2e.openai_rules import (
    IMAGE_DATA,
    LONGEST_NAME,
    MOST_TOOLS,
    TOOL_NAME,
    Json,
    RefusedError,
)
from tests.e2e.openai_types import first_error, strict

LONGEST_ID = 64
CALL_ID = re.compile(r"[A-Za-z0-9_-]+")
LEAST_TOKENS = 16
TOP_LEVEL = frozenset(typing_extensions.get_type_hints(params.ResponseCreateParamsStreaming))
REASONING_ONLY = ("reasoning", "include")


def check_body(body: Json) -> None:
    """Refuse a request that the real API would refuse."""
    for name in body:
        if name not in TOP_LEVEL:
            raise _unknown(name)
    _check_types(body, _body_adapter(body.get("stream") is True))
    for rule in RULES:
        rule(body)


def check_count(body: Json) -> None:
    """The same for a request to count tokens."""
    _check_types(body, _count_adapter())


def _unknown(name: str) -> RefusedError:
    return RefusedError(f"Unknown parameter: '{name}'.", name, "unknown_parameter")


@functools.cache
def _body_adapter(streaming: bool) -> TypeAdapter[Any]:
    if streaming:
        return TypeAdapter(strict(params.ResponseCreateParamsStreaming))
    return TypeAdapter(strict(params.ResponseCreateParamsNonStreaming))


@functools.cache
def _count_adapter() -> TypeAdapter[Any]:
    return TypeAdapter(strict(count_params.InputTokenCountParams))


def _check_types(body: Json, adapter: TypeAdapter[Any]) -> None:
    if found := first_error(adapter, body):
        where, what = found
        code = "unknown_parameter" if "Extra inputs" in what else "invalid_type"
        raise RefusedError(f"Invalid '{where}': {what}.", where, code)


# -- items ---------------------------------------------------------------------------------


def something_is_asked(body: Json) -> None:
    if not body.get("input"):
        raise RefusedError("Missing required parameter: 'input'.", "input")
    for index, item in enumerate(body["input"]):
        if "role" in item and not item["content"]:
            raise RefusedError(f"Invalid 'input[{index}].content': empty.", "input", "empty_array")


def ids_once(body: Json) -> None:
    seen = set()
    for item in body["input"]:
        if "id" in item and item["id"] in seen:
            text = f"Duplicate item found with id {item['id']}. Remove duplicate items from your"
            raise RefusedError(f"{text} input and try again.", "input")
        seen.add(item.get("id"))


def reasoning_is_followed(body: Json) -> None:
    """By what the model went on with; and without `store` it must bring itself along."""
    items = body["input"]
    for index, item in enumerate(items):
        if item.get("type") != "reasoning":
            continue
        if not item.get("encrypted_content"):
            text = f"Item with id '{item['id']}' not found. Items are not persisted when `store` is"
            raise RefusedError(f"{text} set to false.", "input", status=404)
        after = items[index + 1] if index + 1 < len(items) else {}
        own = after.get("role") == "assistant" or after.get("type") in (
            "function_call",
            "reasoning",
        )
        if not own:
            text = f"Item '{item['id']}' of type 'reasoning' was provided without its required"
            raise RefusedError(f"{text} following item.", "input")


def calls_are_answered(body: Json) -> None:
    called: set[str] = set()
    answered: set[str] = set()
    for index, item in enumerate(body["input"]):
        where = f"input[{index}]"
        if item.get("type") == "function_call":
            _check_call(where, item, called)
            called.add(item["call_id"])
        elif item.get("type") == "function_call_output":
            if item["call_id"] not in called:
                text = "No tool call found for function call output with call_id"
                raise RefusedError(f"{text} {item['call_id']}.", "input")
            answered.add(item["call_id"])
        elif item.get("role") in ("user", "developer", "system") and called != answered:
            # The real API is not known to mind; the conversation makes no sense otherwise.
            raise RefusedError("Somebody speaks before all calls are answered.", where)
    if missing := sorted(called - answered):
        text = f"No tool output found for function call {missing[0]}."
        raise RefusedError(text, "input")


def _check_call(where: str, item: Json, called: set[str]) -> None:
    call_id = item["call_id"]
    if not CALL_ID.fullmatch(call_id) or len(call_id) > LONGEST_ID:
        raise RefusedError(f"Invalid '{where}.call_id'.", f"{where}.call_id")
    if call_id in called:
        raise RefusedError(f"Duplicate '{where}.call_id': '{call_id}'.", f"{where}.call_id")
    if "id" in item:
        text = f"Item '{item['id']}' of type 'function_call' was provided without its required"
        raise RefusedError(f"{text} 'reasoning' item.", "input")
    _check_name(f"{where}.name", item["name"])
    if not item["arguments"].startswith("{"):
        raise RefusedError(f"Invalid '{where}.arguments': expected an object.", where)


def images_in_form(body: Json) -> None:
    for index, item in enumerate(body["input"]):
        parts = item.get("content") if "role" in item else item.get("output")
        for part in parts if isinstance(parts, list) else ():
            if part["type"] != "input_image":
                continue
            if "detail" not in part:
                raise RefusedError("Missing required parameter: 'detail'.", f"input[{index}]")
            url = part["image_url"]
            if not url.startswith(("https://", "http://")) and not IMAGE_DATA.fullmatch(url):
                raise RefusedError("Invalid 'image_url'.", f"input[{index}]", "invalid_value")


# -- tools and settings --------------------------------------------------------------------


def _check_name(where: str, name: str) -> None:
    if not TOOL_NAME.fullmatch(name) or len(name) > LONGEST_NAME:
        text = f"Invalid '{where}': string does not match pattern '^[a-zA-Z0-9_-]+$'."
        raise RefusedError(text, where, "invalid_value")


def _is_closed(schema: Json) -> bool:
    """What `strict` asks of a schema, at its top."""
    required = set(schema.get("required", ()))
    return schema.get("additionalProperties") is False and required == set(schema["properties"])


def tools_in_form(body: Json) -> None:
    tools = body.get("tools", [])
    if len(tools) > MOST_TOOLS:
        raise RefusedError("Invalid 'tools': array too long.", "tools", "array_above_max_length")
    for index, tool in enumerate(tools):
        where = f"tools[{index}]"
        if tool["type"] == "web_search":
            continue
        _check_name(f"{where}.name", tool["name"])
        if tool["strict"] is not False and not _is_closed(tool["parameters"]):
            raise RefusedError(f"Invalid schema for function '{tool['name']}'.", where)
        if tool["parameters"].get("type") != "object" or "properties" not in tool["parameters"]:
            raise RefusedError(f"Invalid schema for function '{tool['name']}'.", where)


def settings_fit_together(body: Json) -> None:
    names = [tool.get("name", tool["type"]) for tool in body.get("tools", ())]
    for name in ("tool_choice", "parallel_tool_calls"):
        if name in body and not names:
            raise RefusedError(f"'{name}' is only allowed when 'tools' are specified.", name)
    choice = body.get("tool_choice")
    if isinstance(choice, dict) and choice["type"] == "allowed_tools":
        choice = {"name": choice["tools"][0]["type"]}
    if isinstance(choice, dict) and choice["name"] not in names:
        raise RefusedError(f"Tool choice '{choice['name']}' not found in 'tools'.", "tool_choice")
    if body.get("store") is not False:
        raise RefusedError("This organisation keeps nothing: 'store' must be false.", "store")
    if body.get("max_output_tokens", LEAST_TOKENS) < LEAST_TOKENS:
        text = "Invalid 'max_output_tokens': integer below minimum value."
        raise RefusedError(text, "max_output_tokens", "integer_below_min_value")


def reasoning_fits_the_model(body: Json) -> None:
    """A model that reasons takes no sampling; one that does not is not asked about it."""
    if "gpt-4" in body["model"]:
        unfit = [name for name in REASONING_ONLY if name in body]
    else:
        effort = (body.get("reasoning") or {}).get("effort")
        unfit = [name for name in ("temperature", "top_p") if name in body and effort != "none"]
    if unfit:
        text = f"Unsupported parameter: '{unfit[0]}' is not supported with this model."
        raise RefusedError(text, unfit[0], "unsupported_parameter")


RULES: tuple[Callable[[Json], None], ...] = (
    something_is_asked,
    ids_once,
    reasoning_is_followed,
    calls_are_answered,
    images_in_form,
    tools_in_form,
    settings_fit_together,
    reasoning_fits_the_model,
)
