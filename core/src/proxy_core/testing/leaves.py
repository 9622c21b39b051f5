"""Nothing vanishes in silence: each leaf of a request is sent, or the ledger names it.

Texts and numbers are looked for anywhere in what is sent. Words of the API and flags may stand
anywhere, so they are judged by their place: they stand at the same place, or in the form that
the other language has for them.
"""

import json
import re
from collections import Counter
from collections.abc import Iterable, Iterator
from functools import lru_cache
from typing import Any, NamedTuple

from proxy_core.ledger import Loss, LossKind, escaped

Json = dict[str, Any]

_MARK = re.compile(r"w[0-9]+z")


_OPAQUE = re.compile(r"/(input|input_examples|input_schema|schema|state_changes|tabs)/")
"""JSON that is passed on, in which members mean whatever the client wants."""


class Leaf(NamedTuple):
    """A value without parts, and where it stands."""

    path: str
    name: str
    """Of the nearest member."""
    value: Any

    @property
    def place(self) -> str:
        """The path with every index replaced: blocks move when others are left out."""
        return _place(self.path)

    @property
    def is_flag(self) -> bool:
        return isinstance(self.value, bool)

    @property
    def is_word(self) -> bool:
        """One of a closed list of words."""
        return self.name in WORDS and isinstance(self.value, str) and not _OPAQUE.search(self.path)


WORDS = {
    "clear_at", "display", "effort", "media_type", "oversized_image", "prefix_mismatch_behavior",
    "role", "service_tier", "speed", "ttl", "type",
}  # fmt: skip
"""Members whose values are words of the API."""

SAID_BY_FORM = re.compile(
    r"/model|/messages/\*/role"
    r"|(/messages/\*/content(/\*/content)*|/system|/tools)/\*(/content/\*)*(/source)?(/content/\*)*"
    r"(/source)?/type"
    r"|.*/input_schema/.*type|/messages/\*/content/\*/tool/.*type"
    r"|/(output_config/format|output_format)/(type|schema/.*type)"
    r"|.*/tabs/\*/active"
    r"|/messages/\*/content/\*(/content)?(/content/\*)*(/source)?(/content/\*)*(/source)?/type"
)
"""What a block, a tool or a schema is: another language says it by what it makes of it."""

NEEDS_NO_WORD: dict[str, set[Any]] = {
    "/stream": {True},
    "/thinking/display": {"omitted", "summarized"},
    "/thinking/type": {"adaptive", "enabled"},
    "/tool_choice/type": {"auto"},
}
"""Settings with the values that mean the default, or that the proxy itself carries out."""


@lru_cache(maxsize=1 << 14)
def _place(path: str) -> str:
    return re.sub(r"/[0-9]+(?=/|$)", "/*", path)


def leaves(value: Any) -> list[Leaf]:
    """All leaves, each with its JSON pointer."""
    found: list[Leaf] = []
    _gather(value, "", "", found)
    return found


def _gather(value: Any, path: str, name: str, found: list[Leaf]) -> None:
    if isinstance(value, dict):
        for key, inner in value.items():
            _gather(inner, f"{path}/{escaped(key)}", key, found)
    elif isinstance(value, list):
        for index, inner in enumerate(value):
            _gather(inner, f"{path}/{index}", name, found)
    else:
        found.append(Leaf(path, name, value))


def unexplained(
    asked: Json, body: Json, losses: Iterable[Loss], *, marks_only: bool = False
) -> Iterator[str]:
    """The leaves of a request that are neither in the body that is sent nor in the ledger.

    `marks_only` passes over flags and the API's own words: for them each language has forms, of
    which only those below are known.
    """
    noted = {loss.path for loss in losses}
    sent = _Sent(body)
    wanted = [
        leaf
        for leaf in leaves(asked)
        if leaf.value not in ("", None, False) and not _is_noted(leaf.path, noted)
        if not (marks_only and (leaf.is_flag or leaf.is_word))
    ]
    tally = Counter((leaf.place, leaf.value) for leaf in wanted)
    for leaf in wanted:
        if not sent.says(leaf, tally[leaf.place, leaf.value]):
            yield leaf.path


_NAMED_IN_WORDS = {"type", "id", "tool_use_id"}
"""What may be named where something was left out."""


def untrue(asked: Json, body: Json, losses: Iterable[Loss]) -> Iterator[str]:
    """What the ledger says was dropped, and what is nevertheless sent. Marks alone can tell."""
    sent = " ".join(_words(body))
    said = set(_MARK.findall(sent))
    dropped = {loss.path for loss in losses if loss.kind is LossKind.DROPPED}
    if not dropped:
        return
    kept = Counter(
        mark
        for leaf in leaves(asked)
        if not _is_noted(leaf.path, dropped)
        for mark in _MARK.findall(str(leaf.value))
    )
    for leaf in leaves(asked):
        if _is_noted(leaf.path, dropped) and leaf.name not in _NAMED_IN_WORDS:
            marks = set(_MARK.findall(str(leaf.value)))
            if any(mark in said and not kept[mark] for mark in marks):
                yield leaf.path


