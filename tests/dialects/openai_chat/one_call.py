"""A history with one call, as it is sent: the call, and what was said after it."""

from typing import Any

from tests.support.chat_requests import PIXEL, Json, assistant, call, request, send, tool, user

CALLED: Json = {
    "role": "assistant",
    "tool_calls": [
        {"id": "t1", "type": "function", "function": {"name": "Bash", "arguments": "{}"}}
    ],
}
PICTURE = {"type": "image_url", "image_url": {"url": f"data:image/png;base64,{PIXEL}"}}


def answered(*content: Any, **options: Any) -> list[Json]:
    """What is sent after `user("go")` and a call of `t1`, for a user turn of `content`."""
    turns = user("go"), assistant(call("t1")), user(*content)
    return send(request(*turns, tools=[tool("Bash")]), **options).messages[2:]
