"""The relay over HTTP, as one ASGI application."""

from __future__ import annotations

import logging
from importlib.metadata import version

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp, Receive, Scope, Send

from tracktwo.relay import blobs, mailboxes
from tracktwo.relay.answers import HANDLERS
from tracktwo.relay.limits import BUCKETS, CREDIT, FETCH, PIECE, WAIT
from tracktwo.relay.openapi import document
from tracktwo.relay.requests import Relay, relay_of

_log = logging.getLogger("tracktwo.relay")


def application(relay: Relay) -> ASGIApp:
    """The application that serves `relay`."""
    routes = [
        *mailboxes.ROUTES,
        *blobs.ROUTES,
        Route("/v1/info", info, methods=["GET"]),
        Route("/healthz", health, methods=["GET"]),
        Route("/openapi.json", openapi, methods=["GET"]),
    ]
    app = Starlette(routes=routes, exception_handlers=HANDLERS)
    app.state.relay = relay
    app.router.redirect_slashes = False
    return _Quiet(app)


async def info(request: Request) -> Response:
    """GET /v1/info: which relay this is, and what it takes."""
    limits = relay_of(request).limits
    return JSONResponse(
        {
            "version": version("tracktwo"),
            "buckets": list(BUCKETS),
            "credit": CREDIT,
            "max": FETCH,
            "wait_seconds": WAIT,
            "piece_bytes": PIECE,
            "blob_bytes": limits.blob_bytes,
            "mailbox_bytes": limits.mailbox_bytes,
            "mailbox_messages": limits.mailbox_messages,
            "ttl_hours": limits.ttl_hours,
            "operator_token": relay_of(request).operator_digest is not None,
        }
    )


async def health(request: Request) -> Response:
    """GET /healthz: whether the store answers."""
    await relay_of(request).store.takes(bytes(16), bytes(32))
    return JSONResponse({"ok": True})


async def openapi(request: Request) -> Response:
    """GET /openapi.json: this interface, for programs."""
    return JSONResponse(document(relay_of(request).limits))


class _Quiet:
    """Says of a fault only its kind: a traceback or a message could hold an id or an address."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            await self._app(scope, receive, send)
        except Exception as error:
            _log.error("a fault of the relay: %s", type(error).__name__)
