"""What Gemini's generateContent refuses, told in its own words and error shape.

The types are the official SDK's, which forbid unknown fields; the rest are the rules that the
vendor's documentation and its users name: the order of contents, responses for all calls,
signatures, schemas.
"""

import json
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from google.genai import types
from pydantic import BaseModel, ValidationError

from tests.e2e import openai_rules

Json = dict[str, Any]

DUMMIES = ("skip_thought_signature_validator", "context_engineering_is_the_way_to_go")
TOOL_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_.:-]{0,63}")
MOST_STOPS = 5
MOST_TOOLS = 512
MOST_OUTPUT = 65_536
TYPES: dict[str, type[BaseModel]] = {
    "systemInstruction": types.Content,
    "toolConfig": types.ToolConfig,
    "generationConfig": types.GenerationConfig,
}
LISTS: dict[str, type[BaseModel]] = {
    "contents": types.Content,
    "tools": types.Tool,
    "safetySettings": types.SafetySetting,
}
SCALARS: dict[str, type] = {"store": bool, "cachedContent": str, "serviceTier": str}
DATA = ("text", "inlineData", "fileData", "functionCall", "functionResponse")
KEYWORDS = frozenset(
    {
        "$anchor", "$defs", "$id", "$ref", "additionalProperties", "anyOf", "description", "enum",
        "format", "items", "maxItems", "maximum", "minItems", "minimum", "oneOf", "prefixItems",
        "properties", "propertyOrdering", "required", "title", "type",
    }
)  # fmt: skip
RESULT_MEDIA = ("image/png", "image/jpeg", "image/webp", "application/pdf", "text/plain")


@dataclass
class RefusedError(openai_rules.RefusedError):
    """The answer to a request that breaks a rule."""

    name: str = "INVALID_ARGUMENT"
    reason: str = ""

    @property
    def body(self) -> Json:
        return error_body(self.message, self.name, self.status, self.reason)


def error_body(message: str, name: str, status: int, reason: str = "") -> Json:
    """Google's error shape."""
    error: Json = {"code": status, "message": message, "status": name}
    if reason:
        kind = "type.googleapis.com/google.rpc.ErrorInfo"
        error["details"] = [{"@type": kind, "reason": reason}]
    return {"error": error}


def check_key(given: str | None, key: str) -> None:
    if given != key:
        message = "API key not valid. Please pass a valid API key."
        raise RefusedError(message, reason="API_KEY_INVALID")


def check_body(body: Json, issued: Callable[[str, Json], bool] = lambda *_: True) -> None:
    """Refuse a request that the real API would refuse.

    `issued` says whether a signature was given out for this call.
    """
    _check_types(body)
    _require(bool(body.get("contents")), "contents is not specified")
    _check_contents(body["contents"])
    _check_signatures(body["contents"], issued)
    _check_generation(body.get("generationConfig", {}))
    _check_tools(body)


def _require(kept: bool, message: str) -> None:
    if not kept:
        raise RefusedError(message)


def _check_types(body: Json) -> None:
    for name, value in body.items():
        if name in SCALARS:
            _require(isinstance(value, SCALARS[name]), f"Invalid value at '{name}'")
            continue
        kind = TYPES.get(name) or LISTS.get(name)
        if kind is None:
            raise RefusedError(
                f'Invalid JSON payload received. Unknown name "{name}": Cannot find field.'
            )
        _require(isinstance(value, list) == (name in LISTS), f"Invalid value at '{name}'")
        for item in value if name in LISTS else [value]:
            _check_type(kind, item, name)


def _check_type(kind: type[BaseModel], value: Any, name: str) -> None:
    try:
        kind.model_validate(value)
    except ValidationError as error:
        fault = error.errors()[0]
        place = ".".join(map(str, (name, *fault["loc"])))
        raise RefusedError(f"Invalid JSON payload received. At '{place}': {fault['msg']}") from None


def _check_contents(contents: list[Json]) -> None:
    roles = [content.get("role") for content in contents]
    expected = [("user", "model")[index % 2] for index in range(len(roles))]
    _require(roles == expected, "Please ensure that multiturn requests alternate user and model.")
    _require(len(roles) % 2 == 1, "Please ensure that the request ends with a user role.")
    calls: list[Json] = []
    for content in contents:
        parts = content.get("parts") or []
        _require(bool(parts), "Unable to submit request: must include at least one parts field")
        for part in parts:
            _check_part(part, content["role"])
        _check_responses(calls, [p["functionResponse"] for p in parts if "functionResponse" in p])
        kinds = ["functionResponse" in part for part in parts]
        _require(kinds == sorted(kinds, reverse=True), "function responses come first")
        calls = [part["functionCall"] for part in parts if "functionCall" in part]


