"""System messages that are to be seen for a while only: `clear_at`."""

from __future__ import annotations

from proxy_core.anthropic.content import Message
from proxy_core.anthropic.request import MessagesRequest


def last_position(request: MessagesRequest, role: str) -> int:
    """Where the last message of a role stands; -1 if there is none."""
    for position in range(len(request.messages) - 1, -1, -1):
        if request.messages[position].role == role:
            return position
    return -1


def is_expired(message: Message, position: int, last_user: int) -> bool:
    """Whether the message was to be seen until the user's next, and that one has come.

    The API knows `clear_at` for system messages alone: a user's may hold results of tools.
    """
    if message.role != "system" or message.clear_at != "next_user_message":
        return False
    return position < last_user
