"""Whether a plugin understands the quirks of a target.

Which quirks there are only the plugin knows, so it is asked to translate something.
"""

from __future__ import annotations

from collections.abc import Callable

from proxy_core.anthropic.request import MessagesRequest, parse
from proxy_core.contract import Target, Unsupported, UpstreamRequest
from proxy_core.ledger import Ledger
from proxy_core.plugins.errors import PluginFault

_PROBE = parse(b'{"model":"probe","max_tokens":1,"messages":[{"role":"user","content":"x"}]}')

Translate = Callable[[MessagesRequest, Target, Ledger], UpstreamRequest]


def wrong_quirk(translate: Translate, target: Target) -> str | None:
    """The plugin's own words on a quirk that it does not understand; None if all are right."""
    try:
        translate(_PROBE, target, Ledger())
    except PluginFault as fault:
        if isinstance(fault.original, ValueError):
            return str(fault.original)
        raise
    except Unsupported:
        pass  # the plugin has its reasons; it understood its quirks
    return None
