"""WebSockets under uvicorn, without tasks or queues between the wire and the mailbox.

`websockets` keeps the protocol: handshake, frames, limits, closing. A line carries bytes between
it and the socket, and whole messages to its end, which is a sender's or a reader's.
"""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from collections.abc import Awaitable, Callable, Coroutine
from http import HTTPStatus
from typing import Any, Protocol, cast
from urllib.parse import unquote

from starlette.requests import HTTPConnection
from starlette.responses import Response
from uvicorn.config import Config
from uvicorn.server import ServerState
from websockets import http11
from websockets.datastructures import Headers
from websockets.frames import Frame, Opcode
from websockets.protocol import CONNECTING, OPEN
from websockets.server import ServerProtocol

from tracktwo.errors import Malformed
from tracktwo.relay.answers import Refused, refusal, status_of_fault
from tracktwo.relay.frames import MID
from tracktwo.relay.limits import BUCKETS
from tracktwo.relay.store import Full, Unavailable

# Codes with which the relay closes a WebSocket.
MALFORMED = 1008  # a message against the rules
_FAULT = 1011
_STOPPING = 1012
LATER = 1013  # the store does not answer
GONE = 4404  # the mailbox has ended

_BEAT = 30  # seconds between pings, and until one must have been answered
_LINGER = 10  # seconds for the other side to close
_log = logging.getLogger("tracktwo.relay")


class End(Protocol):
    """What a line leads to."""

    def ready(self) -> bool:
        """Whether one more message would be taken now; if not, the line is not read."""

    def take(self, message: bytes) -> None:
        """A whole message. Raises Malformed."""

    def resume(self) -> None:
        """The line is writable again."""

    def leave(self) -> None:
        """The line is closed, or about to be."""


Admit = Callable[["Line", HTTPConnection], Awaitable[End]]


