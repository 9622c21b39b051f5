"""docs/contract.md: the data of a provider's card, and the quirks of each dialect."""

import inspect
import re
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple, get_args, get_type_hints

from pydantic import BaseModel
from pydantic_core import PydanticUndefined

from proxy_core import contract
from proxy_core.anthropic.writer import MessageWriter
from proxy_core.contract import ModelFacts, Provider
from proxy_core.dialects import anthropic_native, openai_chat
from proxy_gemini.quirks import GeminiQuirks
from proxy_moonshot.wire import chat_quirks, native_quirks
from tests.support.pages.markdown import (
    MADE,
    annotations,
    code,
    codes,
    defaults,
    one_line,
    table,
    told,
)
from tests.support.shipped import PLUGINS, shipped


class Dialect(NamedTuple):
    """A language with quirks."""

    title: str
    quirks: type
    where: str
    why: str


DIALECTS = (
    Dialect(
        "Quirks of `openai_chat`",
        openai_chat.Quirks,
        "proxy_core.dialects.openai_chat.Quirks",
        "Servers that speak OpenAI's Chat Completions; `proxy-openai` adds the Responses API.",
    ),
    Dialect(
        "Quirks of `anthropic_native`",
        anthropic_native.Quirks,
        "proxy_core.dialects.anthropic_native.Quirks",
        "Servers that speak Anthropic's own API.",
    ),
    Dialect(
        "Quirks of Gemini",
        GeminiQuirks,
        "proxy_gemini.quirks.GeminiQuirks",
        "Google's generateContent, as `proxy-gemini` speaks it.",
    ),
)

_HEAD = f"""\
# The contract
{MADE}
What a plugin is made of beside its [hooks](hooks.md): cards, facts about models, and quirks. All of
it is data, in `proxy_core.contract` and in the dialects.

## `Provider`

"""

NOUNS = (
    *(contract.Target, contract.UpstreamRequest, contract.SseEvent, contract.UpstreamFailure),
    *(contract.ErrorVerdict, contract.Repair, contract.TokenCount, contract.CountCall),
    *(contract.Usage, contract.Exchange),
)
"""What hooks are given and give back."""

_NOUNS_HEAD = """
## What hooks are given and give back
"""

_VERBS_HEAD = """
## `MessageWriter`

What a plugin tells an answer to. It numbers blocks, opens and closes them, and sees to it that the
client gets a legal stream. Core begins it and ends it.

"""

_ADDED_HEAD = """
## Quirks that plugins add

Beside those of its dialect a plugin may know quirks of its own. Where there is a variable, core
puts its text into the card's quirks; in a file the same stands in `[providers.NAME] quirks`.

"""

ADDED = {
    "wire": "Which of the vendor's languages is spoken: `responses`, `anthropic` or `chat`; `auto` "
    "leaves it to the address.",
    "api_version": "The version of Azure's older API.",
    "azure": "The server is Azure's, though its host does not say so.",
    "at_openai": "In a model's facts: quirks that hold at OpenAI's own servers and at Azure's.",
    "chat": "In a card or a model's facts: quirks that hold over Chat Completions.",
    "anthropic": "In a model's facts: quirks that hold over the vendor's Messages API.",
}
"""What the quirks mean that no dialect has."""


def page() -> str:
    """The whole page."""
    parts = [_HEAD, _fields(Provider), "\n## `ModelFacts`\n\n", _fields(ModelFacts)]
    for dialect in DIALECTS:
        parts += [f"\n## {dialect.title}\n\n{dialect.why} Fields of `{dialect.where}`.\n\n"]
        columns = ("quirk", "type", "default", "meaning", "set for")
        parts += [table(columns, quirk_rows(dialect.quirks))]
    added = table(("quirk", "providers", "variable", "meaning"), _added_rows())
    nouns = (f"\n### `{noun.__name__}`\n\n{_about(noun)}\n\n{_members(noun)}" for noun in NOUNS)
    verbs = table(("verb", "meaning"), _verbs())
    return "".join([*parts, _ADDED_HEAD, added, _NOUNS_HEAD, *nouns, _VERBS_HEAD, verbs])


