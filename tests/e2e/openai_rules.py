"""What OpenAI's Chat Completions refuses, told in its own words and error shape.

A forgiving stand-in hides exactly the faults that users meet with the real thing, so this one
checks everything that is known to be refused: unknown fields, tool results out of their place,
names, ids and arguments out of form, settings that need another one.
"""

import base64
import binascii
import json
import math
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from tests.e2e import openai_types

Json = dict[str, Any]

TOOL_NAME = re.compile(r"[a-zA-Z0-9_-]+")
LONGEST_NAME = 64
LONGEST_ID = 40
MOST_TOOLS = 128
MOST_STOPS = 4
LONE_SURROGATE = re.compile("[\ud800-\udfff]")
IMAGE_DATA = re.compile(r"data:image/(png|jpeg|gif|webp);base64,(.+)", re.DOTALL)


@dataclass
class RefusedError(Exception):
    """The answer to a request that breaks a rule."""

    message: str
    param: str | None = None
    code: str | None = None
    status: int = 400

    @property
    def body(self) -> Json:
        return error_body(self.message, param=self.param, code=self.code)


def error_body(
    message: str,
    *,
    kind: str = "invalid_request_error",
    param: str | None = None,
    code: str | None = None,
) -> Json:
    """OpenAI's error shape."""
    return {"error": {"message": message, "type": kind, "param": param, "code": code}}


def check_key(authorization: str | None, key: str) -> None:
    """Refuse a request that does not carry the key of this upstream."""
    if authorization is None:
        message = "You didn't provide an API key. You need to provide your API key in an"
        raise RefusedError(f"{message} Authorization header using Bearer auth.", status=401)
    if authorization != f"Bearer {key}":
        raise RefusedError("Incorrect API key provided.", code="invalid_api_key", status=401)


def read_body(raw: bytes) -> Json:
    """The request's JSON, which must be an object of sound UTF-8."""
    try:
        text = raw.decode("utf-8")
        body = json.loads(text, object_pairs_hook=_without_repeated_keys)
    except ValueError as error:
        message = "We could not parse the JSON body of your request."
        raise RefusedError(f"{message} ({error})") from error
    if not isinstance(body, dict):
        raise RefusedError("The JSON body of your request must be an object.")
    if LONE_SURROGATE.search(json.dumps(body, ensure_ascii=False)):
        raise RefusedError("We could not parse the JSON body of your request: lone surrogate.")
    return body


def check_body(body: Json) -> None:
    """Refuse a request that the real API would refuse."""
    for rule in RULES:
        rule(body)


def types_of_the_sdk(body: Json) -> None:
    found = openai_types.violation(body)
    if found:
        where, complaint = found
        code = "unknown_parameter" if "Extra inputs" in complaint else "invalid_type"
        raise RefusedError(f"Invalid '{where}': {complaint}.", where, code)


def known_fields(body: Json) -> None:
    """The first key the API has no field for, by the name the real message gives it."""
    for name in body:
        if name not in openai_types.TOP_LEVEL:
            raise RefusedError(f"Unrecognized request argument supplied: {name}", code=None)
    if not isinstance(body.get("model"), str):
        raise RefusedError("you must provide a model parameter")


def messages_present(body: Json) -> None:
    messages = body.get("messages")
    if not isinstance(messages, list):
        raise RefusedError("Missing required parameter: 'messages'.", "messages")
    if not messages:
        message = "Invalid 'messages': empty array. Expected an array with minimum length 1."
        raise RefusedError(message, "messages", "empty_array")
    for index, message in enumerate(messages):
        _check_message(f"messages[{index}]", message)


def _check_message(where: str, message: object) -> None:
    if not isinstance(message, dict):
        raise RefusedError(f"Invalid type for '{where}'.", where, "invalid_type")
    role = message.get("role")
    if role not in openai_types.MESSAGES:
        raise RefusedError(f"Invalid value: '{role}'.", f"{where}.role", "invalid_value")
    for name in message:
        if name not in openai_types.message_fields(role):
            path = f"{where}.{name}"
            raise RefusedError(f"Unknown parameter: '{path}'.", path, "unknown_parameter")
    if role == "assistant":
        if not message.get("content") and not message.get("tool_calls"):
            text = f"Invalid value for 'content': expected a string, got null. ({where})"
            raise RefusedError(text, f"{where}.content")
    elif message.get("content") is None or message["content"] == []:
        raise RefusedError(f"Invalid value for 'content': expected a string. ({where})", where)
    if isinstance(message.get("content"), list):
        _check_parts(where, role, message["content"])


