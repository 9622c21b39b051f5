"""The leak detector finds what it should, and does not show it."""

import base64
from urllib.parse import quote

import pytest

from proxy_core.testing.canary import Canary
from proxy_core.testing.complaint import Complaint


def test_nothing_is_found_where_there_is_nothing() -> None:
    leaks = Canary()
    leaks.key()
    leaks.word("prompt")
    other = Canary().key()
    leaks.require_absent("the log", f"all is well {other}")


FORMS = {
    "as it is": str,
    "cut": lambda word: word[14:30],
    "quoted": lambda word: quote(f"/{word}"),
    "hexadecimal": lambda word: word.encode().hex(),
    "base64": lambda word: base64.b64encode(b"Basic " + word.encode()),
    "base64 at another place": lambda word: base64.b64encode(b"Basic u:" + word.encode()),
    "bytes": lambda word: b"\xff" + word.encode(),
    "JSON": lambda word: {"deep": [{"down": word}]},
    "headers": lambda word: [("x-key", f"Bearer {word}")],
}


@pytest.mark.parametrize("form", FORMS.values(), ids=FORMS)
def test_a_leak_is_found_in_every_form(form: object) -> None:
    leaks = Canary()
    key = leaks.key()
    with pytest.raises(Complaint, match="the log holds key") as found:
        leaks.require_absent("the log", form(key))  # type: ignore[operator]
    assert key[10:] not in str(found.value)


def test_what_leaked_is_named() -> None:
    leaks = Canary()
    key, prompt = leaks.key(), leaks.word("prompt")
    assert sorted(leaks.leaks({"a": key, "b": [prompt]})) == ["key", "prompt"]
