"""The repairs that a server's quirks declare, made by splices: the rest stays byte for byte."""

from __future__ import annotations

from functools import lru_cache

import msgspec
from msgspec import Struct

from proxy_core.dialects.anthropic_native.scope import Scope
from proxy_core.dialects.anthropic_native.spans import (
    Member,
    Splices,
    first_value,
    items,
    members,
)
from proxy_core.dialects.anthropic_native.thinking import is_off
from proxy_core.ledger import Reason, escaped

BETAS = (
    "/billing_policy",
    "/compaction",
    "/context_management",
    "/fallback_credit_token",
    "/fallbacks",
    "/mcp_servers",
    "/messages/*/clear_at",
    "/messages/*/output_config",
    "/output_config/task_budget",
    "/output_format",
    "/thinking/block_binding",
    "/thread",
)
"""Members of what the anthropic SDK's `beta.messages` sends that its `messages` does not (2.10; of
`output_format` its predecessors)."""
_REASONS = {
    "billing_policy": Reason.CLIENT_METADATA,
    "cache_control": Reason.CACHE_HINT,
    "ttl": Reason.CACHE_HINT,
    "context_management": Reason.FOREIGN_REASONING,
    "mcp_servers": Reason.EMPTY,  # servers that are to be called are refused
    "diagnostics": Reason.CLIENT_METADATA,
    "display": Reason.CLIENT_METADATA,
    "eager_input_streaming": Reason.CLIENT_METADATA,
    "metadata": Reason.CLIENT_METADATA,
    "fallback_credit_token": Reason.CLIENT_METADATA,
    "safeguards": Reason.CLIENT_METADATA,
    "user_profile_id": Reason.CLIENT_METADATA,
    "citations": Reason.CITATIONS,
    "fallbacks": Reason.ADVISORY,
    "speed": Reason.ADVISORY,
    "task_budget": Reason.ADVISORY,
    "thread": Reason.ADVISORY,
    "toolset_name": Reason.ADVISORY,
    "transformations": Reason.ADVISORY,
    "caller": Reason.SERVER_HISTORY,
    "block_binding": Reason.SIGNATURE,
    "clear_at": Reason.EXPIRED,
    "defer_loading": Reason.DEFERRED_TOOL,
    "effort": Reason.EFFORT,
    "output_config": Reason.EFFORT,
    "output_format": Reason.STRUCTURED_OUTPUT,
    "thinking": Reason.EFFORT,
}
"""Why a member is left out, by its name."""
_REASONS_BY_CONTENT = {
    ("type", b'"custom"'): Reason.EMPTY,  # says what its absence says
    ("output_config", b'"format"'): Reason.STRUCTURED_OUTPUT,
    ("context_management", b'"clear_tool_uses'): Reason.NO_EQUIVALENT,
    ("context_management", b'"compact'): Reason.NO_EQUIVALENT,
    ("citations", b'"enabled"'): Reason.CITATIONS_UNSUPPORTED,
    ("service_tier", b'"auto"'): Reason.ADVISORY,
}
"""Where it depends on what is in it."""

_read = msgspec.json.Decoder().decode


class _Rule(Struct, frozen=True, kw_only=True):
    """What is to be done with the members of one name."""

    drop: bool = False
    only: str | None = None
    """Drop it only where it holds this string."""
    rewrite: tuple[tuple[str, str], ...] = ()


class _Node(Struct, frozen=True):
    """The rules below one place."""

    rule: _Rule = _Rule()
    children: dict[str, _Node] = {}


def repaired(scope: Scope) -> bytes:
    """The request's body as the quirks want it."""
    quirks = scope.quirks
    body = scope.request.body if quirks.unknown_fields else _without_unknown(scope)
    refused = _refused_effort(scope)
    rewrites = tuple(
        (place, tuple(words.items()))
        for place, words in quirks.rewrite.items()
        if place not in refused
    )
    betas = () if quirks.betas else BETAS
    rules = _rules((*betas, *quirks.drop, *refused), rewrites)
    if not rules.children:
        return body
    splices = Splices(body)
    _Repair(splices, scope).walk(first_value(body), rules, "")
    return splices.apply()


