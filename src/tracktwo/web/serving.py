"""Running the page: a socket on this machine alone, a server, an orderly end."""

from __future__ import annotations

import asyncio
import logging
import socket
from collections.abc import Callable

import uvicorn

from tracktwo.errors import BadInput
from tracktwo.reasons import reason
from tracktwo.said import said
from tracktwo.web.app import application
from tracktwo.web.house import House

_ADDRESS = "127.0.0.1"


def listening(house: House, port: int | None) -> socket.socket:
    """A socket at this port; at the one of last time if none is named. Raises BadInput."""
    last = house.told().get("port")
    wanted = port if port is not None else last if isinstance(last, int) else 0
    try:
        listener = socket.create_server((_ADDRESS, wanted), backlog=128)
    except OSError as error:
        raise BadInput(
            said("The page cannot be at this port ({why}).", why=reason(error)),
            where=f"{_ADDRESS}:{wanted}",
            advice="Another program has this port. Type your passphrase there only if you started"
            + " it yourself; or name another: --port.",
        ) from None
    if port != 0:
        house.tell(port=listener.getsockname()[1])
    return listener


def serve(house: House, listener: socket.socket, ready: Callable[[str], None]) -> None:
    """Serve until SIGTERM or SIGINT; call `ready` with the address that opens the page once."""
    for name in ("uvicorn", "asyncio"):  # what they log could hold an address of the page
        logging.getLogger(name).setLevel(logging.CRITICAL + 1)
    port = listener.getsockname()[1]
    address = f"http://{_ADDRESS}:{port}/open?token={house.new_token()}"
    server = _Server(
        uvicorn.Config(
            application(house, port),
            http="h11",
            ws="none",
            loop="asyncio",
            lifespan="off",
            log_config=None,
            access_log=False,
            server_header=False,
            date_header=False,
            proxy_headers=False,
            timeout_graceful_shutdown=2,
        )
    )
    server.ready = lambda: ready(address)
    asyncio.run(server.serve([listener]))


class _Server(uvicorn.Server):
    """uvicorn, which says when the first request would be answered."""

    ready: Callable[[], None]

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self.ready()