def _is_noted(path: str, noted: set[str]) -> bool:
    """Whether the path or one above it is among those that were noted."""
    while path:
        if path in noted:
            return True
        path = path.rpartition("/")[0]
    return "" in noted


class _Sent:
    """What is sent, to be asked whether it says a leaf."""

    def __init__(self, body: Json) -> None:
        self._body = body
        self._words = list(_words(body))
        sent = leaves(body)
        self._tally = Counter((leaf.place, leaf.value) for leaf in sent)
        self._numbers = {leaf.value for leaf in sent if _is_number(leaf.value)}
        self._keyed = set(_keyed(body))
        self._text = "\0".join(self._words)

    def says(self, leaf: Leaf, times: int) -> bool:
        """Whether it says the leaf, of which there are `times` at like places."""
        if SAID_BY_FORM.fullmatch(leaf.place):
            return True
        if leaf.value in NEEDS_NO_WORD.get(leaf.path, ()):
            return True
        if leaf.is_flag and _MARK.search(leaf.name):
            return leaf.name in self._text  # in JSON that is passed on
        if leaf.is_flag or leaf.is_word:
            return self._tally[leaf.place, leaf.value] >= times or self._says_so(leaf)
        if _is_number(leaf.value):
            return leaf.value in self._numbers or self._holds_number(leaf.value)
        return leaf.value in self._text

    def _holds_number(self, number: float) -> bool:
        alone = re.compile(rf"(?<![0-9.]){re.escape(str(number))}(?![0-9])")
        return alone.search(self._text) is not None

    def _says_so(self, leaf: Leaf) -> bool:
        """The forms that other languages have for what is judged by its place."""
        forms = _FORMS.get((leaf.path, leaf.value)) or _FORMS.get((leaf.name, leaf.value))
        if forms is not None:
            return bool(forms & self._keyed) or self._forbids_calls(leaf)
        if leaf.name == "effort":
            places = ("effort", "reasoning_effort", "thinkinglevel")
            return any((place, leaf.value) in self._keyed for place in places)
        if leaf.name == "media_type":
            return leaf.value == "text/plain" or leaf.value in self._text
        # A flag in JSON that is passed on, for example a call's arguments.
        return leaf.is_flag and (leaf.name.lower(), "true") in self._keyed

    def _forbids_calls(self, leaf: Leaf) -> bool:
        """Where a call cannot be forbidden, no tool is offered."""
        return (leaf.path, leaf.value) == ("/tool_choice/type", "none") and not self._body.get(
            "tools"
        )


_OFF = {
    ("reasoning_effort", "none"),
    ("effort", "none"),
    ("enable_thinking", "false"),
    ("enabled", "false"),
    ("thinkingbudget", "0"),
    ("type", "disabled"),
}
_FORMS: dict[tuple[str, Any], set[tuple[str, str]]] = {
    ("/tool_choice/disable_parallel_tool_use", True): {("parallel_tool_calls", "false")},
    ("/tool_choice/type", "any"): {("tool_choice", "required"), ("mode", "any")},
    ("/tool_choice/type", "none"): {("tool_choice", "none"), ("mode", "none")},
    ("/tool_choice/type", "tool"): {
        ("type", "function"),
        ("type", "web_search"),
        ("mode", "any"),
    },
    ("/thinking/type", "disabled"): _OFF,
    ("is_error", True): {("error", "")},
}
"""Other languages' members and values, in lower case, for a place or a member; an empty value
stands for any."""


def _keyed(value: Any) -> Iterator[tuple[str, str]]:
    """Each member with its value, and with none; those of JSON inside strings too."""
    for leaf in leaves(value):
        name = leaf.name.lower()
        yield name, str(leaf.value).lower()
        yield name, ""
        if isinstance(leaf.value, str):
            for inner in _json_in(leaf.value):
                yield from _keyed(inner)


def _json_in(text: str) -> Iterator[Any]:
    """The JSON that a text is, or that its lines are where several texts were joined."""
    for part in (text, *text.split("\n")) if "\n" in text else (text,):
        if part.startswith("{"):
            try:
                yield json.loads(part)
            except ValueError:
                continue  # a text that merely begins like JSON


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _words(value: Any) -> Iterator[str]:
    """Every key and leaf of the body, and of JSON written inside its strings."""
    if isinstance(value, dict):
        for key, inner in value.items():
            yield key
            yield from _words(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _words(inner)
    else:
        yield str(value)
        if isinstance(value, str):
            for inner in _json_in(value):
                yield from _words(inner)
