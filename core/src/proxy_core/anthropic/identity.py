"""Who is asking, as another vendor may know it: digests that stay the same for a session.

Claude Code names its device, its account and its session in `metadata.user_id`, a JSON string,
and the session in a header too. Other clients put an id of their own there, perhaps a mail
address. None of it leaves in the clear.
"""

from __future__ import annotations

import re
from functools import lru_cache
from hashlib import scrypt, sha256

import msgspec
from msgspec import Struct

from proxy_core.anthropic.request import MessagesRequest

_SESSION_HEADER = "x-claude-code-session-id"
_SALT = "proxy-core"
"""Keeps the digests apart from those that others make of the same ids."""
_RANDOM = re.compile(r"[0-9a-f]{64}|[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)
"""What Claude Code draws at random: device ids, UUIDs."""


class Identity(Struct, frozen=True):
    """Digests of 64 characters, the most that `prompt_cache_key` takes; empty where not told."""

    session: str
    person: str


class _ClaudeCodeUser(Struct):
    device_id: str = ""
    account_uuid: str = ""
    session_id: str = ""


_claude_code_user = msgspec.json.Decoder(_ClaudeCodeUser)


def identity_of(request: MessagesRequest) -> Identity:
    """Session and person of a request; of an opaque id nothing is known but that it is a person."""
    user_id = (request.metadata.user_id if request.metadata is not None else None) or ""
    user = _read(user_id)
    named = "/".join(part for part in (user.device_id, user.account_uuid) if part)
    session = user.session_id or request.headers.get(_SESSION_HEADER, "")
    return Identity(
        session=_digest("session", session) if session else "",
        person=_digest("person", named or user_id) if user_id else "",
    )


def _read(user_id: str) -> _ClaudeCodeUser:
    try:
        return _claude_code_user.decode(user_id)
    except (msgspec.DecodeError, RecursionError, UnicodeEncodeError):
        return _ClaudeCodeUser()


def _digest(purpose: str, text: str) -> str:
    salted = f"{_SALT} {purpose}: {text}".encode("utf-8", "surrogatepass")
    return sha256(salted).hexdigest() if _RANDOM.search(text) else _slow_digest(salted)


@lru_cache(maxsize=1024)
def _slow_digest(salted: bytes) -> str:
    """For ids that could be guessed, such as mail addresses: each guess costs some 10 ms."""
    return scrypt(salted, salt=_SALT.encode(), n=1 << 12, r=8, p=1, dklen=32).hex()
