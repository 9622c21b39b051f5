"""Errors of servers that speak Chat Completions, read as verdicts; `verdict` is where it begins."""