class Line(asyncio.Protocol):
    """One WebSocket. `admit` finds its end, and raises Refused, Full or Unavailable."""

    def __init__(
        self, admit: Admit, *, config: Config, server_state: ServerState, app_state: object
    ) -> None:
        """The names of the arguments are uvicorn's."""
        self._admit, self._server = admit, server_state
        self._loop = asyncio.get_running_loop()
        self._wire = ServerProtocol(
            max_size=MID + BUCKETS[-1], logger=logging.getLogger("websockets")
        )
        self._end: End | None = None
        self._inbox: deque[bytes] = deque()
        self._part = bytearray()  # of a message in fragments
        self._reading = self.writable = True
        self._answered = True  # something came since the last ping
        self._over = False  # nothing more is said
        self._timer: asyncio.TimerHandle | None = None

    # Called by the event loop, and by uvicorn

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """As in asyncio.Protocol."""
        self._transport = cast(asyncio.Transport, transport)
        self._server.connections.add(cast(Any, self))

    def data_received(self, data: bytes) -> None:
        """As in asyncio.Protocol."""
        self._answered = True
        self._wire.receive_data(data)
        for event in self._wire.events_received():
            if isinstance(event, Frame):
                self._frame_came(event)
            elif isinstance(event, http11.Request):
                self._asked(event)
        self.advance()  # before a farewell that came with it is answered
        self._flush()
        self.advance()

    def eof_received(self) -> None:
        """As in asyncio.Protocol."""
        self._wire.receive_eof()
        self._flush()

    def connection_lost(self, exc: Exception | None) -> None:
        """As in asyncio.Protocol."""
        self._server.connections.discard(cast(Any, self))
        self._let_go()
        if self._timer is not None:
            self._timer.cancel()

    def pause_writing(self) -> None:
        """As in asyncio.Protocol."""
        self.writable = False

    def resume_writing(self) -> None:
        """As in asyncio.Protocol."""
        self.writable = True
        if self._end is not None:
            self._end.resume()
        self.advance()

    def shutdown(self) -> None:
        """The server stops."""
        self.close(_STOPPING)
        self._transport.close()

    # Called by the end

    def send(self, message: bytes) -> None:
        """Send a message, unless the line is closed."""
        if self._wire.state is OPEN:
            self._wire.send_binary(message)
            self._flush()

    def close(self, code: int) -> None:
        """Say why, and close."""
        self._let_go()
        if self._wire.state is OPEN:
            self._wire.send_close(code)
            self._flush()
            self._linger()
        self._read(self.writable)  # up to the other side's farewell

    def advance(self) -> None:
        """Hand over what came, as far as the end is ready for it."""
        try:
            while self._inbox and self._end is not None and self._end.ready():
                self._end.take(self._inbox.popleft())
        except Malformed:
            self.close(MALFORMED)
        if self._end is not None:  # who reads nothing is not read either
            self._read(self.writable and self._end.ready())
        elif self._wire.state is not CONNECTING:
            self._read(self.writable)

    def run(self, work: Coroutine[Any, Any, None]) -> None:
        """Let work for this line run; what it raises closes the line."""
        task = self._loop.create_task(work)
        self._server.tasks.add(task)
        task.add_done_callback(self._ran)

    # The rest

    def _asked(self, request: http11.Request) -> None:
        """A handshake came, which is the first that comes."""
        response = self._wire.accept(request)
        if response.status_code == HTTPStatus.SWITCHING_PROTOCOLS:
            self._read(False)
            self.run(self._answer(request, response))
        else:
            self._reply(response)

    async def _answer(self, request: http11.Request, response: http11.Response) -> None:
        path, _, query = request.path.partition("?")
        headers = [
            (name.lower().encode("latin-1"), value.encode("latin-1"))
            for name, value in request.headers.raw_items()
        ]
        scope = {"type": "websocket", "path": unquote(path), "query_string": query.encode()}
        try:
            end = await self._admit(self, HTTPConnection({**scope, "headers": headers}))
        except Refused as error:
            self._reply(_plain(refusal(error.status, error.sentence, error.headers)))
        except (Full, Unavailable) as error:
            self._reply(_plain(refusal(status_of_fault(error))))
        else:
            self._end = end
            self._reply(response)
            if self._over or self._transport.is_closing():  # the other side has not waited
                self._let_go()
                return
            self._timer = self._loop.call_later(_BEAT, self._beat)
            end.resume()
            self.advance()

    def _reply(self, response: http11.Response) -> None:
        if not self._over:
            self._wire.send_response(response)
            self._flush()
            self._read(True)

    def _frame_came(self, frame: Frame) -> None:
        if frame.opcode is Opcode.TEXT:
            self.advance()
            self.close(MALFORMED)
        elif frame.opcode in (Opcode.BINARY, Opcode.CONT) and self._end is not None:
            self._part += frame.data
            if frame.fin:
                self._inbox.append(bytes(self._part))
                self._part.clear()

    def _flush(self) -> None:
        """Write what the protocol has to say; an empty piece ends it."""
        for data in self._wire.data_to_send():
            if data:
                self._transport.write(data)
            elif not self._over:
                self._over = True
                self._let_go()
                self._linger()
                if not self._transport.is_closing():
                    self._transport.write_eof()

    def _read(self, wanted: bool) -> None:
        if wanted is not self._reading and not self._transport.is_closing():
            self._reading = wanted
            (self._transport.resume_reading if wanted else self._transport.pause_reading)()

    def _beat(self) -> None:
        is_held = self.writable and not self._reading  # by us: what it answers is not read either
        if self._answered or is_held:
            self._answered = False
            self._wire.send_ping(b"")
            self._timer = self._loop.call_later(_BEAT, self._beat)
        else:
            self._wire.fail(_FAULT)
        self._flush()

    def _linger(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
        self._timer = self._loop.call_later(_LINGER, self._transport.abort)

    def _let_go(self) -> None:
        end, self._end = self._end, None
        self._inbox.clear()
        if end is not None:
            end.leave()

    def _ran(self, task: asyncio.Task[None]) -> None:
        self._server.tasks.discard(task)
        error = None if task.cancelled() else task.exception()
        if isinstance(error, Full | Unavailable):
            self.close(LATER)
        elif error is not None:
            _log.error("a fault of the relay: %s", type(error).__name__)
            if self._wire.state is CONNECTING:
                self._reply(_plain(refusal(HTTPStatus.INTERNAL_SERVER_ERROR)))
            self.close(_FAULT)


def _plain(response: Response) -> http11.Response:
    """An answer of HTTP instead of the handshake's."""
    status = HTTPStatus(response.status_code)
    headers = Headers(response.headers.items())
    headers["Connection"] = "close"
    return http11.Response(status, status.phrase, headers, bytes(response.body))