def _check_parts(where: str, role: str, parts: list[Any]) -> None:
    for index, part in enumerate(parts):
        path = f"{where}.content[{index}]"
        kind = part.get("type") if isinstance(part, dict) else None
        if role != "user" and kind not in ("text", "refusal"):
            text = f"Invalid '{path}.type': '{kind}'. Only 'text' is allowed in role '{role}'."
            raise RefusedError(text, path, "invalid_value")


def images_in_form(body: Json) -> None:
    for index, message in enumerate(body["messages"]):
        content = message.get("content")
        for number, part in enumerate(content if isinstance(content, list) else ()):
            if part["type"] == "image_url":
                _check_image(f"messages[{index}].content[{number}]", part["image_url"]["url"])


def _check_image(where: str, url: str) -> None:
    if url.startswith(("https://", "http://")):
        return
    data = IMAGE_DATA.fullmatch(url)
    try:
        base64.b64decode(data[2] if data else "?", validate=True)
    except binascii.Error as error:
        text = f"Invalid '{where}.image_url.url'. Expected a base64-encoded data URL with an image."
        raise RefusedError(text, where, "invalid_value") from error


def tool_results_in_place(body: Json) -> None:
    """Each call answered once, directly after it, and nothing answered that was not called."""
    waiting: set[str] = set()
    for index, message in enumerate(body["messages"]):
        where = f"messages.[{index}]"
        if message["role"] == "tool":
            answered = message.get("tool_call_id")
            if answered not in waiting:
                text = "Invalid parameter: messages with role 'tool' must be a response to a"
                raise RefusedError(f"{text} preceeding message with 'tool_calls'.", f"{where}.role")
            waiting.discard(answered)
            continue
        _all_answered(waiting, where)
        waiting = {call["id"] for _, call in _calls(index, message)}
    _all_answered(waiting, "messages")


def _all_answered(waiting: set[str], where: str) -> None:
    if waiting:
        text = "An assistant message with 'tool_calls' must be followed by tool messages responding"
        missing = ", ".join(sorted(waiting))
        text = f"{text} to each 'tool_call_id'. The following tool_call_ids did not have response"
        raise RefusedError(f"{text} messages: {missing}", f"{where}.role")


def tool_calls_in_form(body: Json) -> None:
    seen: set[str] = set()
    for index, message in enumerate(body["messages"]):
        if message.get("tool_calls") == []:
            where = f"messages[{index}].tool_calls"
            raise RefusedError(f"Invalid '{where}': empty array.", where, "empty_array")
        for where, call in _calls(index, message):
            _check_id(f"{where}.id", call.get("id"))
            if call["id"] in seen:
                text = f"Duplicate value for 'tool_call_id' of '{call['id']}' in message[{index}]"
                raise RefusedError(text, f"{where}.id")
            seen.add(call["id"])
            _check_name(f"{where}.function.name", call["function"]["name"])
            _check_arguments(f"{where}.function.arguments", call["function"]["arguments"])


def _check_id(where: str, value: object) -> None:
    if not isinstance(value, str) or not value:
        raise RefusedError(f"Missing required parameter: '{where}'.", where)
    if len(value) > LONGEST_ID:
        raise _too_long(where, LONGEST_ID, len(value))


def _check_name(where: str, name: object) -> None:
    if not isinstance(name, str) or not TOOL_NAME.fullmatch(name):
        text = f"Invalid '{where}': string does not match pattern '^[a-zA-Z0-9_-]+$'."
        raise RefusedError(text, where, "invalid_value")
    if len(name) > LONGEST_NAME:
        raise _too_long(where, LONGEST_NAME, len(name))


def _check_arguments(where: str, arguments: object) -> None:
    try:
        parsed = json.loads(arguments) if isinstance(arguments, str) else None
    except ValueError:
        parsed = None
    if not isinstance(parsed, dict):
        text = f"Invalid '{where}': expected a string holding a JSON object."
        raise RefusedError(text, where, "invalid_type")


def tools_in_form(body: Json) -> None:
    tools = body.get("tools")
    if tools is None:
        return
    if not tools:
        raise RefusedError("Invalid 'tools': empty array.", "tools", "empty_array")
    if len(tools) > MOST_TOOLS:
        raise _too_many("tools", MOST_TOOLS, len(tools))
    for index, tool in enumerate(tools):
        where = f"tools[{index}]"
        if not isinstance(tool, dict) or tool.get("type") != "function":
            raise RefusedError(
                f"Invalid value for '{where}.type'.", f"{where}.type", "invalid_value"
            )
        function = tool["function"]
        _check_name(f"{where}.function.name", function.get("name"))
        if "parameters" in function:
            _check_schema(f"{where}.function.parameters", function)


