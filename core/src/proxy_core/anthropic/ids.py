"""Ids: minting Anthropic's, and carrying a vendor's tool-call ids through them and back.

Clients take tool ids of `[A-Za-z0-9_-]`, unique over the whole conversation. A vendor's id
that fits travels unchanged. Any other is wrapped so that it can be unwrapped from the id
alone: nothing has to be remembered.
"""

from __future__ import annotations

import re
import secrets
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Callable, Container

MAX_LENGTH = 64
_FITS = re.compile(r"[A-Za-z0-9_-]{1,64}")
_WRAPPED = re.compile(r"pxid([0-9]+)_([A-Za-z0-9_-]*)")


def new_message_id() -> str:
    return f"msg_{secrets.token_hex(12)}"


def new_request_id() -> str:
    return f"req_{secrets.token_hex(12)}"


def new_tool_id() -> str:
    return f"toolu_{secrets.token_hex(12)}"


def wrap_tool_id(
    vendor_id: str, taken: Container[str], mint: Callable[[], str] = new_tool_id
) -> str:
    """An id for the client that is not in `taken` and from which `vendor_id` comes back.

    An empty id, and one too long to be wrapped in 64 characters, gets a fresh one.
    """
    if not vendor_id:
        return mint()
    if _FITS.fullmatch(vendor_id) and not _WRAPPED.fullmatch(vendor_id) and vendor_id not in taken:
        return vendor_id
    packed = urlsafe_b64encode(vendor_id.encode("utf-8", "surrogatepass")).decode().rstrip("=")
    count = 0
    while (wrapped := f"pxid{count}_{packed}") in taken:
        count += 1
    return wrapped if len(wrapped) <= MAX_LENGTH else mint()


def unwrap_tool_id(client_id: str) -> str:
    """The vendor's own id behind a client's id; ids that were never wrapped are unchanged."""
    match = _WRAPPED.fullmatch(client_id)
    if match is None:
        return client_id
    packed = match[2]
    try:
        raw = urlsafe_b64decode(packed + "=" * (-len(packed) % 4))
        return raw.decode("utf-8", "surrogatepass")
    except ValueError:
        return client_id
