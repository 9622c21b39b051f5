"""Tools of Anthropic's that the client runs and declares by type alone.

The API knows their schemas; other models must be told. Arguments as in Anthropic's
documentation of the bash, text editor and memory tools (2026-10).
"""

from __future__ import annotations

import re

from msgspec import Raw, Struct


class TypedTool(Struct, frozen=True):
    """What a model must be told of a typed tool."""

    description: str
    schema: Raw


_TYPE = re.compile(r"(bash|text_editor|memory)_[0-9]{8}")
_UNDO_LAST = "text_editor_20250124"
"""Later text editors dropped `undo_edit`."""


def typed_tool(kind: str) -> TypedTool | None:
    """The tool behind a type such as `bash_20250124`; None if the client does not run it."""
    match = _TYPE.fullmatch(kind)
    if match is None:
        return None
    if match[1] == "text_editor":
        return _EDITOR_WITH_UNDO if kind <= _UNDO_LAST else _EDITOR
    return _BASH if match[1] == "bash" else _MEMORY


_BASH = TypedTool(
    "Run a command in a persistent bash session. Variables and the working directory last "
    "from call to call; `restart` begins a new session.",
    Raw(
        b'{"type":"object","properties":{'
        b'"command":{"type":"string","description":"The command to run."},'
        b'"restart":{"type":"boolean","description":"Restart the session instead."}}}'
    ),
)

_EDITING = (
    b'"path":{"type":"string","description":"Absolute path of a file or folder."},'
    b'"file_text":{"type":"string","description":"For create: the content of the file."},'
    b'"old_str":{"type":"string","description":"For str_replace: text that occurs once."},'
    b'"new_str":{"type":"string","description":"For str_replace: what takes its place."},'
    b'"insert_line":{"type":"integer","description":"For insert: the line to insert after."},'
    b'"insert_text":{"type":"string","description":"For insert: the text."},'
    b'"view_range":{"type":"array","items":{"type":"integer"},'
    b'"description":"For view: first and last line."}'
)


def _editor(commands: bytes) -> TypedTool:
    return TypedTool(
        "View, create and edit text files.",
        Raw(
            b'{"type":"object","properties":{"command":{"type":"string","enum":['
            + commands
            + b"]},"
            + _EDITING
            + b'},"required":["command","path"]}'
        ),
    )


_EDITOR = _editor(b'"view","create","str_replace","insert"')
_EDITOR_WITH_UNDO = _editor(b'"view","create","str_replace","insert","undo_edit"')

_MEMORY = TypedTool(
    "Keep notes in files below /memories, which last beyond this conversation.",
    Raw(
        b'{"type":"object","properties":{"command":{"type":"string","enum":'
        b'["view","create","str_replace","insert","delete","rename"]},'
        + _EDITING
        + b',"old_path":{"type":"string","description":"For rename: the present path."},'
        b'"new_path":{"type":"string","description":"For rename: the new path."}},'
        b'"required":["command"]}'
    ),
)
