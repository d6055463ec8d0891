"""Synchronising in the background, so that no page waits for a relay.

A thread for each channel stays on the line; what was just said goes out by another, for the first
may be listening. Both have connections of their own to the files, and keep every transaction short.
"""

from __future__ import annotations

import logging
import os
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field

from tracktwo.channel.node import Node
from tracktwo.channel.post import Post
from tracktwo.channel.replica import Replica
from tracktwo.channel.rounds import rounds
from tracktwo.channel.sync import settle, synchronise
from tracktwo.errors import TrackTwoError
from tracktwo.web.house import House

_AGAIN = 60.0  # seconds after which a channel that could not be used is tried again
_HOUR = 3600.0  # seconds after which a channel without a relay is looked through again
_log = logging.getLogger("tracktwo.web")

PROXY = "proxy"
"""What the node keeps the address of the proxy under."""


@dataclass
class Line:
    """How the line of a channel stands. `reached`: the second its relay last answered."""

    reached: int | None = None
    away: TrackTwoError | None = None
    since: int = field(default_factory=lambda: int(time.time()))
    ended: threading.Event = field(default_factory=threading.Event)
    posting: threading.Lock = field(default_factory=threading.Lock)


class Rounds:
    """See the module."""

    def __init__(self, house: House) -> None:
        self._house = house
        self._lines: dict[str, Line] = {}
        self._lock = threading.Lock()
        self.followers: list[Callable[[str, Line], None]] = []
        """What is done, each in a thread of its own, when a channel comes on the line."""

    def begin(self) -> None:
        """Stay on the line of every channel that has none yet."""
        with self._lock, self._house.node() as node:  # `end` waits, and ends these too
            for ident in node.idents():
                if ident not in self._lines:
                    self._lines[ident] = Line()
                    for what in (self._stay, *self.followers):
                        self._start(what, ident, self._lines[ident])

    def end(self, ident: str | None = None) -> None:
        """Leave one line or all, once the relay has answered or failed to."""
        with self._lock:
            for each in [ident] if ident is not None else list(self._lines):
                if line := self._lines.pop(each, None):
                    line.ended.set()

    def line(self, ident: str) -> Line:
        """How a channel's line stands."""
        return self._lines.get(ident) or Line()

    def nudge(self, ident: str) -> None:
        """Something was said, or a door opened: do it now."""
        if line := self._lines.get(ident):
            self._start(self._once, ident, line)

    @staticmethod
    def _start(what: Callable[[str, Line], None], ident: str, line: Line) -> None:
        threading.Thread(target=what, args=(ident, line), daemon=True).start()

    def _stay(self, ident: str, line: Line) -> None:
        while not line.ended.is_set():
            again = _AGAIN
            with _noted(line), self._open(ident) as (replica, post):
                if not replica.relay:
                    settle(replica)  # nothing comes by itself, but what is past its time goes
                    again = _HOUR
                else:
                    for away in rounds(replica, post, pause=line.ended.wait):
                        _note(line, away)
                        if line.ended.is_set():
                            return
            line.ended.wait(again)

    def _once(self, ident: str, line: Line) -> None:
        with line.posting, _noted(line), self._open(ident) as (replica, post):
            if replica.relay:
                synchronise(replica, post, acknowledge=False)
                _note(line, None)

    @contextmanager
    def _open(self, ident: str) -> Iterator[tuple[Replica, Post]]:
        with self._house.node() as node:
            name = node.idents().get(ident, "")
            with node.channel(name) as replica, self.post(node) as post:
                yield replica, post

    def post(self, node: Node) -> Post:
        """Connections to relays, as told when the program was started, or settled since."""
        kept = node.kept(PROXY)
        proxy = self._house.proxy or (kept and kept.decode()) or None
        return Post(proxy, os.environ.get("TRACKTWO_RELAY_TOKEN") or None)


def _note(line: Line, away: TrackTwoError | None) -> None:
    line.away = away
    if away is None:
        line.reached = int(time.time())


@contextmanager
def _noted(line: Line) -> Iterator[None]:
    """Whatever goes wrong is shown, and ends nothing else."""
    try:
        yield
    except TrackTwoError as error:
        _note(line, error)
    except Exception as error:  # its words may hold what is secret
        with suppress(Exception):
            _log.error("a fault of the line: %s", type(error).__name__)
        _note(line, TrackTwoError("This is a fault of the program; nothing is lost."))
