"""What is answered when a request cannot be served: every error read as a verdict, and the place
in the code where it arose."""

from __future__ import annotations

import traceback

from proxy_core.anthropic.errors import TYPE_OF_STATUS
from proxy_core.anthropic.request import InvalidRequest
from proxy_core.contract import About, ErrorVerdict, Provider, ProxyError, Unsupported
from proxy_core.plugins import PluginFault
from proxy_core.routing import UnknownModel
from proxy_core.server.downstream import BadBody


class Refusal(ProxyError):
    """The exchange ends with this error."""

    def __init__(self, verdict: ErrorVerdict) -> None:
        super().__init__(verdict.message)
        self.verdict = verdict


def refusal(status: int, message: str, about: About = About.REQUEST) -> Refusal:
    """A refusal with the API's error type for `status`."""
    verdict = ErrorVerdict(
        status=status, type=TYPE_OF_STATUS.get(status, "api_error"), message=message, about=about
    )
    return Refusal(verdict)


def full_house(maximum: int) -> Refusal:
    """More exchanges at once than this proxy carries."""
    verdict = ErrorVerdict(
        status=529,
        type="overloaded_error",
        message=f"This proxy already carries {maximum} requests; try again shortly.",
        about=About.OVERLOADED,
        retryable=True,
        retry_after=1.0,
    )
    return Refusal(verdict)


def no_key(provider: Provider) -> Refusal:
    """The provider needs a key and none is configured."""
    message = f"No key for provider {provider.name}: set {provider.key_setting} for the proxy."
    return refusal(401, message, About.KEY)


BROKEN = refusal(
    500, "The proxy failed on this request; its log names the place.", About.PROXY
).verdict
SHUTTING_DOWN = refusal(503, "The proxy is shutting down.", About.PROXY).verdict


def reading_of(error: ProxyError) -> ErrorVerdict:
    """The verdict on an error that this package raised on purpose."""
    match error:
        case Refusal():
            return error.verdict
        case BadBody():
            return refusal(error.status, str(error)).verdict
        case UnknownModel():
            return refusal(404, str(error), About.MODEL).verdict
        case InvalidRequest() | Unsupported():
            return refusal(400, str(error)).verdict
        case PluginFault():
            return refusal(500, str(error), About.PROXY).verdict
        case _:
            return BROKEN


def place_of(error: Exception) -> str:
    """Where an error arose, for the log; not its text, which may quote what the client sent.

    Of a plugin's defect the place is in the plugin.
    """
    what = type(error).__name__
    origin: BaseException = error
    if isinstance(error, PluginFault):
        what, origin = str(error), error.original or error
    frames = traceback.extract_tb(origin.__traceback__)[-3:]
    calls = " < ".join(f"{frame.filename}:{frame.lineno}" for frame in reversed(frames))
    return f"{what} at {calls}"
