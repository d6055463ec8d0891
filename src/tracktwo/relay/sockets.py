"""Mailboxes over WebSockets: the same posts and frames, with a window of credit each way.

A sender may have CREDIT posts unanswered: the relay reads no further until it has answered one. A
reader is sent CREDIT frames beyond what it has acknowledged, and no more.
"""

from __future__ import annotations

import asyncio
from collections import deque
from contextlib import suppress
from functools import partial
from http import HTTPStatus

from starlette.routing import WebSocketRoute
from starlette.websockets import WebSocket, WebSocketDisconnect

from tracktwo.errors import Malformed
from tracktwo.relay.answers import NotFound, Refused, refusal, status_of_fault
from tracktwo.relay.bells import Bell
from tracktwo.relay.frames import Frame, pack_answer, pack_frames, unpack_ack, unpack_post
from tracktwo.relay.limits import BUCKETS, CREDIT
from tracktwo.relay.mailboxes import LAST
from tracktwo.relay.requests import authority, named, number, relay_of
from tracktwo.relay.store import Full, Post, Store, Unavailable

# Codes with which the relay closes a WebSocket.
_MALFORMED = 1008  # a message against the rules
_LATER = 1013  # the store does not answer
_GONE = 4404  # the mailbox has ended


async def send(socket: WebSocket) -> None:
    """WS /v1/s/{sid}: posts in, answers out."""
    store = relay_of(socket).store
    try:
        sid, auth = named(socket, "sid"), authority(socket)
        if not await store.takes(sid, auth):
            raise NotFound
    except (Refused, Unavailable) as error:
        await _deny(socket, error)
        return
    await socket.accept()
    await _Sender(socket, store, sid, auth).serve()


async def receive(socket: WebSocket) -> None:
    """WS /v1/r/{rid}: frames out, acknowledgements in."""
    store = relay_of(socket).store
    try:
        after = number(socket, "after", 0, 0, LAST)
        rid, auth = named(socket, "rid"), authority(socket)
        with store.bells.listen(rid) as bell:
            frames = await store.fetch(rid, auth, after, CREDIT)
            if frames is None:
                raise NotFound
            await socket.accept()
            await _Receiver(socket, store, rid, auth, after, bell).serve(frames)
    except (Refused, Unavailable) as error:
        await _deny(socket, error)


async def _deny(socket: WebSocket, error: Refused | Unavailable) -> None:
    if isinstance(error, Refused):
        answer = refusal(error.status, error.sentence)
    else:
        answer = refusal(status_of_fault(error))
    with suppress(WebSocketDisconnect):
        await socket.send_denial_response(answer)


class _Sender:
    """One sender's socket. `_credit` is what it may still post before an answer is on its way."""

    def __init__(self, socket: WebSocket, store: Store, sid: bytes, auth: bytes) -> None:
        self._socket, self._store, self._sid, self._auth = socket, store, sid, auth
        self._credit = asyncio.Semaphore(CREDIT)
        self._answers: list[bytes] = []
        self._answered = asyncio.Event()

    async def serve(self) -> None:
        writing = asyncio.create_task(self._write())
        try:
            await self._read()
        except Malformed:
            await _close(self._socket, _MALFORMED)
        finally:
            writing.cancel()

    async def _read(self) -> None:
        while True:
            await self._credit.acquire()
            message = await _received(self._socket)
            if message is None:
                return
            mid, body = unpack_post(message)
            if len(body) not in BUCKETS:
                self._answer(mid, HTTPStatus.REQUEST_ENTITY_TOO_LARGE)
                continue
            stored = self._store.put(Post(self._sid, self._auth, mid, body))
            stored.add_done_callback(partial(self._on_stored, mid))

    def _on_stored(self, mid: bytes, stored: asyncio.Future[HTTPStatus]) -> None:
        if stored.cancelled():
            return
        error = stored.exception()
        if error is None:
            self._answer(mid, stored.result())
        elif isinstance(error, Full | Unavailable):
            self._answer(mid, status_of_fault(error))
        else:
            self._answer(mid, HTTPStatus.INTERNAL_SERVER_ERROR)

    def _answer(self, mid: bytes, status: HTTPStatus) -> None:
        self._answers.append(pack_answer(mid, status))
        self._answered.set()

    async def _write(self) -> None:
        try:
            while True:
                await self._answered.wait()
                self._answered.clear()
                answers, self._answers = self._answers, []
                await self._socket.send_bytes(b"".join(answers))
                for _ in answers:
                    self._credit.release()
        except (WebSocketDisconnect, RuntimeError):
            self._credit.release()  # the reader comes to see that the socket is closed


class _Receiver:
    """One reader's socket. `_out` are the seqs sent and not yet acknowledged."""

    def __init__(
        self,
        socket: WebSocket,
        store: Store,
        rid: bytes,
        auth: bytes,
        after: int,
        bell: Bell,
    ) -> None:
        self._socket, self._store, self._rid, self._auth = socket, store, rid, auth
        self._sent = after
        self._out: deque[int] = deque()
        self._all_sent = False  # as far as is known; the bell rings when there is more
        self._bell = bell
        self._open = True

    async def serve(self, frames: list[Frame] | None) -> None:
        """Send what is there and what comes, beginning with `frames`, until somebody closes."""
        taking = asyncio.create_task(self._take_acks())
        try:
            while self._open and frames is not None:
                await self._send(frames)
                frames = await self._next()
            await _close(self._socket, _GONE)
        except Unavailable:
            await _close(self._socket, _LATER)
        except WebSocketDisconnect:
            pass
        finally:
            taking.cancel()

    async def _send(self, frames: list[Frame]) -> None:
        if frames:
            await self._socket.send_bytes(pack_frames(frames))
            self._sent = frames[-1].seq
            self._out.extend(frame.seq for frame in frames)

    async def _next(self) -> list[Frame] | None:
        """The next frames that there is credit for; None once the mailbox has ended."""
        while self._open:
            rung = self._bell.event.is_set()
            self._bell.event.clear()
            credit = CREDIT - len(self._out)
            if credit:
                if fresh := self._bell.take(self._sent, credit):
                    self._all_sent = True
                    return fresh
                if rung or not self._all_sent:
                    frames = await self._store.fetch(self._rid, self._auth, self._sent, credit)
                    self._all_sent = frames == []
                    if frames != []:
                        return frames
            self._bell.eager = credit > 0
            await self._bell.event.wait()
        return []

    async def _take_acks(self) -> None:
        try:
            while (message := await _received(self._socket)) is not None:
                upto = min(unpack_ack(message), self._sent)
                waiting = len(self._out) == CREDIT
                while self._out and self._out[0] <= upto:
                    self._out.popleft()
                if waiting:
                    self._bell.event.set()
                await self._store.ack(self._rid, self._auth, upto)
        except Malformed:
            await _close(self._socket, _MALFORMED)
        except (Full, Unavailable):
            await _close(self._socket, _LATER)
        finally:
            self._open = False
            self._bell.event.set()


async def _received(socket: WebSocket) -> bytes | None:
    """The next message; None if the socket is closed. Raises Malformed for text."""
    message = await socket.receive()
    if message["type"] == "websocket.disconnect":
        return None
    data = message.get("bytes")
    if not isinstance(data, bytes):
        raise Malformed("A message on this socket is binary.")
    return data


async def _close(socket: WebSocket, code: int) -> None:
    with suppress(WebSocketDisconnect, RuntimeError):
        await socket.close(code)


ROUTES = [WebSocketRoute("/v1/s/{sid}", send), WebSocketRoute("/v1/r/{rid}", receive)]
