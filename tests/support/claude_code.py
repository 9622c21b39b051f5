"""What Claude Code sends, as it was recorded: bodies and headers."""

import json
from pathlib import Path
from typing import Any

Json = dict[str, Any]

FOLDER = Path(__file__).parents[1] / "fixtures" / "claude_code"
RECORDED = sorted(FOLDER.glob("*.json"))
TURNS = [path.stem for path in RECORDED if not path.stem.startswith("count_tokens")]
COUNTS = [path.stem for path in RECORDED if path.stem.startswith("count_tokens")]
"""Fragments, given to `count_tokens`."""

SESSION = "5e551041-c0de-4a11-8000-00000000beef"
DEVICE = "de71ce" + "0" * 52 + "c0ffee"
ACCOUNT = "acc00417-0000-4000-8000-0000000ca4a5"
AGENT = "a6e47-of-the-recording"
OWN_KEY = "sk-of-the-client-and-nobody-else"

HEADERS = {
    "accept": "application/json",
    "anthropic-version": "2023-06-01",
    "anthropic-beta": "claude-code-20250219,context-management-2025-06-27",
    "anthropic-dangerous-direct-browser-access": "true",
    "user-agent": "claude-cli/2.1.328 (external, sdk-cli)",
    "x-api-key": OWN_KEY,
    "x-app": "cli",
    "x-claude-code-session-id": SESSION,
    "x-claude-code-agent-id": AGENT,
    "x-claude-code-parent-agent-id": f"parent-of-{AGENT}",
    "x-stainless-arch": "x64",
    "x-stainless-lang": "js",
    "x-stainless-os": "Linux",
    "x-stainless-package-version": "0.128.0",
    "x-stainless-retry-count": "0",
    "x-stainless-runtime": "node",
    "x-stainless-runtime-version": "v26.12.1",
    "x-stainless-timeout": "600",
}
"""Those of 2.1.328, with ids that can be looked for; a sub-agent sends the two of agents."""


def recorded(name: str) -> Json:
    body: Json = json.loads((FOLDER / f"{name}.json").read_text(encoding="utf-8"))
    return body


def identified(body: Json) -> Json:
    """The body with ids that can be looked for, where it names any."""
    if "metadata" not in body:
        return body
    user = {"device_id": DEVICE, "account_uuid": ACCOUNT, "session_id": SESSION}
    return body | {"metadata": {"user_id": json.dumps(user, separators=(",", ":"))}}
