"""The official SDK's own request types, turned into a validator that lets nothing slip.

As published they are hints for an editor: a `TypedDict` accepts unknown keys and pydantic leaves
an `Iterable` unread until somebody walks it. Rebuilt here with unknown keys forbidden and every
iterable a list, they refuse what an editor would underline.
"""

import collections.abc
import functools
import os
import types
import typing
from typing import Any, Literal, Required, Union

import anthropic._types
import openai.types.chat.completion_create_params as params
import typing_extensions
from openai.types.chat.chat_completion_assistant_message_param import (
    ChatCompletionAssistantMessageParam,
)
from openai.types.chat.chat_completion_developer_message_param import (
    ChatCompletionDeveloperMessageParam,
)
from openai.types.chat.chat_completion_system_message_param import (
    ChatCompletionSystemMessageParam,
)
from openai.types.chat.chat_completion_tool_message_param import ChatCompletionToolMessageParam
from openai.types.chat.chat_completion_user_message_param import ChatCompletionUserMessageParam
from pydantic import BaseModel, ConfigDict, TypeAdapter, ValidationError

# The types are built at run time from the SDK's, so the checker cannot follow them.
TypeForm = Any
make_typed_dict: Any = typing_extensions.TypedDict
required: Any = Required
origin_of: Any = typing.get_origin
list_of: Any = list

SEQUENCES = (
    *(collections.abc.Iterable, collections.abc.Sequence, list),
    anthropic._types.SequenceNotStr,
)

MESSAGES: dict[str, TypeForm] = {
    "assistant": ChatCompletionAssistantMessageParam,
    "developer": ChatCompletionDeveloperMessageParam,
    "system": ChatCompletionSystemMessageParam,
    "tool": ChatCompletionToolMessageParam,
    "user": ChatCompletionUserMessageParam,
}

TOP_LEVEL = frozenset(typing_extensions.get_type_hints(params.CompletionCreateParamsStreaming))


def message_fields(role: str) -> frozenset[str]:
    """The fields a message of this role may have."""
    return frozenset(typing_extensions.get_type_hints(MESSAGES[role]))


def violation(body: dict[str, Any]) -> tuple[str, str] | None:
    """Where the body breaks the SDK's types and how, or nothing."""
    for index, message in enumerate(body.get("messages", [])):
        found = first_error(_message_adapter(message.get("role")), message)
        if found:
            return f"messages[{index}]{found[0]}", found[1]
    streaming = body.get("stream") is True
    found = first_error(_body_adapter(streaming), body)
    return (found[0].lstrip("."), found[1]) if found else None


def strict(hint: TypeForm) -> TypeForm:
    """The same type with unknown keys forbidden and iterables walked."""
    if typing_extensions.is_typeddict(hint):
        return _strict_dict(hint)
    origin = origin_of(hint)
    arguments = typing.get_args(hint)
    if origin is None or origin is Literal:
        return hint
    if origin in (Union, types.UnionType):
        told = tuple(strict(a) for a in arguments if _is_json(a))
        return Union[told]  # noqa: UP007 - made from a tuple
    if origin in (typing_extensions.Required, Required):
        return required[strict(arguments[0])]
    if origin in SEQUENCES:
        return list_of[strict(arguments[0])]
    return hint


def _is_json(hint: TypeForm) -> bool:
    """Whether JSON can hold it: the types of an SDK also take open files, which it reads itself,
    and answers as it gave them out, which it writes anew."""
    origin = origin_of(hint)
    if origin in (Union, types.UnionType):
        return any(_is_json(argument) for argument in typing.get_args(hint))
    answer = isinstance(hint, type) and issubclass(hint, BaseModel)
    return not answer and origin not in (typing.IO, os.PathLike)


@functools.cache
def _strict_dict(hint: TypeForm) -> TypeForm:
    fields: dict[str, TypeForm] = {}
    marked = typing_extensions.get_type_hints(hint, include_extras=True)
    for name, field in typing_extensions.get_type_hints(hint).items():
        # Where annotations are put off, as the SDKs do it, `__required_keys__` misses the marks.
        needed = origin_of(marked[name]) is Required or name in hint.__required_keys__
        wrapper = Required if needed else typing_extensions.NotRequired
        fields[name] = wrapper[strict(field)]
    rebuilt = make_typed_dict(hint.__name__, fields)
    rebuilt.__pydantic_config__ = ConfigDict(extra="forbid", strict=True)
    return rebuilt


@functools.cache
def _body_adapter(streaming: bool) -> TypeAdapter[Any]:
    if streaming:
        return TypeAdapter(strict(params.CompletionCreateParamsStreaming))
    return TypeAdapter(strict(params.CompletionCreateParamsNonStreaming))


@functools.cache
def _message_adapter(role: str) -> TypeAdapter[Any]:
    return TypeAdapter(strict(MESSAGES[role]))


def first_error(adapter: TypeAdapter[Any], value: object) -> tuple[str, str] | None:
    """Where a value breaks a strict type and how, or nothing."""
    try:
        adapter.validate_python(value)
    except ValidationError as error:
        # Of a union's many complaints the deepest is from the member that was meant.
        deepest = max(_meant(error.errors()), key=lambda e: len(e["loc"]))
        where = "".join(f"[{p}]" if isinstance(p, int) else f".{p}" for p in deepest["loc"])
        return where, deepest["msg"]
    return None


def _meant(errors: list[Any]) -> list[Any]:
    """The complaints of those members of a union that have the value's type or role."""
    others = {
        e["loc"][:-1]
        for e in errors
        if e["type"] == "literal_error" and e["loc"][-1] in ("type", "role")
    }
    return [
        e for e in errors if not any(e["loc"][:size] in others for size in range(len(e["loc"])))
    ] or errors
