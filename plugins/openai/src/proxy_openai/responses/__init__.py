"""OpenAI's Responses API: items instead of messages, and reasoning that comes back.

Each request is complete in itself (`store: false`); what the model reasoned travels encrypted
in the signatures of thinking blocks. What is the same as in Chat Completions (schemas, limits,
efforts, documents, errors) is read by that dialect's own code.
"""
