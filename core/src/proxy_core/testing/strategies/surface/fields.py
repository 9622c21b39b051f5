"""The fields at the top of a request, beside its messages and tools."""

import json
from typing import Any

from proxy_core.testing.strategies.surface.marks import Json, Make, Marks

EFFORTS = ("low", "medium", "high", "xhigh", "max")


class Fields:
    """Makes the value of each optional field."""

    def __init__(self, marks: Marks) -> None:
        self._marks = marks

    def optional(self) -> dict[str, Make]:
        marks = self._marks
        fields: dict[str, Make] = {
            "stream": lambda: marks.chance(True, False),
            "stop_sequences": lambda: marks.few(marks.word, 0, 7),
            "temperature": marks.fraction,
            "top_p": marks.fraction,
            "top_k": marks.number,
            "thinking": self._thinking,
            "output_config": self._output_config,
            "output_format": self._format,
            "metadata": self._metadata,
            "service_tier": lambda: marks.chance("auto", "standard_only"),
            "speed": lambda: marks.chance("standard", "fast", None),
            "inference_geo": lambda: marks.chance(marks.word(), None),
            "cache_control": marks.cache,
            "container": self._container,
            "diagnostics": lambda: {"previous_message_id": marks.word()},
            "user_profile_id": marks.word,
            "context_management": self._context_management,
            "mcp_servers": self._mcp_servers,
            "fallbacks": lambda: marks.chance("default", [{"model": marks.word()}]),
            "fallback_credit_token": marks.word,
            "billing_policy": marks.json,
            "safeguards": lambda: {"cwd": f"/home/{marks.word()}", "git": {"branch": marks.word()}},
            "thread": self._thread,
            f"tomorrow_{marks.word()}": marks.json,
        }
        if marks.refusable:
            fields["compaction"] = lambda: {"type": "summarize", "instructions": marks.word()}
        return fields

    def _thinking(self) -> Json:
        marks = self._marks
        match marks.chance("adaptive", "enabled", "disabled", "between_tools"):
            case "disabled":
                return {"type": "disabled"}
            case "enabled":
                form: Json = {"type": "enabled", "budget_tokens": marks.number()}
            case kind:
                form = {"type": kind}
        return marks.filled(
            form,
            display=lambda: marks.chance("summarized", "omitted", "updates"),
            block_binding=lambda: {"prefix_mismatch_behavior": marks.chance("error", "drop_block")},
        )

    def _output_config(self) -> Json:
        marks = self._marks
        return marks.filled(
            {},
            effort=lambda: marks.chance(*EFFORTS, None),
            format=self._format,
            task_budget=lambda: {"type": "tokens", "total": marks.number()},
        )

    def _format(self) -> Json:
        marks = self._marks
        name = marks.word()
        schema = {"type": "object", "properties": {name: {"type": "string"}}}
        strict = {"additionalProperties": False, "required": [name]}
        return {"type": "json_schema", "schema": marks.chance(schema, schema | strict)}

    def _metadata(self) -> Json:
        marks = self._marks
        told = {"device_id": marks.word(), "account_uuid": marks.word()}
        packed = json.dumps({**told, "session_id": marks.word()})
        return marks.filled({"user_id": marks.chance(marks.word(), packed, None)})

    def _container(self) -> Any:
        marks = self._marks
        if marks.refusable and marks.rarely():
            return {"id": marks.word(), "skills": [{"type": "custom", "skill_id": marks.word()}]}
        return marks.chance(marks.word(), {"id": marks.word(), "skills": []})

    def _context_management(self) -> Json:
        marks = self._marks
        edits: dict[str, Json] = {
            "clear_tool_uses_20250919": {
                "trigger": {"type": "input_tokens", "value": marks.number()},
                "keep": {"type": "tool_uses", "value": marks.number()},
                "exclude_tools": [marks.word()],
                "clear_tool_inputs": True,
            },
            "clear_thinking_20251015": {"keep": "all"},
            "compact_20260112": {"instructions": marks.word(), "pause_after_compaction": True},
        }
        kinds = marks.few(lambda: marks.chance(*edits), 1, 2)
        return {"edits": [{"type": kind, **edits[kind]} for kind in dict.fromkeys(kinds)]}

    def _mcp_servers(self) -> list[Json]:
        marks = self._marks
        if not (marks.refusable and marks.rarely()):
            return []
        return [{"type": "url", "url": marks.url(), "name": marks.word()}]

    def _thread(self) -> Json:
        marks = self._marks
        kind = "continue" if marks.refusable and marks.rarely() else "create"
        return {"type": kind, "id": marks.word()}
