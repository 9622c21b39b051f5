"""An answer with everything in it, and upstreams that tell it or what else a script says."""

from collections.abc import Callable

from tests.e2e.scripted_upstream import ScriptedUpstream
from tests.e2e.upstream_script import (
    Answer,
    Refuse,
    Script,
    Usage,
    answer,
    call,
    in_order,
    say,
    think,
    together,
)
from tests.support.proxy import Proxy

STORY = answer(
    think("Hm", "m."),
    say("Let me ", "look."),
    together(
        call("call_1", "Read", {"path": "/a"}),
        call("call_2", "Read", {"path": "/b"}),
    ),
    usage=Usage(prompt=120, completion=30, cached=100),
)
Start = Callable[..., Proxy]


def scripted(script: Script | Answer | Refuse) -> ScriptedUpstream:
    return ScriptedUpstream(script if callable(script) else in_order(*[script] * 9), key="sk-test")