def _refused_effort(scope: Scope) -> tuple[str, ...]:
    """The effort that is not taken beside thinking that is off, with what holds nothing else."""
    config = scope.request.output_config
    if scope.quirks.effort_without_thinking or config is None or not is_off(scope):
        return ()
    return ("/output_config/effort",) if config.format is not None else ("/output_config",)


def _without_unknown(scope: Scope) -> bytes:
    """The body without the members at its top that nobody here knows."""
    request = scope.request
    splices = Splices(request.body)
    top = members(request.body, first_value(request.body))
    unknown = {index for index, one in enumerate(top) if f"/{escaped(one.key)}" in request.unknown}
    for index in unknown:
        scope.dropped(f"/{escaped(top[index].key)}", Reason.UNKNOWN_FIELD)
    splices.drop(top, unknown)
    return splices.apply()


@lru_cache(maxsize=64)
def _rules(
    drop: tuple[str, ...], rewrite: tuple[tuple[str, tuple[tuple[str, str], ...]], ...]
) -> _Node:
    root = _Node()
    for pattern in drop:
        pointer, equals, value = pattern.partition("=")
        _plant(root, pointer, _Rule(drop=True, only=value if equals else None))
    for pointer, words in rewrite:
        _plant(root, pointer, _Rule(rewrite=words))
    return root


def _plant(root: _Node, pointer: str, rule: _Rule) -> None:
    if not pointer.startswith("/"):
        raise ValueError(f"{pointer!r} is no JSON pointer")
    *way, last = pointer.removeprefix("/").split("/")
    node = root
    for step in way:
        node = node.children.setdefault(step, _Node())
    below = node.children[last].children if last in node.children else {}
    node.children[last] = _Node(rule, below)


def reason_for(key: str, value: bytes = b"") -> Reason:
    """Why a member of this name, with this JSON in it, is not sent as it is."""
    if value == b"null":
        return Reason.EMPTY
    for (name, part), reason in _REASONS_BY_CONTENT.items():
        if name == key and part in value:
            return reason
    return _REASONS.get(key, Reason.NO_EQUIVALENT)


class _Repair:
    """Goes down where a rule leads, and nowhere else."""

    def __init__(self, splices: Splices, scope: Scope) -> None:
        self._splices = splices
        self._scope = scope

    def walk(self, start: int, node: _Node, path: str) -> None:
        body = self._splices.body
        each = node.children.get("*")
        if each is not None:
            for index, item in enumerate(items(body, start)):
                self.walk(item.start, each, f"{path}/{index}")
        found = members(body, start)
        dropped = {
            index
            for index, member in enumerate(found)
            if member.key in node.children
            and self._is_dropped(member, node.children[member.key], f"{path}/{escaped(member.key)}")
        }
        if dropped:
            self._splices.drop(found, dropped)

    def _is_dropped(self, member: Member, node: _Node, path: str) -> bool:
        """Apply the rules for one member; whether it is to be left out itself."""
        rule = node.rule
        if rule.drop and (rule.only is None or self._text(member) == rule.only):
            value = self._splices.body[member.value : member.end]
            self._scope.dropped(path, reason_for(member.key, value))
            return True
        new = dict(rule.rewrite).get(self._text(member) or "") if rule.rewrite else None
        if new is not None:
            self._splices.replace(member.value, member.end, msgspec.json.encode(new))
            top = path.split("/")[1]
            reason = Reason.ROLE_UNSUPPORTED if member.key == "role" else reason_for(top)
            self._scope.reshaped(path, reason)
        self.walk(member.value, node, path)
        return False

    def _text(self, member: Member) -> str | None:
        value = self._splices.body[member.value : member.end]
        return _read(value) if value.startswith(b'"') else None
