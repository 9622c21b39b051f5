"""Digests of who is asking: the same for a session, and no way back."""

import json
from hashlib import sha256
from typing import Any

import msgspec
import pytest

from proxy_core.anthropic.identity import Identity, identity_of
from proxy_core.anthropic.request import parse

SESSION = "5e551041-c0de-4a11-8000-00000000beef"
DEVICE = "d" * 64
ACCOUNT = "acc00417-0000-4000-8000-0000000ca4a5"


def identity(user_id: str | None, **headers: str) -> Identity:
    body: dict[str, Any] = {"model": "m", "messages": [{"role": "user", "content": "x"}]}
    if user_id is not None:
        body["metadata"] = {"user_id": user_id}
    request = parse(json.dumps(body).encode())
    return identity_of(msgspec.structs.replace(request, headers=headers))


def claude_code(**parts: str) -> str:
    return json.dumps({"device_id": DEVICE, "account_uuid": "", "session_id": SESSION} | parts)


def test_a_session_and_a_person_stay_the_same_and_are_told_apart() -> None:
    one = identity(claude_code())
    assert one == identity(claude_code())
    assert len(one.session) == len(one.person) == 64
    other = identity(claude_code(session_id="5e551041-c0de-4a11-8000-00000000cafe"))
    assert other.session != one.session
    assert other.person == one.person
    assert identity(claude_code(account_uuid=ACCOUNT)).person != one.person
    assert identity(claude_code(account_uuid=ACCOUNT)).session == one.session


def test_an_opaque_id_names_a_person_and_no_session() -> None:
    one = identity("jane@example.org")
    assert one == Identity(session="", person=one.person)
    assert one.person == identity("jane@example.org").person
    assert one.person != identity("john@example.org").person


def test_a_session_may_be_named_by_the_header_alone() -> None:
    header = {"x-claude-code-session-id": SESSION}
    assert identity(None, **header) == Identity(identity(claude_code()).session, "")
    assert identity("jane@example.org", **header).session == identity(claude_code()).session


@pytest.mark.parametrize("user_id", [None, ""])
def test_nobody(user_id: str | None) -> None:
    assert identity(user_id) == Identity("", "")


@pytest.mark.parametrize("user_id", ["jane@example.org", claude_code(device_id="laptop"), "42"])
def test_what_can_be_guessed_is_no_plain_digest_of_the_guess(user_id: str) -> None:
    """Such a digest is found in tables, or by trying all mail addresses there are."""
    guesses = (user_id, "laptop", f"person: {user_id}", "proxy-core person: laptop")
    digests = {sha256(guess.encode()).hexdigest() for guess in guesses}
    digests.add(sha256(f"proxy-core person: {user_id}".encode()).hexdigest())
    assert identity(user_id).person not in digests
