"""Tools of every kind, and which of them to call."""

from proxy_core.testing.strategies.surface.marks import Json, Marks

_CLIENT = {
    "bash_20250124": "bash",
    "text_editor_20250124": "str_replace_editor",
    "text_editor_20250728": "str_replace_based_edit_tool",
    "memory_20250818": "memory",
}
_SERVER = {
    "web_search_20250305": "web_search",
    "web_search_20260318": "web_search",
    "web_fetch_20260309": "web_fetch",
    "code_execution_20260521": "code_execution",
    "tool_search_tool_regex_20251119": "tool_search_tool_regex",
    "tool_search_tool_bm25_20251119": "tool_search_tool_bm25",
    "advisor_20260301": "advisor",
    "tool_of_tomorrow_20270101": "tomorrow",
}


class Tools:
    """Writes tools."""

    def __init__(self, marks: Marks) -> None:
        self._marks = marks

    def any(self) -> Json:
        marks = self._marks
        makes = [self.custom, self.custom, self.custom, self.client, self.server, self.toolset]
        if marks.refusable and marks.rarely():
            return self.computer()
        return marks.one_of(*makes)

    def custom(self) -> Json:
        marks = self._marks
        return marks.filled(
            {"name": marks.word(), "input_schema": self._schema()},
            type=lambda: "custom",
            description=marks.word,
            strict=lambda: marks.chance(True, False),
            defer_loading=lambda: marks.chance(True, False),
            allowed_callers=self._callers,
            input_examples=lambda: [marks.object()],
            eager_input_streaming=lambda: marks.chance(True, False),
            cache_control=marks.cache,
        )

    def _callers(self) -> list[str]:
        return self._marks.chance(
            ["direct"], ["direct", "code_execution_20260120"], ["code_execution_20260120"]
        )

    def _schema(self) -> Json:
        marks = self._marks
        prop = marks.filled(
            {"type": "string"},
            description=marks.word,
            enum=lambda: [marks.word()],
            pattern=marks.word,
            default=marks.word,
            minLength=marks.number,
            format=lambda: "date",
            examples=lambda: [marks.word()],
        )
        name = marks.word()
        return marks.filled(
            {"type": "object", "properties": {name: prop}},
            required=lambda: [name],
            description=marks.word,
            title=marks.word,
            additionalProperties=lambda: marks.chance(False, True, {"type": "string"}),
        )

    def client(self) -> Json:
        """A tool that the client runs, declared by its type alone."""
        marks = self._marks
        kind = marks.chance(*_CLIENT)
        return marks.filled(
            {"type": kind, "name": _CLIENT[kind]},
            cache_control=marks.cache,
            allowed_callers=self._callers,
            defer_loading=lambda: marks.chance(True, False),
            strict=lambda: marks.chance(True, False),
            input_examples=lambda: [marks.object()],
            max_characters=marks.number,
        )

    def server(self) -> Json:
        """A tool that Anthropic runs."""
        marks = self._marks
        kind = marks.chance(*_SERVER)
        return marks.filled(
            {"type": kind, "name": _SERVER[kind]},
            cache_control=marks.cache,
            allowed_callers=self._callers,
            defer_loading=lambda: marks.chance(True, False),
            max_uses=marks.number,
            allowed_domains=lambda: [marks.word()],
            blocked_domains=lambda: [marks.word()],
            user_location=lambda: {"type": "approximate", "city": marks.word()},
            response_inclusion=marks.word,
            citations=lambda: {"enabled": True},
            max_content_tokens=marks.number,
            use_cache=lambda: marks.chance(True, False),
            url_sources=marks.json,
            model=marks.word,
            caching=marks.cache,
        )

    def toolset(self) -> Json:
        marks = self._marks
        kind = marks.chance("computer_toolset_20260801", "browser_toolset_20260801", "mcp_toolset")
        return marks.filled(
            {"type": kind},
            cache_control=marks.cache,
            mcp_server_name=marks.word,
            default_config=lambda: {"enabled": False},
            configs=lambda: {marks.word(): {"enabled": True}},
            display_width_px=marks.number,
        )

    def computer(self) -> Json:
        marks = self._marks
        return marks.filled(
            {
                "type": "computer_20251124",
                "name": "computer",
                "display_width_px": marks.number(),
                "display_height_px": marks.number(),
            },
            display_number=marks.number,
            enable_zoom=lambda: True,
        )

    def choice(self, tools: list[Json]) -> Json:
        marks = self._marks
        kinds = ["auto", "none"] + (["any", "tool"] if tools else [])
        kind = marks.chance(*kinds)
        if kind == "none":
            return {"type": "none"}
        choice: Json = {"type": kind}
        if kind == "tool":
            choice["name"] = marks.chance(*(tool.get("name", "none_such") for tool in tools))
        return marks.filled(
            choice, disable_parallel_tool_use=lambda: marks.chance(True, True, False)
        )
