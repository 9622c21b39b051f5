"""What Groq's Chat Completions refuses, told in its own words and error shape.

What it shares with OpenAI is `openai_rules`'; the types are those of Groq's own SDK. Rules:
console.groq.com/docs (api-reference, openai, reasoning, structured-outputs, vision) and its users'
reports, as of November 2026.
"""

import functools
from collections.abc import Callable
from typing import Any

import typing_extensions
from groq.types.chat import completion_create_params as params
from groq.types.chat.chat_completion_assistant_message_param import (
    ChatCompletionAssistantMessageParam,
)
from groq.types.chat.chat_completion_system_message_param import ChatCompletionSystemMessageParam
from groq.types.chat.chat_completion_tool_message_param import ChatCompletionToolMessageParam
from groq.types.chat.chat_completion_user_message_param import ChatCompletionUserMessageParam
from pydantic import TypeAdapter

from tests.e2e import openai_rules
from tests.e2e.openai_rules import Json, RefusedError
from tests.e2e.openai_types import first_error, strict

GPT_OSS = ("openai/gpt-oss-120b", "openai/gpt-oss-20b", "openai/gpt-oss-safeguard-20b")
QWEN = ("qwen/qwen3.8-27b", "qwen/qwen3.6-27b")
COMPOUND = ("groq/compound", "groq/compound-mini")
GONE = ("moonshotai/kimi-k2-instruct", "llama-3.3-70b-versatile")

EFFORTS: dict[str, tuple[str, ...]] = {
    **dict.fromkeys(GPT_OSS, ("low", "medium", "high")),
    "qwen/qwen3.8-27b": ("none", "low", "medium", "high"),
    "qwen/qwen3.6-27b": ("none", "default"),
}
LONGEST_ANSWER = {
    **dict.fromkeys(GPT_OSS, 65_536),
    **dict.fromkeys(QWEN, 16_384),
    **dict.fromkeys(COMPOUND, 8_192),
}
MESSAGES: dict[str, Any] = {
    "assistant": ChatCompletionAssistantMessageParam,
    "system": ChatCompletionSystemMessageParam,
    "tool": ChatCompletionToolMessageParam,
    "user": ChatCompletionUserMessageParam,
}
UNSUPPORTED = frozenset(
    {"logprobs", "top_logprobs", "logit_bias", "frequency_penalty", "presence_penalty", "store"}
    | {"metadata", "functions", "function_call", "max_tokens"}
)
"""In the types, but refused, without effect or on the way out."""


@functools.cache
def _adapter(hint: Any) -> TypeAdapter[Any]:
    return TypeAdapter(strict(hint))


def check_body(body: Json) -> None:
    """Refuse a request that Groq would refuse."""
    for rule in RULES:
        rule(body)


def known_fields(body: Json) -> None:
    fields = frozenset(typing_extensions.get_type_hints(params.CompletionCreateParams))
    for name in body:
        if name not in fields or name in UNSUPPORTED:
            raise RefusedError(f"property '{name}' is unsupported", name)


def messages_in_form(body: Json) -> None:
    for index, message in enumerate(body["messages"]):
        where = f"messages.{index}"
        hint = MESSAGES.get(message.get("role"))
        if hint is None:
            raise RefusedError(f"'{where}' : discriminator property 'role' has invalid value")
        for name, value in message.items():
            known = name in typing_extensions.get_type_hints(hint) and name != "name"
            if not known or value is None:
                raise RefusedError(
                    f"'{where}' : for 'role:{message['role']}' the following must be satisfied"
                    f"[('{where}' : property '{name}' is unsupported)]"
                )
        if found := first_error(_adapter(hint), message):
            raise RefusedError(f"'{where}{found[0]}' : {found[1]}")
        if not message.get("content") and not message.get("tool_calls"):
            raise RefusedError(f"'{where}.content' : value must be a string")


def types_of_the_sdk(body: Json) -> None:
    if found := first_error(_adapter(params.CompletionCreateParams), body):
        raise RefusedError(f"'{found[0].lstrip('.')}' : {found[1]}")


def model_is_there(body: Json) -> None:
    model = body["model"]
    if model in GONE:
        text = f"The model `{model}` has been decommissioned and is no longer supported."
        raise RefusedError(text, code="model_decommissioned")
    if model not in LONGEST_ANSWER:
        text = f"The model `{model}` does not exist or you do not have access to it."
        raise RefusedError(text, code="model_not_found", status=404)


def answer_is_not_too_long(body: Json) -> None:
    most = LONGEST_ANSWER[body["model"]]
    if body.get("max_completion_tokens", 0) > most:
        text = f"`max_completion_tokens` must be less than or equal to `{most}`, the maximum value"
        raise RefusedError(f"{text} for `max_completion_tokens` is less than the `context_window`")


def reasoning_fits_the_model(body: Json) -> None:
    model, effort = body["model"], body.get("reasoning_effort")
    if effort is not None and effort not in EFFORTS.get(model, ()):
        allowed = " or ".join(EFFORTS.get(model, ())) or "not supported with this model"
        raise RefusedError(f"`reasoning_effort` must be one of {allowed}", "reasoning_effort")
    if "reasoning_format" in body and "include_reasoning" in body:
        raise RefusedError("cannot specify both `reasoning_format` and `include_reasoning`")
    if "reasoning_format" in body and model not in QWEN:
        raise RefusedError("`reasoning_format` is not supported with this model")
    if "include_reasoning" in body and model in COMPOUND:
        raise RefusedError("`include_reasoning` is not supported with this model")
    if body.get("reasoning_format") == "raw" and ("tools" in body or "response_format" in body):
        raise RefusedError("`reasoning_format` must not be `raw` with tools or JSON mode")


def format_stands_alone(body: Json) -> None:
    if "response_format" not in body:
        return
    if body["model"] in COMPOUND:
        raise RefusedError("This model does not support response format `json_schema`")
    if "tools" in body:
        raise RefusedError("json mode cannot be combined with tool/function calling")
    if body.get("stream"):
        raise RefusedError("response_format` does not support streaming")


def tools_fit(body: Json) -> None:
    if body.get("tools") and body["model"] in COMPOUND:
        raise RefusedError("`tools` is not supported with this model")
    if body.get("disable_tool_validation") and isinstance(body.get("tool_choice"), dict):
        raise RefusedError("`disable_tool_validation` cannot be used with a required tool")


def only_some_can_see(body: Json) -> None:
    for index, message in enumerate(body["messages"]):
        parts = message["content"] if isinstance(message.get("content"), list) else []
        if body["model"] not in QWEN and any(part["type"] != "text" for part in parts):
            raise RefusedError(f"'messages.{index}.content' : value must be a string")


RULES: tuple[Callable[[Json], None], ...] = (
    known_fields,
    messages_in_form,
    types_of_the_sdk,  # what follows may rely on the shapes
    model_is_there,
    openai_rules.images_in_form,
    openai_rules.tools_in_form,
    openai_rules.tool_calls_in_form,
    openai_rules.tool_results_in_place,
    openai_rules.settings_fit_together,
    openai_rules.numbers_in_range,
    answer_is_not_too_long,
    reasoning_fits_the_model,
    format_stands_alone,
    tools_fit,
    only_some_can_see,
)
