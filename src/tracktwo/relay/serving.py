"""Running the relay: a socket, a server, a sweep by the hour, and an orderly end."""

from __future__ import annotations

import asyncio
import logging
import socket
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from types import FrameType
from typing import Any, cast

import uvicorn

from tracktwo.errors import BadInput
from tracktwo.relay.app import application
from tracktwo.relay.lines import Line
from tracktwo.relay.requests import Relay
from tracktwo.relay.sockets import admit
from tracktwo.relay.store import Full, Store, Unavailable

_SWEEP = 600  # seconds
_log = logging.getLogger("tracktwo.relay")


def listening(host: str, port: int) -> socket.socket:
    """A socket that listens; port 0 picks one. Raises BadInput if it cannot be had."""
    try:
        family = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0][0]
        return socket.create_server((host, port), family=family, backlog=2048)
    except OSError as error:
        advice = "Stop what listens there, or name another with --listen."
        raise BadInput(
            f"The relay cannot listen there ({error.strerror}).",
            where=f"{host}:{port}",
            advice=advice,
        ) from None


async def serve(relay: Relay, listener: socket.socket, ready: Callable[[], None]) -> None:
    """Serve until SIGTERM or SIGINT; call `ready` when the first request would be answered."""
    _say_little()
    server = _Server(relay, ready)
    sweeping = asyncio.create_task(_sweep(relay.store))
    try:
        await server.serve([listener])
    finally:
        sweeping.cancel()
        with suppress(asyncio.CancelledError):
            await sweeping
        await relay.store.close()


class _Server(uvicorn.Server):
    """uvicorn, which on a signal also wakes all who wait, so that the end is quick and clean."""

    def __init__(self, relay: Relay, ready: Callable[[], None]) -> None:
        super().__init__(
            uvicorn.Config(
                application(relay),
                http="h11",
                ws=cast(Any, partial(Line, partial(admit, relay.store))),
                loop="asyncio",
                lifespan="off",
                log_config=None,
                access_log=False,
                server_header=False,
                date_header=False,
                proxy_headers=False,
                timeout_keep_alive=75,
                timeout_graceful_shutdown=5,
            )
        )
        self._bells, self._ready = relay.store.bells, ready

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self._ready()

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        self.should_exit = True
        self._bells.close()


async def _sweep(store: Store) -> None:
    while True:
        try:
            await store.sweep()
        except (Full, Unavailable, OSError) as error:
            _log.error("a sweep failed: %s", type(error).__name__)
        await asyncio.sleep(_SWEEP)


def _say_little() -> None:
    """What others would log could hold an address or a path of a request; a kind cannot."""
    for name in ("uvicorn", "websockets", "asyncio", "psycopg"):
        logging.getLogger(name).setLevel(logging.CRITICAL + 1)

    def fault(loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
        error = context.get("exception")
        _log.error("a fault of the relay: %s", type(error).__name__)

    asyncio.get_running_loop().set_exception_handler(fault)
