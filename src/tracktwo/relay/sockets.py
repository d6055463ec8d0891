"""Mailboxes over WebSockets: the same posts and frames, with a window of credit each way.

A sender may have CREDIT posts unanswered: the relay reads no further until it has answered one. A
reader is sent CREDIT frames beyond what it has acknowledged, and no more.
"""

from __future__ import annotations

import asyncio
import re
from collections import deque
from collections.abc import Sequence
from functools import partial
from http import HTTPStatus

from starlette.requests import HTTPConnection

from tracktwo.relay.answers import NotFound, status_of_fault
from tracktwo.relay.capability import identifier
from tracktwo.relay.frames import Frame, pack_answer, pack_frames, unpack_ack, unpack_post
from tracktwo.relay.limits import BUCKETS, CREDIT, FETCH_BYTES
from tracktwo.relay.lines import GONE, LATER, End, Line
from tracktwo.relay.mailboxes import LAST
from tracktwo.relay.requests import authority, number
from tracktwo.relay.store import Full, Post, Store, Unavailable

_PATH = re.compile(r"/v1/([sr])/([^/]*)")


async def admit(store: Store, line: Line, asked: HTTPConnection) -> End:
    """The end of a line to WS /v1/s/{sid} or /v1/r/{rid}, for whoever may have it.

    Raises Refused, Full or Unavailable.
    """
    path = _PATH.fullmatch(asked.scope["path"])
    name = path and identifier(path[2])
    if path is None or name is None:
        raise NotFound
    if path[1] == "r":
        after = number(asked, "after", 0, 0, LAST)
        return await _Receiver.opened(line, store, name, authority(asked), after)
    auth = authority(asked)
    if not await store.takes(name, auth):
        raise NotFound
    return _Sender(line, store, name, auth)


class _Sender:
    """One sender's end: posts in, answers out."""

    def __init__(self, line: Line, store: Store, sid: bytes, auth: bytes) -> None:
        self._line, self._store, self._sid, self._auth = line, store, sid, auth
        self._unanswered = 0
        self._answers: list[bytes] = []  # on their way

    def ready(self) -> bool:
        """As in End."""
        return self._unanswered < CREDIT

    def take(self, message: bytes) -> None:
        """As in End: a post."""
        mid, body = unpack_post(message)
        self._unanswered += 1
        if len(body) not in BUCKETS:
            self._answer(mid, HTTPStatus.REQUEST_ENTITY_TOO_LARGE)
            return
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
        if not self._answers:  # one message for all that are answered in this turn
            asyncio.get_running_loop().call_soon(self.resume)
        self._answers.append(pack_answer(mid, status))

    def resume(self) -> None:
        """As in End: send the answers there are, and read on."""
        if self._answers and self._line.writable:
            answers, self._answers = self._answers, []
            self._line.send(b"".join(answers))
            self._unanswered -= len(answers)
            self._line.advance()

    def leave(self) -> None:
        """As in End."""


class _Receiver:
    """One reader's end: frames out, acknowledgements in.

    `_out` are the seqs sent and not yet acknowledged. `_all_sent` says that there is nothing
    beyond `_sent`, as far as is known; while it holds, what the bell brings goes straight out.
    """

    def __init__(self, line: Line, store: Store, rid: bytes, auth: bytes, after: int) -> None:
        self._line, self._store, self._rid, self._auth = line, store, rid, auth
        self._sent, self._out = after, deque[int]()
        self._all_sent, self._looking, self._left = True, True, False
        self._first: list[Frame] | None = None
        self._upto, self._acking = 0, False

    @classmethod
    async def opened(
        cls, line: Line, store: Store, rid: bytes, auth: bytes, after: int
    ) -> _Receiver:
        """A reader's end, if the mailbox is there for it. Raises NotFound, Full or Unavailable."""
        receiver = cls(line, store, rid, auth, after)
        store.bells.listen(rid, receiver.rung)
        try:
            receiver._first = await store.fetch(rid, auth, after, CREDIT)
            if receiver._first is None:
                raise NotFound
        except BaseException:
            receiver.leave()
            raise
        return receiver

    def ready(self) -> bool:
        """As in End."""
        return True

    def resume(self) -> None:
        """As in End: send what was found at first, or look whether there is more."""
        if self._first is not None:
            first, self._first = self._first, None
            self._found(first)
        elif not self._all_sent:
            self._look()

    def leave(self) -> None:
        """As in End."""
        self._left = True
        self._store.bells.leave(self._rid, self.rung)

    def rung(self, frames: Sequence[Frame]) -> None:
        """Something was stored, or has changed."""
        fresh = self._all_sent and not self._looking and self._line.writable and not self._left
        fits = (
            frames
            and frames[0].seq == self._sent + 1
            and len(frames) <= self._credit()
            and sum(len(frame.body) for frame in frames) <= FETCH_BYTES
        )
        if fresh and fits:
            self._send(frames)
        else:
            self._all_sent = False
            self._look()

    def take(self, message: bytes) -> None:
        """As in End: an acknowledgement, which gives credit at once."""
        upto = min(unpack_ack(message), self._sent)
        while self._out and self._out[0] <= upto:
            self._out.popleft()
        if upto > self._upto:
            self._upto = upto
            if not self._acking:
                self._ack()
        if not self._all_sent:
            self._look()

    def _credit(self) -> int:
        return CREDIT - len(self._out)

    def _look(self) -> None:
        """Ask the store for more, once at a time, if it could be sent."""
        if self._credit() and self._line.writable and not (self._looking or self._left):
            self._looking = self._all_sent = True
            self._line.run(self._fetch())

    async def _fetch(self) -> None:
        self._found(await self._store.fetch(self._rid, self._auth, self._sent, self._credit()))

    def _found(self, frames: list[Frame] | None) -> None:
        self._looking = False
        if self._left:
            return
        if frames is None:
            self._line.close(GONE)
            return
        if frames:
            self._all_sent = False
            self._send(frames)
        if not self._all_sent:
            self._look()

    def _send(self, frames: Sequence[Frame]) -> None:
        few: list[Frame] = []
        for frame in frames:  # on a slow line each message that is through counts as a sign of life
            if few and sum(len(one.body) for one in few) + len(frame.body) > BUCKETS[-1]:
                self._line.send(pack_frames(few))
                few = []
            few.append(frame)
        self._line.send(pack_frames(few))
        self._sent = frames[-1].seq
        self._out.extend(frame.seq for frame in frames)

    def _ack(self) -> None:
        self._acking = True
        acked = self._store.ack(self._rid, self._auth, self._upto, patient=True)
        acked.add_done_callback(partial(self._on_acked, self._upto))

    def _on_acked(self, upto: int, acked: asyncio.Future[HTTPStatus]) -> None:
        self._acking = False
        if acked.cancelled():
            return
        if acked.exception() is not None:
            self._line.close(LATER)
        elif acked.result() is HTTPStatus.NOT_FOUND:
            self._line.close(GONE)
        elif self._upto > upto:
            self._ack()
