"""Reading a whole answer."""

from __future__ import annotations

from proxy_core.anthropic.writer import MessageWriter
from proxy_core.contract import ProtocolError, UpstreamRequest
from proxy_core.ledger import Ledger
from proxy_gemini.answers.chunks import read_chunk
from proxy_gemini.answers.reader import AnswerReader
from proxy_gemini.context import GeminiContext


def translate_response(
    upstream: UpstreamRequest, body: bytes, writer: MessageWriter, ledger: Ledger
) -> None:
    """Tell one whole answer, or the error inside it, to the writer.

    Raises `ProtocolError` when the body is no answer of generateContent.
    """
    answer = read_chunk(body, ledger)
    told = answer.error or answer.prompt_feedback is not None
    if answer.first_candidate() is None and not told:
        raise ProtocolError("an answer without a candidate")
    reader = AnswerReader(upstream.target, upstream.context or GeminiContext(), writer, ledger)
    reader.read(answer)
    reader.close()
