"""The language of the client: Anthropic's Messages API. Pure; no I/O, no clock."""