def _check_part(part: Json, role: str) -> None:
    data = [name for name in DATA if name in part]
    _require(len(data) == 1, "required oneof field 'data' must have one initialized field")
    _require(part.get("text") != "", "Unable to submit request because it has an empty text part")
    of_model = {"functionCall", "thought", "thoughtSignature"} & part.keys()
    _require(not of_model or role == "model", "function call parts belong to the model")
    _require("functionResponse" not in part or role == "user", "responses belong to the user")
    response = part.get("functionResponse", {})
    for inner in response.get("parts", ()):
        kind = inner.get("inlineData", {}).get("mimeType")
        _require(kind in RESULT_MEDIA, f"Unsupported MIME type in a function response: {kind}")
    references = '"$ref"' in json.dumps(response.get("response")) and any(
        isinstance(value, dict) for value in response["response"].values()
    )
    _require(not references, "$ref names no part")


def _check_responses(calls: list[Json], responses: list[Json]) -> None:
    message = (
        "Please ensure that the number of function response parts is equal to the number of "
        "function call parts of the function call turn."
    )
    _require(len(calls) == len(responses), message)
    for call, response in zip(calls, responses, strict=True):
        _require(call["name"] == response["name"] and bool(call["name"]), "the names must match")
        matches = call.get("id") == response.get("id")
        _require(matches, "functionResponse.id does not match functionCall.id")


def _check_signatures(contents: list[Json], issued: Callable[[str, Json], bool]) -> None:
    """The first call of each step has its signature; a signature fits the call it came with."""
    for content in contents:
        calls = [part for part in content["parts"] if "functionCall" in part]
        for position, part in enumerate(calls):
            signature = part.get("thoughtSignature")
            if signature is None:
                name = part["functionCall"]["name"]
                _require(
                    position > 0,
                    "Function call is missing a thought_signature in functionCall parts. This is "
                    "required for tools to work correctly. Additional data, function call "
                    f"`default_api:{name}` , position 2.",
                )
            elif signature not in DUMMIES:
                message = "Thought signature is not valid."
                _require(issued(signature, part["functionCall"]), message)


def _check_generation(config: Json) -> None:
    _require(len(config.get("stopSequences", ())) <= MOST_STOPS, "too many stop sequences")
    _require(0 < config.get("maxOutputTokens", 1) <= MOST_OUTPUT, "maxOutputTokens out of range")
    thinking = config.get("thinkingConfig", {})
    both = "thinkingLevel" in thinking and "thinkingBudget" in thinking
    _require(not both, "thinkingLevel and thinkingBudget are mutually exclusive")
    _require(thinking.get("thinkingLevel") != "MINIMAL", "MINIMAL is not supported")
    for name in ("temperature", "topP", "topK"):
        _require(name not in config, f"{name} is no longer supported")
    _check_schema(config.get("responseJsonSchema", {}), "responseJsonSchema")


def _check_tools(body: Json) -> None:
    declared = [d for tool in body.get("tools", ()) for d in tool.get("functionDeclarations", ())]
    names = [function["name"] for function in declared]
    _require(all(body.get("tools", [True])), "an empty tool")
    _require(len(set(names)) == len(names) <= MOST_TOOLS, "Duplicate function declaration found")
    for index, function in enumerate(declared):
        _require(bool(TOOL_NAME.fullmatch(function["name"])), "Invalid function name.")
        schema = function.get("parametersJsonSchema")
        if schema is not None:
            _require(schema.get("type") == "object", "parameters must be an object")
            _check_schema(schema, f"tools[0].function_declarations[{index}].parameters")
    config = body.get("toolConfig", {}).get("functionCallingConfig", {})
    _require(not config or bool(declared), "Function calling config is set without functions.")
    allowed = config.get("allowedFunctionNames", [])
    _require(set(allowed) <= set(names), "allowed_function_names should be declared")


def _check_schema(schema: Any, place: str) -> None:
    _require(isinstance(schema, dict), f"Invalid value at '{place}'")
    for keyword in schema:
        found = keyword in KEYWORDS
        _require(found, f"Unknown name \"{keyword}\" at '{place}': Cannot find field.")
    beside = [keyword for keyword in schema if not keyword.startswith("$")]
    _require("$ref" not in schema or not beside, f"{place}: $ref has siblings")
    properties = schema.get("properties", {})
    _require(set(schema.get("required", ())) <= set(properties), f"{place}: required unknown")
    values = schema.get("enum", [])
    sound = all(type(value) in (str, int, float) for value in values)
    _require(sound, f"{place}: enum of other than texts and numbers")
    for name, inner in _inner(schema):
        _check_schema(inner, f"{place}.{name}")


def _inner(schema: Json) -> Iterator[tuple[str, Any]]:
    for keyword in ("properties", "$defs"):
        for name, inner in schema.get(keyword, {}).items():
            yield f"{keyword}.{name}", inner
    for keyword in ("anyOf", "oneOf", "prefixItems"):
        for index, inner in enumerate(schema.get(keyword, ())):
            yield f"{keyword}[{index}]", inner
    for keyword in ("items", "additionalProperties"):
        if not isinstance(schema.get(keyword, True), bool):
            yield keyword, schema[keyword]
