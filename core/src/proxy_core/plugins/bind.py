"""A plugin's hooks as typed calls, with a watch over what they raise and return."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, TypeVar

import pluggy

from proxy_core.anthropic.errors import safe_text
from proxy_core.anthropic.request import MessagesRequest
from proxy_core.anthropic.writer import MessageWriter
from proxy_core.bound import BoundProvider
from proxy_core.contract import (
    CountCall,
    ErrorVerdict,
    ProtocolError,
    Provider,
    ProxyError,
    Repair,
    SseEvent,
    StreamTranslator,
    Target,
    TokenCount,
    Unsupported,
    UpstreamFailure,
    UpstreamRequest,
)
from proxy_core.ledger import Ledger
from proxy_core.plugins.checks import upstream_fault
from proxy_core.plugins.errors import PluginFault
from proxy_core.plugins.probe import wrong_quirk

T = TypeVar("T")


class Hooks:
    """The hooks of one plugin, and of no other."""

    def __init__(self, manager: pluggy.PluginManager, plugin: object, name: str) -> None:
        others = [other for other in manager.get_plugins() if other is not plugin]
        self._plugin = name
        self._callers = {
            hook: manager.subset_hook_caller(hook, others)
            for hook in vars(manager.hook)
            if hook.startswith("proxy_")
        }

    def caller(self, hook: str) -> Callable[..., Any]:
        """The bare call of one hook."""
        return self._callers[hook]

    def bind(self, provider: Provider) -> BoundProvider:
        """The hooks as calls for one of the plugin's providers."""
        return BoundProvider(
            provider=provider,
            plugin=self._plugin,
            map_model=self._map_model,
            translate_request=self._translate_request,
            translate_response=self._translate_response,
            open_stream=self._open_stream,
            classify_error=self._classify_error,
            repaired=self._repaired,
            rescue_error=self._rescue_error,
            count_tokens=self._count_tokens,
        )

    # -- the typed calls -----------------------------------------------------------------

    def _map_model(
        self, requested: str, provider: Provider, models: Sequence[str]
    ) -> Target | None:
        hook = "proxy_map_model"
        claim = self._call(hook, requested=requested, provider=provider, models=models)
        if claim is None:
            return None
        target = self._typed(hook, claim, Target)
        if target.provider != provider:
            raise self._fault(hook, "it answered for another provider")
        return target

    def _translate_request(
        self, request: MessagesRequest, target: Target, ledger: Ledger
    ) -> UpstreamRequest:
        hook = "proxy_translate_request"
        upstream = self._call(hook, request=request, target=target, ledger=ledger)
        return self._checked(hook, upstream, target)

    def _translate_response(
        self, upstream: UpstreamRequest, body: bytes, writer: MessageWriter, ledger: Ledger
    ) -> None:
        hook = "proxy_translate_response"
        told = self._call(
            hook, upstream=upstream, body=body, writer=writer, ledger=ledger.for_answer()
        )
        if told is not None:
            raise self._fault(hook, f"it returned {type(told).__name__} instead of telling writer")

    def _open_stream(
        self, upstream: UpstreamRequest, writer: MessageWriter, ledger: Ledger
    ) -> StreamTranslator:
        hook = "proxy_open_stream"
        stream = self._call(hook, upstream=upstream, writer=writer, ledger=ledger.for_answer())
        if not (
            callable(getattr(stream, "feed", None)) and callable(getattr(stream, "close", None))
        ):
            raise self._fault(hook, f"it returned {type(stream).__name__}, not a StreamTranslator")
        return _WatchedStream(stream, self._plugin)

    def _classify_error(self, failure: UpstreamFailure, target: Target) -> ErrorVerdict | None:
        hook = "proxy_classify_error"
        reading = self._call(hook, failure=failure, target=target)
        if reading is None:
            return None
        verdict = self._typed(hook, reading, ErrorVerdict)
        if not 400 <= verdict.status <= 599:
            raise self._fault(hook, f"its verdict has the status {verdict.status}")
        return verdict

    def _repaired(self, target: Target, repair: Repair) -> Target:
        changed = target.under(repair.quirks)
        if wrong := wrong_quirk(self._translate_request, changed):
            raise self._fault("the repair of a refused request", safe_text(wrong))
        return changed

    def _rescue_error(
        self,
        failure: UpstreamFailure,
        upstream: UpstreamRequest,
        writer: MessageWriter,
        ledger: Ledger,
    ) -> bool:
        hook = "proxy_rescue_error"
        told = self._call(
            hook, failure=failure, upstream=upstream, writer=writer, ledger=ledger.for_answer()
        )
        return self._typed(hook, told, bool) if told is not None else False

    def _count_tokens(
        self, request: MessagesRequest, target: Target
    ) -> TokenCount | CountCall | None:
        hook = "proxy_count_tokens"
        counted = self._call(hook, request=request, target=target)
        if counted is None or isinstance(counted, TokenCount):
            return counted
        call = self._typed(hook, counted, CountCall)
        checked = self._checked(hook, call.request, target)
        return CountCall(checked, lambda body: self._read_count(call, body))

    def _read_count(self, call: CountCall, body: bytes) -> int:
        hook = "proxy_count_tokens"
        try:
            tokens = call.read(body)
        except ProtocolError:
            raise
        except (Exception, SystemExit) as error:
            raise self._fault(hook, type(error).__name__, error) from error
        return self._typed(hook, tokens, int)

    # -- the watch -----------------------------------------------------------------------

    def _call(self, hook: str, **arguments: Any) -> Any:
        """Call a hook. What it may not raise becomes a `PluginFault`, whatever it is: one
        plugin's defect must end one exchange and name its author."""
        try:
            return self._callers[hook](**arguments)
        except _MAY_RAISE.get(hook, ()):
            raise
        except (Exception, SystemExit) as error:
            raise self._fault(hook, type(error).__name__, error) from error

    def _checked(self, hook: str, value: object, target: Target) -> UpstreamRequest:
        upstream = self._typed(hook, value, UpstreamRequest)
        if fault := upstream_fault(upstream, target):
            raise self._fault(hook, fault)
        return upstream

    def _typed(self, hook: str, value: object, kind: type[T]) -> T:
        if not isinstance(value, kind):
            what = f"it returned {type(value).__name__}, not {kind.__name__}"
            raise self._fault(hook, what)
        return value

    def _fault(self, hook: str, what: str, original: BaseException | None = None) -> PluginFault:
        return PluginFault(self._plugin, hook, what, original)


_MAY_RAISE: dict[str, tuple[type[ProxyError], ...]] = {
    "proxy_translate_request": (Unsupported,),
    "proxy_translate_response": (ProtocolError,),
    "proxy_open_stream": (ProtocolError,),
    "proxy_count_tokens": (Unsupported,),
}
"""What a hook raises on purpose; anything else is a defect of its plugin."""


class _WatchedStream:
    """A plugin's stream translator; its defects are told like those of a hook."""

    __slots__ = ("_plugin", "_stream")

    def __init__(self, stream: StreamTranslator, plugin: str) -> None:
        self._stream = stream
        self._plugin = plugin

    def feed(self, event: SseEvent) -> None:
        try:
            self._stream.feed(event)
        except ProtocolError:
            raise
        except (Exception, SystemExit) as error:
            raise PluginFault(self._plugin, "feed", type(error).__name__, error) from error

    def close(self, complete: bool) -> None:
        try:
            self._stream.close(complete)
        except ProtocolError:
            raise
        except (Exception, SystemExit) as error:
            raise PluginFault(self._plugin, "close", type(error).__name__, error) from error
