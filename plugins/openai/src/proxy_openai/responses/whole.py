"""Reading a whole answer."""

from __future__ import annotations

from proxy_core.anthropic.writer import MessageWriter
from proxy_core.contract import ProtocolError, UpstreamRequest
from proxy_core.dialects.openai_chat import Quirks
from proxy_core.ledger import Ledger
from proxy_openai.responses.context import ResponseContext
from proxy_openai.responses.events import read_response
from proxy_openai.responses.reader import AnswerReader


def translate_response(
    upstream: UpstreamRequest, body: bytes, quirks: Quirks, writer: MessageWriter, ledger: Ledger
) -> None:
    """Tell one whole answer, or the error inside it, to the writer.

    Raises `ProtocolError` when the body is no response.
    """
    response = read_response(body)
    if not isinstance(response.get("output"), list) and not response.get("error"):
        raise ProtocolError("a response without output")
    context = upstream.context or ResponseContext()
    AnswerReader(upstream.target, context, quirks, writer, ledger).read_whole(response)
