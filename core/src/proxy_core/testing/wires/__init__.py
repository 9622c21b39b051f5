"""How vendors put things on the wire: the other side of a translation.

A `Wire` says what a vendor would: it renders a `Script` as an answer, and reads a request as the
vendor would understand it. The dialects of core have theirs here. A plugin with a language of its
own brings one, by an entry point under the plugin's name in the group `proxy_core.testing`.
"""

from proxy_core.testing.wires.wire import (
    Answered,
    Called,
    Declared,
    Heard,
    Item,
    Spoken,
    Streamed,
    Thought,
    Wire,
)

__all__ = [
    "Answered",
    "Called",
    "Declared",
    "Heard",
    "Item",
    "Spoken",
    "Streamed",
    "Thought",
    "Wire",
]