def _check_schema(where: str, function: Json) -> None:
    schema = function["parameters"]
    text = f"Invalid schema for function '{function['name']}':"
    kind = schema.get("type") if isinstance(schema, dict) else None
    if kind != "object":
        text = f"""{text} schema must be a JSON Schema of 'type: "object"', got 'type: "{kind}"'."""
        raise RefusedError(text, where, "invalid_function_parameters")
    for path, complaint in _schema_faults(schema, ()):
        text = f"{text} In context={path!r}, {complaint}."
        raise RefusedError(text, where, "invalid_function_parameters")


def _schema_faults(schema: object, path: tuple[str, ...]) -> Iterator[tuple[tuple[str, ...], str]]:
    if not isinstance(schema, dict):
        return
    if not path and "properties" not in schema:
        yield path, "object schema missing properties"
    if schema.get("type") == "array" and "items" not in schema:
        yield path, "array schema missing items"
    for name, inner in schema.get("properties", {}).items():
        yield from _schema_faults(inner, (*path, "properties", name))
    yield from _schema_faults(schema.get("items"), (*path, "items"))


def settings_fit_together(body: Json) -> None:
    tools = [tool["function"]["name"] for tool in body.get("tools") or ()]
    for name in ("tool_choice", "parallel_tool_calls"):
        if name in body and not tools:
            text = f"Invalid value for '{name}': '{name}' is only allowed when 'tools' are"
            raise RefusedError(f"{text} specified.", name)
    choice = body.get("tool_choice")
    named = choice.get("function", {}).get("name") if isinstance(choice, dict) else None
    if named is not None and named not in tools:
        raise RefusedError(f"Tool choice '{named}' not found in 'tools' parameter.", "tool_choice")
    if "max_tokens" in body and "max_completion_tokens" in body:
        text = "Setting 'max_tokens' and 'max_completion_tokens' at the same time is not supported."
        raise RefusedError(text, "max_tokens", "invalid_parameter_combination")
    stop = body.get("stop")
    if isinstance(stop, list) and len(stop) > MOST_STOPS:
        raise _too_many("stop", MOST_STOPS, len(stop))
    if "stream_options" in body and body.get("stream") is not True:
        text = "The 'stream_options' parameter is only allowed when 'stream' is enabled."
        raise RefusedError(text, "stream_options")


def numbers_in_range(body: Json) -> None:
    for name, (low, high) in RANGES.items():
        value = body.get(name)
        if isinstance(value, int | float) and not low <= value <= high:
            code = "integer_below_min_value" if value < low else "decimal_above_max_value"
            raise RefusedError(f"Invalid '{name}': {value} is out of range.", name, code)


RANGES: dict[str, tuple[float, float]] = {
    "max_completion_tokens": (1, math.inf),
    "max_tokens": (1, math.inf),
    "n": (1, 128),
    "temperature": (0, 2),
    "top_p": (0, 1),
}

RULES: tuple[Callable[[Json], None], ...] = (
    known_fields,
    messages_present,
    types_of_the_sdk,  # what follows may rely on the shapes
    images_in_form,
    tools_in_form,
    tool_calls_in_form,
    tool_results_in_place,
    settings_fit_together,
    numbers_in_range,
)


def _calls(index: int, message: Json) -> Iterator[tuple[str, Json]]:
    for number, call in enumerate(message.get("tool_calls") or ()):
        yield f"messages[{index}].tool_calls[{number}]", call


def _too_long(where: str, most: int, length: int) -> RefusedError:
    text = f"Invalid '{where}': string too long. Expected a string with maximum length {most}, but"
    text = f"{text} got a string with length {length} instead."
    return RefusedError(text, where, "string_above_max_length")


def _too_many(where: str, most: int, length: int) -> RefusedError:
    text = f"Invalid '{where}': array too long. Expected an array with maximum length {most}, but"
    text = f"{text} got an array with length {length} instead."
    return RefusedError(text, where, "array_above_max_length")


def _without_repeated_keys(pairs: list[tuple[str, Any]]) -> Json:
    result = dict(pairs)
    if len(result) != len(pairs):
        raise ValueError("an object names a key twice")
    return result
