"""Reading a whole answer."""

from __future__ import annotations

from proxy_core.anthropic.writer import MessageWriter
from proxy_core.contract import ProtocolError, UpstreamRequest
from proxy_core.dialects.openai_chat.answers.chunks import read_chunk
from proxy_core.dialects.openai_chat.answers.reader import AnswerReader
from proxy_core.dialects.openai_chat.context import ChatContext
from proxy_core.dialects.openai_chat.quirks import Quirks
from proxy_core.ledger import Ledger


def translate_response(
    upstream: UpstreamRequest, body: bytes, quirks: Quirks, writer: MessageWriter, ledger: Ledger
) -> None:
    """Tell one whole answer, or the error inside it, to the writer.

    Raises `ProtocolError` when the body is no chat completion.
    """
    answer = read_chunk(body, ledger)
    choice = answer.first_choice()
    if answer.failure(choice) is None and (choice is None or choice.message is None):
        raise ProtocolError("a chat completion without a choice")
    if choice is not None:
        choice.delta = None  # gateways leave an empty one beside the message
    context = upstream.context or ChatContext()
    reader = AnswerReader(upstream.target, context, quirks, writer, ledger)
    reader.read(answer)
    writer.settle()
    if writer.has_content and writer.stop_reason is None:
        # The body is complete JSON, so nothing was cut: some local servers give no reason.
        writer.finish("end_turn")
    reader.close()
