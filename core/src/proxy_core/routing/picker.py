"""Names that Claude Code offers in `/model`: of those a gateway lists, it shows the ones that hold
`claude` or `anthropic` and drops the rest (measured with 2.1.328)."""

from __future__ import annotations

_SHOWN = ("claude", "anthropic")
_PREFIX = "claude-via-"


def picker_name(name: str) -> str:
    """The name under which the client shows what `name` stands for; no two have the same.

    `name` is behind a prefix as it is: the client sends names back verbatim, with slashes,
    colons and capitals.
    """
    shown = any(word in name for word in _SHOWN) and not name.startswith(_PREFIX)
    return name if shown else _PREFIX + name


def meant_by(name: str) -> str | None:
    """The name that a picker's name stands for; None where `name` was not made for the picker."""
    return name.removeprefix(_PREFIX) if name.startswith(_PREFIX) else None
