"""From the model name a client asks for to the models that are asked.

    families   the words in Claude models' names
    directory  the providers by name, and the facts they know of models
    picker     the names that Claude Code's picker takes
    router     the decision, and the sentence that explains it

Pure: the same name goes to the same place.
"""

from proxy_core.routing.directory import UnknownProvider
from proxy_core.routing.picker import meant_by, picker_name
from proxy_core.routing.router import Entry, Route, Router, UnknownModel

__all__ = ["Entry", "Route", "Router", "UnknownModel", "UnknownProvider", "meant_by", "picker_name"]
