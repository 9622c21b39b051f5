"""The ASGI application: routes, guard, and errors in Anthropic's shape everywhere."""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from typing import Any

from fastapi import FastAPI, Request, Response
from starlette.exceptions import HTTPException
from starlette.routing import Route

import proxy_core
from proxy_core.anthropic import errors
from proxy_core.anthropic.errors import TYPE_OF_STATUS
from proxy_core.anthropic.ids import new_request_id
from proxy_core.assembly import make_router
from proxy_core.contract import ProxyError
from proxy_core.plugins import PluginFault, Plugins, load_allowed
from proxy_core.routing import Router
from proxy_core.server.downstream import Message, Receive, Send
from proxy_core.server.guard import Guard, GuardRules
from proxy_core.server.models import Catalogue
from proxy_core.server.pipeline import Pipeline
from proxy_core.server.refusals import BROKEN, place_of, reading_of
from proxy_core.server.upstream import Patience, Upstream
from proxy_core.settings import Settings

PREFIXES = ("", "/anthropic", "/anthropic/v1")
"""Where the API is served: at the root, and where users of other proxies have it."""

_NO_ADDRESS = (
    "nothing is served there. A client's base URL is the proxy's address without a path; "
    "messages go to POST /v1/messages."
)
_LONGEST_PATH = 200

_log = logging.getLogger("proxy_core.server")

Endpoint = Callable[[Message, Receive, Send], Awaitable[None]]


class _Raw:
    """An ASGI endpoint; a class, because Starlette would wrap a plain function."""

    def __init__(self, endpoint: Endpoint) -> None:
        self._endpoint = endpoint

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        await self._endpoint(scope, receive, send)


def create_app(settings: Settings, plugins: Plugins | None = None) -> FastAPI:
    """The proxy as an ASGI application, to be served or mounted.

    `plugins` are those that `settings` allow (`allowed_plugins`), unless given. Raises
    `PluginError` and configuration errors at once, before anything is served.
    """
    if plugins is None:
        plugins = load_allowed(settings)
    router = make_router(plugins, settings)
    upstream = _upstream(settings)

    @asynccontextmanager
    async def lifespan(_app: FastAPI) -> AsyncIterator[None]:
        async with upstream:
            yield

    app = FastAPI(
        title="proxy-core",
        version=proxy_core.__version__,
        lifespan=lifespan,
        docs_url=None,
        redoc_url=None,
        openapi_url=None,
        redirect_slashes=False,
    )
    app.add_exception_handler(HTTPException, _http_error)
    app.add_exception_handler(ProxyError, _refused)
    app.add_exception_handler(Exception, _broken)
    app.add_middleware(Guard, rules=_guard_rules(settings))
    _add_hot_routes(app, Pipeline(settings, plugins, router, upstream))
    _add_model_routes(app, Catalogue(router))
    _add_own_routes(app, settings, router)
    return app


def _upstream(settings: Settings) -> Upstream:
    return Upstream(
        Patience(
            connect=settings.connect_timeout,
            first_byte=settings.first_byte_timeout,
            whole_answer=settings.request_timeout,
            idle=settings.idle_timeout,
        ),
        trust_env=settings.trust_env,
        ca_file=str(settings.ca_file) if settings.ca_file else None,
    )


def _guard_rules(settings: Settings) -> GuardRules:
    return GuardRules(
        hosts=frozenset(settings.allowed_hosts),
        origins=frozenset(settings.allowed_origins),
        token=settings.auth_token,
    )


def _add_hot_routes(app: FastAPI, pipeline: Pipeline) -> None:
    """Raw ASGI: a typed FastAPI body would cost more than the whole translation."""
    for prefix in PREFIXES:
        for path, endpoint in (
            ("/v1/messages", pipeline.messages),
            ("/v1/messages/count_tokens", pipeline.count_tokens),
        ):
            app.router.routes.append(Route(prefix + path, _Raw(endpoint), methods=["POST"]))


def _add_model_routes(app: FastAPI, catalogue: Catalogue) -> None:
    # No coroutines, so they run in threads: what models can do is worked out when first asked.
    def list_models(request: Request) -> Response:
        if "anthropic-version" in request.headers:
            return _json(catalogue.anthropic_page(request.query_params.multi_items()))
        return _json(catalogue.openai_list())

    def show_model(request: Request, model_id: str) -> Response:
        if "anthropic-version" in request.headers:
            return _json(catalogue.anthropic_model(model_id))
        return _json(catalogue.openai_model(model_id))

    for prefix in PREFIXES:
        app.add_api_route(f"{prefix}/v1/models", list_models, methods=["GET"])
        app.add_api_route(f"{prefix}/v1/models/{{model_id:path}}", show_model, methods=["GET"])


def _add_own_routes(app: FastAPI, settings: Settings, router: Router) -> None:
    """What tells of the proxy itself, and what clients ask of any server."""

    async def health() -> Mapping[str, Any]:
        return {
            "status": "ok",
            "version": proxy_core.__version__,
            "providers": {
                bound.provider.name: {"key": settings.key_for(bound.provider) is not None}
                for bound in router.bound
            },
            "streaming": {
                "force_disabled": settings.force_disable_streaming,
                "max_retries": settings.max_retries,
            },
        }

    async def root() -> Mapping[str, Any]:
        return {"message": "proxy-core", "version": proxy_core.__version__}

    async def nothing() -> Response:
        return Response(status_code=204)

    app.add_api_route("/health", health, methods=["GET"])
    app.add_api_route("/", root, methods=["GET", "HEAD"])
    # Claude Code probes the first and reports to the second; neither is anybody's business.
    app.add_api_route("/api/hello", root, methods=["GET", "HEAD"])
    app.add_api_route("/api/event_logging/batch", nothing, methods=["POST"])


def _json(body: bytes) -> Response:
    return Response(body, media_type="application/json")


# Starlette's type of a handler takes any exception; each of these gets those it was added for.


async def _http_error(request: Request, error: Exception) -> Response:
    """What the framework refuses, in Anthropic's shape; a wrong method is a wrong address."""
    status = error.status_code if isinstance(error, HTTPException) else 500
    if status in (404, 405):
        asked = f"{request.method} {request.scope['path'][:_LONGEST_PATH]}"
        return _error_response(404, f"{asked}: {_NO_ADDRESS}")
    return _error_response(status, str(getattr(error, "detail", error)))


async def _refused(_request: Request, error: Exception) -> Response:
    verdict = reading_of(error) if isinstance(error, ProxyError) else BROKEN
    if verdict is BROKEN or isinstance(error, PluginFault):
        _log.error("%s", place_of(error))
    return _error_response(verdict.status, verdict.message)


async def _broken(_request: Request, _error: Exception) -> Response:
    """A defect of this package's own; the framework has the server log it."""
    return _error_response(BROKEN.status, BROKEN.message)


def _error_response(status: int, message: str) -> Response:
    request_id = new_request_id()
    return Response(
        errors.body(TYPE_OF_STATUS.get(status, "api_error"), message, request_id),
        status_code=status,
        headers={"request-id": request_id},
        media_type="application/json",
    )
