"""Hooks look at their arguments, and at nothing else."""

from __future__ import annotations

from typing import Any

from proxy_core.contract import FailureKind, UpstreamFailure
from proxy_core.testing.checks.answers import WAYS
from proxy_core.testing.complaint import require
from proxy_core.testing.deeds import noted_deeds
from proxy_core.testing.exam import for_all
from proxy_core.testing.script import Script
from proxy_core.testing.strategies.conversations import requests
from proxy_core.testing.strategies.scripts import scripts
from proxy_core.testing.subject import Subject


@for_all(share=5, asked=requests(), script=scripts(), streamed=WAYS)
def hooks_touch_nothing_outside(
    subject: Subject, asked: dict[str, Any], script: Script, streamed: bool
) -> None:
    """Hooks open no file and no connection, start no thread, and read neither the environment
    nor the clock; they never sleep. An observer alone may.

    A breach usually means a configuration that is read when it is needed, or a list of models
    that is fetched. All other requests wait for a hook: what it needs stands in the card.
    """
    failure = UpstreamFailure(kind=FailureKind.STATUS, status=429, headers={"retry-after": "1"})
    with noted_deeds() as deeds:
        subject.send(asked)
        subject.say(subject.ask(stream=streamed), script, streamed)
        subject.classify(failure)
        subject.map_model("claude-opus-5-5", ())
    require(not deeds, f"the plugin does: {', '.join(deeds)}")
