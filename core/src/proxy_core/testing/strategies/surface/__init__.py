"""Requests that use the whole surface of the Messages API, each leaf of them a mark of its own.

It needs Hypothesis alone, and nothing of the project: whoever writes a plugin can hold it
against these requests.

    marks      values that occur once, and the choices among forms
    blocks     content: what users, tools, the assistant and the system say
    server     history of tools that Anthropic ran
    tools      the tools of a request, and which of them to call
    fields     all that stands beside them
    request    the whole
"""

from proxy_core.testing.strategies.surface.request import whole_requests

__all__ = ["whole_requests"]
