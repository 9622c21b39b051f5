"""The billing line at the beginning of a system text."""

import pytest

from proxy_core.anthropic.attribution import without_attribution

LINE = "x-anthropic-billing-header: cc_version=2.1.328.f2e; cc_entrypoint=sdk-cli;"


@pytest.mark.parametrize(
    ("text", "left"),
    [
        (LINE, ""),
        (f"{LINE}\n", ""),
        (f"{LINE}\r\n\r\nYou are.", "You are."),
        (f"{LINE}\n\nYou are.\n\nHere.", "You are.\n\nHere."),
        (f" \n{LINE}\nYou are.", "You are."),
        (f"{LINE.title()}\nYou are.", "You are."),
        ("You are.", "You are."),
        (f"The line {LINE}", f"The line {LINE}"),
        ("", ""),
    ],
)
def test_only_the_line_is_left_out(text: str, left: str) -> None:
    assert without_attribution(text) == left
