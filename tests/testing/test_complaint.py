"""What a check says can be read, whatever stands in it."""

from __future__ import annotations

from proxy_core.testing.complaint import Complaint
from proxy_core.testing.script import Script


def test_nothing_in_it_is_obeyed_by_a_terminal() -> None:
    shown = {"stream": b"data: \x1b[2Jx\r\n\xff", "text": "a\u202eb\ud800", "json": ["\x1b"]}
    told = str(Complaint("it said \x1b]0;title\x07", shown))
    assert all(sign.isprintable() or sign == "\n" for sign in told)
    assert "data: \\x1b[2Jx\\r\n    \\xff" in told


def test_what_is_long_is_cut() -> None:
    told = str(Complaint("w" * 10**6, {"body": b"b" * 10**6}))
    assert len(told) < 10_000
    assert told.count("(1000000 characters)") == 2


def test_a_script_is_shown_as_its_parts() -> None:
    assert '{"text": ["hi"], "stop": "end_turn"}' in str(
        Complaint("no", {"script": Script(text=("hi",))})
    )
