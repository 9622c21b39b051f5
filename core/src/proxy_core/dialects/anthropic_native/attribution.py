"""The billing line, for servers that are not Anthropic's."""

from __future__ import annotations

from proxy_core.anthropic import events
from proxy_core.anthropic.attribution import without_attribution
from proxy_core.dialects.anthropic_native.scope import Scope
from proxy_core.dialects.anthropic_native.spans import Splices, items, member, value_end
from proxy_core.ledger import Reason


def drop_attribution(scope: Scope, splices: Splices, system: int) -> None:
    """Leave out the line, and of a list the texts that are nothing else; `system` is its place."""
    said = [block.text for block in scope.request.system]
    texts = [without_attribution(text) for text in said]
    cut = [index for index, text in enumerate(said) if text != texts[index]]
    for index in cut:
        scope.dropped(f"/system/{index}", Reason.ATTRIBUTION)
    if splices.body[system : system + 1] == b'"':
        for text in texts[: len(cut)]:
            splices.replace(system, value_end(splices.body, system), events.quote(text))
        return
    blocks = items(splices.body, system)
    splices.drop(blocks, {index for index in cut if not texts[index]})
    for index in cut:
        place = member(splices.body, blocks[index].start, "text")
        if texts[index] and place is not None:
            splices.replace(place.value, place.end, events.quote(texts[index]))
