"""Fields of the request that no other vendor knows, noted."""

from __future__ import annotations

import msgspec
from msgspec import Raw

from proxy_core.anthropic.content import Thinking, is_given
from proxy_core.anthropic.request import MessagesRequest
from proxy_core.dialects.openai_chat.requests.scope import Scope
from proxy_core.ledger import Reason

_RAW = (
    ("cache_control", Reason.CACHE_HINT),
    ("container", Reason.NO_EQUIVALENT),
    ("diagnostics", Reason.CLIENT_METADATA),
    ("user_profile_id", Reason.CLIENT_METADATA),
    ("thread", Reason.ADVISORY),
    ("mcp_servers", Reason.EMPTY),  # if there is any, the request is refused
    ("fallbacks", Reason.ADVISORY),
    ("fallback_credit_token", Reason.CLIENT_METADATA),
    ("billing_policy", Reason.CLIENT_METADATA),
    ("safeguards", Reason.CLIENT_METADATA),  # paths and git state: of no other's business
)
_SETTINGS = (
    ("speed", "standard", Reason.ADVISORY),
    ("service_tier", "auto", Reason.NO_EQUIVALENT),  # a promise of price, as the next one of place
    ("inference_geo", "", Reason.NO_EQUIVALENT),
)
"""Each with the value that asks for nothing special, and the reason for any other."""


_FORMS = frozenset({"adaptive", "enabled", "disabled"})
_DISPLAYS = frozenset({None, "summarized", "omitted"})
"""Ways to show thinking that the proxy itself sees to."""


class _Edit(msgspec.Struct):
    type: str = ""


class _Edits(msgspec.Struct):
    edits: tuple[_Edit, ...] = ()


_edits = msgspec.json.Decoder(_Edits)


def note_what_is_left(request: MessagesRequest, scope: Scope) -> None:
    """Note every field that no part of the translation carries."""
    for name, reason in _RAW:
        if name == "cache_control" and scope.quirks.cache_control:
            continue
        if is_given(getattr(request, name)):
            scope.dropped(f"/{name}", reason)
    for name, plain, reason in _SETTINGS:
        value = getattr(request, name)
        if value is not None:
            scope.dropped(f"/{name}", Reason.ADVISORY if value == plain else reason)
    if request.output_config is not None and request.output_config.task_budget is not None:
        scope.dropped("/output_config/task_budget", Reason.ADVISORY)
    if request.thinking is not None:
        _note_thinking(request.thinking, scope)
    if is_given(request.context_management):
        scope.dropped("/context_management", _reason_for_edits(request.context_management))
    for path in request.unknown:
        scope.dropped(path, Reason.UNKNOWN_FIELD)
    _note_messages(request, scope)


def _note_thinking(thinking: Thinking, scope: Scope) -> None:
    if thinking.block_binding is not None:
        scope.dropped("/thinking/block_binding", Reason.SIGNATURE)
    if thinking.type not in _FORMS:
        scope.reshaped("/thinking/type", Reason.EFFORT)  # when to think, others decide themselves
    if thinking.display not in _DISPLAYS:
        scope.reshaped("/thinking/display", Reason.ADVISORY)


def _note_messages(request: MessagesRequest, scope: Scope) -> None:
    for position, message in enumerate(request.messages):
        setting = message.output_config
        if setting is None:
            continue
        path = f"/messages/{position}/output_config"
        if not isinstance(setting, dict):
            scope.dropped(path, Reason.UNKNOWN_FIELD)
        elif any(name != "effort" or not isinstance(setting[name], str) for name in setting):
            scope.dropped(path, Reason.NO_EQUIVALENT)


def _reason_for_edits(raw: Raw) -> Reason:
    """Clearing old thinking is done anyway: foreign thinking is not sent."""
    try:
        edits = _edits.decode(raw).edits
    except msgspec.ValidationError:
        return Reason.NO_EQUIVALENT
    only_thinking = all(edit.type.startswith("clear_thinking_") for edit in edits)
    return Reason.EMULATED if only_thinking else Reason.NO_EQUIVALENT
