"""Who the plugin speaks for, and how it is loaded."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

from proxy_core.anthropic.request import parse
from proxy_core.contract import Unsupported
from proxy_core.ledger import Ledger
from proxy_core.plugins import PluginFault
from proxy_core.routing.directory import at
from proxy_core.testing import quiet_import
from proxy_core.testing.complaint import Complaint, require
from proxy_core.testing.exam import Candidate, once
from proxy_core.testing.subject import asking


@once
def the_plugin_loads(candidate: Candidate) -> None:
    """The plugin is an instance with the four hooks that every provider needs, each decorated
    with `@hookimpl` and with arguments that the hook has, and it is written for this API.

    A breach says which hook, argument or version it is. A method that overrides a hook needs the
    decorator anew.
    """
    if candidate.fault is not None:
        raise Complaint(str(candidate.fault))


@once
def cards_are_complete(candidate: Candidate) -> None:
    """A card says where the key is and where its API is documented.

    Fill in `key_env`, or `key_required=False` where there is no key; and `docs`, an address. A card
    whose host ends in `.invalid`, since each user has an address of their own, needs none.
    """
    for bound in candidate.plugins.providers:
        card = bound.provider
        keyed = card.key_env or not card.key_required
        require(keyed, f"provider {card.name!r} needs a key, and names no variable for it")
        documented = card.docs or (urlsplit(card.base_url).hostname or "").endswith(".invalid")
        require(documented, f"provider {card.name!r} does not say where its API is documented")


@once
def facts_about_models_are_understood(candidate: Candidate) -> None:
    """The quirks in the table of models are quirks that the dialect has.

    A breach names the model and the quirk: it is misspelled, or its value is of another type.
    """
    request = parse(json.dumps(asking()).encode())
    for bound in candidate.plugins.providers:
        for facts in bound.provider.models:
            target = at(bound.provider, facts.pattern.replace("*", "1"))
            try:
                bound.translate_request(request, target, Ledger())
            except Unsupported:
                continue
            except PluginFault as fault:
                what = f"{bound.provider.name}/{facts.pattern}: {fault.original or fault}"
                raise Complaint(what) from fault


@once
def importing_does_nothing(candidate: Candidate) -> None:
    """Importing the plugin opens no file and no connection and does not read the environment.

    A breach usually means a client, a configuration or a key that is made where a module is
    defined. Everything a plugin needs comes in the arguments of its hooks.
    """
    for module in candidate.modules:
        done = list(_done_by_importing(module))
        require(not done, f"importing {module} does: {', '.join(done)}")


def _done_by_importing(module: str) -> Iterator[str]:
    command = [sys.executable, "-P", quiet_import.__file__, module]
    # As this process finds modules; without the user's own settings of Python.
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
    run = subprocess.run(  # noqa: S603 -- this interpreter, and a name that is installed
        command, env=environment, capture_output=True, text=True, check=False, cwd=Path.cwd()
    )
    if run.returncode:
        raise Complaint(f"{module} cannot be imported by itself", {"it says": run.stderr})
    yield from run.stdout.splitlines()