def added() -> dict[str, list[Provider]]:
    """The quirks on shipped cards that no dialect has, and those that have a variable."""
    known = {name for dialect in DIALECTS for name in annotations(dialect.quirks)}
    found: dict[str, list[Provider]] = {}
    for card in (card for plugin in PLUGINS for card in plugin.proxy_providers()):
        own = {name for facts in (card, *card.models) for name in facts.quirks}
        for name in sorted((own - known) | card.quirk_env.keys()):
            found.setdefault(name, []).append(card)
    return found


def _added_rows() -> Iterator[tuple[str, ...]]:
    for name, cards in added().items():
        variables = dict.fromkeys(card.quirk_env[name] for card in cards if name in card.quirk_env)
        yield code(name), codes(card.name for card in cards), codes(variables), ADDED.get(name, "")


def _about(noun: type) -> str:
    return one_line((inspect.getdoc(noun) or "").partition("\n\n")[0])


def _members(noun: type) -> str:
    kinds, given, meaning = annotations(noun), defaults(noun), told(noun)
    rows = (
        (
            code(name),
            code(kinds[name]),
            code(given.get(name, "")) or "required",
            meaning.get(name, ""),
        )
        for name in kinds
    )
    return table(("field", "type", "default", "meaning"), rows)


def verbs() -> dict[str, str]:
    """The writer's methods with what each is for."""
    methods = vars(MessageWriter).items()
    return {
        f"{name}{_call(method)}": one_line(inspect.getdoc(method) or "")
        for name, method in methods
        if inspect.isfunction(method) and not name.startswith("_")
    }


def _call(method: Callable[..., Any]) -> str:
    shape = inspect.signature(method)
    own = shape.replace(parameters=list(shape.parameters.values())[1:])
    return re.sub(r"'([A-Za-z][^']*)'", r"\1", str(own))


def _verbs() -> Iterator[tuple[str, str]]:
    return ((code(verb), meaning) for verb, meaning in verbs().items())


def _fields(subject: type[BaseModel]) -> str:
    kinds, meaning = annotations(subject), told(subject)
    rows = (
        (code(name), code(kinds[name]), _card_default(subject, name), meaning.get(name, ""))
        for name in subject.model_fields
    )
    return table(("field", "type", "default", "meaning"), rows)


def _card_default(subject: type[BaseModel], name: str) -> str:
    field = subject.model_fields[name]
    if field.is_required():
        return "required"
    return _shown({} if field.default is PydanticUndefined else field.default)


def quirk_rows(quirks: type) -> Iterator[tuple[str, ...]]:
    """Each quirk: name, type, default, meaning, and the providers whose cards or models set it."""
    plain, meaning, users = quirks(), told(quirks), _users(quirks)
    for name, kind in get_type_hints(quirks).items():
        default = _shown(getattr(plain, name))
        yield code(name), code(_kind(kind)), default, meaning.get(name, ""), codes(users[name])


def _kind(kind: Any) -> str:
    """A type with all the words that it takes, as source code would spell it."""
    spelled = kind.__name__ if isinstance(kind, type) and not get_args(kind) else str(kind)
    return re.sub(r"\b(typing|collections\.abc)\.", "", spelled).replace("'", '"')


def _users(quirks: type) -> dict[str, list[str]]:
    """The shipped providers that differ from the dialect, by the quirk they differ in."""
    plain = quirks()
    users: dict[str, dict[str, None]] = {name: {} for name in annotations(quirks)}
    for provider, own in _spoken():
        if isinstance(own, quirks):
            for name, found in users.items():
                if getattr(own, name) != getattr(plain, name):
                    found[provider] = None
    return {name: list(found) for name, found in users.items()}


def _spoken() -> Iterator[tuple[str, Any]]:
    """Each shipped card's name with the quirks under which one of its models is spoken to."""
    for plugin, target in shipped():
        name = target.provider.name
        if hasattr(plugin, "quirks"):
            yield name, plugin.quirks(target)
        elif name == "moonshot":
            yield from ((name, chat_quirks(target)), (name, native_quirks(target)))
        else:
            yield name, GeminiQuirks.of(target)


def _shown(value: Any) -> str:
    match value:
        case None:
            return "none"
        case bool():
            return "yes" if value else "no"
        case "" | () | {} | frozenset():
            return "none" if not value else codes(sorted(map(str, value)))
        case tuple():
            return codes(map(str, value))
    return code(str(value))
