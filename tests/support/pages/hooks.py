"""docs/hooks.md: every hook as `hookspecs.py` has it, with an example that a test runs."""

import ast
import inspect
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

from proxy_core import hookspecs
from proxy_core.contract import API_VERSION
from tests.support.pages.markdown import MADE, code, table

ROOT = Path(__file__).parents[3]
_COMMENT = re.compile(r"\s+# (noqa|type:).*")
"""What a linter or a type checker is told is nothing to readers."""


class Shown(NamedTuple):
    """Where a hook is implemented, and which test runs that."""

    example: str
    """`file:Class.method`."""
    test: str
    """`file:function`."""


_LOADER = "tests/plugins_loader"
_CHAT = "core/src/proxy_core/dialects/openai_chat/__init__.py"
_OBSERVER = "examples/observer/src/proxy_exchange_log/__init__.py"
SHOWN = {
    "proxy_providers": Shown(
        f"{_LOADER}/objects.py:Complete.proxy_providers",
        f"{_LOADER}/test_bind.py:test_a_plugin_never_answers_for_another",
    ),
    "proxy_map_model": Shown(
        "tests/routing/test_claims.py:Claiming.proxy_map_model",
        "tests/routing/test_claims.py:test_plugins_are_asked_in_order_and_the_answer_is_kept",
    ),
    "proxy_translate_request": Shown(
        f"{_LOADER}/objects.py:Complete.proxy_translate_request",
        f"{_LOADER}/test_bind.py:test_hooks_receive_what_they_are_called_with",
    ),
    "proxy_translate_response": Shown(
        f"{_LOADER}/objects.py:Complete.proxy_translate_response",
        f"{_LOADER}/test_bind.py:test_right_answers_pass_unchanged",
    ),
    "proxy_open_stream": Shown(
        f"{_CHAT}:OpenAIChat.proxy_open_stream",
        "tests/dialects/openai_chat/test_plugin_class.py:test_the_quirks_reach_every_hook",
    ),
    "proxy_classify_error": Shown(
        "tests/server/test_repairs.py:Own.proxy_classify_error",
        "tests/server/test_repairs.py:test_what_belongs_to_one_conversation_is_not_learned",
    ),
    "proxy_rescue_error": Shown(
        "tests/server/test_rescue.py:Rescuer.proxy_rescue_error",
        "tests/server/test_rescue.py:test_a_plugin_rescues_any_failure_before_the_first_byte",
    ),
    "proxy_count_tokens": Shown(
        "tests/server/test_count_tokens.py:Vendor.proxy_count_tokens",
        "tests/server/test_count_tokens.py:test_who_counts",
    ),
    "proxy_exchange_finished": Shown(
        f"{_OBSERVER}:ExchangeLog.proxy_exchange_finished",
        "tests/examples/test_observer.py:test_each_exchange_is_a_line",
    ),
}
"""An example for each hook."""

_HEAD = f"""\
# Hooks
{MADE}
A plugin is an object with some of these methods, each decorated with
`@proxy_core.hookspecs.hookimpl`. This is plugin API {API_VERSION[0]}.{API_VERSION[1]}.
[The contract](contract.md) says what cards and quirks hold, and
[Write a plugin](write-a-plugin.md) leads through all of it.

All hooks are synchronous and pure: no sockets, no files, no environment, no clock; the observer
alone may write. A hook may leave out arguments that it does not need. A plugin without providers
has `proxy_exchange_finished` and no other hook.

"""


def specs() -> dict[str, Callable[..., Any]]:
    """Every hook specification, by name, in the order of the file."""
    found = vars(hookspecs).items()
    return {name: spec for name, spec in found if name.startswith("proxy_") and callable(spec)}


def signature(spec: Callable[..., Any]) -> str:
    """The specification's line, without quotes around types."""
    return f"{spec.__name__}{str(inspect.signature(spec)).replace(chr(39), '')}"


def since(spec: Callable[..., Any]) -> str:
    """The version of the API that brought the hook."""
    (version,) = re.findall(r"Since API ([0-9]+\.[0-9]+)\.", inspect.getdoc(spec) or "")
    return str(version)


def source_of(place: str) -> str:
    """The source of a method, with its decorators."""
    file, _, path = place.partition(":")
    text = (ROOT / file).read_text(encoding="utf-8")
    owner, _, method = path.partition(".")
    (found,) = (
        part
        for node in ast.parse(text).body
        if isinstance(node, ast.ClassDef) and node.name == owner
        for part in node.body
        if isinstance(part, ast.FunctionDef) and part.name == method
    )
    first = min([found.lineno, *(decorator.lineno for decorator in found.decorator_list)])
    lines = text.splitlines()[first - 1 : found.end_lineno]
    return "\n".join(_COMMENT.sub("", line.removeprefix("    ")) for line in lines)


def page() -> str:
    """The whole page."""
    return _HEAD + "\n".join(_section(name, spec) for name, spec in specs().items())


def _section(name: str, spec: Callable[..., Any]) -> str:
    said = re.sub(r"\s*Since API [0-9.]+$", "", inspect.getdoc(spec) or "")
    return "\n".join(
        [f"## `{name}`\n", said, "", table(("", ""), _facts(name, spec)), _example(name)]
    )


def _facts(name: str, spec: Callable[..., Any]) -> Iterator[tuple[str, str]]:
    shape = inspect.signature(spec)
    for argument in shape.parameters.values():
        yield code(argument.name), code(str(argument.annotation))
    yield "returns", code(str(shape.return_annotation))
    yield "answers", _who(name, spec)
    yield "since", f"API {since(spec)}"
    yield "tested by", code(SHOWN[name].test.replace(":", "::"))


def _who(name: str, spec: Callable[..., Any]) -> str:
    if not vars(spec)[f"{hookspecs.PROJECT}_spec"]["firstresult"]:
        return "every plugin (broadcast)"
    if name == "proxy_map_model":
        return "each provider's plugin in turn; the first result that is not `None` counts"
    return "the plugin of the target's provider alone (first result)"


def _example(name: str) -> str:
    place = SHOWN[name].example
    return (
        f"From `{place.partition(':')[0]}`:\n\n"
        "<!-- not run: one method, copied from a file that tests run -->\n"
        f"```python\n{source_of(place)}\n```\n"
    )
